/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may stand where the cursor is: a command, a field, a function, a word, or a value of the field
 * that is being compared. A function of the text and the catalogue, apart from the editor.
 */
import { lex, type Token } from "./lex";

interface Spot {
    kind: "command" | "expression" | "value" | "source" | "nothing";
    /** Where the word being typed begins. */
    from: number;
    word: string;
    command: string;
    /** The field whose values are wanted, as it is written without backticks. */
    field?: string;
    /** The typed value already has its opening quote. */
    quoted?: boolean;
    /** Names made earlier in the query (`as x`). */
    aliases: string[];
}

const COMPARISONS = new Set(["=", "!=", "=~"]);

function aliasesBefore(tokens: Token[]): string[] {
    const names = tokens.filter((token, at) => token.kind === "field" && tokens[at - 1]?.text.toLowerCase() === "as").map(({ text }) => text.replace(/`/g, ""));
    return [...new Set(names)];
}

/** The field a value at the end of `tokens` is compared with: `f =`, `f like`, `f in [a,`. */
function comparedField(tokens: Token[]): string | undefined {
    let at = tokens.length - 1;
    const text = (index: number) => tokens[index]?.text.toLowerCase() ?? "";
    if (text(at) === "," || text(at) === "[") {
        while (at >= 0 && text(at) !== "[") {
            if (!["string", "number"].includes(tokens[at].kind) && text(at) !== ",") return undefined;
            at -= 1;
        }
        at -= 1;
        if (text(at) !== "in") return undefined;
    } else if (!COMPARISONS.has(text(at)) && text(at) !== "like") return undefined;
    at -= 1;
    if (text(at) === "not") at -= 1;
    return tokens[at]?.kind === "field" ? tokens[at].text.replace(/`/g, "") : undefined;
}

export function spot(text: string, position: number): Spot {
    const tokens = lex(text.slice(0, position));
    const last = tokens[tokens.length - 1];
    const typing = last && last.to === position && /^(command|word|function|field|string|number|variable)$/.test(last.kind) && (last.kind !== "string" || !last.closed);
    const before = typing ? tokens.slice(0, -1) : tokens;
    const command = [...before].reverse().find((token) => token.kind === "command" || token.kind === "pipe");
    const made: Spot = {
        kind: "expression",
        from: typing ? last.from : position,
        word: typing ? last.text : "",
        command: command?.kind === "command" ? command.text.toLowerCase() : "",
        aliases: aliasesBefore(before),
    };
    if (last && !typing && (last.kind === "comment" ? last.to === position : !last.closed)) return { ...made, kind: "nothing" };
    if (typing && last.kind === "number") return { ...made, kind: "nothing" };
    if (!made.command) return { ...made, kind: "command" };
    if (made.command === "source") return { ...made, kind: "source" };
    const previous = before[before.length - 1];
    if (previous?.text.toLowerCase() === "as") return { ...made, kind: "nothing" };
    const field = comparedField(before);
    if (field) return { ...made, kind: "value", field, quoted: typing && last.kind === "string", word: typing && last.kind === "string" ? last.text.slice(1) : made.word };
    return typing && last.kind === "string" ? { ...made, kind: "nothing" } : made;
}

/** Words that belong to a command, offered beside fields and functions. */
export const COMMAND_WORDS: Record<string, string[]> = {
    stats: ["by", "as"],
    fields: ["as"],
    display: ["as"],
    parse: ["as"],
    sort: ["asc", "desc"],
    filter: ["and", "or", "not", "like", "in"],
    unnest: ["into"],
};
