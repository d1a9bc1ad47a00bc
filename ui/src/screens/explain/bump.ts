/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what stands out of a curve: the stretch around its peak, and the moment since which it is higher. */
import type { Values } from "../../api/types";

/**
 * From and to (exclusive) as places in the curve; null when it is flat or empty. The usual is the
 * median; what is a third of the peak above it belongs to the bump, and a dip of one step is no end.
 */
export function bumpOf(values: Values): [from: number, to: number] | null {
    const known = values.map((value) => value ?? 0);
    const smooth = known.map((value, at) => (value * 2 + (known[at - 1] ?? value) + (known[at + 1] ?? value)) / 4);
    const usual = [...smooth].sort((a, b) => a - b)[Math.floor(smooth.length / 2)] ?? 0;
    const peak = smooth.indexOf(Math.max(...smooth));
    if (peak < 0 || smooth[peak] <= usual) return null;
    const high = (at: number) => smooth[at] > usual + (smooth[peak] - usual) / 3;
    let from = peak;
    let to = peak + 1;
    while (from > 0 && (high(from - 1) || (from > 1 && high(from - 2)))) from -= 1;
    while (to < smooth.length && (high(to) || (to + 1 < smooth.length && high(to + 1)))) to += 1;
    /* The ends of the smoothed bump reach one step beyond what was high. */
    while (from < peak && known[from] <= usual) from += 1;
    while (to > peak + 1 && known[to - 1] <= usual) to -= 1;
    return [from, to];
}

/**
 * The place since which a curve runs on another level, upwards: where the means of both sides differ
 * most for their spread. Null when that is by less than a third, or no more than noise.
 */
export function shiftOf(values: Values): number | null {
    const known = values.map((value) => value ?? 0);
    const least = Math.max(3, Math.ceil(known.length / 20));
    const total = known.reduce((sum, value) => sum + value, 0);
    const spread = Math.sqrt(known.reduce((sum, value) => sum + (value - total / known.length) ** 2, 0) / known.length);
    let best: { at: number; strength: number } | null = null;
    let before = 0;
    known.forEach((value, at) => {
        const after = total - before;
        const rest = known.length - at;
        const [low, high] = [before / at, after / rest];
        before += value;
        if (at < least || rest < least || high < low * 1.33) return;
        const strength = (high - low) * Math.sqrt((at * rest) / known.length);
        if (strength > (best?.strength ?? spread * 3)) best = { at, strength };
    });
    return (best as { at: number } | null)?.at ?? null;
}
