/* SPDX-License-Identifier: Apache-2.0 */
/* Questions the project keeps by name. */
import { useQuery } from "@tanstack/react-query";
import { ApiError, apiUrl, getJson, sendJson } from "./client";
import { queryClient } from "./queries";
import type { Ns } from "./types";

export interface SavedQuery {
    id: string;
    name: string;
    description: string;
    language: "query" | "sql";
    text: string;
    source: string | null;
    from: string | null;
    to: string | null;
    chart: { view?: string } | null;
    updated: Ns;
}

const key = (project: string) => ["saved", project];

export function useSavedQueries(project: string, enabled = true) {
    return useQuery({
        queryKey: key(project),
        queryFn: ({ signal }) => getJson<{ queries: SavedQuery[] }>("/api/v1/queries", { project }, signal),
        staleTime: 10_000,
        enabled,
    });
}

const path = (project: string, id?: string) => apiUrl(id ? `/api/v1/queries/${encodeURIComponent(id)}` : "/api/v1/queries", { project });

/** Keeps a question under its name; one that has the name already is replaced only when asked to. */
export async function saveQuery(project: string, query: Pick<SavedQuery, "name" | "language" | "text" | "source" | "chart">, replace?: string): Promise<void> {
    await sendJson(replace ? "PUT" : "POST", path(project, replace), { ...query, source: query.source ?? "" });
    await queryClient.invalidateQueries({ queryKey: key(project) });
}

export async function forgetQuery(project: string, id: string): Promise<void> {
    await sendJson("DELETE", path(project, id), undefined);
    await queryClient.invalidateQueries({ queryKey: key(project) });
}

export function isTaken(error: unknown): boolean {
    return error instanceof ApiError && error.code === 409;
}
