/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Made-up but believable traffic for the mock server: a day of chat, agent and RAG requests with a
 * throttling burst in it, and three special traces (50,000 spans, 200 levels, hostile text).
 */
let seed = 7;
export function random() {
    seed = (seed * 1664525 + 1013904223) % 4294967296;
    return seed / 4294967296;
}
const pick = (list) => list[Math.floor(random() * list.length)];
const between = (low, high) => low + random() * (high - low);
const hex = (digits) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");

export const MODELS = [
    { model: "gpt-4o", provider: "openai", in: 2.5, out: 10, cached: 1.25, speed: 70 },
    { model: "gpt-4o-mini", provider: "openai", in: 0.15, out: 0.6, cached: 0.075, speed: 110 },
    { model: "claude-sonnet-4-5", provider: "anthropic", in: 3, out: 15, cached: 0.3, speed: 60 },
    { model: "gemini-2.5-flash", provider: "google", in: 0.3, out: 2.5, cached: 0.03, speed: 160 },
    { model: "house-llm-7b", provider: "local", speed: 40 },
];
const QUESTIONS = [
    "Can you check whether order 4411 can still be changed to express shipping?",
    "Summarise the incident report and list what we promised the customer.",
    "My refund has not arrived after ten days, what now?",
    "Which of the three contracts lets us cancel within 30 days?",
    "Plan a two-day trip to Porto with a small child, mostly by train.",
    "Why does the nightly import fail for tenants with more than 10,000 rows?",
];
const ANSWERS = [
    "Yes. The order has not left the warehouse, so I changed it to express; the new delivery day is Thursday.",
    "The outage lasted 41 minutes. We promised a written cause within five working days and a credit of 10 %.",
    "I found the refund: it was sent on the 3rd, and your bank usually takes up to twelve days. I have attached the reference.",
    "Only the second one: clause 7.2 allows cancellation within 30 days without a fee.",
];
const ERRORS = {
    throttle: ["RateLimitError", "429 Too Many Requests: tokens per minute (TPM): Limit 30000, Used 29411, Requested 1822. Please try again in 2.466s."],
    timeout: ["APITimeoutError", "Request timed out after 60.0 s"],
    content_filter: ["ContentFilterError", "The response was filtered: category violence, severity medium"],
    server: ["InternalServerError", "500 upstream connect error or disconnect/reset before headers"],
    tool: ["ToolError", "order-service answered 503 Service Unavailable"],
};

function span(trace, parent, name, kind, startMs, durationMs, extra = {}) {
    const at = trace.spans.length;
    trace.spans.push({ id: hex(16), parent, name, kind, start: Math.round(startMs * 1e6), duration: Math.round(durationMs * 1e6), status: 1, ...extra });
    return at;
}

function llm(trace, parent, startMs, model, failure, purpose) {
    const input = Math.round(between(300, 4200));
    const output = failure ? 0 : Math.round(between(40, 620));
    const cached = random() < 0.4 ? Math.round(input * 0.6) : 0;
    const reasoning = model.model.includes("gemini") ? Math.round(output * 0.3) : 0;
    const ttft = failure ? -1 : between(180, 900) * (trace.slow ?? 1);
    const took = failure === "throttle" ? between(80, 300) : failure === "timeout" ? 60_000 : ttft + (output / model.speed) * 1000;
    const cost = model.in ? Math.round(((input - cached) * model.in + cached * model.cached + output * model.out) * 1e3) : -1;
    const extra = {
        op: "chat", model: model.model, provider: model.provider, purpose, price: model, flags: model.in ? 1 : 33,
        ...(failure ? { status: 2, error_kind: failure } : { ttft: Math.round(ttft * 1e6), input, output, cached, reasoning, cost }),
    };
    span(trace, parent, `chat ${model.model}`, "llm", startMs, took, extra);
    return startMs + took;
}

function failureAt(age) {
    if (age > 5 && age < 6.5 && random() < 0.34) return "throttle";
    if (age > 14 && age < 15 && random() < 0.2) return "tool";
    const dice = random();
    if (dice < 0.006) return "timeout";
    if (dice < 0.012) return "content_filter";
    return dice < 0.018 ? "server" : null;
}

function chat(trace, failure) {
    const model = pick(MODELS.slice(0, 4));
    const root = span(trace, -1, "POST /chat", "chain", 0, 0);
    span(trace, root, "load history", "span", 4, between(6, 30));
    const end = llm(trace, root, 40, model, failure === "tool" ? null : failure, "chat");
    return [root, end + between(2, 20), failure && failure !== "tool"];
}

function agent(trace, failure) {
    const model = pick(MODELS.slice(0, 3));
    const root = span(trace, -1, "support-agent", "agent", 0, 0, { agent: "support-agent" });
    let now = 12;
    const turns = 2 + Math.floor(random() * 4);
    for (let turn = 0; turn < turns; turn += 1) {
        const step = span(trace, root, `turn ${turn + 1}`, "chain", now, 0);
        const last = turn === turns - 1;
        const began = now;
        now = llm(trace, step, now + 3, model, last && failure !== "tool" ? failure : null, last ? "answer" : "tool");
        if (!last) {
            const tool = pick(["get_order", "search_orders", "refund_status", "update_shipping"]);
            const bad = failure === "tool" && turn === turns - 2;
            const took = between(30, 700);
            span(trace, step, `execute_tool ${tool}`, "tool", now + 2, took, { op: "execute_tool", tool, ...(bad ? { status: 2, error_kind: "tool" } : {}) });
            now += took + 6;
        }
        trace.spans[step].duration = Math.round((now - began) * 1e6);
    }
    return [root, now + 5, failure && failure !== "tool"];
}

function rag(trace, failure) {
    const root = span(trace, -1, "answer-question", "chain", 0, 0);
    const guard = span(trace, root, "input guardrail", "guardrail", 2, between(20, 60));
    let now = trace.spans[guard].duration / 1e6 + 5;
    span(trace, root, "embed query", "embedding", now, between(30, 90), { model: "text-embedding-3-small", provider: "openai", input: 24, cost: 480, flags: 1, op: "embeddings" });
    now += 90;
    span(trace, root, "search handbook", "retriever", now, between(40, 260), { op: "retrieve" });
    now += 260;
    span(trace, root, "rerank", "reranker", now, between(60, 180));
    now = llm(trace, root, now + 190, pick(MODELS), failure === "tool" ? null : failure, "rag");
    span(trace, root, "judge groundedness", "evaluator", now + 2, between(200, 600));
    return [root, now + 620, failure && failure !== "tool"];
}

function finish(trace, root, endMs, failed) {
    trace.spans[root].duration = Math.round(endMs * 1e6);
    if (failed) trace.spans[root].status = 2;
    trace.failed = !!failed;
    return summarise(trace);
}

export function summarise(trace) {
    const spans = trace.spans;
    const sum = (key) => spans.reduce((total, each) => total + (each[key] > 0 ? each[key] : 0), 0);
    const calls = spans.filter((each) => each.kind === "llm");
    const bad = spans.filter((each) => each.status === 2);
    const end = spans.reduce((most, each) => Math.max(most, each.start + Math.max(0, each.duration)), 0);
    const start = BigInt(Math.round(trace.startMs)) * 1000000n;
    const root = spans.find((each) => each.parent < 0);
    const input = sum("input");
    const output = sum("output");
    trace.row = {
        trace_id: trace.id, name: root.name, root_span_id: root.id, start: String(start), end: String(start + BigInt(end)), duration: end,
        status: root.status === 2 ? "error" : "ok", state: trace.state ?? "closed", complete: trace.complete ?? true,
        spans: spans.length, errors: bad.length, error_kind: bad.at(-1)?.error_kind ?? null, llm_calls: calls.length, tool_calls: spans.filter((each) => each.kind === "tool").length,
        ttft: calls.find((each) => each.ttft > 0)?.ttft ?? null, input_tokens: input, output_tokens: output, cache_read_tokens: sum("cached"), cache_write_tokens: 0,
        reasoning_tokens: sum("reasoning"), total_tokens: input + output, cost: sum("cost"), unpriced: spans.filter((each) => each.flags & 32).length,
        model: calls[0]?.model ?? null, models: new Set(calls.map((each) => each.model)).size, provider: calls[0]?.provider ?? null,
        service: trace.service, environment: trace.environment, user: trace.user, session: trace.session, tenant: trace.tenant, release: trace.release,
        input: trace.question, output: trace.failed ? null : trace.answer,
    };
    return trace;
}

function blank(startMs, extra = {}) {
    return {
        id: hex(32), startMs, spans: [], service: pick(["shop-assistant", "handbook", "chat-web"]), environment: random() < 0.85 ? "prod" : "staging",
        user: `user-${1 + Math.floor(random() ** 2 * 60)}`, session: `s-${hex(6)}`, tenant: random() < 0.7 ? pick(["acme", "globex", "initech"]) : null,
        release: pick(["1.8.0", "1.8.1"]), question: pick(QUESTIONS), answer: pick(ANSWERS), ...extra,
    };
}

function bigTrace(now, count) {
    const trace = blank(now - 20 * 60e3, { service: "batch", question: "Classify 50,000 tickets" });
    const root = span(trace, -1, "nightly classification", "workflow", 0, count * 4 + 100);
    let batch = root;
    for (let at = 1; at < count; at += 1) {
        if (at % 25 === 1) batch = span(trace, root, `batch ${Math.floor(at / 25)}`, "chain", at * 4, 100);
        else if (at % 25 === 2 || at % 7 === 0) span(trace, batch, "chat gpt-4o-mini", "llm", at * 4, 60, { model: "gpt-4o-mini", provider: "openai", input: 400, output: 8, cost: 64_800, flags: 1, ttft: 2e7 });
        else span(trace, batch, at % 3 ? "execute_tool store_label" : "parse ticket", at % 3 ? "tool" : "span", at * 4, 20, at === 31_337 ? { status: 2, error_kind: "tool" } : {});
    }
    return summarise(trace);
}

function deepTrace(now, levels) {
    const trace = blank(now - 25 * 60e3, { service: "recursor", question: "How deep can it go?" });
    for (let level = 0; level < levels; level += 1) span(trace, level - 1, `delegate to agent ${level}`, level % 4 ? "chain" : "agent", level * 3, (levels - level) * 9);
    llm(trace, levels - 1, levels * 3 + 2, MODELS[0], null, "answer");
    return summarise(trace);
}

export const EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)> \u001b[31mred\u001b[0m user\u202Egnp.exe\u202C \u0000 javascript:alert(3) \u200b\ufeff [click](javascript:alert(4)) ${7*7} {{7*7}}";

function hostileTrace(now) {
    const trace = blank(now - 8 * 60e3, { service: EVIL, environment: EVIL, user: EVIL, session: EVIL, tenant: EVIL, release: EVIL, question: EVIL, answer: EVIL, hostile: true });
    const root = span(trace, -1, EVIL, "agent", 0, 4000, { agent: EVIL });
    span(trace, root, EVIL, "llm", 20, 3000, { model: EVIL, provider: EVIL, input: 10, output: 20, cost: 1, flags: 1, purpose: "hostile", price: MODELS[0], op: "chat" });
    span(trace, root, EVIL, "tool", 3100, 200, { tool: EVIL, status: 2, error_kind: "tool", purpose: "hostile" });
    trace.spans.push({ id: hex(16), parent: root, name: "half a millennium", kind: "span", start: 10e6, duration: 1.8e19, status: 0, flags: 4 });
    trace.spans.push({ id: hex(16), parent: root, name: "back in time", kind: "span", start: 10e6, duration: -5e9, status: 0, flags: 4 });
    summarise(trace);
    trace.row.duration = 4e9;
    return trace;
}

export function makeTraces(now, count) {
    const traces = [];
    for (let at = 0; at < count; at += 1) {
        const age = random() * 24;
        const busy = 0.55 + 0.45 * Math.cos(((age - 3) / 24) * 2 * Math.PI);
        if (random() > busy) continue;
        const trace = blank(now - age * 3600e3, age < 3 ? { slow: 1.8 } : {});
        const failure = failureAt(age);
        const kind = random();
        if (age < 0.01) trace.state = "running";
        const [root, end, failed] = kind < 0.4 ? chat(trace, failure) : kind < 0.72 ? agent(trace, failure) : rag(trace, failure);
        traces.push(finish(trace, root, end, failed));
    }
    traces.push(bigTrace(now, 50_000), deepTrace(now, 200), hostileTrace(now));
    const running = blank(now - 4e3, { state: "running", complete: false });
    const [root, end] = agent(running, null);
    finish(running, root, end, false);
    running.row.state = "running";
    running.row.complete = false;
    traces.push(running);
    return traces.sort((a, b) => b.startMs - a.startMs);
}

export { ERRORS, QUESTIONS, ANSWERS };
