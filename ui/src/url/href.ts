/* SPDX-License-Identifier: Apache-2.0 */
/* Where each screen lives. Links are plain paths, so they can be opened in a new tab and shared. */
import { type Search, stringifySearch } from "./search";

export type Screen =
    | "overview"
    | "traces"
    | "live"
    | "compare"
    | "models"
    | "agents"
    | "prompts"
    | "scores"
    | "sessions"
    | "users"
    | "logs"
    | "metrics"
    | "infrastructure"
    | "query"
    | "explain"
    | "dashboards"
    | "datasets"
    | "queues"
    | "setup"
    | "settings";

export function screenHref(project: string, screen: Screen, search: Search = {}): string {
    return `/p/${encodeURIComponent(project)}/${screen}${stringifySearch(search)}`;
}

/** The page of one session or user. */
export function personHref(project: string, screen: "sessions" | "users", id: string): string {
    return `${screenHref(project, screen)}/${encodeURIComponent(id)}`;
}

export function traceHref(project: string, traceId: string, search: Search = {}): string {
    return `/p/${encodeURIComponent(project)}/traces/${encodeURIComponent(traceId)}${stringifySearch(search)}`;
}

/** A dataset; `part` is a screen of it. */
export function datasetHref(project: string, id: string, part: "" | "items" | "compare" = "", search: Search = {}): string {
    return `/p/${encodeURIComponent(project)}/datasets/${encodeURIComponent(id)}${part && `/${part}`}${stringifySearch(search)}`;
}

/** An annotation queue; with an item the place where it is judged. */
export function queueHref(project: string, id: string, search: Search = {}): string {
    return `${screenHref(project, "queues")}/${encodeURIComponent(id)}${stringifySearch(search)}`;
}

export function dashboardHref(project: string, id: string, search: Search = {}): string {
    return `/p/${encodeURIComponent(project)}/dashboards/${encodeURIComponent(id)}${stringifySearch(search)}`;
}

/** The page of one prompt; slashes in its name stay within one part of the path. */
export function promptHref(project: string, name: string, search: Search = {}): string {
    return `/p/${encodeURIComponent(project)}/prompts/${encodeURIComponent(name)}${stringifySearch(search)}`;
}
