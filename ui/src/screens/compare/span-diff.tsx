/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two spans: facts, then what was said, word by word, then parameters and attributes. Long texts
 * are compared by their beginnings, and say so.
 */
import { type ReactNode, useMemo, useState } from "react";
import { useSpan } from "../../api/queries";
import type { Attribute, Message, SpanDetail, Text } from "../../api/types";
import { useUrl } from "../../app/url";
import { sequence } from "../../compare/sequence";
import { diffTexts, type Piece } from "../../compare/words";
import { Go } from "../../components/go";
import { Failure, Skeleton } from "../../components/pieces";
import { bytes, count, duration, exact, money, plural } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { headOf, roleLabel } from "../trace/conversation";
import { Section } from "../trace/message";
import { Delta } from "./delta";

interface Place {
    trace: string;
    span: string;
}

export function SpanDiff({ a, b }: { a: Place | null; b: Place | null }) {
    const url = useUrl();
    const left = useSpan(url.project, a?.trace ?? "", a?.span);
    const right = useSpan(url.project, b?.trace ?? "", b?.span);
    const error = (a && left.error) || (b && right.error);
    if (error) return <Failure error={error} what="The span" retry={() => void (left.error ? left.refetch() : right.refetch())} />;
    if ((a && !left.data) || (b && !right.data)) return <div className="compare-wait"><Skeleton height={60} /><Skeleton height={160} /></div>;
    return <Difference a={a ? (left.data ?? null) : null} b={b ? (right.data ?? null) : null} />;
}

function Difference({ a, b }: { a: SpanDetail | null; b: SpanDetail | null }) {
    const url = useUrl();
    const title = (mark: string, span: SpanDetail | null) => (
        <div className="row">
            <span className={`side side-${mark.toLowerCase()}`}>{mark}</span>
            {span ? (
                <Go className="plain cut" href={url.trace(span.trace_id, { span: span.span_id })} title="Open it in its trace">
                    {clip(oneLine(span.name), 120)}
                </Go>
            ) : (
                <span className="muted">has no such step</span>
            )}
            {span?.status === "error" && <span className="tag error">{oneLine(span.error?.type ?? "failed")}</span>}
        </div>
    );
    return (
        <div className="span-diff">
            <header>{title("A", a)}{title("B", b)}</header>
            {a && b && <Facts a={a} b={b} />}
            <Said title="Error" a={a?.error?.message ?? a?.status_message ?? null} b={b?.error?.message ?? b?.status_message ?? null} />
            <Said title="System" a={joined(a)} b={joined(b)} />
            <Talk title="Messages" a={a?.messages.input ?? []} b={b?.messages.input ?? []} />
            {!(a?.messages.input.length || b?.messages.input.length) && <Said title="Input" a={a?.input ?? null} b={b?.input ?? null} />}
            <Talk title="Answer" a={a?.messages.output ?? []} b={b?.messages.output ?? []} />
            {!(a?.messages.output.length || b?.messages.output.length) && <Said title="Output" a={a?.output ?? null} b={b?.output ?? null} />}
            <Values title="Parameters" a={parameters(a)} b={parameters(b)} />
            <Values title="Attributes" a={plain(a?.attributes)} b={plain(b?.attributes)} />
            <Values title="Resource" a={plain(a?.resource)} b={plain(b?.resource)} />
        </div>
    );
}

const joined = (span: SpanDetail | null) => (span?.system.length ? span.system.map((part) => headOf(part.text)).join("\n\n") : null);
const parameters = (span: SpanDetail | null) => new Map(span?.parameters.map(({ name, value }) => [name, typeof value === "string" ? value : JSON.stringify(value)]));
const plain = (attributes: Attribute[] | undefined) => new Map(attributes?.map(({ key, value }) => [key, typeof value === "object" && value !== null ? headOf(value) : String(value)]));

function Facts({ a, b }: { a: SpanDetail; b: SpanDetail }) {
    const model = (span: SpanDetail) => span.fields.find(({ name }) => name === "model")?.value;
    const numbers: [string, number | null | undefined, number | null | undefined, (value: number) => ReactNode][] = [
        ["Duration", a.duration, b.duration, duration],
        ["First token", a.timing?.ttft, b.timing?.ttft, duration],
        ["Input tokens", a.usage?.input, b.usage?.input, count],
        ["Output tokens", a.usage?.output, b.usage?.output, count],
        ["Cost", a.cost?.total, b.cost?.total, money],
    ];
    const texts: [string, unknown, unknown][] = [["Kind", a.kind, b.kind], ["Model", model(a), model(b)], ["Status", a.status, b.status]];
    const cell = (value: unknown) => (value === null || value === undefined || value === "" ? "–" : clip(oneLine(String(value)), 80));
    return (
        <table className="lines">
            <thead>
                <tr><th scope="col" /><th scope="col" className="n">A</th><th scope="col" className="n">B</th><th scope="col" className="n">Change</th></tr>
            </thead>
            <tbody>
                {numbers.filter(([, one, other]) => (one ?? null) !== null || (other ?? null) !== null).map(([label, one, other, show]) => (
                    <tr key={label}>
                        <th scope="row">{label}</th>
                        <td className="n">{(one ?? null) === null ? "–" : show(one as number)}</td>
                        <td className="n">{(other ?? null) === null ? "–" : show(other as number)}</td>
                        <td className="n"><Delta a={one ?? null} b={other ?? null} show={show} /></td>
                    </tr>
                ))}
                {texts.filter(([, one, other]) => one || other).map(([label, one, other]) => (
                    <tr key={label} className={one === other ? "" : "changed"}>
                        <th scope="row">{label}</th>
                        <td className="n">{cell(one)}</td>
                        <td className="n">{cell(other)}</td>
                        <td className="n muted">{one === other ? "=" : "≠"}</td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}

function Said({ title, a, b }: { title: string; a: Text | null; b: Text | null }) {
    if (a === null && b === null) return null;
    const cut = [a, b].filter((text): text is Exclude<Text, string> => text !== null && typeof text === "object");
    const [one, other] = [headOf(a), headOf(b)];
    return (
        <Section title={title}>
            {one === other ? <Same text={one} /> : <Words a={one} b={other} />}
            {cut.length > 0 && <p className="muted cut-note">Compared are the first {bytes(cut[0].head.length)} of {bytes(Math.max(...cut.map((text) => text.bytes)))}.</p>}
        </Section>
    );
}

function Same({ text }: { text: string }) {
    const [open, setOpen] = useState(false);
    return (
        <div className="same">
            <button type="button" className="button small bare" aria-expanded={open} onClick={() => setOpen(!open)}>
                = the same <span className="muted cut">{clip(oneLine(text), 100)}</span>
            </button>
            {open && <pre className="prose" dir="auto">{visible(text)}</pre>}
        </div>
    );
}

const NEAR = 240;

/** What is the same between two changes is shown by its ends. */
function Words({ a, b }: { a: string; b: string }) {
    const [whole, setWhole] = useState(false);
    const pieces = useMemo(() => diffTexts(visible(a), visible(b)), [a, b]);
    const folds = !whole && pieces.some((piece) => piece.in === "both" && piece.text.length > 3 * NEAR);
    return (
        <div className="words">
            <pre className="prose" dir="auto">
                {pieces.map((piece, at) => (piece.in === "both" || !a || !b ? <span key={at}>{folds ? near(piece.text, at === 0, at === pieces.length - 1) : piece.text}</span> : <Changed key={at} piece={piece} />))}
            </pre>
            {folds && (
                <button type="button" className="button small bare" onClick={() => setWhole(true)}>
                    Show all of it
                </button>
            )}
        </div>
    );
}

function near(text: string, first: boolean, last: boolean): string {
    if (text.length <= 3 * NEAR) return text;
    const head = first ? "" : text.slice(0, NEAR);
    const tail = last ? "" : text.slice(-NEAR);
    return `${head} … ${exact(text.length - head.length - tail.length)} characters the same … ${tail}`;
}

function Changed({ piece }: { piece: Piece }) {
    return piece.in === "a" ? <del>{piece.text}</del> : <ins>{piece.text}</ins>;
}

function messageText(message: Message): string {
    return message.parts.map((part) => (part.type === "tool_call" ? `${part.name ?? "tool"}(${headOf(part.text)})` : headOf(part.text))).join("\n");
}

/** Messages are aligned by what they say; two of one role between those are taken for one that changed. */
function Talk({ title, a, b }: { title: string; a: Message[]; b: Message[] }) {
    const rows = useMemo(() => alignMessages(a, b), [a, b]);
    if (!rows.length) return null;
    return (
        <Section title={title}>
            {rows.map(({ role, one, other }, at) => (
                <div key={at} className={`talk-row ${one === other ? "" : one === null ? "come" : other === null ? "gone" : "changed"}`}>
                    <b>{visible(roleLabel(role))}</b>
                    {one !== null && one === other ? <Same text={one} /> : <Words a={one ?? ""} b={other ?? ""} />}
                </div>
            ))}
        </Section>
    );
}

function alignMessages(a: Message[], b: Message[]): { role: string; one: string | null; other: string | null }[] {
    const [left, right] = [a.map(messageText), b.map(messageText)];
    const keys = (messages: Message[], texts: string[]) => messages.map(({ role }, at) => `${role} ${texts[at]}`);
    const steps = sequence(keys(a, left), keys(b, right)) ?? [...a.map((_, at) => ({ a: at, b: -1 })), ...b.map((_, at) => ({ a: -1, b: at }))];
    const rows: { role: string; one: string | null; other: string | null }[] = [];
    for (const step of steps) {
        const role = step.a >= 0 ? a[step.a].role : b[step.b].role;
        const partner = step.a < 0 ? rows.findLast((row) => row.other === null && row.role === role && rows.indexOf(row) >= rows.findLastIndex((each) => each.one === each.other) + 1) : undefined;
        if (partner) partner.other = right[step.b];
        else rows.push({ role, one: step.a >= 0 ? left[step.a] : null, other: step.b >= 0 ? right[step.b] : null });
    }
    return rows;
}

const VALUES_SHOWN = 60;

function Values({ title, a, b }: { title: string; a: Map<string, string>; b: Map<string, string> }) {
    const [all, setAll] = useState(false);
    const keys = [...new Set([...a.keys(), ...b.keys()])];
    const different = keys.filter((key) => a.get(key) !== b.get(key));
    if (!keys.length) return null;
    const shown = all ? different : different.slice(0, VALUES_SHOWN);
    return (
        <Section title={!a.size || !b.size ? title : `${title}: ${different.length ? plural(different.length, "difference") : "the same"}`}>
            {shown.length > 0 && (
                <dl className="attributes">
                    {shown.map((key) => (
                        <div key={key} className="attribute">
                            <dt className="mono" title={visible(key)}>{visible(key)}</dt>
                            <dd className="mono"><Words a={clip(a.get(key) ?? "", 4000)} b={clip(b.get(key) ?? "", 4000)} /></dd>
                        </div>
                    ))}
                </dl>
            )}
            {different.length > shown.length && <button type="button" className="button small" onClick={() => setAll(true)}>{exact(different.length - shown.length)} more</button>}
            {keys.length > different.length && <p className="muted">{exact(keys.length - different.length)} are the same.</p>}
        </Section>
    );
}
