/* SPDX-License-Identifier: Apache-2.0 */
/* What changed between two versions: by lines first, then by words within lines that stand against each other. */
import { sequence } from "../../compare/sequence";
import { diffTexts } from "../../compare/words";

export interface Run {
    changed: boolean;
    text: string;
}

export interface DiffLine {
    kind: "same" | "gone" | "new";
    runs: Run[];
}

/** What one side of a pair has, with what the other does not. */
const side = (pieces: ReturnType<typeof diffTexts>, mark: "a" | "b"): Run[] => pieces.filter((piece) => piece.in === "both" || piece.in === mark).map(({ text, in: where }) => ({ text, changed: where !== "both" }));

function replaced(gone: readonly string[], fresh: readonly string[]): DiffLine[] {
    const pairs = Array.from({ length: Math.min(gone.length, fresh.length) }, (_, at) => diffTexts(gone[at], fresh[at]));
    return [
        ...gone.map((text, at): DiffLine => ({ kind: "gone", runs: pairs[at] ? side(pairs[at], "a") : [{ changed: true, text }] })),
        ...fresh.map((text, at): DiffLine => ({ kind: "new", runs: pairs[at] ? side(pairs[at], "b") : [{ changed: true, text }] })),
    ];
}

export function diffLines(before: string, after: string): DiffLine[] {
    const [a, b] = [before.split("\n"), after.split("\n")];
    const steps = sequence(a, b);
    if (!steps) return replaced(a, b);
    const lines: DiffLine[] = [];
    let gone: string[] = [];
    let fresh: string[] = [];
    for (const step of [...steps, { a: a.length, b: b.length }]) {
        if (step.b < 0) gone.push(a[step.a]);
        else if (step.a < 0) fresh.push(b[step.b]);
        else {
            lines.push(...replaced(gone, fresh));
            [gone, fresh] = [[], []];
            if (step.a < a.length) lines.push({ kind: "same", runs: [{ changed: false, text: a[step.a] }] });
        }
    }
    return lines;
}
