/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions, users, and what was said in a trace or a session. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { is } from "../url/filters";
import { getJson } from "./client";
import type { Scope } from "./queries";
import type { Message, Ns } from "./types";

export interface Totals {
    first: Ns;
    last: Ns;
    duration: number;
    busy: number;
    traces: number;
    failed: number;
    spans: number;
    errors: number;
    llm_calls: number;
    tool_calls: number;
    unpriced: number;
    input_tokens: number;
    output_tokens: number;
    total_tokens: number;
    cost: number;
    input: string | null;
}

export interface SessionRow extends Totals {
    session: string;
    user: string | null;
    users: number;
}

export interface UserRow extends Totals {
    user: string;
    last_session: string | null;
    sessions: number;
}

interface SessionPage {
    sessions: SessionRow[];
    next: string | null;
}

interface UserPage {
    users: UserRow[];
    next: string | null;
}

export interface Said {
    time: Ns;
    answer: boolean;
    call: {
        trace_id: string;
        span_id: string;
        name: string | null;
        model: string | null;
        agent: string | null;
        duration: number;
        status: "ok" | "error";
        error_kind: string | null;
        cost: number | null;
        total_tokens: number | null;
    };
    message: Message;
}

interface SaidPage {
    messages: Said[];
    next: number | null;
}

function usePeople<Page extends { next: string | null }>(path: string, scope: Scope, sort: string, order: string) {
    const query = { project: scope.project, from: scope.range.from, to: scope.range.to, f: scope.filters, sort, order };
    return useInfiniteQuery({
        queryKey: [path, query],
        queryFn: ({ pageParam, signal }) => getJson<Page>(path, { ...query, limit: 100, cursor: pageParam }, signal),
        initialPageParam: "",
        getNextPageParam: (last) => last.next ?? undefined,
        refetchInterval: (each) => ((each.state.data?.pages.length ?? 0) > 1 ? false : scope.live),
        placeholderData: keepPreviousData,
    });
}

export const useSessions = (scope: Scope, sort: string, order: string) => usePeople<SessionPage>("/api/v1/sessions", scope, sort, order);
export const useUsers = (scope: Scope, sort: string, order: string) => usePeople<UserPage>("/api/v1/users", scope, sort, order);

/** One session or user over all time: its row of the list. */
export function useTotals(noun: "session" | "user", project: string, name: string) {
    const path = `/api/v1/${noun}s`;
    const query = { project, from: "1970-01-02T00:00:00Z", f: [is(noun, name)], limit: 1 };
    return useQuery({
        queryKey: [path, "one", query],
        queryFn: async ({ signal }) => {
            const reply = await getJson<{ sessions?: SessionRow[]; users?: UserRow[] }>(path, query, signal);
            return (reply.sessions ?? reply.users ?? [])[0] ?? null;
        },
        staleTime: 10_000,
    });
}

export function useTranscript(project: string, path: string) {
    return useInfiniteQuery({
        queryKey: [path, "transcript", project],
        queryFn: ({ pageParam, signal }) => getJson<SaidPage>(path, { project, after: pageParam || undefined }, signal),
        initialPageParam: 0,
        getNextPageParam: (last) => last.next ?? undefined,
        staleTime: 10_000,
    });
}
