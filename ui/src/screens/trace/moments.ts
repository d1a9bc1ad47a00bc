/* SPDX-License-Identifier: Apache-2.0 */
/* The moments of a trace: when something begins or ends, and what is at work in between. Times are ns since its start. */
import { FLAG, type TraceShape } from "../../api/types";
import type { Tree } from "./tree";

type Spans = TraceShape["spans"];

export type Phase = "before" | "running" | "past";

function plausible(spans: Spans, span: number): boolean {
    return !(spans.flags[span] & FLAG.implausible) && spans.duration[span] >= 0;
}

export function phaseOf(spans: Spans, span: number, at: number): Phase {
    if (!plausible(spans, span) || spans.start[span] > at) return spans.start[span] > at ? "before" : "past";
    return at < spans.start[span] + spans.duration[span] ? "running" : "past";
}

/** Each time at which something begins or ends, once, in order. */
export function turningPoints(spans: Spans): Float64Array {
    const all = new Float64Array(2 * spans.count);
    let filled = 0;
    for (let span = 0; span < spans.count; span += 1) {
        if (!plausible(spans, span)) continue;
        all[filled] = spans.start[span];
        all[filled + 1] = spans.start[span] + spans.duration[span];
        filled += 2;
    }
    const sorted = all.subarray(0, filled).sort();
    let kept = 0;
    for (let at = 0; at < filled; at += 1) {
        if (at && sorted[at] === sorted[kept - 1]) continue;
        sorted[kept] = sorted[at];
        kept += 1;
    }
    return sorted.subarray(0, kept);
}

/** The next or previous turning point, or where one is already. */
export function nextPoint(points: Float64Array, at: number, step: 1 | -1): number {
    let low = 0;
    let high = points.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (step > 0 ? points[middle] <= at : points[middle] < at) low = middle + 1;
        else high = middle;
    }
    const place = step > 0 ? low : low - 1;
    return points[Math.max(0, Math.min(points.length - 1, place))] ?? at;
}

/** The innermost spans at work: those of whose children none is. The first `most`, and how many there are. */
export function atWork(tree: Tree, spans: Spans, at: number, most: number): { list: number[]; count: number } {
    const busyInside = new Uint8Array(tree.count);
    const list: number[] = [];
    let count = 0;
    for (let place = tree.count - 1; place >= 0; place -= 1) {
        const span = tree.order[place];
        const running = phaseOf(spans, span, at) === "running";
        const up = tree.parent[span];
        if (up >= 0 && (running || busyInside[span])) busyInside[up] = 1;
        if (!running || busyInside[span]) continue;
        count += 1;
        list.push(span);
        if (list.length > most) list.shift();
    }
    return { list: list.reverse(), count };
}
