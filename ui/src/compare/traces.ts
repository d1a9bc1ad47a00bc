/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two traces side by side. From the roots down, the children of each pair are aligned in three steps:
 *
 *   1. A longest common subsequence by kind and name, where numbers in a name, and the model's name
 *      in it, do not count ("step 3" is "step 4", "chat gpt-4o" is "chat gpt-5").
 *   2. Between those, what is left is aligned by kind alone: renamed.
 *   3. The rest is in one trace only, with all that is below it.
 *
 * Two lists of children with more than a thousand differences are paired by their order.
 */
import type { TraceShape } from "../api/types";
import { buildTree, type Tree } from "../screens/trace/tree";
import { type Step, sequence } from "./sequence";

export type Difference = "name" | "model" | "status" | "error";

export interface PairRow {
    /** Span indexes; -1: this trace has none. */
    a: number;
    b: number;
    depth: number;
    differs: Difference[];
    /** Rows below it that differ. */
    inside: number;
}

export interface Comparison {
    rows: PairRow[];
    /** Row of the first divergence, or -1. */
    first: number;
    differences: number;
    /** Some lists were too different to be aligned. */
    coarse: boolean;
}

interface Side {
    shape: TraceShape;
    tree: Tree;
}

export function compareTraces(a: TraceShape, b: TraceShape): Comparison {
    const left: Side = { shape: a, tree: buildTree(a.spans) };
    const right: Side = { shape: b, tree: buildTree(b.spans) };
    const made: Comparison = { rows: [], first: -1, differences: 0, coarse: false };
    const open: { a: number; b: number; depth: number }[] = [];
    const push = (ones: readonly number[], others: readonly number[], depth: number) => {
        const steps = alignChildren(left, ones, right, others);
        if (steps.coarse) made.coarse = true;
        for (let at = steps.list.length - 1; at >= 0; at -= 1) open.push({ ...steps.list[at], depth });
    };
    push(roots(left.tree), roots(right.tree), 0);
    while (open.length) {
        const { a: one, b: other, depth } = open.pop()!;
        const differs = one >= 0 && other >= 0 ? differences(left.shape, one, right.shape, other) : [];
        made.rows.push({ a: one, b: other, depth, differs, inside: 0 });
        push(one >= 0 ? below(left.tree, one) : [], other >= 0 ? below(right.tree, other) : [], depth + 1);
    }
    sumUp(made);
    return made;
}

export function rowDiffers(row: PairRow): boolean {
    return row.a < 0 || row.b < 0 || row.differs.length > 0;
}

/** Only rows that differ, and those that lead to them. */
export function changedRows(rows: readonly PairRow[]): number[] {
    const kept: number[] = [];
    rows.forEach((row, at) => {
        if (rowDiffers(row) || row.inside > 0) kept.push(at);
    });
    return kept;
}

function sumUp(made: Comparison): void {
    const parent = new Int32Array(made.rows.length);
    const above: number[] = [];
    made.rows.forEach((row, at) => {
        above.length = Math.min(above.length, row.depth);
        parent[at] = above[above.length - 1] ?? -1;
        above.push(at);
    });
    for (let at = made.rows.length - 1; at >= 0; at -= 1) {
        const differs = rowDiffers(made.rows[at]);
        if (differs) {
            made.first = at;
            made.differences += 1;
        }
        if (parent[at] >= 0) made.rows[parent[at]].inside += made.rows[at].inside + (differs ? 1 : 0);
    }
}

function roots(tree: Tree): number[] {
    const found: number[] = [];
    for (let place = 0; place < tree.count; place = tree.after[tree.order[place]]) found.push(tree.order[place]);
    return found;
}

function below(tree: Tree, span: number): number[] {
    const found: number[] = [];
    for (let place = tree.position[span] + 1; place < tree.after[span]; place = tree.after[tree.order[place]]) found.push(tree.order[place]);
    return found;
}

/** What a span is, apart from numbers and from which model did it. */
function spanKey({ spans, strings }: TraceShape, span: number): string {
    const model = strings[spans.model_s[span]] ?? "";
    const name = strings[spans.name_s[span]] ?? "";
    const bare = model ? name.split(model).join("") : name;
    return `${spans.kind[span]} ${bare.replace(/\d+/g, "#")}`;
}

function alignChildren(left: Side, ones: readonly number[], right: Side, others: readonly number[]): { list: Step[]; coarse: boolean } {
    if (!ones.length || !others.length) return { list: [...ones.map((a) => ({ a, b: -1 })), ...others.map((b) => ({ a: -1, b }))], coarse: false };
    const kind = (side: Side, span: number) => side.shape.spans.kind[span];
    const steps = sequence(ones.map((span) => spanKey(left.shape, span)), others.map((span) => spanKey(right.shape, span)));
    if (!steps) return { list: byOrder(ones, others), coarse: true };
    const list: Step[] = [];
    let gone: number[] = [];
    let come: number[] = [];
    const settle = () => {
        const again = gone.length && come.length ? sequence(gone.map((span) => kind(left, span)), come.map((span) => kind(right, span))) : null;
        if (again) for (const { a, b } of again) list.push({ a: a < 0 ? -1 : gone[a], b: b < 0 ? -1 : come[b] });
        else list.push(...gone.map((a) => ({ a, b: -1 })), ...come.map((b) => ({ a: -1, b })));
        gone = [];
        come = [];
    };
    for (const { a, b } of steps) {
        if (a >= 0 && b >= 0) {
            settle();
            list.push({ a: ones[a], b: others[b] });
        } else if (a >= 0) gone.push(ones[a]);
        else come.push(others[b]);
    }
    settle();
    return { list, coarse: false };
}

function byOrder(ones: readonly number[], others: readonly number[]): Step[] {
    return Array.from({ length: Math.max(ones.length, others.length) }, (_, at) => ({ a: ones[at] ?? -1, b: others[at] ?? -1 }));
}

function differences(left: TraceShape, a: number, right: TraceShape, b: number): Difference[] {
    const found: Difference[] = [];
    const text = (shape: TraceShape, column: "name_s" | "model_s" | "error_kind_s", span: number) => shape.strings[shape.spans[column][span]] ?? "";
    const failed = (shape: TraceShape, span: number) => shape.spans.status[span] === 2;
    if (left.spans.kind[a] !== right.spans.kind[b] || spanKey(left, a) !== spanKey(right, b)) found.push("name");
    if (text(left, "model_s", a) !== text(right, "model_s", b)) found.push("model");
    if (failed(left, a) !== failed(right, b)) found.push("status");
    else if (text(left, "error_kind_s", a) !== text(right, "error_kind_s", b)) found.push("error");
    return found;
}
