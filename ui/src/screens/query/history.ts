/* SPDX-License-Identifier: Apache-2.0 */
/* Queries this browser has run in a project, the newest first, each once. */
interface Past {
    query: string;
    source: string;
    at: number;
}

const MOST = 50;
const key = (project: string) => `vitrine.queries.${project}`;

function isPast(each: unknown): each is Past {
    const past = each as Past | null;
    return typeof past?.query === "string" && typeof past.source === "string" && typeof past.at === "number";
}

export function pastQueries(project: string): Past[] {
    try {
        const read: unknown = JSON.parse(localStorage.getItem(key(project)) ?? "[]");
        return Array.isArray(read) ? read.filter(isPast).slice(0, MOST) : [];
    } catch {
        return [];
    }
}

export function rememberQuery(project: string, query: string, source: string): void {
    const others = pastQueries(project).filter((each) => each.query !== query || each.source !== source);
    try {
        localStorage.setItem(key(project), JSON.stringify([{ query, source, at: Date.now() }, ...others].slice(0, MOST)));
    } catch {
        /* Forbidden or full storage only means that nothing is remembered. */
    }
}

export function forgetQueries(project: string): void {
    try {
        localStorage.removeItem(key(project));
    } catch {
        /* As above. */
    }
}
