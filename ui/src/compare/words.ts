/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed between two texts, word by word; where that would be too much, line by line; beyond
 * that one stands for the other as a whole.
 */
import { type Step, sequence } from "./sequence";

export interface Piece {
    text: string;
    /** Which of the two texts has it. */
    in: "both" | "a" | "b";
}

const LONGEST = 64 * 1024;

export function diffTexts(a: string, b: string): Piece[] {
    if (a === b) return a ? [{ text: a, in: "both" }] : [];
    if (a.length <= LONGEST && b.length <= LONGEST) {
        for (const cut of [words, lines]) {
            const [left, right] = [cut(a), cut(b)];
            const steps = sequence(left, right);
            if (steps) return joined(steps, left, right);
        }
    }
    return [{ text: a, in: "a" as const }, { text: b, in: "b" as const }].filter(({ text }) => text);
}

/** Words, numbers and runs of spaces are one token each, everything else a token a character. */
export function words(text: string): string[] {
    return text.match(/[\p{L}\p{M}\p{N}_]+|\s+|[^\s]/gu) ?? [];
}

function lines(text: string): string[] {
    return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Neighbours of one kind become one piece; what left stands before what came. */
function joined(steps: readonly Step[], left: readonly string[], right: readonly string[]): Piece[] {
    const pieces: Piece[] = [];
    let gone = "";
    let come = "";
    let same = "";
    const changed = () => {
        if (gone) pieces.push({ text: gone, in: "a" });
        if (come) pieces.push({ text: come, in: "b" });
        gone = come = "";
    };
    const kept = () => {
        if (same) pieces.push({ text: same, in: "both" });
        same = "";
    };
    for (const { a, b } of steps) {
        if (a >= 0 && b >= 0) {
            changed();
            same += left[a];
        } else {
            kept();
            if (a >= 0) gone += left[a];
            else come += right[b];
        }
    }
    changed();
    kept();
    return pieces;
}
