/* SPDX-License-Identifier: Apache-2.0 */
/* A question that may take minutes: the server works on it while the screen asks how far it is. */
import { useQuery } from "@tanstack/react-query";
import { asked, type Question, type QueryResult } from "./ask";
import { ApiError, getJson, sendJson } from "./client";

export interface Job {
    job: string;
    state: "waiting" | "running" | "done" | "failed";
    progress?: { rows?: number; elapsed_ms?: number } | null;
    error?: { status: string; message: string } | null;
}

const path = (id: string) => `/api/v1/query/jobs/${encodeURIComponent(id)}`;

export async function startJob(question: Question): Promise<string> {
    const { url, body } = asked(question);
    return (await sendJson<{ job: string }>("POST", `${url}&async=1`, body)).job;
}

export function endJob(project: string, id: string): Promise<unknown> {
    return sendJson("DELETE", `${path(id)}?project=${encodeURIComponent(project)}`, undefined);
}

export function useJob(project: string, id: string | null) {
    return useQuery({
        queryKey: ["job", project, id],
        queryFn: ({ signal }) => getJson<Job>(path(id!), { project }, signal),
        enabled: id !== null,
        refetchInterval: (query) => (query.state.data?.state === "done" || query.state.data?.state === "failed" || query.state.error ? false : 700),
    });
}

export function useJobResult(project: string, id: string | null) {
    return useQuery({
        queryKey: ["job", project, id, "result"],
        queryFn: ({ signal }) => getJson<QueryResult>(`${path(id!)}/result`, { project }, signal),
        enabled: id !== null,
        staleTime: Infinity,
    });
}

/** The server gave up on answering at once; there is more time in the background. */
export function tookTooLong(error: Error | null): boolean {
    return error instanceof ApiError && (error.code === 504 || error.kind === "timeout");
}
