/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The editor itself, loaded only when a query is written. It lives in a shadow root, because there its styles
 * are adopted sheets: the server's Content-Security-Policy allows no style element.
 */
import { acceptCompletion, autocompletion, type Completion, type CompletionContext, type CompletionResult, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { EditorState, Prec, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, drawSelection, EditorView, highlightSpecialChars, keymap, placeholder } from "@codemirror/view";
import type { Catalogue } from "../../api/ask";
import { COMMAND_WORDS, spot } from "../../language/complete";
import { fromOutside, typedOver } from "../../components/editor-base";
import { clip, oneLine } from "../../format/text";
import { fieldName, lex, lexSql, quote } from "../../language/lex";

interface EditorHooks {
    changed: (text: string) => void;
    /** With the text as it stands, which the screen may not have drawn yet. */
    run: (text: string) => void;
    /** Replaces the marked place by what the server proposed; false when there is nothing to replace. */
    fix: () => boolean;
    catalogue: () => Catalogue | undefined;
    sources: readonly string[];
    values: (field: string, signal: AbortSignal) => Promise<{ value: string; count: number }[]>;
}

export interface Editor {
    setText: (text: string) => void;
    setSql: (on: boolean) => void;
    mark: (place: { from: number; to: number } | null) => void;
    replace: (from: number, to: number, text: string) => void;
    goTo: (at: number) => void;
    focus: () => void;
    destroy: () => void;
}

const CLASSES: Partial<Record<string, Decoration>> = Object.fromEntries(
    ["command", "word", "function", "field", "string", "regex", "number", "comment", "variable", "pipe"].map((kind) => [kind, Decoration.mark({ class: `q-${kind}` })]),
);

const setSql = StateEffect.define<boolean>();
const isSql = StateField.define<boolean>({
    create: () => false,
    update: (value, transaction) => transaction.effects.reduce((now, effect) => (effect.is(setSql) ? effect.value : now), value),
});

function coloured(state: EditorState): DecorationSet {
    const builder = new RangeSetBuilder<Decoration>();
    const text = state.doc.toString();
    for (const token of state.field(isSql) ? lexSql(text) : lex(text)) {
        const mark = CLASSES[token.kind];
        if (mark) builder.add(token.from, token.to, mark);
    }
    return builder.finish();
}

const colours = StateField.define<DecorationSet>({
    create: coloured,
    update: (value, transaction) => (transaction.docChanged || transaction.effects.some((effect) => effect.is(setSql)) ? coloured(transaction.state) : value),
    provide: (field) => EditorView.decorations.from(field),
});

const setMark = StateEffect.define<{ from: number; to: number } | null>();
const faulty = Decoration.mark({ class: "q-fault", attributes: { "aria-invalid": "true" } });
const atEnd = Decoration.line({ class: "q-fault-end" });

/* The mark stays where it is until its own text changes: what was wrong is then being mended. */
const fault = StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update: (value, transaction) => {
        let next = value.map(transaction.changes);
        if (transaction.docChanged) {
            next.between(0, transaction.state.doc.length, (from, to) => {
                transaction.changes.iterChanges((_a, _b, begin, end) => {
                    if (begin <= to && end >= from) next = Decoration.none;
                });
            });
        }
        for (const effect of transaction.effects) {
            if (!effect.is(setMark)) continue;
            const length = transaction.state.doc.length;
            const place = effect.value;
            if (!place) next = Decoration.none;
            else if (place.from >= length) next = Decoration.set(atEnd.range(transaction.state.doc.lineAt(length).from));
            else next = Decoration.set(faulty.range(place.from, Math.min(length, Math.max(place.to, place.from + 1))));
        }
        return next;
    },
    provide: (field) => EditorView.decorations.from(field),
});

async function complete(hooks: EditorHooks, context: CompletionContext): Promise<CompletionResult | null> {
    if (context.state.field(isSql)) return null;
    const text = context.state.doc.toString();
    const at = spot(text, context.pos);
    const { word, from } = at;
    const catalogue = hooks.catalogue();
    if (at.kind === "nothing" || (!word && !context.explicit && at.kind !== "value" && !/[|\n]\s*$|^\s*$/.test(text.slice(0, context.pos)))) return null;
    if (at.kind === "command") return { from, options: (catalogue?.commands ?? []).map(commandOption), validFor: /^[A-Za-z]*$/ };
    if (at.kind === "source") return { from, options: hooks.sources.map((label) => ({ label, type: "source" })), validFor: /^\w*$/ };
    if (at.kind === "value" && at.field) {
        const abort = new AbortController();
        context.addEventListener("abort", () => abort.abort());
        const values = await hooks.values(at.field, abort.signal).catch(() => []);
        const options = values.slice(0, 100).map(({ value, count }): Completion => ({ label: value, displayLabel: shown(value), detail: String(count), type: "value", apply: applyValue(value) }));
        if (options.length || at.quoted) return { from: at.quoted ? from + 1 : from, options };
    }
    return { from, options: expressionOptions(at.command, at.aliases, catalogue), validFor: /^[\w@.`]*$/ };
}

/* Names and values come from spans: they are shown as harmless as everywhere else. */
const shown = (text: string) => clip(oneLine(text), 120) || "(empty)";

const commandOption = ({ name, syntax, description }: Catalogue["commands"][number]): Completion => ({ label: name, type: "command", detail: syntax, info: description, apply: `${name} ` });

/* Puts the value in quotes and takes what stood there, quote included. */
function applyValue(value: string) {
    return (view: EditorView, _: Completion, from: number, to: number) => {
        const text = view.state.doc.toString();
        const start = /["']/.test(text[from - 1] ?? "") ? from - 1 : from;
        const end = start < from && text[to] === text[start] ? to + 1 : to;
        const insert = quote(value);
        view.dispatch({ changes: { from: start, to: end, insert }, selection: { anchor: start + insert.length }, userEvent: "input.complete" });
    };
}

function expressionOptions(command: string, aliases: readonly string[], catalogue: Catalogue | undefined): Completion[] {
    const words = (COMMAND_WORDS[command] ?? []).map((label): Completion => ({ label, type: "word", boost: -20 }));
    const fields = (catalogue?.fields ?? []).map(({ name, type, unit, description }): Completion => ({ label: name, displayLabel: shown(name), type: "field", detail: [type, unit].filter(Boolean).join(", "), info: description ?? undefined, apply: fieldName(name), boost: 10 }));
    const made = aliases.map((label): Completion => ({ label, type: "field", detail: "made above", apply: fieldName(label), boost: 30 }));
    const functions = (catalogue?.functions ?? []).map(({ name, signature, description, aggregate }): Completion => ({
        label: name,
        type: "function",
        detail: signature.slice(name.length),
        info: description,
        boost: aggregate === (command === "stats") ? 0 : -30,
        apply: (view, _, from, to) => {
            const bare = /\(\s*\)$/.test(signature);
            const insert = bare ? `${name}()` : `${name}(`;
            const closing = bare ? "" : ")";
            view.dispatch({ changes: { from, to, insert: insert + closing }, selection: { anchor: from + insert.length }, userEvent: "input.complete" });
        },
    }));
    return [...made, ...fields, ...functions, ...words];
}

const look = EditorView.theme({
    "&": { fontSize: "13px", color: "var(--text)", backgroundColor: "transparent", minHeight: "76px", maxHeight: "38vh" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
    ".cm-content": { padding: "10px 0", caretColor: "var(--accent)", minHeight: "76px" },
    ".cm-line": { padding: "0 12px" },
    ".cm-placeholder": { color: "var(--text-3)" },
    ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "color-mix(in oklab, var(--accent) 28%, transparent)" },
    "&.cm-focused .cm-matchingBracket": { background: "var(--accent-soft)", outline: "1px solid var(--accent)" },
    "&.cm-focused .cm-nonmatchingBracket": { background: "var(--error-soft)" },
    ".cm-specialChar": { color: "var(--warn)" },
    ".q-command": { color: "var(--accent)", fontWeight: "600" },
    ".q-word": { color: "var(--pink)" },
    ".q-function": { color: "var(--violet)" },
    ".q-field": { color: "var(--text)" },
    ".q-string": { color: "var(--orange)" },
    ".q-regex": { color: "var(--lime)" },
    ".q-number": { color: "var(--blue)" },
    ".q-variable": { color: "var(--cyan)", fontWeight: "600" },
    ".q-comment": { color: "var(--text-3)", fontStyle: "italic" },
    ".q-pipe": { color: "var(--accent)", fontWeight: "600" },
    ".q-fault": { textDecoration: "underline wavy var(--error-fill)", textDecorationThickness: "1.5px", textUnderlineOffset: "4px", backgroundColor: "var(--error-soft)" },
    ".q-fault-end": { boxShadow: "inset 3px 0 0 var(--error-fill)" },
    ".cm-tooltip": { background: "var(--raised)", border: "1px solid var(--line-strong)", borderRadius: "8px", boxShadow: "var(--shadow)", color: "var(--text-2)", overflow: "hidden" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12px", maxHeight: "260px", minWidth: "280px", padding: "4px" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px", borderRadius: "5px", lineHeight: "1.5", display: "flex", gap: "12px", alignItems: "baseline" },
    ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent-soft)", color: "var(--text)" },
    ".cm-completionLabel": { color: "var(--text)" },
    ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent)", fontWeight: "600" },
    ".cm-completionDetail": { marginLeft: "auto", color: "var(--text-3)", fontStyle: "normal", maxWidth: "300px", overflow: "hidden", textOverflow: "ellipsis" },
    ".cm-tooltip.cm-completionInfo": { padding: "8px 10px", maxWidth: "320px", fontFamily: "var(--font)", fontSize: "12px", lineHeight: "1.5", margin: "0 4px" },
});

export function createEditor(host: HTMLElement, text: string, hooks: EditorHooks): Editor {
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open", delegatesFocus: true });
    const view = new EditorView({
        root,
        parent: root,
        state: EditorState.create({
            doc: text,
            extensions: [
                isSql,
                colours,
                fault,
                look,
                history(),
                drawSelection(),
                bracketMatching({ brackets: "()[]" }),
                highlightSpecialChars({ addSpecialChars: /[\u202a-\u202c\u2068\u206a-\u206f]/ }),
                EditorView.lineWrapping,
                placeholder("filter status = \"error\" | stats count(*) by bin(5m), model"),
                autocompletion({ override: [(context) => complete(hooks, context)], icons: false, maxRenderedOptions: 120, activateOnTypingDelay: 60 }),
                Prec.highest(
                    keymap.of([
                        { key: "Mod-Enter", run: (view) => (hooks.run(view.state.doc.toString()), true) },
                        { key: "Shift-Enter", run: (view) => (hooks.run(view.state.doc.toString()), true) },
                        { key: "Alt-Enter", run: () => hooks.fix() },
                        { key: "Tab", run: acceptCompletion },
                    ]),
                ),
                keymap.of([...defaultKeymap, ...historyKeymap, { key: "Mod-.", run: startCompletion }]),
                typedOver,
                EditorView.contentAttributes.of({ "aria-label": "Query. Control Enter runs it", spellcheck: "false", autocapitalize: "off" }),
                EditorView.updateListener.of((update) => {
                    if (update.docChanged && !update.transactions.some((each) => each.annotation(fromOutside))) hooks.changed(update.state.doc.toString());
                }),
                EditorState.changeFilter.of((transaction) => transaction.newDoc.length <= 20_000),
            ],
        }),
    });
    return {
        setText: (next) => {
            if (view.state.doc.toString() === next) return;
            view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next }, selection: { anchor: next.length }, annotations: fromOutside.of(true) });
        },
        setSql: (on) => view.dispatch({ effects: setSql.of(on) }),
        mark: (place) => view.dispatch({ effects: setMark.of(place) }),
        replace: (from, to, insert) => {
            const length = view.state.doc.length;
            view.dispatch({ changes: { from: Math.min(from, length), to: Math.min(to, length), insert }, selection: { anchor: Math.min(from, length) + insert.length }, userEvent: "input" });
            view.focus();
        },
        goTo: (at) => {
            view.dispatch({ selection: { anchor: Math.min(at, view.state.doc.length) }, scrollIntoView: true });
            view.focus();
        },
        focus: () => view.focus(),
        destroy: () => view.destroy(),
    };
}
