/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a model slow, or are its answers long? Latency by how many tokens a call wrote or read, on a
 * logarithmic scale, with the number of calls below. Also as a table, for who cannot see the drawing.
 */
import { useState } from "react";
import { type ModelSizes, MODEL_LINES, useModelSizes } from "../../api/models";
import type { Scope } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Failure, Skeleton } from "../../components/pieces";
import { count, duration, exact } from "../../format/number";
import { colorOf, keyOf, labelOf, type Shown } from "./shown";

const WIDTH = 640;
const TOP = 6;
const PLOT = 118;
const BARS = 34;
const LEFT = 60;
const RIGHT = 14;

export function Sizes({ data, scope }: Shown & { scope: Scope }) {
    const url = useUrl();
    const input = url.search.by === "input";
    const [table, setTable] = useState(false);
    const sizes = useModelSizes(scope, input ? "input_tokens" : "output_tokens");
    const word = input ? "input" : "output";
    return (
        <section className="panel sizes" aria-label="Latency by size">
            <header className="row">
                <h2>Latency p95 by {word} tokens</h2>
                <span className="muted roomy" title="Hollow points stand for fewer than five calls">and how many calls</span>
                <span className="grow" />
                <div className="row joined-set" role="group" aria-label="Size of">
                    {(["output", "input"] as const).map((each) => (
                        <button key={each} type="button" className="button small" aria-pressed={each === word} onClick={() => url.set({ by: each === "input" ? "input" : undefined }, { replace: true })}>
                            {each}
                        </button>
                    ))}
                </div>
                <button type="button" className="button small" aria-pressed={table} onClick={() => setTable(!table)}>
                    Table
                </button>
            </header>
            {sizes.error && <Failure error={sizes.error} retry={() => sizes.refetch()} what="Latency by size" />}
            {!sizes.data && !sizes.error && <Skeleton height={PLOT + BARS} />}
            {sizes.data && !sizes.data.classes.length && <p className="chart-empty muted">No answered call told its {word} tokens in this range.</p>}
            {sizes.data && sizes.data.classes.length > 0 && (table ? <SizeTable sizes={sizes.data} /> : <Drawing sizes={sizes.data} colors={(key) => colorOf(data, key)} />)}
        </section>
    );
}

const span = ({ from, to }: { from: number; to: number }) => (to - from === 1 ? count(from) : `${count(from)}–${count(to - 1)}`);

function scale(sizes: ModelSizes) {
    const all = sizes.models.flatMap((each) => [...each.p95, ...each.p50]).filter((value): value is number => value !== null && value > 0);
    const low = Math.floor(Math.log10(Math.min(...all, 1e9)));
    const high = Math.ceil(Math.log10(Math.max(...all, 1e8)));
    const ticks = Array.from({ length: Math.max(1, high - low) + 1 }, (_, at) => 10 ** (low + at));
    return { ticks, y: (ns: number) => TOP + PLOT * (1 - (Math.log10(ns) - low) / Math.max(1, high - low)) };
}

function Drawing({ sizes, colors }: { sizes: ModelSizes; colors: (key: string) => string }) {
    const { ticks, y } = scale(sizes);
    const models = sizes.models.slice(0, MODEL_LINES);
    const step = (WIDTH - LEFT - RIGHT) / sizes.classes.length;
    const x = (at: number) => LEFT + step * (at + 0.5);
    const sums = sizes.classes.map((_, at) => sizes.models.reduce((sum, each) => sum + each.calls[at], 0));
    const most = Math.max(1, ...sums);
    const base = TOP + PLOT + 8 + BARS;
    return (
        <div className="sizes-scroll" tabIndex={0} role="region" aria-label="Latency by size, drawing">
            <svg viewBox={`0 0 ${WIDTH} ${base + 22}`} role="img" aria-label="95th percentile of latency by size, a line a model. The table button shows the numbers.">
                {ticks.map((tick) => (
                    <g key={tick}>
                        <line x1={LEFT} x2={WIDTH} y1={y(tick)} y2={y(tick)} className="size-grid" />
                        <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">{duration(tick)}</text>
                    </g>
                ))}
                {sizes.classes.map((each, at) => (
                    <text key={each.from} x={x(at)} y={base + 16} textAnchor="middle">{span(each)}</text>
                ))}
                {sums.map((sum, at) => {
                    let below = 0;
                    return sizes.models.map((each) => {
                        const height = (each.calls[at] / most) * BARS;
                        below += height;
                        return height > 0 && (
                            <rect key={`${at}${keyOf(each)}`} x={x(at) - step * 0.36} width={step * 0.72} y={base - below} height={height} fill={colors(keyOf(each))} opacity="0.75">
                                <title>{`${span(sizes.classes[at])} tokens: ${exact(each.calls[at])} of ${exact(sum)} calls, ${labelOf(each)}`}</title>
                            </rect>
                        );
                    });
                })}
                {models.map((each) => (
                    <Line key={keyOf(each)} each={each} sizes={sizes} color={colors(keyOf(each))} x={x} y={y} />
                ))}
            </svg>
        </div>
    );
}

interface LineProps {
    each: ModelSizes["models"][number];
    sizes: ModelSizes;
    color: string;
    x: (at: number) => number;
    y: (ns: number) => number;
}

/** A class of fewer calls than this says little; its point is drawn hollow. */
const FEW = 5;

function Line({ each, sizes, color, x, y }: LineProps) {
    const points = each.p95.flatMap((ns, at) => (ns === null ? [] : [{ at, ns }]));
    return (
        <g>
            <polyline points={points.map(({ at, ns }) => `${x(at)},${y(ns)}`).join(" ")} fill="none" stroke={color} strokeWidth="2" />
            {points.map(({ at, ns }) => (
                <circle key={at} cx={x(at)} cy={y(ns)} r="3.5" fill={each.calls[at] < FEW ? "var(--surface)" : color} stroke={color} strokeWidth="1.5">
                    <title>{`${labelOf(each)}, ${span(sizes.classes[at])} tokens: p95 ${duration(ns)}, p50 ${duration(each.p50[at])}, ${exact(each.calls[at])} calls`}</title>
                </circle>
            ))}
        </g>
    );
}

function SizeTable({ sizes }: { sizes: ModelSizes }) {
    return (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Latency by size, table">
            <table className="table">
                <thead>
                    <tr>
                        <th scope="col">Model</th>
                        {sizes.classes.map((each) => (
                            <th key={each.from} scope="col" className="n">{span(each)}</th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {sizes.models.map((each) => (
                        <tr key={keyOf(each)}>
                            <th scope="row">{labelOf(each)}</th>
                            {each.calls.map((calls, at) => (
                                <td key={sizes.classes[at].from} className="n">
                                    {calls ? <>{duration(each.p95[at])} <span className="muted">({count(calls)})</span></> : <span className="muted">–</span>}
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
