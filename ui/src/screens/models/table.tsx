/* SPDX-License-Identifier: Apache-2.0 */
/* Models side by side. A tick takes a model into the comparison below: one against its past, two against each other. */
import { useState } from "react";
import type { ModelUsage } from "../../api/models";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { StackedTable } from "../../components/stacked-table";
import { count, duration, exact, money, moneyExact, percent, plural } from "../../format/number";
import { visible } from "../../format/text";
import { errorColor } from "../overview/errors";
import { colorOf, filtersOf, keyOf, labelOf, perCall, type Shown, speed } from "./shown";

const FEW = 12;

export function ModelTable({ data }: Shown) {
    const [all, setAll] = useState(false);
    const shown = all ? data.models : data.models.slice(0, FEW);
    const mostCalls = Math.max(1, ...data.models.map((each) => each.calls));
    const mostCost = Math.max(1, ...data.models.map((each) => each.cost));
    return (
        <section className="panel table-panel" aria-label="Models">
            <header className="row">
                <h2>Models</h2>
                <span className="muted">Tick one to compare it with the period before, two to compare them with each other.</span>
            </header>
            <div className="table-scroll" tabIndex={0} role="region" aria-label="Models table">
                <StackedTable className="models-table">
                    <thead>
                        <tr>
                            <th scope="col"><span className="sr">Compare</span></th>
                            <th scope="col">Model</th>
                            <th scope="col" className="n">Calls</th>
                            <th scope="col" className="n">Failed</th>
                            <th scope="col" className="n">Throttled</th>
                            <th scope="col" className="n" title="Percentiles are read from histograms, at most 1 % off; pct() in a query is exact">Latency p50</th>
                            <th scope="col" className="n">p95</th>
                            <th scope="col" className="n roomy">p99</th>
                            <th scope="col" className="n" title="Time to the first token, of streamed calls">First token p50</th>
                            <th scope="col" className="n roomy">p95</th>
                            <th scope="col" className="n" title="Output tokens a second">Speed</th>
                            <th scope="col" className="n">Input</th>
                            <th scope="col" className="n">Output</th>
                            <th scope="col" className="n">Cost</th>
                            <th scope="col" className="n">A call</th>
                        </tr>
                    </thead>
                    <tbody>
                        {shown.map((each) => (
                            <Row key={keyOf(each)} each={each} color={colorOf(data, keyOf(each))} mostCalls={mostCalls} mostCost={mostCost} />
                        ))}
                    </tbody>
                </StackedTable>
            </div>
            {data.models.length > FEW && (
                <button type="button" className="button bare models-more" onClick={() => setAll(!all)}>
                    {all ? "Fewer" : `${data.models.length - FEW} more`}
                </button>
            )}
            {data.more && <p className="muted table-note">Only the first 500 models are told apart.</p>}
        </section>
    );
}

/** Ticks a model on or off; a third one takes the place of the second. */
function useTick(key: string): [boolean, () => void] {
    const url = useUrl();
    const { a, b } = url.search;
    const on = a === key || b === key;
    const toggle = () => {
        if (a === key) return url.set({ a: b, b: undefined }, { replace: true });
        if (b === key) return url.set({ b: undefined }, { replace: true });
        return url.set(a ? { b: key } : { a: key }, { replace: true });
    };
    return [on, toggle];
}

function Row({ each, color, mostCalls, mostCost }: { each: ModelUsage; color: string; mostCalls: number; mostCost: number }) {
    const url = useUrl();
    const [on, toggle] = useTick(keyOf(each));
    const own = filtersOf(each);
    const ms = (ns: number | null) => Math.floor((ns ?? 0) / 1e6);
    const slow = (field: string, ns: number | null, sort: string) =>
        ns === null ? "–" : (
            <Go className="num" href={url.traces([...own, `${field}>=${ms(ns)}ms`], { sort })} title="Open the traces at least this slow">
                {duration(ns)}
            </Go>
        );
    return (
        <tr className={on ? "ticked" : ""}>
            <td>
                <input type="checkbox" checked={on} onChange={toggle} aria-label={`Compare ${labelOf(each)}`} />
            </td>
            <th scope="row">
                <i className="model-key" style={{ background: color }} />
                <Go className="num" href={url.traces(own)} title={`Open the traces with ${labelOf(each)}`}>
                    {labelOf(each)}
                </Go>{" "}
                <span className="muted">{visible(each.provider ?? "")}</span>
            </th>
            <td className="n" title={plural(each.calls, "call")}>
                <span className="share calls-share" style={{ "--share": each.calls / mostCalls } as React.CSSProperties}>{count(each.calls)}</span>
            </td>
            <td className="n"><Failed each={each} /></td>
            <td className={`n ${each.throttles ? "warn" : "muted"}`}>
                {each.throttles ? (
                    <Go className="num" href={url.traces([...own, "error_kind=throttle"])} title="Open the throttled requests">{exact(each.throttles)}</Go>
                ) : "0"}
            </td>
            <td className="n">{duration(each.latency.p50)}</td>
            <td className="n">{slow("duration", each.latency.p95, "duration")}</td>
            <td className="n roomy">{slow("duration", each.latency.p99, "duration")}</td>
            <td className="n">{duration(each.ttft.p50)}</td>
            <td className="n roomy">{slow("ttft", each.ttft.p95, "ttft")}</td>
            <td className="n spare" title="Output tokens of answered calls by the time they took">{speed(each.tokens_per_second)}</td>
            <td className="n spare" title={`${exact(each.input_tokens)} tokens, ${exact(each.cache_read_tokens)} of them read from a cache, ${exact(each.cache_write_tokens)} written to it`}>
                {count(each.input_tokens)}
                {each.cache_read_tokens > 0 && <span className="under">{percent(perCall(each.cache_read_tokens, each.input_tokens))} cached</span>}
            </td>
            <td className="n spare" title={`${exact(each.output_tokens)} tokens, ${exact(each.reasoning_tokens)} of them reasoning`}>
                {count(each.output_tokens)}
                {each.reasoning_tokens > 0 && <span className="under">{percent(perCall(each.reasoning_tokens, each.output_tokens))} reasoning</span>}
            </td>
            <td className="n">
                {each.unpriced_calls && !each.cost ? (
                    <span className="tag warn" title={`${exact(each.unpriced_calls)} calls without a known price`}>unpriced</span>
                ) : (
                    <span className="share" style={{ "--share": each.cost / mostCost } as React.CSSProperties} title={moneyExact(each.cost)}>
                        {money(each.cost)}{each.unpriced_calls ? "+" : ""}
                    </span>
                )}
            </td>
            <td className="n">{each.unpriced_calls && !each.cost ? "–" : money(perCall(each.cost, each.calls))}</td>
        </tr>
    );
}

/** The share that failed, and a bar of what kinds of failures those were. */
function Failed({ each }: { each: ModelUsage }) {
    const url = useUrl();
    if (!each.errors) return <span className="muted">0</span>;
    const kinds = Object.entries(each.errors_by_kind).sort((a, b) => b[1] - a[1]);
    const words = kinds.map(([kind, n]) => `${exact(n)} ${visible(kind.replace("_", " "))}`).join(", ");
    return (
        <Go className="num failed-split" href={url.traces([...filtersOf(each), "status=error"])} title={`${exact(each.errors)} failed: ${words}`}>
            <span className="bad">{percent(each.errors / each.calls)}</span>
            <span className="kinds" aria-hidden="true">
                {kinds.map(([kind, n]) => (
                    <i key={kind} style={{ flexGrow: n, background: errorColor(kind) }} />
                ))}
            </span>
        </Go>
    );
}
