/* SPDX-License-Identifier: Apache-2.0 */
/* A button with a panel below it. Closes on Escape, on a click elsewhere, and when focus leaves. */
import { type ReactNode, useEffect, useId, useRef, useState } from "react";

interface Props {
    label: ReactNode;
    name: string;
    className?: string;
    align?: "left" | "right";
    up?: boolean;
    title?: string;
    children: (close: () => void) => ReactNode;
}

export function Menu({ label, name, className = "button", align = "left", up, title, children }: Props) {
    const [open, setOpen] = useState(false);
    const root = useRef<HTMLDivElement>(null);
    const button = useRef<HTMLButtonElement>(null);
    const id = useId();
    useEffect(() => {
        if (!open) return;
        const outside = (event: PointerEvent) => {
            if (!root.current?.contains(event.target as Node)) setOpen(false);
        };
        window.addEventListener("pointerdown", outside);
        return () => window.removeEventListener("pointerdown", outside);
    }, [open]);
    const close = () => {
        setOpen(false);
        button.current?.focus();
    };
    return (
        <div
            className="popover"
            ref={root}
            onKeyDown={(event) => {
                if (!open) return;
                if (event.key === "Escape") {
                    event.preventDefault();
                    event.stopPropagation();
                    close();
                } else if (event.key === "ArrowDown" || event.key === "ArrowUp") moveFocus(event, root.current);
            }}
        >
            <button
                type="button"
                ref={button}
                className={className}
                title={title}
                aria-label={name}
                aria-expanded={open}
                aria-controls={open ? id : undefined}
                onClick={() => setOpen(!open)}
            >
                {label}
            </button>
            {open && (
                <div id={id} className={`menu ${align} ${up ? "up" : ""}`}>
                    {children(close)}
                </div>
            )}
        </div>
    );
}

function moveFocus(event: React.KeyboardEvent, root: HTMLElement | null): void {
    const items = [...(root?.querySelectorAll<HTMLElement>(".menu .item") ?? [])];
    if (!items.length || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    const at = items.indexOf(document.activeElement as HTMLElement);
    const step = event.key === "ArrowDown" ? 1 : -1;
    items[(at + step + items.length) % items.length].focus();
}
