/* SPDX-License-Identifier: Apache-2.0 */
/* What can be explained: its name, the curve it is seen on, and how its traces are listed. */
import type { ExplainedValue, Explanation } from "../../api/explain";
import { count, duration, money } from "../../format/number";

export interface Measure {
    id: string;
    label: string;
    /** "54 failed calls" */
    noun: string;
    metric: string;
    callsOnly?: boolean;
    format: (value: number | null) => string;
    sort?: string;
    /** Filters of a list that holds what was counted. */
    filters?: (explanation: Explanation) => string[];
}

const slow = (field: string) => ({ threshold }: Explanation) => (threshold === null ? [] : [`${field}>${Math.floor(threshold / 1e6)}ms`]);

export const MEASURES: Measure[] = [
    { id: "failures", label: "Failed calls", noun: "failed calls", metric: "failures", format: count },
    { id: "errors", label: "Failed requests", noun: "failed requests", metric: "errors", format: count, filters: () => ["status=error"] },
    { id: "latency", label: "Slow requests", noun: "slow requests", metric: "latency", format: duration, sort: "duration", filters: slow("duration") },
    { id: "llm_latency", label: "Slow model calls", noun: "slow model calls", metric: "latency", callsOnly: true, format: duration, sort: "duration" },
    { id: "ttft", label: "Late first tokens", noun: "late first tokens", metric: "ttft", format: duration, sort: "ttft", filters: slow("ttft") },
    { id: "cost", label: "Cost", noun: "spent", metric: "cost", format: money, sort: "cost" },
    { id: "tokens", label: "Tokens", noun: "tokens", metric: "tokens", format: count, sort: "tokens" },
    { id: "input_tokens", label: "Input tokens", noun: "input tokens", metric: "input_tokens", format: count, sort: "tokens" },
    { id: "output_tokens", label: "Output tokens", noun: "output tokens", metric: "output_tokens", format: count, sort: "tokens" },
    { id: "cache_read_tokens", label: "Cached tokens", noun: "cached tokens", metric: "cache_read_tokens", format: count, sort: "tokens" },
    { id: "reasoning_tokens", label: "Reasoning tokens", noun: "reasoning tokens", metric: "reasoning_tokens", format: count, sort: "tokens" },
    { id: "requests", label: "Requests", noun: "requests", metric: "requests", format: count },
    { id: "llm_calls", label: "Model calls", noun: "model calls", metric: "llm_calls", format: count },
    { id: "spans", label: "Spans", noun: "spans", metric: "spans", format: count },
];

export function measureOf(id: string | undefined): Measure {
    return MEASURES.find((each) => each.id === id) ?? MEASURES[0];
}

/** Amounts are counts, money or tokens; slow ones are counted too. */
export function amountText({ unit }: Explanation, amount: number): string {
    return unit === "usd" ? money(amount) : count(amount);
}

export interface Finding {
    head: ExplainedValue;
    /** Other values that stand for the same spans. */
    also: ExplainedValue[];
}

export function findings(values: readonly ExplainedValue[]): Finding[] {
    const heads = new Map<number, Finding>();
    values.forEach((value, at) => {
        if (value.same_as === null) heads.set(at, { head: value, also: [] });
        else heads.get(value.same_as)?.also.push(value);
    });
    return [...heads.values()];
}
