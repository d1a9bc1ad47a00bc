/* SPDX-License-Identifier: Apache-2.0 */
/* Operational health over time: requests, failures, latency against its target, speed of answers, retries. */
import { useMemo } from "react";
import type { Health } from "../../api/sections";
import type { Values } from "../../api/types";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { count, duration, exact, percent } from "../../format/number";
import { visible } from "../../format/text";
import { atLeast, Panel, type PanelSeries, quantiles } from "./charts";
import { errorColor } from "./errors";
import type { Shown } from "./overview";

const speed = (value: number | null) => (value === null ? "–" : `${count(Math.round(value * 10) / 10)}/s`);
const NOTHING: PanelSeries[] = [];

function fromOverview({ data }: Shown, target: number | null) {
    const ok: Values = data.requests.map((value, at) => (value === null ? null : value - (data.errors[at] ?? 0)));
    const latency = quantiles("duration", data.latency, data.totals.latency);
    if (target) {
        latency.push({ key: "target", label: "target for p95", color: "var(--warn)", dashed: true, total: duration(target), values: data.times.map(() => target), filters: () => atLeast("duration", target) });
    }
    return {
        requests: [
            { key: "ok", label: "succeeded", color: "var(--accent-fill)", values: ok, total: exact(data.totals.requests - data.totals.errors), filters: () => ["status=ok"] },
            { key: "error", label: "failed", color: "var(--error-fill)", values: data.errors, total: exact(data.totals.errors), filters: () => ["status=error"] },
        ] as PanelSeries[],
        errors: [...data.errors_by_kind].sort((a, b) => b.total - a.total).map((each) => ({
            key: each.key, label: visible(each.key.replace("_", " ")), color: errorColor(each.key), values: each.values, total: exact(each.total), filters: () => [`error_kind=${each.key}`],
        })) as PanelSeries[],
        latency,
        ttft: quantiles("ttft", data.ttft, data.totals.ttft),
    };
}

function fromHealth(health: Health | undefined) {
    if (!health) return { speeds: NOTHING, retries: NOTHING };
    const { tokens_per_second: rate, retries } = health;
    const line = (key: "p10" | "p50" | "p90", label: string, color: string): PanelSeries => ({ key, label, color, values: rate.values[key], total: speed(rate[key]), filters: () => ["kind=llm"] });
    return {
        speeds: [line("p50", "p50", "var(--accent-fill)"), line("p90", "fastest tenth", "var(--blue-fill)"), line("p10", "slowest tenth", "var(--pink-fill)")],
        retries: [
            { key: "retried", label: "asked again", color: "var(--blue-fill)", values: retries.retried_values, total: exact(retries.retried), filters: () => ["outcome=retried"] },
            { key: "replaced", label: "asked another model", color: "var(--violet-fill)", values: retries.replaced_values, total: exact(retries.replaced), filters: () => ["outcome=replaced"] },
        ] as PanelSeries[],
    };
}

export function HealthCharts({ shown, health }: { shown: Shown; health: Health | undefined }) {
    const { times, stepMs } = shown;
    const target = health?.target.latency ?? null;
    const fast = useMemo(() => fromOverview(shown, target), [shown.data, target]);
    const slow = useMemo(() => fromHealth(health), [health]);
    const at = { times, stepMs };
    return (
        <>
            <div className="charts">
                <Panel {...at} title="Requests" measure="requests" kind="bars" series={fast.requests} format={count} empty="No requests in this range." />
                <Panel {...at} title="Failed calls by kind" measure="failures" kind="bars" series={fast.errors} format={count} empty="No call failed in this range." />
                <Panel {...at} title="Latency of requests" measure="latency" kind="lines" series={fast.latency} format={duration} sort="duration" empty="No finished request in this range." />
                <Panel {...at} title="Time to first token" measure="ttft" kind="lines" series={fast.ttft} format={duration} sort="ttft" empty="No streamed model call in this range." />
                <Panel {...at} title="Output tokens a second" kind="lines" series={slow.speeds} format={speed} sort="tokens" empty={health ? "No answered model call in this range." : "…"} />
                <Panel {...at} title="Retries and fallbacks" kind="bars" series={slow.retries} format={count} empty={health ? "No failed model call was asked again in this range." : "…"} />
            </div>
            {health && <Recovered retries={health.retries} />}
        </>
    );
}

function Recovered({ retries }: { retries: Health["retries"] }) {
    const url = useUrl();
    const all = retries.retried + retries.replaced;
    if (!all) return null;
    return (
        <p className="section-note muted">
            {percent(retries.recovered / all)} of the calls that were asked again were answered then.{" "}
            {retries.fallbacks.length > 0 && (
                <>
                    Fallbacks:{" "}
                    {retries.fallbacks.slice(0, 4).map((each, at) => (
                        <span key={`${each.from}/${each.to}`}>
                            {at > 0 && ", "}
                            <Go className="num" href={url.traces(["outcome=replaced", `model=${each.from ?? ""}`])}>
                                {visible(each.from ?? "(no name)")} to {visible(each.to ?? "(no name)")}
                            </Go>{" "}
                            {exact(each.count)}
                        </span>
                    ))}
                </>
            )}
        </p>
    );
}
