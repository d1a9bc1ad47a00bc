/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a result: only those in sight exist, so a hundred thousand scroll as ten do. A row that belongs to a
 * trace opens it; any row unfolds to its whole values. Sorting is of the rows that came.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import type { Cell, Column, QueryResult } from "../api/ask";
import { useKeys } from "../app/keys";
import { useUrl } from "../app/url";
import { Go } from "../components/go";
import { Icon } from "../components/icon";
import { LongText } from "../components/long-text";
import { clip, oneLine, visible } from "../format/text";
import { CellView, isNumeric } from "./cells";
import { asNumber, cellText } from "./shape";
import type { Unit } from "./units";

const ROW = 30;

export interface Order {
    column: string;
    descending: boolean;
}

/** Row numbers in order; nothing known stands last whichever way it is sorted. */
function sortedRows(result: QueryResult, order: Order | null): number[] {
    const rows = result.rows.map((_, at) => at);
    const column = order ? result.columns.findIndex(({ name }) => name === order.column) : -1;
    if (!order || column < 0) return rows;
    const sign = order.descending ? -1 : 1;
    const natural = new Intl.Collator("en", { numeric: true });
    const keys = result.rows.map((row) => {
        const cell = row[column];
        return cell === null ? null : (asNumber(cell) ?? cellText(cell));
    });
    return rows.sort((a, b) => {
        const left = keys[a];
        const right = keys[b];
        if (left === null || right === null) return left === right ? a - b : left === null ? 1 : -1;
        const both = typeof left === "number" && typeof right === "number" ? left - right : natural.compare(String(left), String(right));
        return sign * both || a - b;
    });
}

function widthOf(result: QueryResult, at: number): { min: number; grow: number } {
    const column = result.columns[at];
    const head = column.name.length * 7 + 34;
    if (column.type === "time") return { min: Math.max(136, head), grow: 0 };
    if (isNumeric(column)) return { min: Math.max(96, Math.min(220, head)), grow: 0 };
    let longest = 0;
    for (const row of result.rows.slice(0, 60)) longest = Math.max(longest, Math.min(80, cellText(row[at]).length));
    return { min: Math.max(Math.min(140, head), Math.min(320, longest * 7 + 24), 80), grow: longest > 20 ? 3 : 1 };
}

/** The address of what a row is a row of: `<trace>/<span>`, or a trace alone. */
export function pointerHref(trace: (id: string, extra?: { span?: string }) => string, pointer: string | null | undefined): string | null {
    const found = pointer ? /^([0-9a-f]{32})(?:\/([0-9a-f]{16}))?$/.exec(pointer) : null;
    return found ? trace(found[1], { span: found[2] }) : null;
}

interface Props {
    result: QueryResult;
    units: Unit[];
    order: Order | null;
    setOrder: (order: Order | null) => void;
    /** Keys reach the rows from anywhere on the screen; on a dashboard only from inside. */
    keyboard?: boolean;
    /** The rows behind a group, as an address; null where there are none. */
    behind?: (row: Cell[]) => string | null;
}

export function ResultTable({ result, units, order, setOrder, keyboard, behind }: Props) {
    const url = useUrl();
    const scroller = useRef<HTMLDivElement>(null);
    const id = useId();
    const [active, setActive] = useState(-1);
    const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
    const rows = useMemo(() => sortedRows(result, order), [result, order]);
    useEffect(() => {
        setActive(-1);
        setOpen(new Set());
        scroller.current?.scrollTo({ top: 0 });
    }, [result]);
    const widths = useMemo(() => result.columns.map((_, at) => widthOf(result, at)), [result]);
    const template = `28px ${widths.map(({ min, grow }) => `minmax(${min}px, ${grow ? `${grow}fr` : `${min}px`})`).join(" ")}`;
    const minWidth = 28 + widths.reduce((sum, { min }) => sum + min, 0);
    const list = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, getItemKey: (index) => rows[index], overscan: 12, useFlushSync: false });

    const hrefOf = (at: number) => pointerHref(url.trace, result.pointers?.[rows[at]]) ?? behind?.(result.rows[rows[at]]) ?? null;
    /* Only unfolded rows are measured: a folded one is as high as any other. */
    const toggle = (row: number) => {
        const next = new Set(open);
        if (next.delete(row)) list.resizeItem(rows.indexOf(row), ROW);
        else next.add(row);
        setOpen(next);
    };
    const move = (to: number) => {
        const at = Math.max(0, Math.min(rows.length - 1, to));
        setActive(at);
        list.scrollToIndex(at);
    };
    const moving = (step: number) => (event: KeyboardEvent) => {
        if ((event.target as HTMLElement).closest(".chart-host, .menu")) return false;
        move(active + step);
        return true;
    };
    const keys = {
        j: moving(1),
        k: moving(-1),
        ArrowDown: moving(1),
        ArrowUp: moving(-1),
        PageDown: moving(20),
        PageUp: moving(-20),
        Home: () => move(0),
        End: () => move(rows.length - 1),
        e: () => (active >= 0 ? toggle(rows[active]) : false),
        Enter: () => {
            if (active < 0) return false;
            const href = hrefOf(active);
            if (href) url.go(href);
            else toggle(rows[active]);
            return true;
        },
        Escape: () => (active >= 0 ? setActive(-1) : false),
    };
    useKeys(keyboard ? keys : {});

    return (
        <div
            ref={scroller}
            className="result-table"
            role="grid"
            aria-label="Result"
            aria-rowcount={rows.length + 1}
            aria-colcount={result.columns.length + 1}
            aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
            tabIndex={0}
            onKeyDown={(event) => {
                if (keyboard || event.target !== event.currentTarget) return;
                const action = keys[event.key as keyof typeof keys];
                if (action && action(event.nativeEvent) !== false) event.preventDefault();
            }}
        >
            <div className="result-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, minWidth }}>
                <div role="columnheader">
                    <span className="sr">Row</span>
                </div>
                {result.columns.map((column, at) => (
                    <Head key={at} column={column} words={keyboard ? column.name : wordsOf(column.name)} order={order} setOrder={setOrder} />
                ))}
            </div>
            <div className="result-rows" role="rowgroup" style={{ height: list.getTotalSize(), minWidth }}>
                {list.getVirtualItems().map((item) => {
                    const row = rows[item.index];
                    const href = hrefOf(item.index);
                    const isOpen = open.has(row);
                    return (
                        <div
                            key={row}
                            ref={isOpen ? list.measureElement : undefined}
                            data-index={item.index}
                            id={`${id}-${item.index}`}
                            role="row"
                            aria-rowindex={item.index + 2}
                            aria-selected={item.index === active}
                            className={`result-row ${item.index === active ? "active" : ""} ${href ? "leads" : ""} ${isOpen ? "open" : ""}`}
                            style={{ transform: `translateY(${item.start}px)` }}
                        >
                            <div
                                className="result-cells"
                                role="presentation"
                                style={{ gridTemplateColumns: template }}
                                onClick={(event) => {
                                    if (event.defaultPrevented || event.metaKey || event.ctrlKey || getSelection()?.toString()) return;
                                    if (href) url.go(href);
                                    else toggle(row);
                                }}
                            >
                                <div role="gridcell" className="result-fold">
                                    <button
                                        type="button"
                                        aria-expanded={isOpen}
                                        aria-label={`${isOpen ? "Fold" : "Unfold"} row ${item.index + 1}`}
                                        onClick={(event) => {
                                            event.preventDefault();
                                            toggle(row);
                                        }}
                                    >
                                        <Icon name={isOpen ? "down" : "right"} small />
                                    </button>
                                </div>
                                {result.columns.map((column, at) => (
                                    <div key={at} role="gridcell" className={isNumeric(column) ? "n" : ""}>
                                        {at === 0 && href ? (
                                            <Go href={href} className="cut result-link">
                                                <CellView cell={result.rows[row][at]} column={column} unit={units[at]} />
                                            </Go>
                                        ) : (
                                            <CellView cell={result.rows[row][at]} column={column} unit={units[at]} />
                                        )}
                                    </div>
                                ))}
                            </div>
                            {isOpen && <Unfolded columns={result.columns} units={units} row={result.rows[row]} href={href} />}
                        </div>
                    );
                })}
            </div>
        </div>
    );
}

/** A widget is read by people who did not write its query. */
const wordsOf = (name: string) => (name === "@timestamp" ? "time" : name.replace(/^@/, "").replaceAll("_", " "));

function Head({ column, words, order, setOrder }: { column: Column; words: string; order: Order | null; setOrder: (order: Order | null) => void }) {
    const on = order?.column === column.name;
    const next = () => setOrder(!on ? { column: column.name, descending: column.type !== "text" } : order.descending === (column.type !== "text") ? { ...order, descending: !order.descending } : null);
    return (
        <div role="columnheader" className={isNumeric(column) ? "n" : ""} aria-sort={on ? (order.descending ? "descending" : "ascending") : "none"}>
            <button type="button" className={on ? "on" : ""} onClick={next} title={`Sort by ${clip(oneLine(column.name), 200)}`}>
                <span className="cut">{clip(oneLine(words), 120)}</span>
                {on && <Icon name={order.descending ? "down" : "up"} small />}
            </button>
        </div>
    );
}

/** A value in full: numbers and times also as they came. */
function Whole({ cell, column, unit }: { cell: Cell; column: Column; unit: Unit }) {
    if (cell === null) return <span className="muted">not known</span>;
    if (column.type === "time" || (isNumeric(column) && unit)) {
        return (
            <>
                <CellView cell={cell} column={column} unit={unit} /> <span className="muted mono">{cellText(cell)}</span>
            </>
        );
    }
    return <LongText text={cellText(cell)} what={`the value of ${column.name}`} mono />;
}

function Unfolded({ columns, units, row, href }: { columns: Column[]; units: Unit[]; row: Cell[]; href: string | null }) {
    return (
        <div className="result-open" role="gridcell">
            {href && (
                <Go className="plain" href={href}>
                    Open what is behind this row
                </Go>
            )}
            <dl>
                {columns.map((column, at) => (
                    <div key={at}>
                        <dt className="mono">{visible(clip(column.name, 200))}</dt>
                        <dd>
                            <Whole cell={row[at]} column={column} unit={units[at]} />
                        </dd>
                    </div>
                ))}
            </dl>
        </div>
    );
}
