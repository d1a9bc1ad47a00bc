// SPDX-License-Identifier: Apache-2.0
// Traces as a bad network and bad clocks make them. The totals must be those of the spans, counted once, whatever the order.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { eventually } from './support/api.mjs';
import { serverAndModel } from './support/fixture.mjs';
import { GrpcClient, modelCall, ms, now, post, random, send, spanId, toProtobuf, traceId } from './support/otlp.mjs';

const flow = serverAndModel();
const seed = Number(process.env.SEED ?? 7);
let services = 0;
const newService = () => `disorder-${++services}`;

// A root with `calls` model calls under it, each with a tool call under it.
function agentTrace(calls) {
    const trace_id = traceId(), start = now() - 60000n * ms;
    const root = { trace_id, span_id: spanId(), name: 'invoke_agent a', start, end: start + 50000n * ms,
        attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'a', 'session.id': 's-1' } };
    const spans = [root];
    for (let i = 0; i < calls; i++) {
        const call = modelCall({ trace_id, parent_span_id: root.span_id, start: start + BigInt(i * 1000 + 1) * ms });
        const tool = { trace_id, span_id: spanId(), parent_span_id: call.span_id, name: 'execute_tool t', start: call.start + 100n * ms,
            end: call.start + 200n * ms, status: i % 4 === 3 ? 2 : 0, attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 't' } };
        spans.push(call, tool);
    }
    return { trace_id, root, spans };
}

// 12 calls: tokens, money, failed tools.
function checkTotals(trace, calls) {
    assert.equal(trace.spans.length, 2 * calls + 1);
    const totals = { input_tokens: 120 * calls, output_tokens: 30 * calls, cache_read_tokens: 40 * calls, cost: 33000 * calls,
        llm_calls: calls, tool_calls: calls, errors: Math.floor(calls / 4) };
    for (const [name, value] of Object.entries(totals)) assert.equal(trace[name], value, name);
}

test('shuffled over many requests and both protocols, each span sent twice', async () => {
    const { trace_id, root, spans } = agentTrace(12);
    const service = newService(), { shuffle } = random(seed), client = new GrpcClient(flow.server.grpc);
    const order = shuffle([...spans, ...spans]);
    for (let i = 0; i < order.length; i += 3) {
        const part = order.slice(i, i + 3);
        if (i % 2) await send(flow.server.url, service, part, { json: i % 3 === 0 });
        else assert.equal((await client.call(toProtobuf(service, part))).code, 0);
    }
    client.close();
    await flow.api.settled();
    const trace = await flow.api.trace(trace_id);
    checkTotals(trace, 12);
    assert.deepEqual(trace.roots.map((row) => row.id), [root.span_id]);
    assert.equal(trace.roots[0].children.length, 12);
    assert.ok(trace.roots[0].children.every((row) => row.children.length === 1));
    const { traces } = await flow.api.traces({ f: `service=${service}` });
    assert.deepEqual([traces.length, traces[0].spans, traces[0].cost], [1, 25, 12 * 33000]);
});

test('the root comes last: totals are right at every moment and the trace says that it is incomplete', async () => {
    const { trace_id, root, spans } = agentTrace(4);
    const service = newService();
    for (const [i, span] of spans.slice(1).entries()) {
        await send(flow.server.url, service, [span]);
        await flow.api.settled();
        const trace = await flow.api.trace(trace_id);
        assert.equal(trace.spans.length, i + 1);
        assert.equal(trace.cost, 33000 * Math.floor(i / 2 + 1));
        assert.equal(trace.complete, false);
        assert.equal(trace.root_span_id, null);
        assert.ok(trace.spans.every((row) => row.parent >= 0 || row.missing_parent === 1));
    }
    await send(flow.server.url, service, [root]);
    await flow.api.settled();
    const trace = await flow.api.trace(trace_id);
    checkTotals(trace, 4);
    assert.equal(trace.complete, true);
    assert.equal(trace.root_span_id, root.span_id);
    assert.equal(trace.name, 'invoke_agent a');
    assert.equal(trace.session, 's-1');
    assert.equal(trace.roots.length, 1);
});

test('a trace whose root never comes is listed, shown and totalled', async () => {
    const { trace_id, spans } = agentTrace(4);
    const service = newService();
    await send(flow.server.url, service, spans.slice(1));
    const trace = await flow.api.traceOf(service, 8);
    assert.equal(trace.trace_id, trace_id);
    assert.equal(trace.roots.length, 4);
    assert.deepEqual([trace.cost, trace.complete], [4 * 33000, false]);
});

test('a trace with two roots is known by the first, whichever came last', async () => {
    const trace_id = traceId(), service = newService(), start = now() - 5000n * ms;
    const root = (name, at) => modelCall({ trace_id, name, start: start + at * ms,
        attributes: { 'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: `asked by ${name}` }] }]) } });
    const [first, second, third] = [root('b', 0n), root('c', 10n), root('a', 20n)];
    for (const one of [second, first, third]) {
        await send(flow.server.url, service, [one]);
        await flow.api.settled();
    }
    const { traces } = await flow.api.traces({ f: `service=${service}` });
    assert.deepEqual(traces.map((trace) => [trace.root_span_id, trace.name, trace.input, trace.spans]), [[first.span_id, 'b', 'asked by b', 3]]);
});

test('a span sent again with more in it replaces the first', async () => {
    const trace_id = traceId(), service = newService();
    const first = modelCall({ trace_id, attributes: { 'gen_ai.usage.output_tokens': 10 } });
    await send(flow.server.url, service, [first]);
    await flow.api.settled();
    assert.equal((await flow.api.trace(trace_id)).output_tokens, 10);
    await send(flow.server.url, service, [{ ...first, end: first.end + 5n * ms,
        attributes: { ...first.attributes, 'gen_ai.usage.output_tokens': 30, 'user.id': 'u-2' } }]);
    await flow.api.settled();
    const trace = await flow.api.trace(trace_id);
    assert.deepEqual([trace.spans.length, trace.output_tokens, trace.cost, trace.user], [1, 30, 33000, 'u-2']);
    assert.equal((await flow.api.overview()).models.find((model) => model.model.startsWith('gpt-4o-mini')).calls,
        (await flow.api.overview()).totals.llm_calls);
});

test('negative and absurd durations are marked and poison no percentile', async () => {
    const service = newService(), start = now() - 1000n * ms;
    const trace_id = traceId();
    const root = { trace_id, span_id: spanId(), name: 'root', start, end: start + 100n * ms };
    const backwards = modelCall({ trace_id, parent_span_id: root.span_id, start: start + 50n * ms, end: start });
    const endless = modelCall({ trace_id, parent_span_id: root.span_id, start: start + 10n * ms, end: (1n << 64n) - 1n });
    const ancient = modelCall({ trace_id, parent_span_id: root.span_id, start: 0n, end: start });
    await send(flow.server.url, service, [root, backwards, endless, ancient]);
    const trace = await flow.api.traceOf(service, 4);
    for (const row of trace.spans) {
        const odd = row.id !== root.span_id;
        assert.equal(row.flags & 4, odd ? 4 : 0, `flags of ${row.id}`);
        assert.ok(row.duration >= 0, `duration ${row.duration}`);
    }
    assert.equal(trace.cost, 3 * 33000);
    assert.equal((await flow.api.span(trace_id, backwards.span_id)).span_id, backwards.span_id);
    const { totals } = await flow.api.overview();
    assert.ok(totals.llm_latency.p99 < 86400e9, `p99 ${totals.llm_latency.p99}`);
    const { traces } = await flow.api.traces({ f: `service=${service}` });
    assert.equal(traces.length, 1);
});

test('weeks old when they come: in the sums of their own day, and not in those of today', async () => {
    const day = 86400000n * ms, service = newService(), filter = encodeURIComponent(`service=${service}`);
    for (const age of [3n, 10n, 30n]) {
        const start = now() - age * day;
        await send(flow.server.url, service, [modelCall({ trace_id: traceId(), start, end: start + 200n * ms })]);
    }
    await flow.api.settled();
    const sums = async (from, to) => {
        const range = `from=${now() - from * day}&to=${now() - to * day}&f=${filter}`;
        const overview = await flow.api.get(`/api/v1/overview?${range}`);
        const series = await flow.api.get(`/api/v1/series?metric=cost&${range}`);
        assert.equal(overview.latency.p50.filter((one) => one).length, overview.totals.requests);
        assert.equal(series.series.flatMap((line) => line.values).reduce((sum, one) => sum + one, 0), overview.totals.cost);
        return [overview.totals.llm_calls, overview.totals.cost, overview.previous.llm_calls];
    };
    assert.deepEqual(await sums(4n, 2n), [1, 33000, 0]);
    assert.deepEqual(await sums(11n, 9n), [1, 33000, 0]);
    assert.deepEqual(await sums(31n, 29n), [1, 33000, 0]);
    assert.deepEqual(await sums(6n, 0n), [1, 33000, 1], 'the range before reaches further back than minutes are kept');
    assert.deepEqual(await sums(1n, 0n), [0, 0, 0]);
});

test('50,000 spans in one trace: totals, and a skeleton that answers', { timeout: 300000 }, async (t) => {
    const trace_id = traceId(), service = newService(), start = now() - 600000n * ms;
    const root = { trace_id, span_id: spanId(), name: 'root', start, end: start + 500000n * ms };
    const parents = [];
    for (let sent = 0; sent < 50000; sent += 5000) {
        const spans = [];
        for (let i = sent; i < sent + 5000; i++) {
            if (i === 0) { spans.push(root); continue; }
            const at = start + BigInt(i) * 10n * ms;
            const parent = i <= 100 ? root.span_id : parents[i % 100];
            const span = i % 10 === 0 ? modelCall({ trace_id, parent_span_id: parent, start: at, end: at + 5n * ms })
                : { trace_id, span_id: spanId(), parent_span_id: parent, name: `step ${i % 7}`, start: at, end: at + 5n * ms };
            if (i <= 100) parents.push(span.span_id);
            spans.push(span);
        }
        await send(flow.server.url, service, spans);
    }
    await flow.api.settled(60000);
    const began = performance.now();
    const trace = await flow.api.trace(trace_id);
    const took = performance.now() - began;
    assert.equal(trace.spans.length, 50000);
    assert.deepEqual([trace.llm_calls, trace.cost, trace.input_tokens], [4999, 4999 * 33000, 4999 * 120]);
    assert.equal(trace.roots.length, 1);
    assert.equal(trace.roots[0].children.length, 100);
    t.diagnostic(`the skeleton took ${took.toFixed(0)} ms`);
    assert.ok(took < 20000, `the skeleton took ${took.toFixed(0)} ms`);
    const listed = (await flow.api.traces({ f: `service=${service}` })).traces[0];
    assert.deepEqual([listed.spans, listed.cost], [50000, 4999 * 33000]);
});

test('one attribute of 20 MB comes back byte for byte, in pages', { timeout: 300000 }, async () => {
    const trace_id = traceId(), service = newService();
    const line = (i) => `line ${i} – with a few wide characters: 漢字 🚀\n`;
    let text = '';
    for (let i = 0; text.length < 20 * (1 << 20); i++) text += line(i);
    const bytes = Buffer.from(text);
    assert.ok(bytes.length > 20 * (1 << 20), `${bytes.length} bytes`);
    const call = modelCall({ trace_id, attributes: { 'app.report': text } });
    await send(flow.server.url, service, [call, modelCall({ trace_id })]);
    const trace = await flow.api.traceOf(service, 2, 30000);
    assert.equal(trace.cost, 66000);
    const shape = await flow.api.fetch(`/api/v1/traces/${trace_id}`);
    assert.ok((await shape.arrayBuffer()).byteLength < 65536, 'the shape carries no payload');
    const span = await flow.api.span(trace_id, call.span_id);
    const { value } = span.attributes.find((one) => one.key === 'app.report');
    assert.equal(value.bytes, bytes.length);
    assert.ok(text.startsWith(value.head) && Buffer.byteLength(value.head) <= 16384 && Buffer.byteLength(value.head) > 16300);
    const hash = (data) => createHash('sha256').update(data).digest('hex');
    assert.equal(hash(await flow.api.whole(value)), hash(bytes));
    const page = await flow.api.content(value.href, { offset: 1000003, length: 500 });
    assert.ok(page.bytes.length >= 490 && page.bytes.length <= 500);
    assert.deepEqual(bytes.subarray(page.from, page.to + 1), page.bytes);
    assert.equal(page.total, bytes.length);
});

test('200 levels of nesting, deepest first', async () => {
    const trace_id = traceId(), service = newService(), start = now() - 10000n * ms;
    const ids = Array.from({ length: 200 }, spanId);
    const spans = ids.map((span_id, i) => (i % 50 === 49 ? modelCall : (one) => one)({ trace_id, span_id, parent_span_id: ids[i - 1],
        name: `level ${i}`, start: start + BigInt(i) * ms, end: start + BigInt(9000 - i) * ms }));
    for (let i = spans.length; i > 0; i -= 20) await send(flow.server.url, service, spans.slice(i - 20, i).reverse());
    const trace = await flow.api.traceOf(service, 200);
    let row = trace.roots[0], depth = 1;
    for (; row.children.length; row = row.children[0], depth++) assert.equal(row.children.length, 1);
    assert.deepEqual([trace.roots.length, depth, trace.cost, trace.complete], [1, 200, 4 * 33000, true]);
});

test('parents that make a ring end neither the server nor the answer', async () => {
    const trace_id = traceId(), service = newService(), [a, b] = [spanId(), spanId()];
    const at = now();
    await send(flow.server.url, service, [{ trace_id, span_id: a, parent_span_id: b, start: at, end: at },
        { trace_id, span_id: b, parent_span_id: a, start: at, end: at }, { trace_id, span_id: spanId(), start: at, end: at }]);
    const reply = await eventually(async () => {
        const one = await flow.api.get(`/api/v1/traces/${trace_id}`);
        assert.equal(one.spans.count, 3);
        return one;
    });
    for (let start = 0; start < 3; start++) {
        let at_index = start, steps = 0;
        while (at_index >= 0 && steps <= 3) [at_index, steps] = [reply.spans.parent[at_index], steps + 1];
        assert.ok(steps <= 3, 'walking up from any span ends');
    }
});

test('clients may give a body in chunks, and an empty request is fine', async () => {
    const empty = await post(flow.server.url, Buffer.alloc(0));
    assert.equal(empty.status, 200);
    const service = newService(), body = toProtobuf(service, [modelCall({ trace_id: traceId() })]);
    async function* pieces() {
        for (let i = 0; i < body.length; i += 37) yield body.subarray(i, i + 37);
    }
    const reply = await fetch(`${flow.server.url}/v1/traces`, { method: 'POST', body: pieces(), duplex: 'half', headers: { 'content-type': 'application/x-protobuf' } });
    assert.equal(reply.status, 200);
    assert.equal((await flow.api.traceOf(service, 1)).cost, 33000);
});
