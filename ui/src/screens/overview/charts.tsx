/* SPDX-License-Identifier: Apache-2.0 */
/* The six charts. A point leads to the traces of its bucket; the legend to those of the whole range. */
import { useMemo } from "react";
import type { Values } from "../../api/types";
import { useUrl } from "../../app/url";
import { Chart, type ChartSeries } from "../../components/chart";
import { sum } from "../../components/chart-data";
import { ExplainLink, useExplainRange } from "../../components/explain-link";
import { Go } from "../../components/go";
import { count, duration, exact, money } from "../../format/number";
import { visible } from "../../format/text";
import { absolute } from "../../url/range";
import type { Search } from "../../url/search";
import { errorColor } from "./errors";
import type { Shown } from "./overview";

interface PanelSeries extends ChartSeries {
    /** Filters for the traces behind one point of this series, and their order. */
    filters: (at: number) => string[];
    total?: string;
    href?: string;
}

interface PanelProps extends Shown {
    title: string;
    /** What is asked when its bump is to be explained. */
    measure: string;
    kind: "bars" | "lines";
    series: PanelSeries[];
    format: (value: number | null) => string;
    sort?: string;
    empty: string;
}

function Panel({ title, measure, kind, series, format, sort, times, stepMs, empty }: PanelProps) {
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
                <h2>{title}</h2>
                {!silent && <ExplainLink measure={measure} />}
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

const atLeast = (field: string, ns: number | null) => (ns === null ? [] : [`${field}>=${Math.floor(ns / 1e6)}ms`]);

function quantiles(field: string, values: Shown["data"]["latency"], totals: Shown["data"]["totals"]["latency"]): PanelSeries[] {
    return QUANTILES.map(({ key, color }) => ({
        key,
        label: key,
        color,
        values: values[key],
        total: duration(totals[key]),
        filters: (at) => atLeast(field, at < 0 ? totals[key] : values[key][at]),
    }));
}

function build({ data }: Shown) {
    const ok: Values = data.requests.map((value, at) => (value === null ? null : value - (data.errors[at] ?? 0)));
    const tokenSeries = (key: string, label: string, color: string, values: Values): PanelSeries => ({
        key, label, color, values, total: count(sum(values)), filters: () => [],
    });
    const less = (whole: Values, part: Values): Values => whole.map((value, at) => (value === null ? null : Math.max(0, value - (part[at] ?? 0))));
    return {
        requests: [
            { key: "ok", label: "succeeded", color: "var(--accent-fill)", values: ok, total: exact(data.totals.requests - data.totals.errors), filters: () => ["status=ok"] },
            { key: "error", label: "failed", color: "var(--error-fill)", values: data.errors, total: exact(data.totals.errors), filters: () => ["status=error"] },
        ] as PanelSeries[],
        errors: [...data.errors_by_kind].sort((a, b) => b.total - a.total).map((each) => ({
            key: each.key, label: visible(each.key.replace("_", " ")), color: errorColor(each.key), values: each.values, total: exact(each.total), filters: () => [`error_kind=${each.key}`],
        })) as PanelSeries[],
        latency: quantiles("duration", data.latency, data.totals.latency),
        ttft: quantiles("ttft", data.ttft, data.totals.ttft),
        tokens: [
            tokenSeries("cache_read", "cached input", "var(--accent-fill)", data.tokens.cache_read),
            tokenSeries("input", "uncached input", "var(--blue-fill)", less(data.tokens.input, data.tokens.cache_read)),
            tokenSeries("output", "answers", "var(--violet-fill)", less(data.tokens.output, data.tokens.reasoning)),
            tokenSeries("reasoning", "reasoning", "var(--pink-fill)", data.tokens.reasoning),
        ],
        cost: [{ key: "cost", label: "spent", color: "var(--amber-fill)", values: data.cost, total: money(data.totals.cost), filters: () => ["cost>0"] }] as PanelSeries[],
    };
}

export function Charts(shown: Shown) {
    const series = useMemo(() => build(shown), [shown.data]);
    return (
        <div className="charts">
            <Panel {...shown} title="Requests" measure="requests" kind="bars" series={series.requests} format={count} empty="No requests in this range." />
            <Panel {...shown} title="Failed calls by kind" measure="failures" kind="bars" series={series.errors} format={count} empty="No call failed in this range." />
            <Panel {...shown} title="Latency of requests" measure="latency" kind="lines" series={series.latency} format={duration} sort="duration" empty="No finished request in this range." />
            <Panel {...shown} title="Time to first token" measure="ttft" kind="lines" series={series.ttft} format={duration} sort="ttft" empty="No streamed model call in this range." />
            <Panel {...shown} title="Tokens" measure="tokens" kind="bars" series={series.tokens} format={count} sort="tokens" empty="No tokens were counted in this range." />
            <Panel {...shown} title="Cost" measure="cost" kind="bars" series={series.cost} format={money} sort="cost" empty="Nothing was spent in this range." />
        </div>
    );
}
