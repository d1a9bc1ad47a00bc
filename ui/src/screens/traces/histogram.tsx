/* SPDX-License-Identifier: Apache-2.0 */
/* Requests over time above the list, failures stacked. Drag to keep a part, click for one bar. */
import { useMemo } from "react";
import { useSeries } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Chart, type ChartSeries } from "../../components/chart";
import { Skeleton } from "../../components/pieces";
import { count, exact } from "../../format/number";
import { nsToMs } from "../../format/time";
import { absolute } from "../../url/range";
import { withFilter } from "../../url/filters";

export function Histogram({ total, loaded }: { total: number | undefined; loaded: number }) {
    const url = useUrl();
    const requests = useSeries(url, "requests");
    const errors = useSeries(url, "errors");
    const chart = useMemo(() => {
        const all = requests.data;
        if (!all) return null;
        const every = all.series[0]?.values ?? all.times.map(() => 0);
        const failed = errors.data?.series[0]?.values ?? [];
        const series: ChartSeries[] = [
            { key: "ok", label: "succeeded", color: "var(--accent-fill)", values: every.map((value, at) => Math.max(0, (value ?? 0) - (failed[at] ?? 0))) },
            { key: "error", label: "failed", color: "var(--error-fill)", values: every.map((_, at) => failed[at] ?? 0) },
        ];
        return { times: all.times.map(nsToMs), stepMs: nsToMs(all.step), series };
    }, [requests.data, errors.data]);
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
            ) : requests.error ? (
                <p className="muted histogram-none">The histogram could not be loaded.</p>
            ) : (
                <Skeleton height={84} />
            )}
        </div>
    );
}
