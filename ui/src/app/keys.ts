/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyboard shortcuts. Screens register a map from key to action; the latest registration wins.
 * `g o` is two keys in a row. Typing in a field never triggers one, except Escape.
 */
import { useEffect, useRef } from "react";

type KeyMap = Record<string, (event: KeyboardEvent) => void | boolean>;

const layers: { current: KeyMap }[] = [];
let prefix = "";
let prefixAt = 0;

function typing(target: EventTarget | null): boolean {
    return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    /* The path, because the editor's own root hides what is inside it from `target`. */
    if (typing(event.composedPath()[0] ?? event.target) && event.key !== "Escape") return;
    if (document.querySelector("dialog[open]") && event.key !== "?") return;
    /* Enter on a focused link or button is the browser's own activation. */
    const target = event.target as HTMLElement | null;
    if ((event.key === "Enter" || event.key === " ") && target?.closest("a,button,summary,[role=option]")) return;
    const sequence = prefix && Date.now() - prefixAt < 1200 ? `${prefix} ${event.key}` : event.key;
    prefix = "";
    for (let at = layers.length - 1; at >= 0; at -= 1) {
        const action = layers[at].current[sequence];
        if (!action) continue;
        if (action(event) === false) continue;
        event.preventDefault();
        return;
    }
    if (event.key === "g") {
        prefix = "g";
        prefixAt = Date.now();
    }
}

let listening = false;

export function useKeys(map: KeyMap): void {
    const layer = useRef(map);
    layer.current = map;
    useEffect(() => {
        if (!listening) {
            window.addEventListener("keydown", onKey);
            listening = true;
        }
        layers.push(layer);
        return () => void layers.splice(layers.indexOf(layer), 1);
    }, []);
}

export const HELP: { title: string; keys: [string, string][] }[] = [
    {
        title: "Everywhere",
        keys: [
            ["?", "This help"],
            ["Ctrl K", "Go to anything by its name or id"],
            ["g o", "Overview"],
            ["g t", "Traces"],
            ["g v", "Live"],
            ["g i", "Models"],
            ["g a", "Agents"],
            ["g p", "Prompts"],
            ["g c", "Scores"],
            ["g e", "Sessions"],
            ["g u", "Users"],
            ["g l", "Logs"],
            ["g m", "Metrics"],
            ["g n", "Infrastructure"],
            ["g q", "Query"],
            ["g x", "Explain a change"],
            ["g d", "Dashboards"],
            ["g y", "Datasets"],
            ["g w", "Annotation queues"],
            ["g s", "Connect an application"],
            ["g ,", "Settings of the project"],
            ["/", "Filter or search"],
            ["[  ]", "Earlier, later (on a trace: previous, next)"],
            ["r", "Refresh now"],
            ["d", "Dark, light, system"],
            ["Esc", "Close, clear, go back"],
        ],
    },
    {
        title: "Lists",
        keys: [
            ["j  k  ↓  ↑", "Next, previous row"],
            ["Enter", "Open the row"],
            ["Home  End", "First, last loaded row"],
            ["m", "Traces: mark the row; two are compared"],
        ],
    },
    {
        title: "Live",
        keys: [
            ["p", "Pause, go on"],
            ["x", "Empty the list"],
            ["Esc  Home", "To the newest"],
        ],
    },
    {
        title: "Compare",
        keys: [
            ["n  N", "Next, previous difference"],
            ["o", "Only differences"],
            ["s", "Swap the two"],
        ],
    },
    {
        title: "Queue",
        keys: [
            ["j  k", "Next, previous item"],
            ["1 … 9", "Answer the marked question"],
            ["c  Ctrl ↵", "Complete, and on to the next that waits"],
            ["u", "Undo the last answer or completion"],
            ["e", "Edit the queue"],
        ],
    },
    {
        title: "Query",
        keys: [
            ["/", "Into the editor"],
            ["Ctrl ↵", "Run"],
            ["Alt ↵", "Put in what the server proposes"],
            ["Ctrl .", "Complete"],
            ["e", "Unfold the row"],
            ["Esc", "Out of the editor; cancel"],
        ],
    },
    {
        title: "Dashboard",
        keys: [
            ["e", "Edit"],
            ["a", "Add a widget while editing"],
            ["↑ ↓ ← →", "Move or size the widget whose handle has focus"],
        ],
    },
    {
        title: "Trace",
        keys: [
            ["→  ←", "Expand, collapse or go to the parent"],
            ["v", "Steps, conversation, graph, logs and metrics"],
            ["/  Enter", "Find in all texts; next"],
            ["Space", "Replay, pause"],
            [",  .", "To the moment before, the next one"],
            ["e  E", "Next, previous failed span"],
            ["x", "Expand or collapse everything"],
            ["1 … 7", "Content, usage, fields, attributes, events, raw, comments"],
            ["c", "Copy the link to this span"],
        ],
    },
    {
        title: "Charts",
        keys: [
            ["drag", "Zoom into a time range"],
            ["Shift drag", "Explain that time range"],
            ["x", "Explain the point of a focused chart"],
            ["←  →", "Move the cursor of a focused chart"],
            ["Enter  click", "Open the traces behind a point"],
        ],
    },
];
