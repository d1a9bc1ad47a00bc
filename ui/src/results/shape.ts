/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pictures a result can be, and the numbers each of them draws. The first view that fits is the one
 * shown: a series over time, one number, groups, patterns, else a table.
 */
import type { Cell, Column, QueryResult } from "../api/ask";
import { nsToMs } from "../format/time";

export const VIEWS = ["table", "line", "area", "bar", "stacked", "number", "pie", "histogram", "heatmap", "pattern"] as const;
export type View = (typeof VIEWS)[number];

export const VIEW_LABELS: Record<View, string> = {
    table: "Table", line: "Lines", area: "Areas", bar: "Bars", stacked: "Stacked", number: "Number", pie: "Pie", histogram: "Histogram", heatmap: "Heat map", pattern: "Patterns",
};

export function asNumber(cell: Cell): number | null {
    if (typeof cell === "number") return cell;
    if (typeof cell === "boolean") return cell ? 1 : 0;
    if (typeof cell !== "string" || !/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(cell)) return null;
    return Number(cell);
}

const isNumber = ({ type }: Column) => type === "integer" || type === "number";
const isTime = ({ type }: Column) => type === "time";

/** Columns of numbers; one that says `any` counts when what it holds are numbers. */
function numeric(result: QueryResult): number[] {
    return result.columns.flatMap((column, at) => {
        if (isNumber(column)) return [at];
        if (column.type !== "any") return [];
        const some = result.rows.slice(0, 40).filter((row) => row[at] !== null);
        return some.length && some.every((row) => asNumber(row[at]) !== null) ? [at] : [];
    });
}

export interface Layout {
    time: number;
    /** Columns that say which group a row is of. */
    keys: number[];
    numbers: number[];
}

export function layoutOf(result: QueryResult): Layout {
    const time = result.columns.findIndex(isTime);
    const numbers = numeric(result);
    const keys = result.columns.flatMap((_, at) => (at === time || numbers.includes(at) ? [] : [at]));
    return { time, keys, numbers };
}

const GROUPS_MAX = 500;

/** SQL says nothing about its shape: a column of times, each of them once a group, is a series. */
export function isSeries(result: QueryResult, time: number): boolean {
    return time >= 0 && result.rows.length > 0 && (result.shape === "series" || (result.source === "sql" && result.rows.length > 1));
}

export function viewsOf(result: QueryResult): View[] {
    if (result.shape === "pattern") return ["pattern", "table"];
    const { time, keys, numbers } = layoutOf(result);
    const grouped = !result.pointers?.some((pointer) => pointer !== null);
    if (!result.rows.length || !numbers.length || !grouped) return result.rows.length && numbers.length ? ["table", "histogram"] : ["table"];
    if (isSeries(result, time)) return keys.length || numbers.length > 1 ? ["line", "stacked", "area", "bar", "heatmap", "table"] : ["line", "bar", "area", "heatmap", "table"];
    if (result.rows.length === 1 && !keys.length) return ["number", "table"];
    if (keys.length && result.rows.length <= GROUPS_MAX) return ["bar", "table", "pie", "number"];
    return ["table", "histogram"];
}

export interface Line {
    key: string;
    label: string;
    values: (number | null)[];
    /** Which number column it is of, for its unit. */
    column: number;
    total: number;
    /** A row of this group. */
    row: number;
}

export interface SeriesData {
    times: number[];
    stepMs: number;
    lines: Line[];
    /** How many more there are than are drawn. */
    hidden: number;
}

const LINES_MAX = 12;
const POINTS_MAX = 3000;

export function cellText(cell: Cell): string {
    if (cell === null || cell === undefined) return "–";
    return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

/** A group's name: what it is of, or that it is of nothing. */
function groupText(cell: Cell): string {
    return cell === null || cell === undefined ? "(none)" : cellText(cell);
}

function stepOf(sorted: readonly number[], name: string): number {
    let step = Infinity;
    for (let at = 1; at < sorted.length; at += 1) step = Math.min(step, sorted[at] - sorted[at - 1]);
    if (Number.isFinite(step)) return step;
    const [, digits, unit] = /(\d+)\s*(ms|s|m|h|d|w)/.exec(name) ?? [];
    return digits ? Number(digits) * { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 7 * 86400e3 }[unit as "s"]! : 60e3;
}

/** Every bucket between the ends of the question, so that silence is seen as silence. */
function grid(sorted: readonly number[], stepMs: number, fromMs: number, toMs: number): number[] {
    const first = sorted[0] - Math.floor((sorted[0] - fromMs) / stepMs) * stepMs;
    const count = Math.floor((toMs - first) / stepMs) + 1;
    const aligned = sorted.every((ms) => Math.abs(Math.round((ms - first) / stepMs) * stepMs + first - ms) < 1);
    if (!aligned || count > POINTS_MAX || count < sorted.length) return [...sorted];
    return Array.from({ length: count }, (_, at) => first + at * stepMs);
}

export function seriesOf(result: QueryResult): SeriesData | null {
    const { time, keys, numbers } = layoutOf(result);
    if (time < 0 || !numbers.length) return null;
    const moments = result.rows.map((row) => (row[time] === null ? NaN : nsToMs(String(row[time]))));
    const sorted = [...new Set(moments.filter(Number.isFinite))].sort((a, b) => a - b);
    if (!sorted.length) return null;
    const stepMs = stepOf(sorted, result.columns[time].name);
    const times = grid(sorted, stepMs, nsToMs(result.from), nsToMs(result.to));
    const slot = new Map(times.map((ms, at) => [Math.round(ms), at]));
    const lines = new Map<string, Line>();
    result.rows.forEach((row, at) => {
        const where = slot.get(Math.round(moments[at]));
        if (where === undefined) return;
        const group = keys.map((key) => groupText(row[key])).join(" · ");
        for (const column of numbers) {
            const name = result.columns[column].name;
            const label = !group ? name : numbers.length > 1 ? `${group} ${name}` : group;
            const key = `${column}/${group}`;
            let line = lines.get(key);
            if (!line) lines.set(key, (line = { key, label, values: new Array(times.length).fill(null), column, total: 0, row: at }));
            const value = asNumber(row[column]);
            if (value === null) continue;
            line.values[where] = value;
            line.total += value;
        }
    });
    const all = [...lines.values()];
    /* With groups, the largest are drawn; several measures of one thing keep the order they were asked for. */
    if (keys.length) all.sort((a, b) => b.total - a.total);
    return { times, stepMs, lines: all.slice(0, LINES_MAX), hidden: Math.max(0, all.length - LINES_MAX) };
}

export interface Group {
    label: string;
    values: (number | null)[];
}

interface GroupData {
    groups: Group[];
    numbers: number[];
}

export function groupsOf(result: QueryResult): GroupData {
    const { keys, numbers, time } = layoutOf(result);
    const by = keys.length ? keys : time >= 0 ? [time] : [];
    return { numbers, groups: result.rows.map((row) => ({ label: by.map((at) => groupText(row[at])).join(" · "), values: numbers.map((at) => asNumber(row[at])) })) };
}

interface Bucket {
    from: number;
    to: number;
    count: number;
}

/** Steps people read: 1, 2 or 5 times a power of ten. */
function niceStep(rough: number): number {
    const power = 10 ** Math.floor(Math.log10(rough));
    const lead = rough / power;
    return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
}

/** Edges 1, 2, 5, 10, 20 … around what is there, below them everything from zero. */
function skewedEdges(low: number, high: number): number[] {
    const edges: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
        for (const lead of [1, 2, 5]) edges.push(Number((lead * 10 ** power).toPrecision(1)));
    }
    const first = edges.findIndex((edge, at) => edge <= low && (edges[at + 1] ?? Infinity) > low);
    const last = edges.findIndex((edge) => edge > high);
    return edges.slice(Math.max(0, first), last < 0 ? undefined : last + 1);
}

function fromEdges(edges: readonly number[], values: readonly number[]): Bucket[] {
    const buckets = edges.slice(1).map((to, at) => ({ from: edges[at], to, count: 0 }));
    for (const value of values) {
        let at = 0;
        while (at < buckets.length - 1 && value >= buckets[at].to) at += 1;
        buckets[at].count += 1;
    }
    return buckets;
}

/* From here on equal steps would put nearly everything into the first of them. */
const SKEW = 25;

/** Classes of equal width, or growing ones where a few values are many times the usual one. */
export function histogramOf(values: readonly number[], wanted = 24): Bucket[] {
    if (!values.length) return [];
    const sorted = [...values].sort((a, b) => a - b);
    const low = sorted[0];
    const high = sorted[sorted.length - 1];
    if (low === high) return [{ from: low, to: high, count: values.length }];
    const middle = sorted[Math.floor(sorted.length / 2)];
    if (low >= 0 && middle > 0 && high / middle > SKEW) {
        const least = Math.max(sorted.find((value) => value > 0)!, middle / 1000);
        const edges = skewedEdges(least, high);
        return fromEdges(low < edges[0] ? [0, ...edges] : edges, values);
    }
    const step = niceStep((high - low) / wanted);
    const first = Math.floor(low / step);
    const count = Math.floor(high / step) - first + 1;
    return fromEdges(Array.from({ length: count + 1 }, (_, at) => (first + at) * step), values);
}

export function columnValues(result: QueryResult, column: number): number[] {
    return result.rows.flatMap((row) => {
        const value = asNumber(row[column]);
        return value === null || !Number.isFinite(value) ? [] : [value];
    });
}
