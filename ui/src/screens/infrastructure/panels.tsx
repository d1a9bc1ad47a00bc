/* SPDX-License-Identifier: Apache-2.0 */
/* One metric as a small chart; all charts of a screen share their cursor. */
import { useMemo } from "react";
import { type Scope, useMetricSeries } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Chart, type ChartSeries } from "../../components/chart";
import { Go } from "../../components/go";
import { Failure, Skeleton } from "../../components/pieces";
import { bytes, count, duration, NONE, percent } from "../../format/number";
import { nsToMs } from "../../format/time";
import { clip, oneLine } from "../../format/text";
import { absolute } from "../../url/range";
import { areStates, asShare, busyShare, held, type Panel } from "./catalogue";

const COLORS = ["var(--accent-fill)", "var(--violet-fill)", "var(--amber-fill)", "var(--blue-fill)", "var(--pink-fill)", "var(--orange-fill)"];

const FORMATS: Record<Panel["show"], (value: number | null) => string> = {
    share: (value) => (value === null ? NONE : percent(value)),
    bytes,
    seconds: (value) => (value === null ? NONE : duration(value * 1e9)),
    count,
};

export function MetricPanel({ panel, scope, byService = false, host, height = 132 }: { panel: Panel; scope: Scope; byService?: boolean; host?: string; height?: number }) {
    const url = useUrl();
    const { metric } = panel;
    const states = useMetricSeries(scope, panel.states ? metric.name : undefined, panel.states?.[0], host);
    const other = useMetricSeries(scope, panel.states && states.data && !areStates(states.data.series) ? metric.name : undefined, panel.states?.[1], host);
    const lines = useMetricSeries(scope, panel.states ? undefined : metric.name, byService ? "service.name" : panel.by, host);
    const answer = panel.states ? (states.data && !areStates(states.data.series) ? other : states) : lines;
    const shown = useMemo(() => {
        if (!answer.data) return null;
        const { series, times, step } = answer.data;
        const made: ChartSeries[] = panel.states && areStates(series)
            ? [{ key: "busy", label: "in use", color: COLORS[0], values: busyShare(series) }]
            : series.slice(0, COLORS.length).map((each, at) => ({
                  key: each.key,
                  label: clip(oneLine(each.key || panel.title), 60),
                  color: COLORS[at],
                  values: panel.show === "share" ? asShare(each.values, metric.name, metric.unit) : each.values,
              }));
        const stepMs = nsToMs(step);
        if (metric.type === "gauge") for (const each of made) each.values = held(each.values, stepMs);
        return { times: times.map(nsToMs), stepMs, series: made };
    }, [answer.data, panel]);
    return (
        <section className="panel chart-panel infra-panel" aria-label={panel.title}>
            <header>
                <h2>{panel.title}</h2>
                <Go className="muted cut mono infra-name" href={url.href("metrics", { metric: metric.name })} title={`Open ${oneLine(metric.name)} in Metrics`}>
                    {clip(oneLine(metric.name), 60)}
                </Go>
            </header>
            {answer.error && <Failure error={answer.error} retry={() => answer.refetch()} what="The metric" />}
            {!shown && !answer.error && <Skeleton height={height} />}
            {shown && (
                <Chart
                    label={panel.title}
                    {...shown}
                    kind="lines"
                    filled={shown.series.length === 1}
                    format={FORMATS[panel.show]}
                    height={height}
                    compact
                    onZoom={(from, to) => {
                        const range = absolute(from, to);
                        url.set({ from: range.from, to: range.to });
                    }}
                />
            )}
        </section>
    );
}
