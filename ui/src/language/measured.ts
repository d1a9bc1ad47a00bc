/* SPDX-License-Identifier: Apache-2.0 */
/* Which measure a query over spans draws, so that its bump can be explained; undefined when none of ours is. */
import { stages } from "./lex";

const SIGNS: [RegExp, string][] = [
    [/\bcost\b/, "cost"],
    [/\boutput_?tokens\b/, "output_tokens"],
    [/\binput_?tokens\b/, "input_tokens"],
    [/tokens\b/, "tokens"],
    [/\b(ttft|time_to_first_token)\b/, "ttft"],
    [/\b(duration|latency)\b/, "llm_latency"],
];

export function measuredBy(query: string, source: string): string | undefined {
    const all = stages(query).map((stage) => stage.tokens.map((token) => token.text.toLowerCase()).join(" "));
    const stats = all.find((text) => text.startsWith("stats"));
    if (source !== "spans" || !stats) return undefined;
    const found = SIGNS.find(([sign]) => sign.test(stats.split(" by ")[0]));
    if (found) return found[1];
    return all.some((text) => /status = (["']?)error|error_kind|\berror\b/.test(text)) ? "failures" : "spans";
}
