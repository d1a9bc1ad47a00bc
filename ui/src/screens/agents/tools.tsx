/* SPDX-License-Identifier: Apache-2.0 */
/* Tools, those that fail most first; the failures of one are a click away. */
import { useState } from "react";
import type { AgentTool } from "../../api/agents";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { StackedTable } from "../../components/stacked-table";
import { count, duration, exact, percent } from "../../format/number";
import { visible } from "../../format/text";
import { errorColor } from "../overview/errors";

const FEW = 10;

export function Tools({ tools, own }: { tools: AgentTool[]; own?: boolean }) {
    const url = useUrl();
    const [all, setAll] = useState(false);
    const shown = all ? tools : tools.slice(0, FEW);
    return (
        <section className="panel table-panel" aria-label="Tools">
            <header className="row">
                <h2>Tools</h2>
                <span className="muted">most failures first</span>
            </header>
            {!tools.length && <p className="muted table-note">No tool was called.</p>}
            {tools.length > 0 && (
                <div className="table-scroll" tabIndex={0} role="region" aria-label="Tools table">
                    <StackedTable>
                        <thead>
                            <tr>
                                <th scope="col">Tool</th>
                                {!own && <th scope="col">Agent</th>}
                                <th scope="col" className="n">Calls</th>
                                <th scope="col" className="n">Failed</th>
                                <th scope="col">Kinds</th>
                                <th scope="col" className="n">Time p50</th>
                                <th scope="col" className="n">p95</th>
                            </tr>
                        </thead>
                        <tbody>
                            {shown.map((each) => {
                                const filters = [`tool=${each.tool ?? ""}`];
                                const kinds = Object.entries(each.errors_by_kind).sort((a, b) => b[1] - a[1]);
                                return (
                                    <tr key={`${each.agent}/${each.tool}`}>
                                        <th scope="row">
                                            <Go className="num" href={url.traces(filters)} title="Open the traces with this tool">{visible(each.tool ?? "(no name)")}</Go>
                                        </th>
                                        {!own && (
                                            <td>
                                                <Go className="num" href={url.agentPage(each.agent ?? "")}>{visible(each.agent ?? "")}</Go>
                                            </td>
                                        )}
                                        <td className="n" title={exact(each.calls)}>{count(each.calls)}</td>
                                        <td className={`n ${each.errors ? "bad" : "muted"}`}>
                                            {each.errors ? (
                                                <Go className="num" href={url.traces([...filters, "error_kind!="])} title={`Open the traces in which it failed: ${exact(each.errors)} calls`}>
                                                    {percent(each.errors / each.calls)}
                                                </Go>
                                            ) : "0"}
                                        </td>
                                        <td>
                                            {kinds.map(([kind, n]) => (
                                                <span key={kind} className="kind-count">
                                                    <i style={{ background: errorColor(kind) }} /> {visible(kind.replace("_", " "))} {count(n)}
                                                </span>
                                            ))}
                                        </td>
                                        <td className="n">{duration(each.duration_p50)}</td>
                                        <td className="n">{duration(each.duration_p95)}</td>
                                    </tr>
                                );
                            })}
                        </tbody>
                    </StackedTable>
                </div>
            )}
            {tools.length > FEW && (
                <button type="button" className="button bare models-more" onClick={() => setAll(!all)}>
                    {all ? "Fewer" : `${tools.length - FEW} more`}
                </button>
            )}
        </section>
    );
}
