/* SPDX-License-Identifier: Apache-2.0 */
/* What charts need to know about numbers, apart from drawing. */
import type { Values } from "../api/types";

/** Cumulative sums, the first series at the bottom; unknown counts as nothing in a stack. */
export function stack(series: readonly Values[]): number[][] {
    const below: number[] = new Array(series[0]?.length ?? 0).fill(0);
    return series.map((values) =>
        values.map((value, at) => {
            below[at] += value ?? 0;
            return below[at];
        }),
    );
}

/** Which layer of a stack holds `value` at index `at`; null above the top. */
export function layerAt(series: readonly Values[], at: number, value: number): number | null {
    let top = 0;
    for (let layer = 0; layer < series.length; layer += 1) {
        top += series[layer][at] ?? 0;
        if (value <= top && (series[layer][at] ?? 0) > 0) return layer;
    }
    return null;
}

/** The sum of known values; null when none is known. */
export function sum(values: Values): number | null {
    let total: number | null = null;
    for (const value of values) if (value !== null) total = (total ?? 0) + value;
    return total;
}

/** Fewer points by adding neighbours, for sparklines. */
export function condense(values: Values, points: number): Values {
    if (values.length <= points) return values;
    const made: Values = new Array(points).fill(null);
    values.forEach((value, at) => {
        if (value === null) return;
        const slot = Math.floor((at * points) / values.length);
        made[slot] = (made[slot] ?? 0) + value;
    });
    return made;
}

/** Means are not added up: of neighbours the mean of those that are known; what is not known stays at the last that is. */
export function condenseMeans(values: Values, points: number): Values {
    const sums = condense(values, points), counts = condense(values.map((value) => (value === null ? null : 1)), points);
    const known = sums.map((value, at) => (value === null || !counts[at] ? null : value / counts[at]!));
    let last: number | null = known.find((value) => value !== null) ?? null;
    return known.map((value) => (last = value ?? last));
}
