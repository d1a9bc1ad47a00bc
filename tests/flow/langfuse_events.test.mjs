// SPDX-License-Identifier: Apache-2.0
// POST /api/public/ingestion by hand: what Langfuse's older SDKs send, in any order and number of requests, sent again,
// through kill -9 and reindex; keys; what is refused and how that is said.
import { strict as assert } from 'node:assert';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from './support/api.mjs';
import { modelCall, random, send, spanId, traceId } from './support/otlp.mjs';
import { runVerb, startServer } from './support/server.mjs';

const keys = { LANGFUSE_INIT_PROJECT_PUBLIC_KEY: 'pk-lf-flow', LANGFUSE_INIT_PROJECT_SECRET_KEY: 'sk-lf-flow-secret' };
const basic = `Basic ${Buffer.from('pk-lf-flow:sk-lf-flow-secret').toString('base64')}`;
let server;
before(async () => { server = await startServer({ env: keys }); });
after(async () => { await server?.close(); });

const uuid = () => crypto.randomUUID();
const begin = Date.now() - 60000;
const at = (ms) => new Date(begin + ms).toISOString();
const event = (type, ms, body, id = uuid()) => ({ id, type, timestamp: at(ms), body });

async function ingest(batch, { authorization = basic, headers = {} } = {}) {
    const reply = await fetch(`${server.url}/api/public/ingestion`, {
        method: 'POST', headers: { 'content-type': 'application/json', authorization, ...headers }, body: JSON.stringify({ batch, metadata: {} }),
    });
    return { status: reply.status, headers: reply.headers, ...(await reply.json()) };
}
async function ingestAll(batch) {
    const reply = await ingest(batch);
    assert.equal(reply.status, 207);
    assert.deepEqual(reply.errors, []);
    assert.deepEqual(reply.successes, batch.map(({ id }) => ({ id, status: 201 })));
}
const hex = (id) => id.replaceAll('-', '');
// A trace once it has this many spans and `check` holds.
const traceWith = (id, spans, check = () => {}) => eventually(async () => {
    const trace = await server.api.trace(hex(id));
    assert.equal(trace.spans.length, spans);
    await check(trace);
    return trace;
});

async function caughtUp() {
    assert.equal((await server.api.get('/api/v1/status')).index.caught_up, true);
}

// One request of an agent, as thirteen events. `ids` so that it can be sent in any order, many times.
function story(trace) {
    const root = uuid(), call = uuid(), tool = uuid(), note = uuid();
    return { root, call, tool, note, events: [
        event('trace-create', 0, { id: trace, name: 'ask', userId: 'u-1', sessionId: 's-1', input: { q: 'weather?' }, tags: ['b', 'a'], metadata: { who: 'x', deep: { one: 1 } }, timestamp: at(0), release: 'r1', version: 'v1', environment: 'LANGFUSE-Prod' }),
        event('span-create', 1, { id: root, traceId: trace, name: 'agent', startTime: at(1), input: 'weather?', metadata: { step: 1 } }),
        event('generation-create', 2, { id: call, traceId: trace, parentObservationId: root, name: 'llm', startTime: at(2), model: 'gpt-4o-mini', modelParameters: { temperature: 0.5 }, input: [{ role: 'user', content: 'weather in Paris?' }] }),
        event('generation-update', 900, { id: call, traceId: trace, completionStartTime: at(352), output: { role: 'assistant', content: 'sunny' } }),
        event('generation-update', 1000, { id: call, traceId: trace, endTime: at(1002), usage: { promptTokens: 120, completionTokens: 30, totalTokens: 150 } }),
        event('generation-update', 1001, { id: call, traceId: trace, usageDetails: { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150, prompt_tokens_details: { cached_tokens: 40 } } }),
        event('span-create', 1100, { id: tool, traceId: trace, parentObservationId: root, name: 'tool', startTime: at(1100), input: { city: 'Paris' } }),
        event('span-update', 1200, { id: tool, traceId: trace, endTime: at(1200), level: 'ERROR', statusMessage: 'tool failed', output: null }),
        event('event-create', 1300, { id: note, traceId: trace, parentObservationId: root, name: 'cache miss', startTime: at(1300) }),
        event('span-update', 1400, { id: root, traceId: trace, endTime: at(1400), output: 'sunny', metadata: { step: 2, more: true } }),
        event('trace-create', 1401, { id: trace, output: 'It is sunny', tags: ['c', 'a'], metadata: { deep: { two: 2 } } }),
        event('score-create', 1402, { id: `score-${trace}`, traceId: trace, observationId: call, name: 'accuracy', value: 0.9, comment: 'good' }),
        event('sdk-log', 1403, { log: 'x' }),
    ] };
}

async function checkStory(trace, { root, call, tool, note }) {
    const shown = await traceWith(trace, 5, async (found) => {
        const [one] = (await server.api.traces({ f: `trace_id=${hex(trace)}`, from: '-1h' })).traces;
        assert.deepEqual([one.name, one.user, one.session, one.release, one.environment, one.output, one.input],
            ['ask', 'u-1', 's-1', 'r1', 'prod', 'It is sunny', '{"q":"weather?"}']);
        assert.deepEqual([one.input_tokens, one.output_tokens, one.total_tokens, one.cache_read_tokens, one.llm_calls, one.cost], [120, 30, 150, 40, 1, 33000]);
        assert.deepEqual(found.roots.map((span) => span.name), ['ask']);
        assert.equal(found.spans.find((span) => span.name === 'agent').duration, 1399e6);
        assert.equal(found.spans.find((span) => span.name === 'tool').status, 'error');
    });
    await eventually(async () => assert.equal((await server.api.get('/api/v1/scores', { trace_id: trace })).scores.length, 1));
    const by = Object.fromEntries(shown.spans.map((span) => [span.name, span]));
    assert.deepEqual(shown.roots.map((span) => span.name), ['ask']);
    assert.deepEqual(by.ask.children.map((span) => span.name), ['agent']);
    assert.deepEqual(by.agent.children.map((span) => span.name), ['llm', 'tool', 'cache miss']);
    assert.deepEqual([by.llm.kind, by.llm.ttft, by.llm.duration, by['cache miss'].kind], ['llm', 350e6, 1000e6, 'event']);
    const of = async (name) => {
        const span = await server.api.span(hex(trace), by[name].id ?? by[name].span_id);
        return { ...span, said: Object.fromEntries(span.attributes.map(({ key, value }) => [key, value])) };
    };
    const llm = await of('llm');
    assert.equal(llm.said['vitrine.foreign.span_id'], call);
    assert.deepEqual(llm.messages.output[0].parts[0].text, 'sunny');
    assert.deepEqual(llm.parameters, [{ name: 'temperature', value: 0.5 }]);
    assert.deepEqual([llm.usage.input, llm.usage.cache_read, llm.cost.total], [120, 40, 33000]);
    assert.deepEqual(llm.scores.map((score) => [score.id, score.value]), [[`score-${trace}`, 0.9]]);
    assert.deepEqual(JSON.parse((await of('agent')).said['langfuse.observation.metadata']), { step: 2, more: true });
    const whole = await of('ask');
    assert.deepEqual(JSON.parse(whole.said['langfuse.trace.metadata']), { who: 'x', deep: { one: 1, two: 2 } });
    assert.deepEqual(whole.tags, ['a', 'b', 'c']);
    assert.equal((await of('tool')).error.message, 'tool failed');
    assert.ok(root && tool && note);
}

test('all at once, one by one, and backwards: the same trace', async () => {
    for (const way of ['once', 'one', 'backwards']) {
        const trace = uuid(), told = story(trace);
        const events = way === 'backwards' ? told.events.toReversed() : told.events;
        if (way === 'once') await ingestAll(events);
        else for (const one of events) await ingestAll([one]);
        await checkStory(trace, told);
    }
});

test('any order and any cut, sent again and again (seeded): the same trace', async () => {
    const { below } = random(Number(process.env.SEED ?? 7));
    for (let round = 0; round < 4; round++) {
        const trace = uuid(), told = story(trace);
        const events = [...told.events, ...told.events.filter(() => below(2))];
        for (let i = events.length - 1; i > 0; i--) {
            const other = below(i + 1);
            [events[i], events[other]] = [events[other], events[i]];
        }
        while (events.length) {
            await ingestAll(events.splice(0, 1 + below(4)));
            if (below(3) === 0) await eventually(() => caughtUp());
        }
        await checkStory(trace, told);
    }
});

test('what comes a long time later, after restarts, is merged with what was', async () => {
    const trace = uuid(), told = story(trace);
    for (let i = 0; i < told.events.length; i += 4) {
        await ingestAll(told.events.slice(i, i + 4));
        if (i % 8 === 0) await server.kill();
        else await server.stop();
        await server.restart();
    }
    await checkStory(trace, told);
});

test('each kind of observation is one', async () => {
    const trace = uuid();
    const kinds = { span: 'span', generation: 'llm', event: 'event', agent: 'agent', tool: 'tool', chain: 'chain', retriever: 'retriever', evaluator: 'evaluator', embedding: 'embedding', guardrail: 'guardrail' };
    await ingestAll([event('trace-create', 0, { id: trace, name: 'kinds' }),
        ...Object.keys(kinds).map((kind, n) => event(`${kind}-create`, n + 1, { id: uuid(), traceId: trace, name: kind, startTime: at(n + 1), endTime: at(n + 2) })),
        event('observation-create', 50, { id: uuid(), type: 'GENERATION', traceId: trace, name: 'old', startTime: at(50), endTime: at(60) })]);
    const shown = await traceWith(trace, 12);
    for (const [name, kind] of [...Object.entries(kinds), ['old', 'llm']])
        assert.equal(shown.spans.find((span) => span.name === name).kind, kind, name);
});

test('usage and costs in every shape', async () => {
    const trace = uuid();
    const shapes = [
        [{ usage: { input: 10, output: 5 } }, [10, 5, 15]],
        [{ usage: { input: 10, output: 5, total: 20, unit: 'TOKENS' } }, [10, 5, 20]],
        [{ usage: { promptTokens: 7, completionTokens: 3 } }, [7, 3, 10]],
        [{ usageDetails: { input: 4, output: '6', broken: 'x' } }, [4, 6, 10]],
        [{ usageDetails: { input_tokens: 50, output_tokens: 20, total_tokens: 70, output_tokens_details: { reasoning_tokens: 8 } } }, [50, 20, 70]],
        [{ usage: { input: 1, output: 1 }, usageDetails: { input: 30, output: 3 } }, [30, 3, 33]],
        [{ usage: { input: 1000, output: 1000, unit: 'CHARACTERS' } }, [null, null, null]],
    ];
    const costs = [{ usage: { input: 10, output: 5, inputCost: 0.25, outputCost: 0.5 } }, { costDetails: { total: 0.75, input: 0.1 } }, { costDetails: { input: 0.5, output: 0.25 } }];
    await ingestAll([event('trace-create', 0, { id: trace, name: 'usage' }),
        ...[...shapes.map(([body]) => body), ...costs].map((body, n) => event('generation-create', n + 1, { id: uuid(), traceId: trace, name: `g${n}`, model: 'gpt-4o-mini', startTime: at(n), endTime: at(n + 1), ...body }))]);
    const shown = await traceWith(trace, 1 + shapes.length + costs.length);
    const of = (n) => server.api.span(hex(trace), shown.spans.find((span) => span.name === `g${n}`).id ?? shown.spans.find((span) => span.name === `g${n}`).span_id);
    for (const [n, [, expected]] of shapes.entries()) {
        const { usage } = await of(n);
        assert.deepEqual(usage ? [usage.input, usage.output, usage.total] : [null, null, null], expected, JSON.stringify(shapes[n][0]));
    }
    for (const n of costs.keys()) assert.deepEqual([(await of(shapes.length + n)).cost.total, (await of(shapes.length + n)).cost.source], [750000000, 'given'], JSON.stringify(costs[n]));
});

test('ids of any form; an observation without a trace is one of its own', async () => {
    const name = `my trace ${uuid()}`, lone = `lone ${uuid()}`;
    await ingestAll([event('trace-create', 0, { id: name, name: 'texts' }), event('span-create', 1, { id: 'step one', traceId: name, name: 'step', startTime: at(1), endTime: at(2) }),
        event('span-create', 2, { id: lone, name: 'lone', startTime: at(1), endTime: at(2) }), event('span-update', 3, { id: lone, output: 'done' }),
        event('score-create', 3, { traceId: name, observationId: 'step one', name: 'n', value: 'yes' })]);
    await eventually(async () => {
        const { traces } = await server.api.traces({ from: '-1h', limit: 500 });
        const [one, other] = ['texts', 'lone'].map((name) => traces.find((trace) => trace.name === name));
        assert.deepEqual([one.spans, one.complete, other.spans, other.complete, other.output], [2, true, 1, true, 'done']);
        const trace = await server.api.trace(one.trace_id);
        assert.deepEqual(trace.roots.map((root) => [root.name, root.children.map((child) => child.name)]), [['texts', ['step']]]);
        const [score] = (await server.api.get('/api/v1/scores', { trace_id: name })).scores;
        assert.equal(score.trace_id, one.trace_id);
        assert.equal(score.span_id, trace.roots[0].children[0].id ?? trace.roots[0].children[0].span_id);
    });
});

test('tags for a trace of OpenTelemetry make no second root', async () => {
    const trace_id = traceId();
    await send(server.url, 'otel', [modelCall({ trace_id, span_id: spanId() })]);
    await ingestAll([event('trace-create', 0, { id: trace_id, tags: ['later'] }), event('score-create', 1, { traceId: trace_id, name: 's', value: 1 })]);
    await eventually(async () => assert.equal((await server.api.get(`/api/v1/traces/${trace_id}`)).scores.length, 1));
    assert.equal((await server.api.trace(trace_id)).spans.length, 1);
});

test('each event is judged by itself', async () => {
    const trace = uuid();
    const bad = [
        event('no-such', 0, {}),
        event('span-create', 0, 7),
        { id: 'no time', type: 'trace-create', body: {} },
        { type: 'trace-create', timestamp: at(0), body: {} },
        event('span-create', 0, { id: 'x', startTime: 'yesterday' }),
        event('generation-create', 0, { id: 'x', promptName: 'p' }),
        event('span-create', 0, { id: 'x', level: 'LOUD' }),
        event('span-update', 0, { name: 'no id' }),
        event('score-create', 0, { name: 'nowhere', value: 1 }),
        event('score-create', 0, { traceId: trace, name: 'wrong', value: 'x', dataType: 'NUMERIC' }),
        event('span-create', 0, { id: 'x', name: { not: 'text' } }),
        event('dataset-run-item-create', 0, { id: 'x' }),
        'text', null,
    ];
    const fine = event('trace-create', 0, { id: trace, name: 'kept' });
    const reply = await ingest([...bad, fine]);
    assert.equal(reply.status, 207);
    assert.deepEqual(reply.successes, [{ id: fine.id, status: 201 }]);
    assert.deepEqual(reply.errors.map((error) => error.status), bad.map(() => 400));
    assert.equal(reply.errors[3].id, 'unknown');
    assert.ok(reply.errors.every((error) => error.message === 'Invalid request data' && error.error));
    await traceWith(trace, 1);
    for (const body of ['{', '[]', '{"batch":{}}', '{"batch":7}']) {
        const answer = await fetch(`${server.url}/api/public/ingestion`, { method: 'POST', headers: { authorization: basic }, body });
        assert.equal(answer.status, 400);
        const said = await answer.json();
        assert.equal(said.error, 'InvalidRequestError');
        assert.ok(said.message);
    }
    assert.deepEqual((await ingest([])).successes, []);
});

test('keys: Basic opens all, a public key alone gives scores, from any page', async () => {
    const trace = uuid();
    assert.equal((await ingest([], { authorization: `Basic ${Buffer.from('pk-lf-flow:wrong').toString('base64')}` })).status, 401);
    const half = await ingest([event('score-create', 0, { traceId: trace, name: 'thumbs', value: 1, dataType: 'BOOLEAN' }, 'one'), event('trace-create', 0, { id: trace }, 'two')],
        { authorization: 'Bearer pk-lf-flow', headers: { origin: 'https://app.example' } });
    assert.deepEqual(half.successes, [{ id: 'one', status: 201 }]);
    assert.deepEqual(half.errors.map((error) => [error.id, error.status]), [['two', 401]]);
    assert.equal(half.headers.get('access-control-allow-origin'), '*');
    const preflight = await fetch(`${server.url}/api/public/ingestion`, { method: 'OPTIONS', headers: { origin: 'https://app.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type,x-langfuse-sdk-name' } });
    assert.match(preflight.headers.get('access-control-allow-headers'), /x-langfuse-sdk-name/);
    const json = async (path, options) => { const reply = await fetch(server.url + path, options); return { status: reply.status, body: await reply.json() }; };
    const bearer = { headers: { authorization: 'Bearer pk-lf-flow', 'content-type': 'application/json' } };
    assert.equal((await json('/api/public/projects', bearer)).status, 403);
    assert.equal((await json('/api/v1/traces', bearer)).status, 403);
    const one = await json('/api/public/scores', { ...bearer, method: 'POST', body: JSON.stringify({ traceId: trace, name: 'direct', value: 0.5 }) });
    assert.equal(one.status, 200);
    await eventually(async () => assert.equal((await server.api.get('/api/v1/scores', { trace_id: trace })).scores.length, 2));
    assert.equal((await json(`/api/public/scores/${one.body.id}`, { ...bearer, method: 'DELETE' })).status, 403);
    assert.equal((await json(`/api/public/scores/${one.body.id}`, { method: 'DELETE', headers: { authorization: basic } })).status, 202);
    await eventually(async () => assert.equal((await server.api.get('/api/v1/scores', { trace_id: trace })).scores.length, 1));
    assert.equal((await json('/api/public/projects', { headers: { authorization: basic } })).body.data[0].id, 'default');
    assert.equal((await json('/api/public/health')).body.status, 'OK');
    assert.equal((await json('/api/public/ready')).status, 200);
});

test('kill -9 while events pour in: what was acknowledged is there once, what is sent again counts once', async () => {
    const { below } = random(Number(process.env.SEED ?? 11));
    const traces = new Map(); // trace -> the events that were acknowledged
    for (let round = 0; round < 4; round++) {
        let dead = false;
        const senders = Array.from({ length: 3 }, async () => {
            while (!dead) {
                const trace = uuid(), call = uuid(), acked = [];
                traces.set(trace, acked);
                const events = [event('trace-create', 0, { id: trace, name: 'poured', sessionId: `pour-${round}` }), event('generation-create', 1, { id: call, traceId: trace, name: 'g', startTime: at(1), model: 'gpt-4o-mini' }),
                    event('generation-update', 2, { id: call, traceId: trace, endTime: at(9), usage: { input: 10, output: 1 } })];
                for (const batch of [events.slice(0, 2), events.slice(2), ...(below(3) ? [] : [events])]) {
                    try {
                        await ingestAll(batch);
                        acked.push(...batch.map((one) => one.id));
                    } catch { break; }
                }
                if (acked.length === 0) traces.delete(trace);
                else traces.set(trace, { acked, events });
            }
        });
        await eventually(() => assert.ok([...traces.values()].filter(({ events }) => events).length >= 8 * (round + 1), 'too few traces to kill'));
        await new Promise((done) => setTimeout(done, below(250)));
        await server.kill();
        dead = true;
        await Promise.all(senders);
        await server.restart();
        for (const one of [...traces.values()].filter(() => below(4) === 0)) if (one.events) await ingestAll(one.events); // as SDKs do
    }
    await eventually(caughtUp);
    let checked = 0;
    for (const [trace, { acked, events }] of traces) {
        if (!events || below(4)) continue; // a quarter of them: each is a request
        const { trace: row } = await server.api.get(`/api/v1/traces/${hex(trace)}`);
        assert.equal(row.spans, 2, trace);
        if (acked.includes(events[2].id)) assert.deepEqual([row.input_tokens, row.output_tokens, row.llm_calls], [10, 1, 1], trace);
        checked++;
    }
    assert.ok(checked > 10, `${checked} traces`);
});

test('reindex gives the same, and the journal does not grow', async () => {
    const trace = uuid(), told = story(trace);
    for (const one of told.events) await ingestAll([one]);
    await checkStory(trace, told);
    const everything = async () => {
        const { traces } = await server.api.traces({ from: '-1d', limit: 500 });
        const shapes = [];
        for (const one of traces) shapes.push(await server.api.get(`/api/v1/traces/${one.trace_id}`)); // all at once are refused
        return JSON.stringify([traces, shapes]);
    };
    const sizes = async () => Promise.all((await readdir(join(server.data, 'journal'))).filter((name) => name.endsWith('.journal')).sort()
        .map(async (name) => (await stat(join(server.data, 'journal', name))).size));
    const before = await everything();
    await server.stop();
    const size = await sizes();
    await rm(join(server.data, 'index'), { recursive: true });
    const { code, stderr } = await runVerb(['reindex', '--data', server.data]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await sizes(), size);
    assert.equal((await runVerb(['fsck', '--data', server.data])).code, 0);
    await server.restart();
    assert.equal(await everything(), before);
});
