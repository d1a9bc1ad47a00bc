/* SPDX-License-Identifier: Apache-2.0 */
/* All dashboards of a project: its own, then those that come with vitrine. */
import { useRef, useState } from "react";
import { createDashboard, type DashboardEntry, useDashboards } from "../../api/dashboards";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { plural } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import "./dashboards.css";

export default function DashboardsScreen() {
    const url = useUrl();
    const list = useDashboards(url.project);
    const file = useRef<HTMLInputElement>(null);
    const [problem, setProblem] = useState<Error | null>(null);
    const own = list.data?.dashboards.filter(({ builtin }) => !builtin) ?? [];
    const builtin = list.data?.dashboards.filter((each) => each.builtin) ?? [];
    const make = async (dashboard: unknown) => {
        try {
            const { id } = await createDashboard(url.project, dashboard);
            url.go(url.dashboard(id, { edit: "1" }));
        } catch (error) {
            setProblem(error as Error);
        }
    };
    const bring = async (chosen: File | undefined) => {
        if (!chosen) return;
        try {
            await make(JSON.parse(await chosen.text()));
        } catch (error) {
            setProblem(new Error(`${chosen.name} is not JSON: ${error instanceof Error ? error.message : String(error)}`));
        }
        if (file.current) file.current.value = "";
    };
    const fresh = () => void make({ version: 1, title: "New dashboard", description: "", widgets: [] });
    useKeys({ n: fresh });
    return (
        <>
            <Topbar title="Dashboards">
                <button type="button" className="button primary" onClick={fresh} title="New dashboard (n)">
                    <Icon name="event" small /> New
                </button>
                <button type="button" className="button" onClick={() => file.current?.click()}>
                    <Icon name="document" small /> Import
                </button>
                <input ref={file} className="sr" type="file" accept="application/json,.json" tabIndex={-1} aria-label="A dashboard as JSON" onChange={(event) => void bring(event.target.files?.[0])} />
            </Topbar>
            <div className="scroll">
                <div className="dashboards">
                    {problem && (
                        <div className="panel">
                            <Failure error={problem} what="The dashboard" />
                        </div>
                    )}
                    {list.error && <Failure error={list.error} retry={() => list.refetch()} what="The dashboards" />}
                    {list.isPending && <Skeleton height={160} />}
                    {list.data && (
                        <>
                            <section aria-labelledby="own-title">
                                <h2 id="own-title">Yours</h2>
                                {own.length ? <Cards entries={own} /> : <p className="muted">None yet. Begin with a copy of one below, or put the answer to a query on a new one.</p>}
                            </section>
                            <section aria-labelledby="builtin-title">
                                <h2 id="builtin-title">Built in</h2>
                                <Cards entries={builtin} />
                            </section>
                        </>
                    )}
                </div>
            </div>
        </>
    );
}

function Cards({ entries }: { entries: DashboardEntry[] }) {
    const url = useUrl();
    return (
        <ul className="cards">
            {entries.map((entry) => (
                <li key={entry.id}>
                    <Go className="panel board-card" href={url.dashboard(entry.id)}>
                        <strong className="cut">{clip(oneLine(entry.title), 120)}</strong>
                        <span className="card-text">{visible(clip(entry.description, 240))}</span>
                        <span className="muted row">
                            {plural(entry.widgets, "widget")}
                            {entry.updated && (
                                <span>
                                    changed <Moment ns={entry.updated} relative />
                                </span>
                            )}
                        </span>
                    </Go>
                </li>
            ))}
        </ul>
    );
}
