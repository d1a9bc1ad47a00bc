/* SPDX-License-Identifier: Apache-2.0 */
/* A text being written: a plain text area until the editor has loaded, and where it cannot load. */
import { useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useStable } from "../../app/stable";
import type { Editor } from "./editor-core";

/** Begins with `text` and tells every change; later values of `text` are its own. */
export function WordsEditor({ text, label, change }: { text: string; label: string; change: (text: string) => void }) {
    const host = useRef<HTMLDivElement>(null);
    const [ready, setReady] = useState(false);
    const now = useStable(() => text);
    const changed = useStable(change);
    useEffect(() => {
        let gone = false;
        let editor: Editor | null = null;
        void import("./editor-core").then(({ createEditor }) => {
            if (gone || !host.current) return;
            editor = createEditor(host.current, now(), label, changed);
            flushSync(() => setReady(true)); // never two fields of one name
        }, () => undefined);
        return () => {
            gone = true;
            editor?.destroy();
        };
    }, []);
    return (
        <div className="words-editor">
            <div ref={host} className="editor-host" data-ready={ready || undefined} />
            {!ready && <textarea className="words-plain mono" value={text} rows={4} aria-label={label} onChange={(event) => change(event.target.value)} />}
        </div>
    );
}
