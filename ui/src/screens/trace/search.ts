/* SPDX-License-Identifier: Apache-2.0 */
/* What a word finds in a trace: by name, model or tool in the shape that is here, by content with the server's search. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { getJson } from "../../api/client";
import type { SearchHit, SearchPage, TraceShape } from "../../api/types";
import { useUrl } from "../../app/url";
import type { Tree } from "./tree";

export interface Matches {
    /** In the order of the tree. */
    list: number[];
    set: Set<number>;
    /** Where the text stands, of those found by content. */
    hits: Map<number, SearchHit>;
    /** The server still looks, or says why it cannot. */
    waiting: boolean;
    problem: string | null;
    /** There are more than were asked for. */
    more: boolean;
}

const MOST = 500;
/* A clock ahead of ours must not hide a span. */
const MARGIN_NS = 86_400_000_000_000n;

export function useMatches(shape: TraceShape, tree: Tree, query: string): Matches {
    const url = useUrl();
    const { trace } = shape;
    const asked = { project: url.project, q: query, f: [`trace_id=${trace.trace_id}`], from: String(BigInt(trace.start) - MARGIN_NS), to: String(BigInt(trace.end) + MARGIN_NS), limit: MOST };
    const content = useQuery({
        queryKey: ["search", asked],
        queryFn: ({ signal }) => getJson<SearchPage>("/api/v1/search", asked, signal),
        enabled: query !== "",
        staleTime: 60_000,
        retry: false,
    });
    const hits = query ? content.data?.hits : undefined;
    const found = useMemo(() => findSpans(shape, tree, query, hits ?? []), [shape, tree, query, hits]);
    return { ...found, waiting: query !== "" && content.isFetching, problem: content.error && query ? content.error.message : null, more: !!content.data?.next };
}

function findSpans({ spans, strings }: TraceShape, tree: Tree, query: string, content: readonly SearchHit[]): Pick<Matches, "list" | "set" | "hits"> {
    const word = query.toLowerCase();
    if (!word) return { list: [], set: new Set(), hits: new Map() };
    const named = strings.map((text) => text.toLowerCase().includes(word));
    const byId = new Map(content.map((hit) => [hit.span_id, hit]));
    const hits = new Map<number, SearchHit>();
    const list: number[] = [];
    for (const span of tree.order) {
        const hit = byId.get(spans.id[span]);
        if (hit) hits.set(span, hit);
        if (hit || named[spans.name_s[span]] || named[spans.model_s[span]] || named[spans.tool_s[span]] || named[spans.agent_s[span]] || spans.kind[span] === word) list.push(span);
    }
    return { list, set: new Set(list), hits };
}
