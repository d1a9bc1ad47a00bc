/* SPDX-License-Identifier: Apache-2.0 */
/* One message as a card: who speaks, and each part in the form that suits it. */
import { type ReactNode, useState } from "react";
import type { Message, Part } from "../../api/types";
import { Icon, type IconName } from "../../components/icon";
import { LongText } from "../../components/long-text";
import { StoredMedia } from "../../components/stored-media";
import { bytes } from "../../format/number";
import { mediaReferences } from "../../format/media";
import { clip, oneLine, visible } from "../../format/text";
import { headOf, roleClass, roleLabel, summary } from "./conversation";

export function Section({ title, children }: { title: string; children: ReactNode }) {
    return (
        <section className="content-section">
            <h3>{title}</h3>
            {children}
        </section>
    );
}

const ROLE_ICON: Record<string, IconName> = { user: "user", assistant: "llm", system: "system", tool: "tool" };

interface CardProps {
    message: Message;
    names: Map<string, string>;
    folded?: boolean;
    answer?: boolean;
}

export function MessageCard({ message, names, folded = false, answer = false }: CardProps) {
    const [open, setOpen] = useState(!folded);
    const look = roleClass(message.role);
    return (
        <article className={`message ${look} ${answer ? "answer" : ""}`}>
            <header>
                <button type="button" className="message-role" aria-expanded={open} onClick={() => setOpen(!open)}>
                    <Icon name={ROLE_ICON[look]} small />
                    <b>{visible(roleLabel(message.role))}</b>
                    {message.name && <span className="muted">{clip(oneLine(message.name), 60)}</span>}
                    {!open && <span className="muted cut message-peek">{clip(oneLine(message.parts.map(summary).join(" ")), 200)}</span>}
                </button>
                {message.finish && <span className={`tag ${/^(stop|end_turn|tool_calls?|tool_use|completed)$/i.test(message.finish) ? "" : "warn"}`}>{clip(oneLine(message.finish), 40)}</span>}
            </header>
            {open && (
                <div className="message-parts">
                    {message.parts.map((part, at) => (
                        <PartView key={at} part={part} names={names} role={look} />
                    ))}
                    {!message.parts.length && <p className="muted">empty</p>}
                </div>
            )}
        </article>
    );
}

function PartView({ part, names, role }: { part: Part; names: Map<string, string>; role: string }) {
    switch (part.type) {
        case "reasoning":
            return (
                <details className="reasoning">
                    <summary>
                        <Icon name="thought" small /> Reasoning <span className="muted cut">{clip(oneLine(headOf(part.text)), 120)}</span>
                    </summary>
                    {part.text && <LongText text={part.text} what="the reasoning" />}
                </details>
            );
        case "tool_call":
            return <ToolCard part={part} title="calls" name={part.name ?? "a tool"} />;
        case "tool_result":
            if (role === "tool") return <ToolCard part={part} title="answers" name={part.name ?? names.get(part.id ?? "") ?? "a tool"} plain />;
            return <ToolCard part={part} title="result of" name={part.name ?? names.get(part.id ?? "") ?? "a tool"} />;
        case "media":
            return <Media part={part} />;
        default:
            return part.text === null || part.text === undefined ? <p className="muted">empty</p> : <LongText text={part.text} what="the message" mono={part.type === "data"} />;
    }
}

function ToolCard({ part, title, name, plain }: { part: Part; title: string; name: string; plain?: boolean }) {
    return (
        <div className={`tool-card ${plain ? "plain-card" : ""}`}>
            <div className="card-head">
                <Icon name="tool" small />
                <span className="muted">{title}</span> <b className="mono cut">{clip(oneLine(name), 100)}</b>
                <span className="grow" />
                {part.id && (
                    <span className="mono muted cut call-id" title={`Call id ${visible(part.id)}`}>
                        {clip(oneLine(part.id), 18)}
                    </span>
                )}
            </div>
            {part.text !== null && part.text !== undefined && headOf(part.text) !== "" ? <LongText text={part.text} what={part.type === "tool_call" ? "the arguments" : "the result"} mono /> : <p className="muted">nothing</p>}
        </div>
    );
}

/* Media are named, never loaded: an address in a prompt must not make the reader's browser call it. */
function Media({ part }: { part: Part }) {
    const reference = part.uri ?? headOf(part.text ?? "");
    if (mediaReferences(reference).length) return <StoredMedia text={reference} />;
    const size = part.text ? (typeof part.text === "string" ? part.text.length : part.text.bytes) : null;
    return (
        <div className="media">
            <Icon name="media" />
            <span>{clip(oneLine(part.mime ?? "media"), 60)}</span>
            {size !== null && <span className="muted">{bytes(size)}</span>}
            {part.uri && <span className="mono muted cut" title="Not loaded">{clip(oneLine(part.uri), 160)}</span>}
        </div>
    );
}
