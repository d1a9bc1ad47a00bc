/* SPDX-License-Identifier: Apache-2.0 */
/* Provenance: which vocabulary and which rule filled each field, so that a wrong one can be traced. */
import type { SpanDetail } from "../../api/types";
import { Moment } from "../../components/pieces";
import { duration } from "../../format/number";
import { clip, visible } from "../../format/text";
import { nsToMs } from "../../format/time";

export function Fields({ detail }: { detail: SpanDetail }) {
    const late = detail.arrival ? nsToMs(detail.arrival) - nsToMs(detail.end) : null;
    return (
        <div className="content">
            <p className="muted">
                How vitrine understood this span{detail.vocabulary ? <>, sent in the vocabulary <code>{visible(detail.vocabulary)}</code></> : ""}.
            </p>
            {detail.fields.length > 0 ? (
                <table className="lines fields">
                    <thead>
                        <tr><th scope="col">Field</th><th scope="col">Value</th><th scope="col">Vocabulary</th><th scope="col">Rule</th></tr>
                    </thead>
                    <tbody>
                        {detail.fields.map((field, at) => (
                            <tr key={at}>
                                <th scope="row" title={field.help ?? undefined}>{visible(field.name)}</th>
                                <td className="mono">{clip(visible(String(field.value ?? "–")), 300)}</td>
                                <td className="muted">{visible(field.vocabulary ?? "–")}</td>
                                <td className="mono muted">{visible(field.rule ?? "–")}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            ) : (
                <p className="muted">No field of a known vocabulary was recognised; all attributes are under “Attributes”.</p>
            )}
            <dl className="facts">
                <div><dt>Span id</dt><dd className="mono">{detail.span_id}</dd></div>
                <div><dt>Parent</dt><dd className="mono">{detail.parent_span_id ?? "none"}</dd></div>
                <div><dt>Started</dt><dd><Moment ns={detail.start} /></dd></div>
                <div><dt>Ended</dt><dd><Moment ns={detail.end} /></dd></div>
                {detail.arrival && <div><dt>Arrived</dt><dd><Moment ns={detail.arrival} /> {late !== null && Math.abs(late) < 864e5 && <span className="muted">{duration(Math.abs(late) * 1e6)} {late < 0 ? "before its end: clocks differ" : "after its end"}</span>}</dd></div>}
                {detail.level && <div><dt>Level</dt><dd>{visible(detail.level)}</dd></div>}
                {detail.scope?.name && <div><dt>Instrumentation</dt><dd className="mono">{visible(detail.scope.name)} {visible(detail.scope.version ?? "")}</dd></div>}
            </dl>
        </div>
    );
}
