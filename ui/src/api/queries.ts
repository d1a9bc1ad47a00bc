/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One hook a question. Keys are the request itself, so screens that ask the same share the answer;
 * the previous answer stays on screen while the next one is on its way.
 */
import { QueryClient, keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { isRelative, type Range } from "../url/range";
import { ApiError, apiUrl, getJson, sendJson } from "./client";
import type { Facets, Histogram, LogPage, MetricHost, MetricRow, Overview, Project, SearchPage, Series, SpanDetail, Status, TracePage, TraceShape, Unpriced } from "./types";

export const queryClient = new QueryClient({
    defaultOptions: {
        queries: {
            staleTime: 2_000,
            gcTime: 5 * 60_000,
            refetchOnWindowFocus: false,
            retry: (failures, error) => error instanceof ApiError && error.code >= 500 && failures < 2,
            retryDelay: (failures) => 400 * 2 ** failures,
        },
    },
});

export interface Scope {
    project: string;
    range: Range;
    filters: string[];
    live: number | false;
}

/** Someone who looks at an empty screen waits for the first row: it is asked for until it comes. */
function whileEmpty(scope: Scope, empty: boolean): number | false {
    return empty && isRelative(scope.range) ? 2_000 : false;
}

function common({ project, range, filters }: Scope) {
    return { project, from: range.from, to: range.to, f: filters };
}

export function useProjects(everyMs: number | false = 30_000) {
    return useQuery({
        queryKey: ["projects"],
        queryFn: ({ signal }) => getJson<{ projects: Project[] }>("/api/v1/projects", {}, signal),
        refetchInterval: everyMs,
    });
}

export function useStatus() {
    return useQuery({
        queryKey: ["status"],
        queryFn: ({ signal }) => getJson<Status>("/api/v1/status", {}, signal),
        refetchInterval: (query) => (query.state.status === "error" ? 2_000 : 10_000),
        retry: false,
    });
}

/** A little lag is how indexing in batches works; it is worth a word from five seconds on. */
export function isLagging({ index }: Status): boolean {
    return !index.open || (!index.caught_up && index.lag_ns > 5e9);
}

export function useOverview(scope: Scope) {
    const query = common(scope);
    return useQuery({
        queryKey: ["overview", query],
        queryFn: ({ signal }) => getJson<Overview>("/api/v1/overview", query, signal),
        refetchInterval: (each) => scope.live || whileEmpty(scope, each.state.data?.totals.spans === 0),
        placeholderData: keepPreviousData,
    });
}

export function useTraces(scope: Scope, sort: string, order: string) {
    const query = { ...common(scope), sort, order };
    return useInfiniteQuery({
        queryKey: ["traces", query],
        queryFn: ({ pageParam, signal }) =>
            getJson<TracePage>("/api/v1/traces", { ...query, limit: 100, cursor: pageParam, count: pageParam ? undefined : 1 }, signal),
        initialPageParam: "",
        getNextPageParam: (last) => last.next ?? undefined,
        /* Rows already scrolled past are left alone: refreshing them would ask for every page again. */
        refetchInterval: (each) => {
            const pages = each.state.data?.pages;
            if (pages && pages.length > 1) return false;
            return scope.live || whileEmpty(scope, pages?.[0]?.traces.length === 0);
        },
        placeholderData: keepPreviousData,
    });
}

/** Spans by their texts. Asked once: new arrivals would push rows down under the reader's eyes. */
export function useSearch(scope: Scope, q: string) {
    const query = { ...common(scope), q };
    return useInfiniteQuery({
        queryKey: ["search", query],
        queryFn: ({ pageParam, signal }) => getJson<SearchPage>("/api/v1/search", { ...query, limit: 50, cursor: pageParam }, signal),
        initialPageParam: "",
        getNextPageParam: (last) => last.next ?? undefined,
        enabled: q !== "",
        staleTime: 30_000,
        placeholderData: keepPreviousData,
        retry: false,
    });
}

/** A short list, as the Overview shows under its charts. */
export function useTopTraces(scope: Scope, sort: string, limit: number) {
    const query = { ...common(scope), sort, order: "desc", limit };
    return useQuery({
        queryKey: ["top", query],
        queryFn: ({ signal }) => getJson<TracePage>("/api/v1/traces", query, signal),
        refetchInterval: scope.live,
        placeholderData: keepPreviousData,
    });
}

/** What stands above a list of traces: exact for any filter. */
export function useHistogram(scope: Scope) {
    const query = common(scope);
    return useQuery({
        queryKey: ["histogram", query],
        queryFn: ({ signal }) => getJson<Histogram>("/api/v1/histogram", query, signal),
        refetchInterval: scope.live,
        placeholderData: keepPreviousData,
    });
}

export function useFacets(scope: Scope, fields: string, limit: number, enabled = true) {
    const query = { ...common(scope), fields, limit };
    return useQuery({
        queryKey: ["facets", query],
        queryFn: ({ signal }) => getJson<Facets>("/api/v1/facets", query, signal),
        refetchInterval: scope.live && Math.max(scope.live, 15_000),
        placeholderData: keepPreviousData,
        enabled,
    });
}

export function useTrace(project: string, traceId: string) {
    return useQuery({
        queryKey: ["trace", project, traceId],
        queryFn: ({ signal }) => getJson<TraceShape>(`/api/v1/traces/${encodeURIComponent(traceId)}`, { project }, signal),
        /* An open trace grows while it runs; a closed one never changes again on its own. */
        refetchInterval: (query) => (query.state.data?.trace.state === "running" ? 3_000 : false),
        staleTime: 10_000,
    });
}

const GONE_MS = 5_000;

/** The index follows a moment after the answer: done when the trace is found no more. */
export async function deleteTrace(project: string, traceId: string): Promise<void> {
    const path = `/api/v1/traces/${encodeURIComponent(traceId)}`;
    await sendJson("DELETE", apiUrl(path, { project }), undefined);
    for (const until = Date.now() + GONE_MS; Date.now() < until; await new Promise((done) => setTimeout(done, 60))) {
        try {
            await getJson(path, { project });
        } catch (error) {
            if (error instanceof ApiError && error.code === 404) return;
            throw error;
        }
    }
}

export function spanQuery(project: string, traceId: string, spanId: string) {
    return {
        queryKey: ["span", project, traceId, spanId],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
            getJson<SpanDetail>(`/api/v1/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId)}`, { project }, signal),
        staleTime: 30_000,
    };
}

export function useSpan(project: string, traceId: string, spanId: string | undefined) {
    return useQuery({ ...spanQuery(project, traceId, spanId ?? ""), enabled: !!spanId });
}

export function useUnpriced(scope: Scope) {
    const query = { project: scope.project, from: scope.range.from, to: scope.range.to };
    return useQuery({
        queryKey: ["unpriced", query],
        queryFn: ({ signal }) => getJson<Unpriced>("/api/v1/unpriced", query, signal),
        staleTime: 60_000,
    });
}

export function useLogs(scope: Scope) {
    const query = common(scope);
    return useInfiniteQuery({
        queryKey: ["logs", query],
        queryFn: ({ pageParam, signal }) => getJson<LogPage>("/api/v1/logs", { ...query, limit: 200, cursor: pageParam }, signal),
        initialPageParam: "",
        getNextPageParam: (last) => last.next ?? undefined,
        refetchInterval: (each) => (each.state.data && each.state.data.pages.length > 1 ? false : scope.live),
        placeholderData: keepPreviousData,
    });
}

/** What was logged around something that happened, by trace or by service. */
export function useMomentLogs(project: string, asked: { from: string; to: string; trace_id?: string; service?: string }) {
    const query = { project, ...asked, limit: 1000 };
    return useQuery({
        queryKey: ["moment-logs", query],
        queryFn: ({ signal }) => getJson<LogPage>("/api/v1/logs", query, signal),
        staleTime: 30_000,
    });
}

export function useMetrics(scope: Scope) {
    const query = { project: scope.project, from: scope.range.from, to: scope.range.to };
    return useQuery({
        queryKey: ["metrics", query],
        queryFn: ({ signal }) => getJson<{ metrics: MetricRow[] }>("/api/v1/metrics", query, signal),
        refetchInterval: scope.live,
        placeholderData: keepPreviousData,
    });
}

/** Which hosts sent metrics. */
export function useMetricHosts(scope: Scope) {
    const query = { project: scope.project, from: scope.range.from, to: scope.range.to };
    return useQuery({
        queryKey: ["metric-hosts", query],
        queryFn: ({ signal }) => getJson<{ hosts: MetricHost[] }>("/api/v1/metrics/hosts", query, signal),
        staleTime: 30_000,
        placeholderData: keepPreviousData,
    });
}

export function useMetricSeries(scope: Scope, name: string | undefined, by: string | undefined, host?: string) {
    const query = { project: scope.project, from: scope.range.from, to: scope.range.to, name, by, host };
    return useQuery({
        queryKey: ["metric", query],
        queryFn: ({ signal }) => getJson<Series>("/api/v1/metrics/series", query, signal),
        refetchInterval: scope.live,
        placeholderData: keepPreviousData,
        enabled: !!name,
    });
}
