/* SPDX-License-Identifier: Apache-2.0 */
/* Every attribute exactly as it was sent, with a box to find one. */
import { useState } from "react";
import type { Attribute, SpanDetail } from "../../api/types";
import { LongText } from "../../components/long-text";
import { exact } from "../../format/number";
import { visible } from "../../format/text";
import { headOf } from "./conversation";
import { Section } from "./message";

const STEP = 200;

export function Attributes({ detail }: { detail: SpanDetail }) {
    const [word, setWord] = useState("");
    const dropped = detail.dropped?.attributes ?? 0;
    return (
        <div className="content">
            <input className="input" value={word} onChange={(event) => setWord(event.target.value)} placeholder="Find an attribute by key or value" aria-label="Find an attribute" spellCheck={false} />
            {dropped > 0 && <p className="tag warn">{exact(dropped)} attributes were dropped by the sender</p>}
            <AttributeList title="Span" attributes={detail.attributes} word={word} />
            <AttributeList title="Resource" attributes={detail.resource} word={word} />
            {detail.scope && <AttributeList title={`Scope ${visible(detail.scope.name ?? "")} ${visible(detail.scope.version ?? "")}`} attributes={detail.scope.attributes} word={word} />}
        </div>
    );
}

export function AttributeList({ title, attributes, word = "" }: { title?: string; attributes: Attribute[]; word?: string }) {
    const [limit, setLimit] = useState(STEP);
    const wanted = word.toLowerCase();
    const found = wanted ? attributes.filter(({ key, value }) => key.toLowerCase().includes(wanted) || plain(value).toLowerCase().includes(wanted)) : attributes;
    if (!found.length) return null;
    const rows = found.slice(0, limit).map((attribute, at) => (
        <div key={at} className="attribute">
            <dt className="mono" title={`${visible(attribute.key)} (${attribute.type})`}>{visible(attribute.key)}</dt>
            <dd>{typeof attribute.value === "object" && attribute.value !== null ? <LongText text={attribute.value} what={attribute.key} mono /> : typeof attribute.value === "string" ? <LongText text={attribute.value} what={attribute.key} mono /> : <span className="mono json-number">{String(attribute.value)}</span>}</dd>
        </div>
    ));
    const list = (
        <>
            <dl className="attributes">{rows}</dl>
            {found.length > limit && (
                <button type="button" className="button small" onClick={() => setLimit(limit + STEP)}>
                    {exact(found.length - limit)} more
                </button>
            )}
        </>
    );
    return title ? <Section title={title}>{list}</Section> : list;
}

function plain(value: Attribute["value"]): string {
    return typeof value === "object" ? headOf(value) : String(value);
}
