/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moments on screen. Absolute times arrive as nanosecond strings; milliseconds are enough to show,
 * and the full text goes into the title. The zone is the reader's own, or UTC if they ask for it.
 */
export type Zone = "local" | "utc";

const DAY = 86400e3;

export function nsToMs(ns: string): number {
    return Number(BigInt(ns) / 1000n) / 1000;
}

export function nsToDate(ns: string): Date {
    return new Date(Math.floor(nsToMs(ns)));
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: Zone, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = zone + JSON.stringify(options);
    let made = formats.get(key);
    if (!made) {
        made = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone === "utc" ? "UTC" : undefined });
        formats.set(key, made);
    }
    return made;
}

const CLOCK: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const SHORT: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DATE: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
const FULL: Intl.DateTimeFormatOptions = { ...CLOCK, weekday: "short", day: "numeric", month: "short", year: "numeric", timeZoneName: "short" };

/** JavaScript dates end in the year 275760; what lies beyond is a sender's mistake. */
function showable(ms: number): boolean {
    return Math.abs(ms) <= 8.64e15;
}

/** 14:03:22 today, 21 Nov 14:03:22 otherwise. */
export function moment(ms: number, zone: Zone, now = Date.now()): string {
    if (!showable(ms)) return "out of range";
    const clock = formatter(zone, CLOCK).format(ms);
    return sameDay(ms, now, zone) ? clock : `${formatter(zone, DATE).format(ms)} ${clock}`;
}

/** Fri, 21 Nov 2025, 14:03:22.123 CET: for titles. */
export function fullMoment(ms: number, zone: Zone): string {
    if (!showable(ms)) return "a time outside the calendar";
    const text = formatter(zone, FULL).format(ms);
    const part = String(Math.floor(((ms % 1000) + 1000) % 1000)).padStart(3, "0");
    return text.replace(/(\d\d:\d\d:\d\d)/, `$1.${part}`);
}

export function clockTime(ms: number, zone: Zone): string {
    return showable(ms) ? formatter(zone, SHORT).format(ms) : "";
}

export function dayName(ms: number, zone: Zone): string {
    return showable(ms) ? formatter(zone, DATE).format(ms) : "";
}

function sameDay(a: number, b: number, zone: Zone): boolean {
    return Math.abs(a - b) < DAY && dayName(a, zone) === dayName(b, zone);
}

/** "just now", "12 s ago", "5 min ago", "3 h ago", "2 d ago". */
export function ago(ms: number, now = Date.now()): string {
    const seconds = Math.round((now - ms) / 1000);
    if (seconds < 0) return "in the future";
    if (seconds < 3) return "just now";
    if (seconds < 60) return `${seconds} s ago`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
    return `${Math.floor(seconds / 86400)} d ago`;
}

/** "21 Nov 09:00 – 11:30", with the day once when both ends share it. */
export function span(fromMs: number, toMs: number, zone: Zone, now = Date.now()): string {
    const day = (ms: number) => (sameDay(ms, now, zone) ? "" : `${dayName(ms, zone)} `);
    const fine = toMs - fromMs < 5 * 60e3;
    const clock = (ms: number) => (fine ? formatter(zone, CLOCK).format(ms) : clockTime(ms, zone));
    const first = day(fromMs);
    const last = day(toMs);
    return `${first}${clock(fromMs)} – ${first === last ? "" : last}${clock(toMs)}`;
}
