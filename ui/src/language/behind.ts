/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a number to what it counts: the query up to its `stats`, narrowed to one group. Only where that is certain:
 * one `stats`, and every group column found in its `by` list.
 */
import type { Cell, Column } from "../api/ask";
import { quote, type Stage, stages, type Token } from "./lex";

const SHOWN: Record<string, string> = {
    spans: "fields @timestamp, name, model, status, duration, cost",
    traces: "fields @timestamp, name, status, duration, cost",
    logs: "fields @timestamp, @message",
    scores: "fields @timestamp, name, value",
};

const squeezed = (text: string) => text.replace(/\s+/g, "").toLowerCase();

interface Key {
    expression: string;
    name: string;
    isBin: boolean;
}

function keysOf(text: string, stage: Stage): Key[] {
    let depth = 0;
    let by = -1;
    stage.tokens.forEach((token, at) => {
        if (/^[([]$/.test(token.text)) depth += 1;
        else if (/^[)\]]$/.test(token.text)) depth -= 1;
        else if (depth === 0 && token.kind === "word" && token.text.toLowerCase() === "by") by = at;
    });
    if (by < 0) return [];
    const parts: Token[][] = [[]];
    for (const token of stage.tokens.slice(by + 1)) {
        if (/^[([]$/.test(token.text)) depth += 1;
        else if (/^[)\]]$/.test(token.text)) depth -= 1;
        if (depth === 0 && token.text === ",") parts.push([]);
        else parts[parts.length - 1].push(token);
    }
    return parts.filter((part) => part.length).map((part) => {
        const as = part.findIndex((token) => token.kind === "word" && token.text.toLowerCase() === "as");
        const own = as > 0 ? part.slice(0, as) : part;
        const expression = text.slice(own[0].from, own[own.length - 1].to);
        return { expression, name: (as > 0 && part[as + 1] ? part[as + 1].text : expression).replace(/`/g, ""), isBin: /^(bin|datefloor|dateceil)$/i.test(own[0].text) };
    });
}

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
    for (const key of row ? keysOf(query, stats[0]) : []) {
        if (key.isBin) continue;
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
