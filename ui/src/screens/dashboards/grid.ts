/* SPDX-License-Identifier: Apache-2.0 */
/* Where widgets stand: twelve columns, nothing overlaps, nothing floats. Moving one pushes the others out of its way. */
import type { Place } from "../../api/dashboards";

export const COLUMNS = 12;
export const ROW_PX = 48;
export const GAP_PX = 12;
const LEAST = { w: 2, h: 2 };

interface Item extends Place {
    id: string;
}

function overlap(a: Place, b: Place): boolean {
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** Each as high as it can stand; `pinned` goes before what stands on the same row. Keeps the order of the list. */
export function settle<T extends Item>(items: readonly T[], pinned?: string): T[] {
    const sorted = [...items].sort((a, b) => a.y - b.y || Number(b.id === pinned) - Number(a.id === pinned) || a.x - b.x);
    const placed: T[] = [];
    for (const item of sorted) {
        const next = { ...item, x: Math.max(0, Math.min(item.x, COLUMNS - item.w)) };
        const hit = (y: number) => placed.find((other) => overlap({ ...next, y }, other));
        for (let other = hit(next.y); other; other = hit(next.y)) next.y = other.y + other.h;
        while (next.y > 0 && !hit(next.y - 1)) next.y -= 1;
        placed.push(next);
    }
    const byId = new Map(placed.map((item) => [item.id, item]));
    return items.map(({ id }) => byId.get(id)!);
}

export function moved<T extends Item>(items: readonly T[], id: string, x: number, y: number): T[] {
    const place = (item: T) => ({ ...item, x: Math.max(0, Math.min(Math.round(x), COLUMNS - item.w)), y: Math.max(0, Math.round(y)) });
    return settle(items.map((item) => (item.id === id ? place(item) : item)), id);
}

export function resized<T extends Item>(items: readonly T[], id: string, w: number, h: number): T[] {
    const size = (item: T) => ({ ...item, w: Math.max(LEAST.w, Math.min(Math.round(w), COLUMNS - item.x)), h: Math.max(LEAST.h, Math.min(Math.round(h), 60)) });
    return settle(items.map((item) => (item.id === id ? size(item) : item)), id);
}

const same = (a: readonly Item[], b: readonly Item[]) => a.every((item, at) => item.x === b[at].x && item.y === b[at].y);

/** One step with a key; a step down goes past the neighbour below, since nothing floats. */
export function stepped<T extends Item>(items: readonly T[], id: string, dx: number, dy: number): T[] {
    const item = items.find((each) => each.id === id);
    if (!item) return [...items];
    for (let far = 1; far <= 40; far += 1) {
        const next = moved(items, id, item.x + dx, item.y + dy * far);
        if (!same(next, items)) return next;
        if (dx) break;
    }
    return [...items];
}
