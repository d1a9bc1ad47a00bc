/* SPDX-License-Identifier: Apache-2.0 */
/* The columns a trace list can show. `sort` names the server's order; without it a column is not sortable. */
import type { ReactNode } from "react";
import type { TraceRow } from "../../api/types";
import { Go } from "../../components/go";
import { Moment } from "../../components/pieces";
import { count, duration, exact, money, moneyExact, NONE } from "../../format/number";
import { clip, oneLine, preview, shortModel } from "../../format/text";

interface CellContext {
    href: string;
    /** Length of a full latency bar. */
    slowest: number;
}

export interface Column {
    id: string;
    label: string;
    /** Pixels it needs, and its share of what is left over. */
    min: number;
    grow?: number;
    number?: boolean;
    sort?: string;
    cell: (trace: TraceRow, context: CellContext) => ReactNode;
}

const textCell = (value: string | null) => (value ? <span className="cut" title={oneLine(value)}>{clip(oneLine(value), 120)}</span> : <span className="muted">{NONE}</span>);

const text = (id: keyof TraceRow, label: string, min = 100, grow = 0): Column => ({
    id,
    label,
    min,
    grow,
    cell: (trace) => textCell(trace[id] as string | null),
});

const number = (id: keyof TraceRow, label: string, sort?: string): Column => ({
    id,
    label,
    min: 72,
    number: true,
    sort,
    cell: (trace) => {
        const value = trace[id] as number | null;
        return <span title={exact(value)} className={value ? "" : "muted"}>{count(value)}</span>;
    },
});

export const COLUMNS: Column[] = [
    { id: "start", label: "Time", min: 118, sort: "start", cell: (trace) => <span className="trace-time"><State trace={trace} /><Moment ns={trace.start} /></span> },
    { id: "name", label: "Name", min: 200, grow: 3, cell: (trace, { href }) => <Name trace={trace} href={href} /> },
    { id: "duration", label: "Latency", min: 100, number: true, sort: "duration", cell: (trace, { slowest }) => <Latency trace={trace} slowest={slowest} /> },
    { id: "ttft", label: "First token", min: 68, number: true, sort: "ttft", cell: (trace) => <span className={trace.ttft === null ? "muted" : ""}>{duration(trace.ttft)}</span> },
    { id: "tokens", label: "Tokens", min: 58, number: true, sort: "tokens", cell: (trace) => <Tokens trace={trace} /> },
    { id: "cost", label: "Cost", min: 72, number: true, sort: "cost", cell: (trace) => <Cost trace={trace} /> },
    { id: "model", label: "Model", min: 108, grow: 1, cell: (trace) => <Model trace={trace} /> },
    text("user", "User", 68, 0.7),
    text("session", "Session", 68, 0.7),
    { id: "output", label: "Answer", min: 160, grow: 2, cell: (trace) => textCell(trace.output) },
    text("service", "Service"),
    text("environment", "Environment"),
    text("provider", "Provider", 90),
    text("tenant", "Tenant"),
    text("release", "Release", 80),
    text("error_kind", "Error kind", 110),
    number("errors", "Errors", "errors"),
    number("spans", "Spans", "spans"),
    number("llm_calls", "Model calls"),
    number("tool_calls", "Tool calls"),
    number("input_tokens", "Input"),
    number("output_tokens", "Output"),
];

/* As in traces.css. */
const GAP = 12;
const MARGIN = 32;

export const DEFAULT_COLUMNS = ["start", "name", "duration", "ttft", "tokens", "cost", "model", "user", "session"];

export function gridTemplate(columns: readonly Column[]): { gridTemplateColumns: string; minWidth: number } {
    const least = columns.reduce((sum, { min }) => sum + min + GAP, MARGIN);
    return { gridTemplateColumns: columns.map(({ min, grow }) => (grow ? `minmax(${min}px, ${grow}fr)` : `${min}px`)).join(" "), minWidth: least };
}

/* What is left out first where there is no room and nobody chose; each row's trace tells it. */
const SPARE = ["session", "ttft", "user", "model", "tokens"];

/** The columns that fit into so many pixels. */
export function fittingColumns(columns: readonly Column[], room: number): readonly Column[] {
    const spare = SPARE.find((id) => columns.some((each) => each.id === id));
    return !room || !spare || gridTemplate(columns).minWidth <= room ? columns : fittingColumns(columns.filter(({ id }) => id !== spare), room);
}

/* What stands in a row of two lines, where no row has room for even the least columns. */
const IN_LINES = ["start", "name", "duration", "tokens", "cost"];

export function columnsInLines(columns: readonly Column[]): readonly Column[] {
    return columns.filter(({ id }) => IN_LINES.includes(id));
}

export function chosenColumns(source: string | undefined): Column[] {
    const wanted = source ? source.split(",") : DEFAULT_COLUMNS;
    const chosen = COLUMNS.filter(({ id }) => wanted.includes(id));
    return chosen.some(({ id }) => id === "name") ? chosen : [COLUMNS[1], ...chosen];
}

function State({ trace }: { trace: TraceRow }) {
    const running = trace.state === "running";
    const word = running ? "running" : trace.status === "error" ? "failed" : "ok";
    return (
        <i className={`dot ${running ? "running" : trace.status}`} title={word}>
            <span className="sr">{word}</span>
        </i>
    );
}

function Name({ trace, href }: { trace: TraceRow; href: string }) {
    return (
        <Go href={href} className="trace-name" tabIndex={-1}>
            <span className="cut trace-name-own">{clip(oneLine(trace.name), 120)}</span>
            {trace.error_kind && trace.error_kind !== "unknown" && trace.status === "error" && <span className="tag error">{oneLine(trace.error_kind).replace("_", " ")}</span>}
            {trace.status === "ok" && trace.errors > 0 && (
                <span className="tag warn" title="Failed inside, but the request succeeded">
                    {count(trace.errors)} failed inside
                </span>
            )}
            {!trace.complete && trace.state !== "running" && <span className="tag">incomplete</span>}
            <span className="cut muted trace-name-input">{preview(trace.input, 200)}</span>
        </Go>
    );
}

function Latency({ trace, slowest }: { trace: TraceRow; slowest: number }) {
    const share = slowest > 0 ? Math.max(0, Math.min(1, trace.duration / slowest)) : 0;
    return (
        <span className="latency" title={`${exact(trace.duration / 1e6)} ms`}>
            <i style={{ width: `${(share * 100).toFixed(1)}%` }} className={trace.duration > slowest ? "over" : ""} />
            <span>{duration(trace.duration)}</span>
        </span>
    );
}

function Tokens({ trace }: { trace: TraceRow }) {
    const cached = trace.cache_read_tokens ? `, ${exact(trace.cache_read_tokens)} of the input from a cache` : "";
    return (
        <span className={trace.total_tokens ? "" : "muted"} title={`${exact(trace.input_tokens)} in, ${exact(trace.output_tokens)} out${cached}`}>
            {count(trace.total_tokens)}
        </span>
    );
}

function Cost({ trace }: { trace: TraceRow }) {
    if (trace.unpriced > 0 && !trace.cost) return <span className="tag warn" title={`${exact(trace.unpriced)} calls without a known price`}>unpriced</span>;
    return (
        <span className={trace.cost ? "" : "muted"} title={moneyExact(trace.cost)}>
            {trace.cost === null || (!trace.cost && !trace.llm_calls) ? NONE : money(trace.cost)}
            {trace.unpriced > 0 && "+"}
        </span>
    );
}

function Model({ trace }: { trace: TraceRow }) {
    if (!trace.model) return <span className="muted">{NONE}</span>;
    return (
        <span className="row trace-model" title={oneLine(trace.model)}>
            <span className="cut">{clip(shortModel(oneLine(trace.model)), 80)}</span>
            {trace.models > 1 && <span className="muted">+{trace.models - 1}</span>}
        </span>
    );
}

