/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed between two texts: by lines first, then by words within lines that stand against
 * each other. The longest common subsequence is exact; beyond LIMIT cells a whole block counts as
 * replaced, so that no pair of texts takes long.
 */
export interface Run {
    kind: "same" | "gone" | "new";
    text: string;
}

export interface DiffLine {
    kind: "same" | "gone" | "new";
    runs: Run[];
}

const LIMIT = 4_000_000;

/** Pairs of equal items, in order. */
function common<T>(a: readonly T[], b: readonly T[]): [number, number][] {
    let start = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
    let tail = 0;
    while (tail < a.length - start && tail < b.length - start && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
    const pairs: [number, number][] = Array.from({ length: start }, (_, at) => [at, at]);
    pairs.push(...middle(a.slice(start, a.length - tail), b.slice(start, b.length - tail)).map(([x, y]): [number, number] => [x + start, y + start]));
    for (let at = tail; at > 0; at -= 1) pairs.push([a.length - at, b.length - at]);
    return pairs;
}

function middle<T>(a: readonly T[], b: readonly T[]): [number, number][] {
    const pairs: [number, number][] = [];
    const width = b.length + 1;
    if (!a.length || !b.length || (a.length + 1) * width > LIMIT) return pairs;
    const best = new Uint32Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i -= 1)
        for (let k = b.length - 1; k >= 0; k -= 1)
            best[i * width + k] = a[i] === b[k] ? best[(i + 1) * width + k + 1] + 1 : Math.max(best[(i + 1) * width + k], best[i * width + k + 1]);
    for (let i = 0, k = 0; i < a.length && k < b.length; ) {
        if (a[i] === b[k]) pairs.push([i++, k++]);
        else if (best[(i + 1) * width + k] >= best[i * width + k + 1]) i += 1;
        else k += 1;
    }
    return pairs;
}

/** Walks both lists: what only one has, and what both have, in order. */
function steps<T>(a: readonly T[], b: readonly T[], gap: (gone: T[], fresh: T[]) => void, same: (item: T) => void): void {
    let i = 0;
    let k = 0;
    for (const [x, y] of [...common(a, b), [a.length, b.length] as [number, number]]) {
        if (x > i || y > k) gap(a.slice(i, x), b.slice(k, y));
        if (x < a.length) same(a[x]);
        i = x + 1;
        k = y + 1;
    }
}

const words = (line: string) => line.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];

function push(runs: Run[], kind: Run["kind"], text: string): void {
    const last = runs.at(-1);
    if (!text) return;
    if (last?.kind === kind) last.text += text;
    else runs.push({ kind, text });
}

/** Two versions of one line, each with what the other does not have. */
export function diffWords(before: string, after: string): { gone: Run[]; fresh: Run[] } {
    const gone: Run[] = [];
    const fresh: Run[] = [];
    steps(
        words(before),
        words(after),
        (left, right) => {
            push(gone, "gone", left.join(""));
            push(fresh, "new", right.join(""));
        },
        (word) => {
            push(gone, "same", word);
            push(fresh, "same", word);
        },
    );
    return { gone, fresh };
}

export function diffLines(before: string, after: string): DiffLine[] {
    const lines: DiffLine[] = [];
    steps(
        before.split("\n"),
        after.split("\n"),
        (left, right) => {
            const paired = Math.min(left.length, right.length);
            const both = Array.from({ length: paired }, (_, at) => diffWords(left[at], right[at]));
            left.forEach((text, at) => lines.push({ kind: "gone", runs: both[at]?.gone ?? [{ kind: "gone", text }] }));
            right.forEach((text, at) => lines.push({ kind: "new", runs: both[at]?.fresh ?? [{ kind: "new", text }] }));
        },
        (text) => lines.push({ kind: "same", runs: [{ kind: "same", text }] }),
    );
    return lines;
}
