/* SPDX-License-Identifier: Apache-2.0 */
/* What concerns every screen: no connection, not accepting, indexing behind, the demo project. */
import { useIsFetching } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { isLagging, queryClient, useProjects, useStatus, useTopTraces } from "../api/queries";
import { Go } from "../components/go";
import { Icon } from "../components/icon";
import { duration } from "../format/number";
import { visible } from "../format/text";
import { useUrl } from "./url";

export function Banners() {
    const status = useStatus();
    const { project } = useUrl();
    const projects = useProjects();
    const wasAway = useRef(false);
    const away = status.isError;
    const fetching = useIsFetching({ predicate: (query) => query.queryKey[0] !== "status" && query.queryKey[0] !== "projects" });
    useEffect(() => {
        /* Screens that failed while the server was away are asked for again by themselves. */
        if (wasAway.current && !away) void queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "status" });
        wasAway.current = away;
    }, [away]);
    const begun = projects.data?.projects.some((each) => each.name === project && each.first_span !== null);
    const empty = useRef<string | null>(null);
    const [arrived, setArrived] = useState<string | null>(null);
    useEffect(() => {
        /* The first span of a project changes every screen of it. */
        const waited = empty.current === project;
        if (waited && begun) setArrived(project);
        if (waited && begun) void queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "status" && query.queryKey[0] !== "projects" });
        empty.current = begun === false ? project : null;
    }, [begun, project]);
    const data = status.data;
    const lagging = !away && data && isLagging(data);
    const unknown = projects.data && !projects.data.projects.some((each) => each.name === project);
    return (
        <>
            <div className={`progress ${fetching ? "on" : ""}`} aria-hidden="true" />
            {away && (
                <div className="banner error" role="alert">
                    <Icon name="error" /> The connection to the server is lost. What you see is the last answer; trying again every two seconds.
                </div>
            )}
            {!away && data && !data.accepting && (
                <div className="banner error" role="alert">
                    <Icon name="warning" /> The server is not accepting new data{data.reason ? `: ${visible(data.reason)}` : ""}. Existing data can be read.
                </div>
            )}
            {lagging && (
                <div className="banner" role="status">
                    <Icon name="clock" /> {data.index.open
                        ? `Indexing is ${duration(data.index.lag_ns)} behind: the newest traces are safe on disk and will appear shortly.`
                        : "The index is being opened: what was sent is safe on disk and will appear shortly."}
                </div>
            )}
            {arrived === project && <FirstTrace close={() => setArrived(null)} />}
            {unknown && (
                <div className="banner" role="status">
                    <Icon name="warning" /> There is no project named “{visible(project)}”. Choose one in the rail.
                </div>
            )}
        </>
    );
}

/** Who waited for the first span is led to its trace. */
function FirstTrace({ close }: { close: () => void }) {
    const url = useUrl();
    const { data } = useTopTraces({ project: url.project, range: { from: "-24h", to: "now" }, filters: [], live: 2_000 }, "start", 1);
    const trace = data?.traces[0];
    return (
        <div className="banner arrived" role="status">
            <Icon name="check" />
            <span className="grow">
                The first span has arrived{trace ? ": " : "."}
                {trace && (
                    <Go href={url.trace(trace.trace_id)} onClick={close}>
                        open the trace “{visible(trace.name)}”
                    </Go>
                )}
            </span>
            <button type="button" className="button small bare icon" onClick={close} aria-label="Close">
                <Icon name="close" small />
            </button>
        </div>
    );
}
