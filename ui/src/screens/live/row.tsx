/* SPDX-License-Identifier: Apache-2.0 */
import { memo } from "react";
import type { LiveRow, LiveSpan } from "../../api/tail";
import type { LogRow } from "../../api/types";
import { type Url, useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon, kindIcon } from "../../components/icon";
import { Moment } from "../../components/pieces";
import { count, duration, money } from "../../format/number";
import { clip, oneLine, preview, shortModel } from "../../format/text";

/** The trace it belongs to; a log record may belong to none. */
export function hrefOf(row: LiveRow, url: Url): string | null {
    if (row.kind === "span") return url.trace(row.span.trace_id, { span: row.span.span_id });
    return row.log.trace_id ? url.trace(row.log.trace_id, { span: row.log.span_id ?? undefined }) : null;
}

export const Row = memo(function Row({ row, id, top, active }: { row: LiveRow; id: string; top: number; active: boolean }) {
    const url = useUrl();
    const href = hrefOf(row, url);
    const cells = row.kind === "span" ? <SpanCells span={row.span} /> : <LogCells log={row.log} />;
    const failed = row.kind === "span" ? row.span.status === "error" : (row.log.severity_number ?? 0) >= 17;
    const look = { id, role: "row", "aria-selected": active, style: { transform: `translateY(${top}px)` } };
    const className = `live-row ${row.kind} k-${row.kind === "span" ? row.span.kind : "event"} ${active ? "active" : ""} ${failed ? "failed" : ""}`;
    return href ? (
        <Go {...look} className={className} href={href} tabIndex={-1}>
            {cells}
        </Go>
    ) : (
        <div {...look} className={className}>
            {cells}
        </div>
    );
});

function SpanCells({ span }: { span: LiveSpan }) {
    return (
        <>
            <span role="gridcell" className="muted nowrap"><Moment ns={span.start} /></span>
            <span role="gridcell" className="live-name">
                <Icon name={kindIcon(span.kind)} small className="kind" />
                <span className="cut">{clip(oneLine(span.name ?? span.kind), 120)}</span>
                {span.status === "error" && <span className="tag error">{oneLine(span.error_kind && span.error_kind !== "unknown" ? span.error_kind : "failed").replace("_", " ")}</span>}
            </span>
            <span role="gridcell" className="cut muted live-service">{clip(oneLine(span.service ?? ""), 60)}</span>
            <span role="gridcell" className="cut muted live-model">{clip(shortModel(oneLine(span.model ?? span.tool ?? span.agent ?? "")), 60)}</span>
            <span role="gridcell" className="n">{duration(span.duration)}</span>
            <span role="gridcell" className="n muted live-tokens">{span.output_tokens === null && span.input_tokens === null ? "" : count((span.input_tokens ?? 0) + (span.output_tokens ?? 0))}</span>
            <span role="gridcell" className="n muted live-cost">{span.cost ? money(span.cost) : span.unpriced ? "unpriced" : ""}</span>
            <span role="gridcell" className="cut muted live-text">
                {span.input && <span>{preview(span.input, 160)}</span>}
                {span.output && <span> → {preview(span.output, 160)}</span>}
            </span>
        </>
    );
}

function LogCells({ log }: { log: LogRow }) {
    const number = log.severity_number ?? 0;
    return (
        <>
            <span role="gridcell" className="muted nowrap"><Moment ns={log.time} /></span>
            <span role="gridcell" className="live-name">
                <span className={`tag ${number >= 17 ? "error" : number >= 13 ? "warn" : ""}`}>{oneLine(log.severity ?? "log")}</span>
                <span className="cut">{clip(oneLine(log.event ?? ""), 80)}</span>
            </span>
            <span role="gridcell" className="cut muted live-service">{clip(oneLine(log.service ?? ""), 60)}</span>
            <span role="gridcell" className="cut mono live-body">{clip(oneLine(log.body ?? ""), 300)}</span>
        </>
    );
}
