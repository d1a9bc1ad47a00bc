/* SPDX-License-Identifier: Apache-2.0 */
/* Small things that appear on every screen: moments, errors, skeletons, copy buttons, sparklines. */
import { type PointerEvent, type ReactNode, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { usePrefs } from "../app/prefs";
import { ago, fullMoment, moment, nsToMs } from "../format/time";
import { visible } from "../format/text";
import { Icon } from "./icon";

/** A title that is made when the pointer comes: a list has hundreds that nobody looks at. */
export function lateTitle(make: () => string) {
    return {
        onPointerEnter: (event: PointerEvent<HTMLElement>) => {
            event.currentTarget.title = make();
        },
    };
}

export function Moment({ ns, relative }: { ns: string; relative?: boolean }) {
    const { zone } = usePrefs();
    const ms = nsToMs(ns);
    return (
        <time dateTime={new Date(ms).toISOString()} {...lateTitle(() => `${fullMoment(ms, zone)} · ${ago(ms)}`)} className="nowrap">
            {relative ? ago(ms) : moment(ms, zone)}
        </time>
    );
}

export function Failure({ error, retry, what }: { error: Error; retry?: () => void; what: string }) {
    const offline = error instanceof ApiError && error.offline;
    return (
        <div className="note" role="alert">
            <Icon name="error" />
            <div className="grow">
                <strong>{what} could not be loaded</strong>
                <p>{offline ? "The server did not answer. It will be tried again when the connection is back." : visible(error.message)}</p>
            </div>
            {retry && (
                <button type="button" className="button small" onClick={retry}>
                    <Icon name="retry" small /> Try again
                </button>
            )}
        </div>
    );
}

export function Skeleton({ width, height = 14, className = "" }: { width?: number | string; height?: number | string; className?: string }) {
    return <div className={`skeleton ${className}`} style={{ width: width ?? "100%", height }} aria-hidden="true" />;
}

export function CopyButton({ text, what, small = true, children }: { text: string | (() => string); what: string; small?: boolean; children?: ReactNode }) {
    const [done, setDone] = useState(false);
    const timer = useRef(0);
    const copy = async () => {
        const ok = await copyText(typeof text === "function" ? text() : text);
        setDone(ok);
        clearTimeout(timer.current);
        timer.current = window.setTimeout(() => setDone(false), 1500);
    };
    return (
        <button
            type="button"
            className={`button bare ${small ? "small" : ""} ${children ? "" : "icon"}`}
            title={`Copy ${what}`}
            aria-label={`Copy ${what}`}
            onClick={copy}
        >
            <Icon name={done ? "check" : "copy"} small />
            {children}
            <span className="sr" role="status">
                {done ? "Copied" : ""}
            </span>
        </button>
    );
}

/** The clipboard API needs https or localhost; elsewhere a hidden selection does the same. */
export async function copyText(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        const area = document.createElement("textarea");
        area.value = text;
        area.className = "sr";
        document.body.append(area);
        area.select();
        const ok = document.execCommand("copy");
        area.remove();
        return ok;
    }
}

export function Sparkline({ values, color = "var(--accent)", width = 96, height = 22, fill = true }: { values: readonly (number | null)[]; color?: string; width?: number; height?: number; fill?: boolean }) {
    const max = Math.max(...values.map((value) => value ?? 0), 0);
    if (values.length < 2 || max <= 0) return <svg className="spark" width={width} height={height} aria-hidden="true" />;
    const x = (at: number) => (at / (values.length - 1)) * width;
    const y = (value: number | null) => height - 1.5 - ((value ?? 0) / max) * (height - 3);
    const line = values.map((value, at) => `${at ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    return (
        <svg className="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
            {fill && <path d={`${line}L${width} ${height}L0 ${height}Z`} fill={color} fillOpacity="0.14" />}
            <path d={line} fill="none" stroke={color} strokeWidth="1.4" strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
        </svg>
    );
}

export function Tabs<T extends string>({ tabs, at, onPick, label }: { tabs: { id: T; label: ReactNode }[]; at: T; onPick: (id: T) => void; label: string }) {
    return (
        <div
            className="tabs"
            role="tablist"
            aria-label={label}
            onKeyDown={(event) => {
                const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
                if (!step) return;
                event.preventDefault();
                event.stopPropagation();
                const next = tabs[(tabs.findIndex((tab) => tab.id === at) + step + tabs.length) % tabs.length];
                onPick(next.id);
                event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
            }}
        >
            {tabs.map((tab) => (
                <button
                    key={tab.id}
                    type="button"
                    role="tab"
                    data-tab={tab.id}
                    aria-selected={tab.id === at}
                    tabIndex={tab.id === at ? 0 : -1}
                    onClick={() => onPick(tab.id)}
                >
                    {tab.label}
                </button>
            ))}
        </div>
    );
}
