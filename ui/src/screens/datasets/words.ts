/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and payloads of datasets as people read them, and the words in which two texts differ. */
import type { Difference, Mean } from "../../api/datasets";
import type { Text } from "../../api/types";
import { duration, money, NONE } from "../../format/number";

export function worded(kind: Mean["kind"], value: number | null | undefined): string {
    if (value === null || value === undefined) return NONE;
    if (kind === "latency") return duration(value);
    if (kind === "cost") return money(value);
    return String(Number(value.toPrecision(3)));
}

/** With its sign, as a change. */
export function signed(kind: Mean["kind"], value: number | null): string {
    if (value === null) return NONE;
    const text = worded(kind, Math.abs(value));
    return value === 0 ? text : `${value > 0 ? "+" : "−"}${text}`;
}

export function probability(p: number | null): string {
    if (p === null) return NONE;
    if (p < 0.001) return "< 0.001";
    return p.toFixed(3);
}

/** Whether a significant difference is for the better; null when it is not significant. */
export function verdict({ significant, mean }: Difference, lowerIsBetter: boolean): "better" | "worse" | null {
    if (!significant || mean === null || mean === 0) return null;
    return mean > 0 !== lowerIsBetter ? "better" : "worse";
}

/** A payload as text: strings as they are, the rest as JSON. */
export function payload(value: unknown): string {
    if (value === null || value === undefined) return "";
    return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** A text of the API, the beginning of long ones. */
export function head(text: Text | null): string {
    return text === null ? "" : payload(typeof text === "object" && "head" in text ? text.head : text);
}

/** What somebody typed as a payload: JSON when it is, else a text; empty is null. */
export function typed(text: string): unknown {
    const trimmed = text.trim();
    if (!trimmed) return null;
    try {
        return JSON.parse(trimmed);
    } catch {
        return text;
    }
}

export interface Piece {
    kind: "same" | "gone" | "new";
    text: string;
}

const WORDS_MAX = 600;
const SHARED_LEAST = 0.3;

/**
 * The words of `after`, with those of `before` that are gone: the longest common subsequence. Texts
 * that are too long, or share little, are told as wholly replaced.
 */
export function differing(before: string, after: string): Piece[] {
    const words = (text: string) => text.match(/\s+|[^\s]+/g) ?? [];
    const left = words(before);
    const right = words(after);
    if (before === after) return [{ kind: "same", text: after }];
    const replaced = ([{ kind: "gone", text: before }, { kind: "new", text: after }] as Piece[]).filter(({ text }) => text);
    if (left.length > WORDS_MAX || right.length > WORDS_MAX) return replaced;
    const width = right.length + 1;
    const common = new Uint16Array((left.length + 1) * width);
    for (let i = left.length - 1; i >= 0; i -= 1)
        for (let j = right.length - 1; j >= 0; j -= 1)
            common[i * width + j] = left[i] === right[j] ? common[(i + 1) * width + j + 1] + 1 : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    if (common[0] < Math.max(left.length, right.length) * SHARED_LEAST) return replaced;
    const pieces: Piece[] = [];
    const add = (kind: Piece["kind"], text: string) => {
        const last = pieces.at(-1);
        if (last?.kind === kind) last.text += text;
        else pieces.push({ kind, text });
    };
    let i = 0;
    let j = 0;
    while (i < left.length || j < right.length) {
        if (i < left.length && j < right.length && left[i] === right[j]) {
            add("same", right[j]);
            i += 1;
            j += 1;
        } else if (j >= right.length || (i < left.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
            add("gone", left[i]);
            i += 1;
        } else {
            add("new", right[j]);
            j += 1;
        }
    }
    return pieces;
}
