/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be judged, as its own screen shows it: the conversation of a trace or session, the content of a span. */
import type { PlacedItem } from "../../api/annotate";
import { useSpan, useTrace } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Failure, Skeleton } from "../../components/pieces";
import { Transcript } from "../../components/transcript";
import { clip, oneLine } from "../../format/text";
import { Content } from "../trace/content";

export function Judged({ item }: { item: PlacedItem }) {
    const url = useUrl();
    if (item.kind === "session") {
        const session = item.session ?? "";
        return (
            <>
                <Head kind="Session" name={session} href={url.session(session)} />
                <div className="judged-body">
                    <Transcript path={`/api/v1/sessions/${encodeURIComponent(session)}/transcript`} byTrace />
                </div>
            </>
        );
    }
    if (!item.trace_id) return <p className="empty">This span has not come yet: nobody has sent the trace it belongs to.</p>;
    return item.span_id ? <Span traceId={item.trace_id} spanId={item.span_id} /> : <Trace traceId={item.trace_id} />;
}

function Head({ kind, name, href }: { kind: string; name: string; href: string }) {
    return (
        <header className="row judged-head">
            <span className="muted">{kind}</span>
            <h2 className="cut grow" title={oneLine(name)}>{clip(oneLine(name), 120)}</h2>
            <Go className="button small bare" href={href}>
                Open it
            </Go>
        </header>
    );
}

/** Where no model was called there is no conversation: then what went into the root and came out. */
function Trace({ traceId }: { traceId: string }) {
    const url = useUrl();
    const trace = useTrace(url.project, traceId);
    if (trace.error) return <Failure error={trace.error} retry={() => trace.refetch()} what="The trace" />;
    if (!trace.data) return <div className="judged-scroll"><Skeleton height={160} /></div>;
    const { name, llm_calls, root_span_id } = trace.data.trace;
    return (
        <>
            <Head kind="Trace" name={name} href={url.trace(traceId)} />
            {llm_calls > 0 || !root_span_id ? (
                <div className="judged-body">
                    <Transcript path={`/api/v1/traces/${traceId}/transcript`} />
                </div>
            ) : (
                <SpanContent traceId={traceId} spanId={root_span_id} />
            )}
        </>
    );
}

function Span({ traceId, spanId }: { traceId: string; spanId: string }) {
    const url = useUrl();
    const span = useSpan(url.project, traceId, spanId);
    return (
        <>
            <Head kind="Span" name={span.data?.name ?? spanId} href={url.trace(traceId, { span: spanId })} />
            <SpanContent traceId={traceId} spanId={spanId} />
        </>
    );
}

function SpanContent({ traceId, spanId }: { traceId: string; spanId: string }) {
    const url = useUrl();
    const span = useSpan(url.project, traceId, spanId);
    return (
        <div className="judged-scroll" tabIndex={0} role="region" aria-label="Content">
            {span.error && <Failure error={span.error} retry={() => span.refetch()} what="The span" />}
            {!span.data && !span.error && <Skeleton height={160} />}
            {span.data && <Content detail={span.data} />}
        </div>
    );
}
