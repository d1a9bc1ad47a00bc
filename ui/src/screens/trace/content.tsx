/* SPDX-License-Identifier: Apache-2.0 */
/* What went in and what came out: failure first, then the conversation, documents, parameters and tools. */
import { type ReactNode, useMemo, useState } from "react";
import type { Document, Message, Part, SpanDetail } from "../../api/types";
import { Icon } from "../../components/icon";
import { LongText } from "../../components/long-text";
import { plural } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { callNames, newestTurn } from "./conversation";
import { MessageCard, Section } from "./message";

export function Content({ detail }: { detail: SpanDetail }) {
    const { messages, system, documents, tools, parameters } = detail;
    const talks = messages.input.length > 0 || messages.output.length > 0;
    const names = useMemo(() => callNames([...messages.input, ...messages.output]), [messages]);
    const nothing = !talks && !documents.length && !detail.input && !detail.output && !detail.error && !system.length;
    return (
        <div className="content">
            <ErrorCard detail={detail} />
            {system.length > 0 && <System parts={system} />}
            {talks && <Conversation input={messages.input} output={messages.output} names={names} />}
            {!messages.input.length && detail.input && (
                <Section title={detail.kind === "tool" ? "Arguments" : detail.kind === "retriever" || detail.kind === "reranker" ? "Query" : "Input"}>
                    <LongText text={detail.input} what="the input" />
                </Section>
            )}
            {documents.length > 0 && <Documents documents={documents} />}
            {!messages.output.length && detail.output && !(documents.length > 0 && detail.kind === "retriever") && (
                <Section title={detail.kind === "tool" ? "Result" : "Output"}>
                    <LongText text={detail.output} what="the output" />
                </Section>
            )}
            {parameters.length > 0 && <Parameters parameters={parameters} />}
            {tools.length > 0 && <Tools tools={tools} />}
            {nothing && <NoContent detail={detail} />}
        </div>
    );
}

function ErrorCard({ detail: { error, status, status_message } }: { detail: SpanDetail }) {
    if (!error && status !== "error") return null;
    const message = error?.message ?? status_message;
    return (
        <section className="error-card" role="group" aria-label="Error">
            <h3>
                <Icon name="error" small /> {visible(error?.type ?? "Error")}
                {error?.kind && <span className="tag error">{visible(error.kind.replace("_", " "))}</span>}
            </h3>
            {message ? <LongText text={message} what="the error message" mono /> : <p className="muted">The sender gave no message.</p>}
            {error?.stacktrace && (
                <details>
                    <summary>Stack trace</summary>
                    <LongText text={error.stacktrace} what="the stack trace" mono open />
                </details>
            )}
        </section>
    );
}

function System({ parts }: { parts: Part[] }) {
    return <MessageCard message={{ role: "system", parts }} names={new Map()} folded />;
}

function Conversation({ input, output, names }: { input: Message[]; output: Message[]; names: Map<string, string> }) {
    const fold = useMemo(() => newestTurn(input), [input]);
    const [all, setAll] = useState(false);
    const shown = all ? input : input.slice(fold);
    return (
        <div className="conversation">
            {fold > 0 && (
                <button type="button" className="earlier" aria-expanded={all} onClick={() => setAll(!all)}>
                    <Icon name={all ? "up" : "down"} small /> {all ? "Fold" : "Show"} {plural(fold, "earlier message")}
                </button>
            )}
            {shown.map((message, at) => (
                <MessageCard key={at + (all ? 0 : fold)} message={message} names={names} />
            ))}
            {output.length > 0 && input.length > 0 && <p className="answer-line">Answer</p>}
            {output.map((message, at) => (
                <MessageCard key={`out-${at}`} message={message} names={names} answer />
            ))}
        </div>
    );
}

/** `children` stands above them. */
export function Documents({ documents, children }: { documents: Document[]; children?: ReactNode }) {
    const scores = documents.map((each) => each.score ?? 0);
    const best = Math.max(...scores, 1e-9);
    return (
        <Section title={plural(documents.length, "document")}>
            {children}
            <ol className="documents">
                {documents.map((each, at) => (
                    <li key={at} className="card">
                        <div className="card-head">
                            <Icon name="document" small />
                            <span className="muted">{at + 1}</span>
                            <b className="cut">{clip(oneLine(each.id ?? "no id"), 100)}</b>
                            <span className="grow" />
                            {each.score !== null && each.score !== undefined && (
                                <span className="score" title={`Score ${each.score}`}>
                                    <i style={{ width: `${Math.max(0, Math.min(100, (each.score / Math.max(1, best)) * 100))}%` }} />
                                    {Number(each.score.toFixed(4))}
                                </span>
                            )}
                            {each.distance !== null && each.distance !== undefined && <span className="muted">distance {Number(each.distance.toFixed(4))}</span>}
                        </div>
                        {each.content && <LongText text={each.content} what={`document ${at + 1}`} />}
                        {each.metadata && (
                            <details>
                                <summary>Metadata</summary>
                                <LongText text={each.metadata} what="the metadata" mono />
                            </details>
                        )}
                    </li>
                ))}
            </ol>
        </Section>
    );
}

function Parameters({ parameters }: { parameters: SpanDetail["parameters"] }) {
    return (
        <Section title="Parameters">
            <dl className="facts">
                {parameters.map(({ name, value }) => (
                    <div key={name}>
                        <dt>{visible(name)}</dt>
                        <dd className="mono">{clip(visible(typeof value === "string" ? value : (JSON.stringify(value) ?? "")), 400)}</dd>
                    </div>
                ))}
            </dl>
        </Section>
    );
}

function Tools({ tools }: { tools: SpanDetail["tools"] }) {
    return (
        <Section title={`${plural(tools.length, "tool")} offered`}>
            {tools.map((tool, at) => (
                <details key={at} className="tool-offer">
                    <summary>
                        <Icon name="tool" small /> <b>{clip(oneLine(tool.name), 80)}</b> <span className="muted cut">{clip(oneLine(tool.description ?? ""), 160)}</span>
                    </summary>
                    {tool.description && <LongText text={tool.description} what="the description" />}
                    {tool.parameters && <LongText text={tool.parameters} what="the parameters" mono />}
                </details>
            ))}
        </Section>
    );
}

function NoContent({ detail }: { detail: SpanDetail }) {
    const model = detail.kind === "llm";
    return (
        <div className="no-content">
            <p>{model ? "The prompt and the answer of this call were not sent." : "This span carries no content of its own."}</p>
            {model && (
                <p className="muted">
                    Many instrumentations leave them out until told otherwise. For OpenTelemetry's: <code>OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true</code>; for OpenLLMetry: <code>TRACELOOP_TRACE_CONTENT=true</code>.
                </p>
            )}
        </div>
    );
}

