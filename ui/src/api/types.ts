/* SPDX-License-Identifier: Apache-2.0 */
import type { Score } from "./scores";

/*
 * The shapes of docs/api.md, member for member. Absolute times are decimal strings of nanoseconds,
 * durations are numbers of nanoseconds, money is a number of nano-dollars.
 */
export type Ns = string;

export interface Project {
    id: number;
    name: string;
    title: string;
    demo: boolean;
    public_key: string;
    first_span: Ns | null;
    last_span: Ns | null;
}

export interface TraceRow {
    trace_id: string;
    name: string;
    root_span_id: string | null;
    start: Ns;
    end: Ns;
    duration: number;
    status: "ok" | "error";
    state: "running" | "quiet" | "closed";
    complete: boolean;
    spans: number;
    errors: number;
    error_kind: string | null;
    llm_calls: number;
    tool_calls: number;
    ttft: number | null;
    input_tokens: number | null;
    output_tokens: number | null;
    cache_read_tokens: number | null;
    cache_write_tokens: number | null;
    reasoning_tokens: number | null;
    total_tokens: number | null;
    cost: number | null;
    unpriced: number;
    model: string | null;
    models: number;
    provider: string | null;
    service: string | null;
    environment: string | null;
    user: string | null;
    session: string | null;
    tenant: string | null;
    release: string | null;
    input: string | null;
    output: string | null;
}

/** A span whose texts hold what was searched for. Highlights are bytes of the snippet's UTF-8. */
export interface SearchHit {
    trace_id: string;
    span_id: string;
    start: string;
    duration: number;
    name: string | null;
    kind: string;
    model: string | null;
    service: string | null;
    error: boolean;
    field: string;
    snippet: string;
    highlights: [number, number][];
}

export interface SearchPage {
    hits: SearchHit[];
    next: string | null;
    complete: boolean;
    statistics: { elapsed_ms: number };
}

export interface TracePage {
    traces: TraceRow[];
    next: string | null;
    total?: number;
}

/** One trace's shape: parallel arrays, one entry a span; `*_s` index into `strings`. */
export interface TraceShape {
    trace: TraceRow;
    start: Ns;
    truncated: boolean;
    strings: string[];
    scores?: Score[];
    spans: {
        count: number;
        id: string[];
        parent: number[];
        missing_parent: number[];
        start: number[];
        duration: number[];
        name_s: number[];
        kind: string[];
        op_s: number[];
        status: number[];
        error_kind_s: number[];
        model_s: number[];
        provider_s: number[];
        tool_s: number[];
        agent_s: number[];
        service_s: number[];
        ttft: number[];
        input_tokens: number[];
        output_tokens: number[];
        cache_read_tokens: number[];
        reasoning_tokens: number[];
        total_tokens: number[];
        cost: number[];
        flags: number[];
    };
}

export const FLAG = { billed: 1, summary: 2, implausible: 4, parentUnseen: 8, dropped: 16, unpriced: 32 } as const;

export type Text = string | { head: string; bytes: number; href: string };

export interface Part {
    type: "text" | "reasoning" | "tool_call" | "tool_result" | "media" | "data";
    text?: Text | null;
    id?: string | null;
    name?: string | null;
    mime?: string | null;
    uri?: string | null;
}

export interface Message {
    role: string;
    name?: string | null;
    finish?: string | null;
    parts: Part[];
}

export interface Attribute {
    key: string;
    type: string;
    value: Text | number | boolean | null;
}

export interface Field {
    name: string;
    value: string | number | boolean | null;
    vocabulary: string | null;
    rule: string | null;
    help?: string | null;
}

export interface Usage {
    input?: number | null;
    output?: number | null;
    cache_read?: number | null;
    cache_write?: number | null;
    reasoning?: number | null;
    audio_in?: number | null;
    audio_out?: number | null;
    total?: number | null;
    basis?: string | null;
    rule?: string | null;
}

export interface Cost {
    source: "computed" | "given" | "unpriced" | "none";
    total: number | null;
    entry?: string | null;
    tier?: string | null;
    reason?: string | null;
    lines?: { component: string; tokens: number; price_per_million: number; cost: number }[];
}

export interface Document {
    id?: string | null;
    score?: number | null;
    distance?: number | null;
    content?: Text | null;
    metadata?: string | null;
}

export interface SpanDetail {
    span_id: string;
    trace_id: string;
    parent_span_id: string | null;
    name: string;
    kind: string;
    op: string | null;
    vocabulary: string | null;
    start: Ns;
    end: Ns;
    duration: number;
    arrival: Ns | null;
    status: "ok" | "error" | "unset" | string;
    status_message: string | null;
    level: string | null;
    error: { kind: string | null; type: string | null; message: string | null; stacktrace: string | null } | null;
    fields: Field[];
    usage: Usage | null;
    cost: Cost | null;
    timing: { ttft: number | null; completion_start: Ns | null; tokens_per_second: number | null } | null;
    parameters: { name: string; value: unknown }[];
    messages: { input: Message[]; output: Message[] };
    system: Part[];
    tools: { name: string; description?: string | null; parameters?: Text | null }[];
    documents: Document[];
    input: Text | null;
    output: Text | null;
    attributes: Attribute[];
    resource: Attribute[];
    scope: { name: string | null; version: string | null; attributes: Attribute[] } | null;
    events: { time: Ns; name: string; attributes: Attribute[] }[];
    links: { trace_id: string; span_id: string; attributes: Attribute[] }[];
    logs: { time: Ns; severity: string; event: string | null; body: Text | null }[];
    dropped: { attributes: number; events: number; links: number } | null;
}

export interface Percentiles {
    p50: number | null;
    p90: number | null;
    p95: number | null;
    p99: number | null;
}

export interface Totals {
    requests: number;
    errors: number;
    llm_calls: number;
    tool_calls: number;
    spans: number;
    input_tokens: number;
    output_tokens: number;
    cache_read_tokens: number;
    reasoning_tokens: number;
    cost: number;
    unpriced_calls: number;
    latency: Percentiles;
    ttft: Percentiles;
    llm_latency: Percentiles;
}

export type Values = (number | null)[];

export interface ModelRow {
    model: string | null;
    provider: string | null;
    calls: number;
    errors: number;
    input_tokens: number;
    output_tokens: number;
    cost: number;
    unpriced_calls: number;
    latency_p50: number | null;
    latency_p95: number | null;
    ttft_p50: number | null;
    ttft_p95: number | null;
    cost_values: Values;
}

export interface Overview {
    from: Ns;
    to: Ns;
    step: Ns;
    times: Ns[];
    totals: Totals;
    previous: Totals | null;
    requests: Values;
    errors: Values;
    llm_calls: Values;
    cost: Values;
    errors_by_kind: { key: string; total: number; values: Values }[];
    latency: Record<keyof Percentiles, Values>;
    ttft: Record<keyof Percentiles, Values>;
    tokens: { input: Values; output: Values; cache_read: Values; reasoning: Values };
    models: ModelRow[];
}

export interface Series {
    from: Ns;
    to: Ns;
    step: Ns;
    times: Ns[];
    series: { key: string; q?: string; values: Values }[];
    other?: number;
}

export interface Histogram {
    from: Ns;
    to: Ns;
    step: Ns;
    times: Ns[];
    traces: number[];
    errors: number[];
}

export interface Facets {
    facets: Record<string, { values: { value: string | null; count: number }[]; more: boolean }>;
}

export interface LogRow {
    time: Ns;
    severity: string | null;
    severity_number: number | null;
    event: string | null;
    service: string | null;
    trace_id: string | null;
    span_id: string | null;
    body: string | null;
}

export interface LogPage {
    logs: LogRow[];
    next: string | null;
}

export interface MetricRow {
    name: string;
    unit: string | null;
    type: string;
    points: number;
    last: Ns;
}

export interface MetricHost {
    host: string;
    points: number;
    last: Ns;
}

export interface Unpriced {
    models: {
        provider: string | null;
        model: string | null;
        calls: number;
        input_tokens: number;
        output_tokens: number;
        last: Ns;
    }[];
}

export interface Status {
    version: string;
    uptime: number;
    accepting: boolean;
    reason: string | null;
    grpc: string | null;
    auth_required: boolean;
    index: { open: boolean; caught_up: boolean; lag_ns: number };
    journal: { bytes: number; segments: number; raw_bytes: number };
    disk: { free: number };
}
