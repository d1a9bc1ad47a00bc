/* SPDX-License-Identifier: Apache-2.0 */
/* Requests over time above the list, failures stacked. Drag to keep a part, click for one bar. */
import { useMemo } from "react";
import { useHistogram } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Chart, type ChartSeries } from "../../components/chart";
import { Skeleton } from "../../components/pieces";
import { count, exact } from "../../format/number";
import { nsToMs } from "../../format/time";
import { absolute } from "../../url/range";
import { withFilter } from "../../url/filters";

export function Histogram({ total, loaded }: { total: number | undefined; loaded: number }) {
    const url = useUrl();
    const histogram = useHistogram(url);
    const chart = useMemo(() => {
        const data = histogram.data;
        if (!data) return null;
        const series: ChartSeries[] = [
            { key: "ok", label: "succeeded", color: "var(--accent-fill)", values: data.traces.map((value, at) => value - data.errors[at]) },
            { key: "error", label: "failed", color: "var(--error-fill)", values: data.errors },
        ];
        return { times: data.times.map(nsToMs), stepMs: nsToMs(data.step), series };
    }, [histogram.data]);
    return (
        <div className="histogram">
            <p className="histogram-total">
                {loaded > 0 || total !== undefined ? <b title={total === undefined ? undefined : exact(total)}>{total === undefined ? `${count(loaded)}+` : total >= 100_000 ? "100 k+" : exact(total)}</b> : null} traces
            </p>
            {chart ? (
                <Chart
                    label="Requests over time"
                    {...chart}
                    kind="bars"
                    format={count}
                    height={84}
                    compact
                    onZoom={(from, to) => {
                        const range = absolute(from, to);
                        url.set({ from: range.from, to: range.to });
                    }}
                    onPick={(at, key) => {
                        const range = absolute(chart.times[at], chart.times[at] + chart.stepMs);
                        url.set({ from: range.from, to: range.to, f: key === "error" ? withFilter(url.filters, "status=error") : url.search.f });
                    }}
                />
            ) : histogram.error ? (
                <p className="muted histogram-none">The histogram could not be loaded.</p>
            ) : (
                <Skeleton height={84} />
            )}
        </div>
    );
}
