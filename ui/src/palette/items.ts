/* SPDX-License-Identifier: Apache-2.0 */
/* What the palette can go to and do. Names of the project are asked for when it opens. */
import { useMemo } from "react";
import { sendJson } from "../api/client";
import { useDashboards } from "../api/dashboards";
import { useFacets, useProjects, useTopTraces } from "../api/queries";
import { useSavedQueries } from "../api/saved";
import { setPref, usePrefs } from "../app/prefs";
import { SCREENS, THEMES } from "../app/rail";
import { type Url, useUrl } from "../app/url";
import type { IconName } from "../components/icon";
import { ago, nsToMs } from "../format/time";
import { clip, oneLine } from "../format/text";
import { screenHref, traceHref } from "../url/href";
import { is } from "../url/filters";
import { PRESETS } from "../url/range";
import { chosen, type Item } from "./choose";
import { idOf } from "./ids";

const NAMES = "model,agent,user,service,tool,prompt,tenant";
const NAMES_EACH = 60;

function names(url: Url, field: string, values: string[]): Item[] {
    const places: Record<string, { group: string; icon: IconName; href: (value: string) => string }> = {
        model: { group: "Models", icon: "models", href: (value) => url.href("models", { f: [is("model", value)] }) },
        agent: { group: "Agents", icon: "agents", href: (value) => url.agentPage(value) },
        user: { group: "Users", icon: "users", href: (value) => url.user(value) },
    };
    const place = places[field] ?? { group: "Traces of", icon: "filter" as const, href: (value: string) => url.href("traces", { f: [is(field, value)] }) };
    return values.map((value) => ({
        id: `${field}:${value}`, group: place.group, label: clip(oneLine(value), 90), detail: place.group === "Traces of" ? field : undefined, icon: place.icon,
        run: () => url.go(place.href(value)),
    }));
}

async function openSpan(url: Url, id: string): Promise<void> {
    const reply = await sendJson<{ pointers: (string | null)[] }>("POST", "/api/v1/query", { query: `fields spanId | filter spanId = "${id}" | limit 1`, source: "spans", from: "-3650d", to: "now", project: url.project });
    const [trace, span] = reply.pointers[0]?.split("/") ?? [];
    if (!trace) throw new Error(`No span of this project has the id ${id}.`);
    url.go(traceHref(url.project, trace, { span }));
}

function idItems(url: Url, typed: string): Item[] {
    const found = idOf(typed);
    if (!found) return [];
    const runs = {
        trace: () => url.go(url.trace(found.id)),
        span: () => openSpan(url, found.id),
        /* The server knows how other systems' ids are mapped. */
        foreign: () => location.assign(`/project/${encodeURIComponent(url.project)}/traces/${encodeURIComponent(found.id)}`),
    };
    return [{ id: "by-id", group: "Open", label: `${found.kind === "span" ? "Span" : "Trace"} ${clip(found.id, 60)}`, detail: "by its id", icon: "link", run: runs[found.kind] }];
}

function useFixed(): Item[] {
    const url = useUrl();
    const { data } = useProjects();
    const { theme } = usePrefs();
    return useMemo(
        () => [
            ...SCREENS.map(({ id, label, keys }): Item => ({ id: `screen:${id}`, group: "Screens", label, detail: keys, icon: id, run: () => url.go(url.href(id)) })),
            ...PRESETS.map((preset): Item => ({ id: `time:${preset.from}`, group: "Time range", label: preset.label, icon: "clock", run: () => url.set({ from: preset.from, to: undefined }) })),
            ...THEMES.filter(({ id }) => id !== theme).map(({ id, label, icon }): Item => ({ id: `theme:${id}`, group: "Theme", label: `Theme: ${label.toLowerCase()}`, icon, run: () => setPref("theme", id) })),
            ...(data?.projects ?? [])
                .filter(({ name }) => name !== url.project)
                .map((each): Item => ({ id: `project:${each.name}`, group: "Projects", label: oneLine(each.title), detail: "switch project", icon: "columns", run: () => url.go(screenHref(each.name, "overview")) })),
        ],
        [url, data, theme],
    );
}

function useNamed(): Item[] {
    const url = useUrl();
    const scope = { ...url, filters: [], live: false as const };
    const traces = useTopTraces(scope, "start", 6).data;
    const facets = useFacets(scope, NAMES, NAMES_EACH).data;
    const saved = useSavedQueries(url.project).data;
    const dashboards = useDashboards(url.project).data;
    return useMemo(
        () => [
            ...(traces?.traces ?? []).map((trace): Item => ({
                id: `trace:${trace.trace_id}`, group: "Recent traces", label: clip(oneLine(trace.name ?? trace.trace_id), 60), icon: "traces",
                detail: `${ago(nsToMs(trace.start))}${trace.input ? ` · ${clip(oneLine(trace.input), 70)}` : ""}`, run: () => url.go(url.trace(trace.trace_id)),
            })),
            ...(dashboards?.dashboards ?? []).map((each): Item => ({ id: `dashboard:${each.id}`, group: "Dashboards", label: clip(oneLine(each.title), 90), icon: "dashboards", run: () => url.go(url.dashboard(each.id)) })),
            ...(saved?.queries ?? []).map((each): Item => ({
                id: `query:${each.id}`, group: "Saved queries", label: clip(oneLine(each.name), 90), icon: "query",
                run: () => url.go(url.href("query", { query: each.text, source: each.language === "sql" ? "sql" : (each.source ?? undefined) })),
            })),
            ...Object.entries(facets?.facets ?? {}).flatMap(([field, facet]) => names(url, field, facet.values.flatMap(({ value }) => value ?? []))),
        ],
        [url, traces, facets, saved, dashboards],
    );
}

export function useItems(typed: string): Item[] {
    const url = useUrl();
    const fixed = useFixed();
    const named = useNamed();
    return useMemo(() => [...idItems(url, typed), ...chosen([...fixed, ...named], typed)], [url, fixed, named, typed]);
}
