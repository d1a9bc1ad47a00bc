/* SPDX-License-Identifier: Apache-2.0 */
/* The query's text on screen: a plain text area until the editor has loaded, and where it cannot load. */
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { SOURCES, SQL, useCatalogue, valuesOf } from "../../api/ask";
import { useStable } from "../../app/stable";
import type { Range } from "../../url/range";
import type { Editor } from "./editor-core";
import "./query.css";

export interface EditorHandle {
    focus: () => void;
    goTo: (at: number) => void;
    replace: (from: number, to: number, text: string) => void;
}

interface Props {
    ref?: Ref<EditorHandle>;
    project: string;
    source: string;
    range: Range;
    text: string;
    change: (text: string) => void;
    run: (text: string) => void;
    fix: () => boolean;
    fault: { from: number; to: number } | null;
}

export function QueryEditor({ ref, project, source, range, text, change, run, fix, fault }: Props) {
    const host = useRef<HTMLDivElement>(null);
    const plain = useRef<HTMLTextAreaElement>(null);
    const editor = useRef<Editor | null>(null);
    const [ready, setReady] = useState(false);
    const catalogue = useCatalogue(project, source);
    const hooks = {
        changed: useStable(change),
        run: useStable(run),
        fix: useStable(fix),
        catalogue: useStable(() => catalogue.data),
        sources: SOURCES,
        values: useStable((field: string, signal: AbortSignal) => valuesOf(project, source, field, range, signal)),
    };
    const now = useStable(() => text);
    useEffect(() => {
        let gone = false;
        void import("./editor-core").then(({ createEditor }) => {
            if (gone || !host.current) return;
            const focused = document.activeElement === plain.current;
            editor.current = createEditor(host.current, now(), hooks);
            setReady(true);
            if (focused) editor.current.focus();
        }, () => undefined);
        return () => {
            gone = true;
            editor.current?.destroy();
            editor.current = null;
            setReady(false);
        };
    }, []);
    useEffect(() => editor.current?.setText(text), [text, ready]);
    useEffect(() => editor.current?.setSql(source === SQL), [source, ready]);
    useEffect(() => editor.current?.mark(fault), [fault, ready]);
    useImperativeHandle(ref, () => ({
        focus: () => (editor.current ?? plain.current)?.focus(),
        goTo: (at) => editor.current?.goTo(at),
        replace: (from, to, insert) => {
            if (editor.current) editor.current.replace(from, to, insert);
            else change(text.slice(0, from) + insert + text.slice(to));
        },
    }));
    return (
        <div className="editor">
            <div ref={host} className="editor-host" data-ready={ready || undefined} />
            {!ready && (
                <textarea
                    ref={plain}
                    className="editor-plain mono"
                    value={text}
                    onChange={(event) => change(event.target.value)}
                    onKeyDown={(event) => {
                        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
                        event.preventDefault();
                        run(event.currentTarget.value);
                    }}
                    aria-label="Query. Control Enter runs it"
                    spellCheck={false}
                    rows={3}
                />
            )}
        </div>
    );
}
