/* SPDX-License-Identifier: Apache-2.0 */
/* The timeline's ruler. Dragging over it looks closer; a double click shows the whole time again. */
import { type PointerEvent, useRef, useState } from "react";
import { duration } from "../../format/number";
import { ticks } from "./tree";

export interface Window {
    from: number;
    to: number;
}

export function Ruler({ window, whole, zoom }: { window: Window; whole: Window; zoom: (window: Window | null) => void }) {
    const host = useRef<HTMLDivElement>(null);
    const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
    const share = (event: PointerEvent) => {
        const box = host.current!.getBoundingClientRect();
        return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    };
    const length = window.to - window.from;
    const end = () => {
        if (drag && Math.abs(drag.to - drag.from) > 0.01) {
            const [a, b] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
            zoom({ from: window.from + a * length, to: window.from + b * length });
        }
        setDrag(null);
    };
    return (
        <div
            ref={host}
            className="ruler"
            title="Drag to look closer, double-click for the whole time"
            onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId);
                setDrag({ from: share(event), to: share(event) });
            }}
            onPointerMove={(event) => drag && setDrag({ ...drag, to: share(event) })}
            onPointerUp={end}
            onPointerCancel={() => setDrag(null)}
            onDoubleClick={() => zoom(null)}
        >
            {ticks(window.from, window.to, 3).map((at) => {
                const left = ((at - window.from) / length) * 100;
                return (
                    <span key={at} className={left > 82 ? "last" : ""} style={{ left: `${left}%` }}>
                        {duration(at - whole.from)}
                    </span>
                );
            })}
            {drag && <i style={{ left: `${Math.min(drag.from, drag.to) * 100}%`, width: `${Math.abs(drag.to - drag.from) * 100}%` }} />}
        </div>
    );
}
