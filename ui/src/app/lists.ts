/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembers the list a trace was opened from: where it stood (for "back") and the ids in its order
 * (for `[` and `]`). Only a convenience: a trace opened by its URL works without.
 */
interface LastList {
    href: string;
    ids: string[];
    /** Scroll position and the row that was opened, so that going back finds them again. */
    offset: number;
    opened: string | null;
}

let last: LastList | null = null;

export function rememberList(list: LastList): void {
    last = list;
}

export function lastList(project: string): LastList | null {
    return last?.href.startsWith(`/p/${encodeURIComponent(project)}/`) ? last : null;
}

export function neighbour(project: string, traceId: string, step: 1 | -1): string | null {
    const list = lastList(project);
    const at = list ? list.ids.indexOf(traceId) : -1;
    return list && at >= 0 ? (list.ids[at + step] ?? null) : null;
}
