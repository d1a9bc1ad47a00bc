/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as people read them: three significant digits, a thin unit, and a dash for "not known".
 * Unknown is never written as zero.
 */
export const NONE = "–";

type Maybe = number | null | undefined;

/** True for values that mean "not known": null, undefined, NaN, and -1 in column arrays. */
export function unknown(value: Maybe): value is null | undefined {
    return value === null || value === undefined || Number.isNaN(value);
}

function three(value: number): string {
    const size = Math.abs(value);
    if (size >= 100 || Number.isInteger(value)) return value.toFixed(0);
    return trimZeros(value.toFixed(size >= 10 ? 1 : 2));
}

function trimZeros(text: string): string {
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** 950, 3.4 k, 12.5 M; exact below a thousand. */
export function count(value: Maybe): string {
    if (unknown(value)) return NONE;
    const size = Math.abs(value);
    if (size < 1e3) return Number.isInteger(value) ? String(value) : three(value);
    for (const [limit, unit] of [[1e6, "k"], [1e9, "M"], [1e12, "G"]] as const) {
        const scaled = value / (limit / 1e3);
        if (Math.abs(scaled) < 999.5) return `${short(scaled)} ${unit}`;
    }
    return `${short(value / 1e12)} T`;
}

/** At most one decimal below a hundred, none above. */
function short(value: number): string {
    return Math.abs(value) >= 99.95 ? value.toFixed(0) : trimZeros(value.toFixed(1));
}

/** 1,234,567. Not by Intl: its first use takes longer than a whole table does without. */
export function exact(value: Maybe): string {
    return unknown(value) ? NONE : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Nanoseconds as 850 µs, 350 ms, 1.2 s, 2 min 05 s, 3 h 12 min, 4 d 2 h. */
export function duration(ns: Maybe): string {
    if (unknown(ns)) return NONE;
    const sign = ns < 0 ? "−" : "";
    const size = Math.abs(ns);
    if (size === 0) return "0 ms";
    if (size < 1e3) return `${sign}${Math.round(size)} ns`;
    if (size < 999_500) return `${sign}${short(size / 1e3)} µs`;
    if (size < 999.5e6) return `${sign}${short(size / 1e6)} ms`;
    if (size < 9.995e9) return `${sign}${trimZeros((size / 1e9).toFixed(2))} s`;
    if (size < 59.95e9) return `${sign}${trimZeros((size / 1e9).toFixed(1))} s`;
    const seconds = Math.round(size / 1e9);
    if (seconds < 3600) return `${sign}${pair(seconds, 60, "min", 1, "s")}`;
    if (seconds < 86400) return `${sign}${pair(seconds, 3600, "h", 60, "min")}`;
    if (seconds < 2 * 365 * 86400) return `${sign}${pair(seconds, 86400, "d", 3600, "h")}`;
    return `${sign}${count(Math.round(seconds / (365.25 * 86400)))} y`;
}

function pair(seconds: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
    const whole = Math.floor(seconds / big);
    const rest = Math.floor((seconds % big) / small);
    return rest ? `${whole} ${bigUnit} ${rest} ${smallUnit}` : `${whole} ${bigUnit}`;
}

/** Nano-dollars as $0.0042, $1.27, $1,204, $12.3 k. Small money keeps two significant digits. */
export function money(nano: Maybe): string {
    if (unknown(nano)) return NONE;
    const dollars = Math.abs(nano) / 1e9;
    const sign = nano < 0 ? "−" : "";
    if (dollars === 0) return "$0";
    if (dollars >= 9999.5) return `${sign}$${count(dollars)}`;
    if (dollars >= 99.995) return `${sign}$${exact(dollars)}`;
    if (dollars >= 0.995) return `${sign}$${dollars.toFixed(2)}`;
    if (dollars < 1e-6) return "≈ $0";
    const digits = Math.min(9, 1 - Math.floor(Math.log10(dollars)));
    return `${sign}$${dollars.toFixed(digits)}`;
}

/** Nano-dollars to the last digit, for titles and price lines. */
export function moneyExact(nano: Maybe): string {
    if (unknown(nano)) return NONE;
    const [whole, part] = (Math.abs(nano) / 1e9).toFixed(9).split(".");
    const digits = part.replace(/0+$/, "");
    return `${nano < 0 ? "−" : ""}$${whole}${digits ? `.${digits.padEnd(2, "0")}` : ""}`;
}

/** A share as 4.2 %; small but not nothing is never "0 %". */
export function percent(share: Maybe): string {
    if (unknown(share) || !Number.isFinite(share)) return NONE;
    const value = share * 100;
    if (value === 0) return "0 %";
    if (Math.abs(value) < 0.01) return "< 0.01 %";
    return `${Math.abs(value) < 1 ? trimZeros(value.toFixed(2)) : short(value)} %`;
}

/** The change from `before` to `now` as a share; null where there is nothing to compare with. */
export function change(now: Maybe, before: Maybe): number | null {
    if (unknown(now) || unknown(before) || before === 0) return null;
    return (now - before) / before;
}

export function bytes(value: Maybe): string {
    if (unknown(value)) return NONE;
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let scaled = value;
    let unit = 0;
    while (scaled >= 1024 && unit < units.length - 1) {
        scaled /= 1024;
        unit += 1;
    }
    return `${unit === 0 ? scaled : short(scaled)} ${units[unit]}`;
}

/** Column arrays write "not known" as -1. */
export function known(value: number | undefined): number | null {
    return value === undefined || value < 0 ? null : value;
}

export function plural(value: number, one: string, many = `${one}s`): string {
    return `${count(value)} ${value === 1 ? one : many}`;
}
