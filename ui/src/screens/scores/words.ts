/* SPDX-License-Identifier: Apache-2.0 */
/* How scores stand in the address, and what their numbers mean in words. */
import type { Bin, Cell, ScoreKey, ScoreSource, ScoreSummary, ScoreType } from "../../api/score-analytics";
import { GIVERS } from "../../api/scores";
import { NONE, percent, unknown } from "../../format/number";

const TYPES: readonly ScoreType[] = ["numeric", "categorical", "boolean", "text", "correction"];

/** `type:source:name`; the source is empty for all. */
export const keyText = ({ name, type, source }: ScoreKey): string => `${type}:${source}:${name}`;

export function keyOf(text: string | undefined): ScoreKey | null {
    const [, type, source, name] = /^([a-z]+):([a-z]*):(.+)$/s.exec(text ?? "") ?? [];
    if (!TYPES.includes(type as ScoreType) || (source && !(source in GIVERS))) return null;
    return { name, type: type as ScoreType, source: source as ScoreSource | "" };
}

/** `=label`, or `0.2~0.3`: from and below; the last bin has no end. */
export function cellOf(text: string | undefined): Cell {
    if (!text) return {};
    if (text.startsWith("=")) return { value: text.slice(1) };
    const [min, below] = text.split("~");
    return { min: min || undefined, below: below || undefined };
}

export const labelCell = (value: string): string => `=${value}`;
export const binCell = (from: number, to: number, last: boolean): string => `${from}~${last ? "" : to}`;
export const binCells = (bins: Bin[]): string[] => bins.map(({ from, to }, at) => binCell(from, to, at === bins.length - 1));

export const isLabel = (type: ScoreType | null): boolean => type === "categorical" || type === "boolean";
export const comparable = (type: ScoreType): boolean => type !== "text" && type !== "correction";

/** Scores have scales of their own: three significant digits of whatever it is. */
export function number(value: number | null | undefined): string {
    return unknown(value) ? NONE : String(Number(value.toPrecision(3)));
}

/** Its centre: a mean, the share of yes, or what was said most. */
export function centre({ type, mean, categories, count }: ScoreSummary): string {
    if (type === "boolean") return `${percent(mean)} yes`;
    if (type === "numeric") return number(mean);
    return categories.length ? `${categories[0].value} ${percent(categories[0].count / count)}` : NONE;
}

/* The usual words for kappa (Landis and Koch), and for the size of a correlation (Cohen). */
export function kappaWords(kappa: number | null): string {
    if (kappa === null) return "chance explains it all";
    const words: [number, string][] = [[0, "worse than chance"], [0.2, "slight"], [0.4, "fair"], [0.6, "moderate"], [0.8, "substantial"]];
    return words.find(([below]) => kappa < below)?.[1] ?? "almost perfect";
}

export function correlationWords(r: number | null): string {
    if (r === null) return "one of them never changes";
    const size = Math.abs(r);
    const words = size < 0.1 ? "none to speak of" : size < 0.3 ? "weak" : size < 0.5 ? "medium" : "strong";
    return r < 0 && size >= 0.1 ? `${words}, opposed` : words;
}
