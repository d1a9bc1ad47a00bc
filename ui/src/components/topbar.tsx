/* SPDX-License-Identifier: Apache-2.0 */
/* The bar on top of a screen: its name, its own controls, and the time controls all screens share. */
import { type ReactNode, useState } from "react";
import { usePrefs } from "../app/prefs";
import { LIVE, useUrl } from "../app/url";
import { queryClient } from "../api/queries";
import { span as spanText } from "../format/time";
import { absolute, isRelative, lastWords, momentMs, PRESETS, type Range, rangeMs, shifted, valid, widened } from "../url/range";
import { Icon } from "./icon";
import { Menu } from "./menu";

/** `timeless`: a screen that is about one thing or about now, not about a range. */
export function Topbar({ title, timeless, children }: { title: string; timeless?: boolean; children?: ReactNode }) {
    return (
        <header className="topbar">
            <h1>{title}</h1>
            <div className="grow row topbar-own">{children}</div>
            {!timeless && <TimeControls />}
        </header>
    );
}

function TimeControls() {
    const url = useUrl();
    const shift = (by: number) => {
        const next = shifted(url.range, by);
        url.set({ from: next.from, to: next.to });
    };
    const wider = () => {
        const next = widened(url.range);
        url.set({ from: next.from, to: next.to });
    };
    return (
        <div className="row time-controls" role="group" aria-label="Time">
            <button type="button" className="button icon" onClick={() => shift(-0.5)} aria-label="Earlier" title="Earlier ([)">
                <Icon name="left" />
            </button>
            <RangeMenu />
            <button type="button" className="button icon" onClick={() => shift(0.5)} aria-label="Later" title="Later (])" disabled={url.range.to === "now"}>
                <Icon name="right" />
            </button>
            <button type="button" className="button icon wide-only" onClick={wider} aria-label="Zoom out" title="Zoom out">
                <Icon name="zoom" />
            </button>
            <LiveMenu />
        </div>
    );
}

function useRangeLabel(range: Range): string {
    const { zone } = usePrefs();
    if (isRelative(range)) return lastWords(range.from);
    const { from, to } = rangeMs(range);
    return valid(range) ? spanText(from, to, zone) : "Choose a time range";
}

function RangeMenu() {
    const url = useUrl();
    const label = useRangeLabel(url.range);
    return (
        <Menu label={<><Icon name="clock" /><span className="cut">{label}</span></>} name={`Time range: ${label}`} className="button range-button" align="right">
            {(close) => (
                <div className="range-menu">
                    <div>
                        <div className="head">Relative</div>
                        {PRESETS.map((preset) => (
                            <button
                                key={preset.from}
                                type="button"
                                className="item"
                                aria-current={url.range.from === preset.from && url.range.to === "now"}
                                onClick={() => {
                                    url.set({ from: preset.from, to: undefined });
                                    close();
                                }}
                            >
                                {preset.label}
                            </button>
                        ))}
                    </div>
                    <CustomRange
                        range={url.range}
                        apply={(range) => {
                            url.set({ from: range.from, to: range.to });
                            close();
                        }}
                    />
                </div>
            )}
        </Menu>
    );
}

function CustomRange({ range, apply }: { range: Range; apply: (range: Range) => void }) {
    const { zone } = usePrefs();
    const [from, setFrom] = useState(() => localText(momentMs(range.from), zone === "utc"));
    const [to, setTo] = useState(() => (range.to === "now" ? "now" : localText(momentMs(range.to), zone === "utc")));
    const read = (text: string) => momentMs(/^\d{4}-/.test(text) ? text.trim().replace(" ", "T") + (zone === "utc" ? "Z" : "") : text.trim());
    const fromMs = read(from);
    const toMs = read(to);
    const problem = !Number.isFinite(fromMs) ? "From is not a time" : !Number.isFinite(toMs) ? "To is not a time" : fromMs >= toMs ? "From must come before To" : null;
    const submit = () => {
        if (problem) return;
        const relative = /^-\d/.test(from.trim()) && to.trim() === "now";
        apply(relative ? { from: from.trim(), to: "now" } : absolute(fromMs, toMs));
    };
    return (
        <form
            className="range-custom"
            onSubmit={(event) => {
                event.preventDefault();
                submit();
            }}
        >
            <div className="head">Custom ({zone === "utc" ? "UTC" : "local time"})</div>
            <label>
                From
                <input className="input" value={from} onChange={(event) => setFrom(event.target.value)} spellCheck={false} />
            </label>
            <label>
                To
                <input className="input" value={to} onChange={(event) => setTo(event.target.value)} spellCheck={false} />
            </label>
            <p className="muted" role="status">
                {problem ?? "A time, -90m, -2d, or now"}
            </p>
            <button type="submit" className="button primary" disabled={!!problem}>
                Apply
            </button>
        </form>
    );
}

function localText(ms: number, utc: boolean): string {
    if (!Number.isFinite(ms)) return "";
    const shiftMs = utc ? 0 : new Date(ms).getTimezoneOffset() * 60e3;
    return new Date(ms - shiftMs).toISOString().slice(0, 19).replace("T", " ");
}

function LiveMenu() {
    const url = useUrl();
    const chosen = url.search.live && LIVE[url.search.live] ? url.search.live : null;
    const paused = chosen && !url.live;
    return (
        <div className="row joined">
            <button
                type="button"
                className="button icon"
                aria-label="Refresh now"
                title="Refresh now (r)"
                onClick={() => {
                    void queryClient.invalidateQueries();
                }}
            >
                <Icon name="retry" />
            </button>
            <Menu
                label={<><i className={`dot ${url.live ? "running" : ""}`} />{chosen ? chosen : "Off"}<Icon name="down" small /></>}
                name={`Live refresh: ${chosen ?? "off"}`}
                title={paused ? "Paused: an absolute time range does not change" : "Live refresh"}
                align="right"
            >
                {(close) => (
                    <>
                        <div className="head">Refresh every</div>
                        {[null, ...Object.keys(LIVE)].map((each) => (
                            <button
                                key={each ?? "off"}
                                type="button"
                                className="item"
                                aria-current={each === chosen}
                                onClick={() => {
                                    url.set({ live: each ?? undefined }, { replace: true });
                                    close();
                                }}
                            >
                                {each ? each.replace("s", " s").replace("m", " min") : "Off"}
                            </button>
                        ))}
                        {paused && <div className="head">Needs a range that ends now</div>}
                    </>
                )}
            </Menu>
        </div>
    );
}
