/* SPDX-License-Identifier: Apache-2.0 */
/* The hook through which screens read and change the URL; nothing else touches the address. */
import { useLocation, useParams, useRouter } from "@tanstack/react-router";
import { useMemo } from "react";
import { dashboardHref, promptHref, screenHref, type Screen, traceHref, personHref } from "../url/href";
import { type Range, isRelative, rangeText } from "../url/range";
import { rangeOf, type Search, stringifySearch } from "../url/search";

export interface Url {
    project: string;
    search: Search;
    range: Range;
    filters: string[];
    /** Milliseconds between refreshes, or false. Absolute ranges do not change by themselves. */
    live: number | false;
    set: (patch: Partial<Search>, options?: { replace?: boolean }) => void;
    go: (href: string) => void;
    href: (screen: Screen, search?: Search) => string;
    /** The traces behind a number: this range, these filters in addition to the current ones. */
    traces: (filters: string[], extra?: Search) => string;
    trace: (traceId: string, extra?: Search) => string;
    session: (id: string) => string;
    user: (id: string) => string;
    /** A dashboard, with the screen's time range. */
    dashboard: (id: string, extra?: Search) => string;
    /** A prompt's page, with the screen's time range. */
    prompt: (name: string, extra?: Search) => string;
    /** The page of an agent, in this range and with the current filters. */
    agentPage: (agent: string) => string;
    /** What a change of this measure is made of: in the screen's range, or in a part of it. */
    explain: (measure: string, filters?: string[], at?: Range) => string;
}

export const LIVE: Record<string, number> = { "5s": 5_000, "30s": 30_000, "1m": 60_000, "5m": 300_000 };

export function useUrl(): Url {
    const router = useRouter();
    const location = useLocation();
    const { project = "default" } = useParams({ strict: false }) as { project?: string };
    const search = location.search as Search;
    const pathname = location.pathname;
    return useMemo(() => {
        const range = rangeOf(search);
        const time: Search = { from: search.from, to: search.to, live: search.live };
        return {
            project,
            search,
            range,
            filters: search.f ?? [],
            live: (isRelative(range) && LIVE[search.live ?? ""]) || false,
            set: (patch, options) => {
                const href = pathname + stringifySearch({ ...search, ...patch });
                if (options?.replace) router.history.replace(href);
                else router.history.push(href);
            },
            go: (href) => router.history.push(href),
            href: (screen, own = {}) => screenHref(project, screen, { ...time, ...own }),
            traces: (filters, own = {}) => screenHref(project, "traces", { ...time, f: [...new Set([...(search.f ?? []), ...filters])], ...own }),
            trace: (traceId, own = {}) => traceHref(project, traceId, own),
            session: (id) => personHref(project, "sessions", id),
            user: (id) => personHref(project, "users", id),
            dashboard: (id, own = {}) => dashboardHref(project, id, { ...time, ...own }),
            explain: (measure, filters = [], at) =>
                screenHref(project, "explain", { ...time, live: undefined, f: [...new Set([...(search.f ?? []), ...filters])], measure, at: at && rangeText(at) }),
            prompt: (name, own = {}) => promptHref(project, name, { ...time, ...own }),
            agentPage: (agent) => screenHref(project, "agents", { ...time, f: search.f, agent }),
        };
    }, [router, pathname, project, search]);
}
