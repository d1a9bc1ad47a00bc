// SPDX-License-Identifier: Apache-2.0
// Acknowledged means durable. Four clients send without pause while the server is killed with SIGKILL twenty times, at
// moments that SEED decides. Afterwards each acknowledged span must be there once with its bytes as sent; one that was
// never acknowledged at most once. Half of the unacknowledged are sent again, as exporters do.
import { strict as assert } from 'node:assert';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from './support/api.mjs';
import { runVerb, startServer } from './support/server.mjs';
import { GrpcClient, modelCall, ms, now, post, random, spanId, toProtobuf, traceId } from './support/otlp.mjs';

const seed = Number(process.env.SEED ?? Date.now() % 100000);
const rounds = Number(process.env.KILLS ?? 20);
const { next, below } = random(seed);
const from = String(now() - 3600n * 1000n * ms);

let server;
const spans = new Map(); // span id -> { span, acked, times }
const traces = new Map(); // trace id -> span ids
before(async () => { server = await startServer(); });
after(async () => { await server?.close(); });

const history = 'The quick brown fox – жирный хомяк – 素早い茶色の狐 – 🦊. '.repeat(60);

// A batch in a trace of its sender: small spans mostly, now and then a fat one, and a chat that repeats its history.
function newBatch(trace_id, turn) {
    const batch = [];
    for (let n = 1 + below(12); n > 0; n--) {
        const attributes = { 'app.unique': `${spanId()}${spanId()}`, 'app.number': BigInt(below(2 ** 31)) * 4294967296n + BigInt(below(2 ** 31)),
            'app.ratio': next(), 'app.bytes': Buffer.from(spanId(), 'hex'), 'app.odd': `quote " backslash \\ tab \t null-free € ${turn}` };
        if (below(10) === 0) attributes['app.fat'] = `${spanId()} ${history.repeat(1 + below(8))}`;
        if (below(3) === 0)
            attributes['gen_ai.input.messages'] = JSON.stringify(Array.from({ length: Math.min(turn, 12) + 1 }, (_, i) =>
                ({ role: i % 2 ? 'assistant' : 'user', parts: [{ type: 'text', content: `turn ${i}: ${history.slice(0, 400)}` }] })));
        // No two start at the same moment (ranks count in 4 ns): which of them is a trace's first would be anybody's guess.
        const span = modelCall({ trace_id, span_id: spanId(), start: now() + 16n * BigInt(spans.size), attributes });
        spans.set(span.span_id, { span, acked: false });
        traces.get(trace_id).push(span.span_id);
        batch.push(span);
    }
    return batch;
}

// Sends until the connection breaks; what was in flight then goes to `unsure`.
async function sender(kind, retry, stopped) {
    const trace_id = traceId(), unsure = [];
    traces.set(trace_id, []);
    const client = kind === 'grpc' ? new GrpcClient(server.grpc) : null;
    for (let turn = 0; !stopped(); turn++) {
        const batch = retry.pop() ?? newBatch(trace_id, turn);
        const body = toProtobuf('durable', batch);
        let acked = false;
        try {
            acked = client ? (await client.call(body, { deadline_ms: 3000 })).code === 0
                : (await post(server.url, body, { signal: AbortSignal.timeout(3000) })).status === 200;
        } catch { /* the connection broke: not acknowledged */ }
        if (acked) for (const span of batch) spans.get(span.span_id).acked = true;
        else { unsure.push(batch); break; }
    }
    client?.close();
    return unsure;
}

const kept = (list) => list.filter(([, one]) => one.acked);

test(`kill -9 ${rounds} times (SEED=${seed}): every acknowledged span is there once, bytes intact`, { timeout: 300000 }, async (t) => {
    let retry = [];
    for (let round = 0; round < rounds; round++) {
        if (round) await server.restart();
        let dead = false;
        const before = kept([...spans]).length;
        const senders = ['http', 'grpc', 'http', 'grpc'].map((kind) => sender(kind, retry, () => dead));
        await new Promise((done) => setTimeout(done, 20 + below(380)));
        await server.kill();
        dead = true;
        const unsure = (await Promise.all(senders)).flat();
        retry = unsure.filter(() => below(2) === 0);
        t.diagnostic(`round ${round + 1}: ${kept([...spans]).length - before} spans acknowledged, ${unsure.flat().length} in doubt`);
    }
    await server.restart();
    await server.api.settled(60000);
    const acked = kept([...spans]);
    t.diagnostic(`${acked.length} of ${spans.size} spans acknowledged`);
    assert.ok(acked.length > 10 * rounds, `only ${acked.length} were acknowledged`);
    await checkCounts();
    await checkBytes(acked);
});

async function checkCounts() {
    const present = new Map();
    for (const [trace_id, ids] of traces) {
        if (!ids.length) continue;
        let rows = [];
        try {
            rows = (await server.api.trace(trace_id)).spans;
        } catch (error) {
            if (error.status !== 404) throw error;
        }
        for (const row of rows) present.set(row.id, (present.get(row.id) ?? 0) + 1);
        const known = new Set(ids);
        assert.ok(rows.every((row) => known.has(row.id)), 'a span nobody sent');
    }
    for (const [id, { acked }] of spans) {
        const times = present.get(id) ?? 0;
        assert.ok(acked ? times === 1 : times <= 1, `span ${id}, ${acked ? 'acknowledged' : 'in doubt'}, is there ${times} times`);
    }
    const found = [...present.values()].length;
    const { traces: listed } = await server.api.traces({ from, limit: 500, f: 'service=durable' });
    assert.equal(listed.reduce((sum, trace) => sum + trace.spans, 0), found, 'spans of the list');
    assert.equal(listed.reduce((sum, trace) => sum + trace.cost, 0), found * 33000, 'money of the list');
    const { totals } = await server.api.overview({ from });
    assert.deepEqual([totals.spans, totals.llm_calls, totals.cost], [found, found, found * 33000], 'totals of the overview');
}

async function checkBytes(acked) {
    const list = acked.map(([, { span }]) => span);
    await Promise.all(Array.from({ length: 6 }, async () => {
        for (let span = list.pop(); span; span = list.pop()) {
            const got = await server.api.span(span.trace_id, span.span_id);
            assert.equal(got.start, String(span.start));
            assert.equal(got.end, String(span.end));
            const attributes = Object.fromEntries(got.attributes.map((one) => [one.key, one]));
            assert.deepEqual(Object.keys(attributes).sort(), Object.keys(span.attributes).sort());
            for (const [key, sent] of Object.entries(span.attributes)) {
                const back = await server.api.whole(attributes[key].value);
                const { type } = attributes[key];
                // Bytes come as JSON would write them: base64 in quotes.
                const expected = Buffer.isBuffer(sent) ? JSON.stringify(sent.toString('base64')) : type === 'double' ? sent : String(sent);
                assert.equal(type === 'double' ? Number(back) : String(back), expected, `${key} of ${span.span_id}`);
            }
        }
    }));
}

// What the API says of the past, without what depends on the present moment.
async function answers() {
    const to = String(BigInt(from) + 7200n * 1000n * ms);
    const { traces: listed } = await server.api.traces({ from, to, limit: 500, sort: 'cost' });
    const shapes = [];
    for (const { trace_id } of listed) shapes.push(await server.api.get(`/api/v1/traces/${trace_id}`));
    const still = (trace) => ({ ...trace, state: undefined });
    const byId = (a, b) => (a.trace_id < b.trace_id ? -1 : 1);
    return { list: listed.map(still).sort(byId), shapes: shapes.map((one) => ({ ...one, trace: still(one.trace) })).sort((a, b) => byId(a.trace, b.trace)),
        overview: await server.api.overview({ from, to }), facets: await server.api.facets({ from, to }),
        series: await server.api.series({ from, to, metric: 'cost', by: 'model', step: 60 }) };
}

test('fsck finds the journal clean, and reindex of a deleted index gives the same answers', { timeout: 300000 }, async () => {
    const first = await answers();
    await server.stop();
    const fsck = await runVerb(['fsck', '--data', server.data]);
    assert.equal(fsck.code, 0, fsck.stdout + fsck.stderr);
    assert.ok((await readdir(server.data)).includes('index'), 'the index is DIR/index');
    await rm(join(server.data, 'index'), { recursive: true });
    const reindex = await runVerb(['reindex', '--data', server.data]);
    assert.equal(reindex.code, 0, reindex.stderr);
    await server.restart();
    await server.api.settled();
    assert.deepEqual(await answers(), first);
});

test('a server that finds no index makes it by itself', { timeout: 300000 }, async () => {
    const first = await answers();
    await server.stop();
    await rm(join(server.data, 'index'), { recursive: true });
    await server.restart();
    await server.api.settled(60000);
    await eventually(async () => assert.deepEqual(await answers(), first));
});

test('reindex refuses while a server runs, and says so', async () => {
    const { code, stderr } = await runVerb(['reindex', '--data', server.data]);
    assert.notEqual(code, 0);
    assert.notEqual(stderr.trim(), '');
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
});
