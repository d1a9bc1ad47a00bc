/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A prompt's text in pieces: variables that the SDKs fill, references that the server fills, and
 * the rest. A piece is found the way the SDKs and the server find it.
 */
import type { PromptContent, PromptMessage } from "../../api/prompts";

export interface Piece {
    kind: "text" | "variable" | "reference";
    text: string;
    from: number;
    to: number;
    /** Of a reference. */
    name?: string;
}

const PIECE = /\{\{([^{}]*)\}\}|@@@langfusePrompt:name=([^|@"]+)\|(?:label=[^|@"]+|version=\d+)@@@/g;

export function pieces(text: string): Piece[] {
    const found: Piece[] = [];
    let at = 0;
    for (const match of text.matchAll(PIECE)) {
        const from = match.index;
        if (from > at) found.push({ kind: "text", text: text.slice(at, from), from: at, to: from });
        at = from + match[0].length;
        found.push({ kind: match[2] ? "reference" : "variable", text: match[0], from, to: at, name: match[2] });
    }
    if (at < text.length) found.push({ kind: "text", text: text.slice(at), from: at, to: text.length });
    return found;
}

export const isPlaceholder = (message: PromptMessage) => message.type === "placeholder";

/** The variables and placeholders of a prompt, in the order they first stand in it. */
export function inputs(content: PromptContent): { variables: string[]; placeholders: string[] } {
    const messages: PromptMessage[] = typeof content === "string" ? [{ content }] : content;
    const variables = new Set<string>();
    const placeholders = new Set<string>();
    for (const message of messages) {
        if (isPlaceholder(message)) placeholders.add(message.name ?? "");
        else for (const piece of pieces(message.content ?? "")) if (piece.kind === "variable" && piece.text.slice(2, -2).trim()) variables.add(piece.text.slice(2, -2).trim());
    }
    return { variables: [...variables], placeholders: [...placeholders] };
}

/** One text to compare: of a chat each message under its role. */
export function flat(content: PromptContent): string {
    if (typeof content === "string") return content;
    return content.map((message) => (isPlaceholder(message) ? `[placeholder ${message.name}]` : `[${message.role}]\n${message.content}`)).join("\n\n");
}
