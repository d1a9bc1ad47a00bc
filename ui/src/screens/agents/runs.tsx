/* SPDX-License-Identifier: Apache-2.0 */
/* The runs of an agent. A row shows its graph above; its time opens the trace. */
import { type AgentScope, useAgentRuns } from "../../api/agents";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Failure, Moment, Skeleton, Tabs } from "../../components/pieces";
import { useSeen } from "../../components/seen";
import { StackedTable } from "../../components/stacked-table";
import { count, duration, exact, money, moneyExact, plural } from "../../format/number";
import { preview, visible } from "../../format/text";

const TABS = [
    { id: "latest", label: "Latest", sort: "start" },
    { id: "failed", label: "Most failures", sort: "errors" },
    { id: "slowest", label: "Slowest", sort: "duration" },
    { id: "turns", label: "Most turns", sort: "turns" },
    { id: "dearest", label: "Dearest", sort: "cost" },
    { id: "loops", label: "In circles", sort: "loops" },
];

export function Runs({ scope }: { scope: AgentScope }) {
    const url = useUrl();
    const [ref, seen] = useSeen<HTMLElement>();
    const tab = TABS.find(({ id }) => id === url.search.tab) ?? TABS[0];
    const list = useAgentRuns(scope, tab.sort, seen);
    const rows = (list.data?.runs ?? []).filter((each) => tab.id !== "loops" || each.loops > 0);
    return (
        <section ref={ref} className="panel calls" aria-label="Runs" style={seen ? undefined : { minHeight: 300 }}>
            <header className="row">
                <h2>Runs</h2>
                <span className="muted">{list.data && !list.data.complete && `of the newest ${exact(list.data.covered)}`}</span>
            </header>
            <Tabs tabs={TABS} at={tab.id} onPick={(id) => url.set({ tab: id === "latest" ? undefined : id }, { replace: true })} label="Which runs" />
            {list.error && <Failure error={list.error} retry={() => list.refetch()} what="The runs" />}
            {seen && list.isPending && <Skeleton height={220} />}
            {list.data && !rows.length && <p className="muted table-note">{tab.id === "loops" ? "No run went in circles." : "No run in this range."}</p>}
            {rows.length > 0 && (
                <div className={`table-scroll runs-scroll ${list.isPlaceholderData ? "stale" : ""}`} tabIndex={0} role="region" aria-label="Runs table">
                    <StackedTable className="calls-table runs-table">
                        <thead>
                            <tr>
                                <th scope="col">Time</th>
                                <th scope="col" className="calls-text">Question</th>
                                <th scope="col" className="n">Took</th>
                                <th scope="col" className="n">Turns</th>
                                <th scope="col" className="n">Tools</th>
                                <th scope="col" className="n">Tokens</th>
                                <th scope="col" className="n">Cost</th>
                                <th scope="col"><span className="sr">Graph</span></th>
                            </tr>
                        </thead>
                        <tbody>
                            {rows.map((each) => (
                                <tr key={each.trace_id + each.span_id} className={`${each.status} ${url.search.run === each.trace_id ? "ticked" : ""}`}>
                                    <td><Moment ns={each.start} /></td>
                                    <td className="calls-text lead">
                                        <Go href={url.trace(each.trace_id, { span: each.span_id })} title="Open the trace">
                                            <span className="cut">{preview(each.input, 200) || <span className="muted">(no question was sent)</span>}</span>
                                            <span className="cut muted">
                                                {each.status === "error" && <span className="bad">{visible((each.error_kind ?? "failed").replace("_", " "))} · </span>}
                                                {each.loops > 0 && <span className="warn">{plural(each.loops, "loop")} · </span>}
                                                {preview(each.output, 200)}
                                            </span>
                                        </Go>
                                    </td>
                                    <td className="n">{duration(each.duration)}</td>
                                    <td className="n">{exact(each.turns)}</td>
                                    <td className="n">
                                        {exact(each.tool_calls)}
                                        {each.tool_errors > 0 && <span className="bad"> ({exact(each.tool_errors)} failed)</span>}
                                    </td>
                                    <td className="n">{count(each.total_tokens)}</td>
                                    <td className="n" title={moneyExact(each.cost)}>{money(each.cost)}</td>
                                    <td className="n">
                                        <button
                                            type="button"
                                            className="button small"
                                            aria-pressed={url.search.run === each.trace_id}
                                            onClick={() => {
                                                url.set({ run: each.trace_id });
                                                document.querySelector(".graph-panel")?.scrollIntoView({ block: "nearest" });
                                            }}
                                        >
                                            Graph
                                        </button>
                                    </td>
                                </tr>
                            ))}
                        </tbody>
                    </StackedTable>
                </div>
            )}
        </section>
    );
}
