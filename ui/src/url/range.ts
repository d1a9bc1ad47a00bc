/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time ranges as the URL and the API write them: relative (`-24h` … `now`) or absolute ISO times.
 * Relative text stays relative, so a copied URL means "the last hour" tomorrow as well.
 */
export interface Range {
    from: string;
    to: string;
}

export const DEFAULT_RANGE: Range = { from: "-24h", to: "now" };

export const PRESETS: { from: string; label: string }[] = [
    { from: "-15m", label: "Last 15 minutes" },
    { from: "-1h", label: "Last hour" },
    { from: "-6h", label: "Last 6 hours" },
    { from: "-24h", label: "Last 24 hours" },
    { from: "-3d", label: "Last 3 days" },
    { from: "-7d", label: "Last 7 days" },
    { from: "-30d", label: "Last 30 days" },
];

const UNIT_MS: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 7 * 86400e3 };

const UNIT_WORDS: Record<string, string> = { s: "second", m: "minute", h: "hour", d: "day", w: "week" };

/** `-2d` as "Last 2 days". */
export function lastWords(from: string): string {
    const preset = PRESETS.find((each) => each.from === from);
    const [, number, unit] = /^-(\d+(?:\.\d+)?)([smhdw])$/.exec(from) ?? [];
    return preset?.label ?? (unit ? `Last ${number === "1" ? "" : `${number} `}${UNIT_WORDS[unit]}${number === "1" ? "" : "s"}` : `Since ${from}`);
}

/** The moment a range's end means, in milliseconds since 1970; NaN when it is not a time. */
export function momentMs(text: string, now = Date.now()): number {
    if (text === "now") return now;
    const relative = /^-(\d+(?:\.\d+)?)([smhdw])$/.exec(text);
    if (relative) return now - Number(relative[1]) * UNIT_MS[relative[2]];
    if (/^\d+$/.test(text)) {
        const digits = text.length;
        if (digits > 17) return Number(BigInt(text) / 1_000_000n);
        if (digits > 14) return Number(text) / 1e3;
        return digits > 11 ? Number(text) : Number(text) * 1e3;
    }
    return Date.parse(text);
}

export function rangeMs(range: Range, now = Date.now()): { from: number; to: number } {
    return { from: momentMs(range.from, now), to: momentMs(range.to, now) };
}

export function isRelative(range: Range): boolean {
    return range.to === "now" && range.from.startsWith("-");
}

/** Absolute range from milliseconds, written with no more digits than it needs. */
export function absolute(fromMs: number, toMs: number): Range {
    return { from: iso(Math.floor(fromMs)), to: iso(Math.ceil(toMs)) };
}

function iso(ms: number): string {
    return new Date(ms).toISOString().replace(/\.000Z$/, "Z");
}

/** The range moved by a part of its own length; `by` is -0.5 or +0.5 for half a window. */
export function shifted(range: Range, by: number, now = Date.now()): Range {
    const { from, to } = rangeMs(range, now);
    const step = (to - from) * by;
    if (to + step >= now) return isRelative(range) ? range : absolute(now - (to - from), now);
    return absolute(from + step, to + step);
}

/** Twice as long around the same middle, never past now. */
export function widened(range: Range, now = Date.now()): Range {
    const { from, to } = rangeMs(range, now);
    const half = (to - from) / 2;
    return absolute(from - half, Math.min(now, to + half));
}

/** A range within another one, as one text: `from~to`. */
export function rangeText(range: Range): string {
    return `${range.from}~${range.to}`;
}

export function rangeOfText(text: string | undefined): Range | null {
    const [from, to, ...more] = (text ?? "").split("~");
    const range = { from, to: to ?? "" };
    return !more.length && valid(range) ? range : null;
}

export function valid(range: Range, now = Date.now()): boolean {
    const { from, to } = rangeMs(range, now);
    return Number.isFinite(from) && Number.isFinite(to) && from < to;
}
