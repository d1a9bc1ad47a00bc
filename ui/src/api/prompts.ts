/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts: their versions, words and labels, and what calls made of each version. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { apiUrl, getJson, sendJson } from "./client";
import { queryClient, type Scope } from "./queries";
import type { Ns } from "./types";

export type PromptType = "text" | "chat";

export interface PromptEntry {
    name: string;
    type: PromptType;
    latest: number;
    versions: number[];
    labels: Record<string, number>;
    tags: string[];
    updated: Ns;
}

export interface PromptVersion {
    id: string;
    version: number;
    labels: string[];
    message: string | null;
    created_by: string;
    created: Ns;
    updated: Ns;
}

interface PromptVersions {
    name: string;
    type: PromptType;
    tags: string[];
    versions: PromptVersion[];
    more: boolean;
    used_by: { name: string; version: number; by_label: string | null; by_version: number | null }[];
}

/** A message, or with type "placeholder" a place for others. Other members are kept as they are. */
export interface PromptMessage {
    type?: string;
    role?: string;
    content?: string;
    name?: string;
}

export type PromptContent = string | PromptMessage[];

export interface PromptWords extends PromptVersion {
    name: string;
    type: PromptType;
    tags: string[];
    config: unknown;
    prompt: PromptContent;
    resolved: PromptContent | null;
    problem: string | null;
    references: { name: string; label: string | null; version: number | null }[];
}

export interface PromptUsage {
    prompt: string;
    version: string | null;
    calls: number;
    errors: number;
    unpriced_calls: number;
    input_tokens: number;
    output_tokens: number;
    total_tokens: number;
    cost: number;
    latency_p50: number | null;
    latency_p95: number | null;
    ttft_p50: number | null;
    first: Ns;
    last: Ns;
    scores: { name: string | null; count: number; mean: number | null }[];
}

const path = (name: string) => `/api/v1/prompts/${encodeURIComponent(name)}`;

export function usePrompts(project: string) {
    return useQuery({
        queryKey: ["prompts", project],
        queryFn: ({ signal }) => getJson<{ prompts: PromptEntry[]; total: number }>("/api/v1/prompts", { project }, signal),
    });
}

export function usePromptVersions(project: string, name: string, enabled: boolean) {
    return useQuery({
        enabled,
        queryKey: ["prompts", project, name],
        queryFn: ({ signal }) => getJson<PromptVersions>(path(name), { project, limit: 500 }, signal),
    });
}

/** The words of a version never change, its labels do. */
export function usePromptWords(project: string, name: string, version: number | null) {
    return useQuery({
        queryKey: ["prompts", project, name, version],
        queryFn: ({ signal }) => getJson<PromptWords>(`${path(name)}/versions/${version}`, { project }, signal),
        enabled: version !== null,
        placeholderData: keepPreviousData,
    });
}

/** Of one prompt, or of all that calls name. */
export function usePromptUsage(scope: Scope, prompt?: string) {
    const query = { project: scope.project, from: scope.range.from, to: scope.range.to, f: scope.filters, prompt };
    return useQuery({
        queryKey: ["prompt-usage", query],
        queryFn: ({ signal }) => getJson<{ versions: PromptUsage[]; more: boolean }>("/api/v1/prompt_usage", query, signal),
        refetchInterval: scope.live,
        placeholderData: keepPreviousData,
    });
}

interface PromptDraft {
    name: string;
    type: PromptType;
    prompt: PromptContent;
    config: unknown;
    labels: string[];
    tags?: string[];
    commitMessage?: string;
}

const langfuse = (project: string, rest = "", query = {}) => apiUrl(`/api/public/v2/prompts${rest}`, { project, ...query });

/** After any change everything about prompts is asked for again. */
async function changed<T>(project: string, made: Promise<T>): Promise<T> {
    const result = await made;
    await queryClient.invalidateQueries({ queryKey: ["prompts", project] });
    return result;
}

/** Labels that stay with their version unless a request says otherwise: whoever moves one here was asked. */
export function useProtectedLabels(project: string): string[] {
    const { data } = useQuery({ queryKey: ["prompts", project, "protected"], queryFn: ({ signal }) => getJson<{ protected: string[] }>("/api/v1/prompt_labels", { project }, signal) });
    return data?.protected ?? [];
}

export function protectLabels(project: string, labels: string[]): Promise<unknown> {
    return changed(project, sendJson("PUT", apiUrl("/api/v1/prompt_labels", { project }), { protected: labels }));
}

const asked = { protected: "move" };

export function createVersion(project: string, draft: PromptDraft, moves: boolean): Promise<{ version: number }> {
    return changed(project, sendJson<{ version: number }>("POST", langfuse(project, "", moves ? asked : {}), draft));
}

export function giveLabel(project: string, name: string, version: number, label: string): Promise<unknown> {
    return changed(project, sendJson("PATCH", langfuse(project, `/${encodeURIComponent(name)}/versions/${version}`, asked), { newLabels: [label] }));
}

export function takeLabel(project: string, name: string, label: string): Promise<unknown> {
    return changed(project, sendJson("DELETE", apiUrl(`${path(name)}/labels/${encodeURIComponent(label)}`, { project, ...asked }), undefined));
}

export function deleteVersion(project: string, name: string, version: number): Promise<unknown> {
    return changed(project, sendJson("DELETE", langfuse(project, `/${encodeURIComponent(name)}`, { version, ...asked }), undefined));
}
