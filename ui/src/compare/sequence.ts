/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two sequences have in common, in order: a longest common subsequence by Myers' greedy method
 * ("An O(ND) Difference Algorithm", 1986). Work and memory grow with the square of the differences,
 * so there is a most of them, beyond which there is no answer.
 */
export interface Step {
    /** Index into the first, or -1: only the second has it. */
    a: number;
    /** Index into the second, or -1: only the first has it. */
    b: number;
}

const MOST_DIFFERENCES = 1_000;

export function sequence<T>(a: readonly T[], b: readonly T[], most = MOST_DIFFERENCES): Step[] | null {
    let head = 0;
    while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
    let tail = 0;
    while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
    const steps: Step[] = [];
    for (let at = 0; at < head; at += 1) steps.push({ a: at, b: at });
    const middle = shortest(a.slice(head, a.length - tail), b.slice(head, b.length - tail), most);
    if (!middle) return null;
    for (const step of middle) steps.push({ a: step.a < 0 ? -1 : step.a + head, b: step.b < 0 ? -1 : step.b + head });
    for (let at = tail; at > 0; at -= 1) steps.push({ a: a.length - at, b: b.length - at });
    return steps;
}

function shortest<T>(a: readonly T[], b: readonly T[], most: number): Step[] | null {
    const limit = Math.min(most, a.length + b.length);
    /* reach[k + limit]: how far into `a` one gets on diagonal k; a copy is kept of each round. */
    const reach = new Int32Array(2 * limit + 3);
    const rounds: Int32Array[] = [];
    for (let d = 0; d <= limit; d += 1) {
        rounds.push(reach.slice(limit - d, limit + d + 3));
        for (let k = -d; k <= d; k += 2) {
            const at = k + limit + 1;
            let x = k === -d || (k !== d && reach[at - 1] < reach[at + 1]) ? reach[at + 1] : reach[at - 1] + 1;
            while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
            reach[at] = x;
            if (x >= a.length && x - k >= b.length) return wayBack(rounds, a.length, b.length);
        }
    }
    return null;
}

function wayBack(rounds: readonly Int32Array[], aLength: number, bLength: number): Step[] {
    const steps: Step[] = [];
    let x = aLength;
    let y = bLength;
    for (let d = rounds.length - 1; d > 0; d -= 1) {
        const before = rounds[d];
        const read = (k: number) => before[k + d + 1];
        const k = x - y;
        const down = k === -d || (k !== d && read(k - 1) < read(k + 1));
        const previous = down ? k + 1 : k - 1;
        const fromX = read(previous);
        const fromY = fromX - previous;
        while (x > fromX && y > fromY) steps.push({ a: (x -= 1), b: (y -= 1) });
        if (down) steps.push({ a: -1, b: (y -= 1) });
        else steps.push({ a: (x -= 1), b: -1 });
    }
    while (x > 0 && y > 0) steps.push({ a: (x -= 1), b: (y -= 1) });
    return steps.reverse();
}
