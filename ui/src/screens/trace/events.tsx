/* SPDX-License-Identifier: Apache-2.0 */
/* What happened during the span: events and log records in one order of time, and links to other spans. */
import type { SpanDetail, TraceShape } from "../../api/types";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { LongText } from "../../components/long-text";
import { duration } from "../../format/number";
import { visible } from "../../format/text";
import { AttributeList } from "./attributes";
import { Section } from "./message";

export function Events({ detail, shape, select }: { detail: SpanDetail; shape: TraceShape; select: (span: number) => void }) {
    const since = (ns: string) => duration(Number(BigInt(ns) - BigInt(detail.start)));
    if (!detail.events.length && !detail.logs.length && !detail.links.length) return <p className="content muted">No events, log records or links were sent with this span.</p>;
    return (
        <div className="content">
            {detail.events.length > 0 && (
                <Section title="Events">
                    {detail.events.map((event, at) => (
                        <div key={at} className="card">
                            <div className="card-head">
                                <b className="cut">{visible(event.name)}</b>
                                <span className="grow" />
                                <span className="muted">{since(event.time)}</span>
                            </div>
                            <AttributeList attributes={event.attributes} />
                        </div>
                    ))}
                </Section>
            )}
            {detail.logs.length > 0 && (
                <Section title="Log records">
                    {detail.logs.map((log, at) => (
                        <div key={at} className="card">
                            <div className="card-head">
                                <span className={`tag ${/^(ERROR|FATAL)/.test(log.severity) ? "error" : /^WARN/.test(log.severity) ? "warn" : ""}`}>{visible(log.severity || "log")}</span>
                                <b className="cut">{visible(log.event ?? "")}</b>
                                <span className="grow" />
                                <span className="muted">{since(log.time)}</span>
                            </div>
                            {log.body && <LongText text={log.body} what="the log record" mono />}
                        </div>
                    ))}
                </Section>
            )}
            {detail.links.length > 0 && <Links detail={detail} shape={shape} select={select} />}
        </div>
    );
}

function Links({ detail, shape, select }: { detail: SpanDetail; shape: TraceShape; select: (span: number) => void }) {
    const url = useUrl();
    return (
        <Section title="Links">
            {detail.links.map((link, at) => {
                const here = link.trace_id === shape.trace.trace_id ? shape.spans.id.indexOf(link.span_id) : -1;
                return (
                    <div key={at} className="card">
                        <div className="card-head mono">
                            {here >= 0 ? (
                                <button type="button" className="link-button" onClick={() => select(here)}>span {link.span_id} of this trace</button>
                            ) : (
                                <Go className="plain" href={url.trace(link.trace_id, { span: link.span_id })}>trace {link.trace_id.slice(0, 8)}…, span {link.span_id}</Go>
                            )}
                        </div>
                        <AttributeList attributes={link.attributes} />
                    </div>
                );
            })}
        </Section>
    );
}
