/* SPDX-License-Identifier: Apache-2.0 */
/* A text in pieces, some of them highlighted. Places are bytes of UTF-8, as the server counts. */

export interface Piece {
    text: string;
    on: boolean;
}

export function marked(text: string, places: readonly (readonly [number, number])[]): Piece[] {
    const bytes = new TextEncoder().encode(text);
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const pieces: Piece[] = [];
    let at = 0;
    const add = (to: number, on: boolean) => {
        if (to > at) pieces.push({ text: decoder.decode(bytes.subarray(at, to)), on });
        at = Math.max(at, to);
    };
    for (const [from, to] of places) {
        if (!(from >= at && to > from && to <= bytes.length)) continue;
        add(from, false);
        add(to, true);
    }
    add(bytes.length, false);
    return pieces;
}
