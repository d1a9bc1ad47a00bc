/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One trace: totals on top, the waterfall on the left, the selected span on the right. The shape is
 * one request without any payload; a span's content is asked for when it is selected.
 */
import { useParams } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTrace } from "../../api/queries";
import { FLAG, type TraceShape } from "../../api/types";
import { useKeys } from "../../app/keys";
import { lastList, neighbour } from "../../app/lists";
import { useStable } from "../../app/stable";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { copyText, Failure, Skeleton } from "../../components/pieces";
import { Splitter, useSplit } from "../../components/splitter";
import { Around } from "./around";
import { TraceHeader } from "./header";
import { Transcript } from "../../components/transcript";
import { SpanPane, TABS } from "./pane";
import { PlayheadBar, usePlayhead } from "./playhead";
import { RunGraph } from "./run-graph";
import { buildTree, extent, nextFailed, type Tree } from "./tree";
import { Waterfall } from "./waterfall";

const VIEWS = [
    { id: "steps", label: "Steps", keys: "v" },
    { id: "talk", label: "Conversation", keys: "v" },
    { id: "graph", label: "Graph", keys: "v" },
    { id: "around", label: "Logs & metrics", keys: "v" },
] as const;

export default function TraceScreen() {
    const { traceId = "" } = useParams({ strict: false }) as { traceId?: string };
    const url = useUrl();
    const trace = useTrace(url.project, traceId);
    const back = () => url.go(lastList(url.project)?.href ?? url.href("traces"));
    const beside = (step: 1 | -1) => {
        const id = neighbour(url.project, traceId, step);
        if (id) url.go(url.trace(id));
    };
    useKeys({ "[": () => beside(-1), "]": () => beside(1), Escape: back });
    useEffect(() => {
        if (trace.data) document.title = `${trace.data.trace.name.slice(0, 80)} · vitrine`;
    }, [trace.data]);
    if (trace.error) {
        return (
            <div className="empty">
                <Failure error={trace.error} retry={() => trace.refetch()} what="The trace" />
                <Go className="button" href={url.href("traces")}>
                    All traces
                </Go>
            </div>
        );
    }
    if (!trace.data) return <Waiting />;
    return <Loaded key={traceId} shape={trace.data} />;
}

function Loaded({ shape }: { shape: TraceShape }) {
    const url = useUrl();
    const tree = useMemo(() => buildTree(shape.spans), [shape]);
    const [selected, select] = useSelection(shape, tree);
    const split = useSplit("trace", 0.54);
    const pane = useRef<HTMLElement>(null);
    const view = VIEWS.find(({ id }) => id === url.search.view)?.id ?? "steps";
    const look = (id: string) => url.set({ view: id === "steps" ? undefined : id }, { replace: true });
    const whole = useMemo(() => extent(shape.spans, FLAG.implausible), [shape]);
    const head = usePlayhead(shape, whole);
    const replayed = view === "steps" || view === "talk";
    const failed = (step: 1 | -1) => {
        const span = nextFailed(tree, shape.spans, selected, step);
        if (span >= 0) select(span);
    };
    useKeys({
        v: () => look(VIEWS[(VIEWS.findIndex(({ id }) => id === view) + 1) % VIEWS.length].id),
        e: () => failed(1),
        E: () => failed(-1),
        c: () => void copyText(location.href),
        Enter: () => pane.current?.focus(),
        ...Object.fromEntries(TABS.map(({ id }, at) => [String(at + 1), () => url.set({ tab: at ? id : undefined }, { replace: true })])),
    });
    const spanId = useSettled(selected >= 0 ? shape.spans.id[selected] : undefined, 90);
    return (
        <div className="trace">
            <TraceHeader shape={shape} tree={tree} selected={selected} select={select} />
            <div className="trace-body" ref={split.host}>
                <section className="trace-left" style={{ flexBasis: split.basis }} aria-label="Spans">
                    <div className="trace-views" role="group" aria-label="Shown as">
                        {VIEWS.map(({ id, label, keys }) => (
                            <button key={id} type="button" className="button small bare" aria-pressed={view === id} title={`${label} (${keys})`} onClick={() => look(id)}>
                                {label}
                            </button>
                        ))}
                        {replayed && shape.spans.count > 1 && <PlayheadBar head={head} shape={shape} tree={tree} whole={whole} select={select} />}
                    </div>
                    {view === "talk" && (
                        <Transcript
                            path={`/api/v1/traces/${shape.trace.trace_id}/transcript`}
                            selected={spanId}
                            select={(id) => select(shape.spans.id.indexOf(id))}
                            until={head.at === null ? undefined : BigInt(shape.start) + BigInt(Math.round(head.at))}
                        />
                    )}
                    {view === "graph" && <RunGraph traceId={shape.trace.trace_id} />}
                    {view === "around" && <Around shape={shape} selected={selected} select={select} />}
                    {view === "steps" && <Waterfall shape={shape} tree={tree} selected={selected} select={select} head={head.at} />}
                </section>
                <Splitter split={split} label="Width of the span list" />
                <section className="trace-right" aria-label="Selected span" ref={pane} tabIndex={-1}>
                    {spanId ? <SpanPane shape={shape} spanId={spanId} index={selected} select={select} /> : <p className="empty">This trace has no spans yet.</p>}
                </section>
            </div>
        </div>
    );
}

/*
 * The selection is local, so that holding an arrow key stays smooth, and follows into the URL once
 * it rests. Without a span in the URL the one that explains a failure is chosen, else the root.
 */
function useSelection(shape: TraceShape, tree: Tree): [number, (span: number) => void] {
    const url = useUrl();
    const wanted = url.search.span;
    const fallback = tree.origin >= 0 ? tree.origin : tree.count ? tree.order[0] : -1;
    const ids = useMemo(() => new Map(shape.spans.id.map((id, at) => [id, at])), [shape]);
    const [picked, setPicked] = useState<string | undefined>(wanted);
    useEffect(() => setPicked(wanted), [wanted]);
    useEffect(() => {
        if (picked === wanted) return;
        const timer = setTimeout(() => url.set({ span: picked }, { replace: true }), 250);
        return () => clearTimeout(timer);
    }, [picked, wanted, url]);
    const selected = picked === undefined ? fallback : (ids.get(picked) ?? fallback);
    const select = useStable((span: number) => setPicked(shape.spans.id[span]));
    return [selected, select];
}

/** The value, once it has not changed for a moment. */
function useSettled<T>(value: T, ms: number): T {
    const [settled, setSettled] = useState(value);
    useEffect(() => {
        const timer = setTimeout(() => setSettled(value), ms);
        return () => clearTimeout(timer);
    }, [value, ms]);
    return settled;
}

function Waiting() {
    return (
        <div className="trace">
            <div className="trace-head-bar">
                <Skeleton width={320} height={22} />
            </div>
            <div className="trace-body">
                <div className="trace-left trace-wait">
                    {Array.from({ length: 16 }, (_, at) => (
                        <div key={at} style={{ paddingLeft: ((at * 7) % 5) * 16 }}>
                            <Skeleton height={14} width={`${80 - ((at * 29) % 40)}%`} />
                        </div>
                    ))}
                </div>
            </div>
        </div>
    );
}
