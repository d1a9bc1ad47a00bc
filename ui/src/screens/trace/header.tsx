/* SPDX-License-Identifier: Apache-2.0 */
/* What the whole trace was: its name, how it ended, its totals, and who asked. */
import { type ReactNode, useMemo } from "react";
import type { TraceShape } from "../../api/types";
import { lastList, neighbour } from "../../app/lists";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { CopyButton, Moment } from "../../components/pieces";
import { count, duration, exact, money, moneyExact, percent, plural } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { AddToQueue } from "../queues/add-to";
import { DeleteTrace } from "./delete";
import { DownloadTrace } from "./download";
import { TraceScores } from "./scores";
import { is } from "../../url/filters";
import { ownTimes, type Tree } from "./tree";

interface Props {
    shape: TraceShape;
    tree: Tree;
    selected: number;
    select: (span: number) => void;
}

export function TraceHeader({ shape, tree, selected, select }: Props) {
    const url = useUrl();
    const { trace } = shape;
    const previous = neighbour(url.project, trace.trace_id, -1);
    const next = neighbour(url.project, trace.trace_id, 1);
    return (
        <header className="trace-header">
            <div className="trace-head-bar">
                <Go className="button icon bare" href={lastList(url.project)?.href ?? url.href("traces")} aria-label="Back to the list" title="Back to the list (Esc)">
                    <Icon name="left" />
                </Go>
                <h1 className="cut" title={oneLine(trace.name)}>
                    {clip(oneLine(trace.name), 200)}
                </h1>
                <Outcome shape={shape} />
                <span className="grow" />
                {(previous || next) && (
                    <span className="row pager">
                        <Step id={previous} icon="up" label="Previous trace of the list" keys="[" />
                        <Step id={next} icon="down" label="Next trace of the list" keys="]" />
                    </span>
                )}
                <Go className="button bare" href={url.href("compare", { a: trace.trace_id })} title="Compare with another trace">
                    <Icon name="compare" small /> Compare
                </Go>
                <AddToQueue subject={{ trace_id: trace.trace_id }} what="trace" />
                <CopyButton text={trace.trace_id} what={`the trace id ${trace.trace_id}`} small={false}>
                    <span className="mono">{trace.trace_id.slice(0, 8)}</span>
                </CopyButton>
                <CopyButton text={() => location.href} what="the link to this screen (c)" small={false}>
                    Link
                </CopyButton>
                <DownloadTrace shape={shape} />
                <DeleteTrace shape={shape} />
            </div>
            <dl className="totals">
                <Total label="Duration">{duration(trace.duration)}</Total>
                <Slowest shape={shape} tree={tree} selected={selected} select={select} />
                {trace.ttft !== null && <Total label="First token">{duration(trace.ttft)}</Total>}
                <Total label="Cost" title={moneyExact(trace.cost)} warn={trace.unpriced > 0 ? `${plural(trace.unpriced, "call")} unpriced` : undefined}>
                    {money(trace.cost)}
                </Total>
                <Total label="Tokens" title={`${exact(trace.input_tokens)} in, ${exact(trace.output_tokens)} out, ${exact(trace.cache_read_tokens)} read from a cache, ${exact(trace.reasoning_tokens)} reasoning`}>
                    {count(trace.total_tokens)} <span className="muted">{count(trace.input_tokens)} in · {count(trace.output_tokens)} out</span>
                </Total>
                <Total label="Calls">
                    {count(trace.llm_calls)} <span className="muted">model</span> {count(trace.tool_calls)} <span className="muted">tool</span>
                </Total>
                <Total label="Spans">{exact(trace.spans)}</Total>
                <Total label="Started">
                    <Moment ns={trace.start} />
                </Total>
                <Who label="Service" field="service" value={trace.service} />
                <Who label="Environment" field="environment" value={trace.environment} />
                <Who label="User" field="user" value={trace.user} href={trace.user ? url.user(trace.user) : undefined} />
                <Who label="Session" field="session" value={trace.session} href={trace.session ? url.session(trace.session) : undefined} />
                <Who label="Tenant" field="tenant" value={trace.tenant} />
                <Who label="Release" field="release" value={trace.release} />
            </dl>
            <TraceScores shape={shape} />
            <Cause shape={shape} tree={tree} selected={selected} select={select} />
            <Incomplete shape={shape} />
            {shape.truncated && (
                <div className="cause plain-note" role="status">
                    Shown are {exact(shape.spans.count)} of its {exact(trace.spans)} spans; the totals are of all of them.
                </div>
            )}
        </header>
    );
}

function Step({ id, icon, label, keys }: { id: string | null; icon: "up" | "down"; label: string; keys: string }) {
    const url = useUrl();
    if (!id) return <span className="button icon bare" aria-hidden="true"><Icon name={icon} className="muted" /></span>;
    return (
        <Go className="button icon bare" href={url.trace(id)} aria-label={label} title={`${label} (${keys})`}>
            <Icon name={icon} />
        </Go>
    );
}

function Outcome({ shape: { trace } }: { shape: TraceShape }) {
    return (
        <>
            {trace.state === "running" ? (
                <span className="tag accent"><i className="dot running" /> running</span>
            ) : trace.status === "error" ? (
                <span className="tag error"><Icon name="error" small /> failed{trace.error_kind && trace.error_kind !== "unknown" ? `: ${oneLine(trace.error_kind).replace("_", " ")}` : ""}</span>
            ) : (
                <span className="tag"><i className="dot ok" /> succeeded</span>
            )}
            {trace.state === "quiet" && <span className="tag" title="Nothing new has arrived for a while, but more may come">quiet</span>}
        </>
    );
}

function Total({ label, title, warn, children }: { label: string; title?: string; warn?: string; children: ReactNode }) {
    return (
        <div className="total">
            <dt>{label}</dt>
            <dd title={title}>
                {children} {warn && <span className="tag warn">{warn}</span>}
            </dd>
        </div>
    );
}

/* Less than this share of the whole is no answer to where the time went. */
const TELLING = 0.15;

/** Where the time went, in words: which steps of the critical path took most of it themselves. */
function Slowest({ shape: { trace, spans, strings }, tree, select }: Props) {
    const most = useMemo(() => ownTimes(tree, spans).slice(0, 2), [tree, spans]);
    const told = most.filter(({ own }) => own >= TELLING * trace.duration);
    if (spans.count < 2 || !told.length) return null;
    return (
        <div className="total total-slowest">
            <dt>Most time in</dt>
            <dd>
                {told.map(({ longest, own, count: times }) => (
                    <span key={longest} className="row">
                        <button type="button" className="cut" onClick={() => select(longest)} title={`${duration(own)}${times > 1 ? ` in ${times} steps. Go to the longest` : ". Go there"}`}>{clip(oneLine(strings[spans.name_s[longest]] ?? ""), 60)}</button>
                        <span className="muted">{times > 1 && `×${exact(times)} `}{percent(Math.min(1, own / trace.duration))}</span>
                    </span>
                ))}
            </dd>
        </div>
    );
}

function Who({ label, field, value, href }: { label: string; field: string; value: string | null; href?: string }) {
    const url = useUrl();
    if (!value) return null;
    return (
        <div className="total">
            <dt>{label}</dt>
            <dd className="cut">
                <Go
                    className="plain"
                    href={href ?? url.href("traces", { from: lastRange(url.project), f: [is(field, value)] })}
                    title={`${href ? "The page of" : "Traces with"} this ${label.toLowerCase()}: ${oneLine(value)}`}
                >
                    {clip(oneLine(value), 40)}
                </Go>
            </dd>
        </div>
    );
}

/** Looking for a user's other traces is asked in the range the list had, a week without one. */
function lastRange(project: string): string | undefined {
    return lastList(project) ? (new URLSearchParams(lastList(project)!.href.split("?")[1]).get("from") ?? undefined) : "-7d";
}

function Cause({ shape, tree, selected, select }: Props) {
    if (tree.origin < 0) return null;
    const { spans, strings } = shape;
    const kind = spans.error_kind_s[tree.origin];
    const survived = shape.trace.status === "ok";
    return (
        <div className={`cause ${survived ? "warn" : ""}`}>
            <Icon name="error" small />
            <span className="cut">
                {survived ? "Succeeded, but something failed inside: " : "It failed in "}
                <b>{clip(oneLine(strings[spans.name_s[tree.origin]] ?? ""), 120)}</b>
                {kind >= 0 && strings[kind] !== "unknown" && ` (${oneLine(strings[kind]).replace("_", " ")})`}
            </span>
            {selected !== tree.origin && (
                <button type="button" className="button small" onClick={() => select(tree.origin)}>
                    Go there
                </button>
            )}
            {shape.trace.errors > 1 && <span className="muted nowrap">{exact(shape.trace.errors)} failed spans, <kbd>e</kbd> for the next</span>}
        </div>
    );
}

function Incomplete({ shape: { trace, spans } }: { shape: TraceShape }) {
    if (trace.complete) return null;
    const orphans = spans.missing_parent.reduce((sum, each) => sum + (each ? 1 : 0), 0);
    return (
        <div className="cause plain-note" role="status">
            <Icon name="clock" small />
            {trace.state === "running" ? "Still running: " : "Incomplete: "}
            {orphans ? `the parent of ${plural(orphans, "span")} has not arrived; they are shown at the top level.` : "its root span has not arrived yet."} Totals count what is here.
        </div>
    );
}
