/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command palette: one box to go anywhere, by keyboard. A combobox over a listbox: focus stays in the box, the
 * arrows move the chosen option, Enter does it. In a chunk of its own, loaded when it is first asked for.
 */
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { Icon } from "../components/icon";
import type { Item } from "./choose";
import { useItems } from "./items";
import "./palette.css";

export default function Palette({ close }: { close: () => void }) {
    const [typed, setTyped] = useState("");
    const [at, setAt] = useState(0);
    const [problem, setProblem] = useState<string | null>(null);
    const dialog = useRef<HTMLDialogElement>(null);
    const list = useRef<HTMLDivElement>(null);
    const items = useItems(typed);
    const id = useId();
    const active = items.length ? Math.min(at, items.length - 1) : -1;
    useEffect(() => dialog.current?.showModal(), []);
    useEffect(() => {
        list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    }, [active, items]);

    const run = async (item: Item | undefined) => {
        if (!item) return;
        try {
            await item.run();
            close();
        } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
        }
    };
    const keys = (event: KeyboardEvent) => {
        const step = ({ ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 } as Record<string, number>)[event.key];
        if (step && items.length) setAt(Math.abs(step) === 1 ? (active + step + items.length) % items.length : Math.max(0, Math.min(items.length - 1, active + step)));
        else if (event.key === "Enter") void run(items[active]);
        else return;
        event.preventDefault();
    };
    return (
        <dialog ref={dialog} className="palette" aria-label="Go to or do" onClose={close} onClick={(event) => event.target === dialog.current && close()}>
            <div className="palette-box">
                <Icon name="search" />
                <input
                    role="combobox"
                    aria-expanded="true"
                    aria-controls={`${id}-list`}
                    aria-autocomplete="list"
                    aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
                    aria-label="Go to a screen, a trace, a name, or do something"
                    placeholder="Screen, trace id, model, agent, user, dashboard, query …"
                    value={typed}
                    onChange={(event) => {
                        setTyped(event.target.value);
                        setAt(0);
                        setProblem(null);
                    }}
                    onKeyDown={keys}
                    spellCheck={false}
                    autoComplete="off"
                />
                <kbd>Esc</kbd>
            </div>
            <div ref={list} id={`${id}-list`} role="listbox" aria-label="What fits" className="palette-list">
                {groupsOf(items).map(({ group, from, members }) => (
                    <div key={group} role="group" aria-labelledby={`${id}-${group}`}>
                        <div id={`${id}-${group}`} className="palette-group" role="presentation">
                            {group}
                        </div>
                        {members.map((item, index) => (
                            <div
                                key={item.id}
                                id={`${id}-${from + index}`}
                                role="option"
                                aria-selected={from + index === active}
                                className="palette-item"
                                onClick={() => void run(item)}
                                onPointerMove={() => setAt(from + index)}
                            >
                                <Icon name={item.icon} />
                                <span className="cut">{item.label}</span>
                                {item.detail && <span className="cut muted">{item.detail}</span>}
                            </div>
                        ))}
                    </div>
                ))}
            </div>
            <p className="palette-foot muted" role="status">
                {problem ?? (items.length ? `${items.length} shown. ↑ ↓ choose, Enter goes` : "Nothing is called that. A whole id opens its trace.")}
            </p>
        </dialog>
    );
}

/** Items of a group stand together already. */
function groupsOf(items: readonly Item[]): { group: string; from: number; members: Item[] }[] {
    const groups: { group: string; from: number; members: Item[] }[] = [];
    items.forEach((item, at) => {
        const last = groups[groups.length - 1];
        if (last?.group === item.group) last.members.push(item);
        else groups.push({ group: item.group, from: at, members: [item] });
    });
    return groups;
}
