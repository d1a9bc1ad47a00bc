/* SPDX-License-Identifier: Apache-2.0 */
/* A chart of the Overview. A point leads to the traces of its bucket; the legend to those of the whole range. */
import { useUrl } from "../../app/url";
import { Chart, type ChartSeries } from "../../components/chart";
import { ExplainLink, useExplainRange } from "../../components/explain-link";
import { Go } from "../../components/go";
import { duration } from "../../format/number";
import { absolute } from "../../url/range";
import type { Search } from "../../url/search";
import type { Shown } from "./overview";

export interface PanelSeries extends ChartSeries {
    /** Filters for the traces behind one point of this series, and their order. */
    filters: (at: number) => string[];
    total?: string;
    href?: string;
}

interface PanelProps {
    times: number[];
    stepMs: number;
    title: string;
    /** What is asked when its bump is to be explained. */
    measure?: string;
    kind: "bars" | "lines";
    series: PanelSeries[];
    format: (value: number | null) => string;
    sort?: string;
    empty: string;
}

export function Panel({ title, measure, kind, series, format, sort, times, stepMs, empty }: PanelProps) {
    const url = useUrl();
    const explain = useExplainRange(measure);
    const silent = series.every((each) => each.values.every((value) => value === null || value === 0));
    const pick = (at: number, key: string | null) => {
        const bucket = absolute(times[at], times[at] + stepMs);
        const own = series.find((each) => each.key === key) ?? (series.length === 1 ? series[0] : undefined);
        const extra: Search = { from: bucket.from, to: bucket.to, live: undefined, sort };
        url.go(url.traces(own ? own.filters(at) : [], extra));
    };
    return (
        <section className="panel chart-panel" aria-label={title}>
            <header>
                <h3>{title}</h3>
                {measure && !silent && <ExplainLink measure={measure} />}
                <ul className="legend">
                    {series.map((each) => (
                        <li key={each.key}>
                            <Go href={each.href ?? url.traces(each.filters(-1), { sort })} title={`Open the traces: ${each.label}`}>
                                <i style={{ background: each.color }} />
                                {each.label} {each.total !== undefined && <b>{each.total}</b>}
                            </Go>
                        </li>
                    ))}
                </ul>
            </header>
            {silent ? (
                <p className="chart-empty muted">{empty}</p>
            ) : (
                <Chart
                    label={title}
                    times={times}
                    stepMs={stepMs}
                    series={series}
                    kind={kind}
                    format={format}
                    onZoom={(from, to) => {
                        const range = absolute(from, to);
                        url.set({ from: range.from, to: range.to });
                    }}
                    onExplain={explain}
                    onPick={pick}
                />
            )}
        </section>
    );
}

const QUANTILES = [
    { key: "p50", color: "var(--accent-fill)" },
    { key: "p90", color: "var(--blue-fill)" },
    { key: "p95", color: "var(--violet-fill)" },
    { key: "p99", color: "var(--pink-fill)" },
] as const;

export const atLeast = (field: string, ns: number | null) => (ns === null ? [] : [`${field}>=${Math.floor(ns / 1e6)}ms`]);

export function quantiles(field: string, values: Shown["data"]["latency"], totals: Shown["data"]["totals"]["latency"]): PanelSeries[] {
    return QUANTILES.map(({ key, color }) => ({
        key,
        label: key,
        color,
        values: values[key],
        total: duration(totals[key]),
        filters: (at) => atLeast(field, at < 0 ? totals[key] : values[key][at]),
    }));
}

