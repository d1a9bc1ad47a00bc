/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters as text, `<field><op><value>`, exactly as the API takes them: what stands in the URL, in
 * a chip and in the request is one and the same string.
 */
const OPS = ["!=", ">=", "<=", "=", ">", "<", "~"] as const;
type Op = (typeof OPS)[number];

export interface Filter {
    field: string;
    op: Op;
    value: string;
}

interface FieldInfo {
    name: string;
    label: string;
    type: "text" | "id" | "number" | "duration" | "money" | "tokens";
    hint?: string;
}

const text = (name: string, label: string, hint?: string): FieldInfo => ({ name, label, type: "text", hint });

export const FIELDS: FieldInfo[] = [
    text("status", "Status", "ok or error"),
    text("error_kind", "Error kind", "throttle, timeout, content_filter, …"),
    text("error_type", "Error type"),
    text("model", "Model"),
    text("model_version", "Model version", "the exact name, as it answered"),
    text("provider", "Provider"),
    text("name", "Span name"),
    text("trace_name", "Trace name"),
    text("kind", "Span kind", "llm, tool, agent, retriever, …"),
    text("op", "Operation"),
    text("service", "Service"),
    text("environment", "Environment"),
    text("user", "User"),
    text("session", "Session"),
    text("tenant", "Tenant"),
    text("agent", "Agent"),
    text("graph_node", "Graph node"),
    text("tool", "Tool"),
    text("prompt", "Prompt"),
    text("prompt_version", "Prompt version"),
    text("release", "Release"),
    text("version", "Version"),
    text("level", "Level"),
    text("tag", "Tag"),
    text("finish", "Finish reason"),
    text("outcome", "Outcome", "blocked, filtered, retried, replaced, invalid, …"),
    text("vocabulary", "Vocabulary"),
    { name: "trace_id", label: "Trace id", type: "id", hint: "32 hexadecimal digits" },
    { name: "duration", label: "Latency", type: "duration", hint: "2s, 350ms" },
    { name: "ttft", label: "Time to first token", type: "duration", hint: "800ms" },
    { name: "cost", label: "Cost", type: "money", hint: "dollars, 0.05" },
    { name: "input_tokens", label: "Input tokens", type: "tokens" },
    { name: "output_tokens", label: "Output tokens", type: "tokens" },
    { name: "total_tokens", label: "Total tokens", type: "tokens" },
    { name: "spans", label: "Spans", type: "number" },
];

/** What the Overview's rollups know of both requests and model calls. */
export const OVERVIEW_FIELDS = ["service", "environment"];
/** What the span of an agent's run usually says of itself. */
export const AGENT_FIELDS = ["agent", "service", "environment", "user", "session", "tenant", "release", "status", "duration"];
/** What the rollups know of model calls. */
export const MODEL_FIELDS = ["model", "provider", "service", "environment", "op", "prompt"];
/** What rollups know, and so every curve of them. */
export const CURVE_FIELDS = [...MODEL_FIELDS, "kind", "error_kind"];
export const LOG_FIELDS = ["service", "severity", "event", "trace_id"];

const byName = new Map(FIELDS.map((field) => [field.name, field]));

export function fieldInfo(name: string): FieldInfo | undefined {
    return byName.get(name);
}

export function parseFilter(source: string): Filter | null {
    const match = /^([a-z_]+)(!=|>=|<=|=|>|<|~)([\s\S]*)$/.exec(source.trim());
    return match ? { field: match[1], op: match[2] as Op, value: match[3] } : null;
}

/** What a person reads in a chip. */
export function describeFilter(source: string): { field: string; op: string; value: string } {
    const filter = parseFilter(source);
    if (!filter) return { field: source, op: "", value: "" };
    const label = fieldInfo(filter.field)?.label ?? filter.field;
    if (filter.value === "") return { field: label, op: filter.op === "!=" ? "is present" : "is absent", value: "" };
    const words: Record<string, string> = { "=": "is", "!=": "is not", "~": "contains" };
    return { field: label, op: words[filter.op] ?? filter.op, value: splitValues(filter.value).join(" or ") };
}

/** Why a typed filter cannot be used, or null when it can. */
export function filterProblem(source: string, fields?: readonly string[]): string | null {
    const filter = parseFilter(source);
    if (!filter) return "Write a field, an operator and a value, such as model=gpt-4o or duration>2s";
    if (fields ? !fields.includes(filter.field) : !fieldInfo(filter.field)) return fields ? `Here only by ${fields.join(", ")}` : `There is no field “${filter.field}”`;
    return null;
}

/** Those filters a screen can use; the rest is marked in their chips. */
export function usable(filters: readonly string[], fields: readonly string[]): string[] {
    return filters.filter((filter) => filterProblem(filter, fields) === null);
}

/** A bar separates values; one within a value is written with a backslash. */
export function escapeValue(value: string): string {
    return value.replace(/\\(?=[|\\]|$)|\|/g, "\\$&");
}

export function splitValues(text: string): string[] {
    return (text.match(/(?:\\[|\\]|[^|])+/g) ?? [""]).map((each) => each.replace(/\\([|\\])/g, "$1"));
}

/** The filter that holds for exactly this value. */
export function is(field: string, value: string): string {
    return `${field}=${escapeValue(value)}`;
}

/** Values a field is filtered to by `=` filters; used to tick facet boxes. */
export function chosenValues(filters: readonly string[], field: string): string[] {
    for (const source of filters) {
        const filter = parseFilter(source);
        if (filter && filter.field === field && filter.op === "=") return splitValues(filter.value);
    }
    return [];
}

/** Adds or removes one value of a field's `=` filter, keeping all other filters and their order. */
export function toggleValue(filters: readonly string[], field: string, value: string): string[] {
    const chosen = chosenValues(filters, field);
    const next = chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value];
    const isOwn = (source: string) => {
        const filter = parseFilter(source);
        return filter?.field === field && filter.op === "=";
    };
    const at = filters.findIndex(isOwn);
    const kept = filters.filter((source) => !isOwn(source));
    if (next.length) kept.splice(at < 0 ? kept.length : at, 0, `${field}=${next.map(escapeValue).join("|")}`);
    return kept;
}

/** The list with one more filter, once. */
export function withFilter(filters: readonly string[], source: string): string[] {
    return filters.includes(source) ? [...filters] : [...filters, source];
}
