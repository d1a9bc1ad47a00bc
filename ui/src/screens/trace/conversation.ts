/* SPDX-License-Identifier: Apache-2.0 */
/* Which messages of a history are news. A chat resends everything; what came since the last answer matters. */
import type { Message, Part, Text } from "../../api/types";

/*
 * The index of the first message of the newest turn: the one behind the last answer. When that turn
 * holds only tool results, the answer that asked for them belongs to it. Short histories are not folded.
 */
export function newestTurn(messages: readonly Message[]): number {
    let last = -1;
    messages.forEach((message, at) => {
        if (isAnswer(message)) last = at;
    });
    let start = last + 1;
    if (start >= messages.length) start = Math.max(0, last);
    const onlyResults = messages.slice(start).every((message) => message.parts.every((part) => part.type === "tool_result"));
    if (onlyResults && last >= 0) start = last;
    return start <= 2 ? 0 : start;
}

function isAnswer(message: Message): boolean {
    return message.role === "assistant" || message.role === "model" || message.role === "ai";
}

export function roleLabel(role: string): string {
    const known: Record<string, string> = {
        user: "User", human: "User", assistant: "Assistant", model: "Assistant", ai: "Assistant",
        system: "System", developer: "Developer", tool: "Tool", function: "Tool",
    };
    return known[role.toLowerCase()] ?? role;
}

export function roleClass(role: string): "user" | "assistant" | "system" | "tool" {
    const label = roleLabel(role);
    if (label === "User") return "user";
    if (label === "Assistant") return "assistant";
    return label === "Tool" ? "tool" : "system";
}

/** Names of tools by call id, so that a result can say what it answers. */
export function callNames(messages: readonly Message[]): Map<string, string> {
    const names = new Map<string, string>();
    for (const message of messages) for (const part of message.parts) if (part.type === "tool_call" && part.id && part.name) names.set(part.id, part.name);
    return names;
}

export function headOf(text: Text | null | undefined): string {
    if (text === null || text === undefined) return "";
    return typeof text === "string" ? text : text.head;
}

export function summary(part: Part): string {
    return part.type === "tool_call" ? `${part.name ?? "tool"}(…)` : headOf(part.text);
}
