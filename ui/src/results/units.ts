/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the numbers of a column are: milliseconds, dollars, bytes, or just numbers. The reply may say it; else it
 * follows from the query, because `avg(duration) as slow` is as much a duration as `duration` is.
 */
import type { Column, FieldEntry } from "../api/ask";
import { lex, type Token } from "../language/lex";
import { bytes, count, duration, money, NONE, percent } from "../format/number";

export type Unit = "ms" | "ns" | "s" | "usd" | "bytes" | "tokens" | "share" | null;

const NAMES: Record<string, Unit> = {
    ms: "ms", milliseconds: "ms", ns: "ns", nanoseconds: "ns", s: "s", seconds: "s", usd: "usd", dollars: "usd", dollar: "usd", $: "usd",
    bytes: "bytes", byte: "bytes", by: "bytes", tokens: "tokens", token: "tokens", share: "share", ratio: "share",
};

function unitOf(name: string | null | undefined): Unit {
    return (name && NAMES[name.toLowerCase()]) || null;
}

/* Results that keep the unit of their first argument; every other function gives a plain number. */
const KEEPS = new Set(["avg", "sum", "min", "max", "pct", "percentile", "median", "stddev", "earliest", "latest", "sortsfirst", "sortslast", "abs", "ceil", "floor", "round", "greatest", "least", "coalesce", "tonumber", "todouble", "tolong", "if", "values"]);

type Known = (name: string) => Unit | "flag";

function expressionUnit(tokens: Token[], known: Known): Unit | "flag" {
    let depth = 0;
    for (const { text, kind } of tokens) {
        if (text === "(" || text === "[") depth += 1;
        else if (text === ")" || text === "]") depth -= 1;
        else if (depth === 0 && kind === "operator" && text !== "+" && text !== "-") return null;
    }
    const first = tokens.find(({ text }) => text !== "(");
    if (first?.kind === "function") {
        if (!KEEPS.has(first.text.toLowerCase())) return null;
        const open = tokens.findIndex(({ text }) => text === "(");
        const inner = expressionUnit(firstArgument(tokens.slice(open + 1)), known);
        /* The mean of yes and no is a share; their sum is a count. */
        return inner !== "flag" ? inner : /^avg$/i.test(first.text) ? "share" : null;
    }
    return first?.kind === "field" ? known(first.text.replace(/`/g, "")) : null;
}

function firstArgument(tokens: Token[]): Token[] {
    let depth = 0;
    for (let at = 0; at < tokens.length; at += 1) {
        const { text } = tokens[at];
        if (text === "(" || text === "[") depth += 1;
        else if (depth === 0 && (text === "," || text === ")")) return tokens.slice(0, at);
        else if (text === ")" || text === "]") depth -= 1;
    }
    return tokens;
}

/** The tokens of the expression that ends before `end`: back to a comma, a pipe, `by` or the command itself. */
function expressionBefore(tokens: Token[], end: number): Token[] {
    let depth = 0;
    let at = end - 1;
    for (; at >= 0; at -= 1) {
        const { text, kind } = tokens[at];
        if (text === ")" || text === "]") depth += 1;
        else if (text === "(" || text === "[") depth -= 1;
        else if (depth === 0 && (text === "," || kind === "pipe" || kind === "command" || text.toLowerCase() === "by")) break;
    }
    return tokens.slice(at + 1, end);
}

export function columnUnits(query: string, columns: readonly Column[], fields: readonly FieldEntry[] = []): Unit[] {
    const byName = new Map<string, Unit | "flag">();
    for (const field of fields) for (const name of [field.name, ...(field.aliases ?? [])]) byName.set(name, field.type === "boolean" ? "flag" : unitOf(field.unit));
    const tokens = lex(query).filter(({ kind }) => kind !== "comment");
    const known: Known = (name) => byName.get(name) ?? null;
    /* In order, so that a name may build on one made before it. */
    tokens.forEach((token, at) => {
        if (token.kind === "field" && tokens[at - 1]?.text.toLowerCase() === "as") byName.set(token.text.replace(/`/g, ""), expressionUnit(expressionBefore(tokens, at - 1), known));
    });
    return columns.map((column) => {
        if (column.unit) return unitOf(column.unit);
        if (column.type !== "integer" && column.type !== "number" && column.type !== "any") return null;
        const unit = byName.has(column.name) ? known(column.name) : expressionUnit(lex(`stats ${column.name}`).slice(1), known);
        return unit === "flag" ? null : unit;
    });
}

/** SQL's columns are named by whoever wrote it; the views' own names tell what they hold. */
export function sqlUnits(columns: readonly Column[]): Unit[] {
    return columns.map(({ name, type }) => {
        if (type !== "integer" && type !== "number") return null;
        if (/_ms$/i.test(name)) return "ms";
        if (/(^|_)(cost|usd|dollars)$/i.test(name)) return "usd";
        return /tokens$/i.test(name) ? "tokens" : null;
    });
}

export type Format = (value: number | null | undefined) => string;

/** How a number with this unit is read; charts and cells share it. */
export function formatOf(unit: Unit): Format {
    const scaled = (format: Format, by: number): Format => (value) => (value === null || value === undefined ? NONE : format(value * by));
    if (unit === "ms") return scaled(duration, 1e6);
    if (unit === "ns") return duration;
    if (unit === "s") return scaled(duration, 1e9);
    if (unit === "usd") return scaled(money, 1e9);
    if (unit === "bytes") return bytes;
    if (unit === "share") return percent;
    return count;
}

export function unitName(unit: Unit): string {
    return unit === null ? "" : { ms: "ms", ns: "ns", s: "s", usd: "$", bytes: "bytes", tokens: "tokens", share: "share" }[unit];
}
