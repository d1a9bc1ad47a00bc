/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that was said, in order: the messages of a trace or a whole session. Only what is in
 * sight exists; nearing the end asks for the next page. What a call brought leads to the call.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { type Said, useTranscript } from "../api/people";
import { useUrl } from "../app/url";
import { duration, exact, money, moneyExact } from "../format/number";
import { clip, oneLine } from "../format/text";
import { callNames } from "../screens/trace/conversation";
import { MessageCard } from "../screens/trace/message";
import { Go } from "./go";
import { Failure, Moment, Skeleton } from "./pieces";
import "./transcript.css";

interface Props {
    /** "/api/v1/…/transcript" */
    path: string;
    /** The span whose call is selected, and what picking another one does. Without: links to the trace. */
    selected?: string;
    select?: (spanId: string) => void;
    /** A line where another trace begins. */
    byTrace?: boolean;
    /** Only what had been said by then (ns since 1970). */
    until?: bigint;
}

export function Transcript({ path, selected, select, byTrace = false, until }: Props) {
    const url = useUrl();
    const said = useTranscript(url.project, path);
    const all = useMemo(() => said.data?.pages.flatMap((page) => page.messages) ?? [], [said.data]);
    const times = useMemo(() => all.map(({ time }) => BigInt(time)), [all]);
    const heard = until === undefined ? all.length : times.filter((at) => at <= until).length;
    const rows = useMemo(() => (until === undefined ? all : all.filter((_, at) => times[at] <= until)), [all, times, heard, until === undefined]);
    const names = useMemo(() => callNames(rows.map((each) => each.message)), [rows]);
    const scroller = useRef<HTMLDivElement>(null);
    const list = useVirtualizer({
        count: rows.length,
        getScrollElement: () => scroller.current,
        estimateSize: (at) => 76 + Math.min(400, textLength(rows[at]) / 2),
        overscan: 4,
        useFlushSync: false,
        getItemKey: (at) => `${rows[at].call.span_id}-${at}`,
    });
    const shown = list.getVirtualItems();
    const lastShown = shown[shown.length - 1]?.index ?? 0;
    useEffect(() => {
        if (said.hasNextPage && !said.isFetchingNextPage && rows.length && lastShown >= rows.length - 12) void said.fetchNextPage();
    });
    useEffect(() => {
        if (until !== undefined && rows.length) list.scrollToIndex(rows.length - 1, { align: "end" });
    }, [heard, until === undefined]);
    if (said.error) return <Failure error={said.error} retry={() => said.refetch()} what="The conversation" />;
    if (said.isPending) return <div className="transcript-wait"><Skeleton height={90} /><Skeleton height={180} /><Skeleton height={120} /></div>;
    if (!rows.length && all.length) return <p className="empty">Nothing had been said by then.</p>;
    if (!rows.length) return <p className="empty">Nothing was said here, or the senders kept the words to themselves: content is sent only where the instrumentation is told to.</p>;
    return (
        <div className="transcript" ref={scroller} tabIndex={0} role="region" aria-label="Conversation">
            <div className="transcript-all" style={{ height: list.getTotalSize() }}>
                {shown.map((item) => {
                    const row = rows[item.index];
                    const before = rows[item.index - 1];
                    const first = before?.call.span_id !== row.call.span_id || before?.call.trace_id !== row.call.trace_id;
                    return (
                        <div key={item.key} ref={list.measureElement} data-index={item.index} className={`said ${selected === row.call.span_id ? "selected" : ""}`} style={{ transform: `translateY(${item.start}px)` }}>
                            {byTrace && before?.call.trace_id !== row.call.trace_id && <TraceLine row={row} />}
                            {first && row.answer === false && !byTrace && before && <span className="said-gap" />}
                            <MessageCard message={row.message} names={names} folded={row.message.role === "system"} answer={row.answer} />
                            {row.answer && <CallLine row={row} select={select} />}
                        </div>
                    );
                })}
            </div>
            {said.isFetchingNextPage && <p className="muted transcript-more" role="status">Loading more…</p>}
            {!said.hasNextPage && <p className="muted transcript-more">{exact(rows.length)} messages, each shown once</p>}
        </div>
    );
}

function textLength(row: Said): number {
    return row.message.parts.reduce((sum, part) => sum + (typeof part.text === "string" ? part.text.length : part.text ? 2000 : 0), 0);
}

function TraceLine({ row }: { row: Said }) {
    const url = useUrl();
    return (
        <Go className="said-trace" href={url.trace(row.call.trace_id)} title="Open this trace">
            <Moment ns={row.time} /> <span className="mono">{row.call.trace_id.slice(0, 8)}</span>
        </Go>
    );
}

/** Who answered, how long it took and what it cost. */
function CallLine({ row: { call }, select }: { row: Said; select?: (spanId: string) => void }) {
    const url = useUrl();
    const text = (
        <>
            <span className="cut">{clip(oneLine(call.agent ?? call.model ?? call.name ?? "call"), 60)}</span>
            <span>{duration(call.duration)}</span>
            {call.cost !== null && <span title={moneyExact(call.cost)}>{money(call.cost)}</span>}
            {call.status === "error" && <span className="bad">{(call.error_kind ?? "failed").replace("_", " ")}</span>}
        </>
    );
    return select ? (
        <button type="button" className="said-call" onClick={() => select(call.span_id)} title="Show this call">
            {text}
        </button>
    ) : (
        <Go className="said-call" href={url.trace(call.trace_id, { span: call.span_id })} title="Open this call in its trace">
            {text}
        </Go>
    );
}
