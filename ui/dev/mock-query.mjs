/* SPDX-License-Identifier: Apache-2.0 */
/* The mock's questions: ranges, filters, series, the overview and facets, computed the slow and plain way. */
import { MODELS } from "./mock-data.mjs";

const UNIT = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 };

function moment(text, fallback) {
    if (!text) return fallback;
    if (text === "now") return Date.now();
    const relative = /^-(\d+)([smhd])$/.exec(text);
    if (relative) return Date.now() - relative[1] * UNIT[relative[2]];
    const ms = Date.parse(text);
    if (Number.isNaN(ms)) throw Object.assign(new Error(`from: expected a time, got '${text}'`), { code: 400 });
    return ms;
}

export function rangeOf(query) {
    return { from: moment(query.get("from"), Date.now() - 86400e3), to: moment(query.get("to"), Date.now()) };
}

const SPAN_FIELDS = { name: "name", kind: "kind", op: "op", model: "model", provider: "provider", tool: "tool", agent: "agent", error_kind: "error_kind" };
const ROW_FIELDS = { trace_name: "name", service: "service", environment: "environment", release: "release", user: "user", session: "session", tenant: "tenant", status: "status", duration: "duration", ttft: "ttft", cost: "cost", input_tokens: "input_tokens", output_tokens: "output_tokens", total_tokens: "total_tokens", spans: "spans", trace_id: "trace_id" };
const NUMBERS = new Set(["duration", "ttft", "cost", "input_tokens", "output_tokens", "total_tokens", "spans"]);

function valuesOf(trace, field) {
    if (ROW_FIELDS[field]) return [trace.row[ROW_FIELDS[field]]];
    if (SPAN_FIELDS[field]) return trace.spans.map((span) => span[SPAN_FIELDS[field]] ?? null);
    throw Object.assign(new Error(`f: there is no field '${field}'`), { code: 400 });
}

function number(field, text) {
    const match = /^([\d.]+)(ns|us|ms|s|m)?$/.exec(text);
    if (!match) throw Object.assign(new Error(`f: ${field} expected a number, got '${text}'`), { code: 400 });
    if (field === "cost") return match[1] * 1e9;
    return match[1] * ({ ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9 }[match[2]] ?? 1);
}

function holds(trace, filter) {
    const [, field, op, value] = /^([a-z_]+)(!=|>=|<=|=|>|<|~)(.*)$/s.exec(filter) ?? [];
    if (!field) throw Object.assign(new Error(`f: expected <field><op><value>, got '${filter}'`), { code: 400 });
    const wanted = value.split("|");
    return valuesOf(trace, field).some((own) => {
        if (NUMBERS.has(field) && value) {
            const limit = number(field, value);
            return own !== null && { "=": own === limit, "!=": own !== limit, ">": own > limit, ">=": own >= limit, "<": own < limit, "<=": own <= limit }[op];
        }
        if (op === "~") return String(own ?? "").toLowerCase().includes(value.toLowerCase());
        const equal = wanted.includes(own ?? "");
        return op === "!=" ? !equal : equal;
    });
}

export function filtered(traces, query) {
    const { from, to } = rangeOf(query);
    const filters = query.getAll("f");
    return traces.filter((trace) => trace.startMs >= from && trace.startMs < to && filters.every((filter) => holds(trace, filter)));
}

const STEPS = [10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 21600, 86400].map((s) => s * 1000);
const ns = (ms) => String(BigInt(Math.round(ms)) * 1000000n);

function buckets(query) {
    const { from, to } = rangeOf(query);
    const step = STEPS.find((each) => (to - from) / each <= 100) ?? STEPS.at(-1);
    const first = Math.floor(from / step) * step;
    const times = [];
    for (let at = first; at < to; at += step) times.push(at);
    return { from, to, step, first, times, slot: (ms) => Math.floor((ms - first) / step) };
}

function quantile(sorted, q) {
    return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] : null;
}

const QS = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };

function percentiles(values) {
    const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
    return Object.fromEntries(Object.entries(QS).map(([key, q]) => [key, quantile(sorted, q)]));
}

function totals(traces) {
    const rows = traces.map((trace) => trace.row);
    const sum = (key) => rows.reduce((total, row) => total + (row[key] ?? 0), 0);
    const calls = traces.flatMap((trace) => trace.spans.filter((span) => span.kind === "llm"));
    return {
        requests: rows.length, errors: rows.filter((row) => row.status === "error").length, llm_calls: sum("llm_calls"), tool_calls: sum("tool_calls"), spans: sum("spans"),
        input_tokens: sum("input_tokens"), output_tokens: sum("output_tokens"), cache_read_tokens: sum("cache_read_tokens"), reasoning_tokens: sum("reasoning_tokens"), cost: sum("cost"), unpriced_calls: sum("unpriced"),
        latency: percentiles(rows.map((row) => row.duration)), ttft: percentiles(calls.map((call) => call.ttft)), llm_latency: percentiles(calls.map((call) => call.duration)),
    };
}

function perBucket(grid, traces, value) {
    const made = grid.times.map(() => 0);
    for (const trace of traces) {
        const slot = grid.slot(trace.startMs);
        if (slot >= 0 && slot < made.length) made[slot] += value(trace);
    }
    return made;
}

function bucketPercentiles(grid, traces, values) {
    const groups = grid.times.map(() => []);
    for (const trace of traces) groups[grid.slot(trace.startMs)]?.push(...values(trace));
    const each = groups.map(percentiles);
    return Object.fromEntries(Object.keys(QS).map((key) => [key, each.map((group) => group[key])]));
}

export function overview(all, query) {
    const grid = buckets(query);
    const traces = filtered(all, query).filter((trace) => trace.spans.length < 10_000);
    const failed = (trace) => trace.spans.filter((span) => span.status === 2 && span.error_kind);
    const kinds = [...new Set(traces.flatMap((trace) => failed(trace).map((span) => span.error_kind)))];
    const sum = (key) => perBucket(grid, traces, (trace) => trace.row[key] ?? 0);
    const now = totals(traces);
    const models = MODELS.map(({ model, provider }) => {
        const own = traces.flatMap((trace) => trace.spans.filter((span) => span.model === model));
        const good = own.filter((span) => span.status !== 2);
        const add = (key) => own.reduce((total, span) => total + (span[key] > 0 ? span[key] : 0), 0);
        const latency = percentiles(good.map((span) => span.duration));
        const ttft = percentiles(good.map((span) => span.ttft));
        return {
            model, provider, calls: own.length, errors: own.length - good.length, input_tokens: add("input"), output_tokens: add("output"), cost: add("cost"), unpriced_calls: own.filter((span) => span.flags & 32).length,
            latency_p50: latency.p50, latency_p95: latency.p95, ttft_p50: ttft.p50, ttft_p95: ttft.p95,
            cost_values: perBucket(grid, traces, (trace) => trace.spans.reduce((total, span) => total + (span.model === model && span.cost > 0 ? span.cost : 0), 0)),
        };
    }).filter((each) => each.calls).sort((a, b) => b.cost - a.cost);
    const shrunk = JSON.parse(JSON.stringify(now), (key, value) => (typeof value === "number" ? Math.round(value * (key === "errors" ? 0.41 : 0.87)) : value));
    return {
        from: ns(grid.from), to: ns(grid.to), step: ns(grid.step), times: grid.times.map(ns), totals: now, previous: traces.length ? shrunk : { ...now },
        requests: perBucket(grid, traces, () => 1), errors: perBucket(grid, traces, (trace) => (trace.row.status === "error" ? 1 : 0)), llm_calls: sum("llm_calls"), cost: sum("cost"),
        errors_by_kind: kinds.map((key) => {
            const values = perBucket(grid, traces, (trace) => failed(trace).filter((span) => span.error_kind === key).length);
            return { key, total: values.reduce((a, b) => a + b, 0), values };
        }),
        latency: bucketPercentiles(grid, traces, (trace) => [trace.row.duration]),
        ttft: bucketPercentiles(grid, traces, (trace) => trace.spans.map((span) => span.ttft ?? 0)),
        tokens: { input: sum("input_tokens"), output: sum("output_tokens"), cache_read: sum("cache_read_tokens"), reasoning: sum("reasoning_tokens") },
        models,
    };
}

export function series(all, query) {
    const grid = buckets(query);
    const traces = filtered(all, query);
    const value = { requests: () => 1, errors: (trace) => (trace.row.status === "error" ? 1 : 0), cost: (trace) => trace.row.cost }[query.get("metric")] ?? (() => 1);
    return { from: ns(grid.from), to: ns(grid.to), step: ns(grid.step), times: grid.times.map(ns), series: [{ key: query.get("metric"), values: perBucket(grid, traces, value) }], other: 0 };
}

export function histogram(all, query) {
    const { times, step, from, to, series: [line] } = series(all, query);
    const grid = buckets(query);
    return { from, to, step, times, traces: line.values, errors: perBucket(grid, filtered(all, query), (trace) => (trace.row.status === "error" ? 1 : 0)) };
}

export function facets(all, query) {
    const traces = filtered(all, query);
    const limit = Number(query.get("limit") ?? 20);
    const made = {};
    for (const field of (query.get("fields") ?? "service,environment,model,provider,kind,status,error_kind,name,user,agent,tool").split(",")) {
        const counts = new Map();
        for (const trace of traces) for (const value of new Set(valuesOf(trace, field))) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
        const sorted = [...counts].sort((a, b) => b[1] - a[1]);
        made[field] = { values: sorted.slice(0, limit).map(([value, count]) => ({ value, count })), more: sorted.length > limit };
    }
    return { facets: made };
}

export function unpriced(traces) {
    const calls = traces.reduce((total, trace) => total + trace.spans.filter((span) => span.flags & 32).length, 0);
    return { models: calls ? [{ provider: "local", model: "house-llm-7b", calls, input_tokens: calls * 900, output_tokens: calls * 200, last: ns(Date.now()) }] : [] };
}

export function shape(trace) {
    const strings = [];
    const seen = new Map();
    const intern = (text) => {
        if (text === undefined || text === null) return -1;
        if (!seen.has(text)) seen.set(text, strings.push(text) - 1);
        return seen.get(text);
    };
    const order = trace.spans.map((_, at) => at).sort((a, b) => trace.spans[a].start - trace.spans[b].start || a - b);
    const place = new Map(order.map((from, to) => [from, to]));
    const spans = order.map((at) => trace.spans[at]);
    const column = (key) => spans.map((span) => span[key] ?? -1);
    const words = (key) => spans.map((span) => intern(span[key]));
    return {
        trace: trace.row, start: trace.row.start, strings,
        spans: {
            count: spans.length, id: spans.map(({ id }) => id), parent: spans.map(({ parent }) => (parent < 0 ? -1 : place.get(parent))), missing_parent: spans.map(() => 0),
            start: column("start"), duration: spans.map(({ duration }) => duration), name_s: words("name"), kind: spans.map(({ kind }) => kind), op_s: words("op"), status: spans.map(({ status }) => status),
            error_kind_s: words("error_kind"), model_s: words("model"), provider_s: words("provider"), tool_s: words("tool"), agent_s: words("agent"), service_s: spans.map(() => intern(trace.service)),
            ttft: column("ttft"), input_tokens: column("input"), output_tokens: column("output"), cache_read_tokens: column("cached"), reasoning_tokens: column("reasoning"),
            total_tokens: spans.map(({ input, output }) => (input ? input + (output ?? 0) : -1)), cost: column("cost"), flags: spans.map(({ flags }) => flags ?? 0),
        },
    };
}

export function logs(traces) {
    return {
        logs: traces.slice(0, 300).map((trace) => ({ time: trace.row.end, severity: trace.row.status === "error" ? "ERROR" : "INFO", severity_number: trace.row.status === "error" ? 17 : 9, event: "gen_ai.client.inference.operation.details", service: trace.service, trace_id: trace.id, span_id: trace.spans[0].id, body: `${trace.row.name} finished after ${trace.row.duration / 1e6} ms` })),
        next: null,
    };
}

export const METRICS = [
    { name: "gen_ai.client.operation.duration", unit: "s", type: "histogram", points: 5812, last: ns(Date.now()) },
    { name: "gen_ai.client.token.usage", unit: "{token}", type: "histogram", points: 11_804, last: ns(Date.now()) },
    { name: "process.memory.usage", unit: "By", type: "gauge", points: 1440, last: ns(Date.now()) },
];

export function metricSeries(query) {
    const grid = buckets(query);
    const scale = { "process.memory.usage": 3e8, "gen_ai.client.token.usage": 900 }[query.get("name")] ?? 1.4;
    return { from: ns(grid.from), to: ns(grid.to), step: ns(grid.step), times: grid.times.map(ns), series: ["a", "b"].map((key, line) => ({ key: query.get("by") ? `${query.get("by")}=${key}` : query.get("name"), values: grid.times.map((_, at) => scale * (1 + 0.3 * Math.sin(at / 9 + line))) })).slice(0, query.get("by") ? 2 : 1), other: 0 };
}
