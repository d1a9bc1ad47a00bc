// SPDX-License-Identifier: Apache-2.0
// Spans for the screens' tests, sent through the real OTLP door as JSON. Ids and numbers are fixed by
// the caller, so a test can say what must stand on the screen.
import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';

const ns = (ms) => String(BigInt(Math.round(ms * 1000)) * 1000n);
const hex = (bytes) => randomBytes(bytes).toString('hex');

const value = (each) =>
    typeof each === 'number' ? (Number.isInteger(each) ? { intValue: String(each) } : { doubleValue: each })
        : typeof each === 'boolean' ? { boolValue: each } : { stringValue: each };
export const attributes = (object) => Object.entries(object).map(([key, each]) => ({ key, value: value(each) }));

export class Trace {
    constructor(service, startMs = Date.now() - 60e3, resource = {}) {
        this.id = hex(16);
        this.startMs = startMs;
        this.resource = { 'service.name': service, 'deployment.environment.name': 'prod', ...resource };
        this.spans = [];
    }

    // Adds a span that starts `at` ms after the trace and takes `took` ms; gives its id.
    span(parent, name, at, took, attribute = {}, { failed, events = [] } = {}) {
        const id = hex(8);
        this.spans.push({
            traceId: this.id, spanId: id, ...(parent && { parentSpanId: parent }), name, kind: 1,
            startTimeUnixNano: ns(this.startMs + at), endTimeUnixNano: ns(this.startMs + at + took),
            attributes: attributes(attribute),
            status: failed ? { code: 2, message: failed } : { code: 1 },
            events: events.map((event) => ({ timeUnixNano: ns(this.startMs + at + took), name: event.name, attributes: attributes(event.attributes) })),
        });
        return id;
    }

    chat(parent, at, took, { model = 'gpt-4o', provider = 'openai', input, output, messages, answer, failed, type, more = {} }) {
        const say = (role, content) => ({ role, parts: [{ type: 'text', content }] });
        return this.span(parent, `chat ${model}`, at, took, {
            'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': provider, 'gen_ai.request.model': model, 'gen_ai.response.model': model,
            ...(input !== undefined && { 'gen_ai.usage.input_tokens': input }),
            ...(output !== undefined && { 'gen_ai.usage.output_tokens': output }),
            'gen_ai.request.temperature': 0.2,
            'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: 'Answer from the results of tools only.' }]),
            ...(messages && { 'gen_ai.input.messages': JSON.stringify(messages.map(([role, content]) => say(role, content))) }),
            ...(answer && { 'gen_ai.output.messages': JSON.stringify([{ ...say('assistant', answer), finish_reason: 'stop' }]) }),
            ...(type && { 'error.type': type }), ...more,
        }, { failed, events: failed ? [{ name: 'exception', attributes: { 'exception.type': type, 'exception.message': failed, 'exception.stacktrace': `Traceback (most recent call last):\n  File "agent.py", line 88\n${type}: ${failed}` } }] : [] });
    }
}

// Sends traces in requests of at most 4,000 spans; a refusal fails the test.
export async function send(url, ...traces) {
    for (const trace of traces) {
        for (let at = 0; at < trace.spans.length; at += 4000) {
            const body = { resourceSpans: [{ resource: { attributes: attributes(trace.resource) }, scopeSpans: [{ scope: { name: 'screens-test' }, spans: trace.spans.slice(at, at + 4000) }] }] };
            const reply = await fetch(new URL('/v1/traces', url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
            assert.equal(reply.status, 200, await reply.text());
        }
    }
}

export const QUESTION = 'Can you check whether order 4411 can still be changed?';
export const CAUSE = '429 Too Many Requests: Limit 30000, Used 29411, Requested 1822.';

export function fine(at = 0) {
    const trace = new Trace('shop-assistant', Date.now() - 120e3 - at, { });
    const root = trace.span(null, 'POST /chat', 0, 1500, { 'user.id': `user-${at % 7}`, 'session.id': `s-${at % 3}` });
    trace.chat(root, 20, 1400, { input: 1000, output: 200, messages: [['user', 'Where is my parcel?']], answer: 'It arrives on Thursday.' });
    return trace;
}

// An agent that used a tool and then ran into a rate limit: the story of the newcomer's path.
export function failing() {
    const trace = new Trace('shop-assistant', Date.now() - 90e3);
    const root = trace.span(null, 'support-agent', 0, 3000, { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'support-agent', 'user.id': 'user-9' }, { failed: 'the model refused' });
    trace.chat(root, 10, 900, { input: 400, output: 40, messages: [['user', QUESTION]], answer: 'I will look it up.' });
    trace.span(root, 'execute_tool get_order', 950, 300, { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'get_order', 'gen_ai.tool.call.arguments': '{"order_id":"4411"}', 'gen_ai.tool.call.result': '{"status":"packed"}' });
    trace.cause = trace.chat(root, 1300, 200, {
        messages: [['user', 'Hello'], ['assistant', 'Hello, how can I help?'], ['user', 'What are your hours?'], ['assistant', 'Nine to five.'], ['user', QUESTION]],
        failed: CAUSE, type: 'RateLimitError', more: { 'http.response.status_code': 429 },
    });
    return trace;
}

export const EVIL = '<script>alert(1)</script><img src=x onerror=alert(2)> \u001b[31mred user\u202Egnp.exe javascript:alert(3) [a](javascript:alert(4))';

export function hostile(megabytes = 10) {
    const trace = new Trace(EVIL, Date.now() - 60e3, { [EVIL]: EVIL, 'deployment.environment.name': EVIL });
    const root = trace.span(null, EVIL, 0, 900, { 'user.id': EVIL, 'session.id': EVIL, [EVIL]: EVIL });
    trace.talk = trace.chat(root, 10, 500, { model: EVIL, provider: EVIL, input: 5, output: 5, messages: [['user', EVIL], [EVIL, 'A'.repeat(megabytes << 20)]], answer: EVIL });
    trace.tool = trace.span(root, EVIL, 520, 100, { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': EVIL, 'gen_ai.tool.call.arguments': EVIL }, { failed: EVIL, events: [{ name: EVIL, attributes: { [EVIL]: EVIL } }] });
    return trace;
}

// One workflow of `count` spans, 25 a batch; every 5,000th fails.
export function wide(count) {
    const trace = new Trace('batch', Date.now() - 300e3);
    const root = trace.span(null, 'nightly classification', 0, count * 4);
    let batch = root;
    for (let at = 1; at < count; at += 1) {
        if (at % 25 === 1) batch = trace.span(root, `batch ${Math.floor(at / 25)}`, at * 4, 100);
        else trace.span(batch, at % 3 ? 'store label' : 'parse ticket', at * 4, 20, { n: at }, at % 5000 === 0 ? { failed: 'no disk' } : {});
    }
    return trace;
}

export function deep(levels) {
    const trace = new Trace('recursor', Date.now() - 200e3);
    let parent = null;
    for (let level = 0; level < levels; level += 1) parent = trace.span(parent, `delegate ${level}`, level, (levels - level) * 3);
    return trace;
}
