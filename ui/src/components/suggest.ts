/* SPDX-License-Identifier: Apache-2.0 */
/* What the filter box offers for what has been typed so far. */
import { escapeValue, FIELDS, type Filter, splitValues } from "../url/filters";

export interface Suggestion {
    label: string;
    text: string;
    hint?: string;
    count?: number;
    /** True when choosing it makes a whole filter. */
    done: boolean;
}

export function suggestFields(typed: string, only?: readonly string[]): Suggestion[] {
    if (only) return only.filter((name) => name.includes(typed.trim())).map((name) => ({ label: `${name}=`, text: `${name}=`, done: false }));
    const word = typed.trim().toLowerCase();
    const fits = FIELDS.filter(({ name, label }) => name.includes(word) || label.toLowerCase().includes(word)).sort(
        (a, b) => Number(b.name.startsWith(word)) - Number(a.name.startsWith(word)),
    );
    const made: Suggestion[] = fits.slice(0, 14).map(({ name, label, type }) => {
        const op = type === "text" || type === "id" ? "=" : ">";
        return { label: `${name}${op}`, text: `${name}${op}`, hint: label, done: false };
    });
    if (word) made.push({ label: `name~${typed.trim()}`, text: `name~${typed.trim()}`, hint: "span name contains", done: true });
    return made;
}

export function suggestValues(filter: Filter, values: readonly { value: string | null; count: number }[]): Suggestion[] {
    const chosen = splitValues(filter.value);
    const word = filter.value.endsWith("|") ? "" : (chosen.pop()?.toLowerCase() ?? "");
    const before = chosen.length && chosen[0] !== "" ? `${chosen.map(escapeValue).join("|")}|` : "";
    const start = `${filter.field}${filter.op}${before}`;
    return values
        .filter(({ value }) => value !== null && value.toLowerCase().includes(word))
        .slice(0, 14)
        .map(({ value, count }) => ({ label: value ?? "", text: `${start}${escapeValue(value ?? "")}`, count, done: true }));
}
