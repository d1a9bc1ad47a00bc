/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When there is nothing to show, say why and what to do: no data at all yet (teach, and wait for the
 * first span), data in another time range (go there), or filters that match nothing (loosen them).
 */
import { useState } from "react";
import type { KeyPair } from "../../api/keys";
import { useProjects } from "../../api/queries";
import type { Project } from "../../api/types";
import { useUrl } from "../../app/url";
import { Icon } from "../../components/icon";
import { Go } from "../../components/go";
import { usePrefs } from "../../app/prefs";
import { ago, moment, nsToMs } from "../../format/time";
import { absolute, rangeMs, widened } from "../../url/range";
import { Connect } from "./connect";

export function NothingHere({ project, what = "traces" }: { project: Project; what?: string }) {
    const url = useUrl();
    const { zone } = usePrefs();
    if (project.first_span === null || project.last_span === null) return <FirstSpan project={project} />;
    const last = nsToMs(project.last_span);
    const { from, to } = rangeMs(url.range);
    const outside = last < from || nsToMs(project.first_span) > to;
    const filtered = url.filters.length > 0;
    const there = absolute(last - 3600e3, last + 60e3);
    return (
        <div className="empty">
            <h2>{filtered ? `No ${what} match these filters` : `No ${what} in this time range`}</h2>
            <p>
                {outside ? `The newest span of this project arrived ${ago(last)}, at ${moment(last, zone)}.` : filtered ? "All filters must hold at once. Remove one, or look further back." : "Look further back, or wait: new ones appear by themselves with live refresh on."}
            </p>
            <div className="row">
                {filtered && (
                    <button type="button" className="button" onClick={() => url.set({ f: undefined })}>
                        <Icon name="close" small /> Clear filters
                    </button>
                )}
                {outside && (
                    <button type="button" className="button primary" onClick={() => url.set({ from: there.from, to: there.to })}>
                        Go to the newest data
                    </button>
                )}
                <button
                    type="button"
                    className="button"
                    onClick={() => {
                        const next = widened(url.range);
                        url.set({ from: next.from, to: next.to });
                    }}
                >
                    <Icon name="zoom" small /> Zoom out
                </button>
            </div>
        </div>
    );
}

/** Asks every second whether something arrived; the screen behind changes by itself when it has. */
function FirstSpan({ project }: { project: Project }) {
    useProjects(1_000);
    const url = useUrl();
    const [pair, setPair] = useState<KeyPair | null>(null);
    const { data } = useProjects();
    const demo = data?.projects.find((each) => each.demo && each.last_span !== null && each.name !== url.project);
    return (
        <div className="scroll">
            <div className="connect">
                <header>
                    <h2>Point an application at this server</h2>
                    <p className="muted">Anything that speaks OpenTelemetry works as it is. The first span shows up here within a second.</p>
                </header>
                <div className="waiting-line" role="status">
                    <i className="dot running" /> Waiting for the first span of <b>{project.title}</b> …
                    {demo && (
                        <Go className="plain" href={`/p/${encodeURIComponent(demo.name)}/overview`}>
                            Look around the demo meanwhile
                        </Go>
                    )}
                </div>
                <Connect project={project} pair={pair} made={setPair} />
            </div>
        </div>
    );
}
