/* SPDX-License-Identifier: Apache-2.0 */
/* What every CodeMirror of ours needs, whatever it edits. */
import { Annotation } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/* Typing over a selection is done here: a browser would carry the colours of what it replaces along as an inline style, which
   the Content-Security-Policy refuses aloud. */
export const typedOver = EditorView.domEventHandlers({
    beforeinput: (event, view) => {
        if (event.inputType !== "insertText" || !event.data || view.state.selection.main.empty) return false;
        event.preventDefault();
        view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
        return true;
    },
});

/** A change that did not come from the keyboard. */
export const fromOutside = Annotation.define<boolean>();
