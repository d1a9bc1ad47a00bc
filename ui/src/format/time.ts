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

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (value: number) => String(value).padStart(2, "0");

/** A date whose UTC parts are those of the zone. Intl knows them too, but its first answer takes tens of milliseconds. */
function partsIn(ms: number, zone: Zone): Date {
    return new Date(zone === "utc" ? ms : ms - new Date(ms).getTimezoneOffset() * 60e3);
}

function clockFine(ms: number, zone: Zone): string {
    return `${clockTime(ms, zone)}:${two(partsIn(ms, zone).getUTCSeconds())}`;
}

/** JavaScript dates end in the year 275760; what lies beyond is a sender's mistake. */
function showable(ms: number): boolean {
    return Math.abs(ms) <= 8.64e15 - DAY;
}

/** 14:03:22 today, 21 Nov 14:03:22 otherwise. */
export function moment(ms: number, zone: Zone, now = Date.now()): string {
    if (!showable(ms)) return "out of range";
    const clock = clockFine(ms, zone);
    return sameDay(ms, now, zone) ? clock : `${dayName(ms, zone)} ${clock}`;
}

let full: { zone: Zone; format: Intl.DateTimeFormat } | undefined;

function fullFormat(zone: Zone): Intl.DateTimeFormat {
    if (full?.zone !== zone) {
        const options: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short" };
        full = { zone, format: new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone === "utc" ? "UTC" : undefined }) };
    }
    return full.format;
}

/** Fri, 21 Nov 2025, 14:03:22.123 CET: for titles, made when they are wanted. */
export function fullMoment(ms: number, zone: Zone): string {
    if (!showable(ms)) return "a time outside the calendar";
    const text = fullFormat(zone).format(ms);
    const part = String(Math.floor(((ms % 1000) + 1000) % 1000)).padStart(3, "0");
    return text.replace(/(\d\d:\d\d:\d\d)/, `$1.${part}`);
}

export function clockTime(ms: number, zone: Zone): string {
    if (!showable(ms)) return "";
    const at = partsIn(ms, zone);
    return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

export function dayName(ms: number, zone: Zone): string {
    if (!showable(ms)) return "";
    const at = partsIn(ms, zone);
    return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
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
    const clock = (ms: number) => (fine ? clockFine(ms, zone) : clockTime(ms, zone));
    const first = day(fromMs);
    const last = day(toMs);
    return `${first}${clock(fromMs)} – ${first === last ? "" : last}${clock(toMs)}`;
}
