/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Live screen holds: the newest rows first, and, while it is held still, those that wait.
 * Both are bounded; what falls off either end is only counted.
 */
import type { LiveRow } from "../../api/tail";

export const KEPT = 500;

export interface Feed {
    rows: LiveRow[];
    waiting: LiveRow[];
    /** How many came while it was held, also those that no longer wait. */
    came: number;
    /** How many the server did not tell, because they were too many. */
    skipped: number;
    /** How many rows it ever showed. */
    total: number;
}

export const EMPTY: Feed = { rows: [], waiting: [], came: 0, skipped: 0, total: 0 };

/** A span told again replaces its older row, where it stands at the top again. */
function onTop(newer: readonly LiveRow[], older: readonly LiveRow[]): LiveRow[] {
    const seen = new Set<string>();
    const merged: LiveRow[] = [];
    const take = (row: LiveRow) => {
        if (merged.length >= KEPT || seen.has(row.key)) return;
        seen.add(row.key);
        merged.push(row);
    };
    for (let at = newer.length - 1; at >= 0; at -= 1) take(newer[at]);
    for (const row of older) take(row);
    return merged;
}

/** Rows come oldest first, as the server tells them. */
export function arrive(feed: Feed, rows: readonly LiveRow[], skipped: number, held: boolean): Feed {
    if (held) return { ...feed, waiting: onTop(rows, feed.waiting), came: feed.came + rows.length, skipped: feed.skipped + skipped };
    return { ...feed, rows: onTop(rows, feed.rows), total: feed.total + rows.length, skipped: feed.skipped + skipped };
}

/** Lets those in that wait. */
export function release(feed: Feed): Feed {
    if (!feed.waiting.length) return feed;
    return { ...feed, rows: onTop([...feed.waiting].reverse(), feed.rows), waiting: [], total: feed.total + feed.came, came: 0 };
}
