/* SPDX-License-Identifier: Apache-2.0 */
/* The selected span: what it is, then its content, usage, fields, attributes and events in tabs. */
import { useQueryClient } from "@tanstack/react-query";
import { memo, useEffect } from "react";
import { useComments } from "../../api/annotate";
import { spanQuery, useSpan } from "../../api/queries";
import type { SpanDetail, TraceShape } from "../../api/types";
import { useUrl } from "../../app/url";
import { Icon, kindIcon } from "../../components/icon";
import { CopyButton, Failure, Skeleton, Tabs } from "../../components/pieces";
import { count, duration, exact, known, money, percent } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { AddToDataset } from "../datasets/add-to";
import { AddToQueue } from "../queues/add-to";
import { Attributes } from "./attributes";
import { Content } from "./content";
import { Events } from "./events";
import { Fields } from "./fields";
import { Given } from "./given";
import { PromptLink } from "./prompt-link";
import { Raw } from "./raw";
import { SpanScores } from "./scores";
import { TraceComments } from "./trace-comments";
import { UsageAndCost } from "./usage";

export const TABS = [
    { id: "content", label: "Content" },
    { id: "usage", label: "Usage & cost" },
    { id: "fields", label: "Fields" },
    { id: "attributes", label: "Attributes" },
    { id: "events", label: "Events & logs" },
    { id: "raw", label: "Raw" },
    { id: "comments", label: "Comments" },
] as const;

type TabId = (typeof TABS)[number]["id"];

interface Props {
    shape: TraceShape;
    spanId: string;
    index: number;
    select: (span: number) => void;
}

export function SpanPane({ shape, spanId, index, select }: Props) {
    const url = useUrl();
    const traceId = shape.trace.trace_id;
    const span = useSpan(url.project, traceId, spanId);
    const client = useQueryClient();
    const tab = TABS.some(({ id }) => id === url.search.tab) ? (url.search.tab as TabId) : "content";
    useEffect(() => {
        /* A span of a running trace may still change: what was kept of it is asked for again. */
        if (shape.trace.state === "running") void client.invalidateQueries({ queryKey: spanQuery(url.project, traceId, spanId).queryKey });
    }, [shape]);
    const detail = span.data;
    /* The head is already the newly selected span's; until its content comes, the old one must not pass for it. */
    const busy = shape.spans.id[index] !== spanId;
    const comments = useComments(url.project, { trace_id: traceId }).data?.comments.length;
    const counts: Partial<Record<TabId, number>> = {
        comments,
        ...(detail && { attributes: detail.attributes.length, events: detail.events.length + detail.logs.length + detail.links.length }),
    };
    const pick = (id: TabId) => url.set({ tab: id === "content" ? undefined : id }, { replace: true });
    return (
        <div className="pane">
            <PaneHead shape={shape} index={index} spanId={spanId} detail={busy ? undefined : detail} />
            <Tabs
                label="Parts of the span"
                at={tab}
                onPick={pick}
                tabs={TABS.map(({ id, label }) => ({ id, label: <>{id === "comments" ? <CommentsLabel /> : label} {counts[id] ? <span className="muted">{counts[id]}</span> : null}</> }))}
            />
            <div className={`pane-scroll ${busy ? "pane-busy" : ""}`} aria-busy={busy} key={spanId} role="tabpanel" tabIndex={0} aria-label={TABS.find(({ id }) => id === tab)?.label}>
                {span.error && <Failure error={span.error} retry={() => span.refetch()} what="The span" />}
                {!detail && !span.error && <PaneWaiting />}
                {detail && <Body tab={tab} detail={detail} root={index >= 0 && shape.spans.parent[index] < 0} shape={shape} select={select} />}
            </div>
        </div>
    );
}

/** Its word would push the last tabs out of a narrow pane. */
function CommentsLabel() {
    return (
        <>
            <Icon name="comment" small />
            <span className="sr">Comments</span>
        </>
    );
}

const Body = memo(function Body({ tab, detail, root, shape, select }: { tab: TabId; detail: SpanDetail; root: boolean; shape: TraceShape; select: (span: number) => void }) {
    if (tab === "usage") return <UsageAndCost detail={detail} />;
    if (tab === "fields") return <Fields detail={detail} />;
    if (tab === "attributes") return <Attributes detail={detail} />;
    if (tab === "events") return <Events detail={detail} shape={shape} select={select} />;
    if (tab === "comments") return <TraceComments traceId={detail.trace_id} spanId={detail.span_id} />;
    if (tab === "raw") return <Raw traceId={detail.trace_id} spanId={detail.span_id} />;
    return (
        <>
            <PromptLink detail={detail} />
            <Content detail={detail} />
            {root && !detail.documents.length && <Given shape={shape} select={select} />}
        </>
    );
});

/* Drawn from the shape that is already here, so it changes at once with the selection. */
function PaneHead({ shape, index, spanId, detail }: { shape: TraceShape; index: number; spanId: string; detail: SpanDetail | undefined }) {
    const url = useUrl();
    const { spans, strings } = shape;
    const name = oneLine(strings[spans.name_s[index]] ?? "");
    const kind = spans.kind[index];
    const failed = spans.status[index] === 2;
    const model = strings[spans.model_s[index]];
    const total = known(spans.total_tokens[index]);
    const cost = known(spans.cost[index]);
    const ttft = known(spans.ttft[index]);
    const share = shape.trace.duration > 0 ? spans.duration[index] / shape.trace.duration : null;
    const json = `/api/v1/traces/${shape.trace.trace_id}/spans/${spanId}?project=${encodeURIComponent(url.project)}`;
    return (
        <header className={`pane-head k-${kind}`}>
            <div className="row">
                <span className="kind-badge" title={`Kind: ${kind}`}>
                    <Icon name={kindIcon(kind)} small /> {kind}
                </span>
                <h2 className="cut" title={name}>{clip(name, 200)}</h2>
                {failed && <span className="tag error"><Icon name="error" small /> failed</span>}
                <span className="row pane-tools">
                    <AddToDataset detail={detail} />
                    <AddToQueue subject={{ trace_id: shape.trace.trace_id, span_id: spanId }} what="span" small />
                    <CopyButton text={spanId} what="the span id">
                        Id
                    </CopyButton>
                    <a className="button small bare" href={json} download={`span-${spanId}.json`} title="Download the span as JSON">
                        <Icon name="download" small /> JSON
                    </a>
                </span>
            </div>
            <p className="pane-facts">
                {model && <span>{clip(oneLine(model), 80)}</span>}
                <span title={`${exact(spans.duration[index])} ns`}>
                    {duration(spans.duration[index])}
                    {share !== null && share > 0 && share <= 1 && index >= 0 && <span className="muted"> · {percent(share)} of the trace</span>}
                </span>
                {ttft !== null && <span>first token {duration(ttft)}</span>}
                {total !== null && <span title={exact(total)}>{count(total)} tokens</span>}
                {cost !== null && cost > 0 && <span>{money(cost)}</span>}
            </p>
            <SpanScores shape={shape} spanId={spanId} />
        </header>
    );
}

function PaneWaiting() {
    return (
        <div className="pane-wait">
            {[90, 70, 84, 40].map((width) => (
                <Skeleton key={width} width={`${width}%`} height={16} />
            ))}
        </div>
    );
}
