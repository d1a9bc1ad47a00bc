/* SPDX-License-Identifier: Apache-2.0 */
/* Models side by side. The bar under a cost is its share of all; the line its course over the range. */
import { useState } from "react";
import type { ModelRow } from "../../api/types";
import { useUrl } from "../../app/url";
import { condense } from "../../components/chart-data";
import { Go } from "../../components/go";
import { Sparkline } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { count, duration, exact, money, moneyExact, percent } from "../../format/number";
import { visible } from "../../format/text";
import type { Shown } from "./overview";

const FEW = 10;

export function Models({ data }: Shown) {
    const [all, setAll] = useState(false);
    if (!data.models.length) return null;
    const shown = all ? data.models : data.models.slice(0, FEW);
    const most = Math.max(1, ...data.models.map((each) => each.cost));
    return (
        <section className="panel table-panel" aria-label="Models">
            <header>
                <h3>Models</h3>
            </header>
            <div className="table-scroll" tabIndex={0} role="region" aria-label="Models table">
                <StackedTable>
                    <thead>
                        <tr>
                            <th scope="col">Model</th>
                            <th scope="col" className="n">Calls</th>
                            <th scope="col" className="n">Errors</th>
                            <th scope="col" className="n">p50</th>
                            <th scope="col" className="n">p95</th>
                            <th scope="col" className="n">First token p50</th>
                            <th scope="col" className="n">p95</th>
                            <th scope="col" className="n">Input</th>
                            <th scope="col" className="n">Output</th>
                            <th scope="col" className="n">Cost</th>
                            <th scope="col" className="n">A call</th>
                            <th scope="col">Cost over time</th>
                        </tr>
                    </thead>
                    <tbody>
                        {shown.map((each) => (
                            <Row key={`${each.provider}/${each.model}`} each={each} most={most} />
                        ))}
                    </tbody>
                </StackedTable>
            </div>
            {data.models.length > FEW && (
                <button type="button" className="button bare models-more" onClick={() => setAll(!all)}>
                    {all ? "Fewer" : `${data.models.length - FEW} more`}
                </button>
            )}
        </section>
    );
}

function Row({ each, most }: { each: ModelRow; most: number }) {
    const url = useUrl();
    const own = `model=${each.model ?? ""}`;
    const ms = (ns: number | null) => Math.floor((ns ?? 0) / 1e6);
    const link = (text: string, filters: string[], sort?: string, title?: string) => (
        <Go className="num" href={url.traces([own, ...filters], { sort })} title={title}>
            {text}
        </Go>
    );
    return (
        <tr>
            <th scope="row">
                <Go className="num" href={url.traces([own])}>
                    {visible(each.model ?? "(no model named)")}
                </Go>{" "}
                <span className="muted">{visible(each.provider ?? "")}</span>
            </th>
            <td className="n">{link(count(each.calls), [], undefined, exact(each.calls))}</td>
            <td className={`n ${each.errors ? "bad" : "muted"}`}>
                {each.errors ? link(`${percent(each.errors / each.calls)}`, ["status=error"], undefined, `${exact(each.errors)} failed calls`) : "0"}
            </td>
            <td className="n">{link(duration(each.latency_p50), [], "duration")}</td>
            <td className="n">{each.latency_p95 === null ? "–" : link(duration(each.latency_p95), [`duration>=${ms(each.latency_p95)}ms`], "duration")}</td>
            <td className="n">{link(duration(each.ttft_p50), [], "ttft")}</td>
            <td className="n spare">{each.ttft_p95 === null ? "–" : link(duration(each.ttft_p95), [`ttft>=${ms(each.ttft_p95)}ms`], "ttft")}</td>
            <td className="n spare">{link(count(each.input_tokens), [], "tokens", exact(each.input_tokens))}</td>
            <td className="n spare">{link(count(each.output_tokens), [], "tokens", exact(each.output_tokens))}</td>
            <td className="n">
                {each.unpriced_calls && !each.cost ? (
                    <span className="tag warn" title={`${exact(each.unpriced_calls)} calls without a known price`}>unpriced</span>
                ) : (
                    <span className="share" style={{ "--share": each.cost / most } as React.CSSProperties}>
                        {link(`${money(each.cost)}${each.unpriced_calls ? "+" : ""}`, [], "cost", moneyExact(each.cost))}
                    </span>
                )}
            </td>
            <td className="n">{(each.unpriced_calls && !each.cost) || !each.calls ? "–" : money(each.cost / each.calls)}</td>
            <td>
                <Sparkline values={condense(each.cost_values, 60)} color="var(--amber-fill)" width={96} height={22} />
            </td>
        </tr>
    );
}
