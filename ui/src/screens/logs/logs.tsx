/* SPDX-License-Identifier: Apache-2.0 */
/* Log records, newest first. A row opens in place; one that belongs to a trace leads to its span. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLogs, useProjects } from "../../api/queries";
import type { LogRow } from "../../api/types";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { FilterBar } from "../../components/filter-bar";
import { Go } from "../../components/go";
import { LongText } from "../../components/long-text";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { clip, oneLine, visible } from "../../format/text";
import { LOG_FIELDS, usable } from "../../url/filters";
import { NothingHere } from "../setup/empty";
import { SignalLines } from "../setup/signal";
import "./logs.css";

export default function LogsScreen() {
    const url = useUrl();
    const filters = useMemo(() => usable(url.filters, LOG_FIELDS), [url.filters]);
    const logs = useLogs({ ...url, filters });
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const rows = useMemo(() => logs.data?.pages.flatMap((page) => page.logs) ?? [], [logs.data]);
    return (
        <>
            <Topbar title="Logs">{project?.demo && <span className="tag accent">demo data, not yours</span>}</Topbar>
            <div className="logs">
                <FilterBar fields={LOG_FIELDS} complete={false} placeholder="Filter: service=shop, severity=ERROR, event=…, trace_id=…" />
                {logs.error && <Failure error={logs.error} retry={() => logs.refetch()} what="The log records" />}
                {logs.isPending && <Skeleton height={320} />}
                {logs.data && !rows.length && project && (project.first_span === null ? <NothingHere project={project} what="log records" /> : <NoLogs filtered={url.filters.length > 0} />)}
                {rows.length > 0 && <LogList rows={rows} more={logs.hasNextPage} loadMore={() => !logs.isFetchingNextPage && void logs.fetchNextPage()} />}
            </div>
        </>
    );
}

function NoLogs({ filtered }: { filtered: boolean }) {
    return (
        <div className="empty">
            <h2>{filtered ? "No log records match these filters" : "No log records in this time range"}</h2>
            <p>
                Log records arrive over OTLP like spans do. With an OpenTelemetry SDK, <code>OTEL_LOGS_EXPORTER=otlp</code> sends them; those written inside a span appear on that span, too.
            </p>
            {!filtered && <SignalLines signal="logs" />}
        </div>
    );
}

function LogList({ rows, more, loadMore }: { rows: LogRow[]; more: boolean; loadMore: () => void }) {
    const scroller = useRef<HTMLDivElement>(null);
    const [active, setActive] = useState(-1);
    const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
    const list = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => 28, overscan: 20 });
    const shown = list.getVirtualItems();
    useEffect(() => {
        if (more && (shown[shown.length - 1]?.index ?? 0) >= rows.length - 40) loadMore();
    });
    const keyOf = (at: number) => `${rows[at].time}/${at}`;
    const toggle = (at: number) => {
        const next = new Set(open);
        if (!next.delete(keyOf(at))) next.add(keyOf(at));
        setOpen(next);
    };
    const move = (step: number) => () => {
        const at = Math.max(0, Math.min(rows.length - 1, active + step));
        setActive(at);
        list.scrollToIndex(at);
    };
    useKeys({ j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1), Enter: () => (active >= 0 ? toggle(active) : false) });
    return (
        <div ref={scroller} className="log-rows panel" tabIndex={0} role="region" aria-label="Log records">
            <div style={{ height: list.getTotalSize(), position: "relative" }}>
                {shown.map((item) => (
                    <div key={item.key} ref={list.measureElement} data-index={item.index} className={`log-row ${item.index === active ? "active" : ""}`} style={{ transform: `translateY(${item.start}px)` }}>
                        <Row row={rows[item.index]} open={open.has(keyOf(item.index))} toggle={() => toggle(item.index)} />
                    </div>
                ))}
            </div>
        </div>
    );
}

function Row({ row, open, toggle }: { row: LogRow; open: boolean; toggle: () => void }) {
    const url = useUrl();
    const number = row.severity_number ?? 0;
    const tone = number >= 17 ? "error" : number >= 13 ? "warn" : "";
    return (
        <>
            <button type="button" className="log-line" aria-expanded={open} onClick={toggle}>
                <span className="muted">
                    <Moment ns={row.time} />
                </span>
                <span className={`tag ${tone}`}>{visible(row.severity ?? "–")}</span>
                <span className="cut muted">{clip(oneLine(row.service ?? ""), 40)}</span>
                <span className="cut mono">
                    {row.event && <b>{clip(oneLine(row.event), 80)} </b>}
                    {clip(oneLine(row.body ?? ""), 400)}
                </span>
            </button>
            {open && (
                <div className="log-open">
                    {row.body && <LongText text={row.body} what="the log record" mono />}
                    {row.trace_id && (
                        <Go className="plain" href={url.trace(row.trace_id, { span: row.span_id ?? undefined })}>
                            Open its trace
                        </Go>
                    )}
                </div>
            )}
        </>
    );
}
