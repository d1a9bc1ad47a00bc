/* SPDX-License-Identifier: Apache-2.0 */
/* What a change is made of, and the curve it is seen on. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Range } from "../url/range";
import { getJson } from "./client";
import type { Scope } from "./queries";
import type { Ns, Series } from "./types";

export interface Example {
    trace_id: string;
    span_id: string | null;
}

export interface ExplainedValue {
    dimension: string;
    value: string | null;
    second_dimension?: string;
    second_value?: string | null;
    filters: string[];
    amount: number;
    baseline_amount: number;
    spans: number;
    baseline_spans: number;
    of?: number;
    baseline_of?: number;
    share: number | null;
    baseline_share: number | null;
    change: number;
    change_share: number | null;
    strength: number;
    chance: number;
    first: Ns;
    first_example: Example;
    biggest_example: Example;
    same_as: number | null;
}

interface ExplainSide {
    from: Ns;
    to: Ns;
    seconds: number;
    amount: number;
    spans: number;
    of?: number;
}

export interface Explanation {
    measure: string;
    unit: "count" | "usd" | "tokens" | "slow";
    now: ExplainSide;
    baseline: ExplainSide;
    scale: number;
    change: number;
    falls: boolean;
    threshold: number | null;
    sample: number;
    compared: number;
    values: ExplainedValue[];
}

/** A baseline by name, or any range. */
export type Baseline = "previous" | "day" | "week" | Range;

export function useExplanation(scope: Scope, measure: string, at: Range | null, baseline: Baseline) {
    const named = typeof baseline === "string";
    const query = {
        project: scope.project, f: scope.filters, measure, from: at?.from, to: at?.to,
        ...(named ? { baseline } : { baseline_from: baseline.from, baseline_to: baseline.to }),
    };
    return useQuery({
        queryKey: ["explain", query],
        queryFn: ({ signal }) => getJson<Explanation>("/api/v1/explain", query, signal),
        enabled: !!at,
        staleTime: 60_000,
        placeholderData: keepPreviousData,
    });
}

/** One number over time; of latencies the 95th percentile. */
export function useCurve(scope: Scope, metric: string, callsOnly: boolean) {
    const query = { project: scope.project, from: scope.range.from, to: scope.range.to, f: scope.filters, metric, q: "0.95", scope: callsOnly ? "llm" : undefined };
    return useQuery({
        queryKey: ["curve", query],
        queryFn: ({ signal }) => getJson<Series>("/api/v1/series", query, signal),
        staleTime: 30_000,
        placeholderData: keepPreviousData,
    });
}
