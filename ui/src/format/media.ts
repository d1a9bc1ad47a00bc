/* SPDX-License-Identifier: Apache-2.0 */
/* References to stored files as Langfuse's SDKs leave them in texts. */
export interface MediaReference {
    type: string;
    id: string;
}

const REFERENCE = /@@@langfuseMedia:type=([^|@\s]{1,200})\|id=([\w-]{22})\|source=\w{1,40}@@@/g;
const MOST = 20;

/** The first ones, each once. */
export function mediaReferences(text: string): MediaReference[] {
    const found = new Map<string, MediaReference>();
    if (!text.includes("@@@langfuseMedia:")) return [];
    for (const [, type, id] of text.matchAll(REFERENCE)) {
        if (!type || !id || found.size === MOST) break;
        found.set(id, { type: type.toLowerCase(), id });
    }
    return [...found.values()];
}
