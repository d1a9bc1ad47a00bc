/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The editor of a prompt's words, loaded only when one is written. It lives in a shadow root, because there its
 * styles are adopted sheets: the server's Content-Security-Policy allows no style element.
 */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { EditorState, RangeSetBuilder, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, drawSelection, EditorView, highlightSpecialChars, keymap } from "@codemirror/view";
import { typedOver } from "../../components/editor-base";
import { pieces } from "./words";

export interface Editor {
    focus: () => void;
    destroy: () => void;
}

const MARKS = { variable: Decoration.mark({ class: "p-variable" }), reference: Decoration.mark({ class: "p-reference" }) };

function marked(state: EditorState): DecorationSet {
    const builder = new RangeSetBuilder<Decoration>();
    for (const piece of pieces(state.doc.toString())) if (piece.kind !== "text") builder.add(piece.from, piece.to, MARKS[piece.kind]);
    return builder.finish();
}

const marks = StateField.define<DecorationSet>({
    create: marked,
    update: (value, transaction) => (transaction.docChanged ? marked(transaction.state) : value),
    provide: (field) => EditorView.decorations.from(field),
});

const look = EditorView.theme({
    "&": { fontSize: "13px", color: "var(--text)", backgroundColor: "transparent", minHeight: "64px" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
    ".cm-content": { padding: "8px 0", caretColor: "var(--accent)", minHeight: "64px" },
    ".cm-line": { padding: "0 10px" },
    ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "color-mix(in oklab, var(--accent) 28%, transparent)" },
    ".cm-specialChar": { color: "var(--warn)" },
    ".p-variable": { color: "var(--accent)", fontWeight: "600" },
    ".p-reference": { color: "var(--violet)", fontWeight: "600" },
});

export function createEditor(host: HTMLElement, text: string, label: string, changed: (text: string) => void): Editor {
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open", delegatesFocus: true });
    const view = new EditorView({
        root,
        parent: root,
        state: EditorState.create({
            doc: text,
            extensions: [
                marks,
                look,
                history(),
                drawSelection(),
                highlightSpecialChars({ addSpecialChars: /[\u202a-\u202c\u2068\u206a-\u206f]/ }),
                EditorView.lineWrapping,
                keymap.of([...defaultKeymap, ...historyKeymap]),
                typedOver,
                EditorView.contentAttributes.of({ "aria-label": label, autocapitalize: "off" }),
                EditorView.updateListener.of((update) => {
                    if (update.docChanged) changed(update.state.doc.toString());
                }),
                EditorState.changeFilter.of((transaction) => transaction.newDoc.length <= 500_000),
            ],
        }),
    });
    return { focus: () => view.focus(), destroy: () => view.destroy() };
}
