/* SPDX-License-Identifier: Apache-2.0 */
/* What a pasted id may be: a trace id (hex, a UUID, any text of another system), a span id, or an address with one in it. */
type FoundId = { kind: "trace"; id: string } | { kind: "span"; id: string } | { kind: "foreign"; id: string };

export function idOf(typed: string): FoundId | null {
    const text = typed.trim();
    const last = /^https?:\/\//.test(text) ? (/traces?\/([^/?#]+)/.exec(text)?.[1] ?? "") : text;
    const plain = last.replace(/-/g, "").toLowerCase();
    if (/^1-[0-9a-f]{8}-[0-9a-f]{24}$/i.test(last)) return { kind: "trace", id: plain.slice(1) };
    if (/^[0-9a-f]{32}$/.test(plain)) return { kind: "trace", id: plain };
    if (/^[0-9a-f]{16}$/.test(plain)) return { kind: "span", id: plain };
    /* Texts of other systems: one word that no screen is called by. */
    return /^\S{12,200}$/.test(last) && /\d/.test(last) ? { kind: "foreign", id: last } : null;
}
