/* SPDX-License-Identifier: Apache-2.0 */
/* Model invocations: the shapes of /models, /models/sizes and /invocations, and one hook a question. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Range } from "../url/range";
import { getJson } from "./client";
import type { Scope } from "./queries";
import type { Ns, Percentiles, Values } from "./types";

export interface ModelUsage {
    model: string | null;
    provider: string | null;
    calls: number;
    errors: number;
    throttles: number;
    input_tokens: number;
    output_tokens: number;
    cache_read_tokens: number;
    cache_write_tokens: number;
    reasoning_tokens: number;
    total_tokens: number;
    cost: number;
    unpriced_calls: number;
    tokens_per_second: number | null;
    latency: Percentiles;
    ttft: Percentiles;
    errors_by_kind: Record<string, number>;
    values?: Record<"calls" | "errors" | "throttles" | "cost" | "input_tokens" | "output_tokens" | "latency_p50" | "latency_p95" | "ttft_p95", Values>;
}

export interface Models {
    from: Ns;
    to: Ns;
    step: Ns;
    times: Ns[];
    models: ModelUsage[];
    more: boolean;
}

export interface ModelSizes {
    classes: { from: number; to: number }[];
    models: { model: string | null; provider: string | null; calls: number[]; p50: Values; p95: Values }[];
}

export interface Invocation {
    trace_id: string;
    span_id: string;
    parent_span_id: string | null;
    start: Ns;
    duration: number;
    kind: string;
    status: "ok" | "error";
    error_kind: string | null;
    error_type: string | null;
    ttft: number | null;
    input_tokens: number | null;
    output_tokens: number | null;
    cache_read_tokens: number | null;
    reasoning_tokens: number | null;
    cost: number | null;
    unpriced: boolean;
    name: string | null;
    model: string | null;
    model_version: string | null;
    provider: string | null;
    service: string | null;
    agent: string | null;
    tool: string | null;
    prompt: string | null;
    prompt_version: string | null;
    user: string | null;
    session: string | null;
    finish: string | null;
    input: string | null;
    output: string | null;
}

interface InvocationPage {
    invocations: Invocation[];
    next: string | null;
    total?: number;
}

const common = ({ project, range, filters }: Scope) => ({ project, from: range.from, to: range.to, f: filters });

/** How many models the charts tell apart; a colour each. */
export const MODEL_LINES = 8;

export function useModels(scope: Scope) {
    const query = { ...common(scope), lines: MODEL_LINES };
    return useQuery({
        queryKey: ["models", query],
        queryFn: ({ signal }) => getJson<Models>("/api/v1/models", query, signal),
        refetchInterval: scope.live,
        placeholderData: keepPreviousData,
    });
}

/** The same question about another time, asked only when somebody compares. */
export function useModelsOf(scope: Scope, range: Range | null) {
    const query = { ...common(scope), from: range?.from ?? "", to: range?.to ?? "", lines: MODEL_LINES };
    return useQuery({
        queryKey: ["models", query],
        queryFn: ({ signal }) => getJson<Models>("/api/v1/models", query, signal),
        enabled: !!range,
        placeholderData: keepPreviousData,
    });
}

export function useModelSizes(scope: Scope, by: string) {
    const query = { ...common(scope), by };
    return useQuery({
        queryKey: ["model-sizes", query],
        queryFn: ({ signal }) => getJson<ModelSizes>("/api/v1/models/sizes", query, signal),
        refetchInterval: scope.live,
        placeholderData: keepPreviousData,
    });
}

export interface ModelScore {
    model: string | null;
    provider: string | null;
    name: string | null;
    count: number;
    mean: number | null;
}

/** Asked only when somebody compares. */
export function useModelQuality(scope: Scope, range: Range | null) {
    const query = { ...common(scope), from: range?.from ?? "", to: range?.to ?? "" };
    return useQuery({
        queryKey: ["model-quality", query],
        queryFn: ({ signal }) => getJson<{ scores: ModelScore[] }>("/api/v1/models/quality", query, signal),
        enabled: !!range,
        placeholderData: keepPreviousData,
    });
}

export function useInvocations(scope: Scope, sort: string) {
    const query = { ...common(scope), sort };
    return useInfiniteQuery({
        queryKey: ["invocations", query],
        queryFn: ({ pageParam, signal }) =>
            getJson<InvocationPage>("/api/v1/invocations", { ...query, limit: 25, cursor: pageParam, count: pageParam ? undefined : 1 }, signal),
        initialPageParam: "",
        getNextPageParam: (last) => last.next ?? undefined,
        refetchInterval: (each) => ((each.state.data?.pages.length ?? 0) > 1 ? false : scope.live),
        placeholderData: keepPreviousData,
    });
}
