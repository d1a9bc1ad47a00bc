/* SPDX-License-Identifier: Apache-2.0 */
/* The grid: read only, or being arranged with pointer or keys. What is arranged is the caller's draft. */
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import type { Widget } from "../../api/dashboards";
import { useStable } from "../../app/stable";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import { visible } from "../../format/text";
import type { Values } from "./fill";
import { COLUMNS, GAP_PX, moved, resized, ROW_PX, stepped } from "./grid";
import { AskLink, ExplainItem, WidgetPanel } from "./widget";

interface BoardActions {
    arrange: (widgets: Widget[]) => void;
    edit: (widget: Widget) => void;
    duplicate: (widget: Widget) => void;
    remove: (widget: Widget) => void;
}

interface Props {
    widgets: Widget[];
    values: Values;
    /** Absent: the dashboard is only looked at. */
    actions?: BoardActions;
}

interface Held {
    id: string;
    how: "move" | "size";
    startX: number;
    startY: number;
    from: Widget[];
}

export function Board({ widgets, values, actions }: Props) {
    const grid = useRef<HTMLDivElement>(null);
    const held = useRef<Held | null>(null);
    const [holding, setHolding] = useState<string | null>(null);
    const [said, setSaid] = useState("");
    const arrange = useStable((next: Widget[]) => actions?.arrange(next));

    const grab = (widget: Widget, how: Held["how"]) => (event: PointerEvent<HTMLElement>) => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.focus();
        event.currentTarget.setPointerCapture(event.pointerId);
        held.current = { id: widget.id, how, startX: event.clientX, startY: event.clientY, from: widgets };
        setHolding(widget.id);
    };
    const drag = (event: PointerEvent<HTMLElement>) => {
        const now = held.current;
        if (!now || !grid.current) return;
        const columnPx = (grid.current.clientWidth + GAP_PX) / COLUMNS;
        const dx = (event.clientX - now.startX) / columnPx;
        const dy = (event.clientY - now.startY) / (ROW_PX + GAP_PX);
        const item = now.from.find(({ id }) => id === now.id)!;
        arrange(now.how === "move" ? moved(now.from, now.id, item.x + dx, item.y + dy) : resized(now.from, now.id, item.w + dx, item.h + dy));
    };
    const drop = () => {
        held.current = null;
        setHolding(null);
    };
    const key = (widget: Widget, how: Held["how"]) => (event: KeyboardEvent<HTMLElement>) => {
        const steps: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
        const step = steps[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        const next = how === "size" || event.shiftKey ? resized(widgets, widget.id, widget.w + step[0], widget.h + step[1]) : stepped(widgets, widget.id, ...step);
        const now = next.find(({ id }) => id === widget.id)!;
        arrange(next);
        setSaid(`${widget.title || "Widget"}: column ${now.x + 1}, row ${now.y + 1}, ${now.w} wide, ${now.h} high`);
    };
    const handle = (widget: Widget, how: Held["how"]) => ({ onPointerDown: grab(widget, how), onPointerMove: drag, onPointerUp: drop, onPointerCancel: drop, onKeyDown: key(widget, how) });

    return (
        <div ref={grid} className={`board ${actions ? "arranging" : ""}`}>
            {/* In reading order, which is also the order on a narrow screen and of the Tab key. */}
            {[...widgets].sort((a, b) => a.y - b.y || a.x - b.x).map((widget) => (
                <div key={widget.id} className={`board-place ${holding === widget.id ? "held" : ""}`} style={{ gridColumn: `${widget.x + 1} / span ${widget.w}`, gridRow: `${widget.y + 1} / span ${widget.h}` }}>
                    <WidgetPanel
                        widget={widget}
                        values={values}
                        tools={
                            <>
                                {actions && (
                                    <button type="button" className="button bare small icon widget-move" title="Drag, or arrow keys; with Shift the size" aria-label={`Move ${visible(widget.title || "widget")}`} {...handle(widget, "move")}>
                                        <Icon name="move" small />
                                    </button>
                                )}
                                <WidgetMenu widget={widget} values={values} actions={actions} />
                            </>
                        }
                    />
                    {actions && (
                        <button type="button" className="widget-size" title="Drag, or arrow keys" aria-label={`Size of ${visible(widget.title || "widget")}`} {...handle(widget, "size")}>
                            <Icon name="corner" small />
                        </button>
                    )}
                </div>
            ))}
            <span className="sr" role="status">
                {said}
            </span>
        </div>
    );
}

function WidgetMenu({ widget, values, actions }: { widget: Widget; values: Values; actions?: BoardActions }) {
    return (
        <Menu label={<Icon name="more" small />} name={`More for ${visible(widget.title || "widget")}`} className="button bare small icon widget-more" align="right">
            {(close) => {
                const item = (name: "edit" | "duplicate" | "remove", text: string, icon: "prompt" | "copy" | "close") => (
                    <button
                        type="button"
                        className="item"
                        onClick={() => {
                            close();
                            actions?.[name](widget);
                        }}
                    >
                        <Icon name={icon} small /> {text}
                    </button>
                );
                return (
                    <>
                        <AskLink widget={widget} values={values} onClick={close} />
                        <ExplainItem widget={widget} values={values} onClick={close} />
                        {actions && item("edit", "Edit", "prompt")}
                        {actions && item("duplicate", "Duplicate", "copy")}
                        {actions && item("remove", "Remove", "close")}
                    </>
                );
            }}
        </Menu>
    );
}
