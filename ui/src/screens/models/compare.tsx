/* SPDX-License-Identifier: Apache-2.0 */
/* Two sides of one table: two models in this range, or one model now and in the period before. */
import { useMemo } from "react";
import { type ModelScore, type ModelUsage, useModelQuality, useModelsOf } from "../../api/models";
import type { Scope } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Chart, type ChartSeries } from "../../components/chart";
import { Icon } from "../../components/icon";
import { Failure, Skeleton } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { change, count, duration, exact, money, percent } from "../../format/number";
import { visible } from "../../format/text";
import { nsToMs } from "../../format/time";
import { absolute } from "../../url/range";
import { colorOf, keyOf, labelOf, perCall, type Shown, speed } from "./shown";

interface Measure {
    label: string;
    of: (usage: ModelUsage) => number | null;
    format: (value: number | null) => string;
    better: "lower" | "higher" | "neither";
}

const MEASURES: Measure[] = [
    { label: "Calls", of: (each) => each.calls, format: exact, better: "neither" },
    { label: "Failed", of: (each) => perCall(each.errors, each.calls), format: percent, better: "lower" },
    { label: "Throttled", of: (each) => perCall(each.throttles, each.calls), format: percent, better: "lower" },
    { label: "Latency p50", of: (each) => each.latency.p50, format: duration, better: "lower" },
    { label: "Latency p95", of: (each) => each.latency.p95, format: duration, better: "lower" },
    { label: "Latency p99", of: (each) => each.latency.p99, format: duration, better: "lower" },
    { label: "First token p50", of: (each) => each.ttft.p50, format: duration, better: "lower" },
    { label: "First token p95", of: (each) => each.ttft.p95, format: duration, better: "lower" },
    { label: "Output tokens a second", of: (each) => each.tokens_per_second, format: speed, better: "higher" },
    { label: "Input tokens a call", of: (each) => perCall(each.input_tokens, each.calls), format: count, better: "neither" },
    { label: "… read from a cache", of: (each) => perCall(each.cache_read_tokens, each.input_tokens), format: percent, better: "higher" },
    { label: "Output tokens a call", of: (each) => perCall(each.output_tokens, each.calls), format: count, better: "neither" },
    { label: "… of them reasoning", of: (each) => perCall(each.reasoning_tokens, each.output_tokens), format: percent, better: "neither" },
    { label: "Cost", of: (each) => (each.unpriced_calls && !each.cost ? null : each.cost), format: money, better: "neither" },
    { label: "Cost of a thousand calls", of: (each) => (each.unpriced_calls && !each.cost ? null : perCall(each.cost * 1000, each.calls)), format: money, better: "lower" },
];

export function Compare(shown: Shown & { scope: Scope }) {
    const url = useUrl();
    const { data, scope, times, stepMs } = shown;
    const left = data.models.find((each) => keyOf(each) === url.search.a);
    const other = data.models.find((each) => keyOf(each) === url.search.b);
    const before = useMemo(() => {
        const from = nsToMs(data.from);
        return left && !url.search.b ? absolute(2 * from - nsToMs(data.to), from) : null;
    }, [data.from, data.to, left, url.search.b]);
    const past = useModelsOf(scope, before);
    const quality = useModelQuality(scope, left ? scope.range : null);
    const pastQuality = useModelQuality(scope, before);
    if (!left) return null;
    const right = other ?? past.data?.models.find((each) => keyOf(each) === keyOf(left));
    const names = other ? [labelOf(left), labelOf(other)] : ["This period", "The period before"];
    const title = other ? `${names[0]} against ${names[1]}` : `${labelOf(left)} against the period before`;
    return (
        <section className="panel versus" aria-label="Comparison">
            <header className="row">
                <h2>{title}</h2>
                <span className="grow" />
                <button type="button" className="button small bare" onClick={() => url.set({ a: undefined, b: undefined }, { replace: true })}>
                    <Icon name="close" small /> End the comparison
                </button>
            </header>
            {past.error && <Failure error={past.error} retry={() => past.refetch()} what="The period before" />}
            {!right && past.isFetching && <Skeleton height={240} />}
            {!right && !past.isFetching && !past.error && <p className="muted table-note">{labelOf(left)} was not called in the period before. Tick a second model to compare with it.</p>}
            {right && (
                <div className="versus-body">
                    <Table left={left} right={right} names={names} scores={[quality.data?.scores ?? [], (other ? quality : pastQuality).data?.scores ?? []]} />
                    <Lines left={left} right={right} names={names} times={times} stepMs={stepMs} colors={[colorOf(data, keyOf(left)), other ? colorOf(data, keyOf(other)) : "var(--text-3)"]} />
                </div>
            )}
        </section>
    );
}

/** A row for each score that judged traces of either side. */
function judged([mine, theirs]: ModelScore[][], left: ModelUsage, right: ModelUsage): { name: string; sides: (ModelScore | undefined)[] }[] {
    const of = (scores: ModelScore[], usage: ModelUsage) => scores.filter((each) => keyOf(each) === keyOf(usage) && each.name);
    const sides = [of(mine, left), of(theirs, right)];
    const names = [...new Set(sides.flat().map((each) => each.name ?? ""))];
    return names.map((name) => ({ name, sides: sides.map((side) => side.find((each) => each.name === name)) }));
}

function Difference({ a, b, better }: { a: number | null; b: number | null; better: Measure["better"] }) {
    const share = change(a, b);
    const small = share === null || Math.abs(share) < 0.005;
    const tone = small || better === "neither" ? "" : share > 0 === (better === "higher") ? "good" : "bad";
    return <td className={`n ${tone}`}>{share === null ? <span className="muted">–</span> : small ? <span className="muted">same</span> : `${share > 0 ? "▲" : "▼"} ${share > 9.995 ? `×${count(share + 1)}` : percent(Math.abs(share))}`}</td>;
}

function Table({ left, right, names, scores }: { left: ModelUsage; right: ModelUsage; names: string[]; scores: ModelScore[][] }) {
    return (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Comparison table">
            <StackedTable className="versus-table">
                <thead>
                    <tr>
                        <th scope="col"><span className="sr">Measure</span></th>
                        <th scope="col" className="n">{names[0]}</th>
                        <th scope="col" className="n">{names[1]}</th>
                        <th scope="col" className="n">Difference</th>
                    </tr>
                </thead>
                <tbody>
                    {MEASURES.map((measure) => {
                        const a = measure.of(left);
                        const b = measure.of(right);
                        return (
                            <tr key={measure.label}>
                                <th scope="row">{measure.label}</th>
                                <td className="n">{measure.format(a)}</td>
                                <td className="n">{measure.format(b)}</td>
                                <Difference a={a} b={b} better={measure.better} />
                            </tr>
                        );
                    })}
                    {judged(scores, left, right).map(({ name, sides: [mine, theirs] }) => (
                        <tr key={`score ${name}`}>
                            <th scope="row">Score: {visible(name)}</th>
                            {[mine, theirs].map((score, at) => (
                                <td key={at} className="n" title={score && `${exact(score.count)} scores`}>{score?.mean === undefined || score.mean === null ? "–" : score.mean.toFixed(2)}</td>
                            ))}
                            <Difference a={mine?.mean ?? null} b={theirs?.mean ?? null} better="neither" />
                        </tr>
                    ))}
                </tbody>
            </StackedTable>
        </div>
    );
}

interface LinesProps {
    left: ModelUsage;
    right: ModelUsage;
    names: string[];
    times: number[];
    stepMs: number;
    colors: string[];
}

/* A past period is laid under the present one step by step. */
function Lines({ left, right, names, times, stepMs, colors }: LinesProps) {
    const series = (of: "latency_p95" | "cost"): ChartSeries[] =>
        [left, right].map((each, at) => ({ key: String(at), label: names[at], color: colors[at], values: times.map((_, step) => each.values?.[of][step] ?? null) }));
    const latency = useMemo(() => series("latency_p95"), [left, right, times]);
    const cost = useMemo(() => series("cost"), [left, right, times]);
    if (!left.values && !right.values) return <p className="muted table-note">Over time only the models called most are kept apart.</p>;
    return (
        <div className="versus-lines">
            <h3>Latency, p95</h3>
            <Chart label="Latency p95 compared" times={times} stepMs={stepMs} series={latency} kind="lines" format={duration} height={150} />
            <h3>Cost</h3>
            <Chart label="Cost compared" times={times} stepMs={stepMs} series={cost} kind="lines" format={money} height={150} />
            <ul className="legend">
                {names.map((name, at) => (
                    <li key={name}>
                        <i style={{ background: colors[at] }} /> {name}
                    </li>
                ))}
            </ul>
        </div>
    );
}
