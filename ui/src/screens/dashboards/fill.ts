/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A widget's query with its variables filled in. A value becomes a quoted literal, so it can never be more than a
 * value; a filter whose variable has none is left out; `$interval` fits the time range.
 */
import { quote, stages } from "../../language/lex";
import { type Range, rangeMs } from "../../url/range";

const PERIODS = [
    ["10s", 10], ["30s", 30], ["1m", 60], ["2m", 120], ["5m", 300], ["10m", 600], ["15m", 900], ["30m", 1800], ["1h", 3600],
    ["2h", 7200], ["3h", 10800], ["6h", 21600], ["12h", 43200], ["1d", 86400], ["7d", 604800],
] as const;

const PIECES = 100;

export function intervalOf(range: Range, now = Date.now()): string {
    const { from, to } = rangeMs(range, now);
    const seconds = (to - from) / 1000;
    return PERIODS.find(([, length]) => seconds / length <= PIECES)?.[0] ?? "7d";
}

export type Values = Record<string, string | undefined>;

export function fillIn(query: string, values: Values, interval: string): string {
    const kept: string[] = [];
    for (const stage of stages(query)) {
        const used = stage.tokens.filter(({ kind }) => kind === "variable");
        const empty = used.some(({ text }) => text !== "$interval" && !values[text.slice(1)]);
        if (empty && /^(filter|where)$/.test(stage.command)) continue;
        let text = "";
        let at = stage.from;
        for (const token of used) {
            const name = token.text.slice(1);
            const value = name === "interval" ? interval : values[name];
            text += query.slice(at, token.from) + (name === "interval" ? interval : value ? quote(value) : token.text);
            at = token.to;
        }
        kept.push((text + query.slice(at, stage.to)).trim());
    }
    return kept.filter(Boolean).join("\n| ");
}

/** A fixed `bin(5m)` made to follow the time range; null when there is none. */
export function followingRange(query: string): string | null {
    const made = query.replace(/\bbin\s*\(\s*\d+(?:\.\d+)?\s*[a-z]+\s*\)/gi, "bin($interval)");
    return made === query ? null : made;
}
