/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two traces, or two spans, beside each other: `?a=<trace>[/<span>]&b=…`. Their trees are aligned
 * (compare/traces.ts); the first divergence is chosen, and what the chosen pair said is compared
 * word by word.
 */
import { type ReactNode, useEffect, useMemo } from "react";
import { useTrace } from "../../api/queries";
import type { TraceShape } from "../../api/types";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { compareTraces, rowDiffers } from "../../compare/traces";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { Splitter, useSplit } from "../../components/splitter";
import { StackedTable } from "../../components/stacked-table";
import { Topbar } from "../../components/topbar";
import { count, duration, money, plural } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { Delta } from "./delta";
import { Pick } from "./pick";
import { PairList } from "./rows";
import { SpanDiff } from "./span-diff";
import "./compare.css";

/** "trace" or "trace/span", as the URL names a side. */
function side(text: string | undefined): { trace: string; span: string } | null {
    const match = /^([0-9a-f]{32})(?:\/([0-9a-f]{16}))?$/i.exec(text ?? "");
    return match ? { trace: match[1].toLowerCase(), span: (match[2] ?? "").toLowerCase() } : null;
}

export default function CompareScreen() {
    const url = useUrl();
    const a = side(url.search.a);
    const b = side(url.search.b);
    const swap = () => url.set({ a: url.search.b, b: url.search.a, span: undefined }, { replace: true });
    useKeys({ s: a && b ? swap : () => false, Escape: () => history.back() });
    return (
        <>
            <Topbar title="Compare" timeless>
                {a && b && (
                    <>
                        <span className="grow" />
                        <button type="button" className="button" onClick={swap} title="Swap the two (s)">
                            <Icon name="retry" small /> Swap
                        </button>
                        <button type="button" className="button" onClick={() => url.set({ b: undefined, span: undefined })}>
                            Another one
                        </button>
                    </>
                )}
            </Topbar>
            {!a || !b ? (
                <Pick a={a} b={b} wrong={(!a && url.search.a) || (!b && url.search.b) || undefined} />
            ) : a.span && b.span ? (
                <div className="compare-spans scroll">
                    <SpanDiff a={a} b={b} />
                </div>
            ) : (
                <TwoTraces key={`${a.trace} ${b.trace}`} a={a.trace} b={b.trace} />
            )}
        </>
    );
}

function TwoTraces({ a, b }: { a: string; b: string }) {
    const url = useUrl();
    const left = useTrace(url.project, a);
    const right = useTrace(url.project, b);
    const failed = left.error ? left : right.error ? right : null;
    if (failed?.error) {
        return (
            <div className="empty">
                <Failure error={failed.error} retry={() => failed.refetch()} what={failed === left ? "The first trace" : "The second trace"} />
            </div>
        );
    }
    if (!left.data || !right.data) {
        return (
            <div className="compare-wait">
                <Skeleton height={90} />
                <Skeleton height={360} />
            </div>
        );
    }
    return <Both a={left.data} b={right.data} />;
}

function Both({ a, b }: { a: TraceShape; b: TraceShape }) {
    const url = useUrl();
    const split = useSplit("compare", 0.56);
    const made = useMemo(() => compareTraces(a, b), [a, b]);
    const { rows, first } = made;
    const nameOf = (at: number) => (rows[at].a >= 0 ? `a:${a.spans.id[rows[at].a]}` : `b:${b.spans.id[rows[at].b]}`);
    const byName = useMemo(() => new Map(rows.map((_, at) => [nameOf(at), at])), [rows]);
    const selected = byName.get(url.search.span ?? "") ?? (first >= 0 ? first : rows.length ? 0 : -1);
    const select = (at: number) => url.set({ span: nameOf(at) }, { replace: true });
    const next = (step: 1 | -1) => {
        for (let moved = 1; moved <= rows.length; moved += 1) {
            const at = (((selected + moved * step) % rows.length) + rows.length) % rows.length;
            if (rowDiffers(rows[at])) return select(at);
        }
    };
    useKeys({ n: () => next(1), N: () => next(-1) });
    useEffect(() => {
        document.title = `Compare ${a.trace.name.slice(0, 40)} · vitrine`;
    }, [a]);
    const pair = rows[selected];
    return (
        <div className="compare">
            <Totals a={a} b={b} />
            <p className="compare-verdict" role="status">
                {first < 0 ? (
                    <><i className="dot ok" /> Both took the same steps with the same models; what differs are times, tokens and texts.</>
                ) : (
                    <>
                        <span className="tag warn">{plural(made.differences, "difference")}</span> They part at{" "}
                        <button type="button" className="button small bare compare-first" onClick={() => select(first)}>
                            {clip(oneLine(a.strings[a.spans.name_s[rows[first].a]] ?? b.strings[b.spans.name_s[rows[first].b]] ?? "a span"), 80)}
                        </button>
                        <span className="muted">
                            <kbd>n</kbd> next, <kbd>N</kbd> previous
                        </span>
                    </>
                )}
                {made.coarse && <span className="tag warn" title="More than a thousand differences among the children of one span">some steps are paired by order only</span>}
            </p>
            <div className="compare-body" ref={split.host}>
                <section className="compare-left" style={{ flexBasis: split.basis }} aria-label="Steps of both">
                    <PairList made={made} a={a} b={b} selected={selected} select={select} />
                </section>
                <Splitter split={split} label="Width of the step list" />
                <section className="compare-right" aria-label="The chosen step">
                    {pair && (
                        <SpanDiff
                            key={nameOf(selected)}
                            a={pair.a >= 0 ? { trace: a.trace.trace_id, span: a.spans.id[pair.a] } : null}
                            b={pair.b >= 0 ? { trace: b.trace.trace_id, span: b.spans.id[pair.b] } : null}
                        />
                    )}
                </section>
            </div>
        </div>
    );
}

function Totals({ a: { trace: a }, b: { trace: b } }: { a: TraceShape; b: TraceShape }) {
    const url = useUrl();
    const head = (mark: string, trace: TraceShape["trace"]) => (
        <th scope="row">
            <span className={`side side-${mark.toLowerCase()}`}>{mark}</span>
            <Go className="plain cut" href={url.trace(trace.trace_id)} title={oneLine(trace.name)}>
                {clip(oneLine(trace.name), 60)}
            </Go>
            <span className="muted"><Moment ns={trace.start} /></span>
            {trace.status === "error" && <span className="tag error">{trace.error_kind && trace.error_kind !== "unknown" ? oneLine(trace.error_kind).replace("_", " ") : "failed"}</span>}
        </th>
    );
    const columns: [string, (trace: TraceShape["trace"]) => number | null, (value: number | null) => ReactNode][] = [
        ["Duration", (trace) => trace.duration, duration],
        ["First token", (trace) => trace.ttft, duration],
        ["Cost", (trace) => trace.cost, money],
        ["Input", (trace) => trace.input_tokens, count],
        ["Output", (trace) => trace.output_tokens, count],
        ["Model calls", (trace) => trace.llm_calls, count],
        ["Tool calls", (trace) => trace.tool_calls, count],
        ["Errors", (trace) => trace.errors, count],
    ];
    const line = (trace: TraceShape["trace"]) => columns.map(([label, of, show]) => <td key={label} className="n">{show(of(trace))}</td>);
    return (
        <div className="compare-totals">
            <StackedTable className="lines">
                <thead>
                    <tr>
                        <th scope="col">Trace</th>
                        {columns.map(([label]) => <th key={label} scope="col" className="n">{label}</th>)}
                    </tr>
                </thead>
                <tbody>
                    <tr>{head("A", a)}{line(a)}</tr>
                    <tr>{head("B", b)}{line(b)}</tr>
                    <tr className="sum">
                        <th scope="row">Change</th>
                        {columns.map(([label, of, show]) => <td key={label} className="n"><Delta a={of(a)} b={of(b)} show={show} /></td>)}
                    </tr>
                </tbody>
            </StackedTable>
        </div>
    );
}
