/* SPDX-License-Identifier: Apache-2.0 */
/* Datasets, their items and runs as docs/api.md describes them, and the questions about them. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { apiUrl, getJson, sendJson } from "./client";
import { queryClient } from "./queries";
import type { Ns, Text } from "./types";

export interface Dataset {
    id: string;
    name: string;
    description: string | null;
    metadata: unknown;
    input_schema: unknown;
    expected_output_schema: unknown;
    items: number;
    archived: number;
    runs: number;
    created: Ns;
    updated: Ns;
}

export interface DatasetItem {
    id: string;
    status: "active" | "archived";
    input: unknown;
    expected_output: unknown;
    metadata: unknown;
    source_trace_id: string | null;
    source_span_id: string | null;
    created: Ns;
    updated: Ns;
}

export interface Mean {
    name: string;
    kind: "score" | "latency" | "cost";
    mean: number | null;
    count: number;
}

export interface Run {
    id: string;
    name: string;
    description: string | null;
    metadata: unknown;
    created: Ns;
    updated: Ns;
    items: number;
    found: number;
    errors: number;
    measures: Mean[];
}

export interface RunScore {
    run: string;
    name: string;
    value: number | null;
    text: string | null;
    comment: string | null;
}

export interface Difference {
    run: string;
    pairs: number;
    mean: number | null;
    low: number | null;
    high: number | null;
    p: number | null;
    p_adjusted: number | null;
    significant: boolean;
    better: number;
    worse: number;
    same: number;
}

export interface Measure {
    name: string;
    kind: Mean["kind"];
    lower_is_better: boolean;
    runs: Difference[];
}

export interface Result {
    trace_id: string;
    span_id: string | null;
    times: number;
    found: boolean;
    error: boolean;
    values: (number | null)[];
    output: Text | null;
}

export interface ComparedItem {
    id: string;
    change: "none" | "same" | "improved" | "regressed";
    input: unknown;
    expected_output: unknown;
    runs: (Result | null)[];
}

export interface Comparison {
    runs: Run[];
    run_scores: RunScore[];
    scores_left_out: boolean;
    differences: Measure[];
    changes: Record<ComparedItem["change"], number>;
    total: number;
    items: ComparedItem[];
}

const path = (id: string, rest = "") => `/api/v1/datasets/${encodeURIComponent(id)}${rest}`;

export function useDatasets(project: string) {
    return useQuery({
        queryKey: ["datasets", project],
        queryFn: ({ signal }) => getJson<{ total: number; datasets: Dataset[] }>("/api/v1/datasets", { project, limit: 500 }, signal),
    });
}

export function useDataset(project: string, id: string) {
    return useQuery({ queryKey: ["datasets", project, id], queryFn: ({ signal }) => getJson<Dataset>(path(id), { project }, signal) });
}

export const ITEMS_A_PAGE = 50;

export function useItems(project: string, id: string, skip: number, archived: boolean) {
    return useQuery({
        queryKey: ["datasets", project, id, "items", skip, archived],
        queryFn: ({ signal }) => getJson<{ total: number; items: DatasetItem[] }>(path(id, "/items"), { project, limit: ITEMS_A_PAGE, skip, archived: archived ? 1 : undefined }, signal),
        placeholderData: keepPreviousData,
    });
}

export const RUNS_A_PAGE = 20;

export function useRuns(project: string, id: string, skip: number) {
    return useQuery({
        queryKey: ["datasets", project, id, "runs", skip],
        queryFn: ({ signal }) => getJson<{ total: number; runs: Run[]; run_scores: RunScore[] }>(path(id, "/runs"), { project, limit: RUNS_A_PAGE, skip }, signal),
        placeholderData: keepPreviousData,
    });
}

export const COMPARED_A_PAGE = 25;

export function useComparison(project: string, id: string, runs: string[], lower: string[], skip: number) {
    return useQuery({
        queryKey: ["datasets", project, id, "compare", runs, lower, skip],
        queryFn: ({ signal }) => getJson<Comparison>(path(id, "/compare"), { project, run: runs, lower, limit: COMPARED_A_PAGE, skip }, signal),
        enabled: runs.length > 0,
        placeholderData: keepPreviousData,
    });
}

/** After any change everything about the project's datasets is asked for again. */
async function changed<T>(project: string, made: Promise<T>): Promise<T> {
    const result = await made;
    await queryClient.invalidateQueries({ queryKey: ["datasets", project] });
    return result;
}

export function createDataset(project: string, dataset: { name: string; description?: string }): Promise<Dataset> {
    return changed(project, sendJson<Dataset>("POST", apiUrl("/api/v1/datasets", { project }), dataset));
}

/** Only the list changes: what was asked of the dataset itself is not there any more. */
export async function deleteDataset(project: string, id: string): Promise<void> {
    await sendJson("DELETE", apiUrl(path(id), { project }), undefined);
    await queryClient.invalidateQueries({ queryKey: ["datasets", project], exact: true });
}

export interface ItemChange {
    id?: string;
    status?: DatasetItem["status"];
    input?: unknown;
    expected_output?: unknown;
    metadata?: unknown;
    source_trace_id?: string | null;
    source_span_id?: string | null;
}

export function writeItems(project: string, id: string, items: ItemChange[]): Promise<{ ids: string[] }> {
    return changed(project, sendJson<{ ids: string[] }>("POST", apiUrl(path(id, "/items"), { project }), { items }));
}

export function deleteRun(project: string, id: string, run: string): Promise<unknown> {
    return changed(project, sendJson("DELETE", apiUrl(path(id, `/runs/${encodeURIComponent(run)}`), { project }), undefined));
}
