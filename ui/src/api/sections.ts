/* SPDX-License-Identifier: Apache-2.0 */
/* The Overview's sections, one question each, and the settings they are held against. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { apiUrl, getJson, sendJson } from "./client";
import { queryClient, type Scope } from "./queries";
import type { Ns, Values } from "./types";

export interface Health {
    times: Ns[];
    baseline: { from: Ns | null; to: Ns | null; requests: number; errors: number; latency_p95: number | null };
    target: { latency: number | null; measured: number; over: number };
    tokens_per_second: { p10: number | null; p50: number | null; p90: number | null; values: Record<"p10" | "p50" | "p90", Values> };
    retries: { retried: number; replaced: number; recovered: number; retried_values: Values; replaced_values: Values; fallbacks: { from: string | null; to: string | null; count: number }[] };
}

interface Tasks {
    tasks: number;
    succeeded: number;
    scored: number;
    cost: number;
    cost_per_success: number | null;
}

export const SPENDERS = ["user", "tenant", "feature", "prompt", "model"] as const;
export type SpenderKind = (typeof SPENDERS)[number];
interface Spender {
    value: string | null;
    cost: number;
    previous: number;
    count: number;
}

export interface Budget {
    limit: number | null;
    month_from: Ns;
    month_to: Ns;
    spent: number;
    projected: number | null;
    cost_a_day: number | null;
    basis_from: Ns | null;
    runs_out: Ns | null;
}

export interface Spend {
    times: Ns[];
    step: Ns;
    budget: Budget;
    days: { times: Ns[]; cost: Values; requests: Values };
    tasks: Tasks & { previous: Tasks; cost_values: Values; succeeded_values: Values };
    spenders: Record<SpenderKind, Spender[]>;
}

export interface OutcomeCounts {
    guarded: number;
    blocked: number;
    calls: number;
    filtered: number;
    structured: number;
    unformed: number;
    form_failures: number;
}

export interface QualityScore {
    name: string;
    type: "numeric" | "boolean";
    source: "api" | "eval" | "annotation" | "feedback";
    count: number;
    mean: number | null;
    baseline_count: number;
    baseline_mean: number | null;
    means: Values;
}

export interface Quality {
    times: Ns[];
    now: OutcomeCounts;
    baseline: OutcomeCounts;
    values: Record<keyof OutcomeCounts, number[]>;
    lengths: {
        classes: { from: number; to: number; answers: number; baseline: number }[];
        answers: number;
        baseline_answers: number;
        p50: number | null;
        p95: number | null;
        baseline_p50: number | null;
        baseline_p95: number | null;
        drift: number | null;
    };
    scores: QualityScore[];
}

function useSection<T>(name: string, scope: Scope, enabled: boolean, more: { sort?: string } = {}) {
    const query = { project: scope.project, from: scope.range.from, to: scope.range.to, f: scope.filters, ...more };
    return useQuery({
        queryKey: ["overview", name, query],
        queryFn: ({ signal }) => getJson<T>(`/api/v1/overview/${name}`, query, signal),
        refetchInterval: scope.live && Math.max(scope.live, 15_000),
        placeholderData: keepPreviousData,
        enabled,
    });
}

export const useHealth = (scope: Scope, enabled: boolean) => useSection<Health>("health", scope, enabled);
export const useSpend = (scope: Scope, enabled: boolean, sort?: string) => useSection<Spend>("spend", scope, enabled, { sort });
export const useQuality = (scope: Scope, enabled: boolean) => useSection<Quality>("quality", scope, enabled);

export interface Settings {
    latency_target: number | null;
    monthly_budget: number | null;
    success_score: { name: string; least: number } | null;
    updated: Ns | null;
}

export function useSettings(project: string) {
    return useQuery({
        queryKey: ["settings", project],
        queryFn: ({ signal }) => getJson<Settings>("/api/v1/settings", { project }, signal),
    });
}

/** What the Overview is held against changes with them, so its sections are asked again. */
export async function saveSettings(project: string, settings: Omit<Settings, "updated">): Promise<void> {
    const kept = await sendJson<Settings>("PUT", apiUrl("/api/v1/settings", { project }), settings);
    queryClient.setQueryData(["settings", project], kept);
    await queryClient.invalidateQueries({ queryKey: ["overview"] });
}
