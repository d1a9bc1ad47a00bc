/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a number to what it counts: the query up to its `stats`, narrowed to one group. Only where that is certain:
 * one `stats`, and every group column found in its `by` list.
 */
import type { Cell, Column } from "../api/ask";
import { quote, stages } from "./lex";
import { statsParts } from "./stats";

const SHOWN: Record<string, string> = {
    spans: "fields @timestamp, name, model, status, duration, cost",
    traces: "fields @timestamp, name, status, duration, cost",
    logs: "fields @timestamp, @message",
    scores: "fields @timestamp, name, value",
};

const squeezed = (text: string) => text.replace(/\s+/g, "").toLowerCase();

function condition(expression: string, cell: Cell): string | null {
    if (cell === null) return `not ispresent(${expression})`;
    if (typeof cell === "number") return `${expression} = ${cell}`;
    return typeof cell === "string" ? `${expression} = ${quote(cell)}` : null;
}

/** The query behind one group of a result, or behind all of them without a row; null where it cannot be told. */
export function behindGroup(query: string, source: string, columns: readonly Column[], row: readonly Cell[] | null): string | null {
    const all = stages(query).filter(({ tokens }) => tokens.length);
    const stats = all.filter(({ command }) => command === "stats");
    const shown = SHOWN[source];
    if (stats.length !== 1 || !shown || all.some(({ command }) => command === "pattern" || command === "diff")) return null;
    const conditions: string[] = [];
    for (const key of row ? statsParts(query, stats[0]).keys : []) {
        if (/^(bin|datefloor|dateceil)$/i.test(key.tokens[0].text)) continue;
        const at = columns.findIndex(({ name }) => squeezed(name) === squeezed(key.name));
        const made = at < 0 ? null : condition(key.expression, row![at]);
        if (!made) return null;
        conditions.push(made);
    }
    const before = query.slice(0, stats[0].from).replace(/\s*\|?\s*$/, "");
    const parts = [before, ...(conditions.length ? [`filter ${conditions.join(" and ")}`] : []), shown].filter(Boolean);
    return parts.join("\n| ");
}

/** A pattern's fixed pieces as a regular expression that finds its samples. */
export function patternRegex(pattern: string): string {
    const pieces = pattern.split(/<[^<>\s]{1,40}-\d+>/).map((piece) => piece.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    return `/${pieces.join(".*?").replace(/\n/g, "\\n")}/`;
}

/** Some rows of a pattern: the query up to `pattern`, narrowed to what looks like it. */
export function behindPattern(query: string, pattern: string): string | null {
    const stage = stages(query).find(({ command }) => command === "pattern");
    if (!stage) return null;
    const field = stage.tokens[1] ? query.slice(stage.tokens[1].from, stage.tokens[1].to) : "@message";
    const before = query.slice(0, stage.from).replace(/\s*\|?\s*$/, "");
    return [before, `filter ${field} like ${patternRegex(pattern)}`, `fields @timestamp, ${field}`, "sort @timestamp desc"].filter(Boolean).join("\n| ");
}
