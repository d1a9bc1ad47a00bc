/* SPDX-License-Identifier: Apache-2.0 */
/* The list itself: only the rows in sight exist; nearing the end asks for the next page. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { TraceRow } from "../../api/types";
import { useKeys } from "../../app/keys";
import { lastList, rememberList } from "../../app/lists";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Skeleton } from "../../components/pieces";
import { screenHref } from "../../url/href";
import { type Column, columnsInLines, fittingColumns, gridTemplate } from "./columns";

/* As in traces.css: a row, and one of two lines. */
const ROW = 34;
const ROW_LINES = 58;

interface Props {
    rows: TraceRow[];
    columns: Column[];
    sort: string;
    order: string;
    waiting: boolean;
    stale: boolean;
    more: boolean;
    loadMore: () => void;
}

/** A bar as long as the 95th percentile of what is loaded, so that one outlier does not flatten the rest. */
function barScale(rows: readonly TraceRow[]): number {
    const sorted = rows.map((row) => row.duration).filter((ns) => ns >= 0).sort((a, b) => a - b);
    return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] : 0;
}

function useWidth(of: RefObject<HTMLElement | null>): number {
    const [width, setWidth] = useState(0);
    useLayoutEffect(() => {
        const element = of.current!;
        const measure = () => setWidth(element.clientWidth);
        measure();
        const observer = new ResizeObserver(measure);
        observer.observe(element);
        return () => observer.disconnect();
    }, [of]);
    return width;
}

export function TraceTable({ rows, columns: chosen, sort, order, waiting, stale, more, loadMore }: Props) {
    const url = useUrl();
    const scroller = useRef<HTMLDivElement>(null);
    const room = useWidth(scroller);
    const fitting = useMemo(() => (url.search.cols ? chosen : fittingColumns(chosen, room)), [chosen, room, url.search.cols]);
    const inLines = !url.search.cols && room > 0 && gridTemplate(fitting).minWidth > room;
    const columns = useMemo(() => (inLines ? columnsInLines(chosen) : fitting), [inLines, chosen, fitting]);
    const here = screenHref(url.project, "traces", url.search);
    const [back] = useState(() => {
        const last = lastList(url.project);
        return last?.href === here ? last : null;
    });
    const [active, setActive] = useState(() => (back?.opened ? rows.findIndex((row) => row.trace_id === back.opened) : -1));
    const [marked, setMarked] = useState<readonly string[]>([]);
    /* The newest two: a third takes the place of the first. */
    const mark = (id: string) => setMarked((now) => (now.includes(id) ? now.filter((each) => each !== id) : [...now, id].slice(-2)));
    const slowest = useMemo(() => barScale(rows), [rows]);
    const list = useVirtualizer({
        count: rows.length,
        getScrollElement: () => scroller.current,
        estimateSize: () => (inLines ? ROW_LINES : ROW),
        overscan: 8,
        useFlushSync: false,
        initialOffset: back?.offset ?? 0,
    });
    useLayoutEffect(() => list.measure(), [list, inLines]);
    const shown = list.getVirtualItems();
    const lastShown = shown[shown.length - 1]?.index ?? 0;
    useEffect(() => {
        if (more && rows.length && lastShown >= rows.length - 30) loadMore();
    });
    useEffect(() => setActive((at) => (at >= rows.length ? -1 : at)), [rows.length]);
    /* A new question starts at its top; coming back to the old one does not. */
    const asked = useRef(here);
    useEffect(() => {
        if (asked.current !== here) scroller.current?.scrollTo({ top: 0 });
        asked.current = here;
    }, [here]);

    const remember = (opened: string) =>
        rememberList({ href: here, ids: rows.map((row) => row.trace_id), offset: scroller.current?.scrollTop ?? 0, opened });
    const open = (at: number) => {
        if (!rows[at]) return;
        remember(rows[at].trace_id);
        url.go(url.trace(rows[at].trace_id));
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
    useKeys({
        j: moving(1),
        k: moving(-1),
        ArrowDown: moving(1),
        ArrowUp: moving(-1),
        PageDown: moving(20),
        PageUp: moving(-20),
        Home: () => move(0),
        End: () => move(rows.length - 1),
        Enter: () => (active >= 0 ? open(active) : false),
        m: () => (active >= 0 && rows[active] ? mark(rows[active].trace_id) : false),
        Escape: () => (marked.length ? setMarked([]) : active >= 0 ? setActive(-1) : false),
    });

    const grid = useMemo(() => (inLines ? undefined : gridTemplate(columns)), [inLines, columns]);
    return (
      <>
        <div
            ref={scroller}
            className={`trace-table ${inLines ? "in-lines" : ""} ${stale ? "stale" : ""}`}
            role="grid"
            aria-label="Traces"
            aria-rowcount={rows.length + 1}
            aria-activedescendant={active >= 0 ? `trace-${active}` : undefined}
            tabIndex={0}
        >
            <div className="trace-head" role="row" style={grid}>
                {columns.map((column) => (
                    <HeadCell key={column.id} column={column} sort={sort} order={order} />
                ))}
            </div>
            {waiting ? (
                <div className="trace-waiting">
                    {Array.from({ length: 14 }, (_, at) => (
                        <Skeleton key={at} height={14} width={`${94 - ((at * 37) % 30)}%`} />
                    ))}
                </div>
            ) : (
                <div className="trace-rows" style={{ height: list.getTotalSize(), minWidth: grid?.minWidth }} role="rowgroup">
                    {shown.map((item) => {
                        const trace = rows[item.index];
                        const href = url.trace(trace.trace_id);
                        return (
                            <div
                                key={trace.trace_id}
                                id={`trace-${item.index}`}
                                className={`trace-row ${trace.status} ${item.index === active ? "active" : ""}`}
                                role="row"
                                aria-rowindex={item.index + 2}
                                aria-selected={item.index === active}
                                style={{ transform: `translateY(${item.start}px)`, gridTemplateColumns: grid?.gridTemplateColumns }}
                                onClickCapture={() => remember(trace.trace_id)}
                                onClick={(event) => {
                                    if (!event.defaultPrevented && !event.metaKey && !event.ctrlKey && !getSelection()?.toString()) open(item.index);
                                }}
                            >
                                {columns.map((column, place) => (
                                    <div key={column.id} role="gridcell" className={`c-${column.id} ${column.number ? "n" : ""}`}>
                                        {place === 0 && <Mark on={marked.includes(trace.trace_id)} flip={() => mark(trace.trace_id)} />}
                                        {column.cell(trace, { href, slowest })}
                                    </div>
                                ))}
                            </div>
                        );
                    })}
                </div>
            )}
            {more && !waiting && <p className="trace-more muted">Loading more…</p>}
        </div>
        {marked.length > 0 && <Marked ids={marked} clear={() => setMarked([])} />}
      </>
    );
}

function Mark({ on, flip }: { on: boolean; flip: () => void }) {
    return (
        <label className={`trace-mark ${on ? "on" : ""}`} title="Mark for comparison (m)" onClick={(event) => event.stopPropagation()}>
            <input type="checkbox" checked={on} onChange={flip} tabIndex={-1} aria-label="Mark for comparison" />
        </label>
    );
}

function Marked({ ids, clear }: { ids: readonly string[]; clear: () => void }) {
    const url = useUrl();
    return (
        <div className="trace-marked" role="status">
            {ids.length === 1 ? <span className="muted">One trace is marked. Mark another to compare them.</span> : <Go className="button primary small" href={url.href("compare", { a: ids[0], b: ids[1] })}>Compare the two</Go>}
            <button type="button" className="button small" onClick={clear}>
                {ids.length === 1 ? "Unmark" : "Unmark both"}
            </button>
        </div>
    );
}

function HeadCell({ column, sort, order }: { column: Column; sort: string; order: string }) {
    const url = useUrl();
    const on = column.sort === sort;
    if (!column.sort) {
        return (
            <div role="columnheader" className={`c-${column.id} ${column.number ? "n" : ""}`}>
                {column.label}
            </div>
        );
    }
    const flip = () => {
        const next = on && order === "desc" ? "asc" : undefined;
        url.set({ sort: column.sort === "start" ? undefined : column.sort, order: next }, { replace: true });
    };
    return (
        <div role="columnheader" className={column.number ? "n" : ""} aria-sort={on ? (order === "asc" ? "ascending" : "descending") : "none"}>
            <button type="button" className={on ? "on" : ""} onClick={flip} title={`Sort by ${column.label.toLowerCase()}`}>
                {column.label}
                {on && <Icon name={order === "asc" ? "up" : "down"} small />}
            </button>
        </div>
    );
}

