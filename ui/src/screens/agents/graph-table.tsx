/* SPDX-License-Identifier: Apache-2.0 */
/* The graph as two tables: what a drawing says, for who cannot see it or wants to sort it out line by line. */
import type { AgentGraph } from "../../api/agents";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { duration, exact, money } from "../../format/number";
import { basisWords, edgeTitle, loopsOf, nodeName } from "./words";

export function GraphTable({ graph }: { graph: AgentGraph }) {
    const url = useUrl();
    return (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Graph as tables">
            <table className="table">
                <thead>
                    <tr>
                        <th scope="col">Step</th>
                        <th scope="col">Kind</th>
                        <th scope="col">Inside</th>
                        <th scope="col" className="n">Times</th>
                        <th scope="col" className="n">Failed</th>
                        <th scope="col" className="n">p50</th>
                        <th scope="col" className="n">p95</th>
                        <th scope="col" className="n">Cost</th>
                        <th scope="col" className="n">Loops</th>
                    </tr>
                </thead>
                <tbody>
                    {graph.nodes.map((node, at) => (
                        <tr key={at}>
                            <th scope="row">
                                {node.trace_id ? <Go className="num" href={url.trace(node.trace_id, { span: node.span_id ?? undefined })}>{nodeName(node)}</Go> : nodeName(node)}
                            </th>
                            <td>{node.kind}</td>
                            <td>{node.inside >= 0 ? nodeName(graph.nodes[node.inside]) : "–"}</td>
                            <td className="n">{exact(node.count)}</td>
                            <td className={`n ${node.errors ? "bad" : "muted"}`}>{exact(node.errors)}</td>
                            <td className="n">{duration(node.duration_p50)}</td>
                            <td className="n">{duration(node.duration_p95)}</td>
                            <td className="n">{money(node.cost)}</td>
                            <td className={`n ${loopsOf(node) ? "warn" : "muted"}`}>{exact(loopsOf(node))}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
            <table className="table">
                <thead>
                    <tr>
                        <th scope="col">From, to</th>
                        <th scope="col" className="n">Times</th>
                        <th scope="col" className="n">Then failed</th>
                        <th scope="col" className="n">Then took, p50</th>
                        <th scope="col" className="n">p95</th>
                        <th scope="col">Known by</th>
                    </tr>
                </thead>
                <tbody>
                    {graph.edges.map((edge) => (
                        <tr key={`${edge.from}-${edge.to}`}>
                            <th scope="row">
                                {edgeTitle(graph, edge)} {edge.back && <span className="tag">back</span>}
                            </th>
                            <td className="n">{exact(edge.count)}</td>
                            <td className={`n ${edge.errors ? "bad" : "muted"}`}>{exact(edge.errors)}</td>
                            <td className="n">{duration(edge.duration_p50)}</td>
                            <td className="n">{duration(edge.duration_p95)}</td>
                            <td className="muted">{basisWords(edge)}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
