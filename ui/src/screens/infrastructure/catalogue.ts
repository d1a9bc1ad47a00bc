/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which metrics of hosts, GPUs, HTTP servers and model servers are shown, by the names of the
 * semantic conventions and of vLLM. Of a panel's names the first that was sent is taken. Where a
 * state tells busy from idle, the share of busy is shown: used / all, whatever the unit.
 */
import type { MetricRow, Values } from "../../api/types";

interface PanelKind {
    id: string;
    title: string;
    group: "Host" | "GPU" | "Process" | "HTTP" | "Model server";
    names: string[];
    /** Attributes whose values are states; the first that the metric has is taken. */
    states?: string[];
    /** Otherwise a line for each value of this attribute. */
    by?: string;
    show: "share" | "bytes" | "seconds" | "count";
}

/** States in which nothing is done or held. */
const IDLE = new Set(["idle", "iowait", "steal", "free", "available", "cached", "buffered", "slab_reclaimable", "inactive"]);

const PANELS: PanelKind[] = [
    { id: "cpu", title: "CPU", group: "Host", names: ["system.cpu.utilization", "system.cpu.time"], states: ["cpu.mode", "state", "system.cpu.state"], show: "share" },
    { id: "memory", title: "Memory", group: "Host", names: ["system.memory.utilization", "system.memory.usage"], states: ["system.memory.state", "state"], show: "share" },
    { id: "disk", title: "File systems", group: "Host", names: ["system.filesystem.utilization", "system.filesystem.usage"], states: ["system.filesystem.state", "state"], show: "share" },
    { id: "gpu", title: "GPU", group: "GPU", names: ["hw.gpu.utilization", "gpu.utilization", "DCGM_FI_DEV_GPU_UTIL"], by: "hw.id", show: "share" },
    { id: "gpu-memory", title: "GPU memory", group: "GPU", names: ["hw.gpu.memory.utilization", "hw.gpu.memory.usage"], by: "hw.id", show: "share" },
    { id: "process-cpu", title: "Process CPU", group: "Process", names: ["process.cpu.utilization", "process.cpu.time"], show: "share" },
    { id: "process-memory", title: "Process memory", group: "Process", names: ["process.memory.usage", "process.memory.physical_usage", "process.runtime.memory"], show: "bytes" },
    { id: "http", title: "HTTP requests", group: "HTTP", names: ["http.server.request.duration", "http.server.duration"], by: "http.response.status_code", show: "count" },
    { id: "http-client", title: "Calls over HTTP", group: "HTTP", names: ["http.client.request.duration", "http.client.duration"], by: "http.response.status_code", show: "count" },
    { id: "waiting", title: "Requests waiting", group: "Model server", names: ["vllm:num_requests_waiting", "vllm.num_requests_waiting", "gen_ai.server.request.queue"], by: "model_name", show: "count" },
    { id: "running", title: "Requests running", group: "Model server", names: ["vllm:num_requests_running", "vllm.num_requests_running"], by: "model_name", show: "count" },
    { id: "kv", title: "KV cache", group: "Model server", names: ["vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc"], by: "model_name", show: "share" },
];

export interface Panel extends PanelKind {
    metric: MetricRow;
}

/** The panels for which something was sent. */
export function panelsFor(metrics: readonly MetricRow[]): Panel[] {
    const sent = new Map(metrics.map((metric) => [metric.name, metric]));
    return PANELS.flatMap((panel) => {
        const name = panel.names.find((each) => sent.has(each));
        return name ? [{ ...panel, metric: sent.get(name)! }] : [];
    });
}

/** The share of what is not idle, of lines by state; null where nothing was sent. */
export function busyShare(series: readonly { key: string; values: Values }[]): Values {
    const length = Math.max(0, ...series.map(({ values }) => values.length));
    return Array.from({ length }, (_, at) => {
        let all = 0;
        let busy = 0;
        for (const { key, values } of series) {
            const value = values[at] ?? 0;
            all += value;
            if (!IDLE.has(key)) busy += value;
        }
        return all > 0 ? busy / all : null;
    });
}

/** True when the lines are states: at least one is idle, one is not. */
export function areStates(series: readonly { key: string }[]): boolean {
    return series.some(({ key }) => IDLE.has(key)) && series.some(({ key }) => key !== "" && !IDLE.has(key));
}

const HOLDS_MS = 600_000;

/** A gauge is as it was until it is read again, for ten minutes at most: those who send seldom still draw a line. */
export function held(values: Values, stepMs: number): Values {
    const longest = Math.floor(HOLDS_MS / stepMs);
    let last = -Infinity;
    return values.map((value, at) => {
        if (value !== null) last = at;
        return value ?? (at - last <= longest ? values[last] : null);
    });
}

/** A share sent in percent is one of a hundred. */
export function asShare(values: Values, name: string, unit: string | null): Values {
    return unit === "%" || /_UTIL$/.test(name) ? values.map((value) => (value === null ? null : value / 100)) : values;
}
