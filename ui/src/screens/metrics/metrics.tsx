/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics applications and hosts sent: their names on the left, one of them over time on the right. */
import { useMemo, useState } from "react";
import { useMetrics, useMetricSeries, useProjects } from "../../api/queries";
import type { MetricRow } from "../../api/types";
import { useUrl } from "../../app/url";
import { Chart, type ChartSeries } from "../../components/chart";
import { ExplainLink, useExplainRange } from "../../components/explain-link";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { bytes, count, duration, exact, NONE } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { nsToMs } from "../../format/time";
import { absolute } from "../../url/range";
import { SignalLines } from "../setup/signal";
import "./metrics.css";

const COLORS = ["teal", "violet", "amber", "blue", "pink", "lime", "orange", "cyan", "slate"].map((name) => `var(--${name})`);

export default function MetricsScreen() {
    const url = useUrl();
    const metrics = useMetrics(url);
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const [word, setWord] = useState("");
    const all = metrics.data?.metrics ?? [];
    const found = all.filter(({ name }) => name.toLowerCase().includes(word.toLowerCase()));
    const chosen = all.find(({ name }) => name === url.search.metric) ?? all[0];
    return (
        <>
            <Topbar title="Metrics">{project?.demo && <span className="tag accent">demo data, not yours</span>}</Topbar>
            {metrics.error && <Failure error={metrics.error} retry={() => metrics.refetch()} what="The metrics" />}
            {metrics.isPending && <Skeleton height={320} className="frame-wait" />}
            {metrics.data && !all.length && (
                <div className="empty">
                    <h2>No metrics in this time range</h2>
                    <p>
                        Metrics arrive over OTLP like spans do. With an OpenTelemetry SDK, <code>OTEL_METRICS_EXPORTER=otlp</code> sends what its instrumentation measures.
                    </p>
                    <SignalLines signal="metrics" />
                </div>
            )}
            {all.length > 0 && (
                <div className="metrics">
                    <aside className="metric-list" aria-label="Metric names">
                        <input className="input" data-filter-box value={word} onChange={(event) => setWord(event.target.value)} placeholder="Find a metric" aria-label="Find a metric" spellCheck={false} />
                        <ul>
                            {found.slice(0, 400).map((metric) => (
                                <li key={metric.name}>
                                    <button type="button" aria-current={metric.name === chosen?.name} onClick={() => url.set({ metric: metric.name, by: undefined })} title={visible(metric.name)}>
                                        <span className="cut">{clip(oneLine(metric.name), 120)}</span>
                                        <span className="muted">{visible(metric.type)}</span>
                                    </button>
                                </li>
                            ))}
                        </ul>
                        {!found.length && <p className="muted">No metric has this in its name.</p>}
                    </aside>
                    {chosen && <Metric metric={chosen} />}
                </div>
            )}
        </>
    );
}

/** Units as OTLP writes them (UCUM): seconds and bytes get our formats, the rest keeps its name. */
function metricFormat(unit: string | null): (value: number | null) => string {
    if (unit === "s") return (value) => (value === null ? NONE : duration(value * 1e9));
    if (unit === "ms") return (value) => (value === null ? NONE : duration(value * 1e6));
    if (unit === "By") return bytes;
    return count;
}

/** What spans may tell about a metric's bump: the nearest measure of the same time. */
function measureNear({ name, unit }: MetricRow): string {
    if (/token/i.test(name)) return "tokens";
    return unit === "s" || unit === "ms" ? "llm_latency" : "requests";
}

function Metric({ metric }: { metric: MetricRow }) {
    const url = useUrl();
    const by = url.search.by;
    const series = useMetricSeries(url, metric.name, by);
    const explain = useExplainRange(measureNear(metric));
    const [draft, setDraft] = useState(by ?? "");
    const shown = useMemo(() => {
        if (!series.data) return null;
        const lines: ChartSeries[] = series.data.series.slice(0, COLORS.length).map((each, at) => {
            const label = visible([each.key, each.q].filter(Boolean).join(" ") || metric.name);
            return { key: `${each.key}/${each.q ?? ""}`, label, color: COLORS[at], values: each.values };
        });
        return { times: series.data.times.map(nsToMs), stepMs: nsToMs(series.data.step), series: lines, hidden: series.data.series.length - lines.length };
    }, [series.data, metric.name]);
    return (
        <section className="metric panel" aria-label={visible(metric.name)}>
            <header>
                <h2 className="mono">{visible(metric.name)}</h2>
                <span className="tag">{visible(metric.type)}</span>
                <ExplainLink measure={measureNear(metric)} />
                {metric.unit && <span className="tag">{visible(metric.unit)}</span>}
                <span className="muted">
                    {exact(metric.points)} points, last <Moment ns={metric.last} relative />
                </span>
                <form
                    className="row"
                    onSubmit={(event) => {
                        event.preventDefault();
                        url.set({ by: draft.trim() || undefined });
                    }}
                >
                    <label htmlFor="metric-by">Split by</label>
                    <input id="metric-by" className="input" value={draft} onChange={(event) => setDraft(event.target.value)} placeholder="an attribute" spellCheck={false} />
                </form>
            </header>
            {series.error && <Failure error={series.error} retry={() => series.refetch()} what="The metric" />}
            {!shown && !series.error && <Skeleton height={300} />}
            {shown && (
                <>
                    <Chart
                        label={metric.name}
                        {...shown}
                        kind="lines"
                        format={metricFormat(metric.unit)}
                        height={320}
                        onExplain={explain}
                        onZoom={(from, to) => {
                            const range = absolute(from, to);
                            url.set({ from: range.from, to: range.to });
                        }}
                    />
                    <ul className="legend metric-legend">
                        {shown.series.map((each) => (
                            <li key={each.key} className="row">
                                <i style={{ background: each.color }} /> {clip(each.label, 80)}
                            </li>
                        ))}
                        {shown.hidden > 0 && <li className="muted">and {shown.hidden} more</li>}
                    </ul>
                </>
            )}
        </section>
    );
}
