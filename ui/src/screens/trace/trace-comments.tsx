/* SPDX-License-Identifier: Apache-2.0 */
/* What people wrote beside the selected span, the whole trace and the rest of it. */
import { useComments } from "../../api/annotate";
import { useUrl } from "../../app/url";
import { Comments } from "../../components/comments";
import { Go } from "../../components/go";
import { Failure, Skeleton } from "../../components/pieces";

export function TraceComments({ traceId, spanId }: { traceId: string; spanId: string }) {
    const url = useUrl();
    const list = useComments(url.project, { trace_id: traceId });
    if (list.error) return <Failure error={list.error} retry={() => list.refetch()} what="The comments" />;
    if (!list.data) return <Skeleton height={120} />;
    const { comments } = list.data;
    const elsewhere = [...new Set(comments.flatMap(({ span_id }) => (span_id && span_id !== spanId ? [span_id] : [])))];
    return (
        <>
            <Comments title="On this span" about={{ trace_id: traceId, span_id: spanId }} comments={comments.filter((each) => each.span_id === spanId)} />
            <Comments title="On the trace" about={{ trace_id: traceId }} comments={comments.filter((each) => each.span_id === null)} />
            {elsewhere.length > 0 && (
                <p className="muted">
                    More on other spans:{" "}
                    {elsewhere.slice(0, 20).map((id) => (
                        <Go key={id} className="plain mono" href={url.trace(traceId, { span: id, tab: "comments" })}>
                            {id.slice(0, 8)}{" "}
                        </Go>
                    ))}
                </p>
            )}
        </>
    );
}
