/* SPDX-License-Identifier: Apache-2.0 */
/* A bar between two panes: drag it, or move it with the arrow keys. The share is remembered. */
import { type PointerEvent, type RefObject, useRef, useState } from "react";

export interface Split {
    host: RefObject<HTMLDivElement | null>;
    share: number;
    basis: string;
    set: (share: number) => void;
}

export function useSplit(name: string, initial: number): Split {
    const host = useRef<HTMLDivElement>(null);
    const key = `vitrine.split.${name}`;
    const [share, setShare] = useState(() => {
        try {
            return Number(localStorage.getItem(key)) || initial;
        } catch {
            return initial;
        }
    });
    const set = (next: number) => {
        const bounded = Math.max(0.2, Math.min(0.8, next));
        setShare(bounded);
        try {
            localStorage.setItem(key, bounded.toFixed(3));
        } catch {
            /* Without storage the share lasts as long as the page. */
        }
    };
    return { host, share, basis: `${(share * 100).toFixed(2)}%`, set };
}

export function Splitter({ split, label }: { split: Split; label: string }) {
    const drag = (event: PointerEvent<HTMLDivElement>) => {
        const box = split.host.current?.getBoundingClientRect();
        if (!box || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
        split.set((event.clientX - box.left) / box.width);
    };
    return (
        <div
            className="splitter"
            role="separator"
            aria-orientation="vertical"
            aria-label={label}
            aria-valuenow={Math.round(split.share * 100)}
            aria-valuemin={20}
            aria-valuemax={80}
            tabIndex={0}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={drag}
            onKeyDown={(event) => {
                const step = event.key === "ArrowLeft" ? -0.03 : event.key === "ArrowRight" ? 0.03 : 0;
                if (!step) return;
                event.preventDefault();
                event.stopPropagation();
                split.set(split.share + step);
            }}
        />
    );
}
