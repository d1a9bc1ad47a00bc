/* SPDX-License-Identifier: Apache-2.0 */
/* One span of the mock with its content, in the shape of docs/api.md. */
import { ANSWERS, ERRORS, EVIL, QUESTIONS } from "./mock-data.mjs";

const text = (value) => ({ type: "text", text: value });
const SYSTEM = "You are the support assistant of a shop. Answer from the tools' results only. Never promise a date a tool has not confirmed. Write short sentences.";
const TOOLS = [
    { name: "get_order", description: "Reads one order by its number.", parameters: '{"type":"object","properties":{"order_id":{"type":"string"}},"required":["order_id"]}' },
    { name: "update_shipping", description: "Changes the shipping method of an order that has not left.", parameters: '{"type":"object","properties":{"order_id":{"type":"string"},"method":{"enum":["standard","express"]}}}' },
];
const ORDER = '{"order_id":"4411","status":"packed","shipping":{"method":"standard","promised":"2025-11-25","history":[{"at":"2025-11-20T09:12:00Z","event":"picked"},{"at":"2025-11-20T10:40:00Z","event":"packed"}]},"lines":[{"sku":"KB-102","quantity":1,"price":79.9},{"sku":"MS-7","quantity":2,"price":24.5}]}';

function history(trace, span) {
    const ask = { role: "user", parts: [text(trace.question)] };
    const call = { role: "assistant", parts: [{ type: "reasoning", text: "The order has to be read first; shipping can only change while it is packed." }, { type: "tool_call", id: "call_a81", name: "get_order", text: '{"order_id":"4411"}' }] };
    const result = { role: "tool", parts: [{ type: "tool_result", id: "call_a81", text: ORDER }] };
    if (span.purpose === "tool") return [ask];
    if (span.purpose === "answer") {
        const before = QUESTIONS.slice(0, 4).flatMap((question, at) => [{ role: "user", parts: [text(question)] }, { role: "assistant", parts: [text(ANSWERS[at % ANSWERS.length])] }]);
        return [...before, ask, call, result];
    }
    if (span.purpose === "rag") return [{ role: "user", parts: [text(`Answer from these passages only.\n\n[1] Orders may be changed until they leave the warehouse.\n[2] Refunds are sent within ten working days.\n\nQuestion: ${trace.question}`)] }];
    return [{ role: "user", parts: [text(trace.question), { type: "media", mime: "image/png", uri: "https://shop.invalid/upload/receipt.png" }] }];
}

function messages(trace, span, base) {
    if (span.purpose === "hostile") {
        const long = { head: "A".repeat(16384), bytes: 10 * 1024 * 1024, href: `${base}/content?path=input.0` };
        return { input: [{ role: EVIL, parts: [text(EVIL), { type: "text", text: long }, { type: "tool_call", id: EVIL, name: EVIL, text: EVIL }, { type: "media", mime: EVIL, uri: "javascript:alert(5)" }] }], output: [{ role: "assistant", finish: EVIL, parts: [text(EVIL)] }] };
    }
    if (span.kind !== "llm") return { input: [], output: [] };
    const input = history(trace, span);
    if (span.status === 2) return { input, output: [] };
    const call = { role: "assistant", finish: "tool_calls", parts: [{ type: "tool_call", id: "call_b02", name: "get_order", text: '{"order_id":"4411"}' }] };
    return { input, output: [span.purpose === "tool" ? call : { role: "assistant", finish: "stop", parts: [text(trace.answer ?? "Done.")] }] };
}

function cost(span) {
    if (span.flags & 32) return { source: "unpriced", total: null, reason: `no price for ${span.provider}/${span.model}`, lines: [] };
    if (!(span.cost > 0) || !span.price) return { source: "none", total: 0, reason: "this span made no model call", lines: [] };
    const { price } = span;
    const line = (component, tokens, dollars) => ({ component, tokens, price_per_million: Math.round(dollars * 1e9), cost: Math.round(tokens * dollars * 1e3) });
    const lines = [line("input", span.input - (span.cached ?? 0), price.in)];
    if (span.cached) lines.push(line("cache_read", span.cached, price.cached));
    lines.push(line("output", span.output, price.out));
    return { source: "computed", total: lines.reduce((sum, each) => sum + each.cost, 0), entry: `${span.provider}/${span.model}`, tier: "default", reason: null, lines };
}

const PASSAGES = ["Orders may be changed until they have left the warehouse. Express shipping can be chosen as long as the status is “packed” or earlier.", "Refunds are sent within ten working days. Banks may need up to two more.", "Gift cards cannot be refunded, but the remaining value can be moved to another account."];

export function spanDetail(trace, span) {
    const base = `/api/v1/traces/${trace.id}/spans/${span.id}`;
    const start = BigInt(trace.row.start) + BigInt(span.start);
    const failed = span.status === 2;
    const [type, message] = ERRORS[span.error_kind] ?? ["Error", "failed"];
    const attribute = (key, value) => ({ key, type: typeof value === "number" ? "int" : "string", value });
    const isTool = span.kind === "tool";
    const talk = messages(trace, span, base);
    return {
        span_id: span.id, trace_id: trace.id, parent_span_id: span.parent >= 0 ? trace.spans[span.parent].id : null, name: span.name, kind: span.kind, op: span.op ?? null,
        vocabulary: span.model || span.tool ? "otel_genai" : null, start: String(start), end: String(start + BigInt(Math.max(0, Math.min(span.duration, 1e15)))), duration: span.duration, arrival: String(start + BigInt(Math.max(0, Math.min(span.duration, 1e15))) + 420_000_000n),
        status: failed ? "error" : span.status === 1 ? "ok" : "unset", status_message: failed ? message : null, level: null,
        error: failed && span.error_kind ? { kind: span.error_kind, type: trace.hostile ? EVIL : type, message: trace.hostile ? EVIL : message, stacktrace: `Traceback (most recent call last):\n  File "/app/agent.py", line 88, in run\n    reply = client.chat.completions.create(**request)\n  File "/app/.venv/lib/openai/_base_client.py", line 1047, in request\n    raise self._make_status_error_from_response(err.response) from None\n${type}: ${message}` } : null,
        fields: span.model ? [
            { name: "model", value: span.model, vocabulary: "otel_genai", rule: "gen_ai.request.model" },
            { name: "provider", value: span.provider, vocabulary: "otel_genai", rule: "gen_ai.provider.name" },
            { name: "kind", value: span.kind, vocabulary: "otel_genai", rule: "gen_ai.operation.name = chat" },
            { name: "input_tokens", value: span.input ?? null, vocabulary: "otel_genai", rule: "gen_ai.usage.input_tokens" },
            { name: "user", value: trace.user, vocabulary: "langfuse", rule: "user.id" },
        ] : [],
        usage: span.input ? { input: span.input, output: span.output ?? 0, cache_read: span.cached ?? 0, cache_write: 0, reasoning: span.reasoning ?? 0, total: span.input + (span.output ?? 0), basis: "inclusive", rule: "openai: input includes cached tokens" } : null,
        cost: cost(span),
        timing: span.ttft > 0 ? { ttft: span.ttft, completion_start: String(start + BigInt(span.ttft)), tokens_per_second: span.output / ((span.duration - span.ttft) / 1e9) } : null,
        parameters: span.kind === "llm" ? [{ name: "temperature", value: 0.2 }, { name: "max_tokens", value: 800 }, { name: "stop", value: ["END"] }] : [],
        messages: talk,
        system: span.kind === "llm" && span.purpose !== "rag" ? [text(SYSTEM)] : [],
        tools: span.purpose === "tool" || span.purpose === "answer" ? TOOLS : [],
        documents: span.kind === "retriever" || span.kind === "reranker" ? PASSAGES.map((passage, at) => ({ id: `handbook/${["orders", "refunds", "gift-cards"][at]}.md#${at + 3}`, score: [0.871, 0.642, 0.318][at], distance: null, content: passage, metadata: `{"source":"handbook","page":${at + 3}}` })) : [],
        input: isTool ? '{"order_id":"4411","fields":["status","shipping"]}' : span.kind === "retriever" ? trace.question : talk.input.length ? null : span.parent < 0 ? trace.question : null,
        output: isTool && !failed ? ORDER : span.parent < 0 && !failed ? trace.answer : null,
        attributes: [attribute("gen_ai.operation.name", span.op ?? span.kind), ...(span.model ? [attribute("gen_ai.request.model", span.model), attribute("gen_ai.usage.input_tokens", span.input ?? 0)] : []), attribute("session.id", trace.session), attribute("user.id", trace.user), attribute("custom.payload", ORDER)],
        resource: [attribute("service.name", trace.service), attribute("deployment.environment.name", trace.environment), attribute("telemetry.sdk.language", "python")],
        scope: { name: "opentelemetry.instrumentation.openai_v2", version: "2.1b0", attributes: [] },
        events: failed ? [{ time: String(start + 1_000_000n), name: "exception", attributes: [attribute("exception.type", type), attribute("exception.message", message)] }] : [],
        links: span.parent < 0 && trace.row.llm_calls > 2 ? [{ trace_id: trace.id, span_id: trace.spans[1].id, attributes: [] }] : [],
        logs: span.kind === "llm" ? [{ time: String(start + 2_000_000n), severity: failed ? "ERROR" : "INFO", event: "gen_ai.client.inference.operation.details", body: '{"retries":1,"region":"eu-west-1"}' }] : [],
        dropped: { attributes: 0, events: 0, links: 0 },
    };
}
