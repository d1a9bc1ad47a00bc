/* SPDX-License-Identifier: Apache-2.0 */
/* A `stats` command cut into what it works out and what it groups by; and several of them made one. */
import { type Stage, stages, type Token } from "./lex";

export interface StatsPart {
    tokens: Token[];
    expression: string;
    /** What stands behind `as`, else the expression. */
    name: string;
    named: boolean;
}

const isWord = (token: Token, word: string) => token.kind === "word" && token.text.toLowerCase() === word;

/** Cut at commas outside brackets. */
function partsOf(text: string, tokens: readonly Token[]): StatsPart[] {
    const pieces: Token[][] = [[]];
    let depth = 0;
    for (const token of tokens) {
        if (/^[([]$/.test(token.text)) depth += 1;
        else if (/^[)\]]$/.test(token.text)) depth -= 1;
        if (depth === 0 && token.text === ",") pieces.push([]);
        else pieces[pieces.length - 1].push(token);
    }
    return pieces.filter((piece) => piece.length).map((piece) => {
        const as = piece.findIndex((token) => isWord(token, "as"));
        const own = as > 0 ? piece.slice(0, as) : piece;
        const expression = text.slice(own[0].from, own[own.length - 1].to);
        const named = as > 0 && !!piece[as + 1];
        return { tokens: own, expression, name: (named ? piece[as + 1].text : expression).replace(/`/g, ""), named };
    });
}

export function statsParts(text: string, stage: Stage): { items: StatsPart[]; keys: StatsPart[] } {
    let depth = 0;
    let by = stage.tokens.length;
    stage.tokens.forEach((token, at) => {
        if (/^[([]$/.test(token.text)) depth += 1;
        else if (/^[)\]]$/.test(token.text)) depth -= 1;
        else if (depth === 0 && isWord(token, "by")) by = at;
    });
    return { items: partsOf(text, stage.tokens.slice(1, by)), keys: partsOf(text, stage.tokens.slice(by + 1)) };
}

/* One call of a function and nothing around it: such an item means the same beside any others. */
function isCall({ tokens }: StatsPart): boolean {
    let depth = 0;
    return tokens[0].kind === "function" && tokens.every(({ text }, at) => {
        if (/^[([]$/.test(text)) depth += 1;
        else if (/^[)\]]$/.test(text)) depth -= 1;
        return at === 0 || depth > 0 || at === tokens.length - 1;
    });
}

export interface Stats {
    /** Everything in front, and the keys: queries that agree in both count the same groups. */
    before: string;
    by: string;
    items: readonly { expression: string; name: string }[];
}

/** A query that ends in one `stats` whose items are named calls; null for any other. */
export function finalStats(query: string): Stats | null {
    const all = stages(query).filter(({ tokens }) => tokens.length);
    const last = all.at(-1);
    if (last?.command !== "stats") return null;
    const { items, keys } = statsParts(query, last);
    if (!items.length || items.some((item) => !item.named || !isCall(item))) return null;
    const before = all.slice(0, -1).map((stage) => query.slice(stage.from, stage.to).trim());
    return { before: before.join("\n| "), by: keys.map(({ expression, name, named }) => (named ? `${expression} as \`${name}\`` : expression)).join(", "), items };
}

/** One query for all, which agree in what is in front and in their keys; its columns behind the keys are the items, in order. */
export function sharedStats(all: readonly Stats[]): string {
    const items = all.flatMap((stats) => stats.items).map(({ expression }, at) => `${expression} as shared_${at}`);
    const [{ before, by }] = all;
    return `${before ? `${before}\n| ` : ""}stats ${items.join(", ")}${by ? ` by ${by}` : ""}`;
}
