/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of a trace, as flat arrays so that 50,000 spans cost milliseconds: depth-first order,
 * depth, where each subtree ends, and how many failures it holds. No recursion: nesting is the
 * sender's choice. Spans whose parents form a ring are shown as roots.
 */
import type { TraceShape } from "../../api/types";

type Spans = TraceShape["spans"];

export interface Tree {
    count: number;
    /** Span indexes, parents before children, siblings by start time. */
    order: Int32Array;
    /** Position in `order` of each span. */
    position: Int32Array;
    depth: Int32Array;
    /** Position just behind the subtree of each span. */
    after: Int32Array;
    children: Int32Array;
    /** Failed spans below, not counting the span itself. */
    failedInside: Int32Array;
    parent: Int32Array;
    /** The span that explains the failure, or -1. */
    origin: number;
}

export function buildTree(spans: Spans): Tree {
    const n = spans.count;
    const parent = Int32Array.from({ length: n }, (_, at) => (spans.parent[at] >= 0 && spans.parent[at] < n && spans.parent[at] !== at ? spans.parent[at] : -1));
    const first = new Int32Array(n).fill(-1);
    const next = new Int32Array(n).fill(-1);
    const last = new Int32Array(n).fill(-1);
    const children = new Int32Array(n);
    /* Spans come ordered by start, so appending keeps siblings in order. */
    for (let at = 0; at < n; at += 1) {
        const up = parent[at];
        if (up < 0) continue;
        if (first[up] < 0) first[up] = at;
        else next[last[up]] = at;
        last[up] = at;
        children[up] += 1;
    }
    const tree: Tree = {
        count: n,
        order: new Int32Array(n),
        position: new Int32Array(n).fill(-1),
        depth: new Int32Array(n),
        after: new Int32Array(n),
        children,
        failedInside: new Int32Array(n),
        parent,
        origin: -1,
    };
    let filled = 0;
    for (let root = 0; root < n; root += 1) if (parent[root] < 0) filled = walk(root, tree, first, next, filled);
    for (let at = 0; at < n && filled < n; at += 1) {
        if (tree.position[at] >= 0) continue;
        cutFrom(at, tree, first, next);
        filled = walk(at, tree, first, next, filled);
    }
    sumUp(tree, spans);
    tree.origin = findOrigin(tree, spans);
    return tree;
}

function walk(root: number, tree: Tree, first: Int32Array, next: Int32Array, filled: number): number {
    const { order, position, depth, after, parent } = tree;
    let at = root;
    let level = 0;
    for (;;) {
        order[filled] = at;
        position[at] = filled;
        depth[at] = level;
        filled += 1;
        if (first[at] >= 0) {
            at = first[at];
            level += 1;
            continue;
        }
        after[at] = filled;
        while (at !== root && next[at] < 0) {
            at = parent[at];
            level -= 1;
            after[at] = filled;
        }
        if (at === root) return filled;
        at = next[at];
    }
}

/** Makes one span of a ring a root by taking it out of its parent's children. */
function cutFrom(at: number, tree: Tree, first: Int32Array, next: Int32Array): void {
    const up = tree.parent[at];
    if (up < 0) return;
    if (first[up] === at) first[up] = next[at];
    else for (let each = first[up]; each >= 0; each = next[each]) if (next[each] === at) next[each] = next[at];
    next[at] = -1;
    tree.parent[at] = -1;
    tree.children[up] -= 1;
}

function sumUp(tree: Tree, spans: Spans): void {
    for (let at = tree.count - 1; at >= 0; at -= 1) {
        const span = tree.order[at];
        const up = tree.parent[span];
        if (up >= 0) tree.failedInside[up] += tree.failedInside[span] + (spans.status[span] === 2 ? 1 : 0);
    }
}

/*
 * From a failed root, the failed child that ended last is what made it fail; repeated until no
 * child failed. Under a root that succeeded, the first failure without a failed child is shown.
 */
function findOrigin(tree: Tree, spans: Spans): number {
    let at = -1;
    for (let place = 0; place < tree.count && at < 0; place = tree.after[tree.order[place]]) {
        if (spans.status[tree.order[place]] === 2) at = tree.order[place];
    }
    if (at < 0) {
        for (let place = 0; place < tree.count; place += 1) {
            const span = tree.order[place];
            if (spans.status[span] === 2 && tree.failedInside[span] === 0) return span;
        }
        return -1;
    }
    while (tree.failedInside[at] > 0) {
        let best = -1;
        let bestEnd = -Infinity;
        for (let place = tree.position[at] + 1; place < tree.after[at]; place = tree.after[tree.order[place]]) {
            const child = tree.order[place];
            const end = spans.start[child] + spans.duration[child];
            if ((spans.status[child] === 2 || tree.failedInside[child] > 0) && end >= bestEnd) {
                best = child;
                bestEnd = end;
            }
        }
        if (best < 0) break;
        at = best;
    }
    return at;
}

/** The spans to show, in order, leaving out what is below a collapsed one. */
export function visibleSpans(tree: Tree, collapsed: ReadonlySet<number>): Int32Array {
    if (!collapsed.size) return tree.order;
    const shown = new Int32Array(tree.count);
    let filled = 0;
    for (let place = 0; place < tree.count; ) {
        const span = tree.order[place];
        shown[filled] = span;
        filled += 1;
        place = collapsed.has(span) ? tree.after[span] : place + 1;
    }
    return shown.subarray(0, filled);
}

/** Every ancestor of a span, so that it can be brought into view. */
export function ancestors(tree: Tree, span: number): number[] {
    const found: number[] = [];
    for (let at = tree.parent[span]; at >= 0; at = tree.parent[at]) found.push(at);
    return found;
}

/** The next failed span in tree order, going round. */
export function nextFailed(tree: Tree, spans: Spans, from: number, step: 1 | -1): number {
    const start = from >= 0 ? tree.position[from] : step > 0 ? -1 : tree.count;
    for (let moved = 1; moved <= tree.count; moved += 1) {
        const span = tree.order[(((start + moved * step) % tree.count) + tree.count) % tree.count];
        if (spans.status[span] === 2) return span;
    }
    return -1;
}

/*
 * The critical path: going back from the end of a span, the child that was still running then, and
 * before it the child that ended last before that one began. Shortening anything else changes nothing.
 */
export function criticalPath(tree: Tree, spans: Spans): Uint8Array {
    const marked = new Uint8Array(tree.count);
    const open: number[] = [];
    for (let place = 0; place < tree.count; place = tree.after[tree.order[place]]) open.push(tree.order[place]);
    if (open.length > 1) open.sort((a, b) => spans.duration[b] - spans.duration[a]).splice(1);
    while (open.length) {
        const span = open.pop()!;
        marked[span] = 1;
        const below: number[] = [];
        for (let place = tree.position[span] + 1; place < tree.after[span]; place = tree.after[tree.order[place]]) below.push(tree.order[place]);
        below.sort((a, b) => spans.start[b] + spans.duration[b] - spans.start[a] - spans.duration[a]);
        let until = spans.start[span] + spans.duration[span];
        for (const child of below) {
            if (spans.start[child] + spans.duration[child] > until + 1000) continue;
            open.push(child);
            until = spans.start[child];
        }
    }
    return marked;
}

/** Steps of one name: how many, the time they took themselves in ns, and the longest of them. */
export interface OwnTime {
    own: number;
    count: number;
    longest: number;
}

/** Who took the time: of each span of the critical path the part that none below it took, added up by name, most first. */
export function ownTimes(tree: Tree, spans: Spans): OwnTime[] {
    const path = criticalPath(tree, spans);
    const own = Float64Array.from({ length: tree.count }, (_, span) => (path[span] ? spans.duration[span] : 0));
    for (let span = 0; span < tree.count; span += 1) {
        const up = tree.parent[span];
        if (!path[span] || up < 0) continue;
        const from = Math.max(spans.start[span], spans.start[up]);
        const to = Math.min(spans.start[span] + spans.duration[span], spans.start[up] + spans.duration[up]);
        own[up] -= Math.max(0, to - from);
    }
    const named = new Map<number, OwnTime>();
    for (let span = 0; span < tree.count; span += 1) {
        if (!(own[span] > 0)) continue;
        const sum = named.get(spans.name_s[span]) ?? { own: 0, count: 0, longest: span };
        named.set(spans.name_s[span], { own: sum.own + own[span], count: sum.count + 1, longest: own[span] > own[sum.longest] ? span : sum.longest });
    }
    return [...named.values()].sort((a, b) => b.own - a.own);
}

/** From the first start to the last end, leaving out times that cannot be true. */
export function extent(spans: Spans, implausible: number): { from: number; to: number } {
    let from = Infinity;
    let to = -Infinity;
    for (let at = 0; at < spans.count; at += 1) {
        if (spans.flags[at] & implausible || spans.duration[at] < 0) continue;
        from = Math.min(from, spans.start[at]);
        to = Math.max(to, spans.start[at] + spans.duration[at]);
    }
    if (!(to > from)) return { from: Number.isFinite(from) ? from : 0, to: (Number.isFinite(from) ? from : 0) + 1e6 };
    return { from, to };
}

const CLOCK_STEPS = [60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 43200, 86400].map((s) => s * 1e9);

/** Round times for the ruler: 1, 2 or 5 times a power of ten, beyond half a minute as clocks count. */
export function ticks(from: number, to: number, most: number): number[] {
    const rough = (to - from) / Math.max(1, most);
    const power = 10 ** Math.floor(Math.log10(rough));
    const decimal = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? 10 * power;
    const step = rough > 30e9 ? (CLOCK_STEPS.find((each) => each >= rough) ?? decimal) : decimal;
    const made: number[] = [];
    for (let at = Math.ceil(from / step) * step; at <= to && made.length <= most + 1; at += step) made.push(at);
    return made;
}
