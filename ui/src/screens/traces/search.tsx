/* SPDX-License-Identifier: Apache-2.0 */
/* Full-text search: a box beside the filters, and hits with their snippet in the place of the list. */
import { type FormEvent, useEffect, useMemo, useRef, useState } from "react";
import { useSearch } from "../../api/queries";
import type { SearchHit } from "../../api/types";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon, kindIcon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { Snippet } from "../../components/snippet";
import { plural } from "../../format/number";
import { clip, oneLine, shortModel } from "../../format/text";

const HELP = 'Words, "a phrase" or /a regular expression/; AND, OR, NOT, parentheses; input: output: tool: system: error: name: in front';

export function SearchBox() {
    const url = useUrl();
    const asked = url.search.q ?? "";
    const [text, setText] = useState(asked);
    useEffect(() => setText(asked), [asked]);
    const ask = (q: string) => url.set({ q: q.trim() || undefined });
    const submit = (event: FormEvent) => {
        event.preventDefault();
        ask(text);
    };
    return (
        <form className="search-box" role="search" aria-label="Search texts" onSubmit={submit}>
            <Icon name="search" className="muted" />
            <input
                type="text"
                enterKeyHint="search"
                aria-label="Search prompts, answers and tool calls"
                title={HELP}
                placeholder="Search prompts, answers, tools …"
                maxLength={4096}
                autoComplete="off"
                spellCheck={false}
                value={text}
                onChange={(event) => setText(event.target.value)}
                onKeyDown={(event) => {
                    if (event.key !== "Escape" || !text) return;
                    event.stopPropagation();
                    setText("");
                    if (asked) ask("");
                }}
            />
            {(text || asked) && (
                <button type="button" className="button small bare" aria-label="Clear the search" onClick={() => (asked ? ask("") : setText(""))}>
                    <Icon name="close" small />
                </button>
            )}
        </form>
    );
}

export function SearchHits() {
    const url = useUrl();
    const q = url.search.q ?? "";
    const found = useSearch(url, q);
    const hits = useMemo(() => found.data?.pages.flatMap((page) => page.hits) ?? [], [found.data]);
    const last = found.data?.pages[found.data.pages.length - 1];
    const [active, setActive] = useState(-1);
    const list = useRef<HTMLOListElement>(null);
    useEffect(() => setActive(-1), [q]);
    const move = (step: number) => () => {
        const at = Math.max(0, Math.min(hits.length - 1, active + step));
        setActive(at);
        list.current?.children[at]?.scrollIntoView({ block: "nearest" });
    };
    const open = () => (hits[active] ? url.go(url.trace(hits[active].trace_id, { span: hits[active].span_id })) : false);
    useKeys({ j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1), Enter: open });
    if (found.error && !found.isFetchNextPageError) return <Failure error={found.error} what="The search" retry={() => found.refetch()} />;
    return (
        <div className={`search-hits ${found.isPlaceholderData ? "stale" : ""}`} tabIndex={0} role="region" aria-label="Search results">
            <p className="search-told muted" role="status">
                {found.isPending ? "Searching…" : told(hits.length, !!last?.next, !!last?.complete, found.data?.pages[0]?.statistics.elapsed_ms)}
            </p>
            {found.isPending && <Skeleton height={280} />}
            <ol ref={list}>
                {hits.map((hit, at) => (
                    <Hit key={hit.span_id + hit.trace_id} hit={hit} active={at === active} />
                ))}
            </ol>
            {last?.next && (
                <button type="button" className="button search-more" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                    {found.isFetchingNextPage ? "Searching…" : last.complete ? "More" : "Search on"}
                </button>
            )}
        </div>
    );
}

function told(hits: number, more: boolean, complete: boolean, ms?: number): string {
    const time = ms === undefined ? "" : ` in ${ms < 1 ? "under 1" : Math.round(ms)} ms`;
    if (!complete) return `${plural(hits, "span")} so far: the search takes long, it goes on from here`;
    if (!hits) return "Nothing in this time range and these filters holds that text";
    return more ? `The newest ${plural(hits, "span")}${time}` : `${plural(hits, "span")}${time}`;
}

function Hit({ hit, active }: { hit: SearchHit; active: boolean }) {
    const url = useUrl();
    return (
        <li className={`search-hit ${active ? "active" : ""}`}>
            <Go href={url.trace(hit.trace_id, { span: hit.span_id })}>
                <span className="search-head">
                    <Icon name={kindIcon(hit.kind)} small className="kind" />
                    <b className="cut">{clip(oneLine(hit.name ?? hit.span_id), 120)}</b>
                    {hit.error && <span className="tag error">error</span>}
                    <span className="tag">{hit.field}</span>
                    <span className="grow" />
                    <span className="muted cut">{clip(shortModel(oneLine(hit.model ?? hit.service ?? "")), 60)}</span>
                    <span className="muted">
                        <Moment ns={hit.start} />
                    </span>
                </span>
                <Snippet hit={hit} />
            </Go>
        </li>
    );
}
