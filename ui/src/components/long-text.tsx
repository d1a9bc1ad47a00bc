/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of any size, as text. What the server cut is fetched 64 KiB at a time when asked for; what is
 * tall is folded; JSON is shown as a tree. Nothing in it is ever markup, a link, or a direction.
 */
import { useMemo, useState } from "react";
import { getContent } from "../api/client";
import type { Text } from "../api/types";
import { bytes } from "../format/number";
import { structured, visible } from "../format/text";
import { Icon } from "./icon";
import { JsonTree } from "./json-tree";
import { CopyButton } from "./pieces";
import { StoredMedia } from "./stored-media";
import "./long-text.css";

const PAGE = 64 * 1024;
const TALL_LINES = 26;
const TALL_CHARS = 2_600;
const JSON_LIMIT = 400_000;

interface Props {
    text: Text;
    what: string;
    mono?: boolean;
    /** Shown in full from the start, for short technical text. */
    open?: boolean;
}

export function LongText({ text, what, mono, open = false }: Props) {
    const head = typeof text === "string" ? text : text.head;
    const json = useMemo(() => (typeof text === "string" && head.length < JSON_LIMIT ? structured(head) : undefined), [text, head]);
    const [raw, setRaw] = useState(false);
    const asTree = json !== undefined && !raw;
    return (
        <div className="long-text">
            <div className="long-tools">
                {json !== undefined && (
                    <button type="button" className="button bare small" aria-pressed={raw} onClick={() => setRaw(!raw)} title={raw ? "Show as a tree" : "Show as it was sent"}>
                        {raw ? "Tree" : "Raw"}
                    </button>
                )}
                <CopyButton text={head} what={typeof text === "string" ? what : `the first ${bytes(head.length)} of ${what}`} />
            </div>
            {asTree ? <JsonTree value={json} /> : <Prose text={text} head={head} mono={mono || json !== undefined} open={open} what={what} />}
            <StoredMedia text={head} />
        </div>
    );
}

function isTall(text: string): boolean {
    if (text.length > TALL_CHARS) return true;
    let lines = 1;
    for (let at = text.indexOf("\n"); at >= 0 && lines <= TALL_LINES; at = text.indexOf("\n", at + 1)) lines += 1;
    return lines > TALL_LINES;
}

function Prose({ text, head, mono, open, what }: { text: Text; head: string; mono: boolean; open: boolean; what: string }) {
    const shown = useMemo(() => visible(head), [head]);
    const tall = useMemo(() => isTall(shown), [shown]);
    const [unfolded, setUnfolded] = useState(open);
    const folded = tall && !unfolded;
    return (
        <>
            <pre className={`prose ${mono ? "mono" : ""} ${folded ? "folded" : ""}`} dir="auto">
                {shown}
            </pre>
            {tall && !open && (
                <button type="button" className="unfold" onClick={() => setUnfolded(!unfolded)}>
                    <Icon name={unfolded ? "up" : "down"} small /> {unfolded ? "Fold" : "Show all of it"}
                </button>
            )}
            {typeof text === "object" && !folded && <Pages text={text} what={what} mono={mono} />}
            {typeof text === "object" && folded && <p className="muted cut-note">The first {bytes(head.length)} of {bytes(text.bytes)}</p>}
        </>
    );
}

interface PagesProps {
    text: { head: string; bytes: number; href: string };
    what: string;
    mono: boolean;
}

function Pages({ text, what, mono }: PagesProps) {
    const [pages, setPages] = useState<string[]>([]);
    const [end, setEnd] = useState(() => new TextEncoder().encode(text.head).length);
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState<string | null>(null);
    const run = async (work: () => Promise<void>) => {
        setBusy(true);
        setProblem(null);
        try {
            await work();
        } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
        }
        setBusy(false);
    };
    const more = () =>
        run(async () => {
            const page = await getContent(text.href, end, PAGE);
            setPages([...pages, visible(page.text)]);
            setEnd(page.end > end ? page.end : text.bytes);
        });
    const save = () =>
        run(async () => {
            const parts: string[] = [];
            for (let at = 0; at < text.bytes; ) {
                const page = await getContent(text.href, at, 1 << 20);
                parts.push(page.text);
                if (page.end <= at) break;
                at = page.end;
            }
            const link = document.createElement("a");
            link.href = URL.createObjectURL(new Blob(parts, { type: "text/plain" }));
            link.download = `${what.replace(/\W+/g, "-")}.txt`;
            link.click();
            URL.revokeObjectURL(link.href);
        });
    return (
        <>
            {pages.map((page, at) => (
                <pre key={at} className={`prose page ${mono ? "mono" : ""}`} dir="auto">
                    {page}
                </pre>
            ))}
            <div className="row cut-note">
                <span className="muted">
                    {bytes(Math.min(end, text.bytes))} of {bytes(text.bytes)}
                </span>
                {end < text.bytes && (
                    <button type="button" className="button small" onClick={more} disabled={busy}>
                        Show {bytes(Math.min(PAGE, text.bytes - end))} more
                    </button>
                )}
                <button type="button" className="button small" onClick={save} disabled={busy}>
                    <Icon name="download" small /> Download all
                </button>
                {problem && <span className="bad">{visible(problem)}</span>}
            </div>
        </>
    );
}
