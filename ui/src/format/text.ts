/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes hostile text visible instead of effective. Terminal escapes become their control pictures
 * (␛), and characters that reorder, hide or break text become ⟦U+202E⟧. Tabs and line feeds stay.
 * The result is always rendered as a text node, so markup needs no escaping here.
 */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udc7f]/g;

export function visible(text: string): string {
    return text.replace(/\r\n/g, "\n").replace(UNSAFE, picture);
}

/** The same in one line: line feeds and tabs become spaces, runs of them one. */
export function oneLine(text: string): string {
    return visible(text.replace(/\s+/g, " ").trim());
}

function picture(char: string, at: number, whole: string): string {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    /* Zero-width joiners build emoji and are needed in Indic and Arabic text: inert between such letters. */
    if ((code === 0x200d || code === 0x200c) && joins(whole, at)) return char;
    return `⟦U+${code.toString(16).toUpperCase().padStart(4, "0")}⟧`;
}

function joins(whole: string, at: number): boolean {
    const before = whole.codePointAt(at - 2) ?? whole.codePointAt(at - 1) ?? 0;
    const near = before > 0xffff ? before : (whole.codePointAt(at - 1) ?? 0);
    return near >= 0x600 && (near >= 0x1f000 || near === 0xfe0f || (near >= 0x2600 && near < 0x27c0) || (near >= 0x600 && near < 0xe00));
}

/** Cut to a length without splitting a surrogate pair. */
export function clip(text: string, length: number): string {
    if (text.length <= length) return text;
    const code = text.charCodeAt(length - 1);
    return `${text.slice(0, code >= 0xd800 && code < 0xdc00 ? length - 1 : length)}…`;
}

/** JSON, also cut short, as one would say it: `{"city":"Oslo"}` is `city: Oslo`. Other text is itself. */
export function spoken(text: string): string {
    if (!/^\s*(\{\s*"|\[\s*[{["])/.test(text)) return text;
    const plain = (inside: string) => inside.replace(/\\[nrt]/g, " ").replace(/\\(["\\/])/g, "$1");
    return text
        .split(/("(?:[^"\\]|\\.)*(?:"|$))/)
        .map((part, at) => (at % 2 ? plain(part.replace(/^"|"$/g, "")) : part.replace(/[{}[\]]/g, "").replace(/\s*([:,])\s*/g, "$1 ")))
        .join("")
        .trim();
}

/** The beginning of a question or an answer, for a line of a list. */
export function preview(text: string | null | undefined, length: number): string {
    return clip(oneLine(spoken(text ?? "")), length);
}

/** A model's name without the date providers append to it; the full name belongs into the title. */
export function shortModel(name: string): string {
    return name.replace(/-(\d{8}|\d{4}-\d{2}-\d{2})(?=$|-v\d)/, "");
}

/** Whole numbers beyond what a number can hold stay as they were written; browsers that do not tell how give the nearest. */
function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
    return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "") ? context?.source : value;
}

/** Parsed JSON when the text is an object or a list, otherwise undefined. */
export function structured(text: string): object | undefined {
    const first = /^\s*([[{])/.exec(text)?.[1];
    if (!first) return undefined;
    try {
        const value: unknown = JSON.parse(text, exactly as (key: string, value: unknown) => unknown);
        return typeof value === "object" && value !== null ? value : undefined;
    } catch {
        return undefined;
    }
}
