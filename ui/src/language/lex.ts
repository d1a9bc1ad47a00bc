/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The query language cut into words, tolerant of anything half typed. One cut serves colours, completion,
 * units of columns and variables of dashboards; what a query means is the server's business alone.
 */
type TokenKind = "command" | "word" | "function" | "field" | "string" | "regex" | "number" | "operator" | "pipe" | "comment" | "variable";

export interface Token {
    kind: TokenKind;
    text: string;
    from: number;
    to: number;
    /** False while a string, regex or quoted name has no end yet. */
    closed: boolean;
}

/** Words with a meaning of their own between commands and expressions. */
export const WORDS = new Set(["as", "by", "and", "or", "not", "in", "like", "asc", "desc", "into", "with", "for", "where", "true", "false", "null"]);

const IDENTIFIER = /[A-Za-z_@][A-Za-z0-9_@.]*/y;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[A-Za-z]*/y;
const OPERATOR = /=~|!=|<=|>=|[=<>!+\-*/%^(),[\]]/y;
const VARIABLE = /\$[A-Za-z_][A-Za-z0-9_]*/y;

function match(pattern: RegExp, text: string, at: number): string | null {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
}

/** The end of what a quote at `at` begins, and whether it is closed; a backslash protects the next character. */
function quoted(text: string, at: number): { to: number; closed: boolean } {
    const quote = text[at];
    for (let to = at + 1; to < text.length; to += 1) {
        if (text[to] === "\\") to += 1;
        else if (text[to] === quote) return { to: to + 1, closed: true };
    }
    return { to: text.length, closed: false };
}

/* A slash divides after a value and begins a pattern elsewhere; `parse field /…/` is the one place where a value comes first. */
function beginsRegex(before: Token | undefined, command: string): boolean {
    if (!before || before.kind === "word" || before.kind === "pipe" || before.kind === "command" || before.kind === "function") return true;
    if (before.kind === "operator") return before.text !== ")" && before.text !== "]";
    return command === "parse";
}

export function lex(text: string): Token[] {
    const tokens: Token[] = [];
    let command = "";
    let expectCommand = true;
    let last: Token | undefined;
    for (let at = 0; at < text.length; ) {
        const char = text[at];
        if (/\s/.test(char)) {
            at += 1;
            continue;
        }
        const token: Token = { kind: "operator", text: char, from: at, to: at + 1, closed: true };
        let found: string | null;
        if (char === "#") {
            const end = text.indexOf("\n", at);
            token.kind = "comment";
            token.to = end < 0 ? text.length : end;
        } else if (char === "|") {
            token.kind = "pipe";
        } else if (char === '"' || char === "'" || char === "`") {
            token.kind = char === "`" ? "field" : "string";
            Object.assign(token, quoted(text, at));
        } else if (char === "/" && beginsRegex(last, command)) {
            token.kind = "regex";
            Object.assign(token, quoted(text, at));
        } else if ((found = match(VARIABLE, text, at))) {
            token.kind = "variable";
            token.to = at + found.length;
        } else if ((found = match(IDENTIFIER, text, at))) {
            token.to = at + found.length;
            if (expectCommand) token.kind = "command";
            else if (/^\s*\(/.test(text.slice(token.to, token.to + 20)) && !WORDS.has(found.toLowerCase())) token.kind = "function";
            else token.kind = WORDS.has(found.toLowerCase()) ? "word" : "field";
        } else if ((found = match(NUMBER, text, at))) {
            token.kind = "number";
            token.to = at + found.length;
        } else if ((found = match(OPERATOR, text, at))) {
            token.to = at + found.length;
        }
        token.text = text.slice(token.from, token.to);
        tokens.push(token);
        at = token.to;
        if (token.kind === "comment") continue;
        if (token.kind === "command") command = token.text.toLowerCase();
        expectCommand = token.kind === "pipe" || (token.kind === "operator" && token.text === "(" && command === "join");
        last = token;
    }
    return tokens;
}

export interface Stage {
    command: string;
    tokens: Token[];
    from: number;
    to: number;
}

/** The commands of a query, cut at pipes outside brackets; comments belong to no command. */
export function stages(text: string): Stage[] {
    const made: Stage[] = [];
    let depth = 0;
    let current: Token[] = [];
    let from = 0;
    const close = (to: number) => {
        made.push({ command: current[0]?.kind === "command" ? current[0].text.toLowerCase() : "", tokens: current, from, to });
        current = [];
    };
    for (const token of lex(text)) {
        if (token.kind === "comment") continue;
        if (token.kind === "operator" && /^[([]$/.test(token.text)) depth += 1;
        if (token.kind === "operator" && /^[)\]]$/.test(token.text)) depth = Math.max(0, depth - 1);
        if (token.kind === "pipe" && depth === 0) {
            close(token.from);
            from = token.to;
        } else current.push(token);
    }
    close(text.length);
    return made;
}

/** A value as the language writes it. */
export function quote(value: string): string {
    return `"${value.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\t/g, "\\t").replace(/\r/g, "\\r")}"`;
}

/** A field as the language writes it: bare where that is possible, else in backticks. */
export function fieldName(name: string): string {
    return /^[A-Za-z_@][A-Za-z0-9_@.]*$/.test(name) && !WORDS.has(name.toLowerCase()) ? name : `\`${name.replace(/`/g, "")}\``;
}

const SQL_WORDS = new Set("select from where group by order limit offset with as and or not in like ilike is null on join left right inner outer full cross using having distinct case when then else end between exists union all asc desc over partition interval cast true false values describe qualify filter".split(" "));
const SQL_TOKEN = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z_][A-Za-z0-9_]*|[^\sA-Za-z0-9_]/g;

/** SQL, for its colours only. */
export function lexSql(text: string): Token[] {
    return [...text.matchAll(SQL_TOKEN)].map(({ 0: word, index }) => {
        const to = index + word.length;
        let kind: TokenKind = "operator";
        if (/^(--|\/\*)/.test(word)) kind = "comment";
        else if (word[0] === "'") kind = "string";
        else if (/^[\d.]\d*/.test(word) && /\d/.test(word)) kind = "number";
        else if (/^["A-Za-z_]/.test(word)) kind = SQL_WORDS.has(word.toLowerCase()) ? "command" : /^\s*\(/.test(text.slice(to, to + 10)) ? "function" : "field";
        return { kind, text: word, from: index, to, closed: true };
    });
}
