/* SPDX-License-Identifier: Apache-2.0 */
/* Which trace to compare with: one of the same name, or one whose id or link is pasted. */
import { useState } from "react";
import { useTopTraces, useTrace } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { count, duration, money } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { is } from "../../url/filters";

interface Side {
    trace: string;
    span: string;
}

export function Pick({ a, b, wrong }: { a: Side | null; b: Side | null; wrong?: string }) {
    const given = a ?? b;
    return (
        <div className="scroll">
            <div className="compare-pick">
                {wrong && <p className="bad" role="alert">“{clip(oneLine(wrong), 80)}” is not the id of a trace: 32 hexadecimal digits, and those of a span behind a slash.</p>}
                <h2>{given ? "Compare with which trace?" : "Which traces shall be compared?"}</h2>
                <Paste given={given} />
                {given ? <Kin given={given} /> : <p className="muted">Or mark two rows of the Traces list with <kbd>m</kbd>, or press Compare on a trace.</p>}
            </div>
        </div>
    );
}

const text = (side: Side) => (side.span ? `${side.trace}/${side.span}` : side.trace);

/** An id, or any link to a trace. */
function idIn(source: string): string | null {
    const trace = /(?:^|[^0-9a-f])([0-9a-f]{32})(?![0-9a-f])/i.exec(source)?.[1];
    if (!trace) return null;
    const span = /(?:[?&]span=|[0-9a-f]{32}\/)([0-9a-f]{16})(?![0-9a-f])/i.exec(source)?.[1];
    return span ? `${trace}/${span}` : trace;
}

function Paste({ given }: { given: Side | null }) {
    const url = useUrl();
    const [typed, setTyped] = useState("");
    const found = idIn(typed);
    const take = () => {
        if (!found) return;
        if (!given) url.set({ a: found, b: undefined });
        else url.set({ a: text(given), b: given.span ? found : found.slice(0, 32) });
    };
    return (
        <form
            className="row"
            onSubmit={(event) => {
                event.preventDefault();
                take();
            }}
        >
            <input className="input grow" value={typed} onChange={(event) => setTyped(event.target.value)} placeholder="A trace id, or a link to a trace or span" aria-label="Trace id or link" spellCheck={false} />
            <button type="submit" className="button primary" disabled={!found}>
                Compare
            </button>
        </form>
    );
}

/** Traces of the same name, newest first. */
function Kin({ given }: { given: Side }) {
    const url = useUrl();
    const trace = useTrace(url.project, given.trace);
    const name = trace.data?.trace.name;
    if (trace.error) return <Failure error={trace.error} what="The trace" />;
    if (name === undefined) return <Skeleton height={200} />;
    return <KinList given={given} name={name} />;
}

function KinList({ given, name }: { given: Side; name: string }) {
    const url = useUrl();
    const kin = useTopTraces({ project: url.project, range: { from: "-30d", to: "now" }, filters: [is("trace_name", name)], live: false }, "start", 50);
    const others = kin.data?.traces.filter((each) => each.trace_id !== given.trace) ?? [];
    return (
        <>
            <h3>Others named “{clip(oneLine(name), 80)}”</h3>
            {kin.isPending && <Skeleton height={160} />}
            {kin.data && !others.length && <p className="muted">There is no other of this name in the last 30 days.</p>}
            <ul className="kin">
                {others.map((each) => (
                    <li key={each.trace_id}>
                        <Go href={url.href("compare", { a: given.trace, b: each.trace_id })}>
                            <i className={`dot ${each.status}`}><span className="sr">{each.status}</span></i>
                            <span className="muted nowrap"><Moment ns={each.start} /></span>
                            <span className="cut grow">{clip(visible(oneLine(each.input ?? each.name)), 120)}</span>
                            <span className="n">{duration(each.duration)}</span>
                            <span className="n muted">{count(each.total_tokens)}</span>
                            <span className="n muted">{money(each.cost)}</span>
                        </Go>
                    </li>
                ))}
            </ul>
        </>
    );
}
