/* SPDX-License-Identifier: Apache-2.0 */
/* What concerns every screen: no connection, not accepting, indexing behind, the demo project. */
import { useIsFetching } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { isLagging, queryClient, useProjects, useStatus } from "../api/queries";
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
    const empty = useRef(false);
    useEffect(() => {
        /* The first span of a project changes every screen of it. */
        if (empty.current && begun) void queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "status" && query.queryKey[0] !== "projects" });
        empty.current = begun === false;
    }, [begun]);
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
            {unknown && (
                <div className="banner" role="status">
                    <Icon name="warning" /> There is no project named “{visible(project)}”. Choose one in the rail.
                </div>
            )}
        </>
    );
}
