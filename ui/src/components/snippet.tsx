/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a text something was found, with the words marked. */
import type { SearchHit } from "../api/types";
import { marked } from "../format/marked";
import { oneLine } from "../format/text";

export function Snippet({ hit }: { hit: SearchHit }) {
    return (
        <span className="search-snippet" dir="auto">
            {marked(hit.snippet, hit.highlights).map((piece, at) => (piece.on ? <mark key={at}>{oneLineInside(piece.text)}</mark> : <span key={at}>{oneLineInside(piece.text)}</span>))}
        </span>
    );
}

/** One line, with the spaces at its ends kept: the neighbours go on from there. */
function oneLineInside(text: string): string {
    const lead = /^\s/.test(text) ? " " : "", tail = /\s$/.test(text) && text.trim() ? " " : "";
    return lead + oneLine(text) + tail;
}
