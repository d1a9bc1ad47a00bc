/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Infrastructure: what hosts, GPUs and servers sent over OTLP, in panels by the names of the semantic
 * conventions, under the model signals of the same time. One cursor goes through all of them.
 */
import { useMemo } from "react";
import { useMetricHosts, useMetrics, useOverview, useProjects } from "../../api/queries";
import type { Overview, Values } from "../../api/types";
import { useUrl } from "../../app/url";
import { Chart } from "../../components/chart";
import { ExplainLink } from "../../components/explain-link";
import { Failure, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { count, duration } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { nsToMs } from "../../format/time";
import { absolute } from "../../url/range";
import { NothingHere } from "../setup/empty";
import { panelsFor } from "./catalogue";
import { MetricPanel } from "./panels";
import { Teach } from "./teach";
import "./infrastructure.css";

export default function InfrastructureScreen() {
    const url = useUrl();
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const scope = { ...url, filters: [] };
    const metrics = useMetrics(scope);
    const overview = useOverview(scope);
    const panels = useMemo(() => panelsFor(metrics.data?.metrics ?? []), [metrics.data]);
    const byService = url.search.by === "service";
    const hosts = useMetricHosts(scope).data?.hosts ?? [];
    const { host } = url.search;
    const groups = [...new Set(panels.map(({ group }) => group))];
    return (
        <>
            <Topbar title="Infrastructure">
                {project?.demo && <span className="tag accent">demo data, not yours</span>}
                {(hosts.length > 1 || host) && (
                    <select className="input small" aria-label="Host" value={host ?? ""} onChange={(event) => url.set({ host: event.target.value || undefined }, { replace: true })}>
                        <option value="">All {hosts.length} hosts</option>
                        {[...new Set([...hosts.map((each) => each.host), ...(host ? [host] : [])])].map((each) => (
                            <option key={each} value={each}>
                                {clip(oneLine(each), 60)}
                            </option>
                        ))}
                    </select>
                )}
                {panels.some(({ states }) => !states) && (
                    <button type="button" className="button small" aria-pressed={byService} onClick={() => url.set({ by: byService ? undefined : "service" }, { replace: true })}>
                        By service
                    </button>
                )}
            </Topbar>
            <div className="scroll">
                <div className="overview infra">
                    {metrics.error && <Failure error={metrics.error} retry={() => metrics.refetch()} what="The metrics" />}
                    {(metrics.isPending || overview.isPending) && <Skeleton height={320} />}
                    {overview.data && (overview.data.totals.spans > 0 || panels.length > 0) && <Signals overview={overview.data} />}
                    {groups.map((group) => (
                        <section key={group} className="infra-group" aria-label={group}>
                            <h2>{group}</h2>
                            <div className="infra-grid">
                                {panels.filter((panel) => panel.group === group).map((panel) => (
                                    <MetricPanel key={panel.id} panel={panel} scope={scope} byService={byService} host={host} />
                                ))}
                            </div>
                        </section>
                    ))}
                    {metrics.data && !panels.length && (project?.first_span === null && !metrics.data.metrics.length ? <NothingHere project={project} what="metrics" /> : null)}
                    {metrics.data && !panels.length && <Teach />}
                </div>
            </div>
        </>
    );
}

function Signals({ overview }: { overview: Overview }) {
    const url = useUrl();
    const times = overview.times.map(nsToMs);
    const stepMs = nsToMs(overview.step);
    const zoom = (from: number, to: number) => {
        const range = absolute(from, to);
        url.set({ from: range.from, to: range.to });
    };
    const sum = (...columns: Values[]) => times.map((_, at) => columns.reduce((all, column) => all + (column[at] ?? 0), 0));
    const perMinute = sum(overview.tokens.input, overview.tokens.output).map((value) => value / (stepMs / 60e3));
    const charts: { title: string; measure: string; kind: "bars" | "lines"; format: (value: number | null) => string; values: Values; color: string; label: string }[] = [
        { title: "Latency, p95", measure: "latency", label: "p95", kind: "lines", format: duration, values: overview.latency.p95, color: "var(--violet-fill)" },
        { title: "Failed requests", measure: "errors", label: "failed", kind: "bars", format: count, values: overview.errors, color: "var(--error-fill)" },
        { title: "Tokens a minute", measure: "tokens", label: "tokens", kind: "lines", format: count, values: perMinute, color: "var(--blue-fill)" },
    ];
    return (
        <section className="infra-group" aria-label="Models and requests">
            <h2>Models and requests</h2>
            <div className="infra-grid">
                {charts.map(({ title, measure, kind, format, values, color, label }) => (
                    <section key={title} className="panel chart-panel infra-panel" aria-label={title}>
                        <header>
                            <h2>{title}</h2>
                            <ExplainLink measure={measure} />
                        </header>
                        <Chart label={title} times={times} stepMs={stepMs} series={[{ key: label, label, color, values }]} kind={kind} filled={kind === "lines"} format={format} height={132} compact onZoom={zoom} />
                    </section>
                ))}
            </div>
        </section>
    );
}
