/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else happened at that moment: the trace's own log records, exactly, by its id; records of the
 * same service and time that name no trace, which may belong to others, and are labelled so; and
 * the metrics that hosts and applications sent around it.
 */
import { type ReactNode, useMemo } from "react";
import { useMomentLogs } from "../../api/queries";
import type { LogRow, TraceShape } from "../../api/types";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { LongText } from "../../components/long-text";
import { Failure, Skeleton } from "../../components/pieces";
import { duration, exact } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { is } from "../../url/filters";
import { MomentPanels } from "../infrastructure/moment";

const AROUND_NS = 5_000_000_000n;
const BESIDE_NS = 600_000_000_000n;

export function Around({ shape, selected, select }: { shape: TraceShape; selected: number; select: (span: number) => void }) {
    const url = useUrl();
    const { trace } = shape;
    const from = String(BigInt(trace.start) - AROUND_NS);
    const to = String(BigInt(trace.end) + AROUND_NS);
    const own = useMomentLogs(url.project, { from: String(BigInt(trace.start) - 3_600_000_000_000n), to: String(BigInt(trace.end) + 3_600_000_000_000n), trace_id: trace.trace_id });
    const near = useMomentLogs(url.project, { from, to, service: trace.service ?? undefined });
    const loose = useMemo(() => near.data?.logs.filter((row) => !row.trace_id), [near.data]);
    const places = useMemo(() => new Map(shape.spans.id.map((id, at) => [id, at])), [shape]);
    return (
        <div className="around" tabIndex={0} role="region" aria-label="Logs and metrics of this moment">
            <Block title="Log records of this trace" note="exact, by trace and span id">
                {own.error && <Failure error={own.error} what="The log records" />}
                {own.isPending && <Skeleton height={60} />}
                {own.data && !own.data.logs.length && <p className="muted">None was sent with this trace's id.</p>}
                {own.data && <Records rows={own.data.logs} shape={shape} chosen={shape.spans.id[selected]} pick={(id) => places.has(id) && select(places.get(id)!)} />}
            </Block>
            {(near.isPending || !!loose?.length) && (
                <Block title={`Other records of ${visible(trace.service ?? "this service")} at that time`} note="by time and service only: they name no trace and may belong to other requests">
                    {near.isPending ? <Skeleton height={40} /> : <Records rows={loose ?? []} shape={shape} />}
                </Block>
            )}
            <Block title="Metrics of that time" note="of hosts and servers, ten minutes to either side">
                <MomentPanels {...beside(trace)} />
                <p className="muted">
                    <Go className="plain" href={url.href("infrastructure", beside(trace))}>
                        Infrastructure at that time
                    </Go>
                </p>
            </Block>
            <p className="muted">
                <Go className="plain" href={url.href("logs", { from, to, f: trace.service ? [is("service", trace.service)] : undefined })}>
                    All records of that time
                </Go>
            </p>
        </div>
    );
}

function beside(trace: TraceShape["trace"]): { from: string; to: string } {
    const iso = (ns: bigint) => new Date(Number(ns / 1_000_000n)).toISOString();
    return { from: iso(BigInt(trace.start) - BESIDE_NS), to: iso(BigInt(trace.end) + BESIDE_NS) };
}

function Block({ title, note, children }: { title: string; note: string; children: ReactNode }) {
    return (
        <section className="around-block">
            <h3>
                {title} <span className="muted">{note}</span>
            </h3>
            {children}
        </section>
    );
}

const SHOWN = 200;

function Records({ rows, shape, chosen, pick }: { rows: LogRow[]; shape: TraceShape; chosen?: string; pick?: (spanId: string) => void }) {
    const ordered = useMemo(() => [...rows].sort((a, b) => (BigInt(a.time) < BigInt(b.time) ? -1 : 1)).slice(0, SHOWN), [rows]);
    return (
        <>
            <ul className="around-logs">
                {ordered.map((row, at) => (
                    <li key={at} className={row.span_id && row.span_id === chosen ? "chosen" : ""}>
                        <span className="muted n">{duration(Number(BigInt(row.time) - BigInt(shape.start)))}</span>
                        <span className={`tag ${(row.severity_number ?? 0) >= 17 ? "error" : (row.severity_number ?? 0) >= 13 ? "warn" : ""}`}>{visible(row.severity ?? "–")}</span>
                        <div>
                            {row.event && <b>{clip(oneLine(row.event), 80)} </b>}
                            {row.body && <LongText text={row.body} what="the log record" mono />}
                        </div>
                        {pick && row.span_id ? (
                            <button type="button" className="button small bare" onClick={() => pick(row.span_id!)} title="Select its span">
                                span
                            </button>
                        ) : (
                            <span />
                        )}
                    </li>
                ))}
            </ul>
            {rows.length > SHOWN && <p className="muted">The first {exact(SHOWN)} of {exact(rows.length)} are shown.</p>}
        </>
    );
}
