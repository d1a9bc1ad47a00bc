// SPDX-License-Identifier: Apache-2.0
// Model invocations: each model's numbers, latency by size, and the list of calls, through the API.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { ApiError, eventually } from './support/api.mjs';
import { startServer } from './support/server.mjs';
import { send, Trace } from './screens/traffic.mjs';

let server, api;
before(async () => {
    server = await startServer();
    api = server.api;
    const traces = [];
    // Ten answered calls of 100 to 1000 ms; the exact name is the dated one.
    for (let at = 1; at <= 10; at += 1) {
        const trace = new Trace('shop', Date.now() - at * 60e3);
        const root = trace.span(null, 'POST /chat', 0, 1200, { 'user.id': 'u-1' });
        trace.chat(root, 5, at * 100, {
            model: 'gpt-4o-mini', input: 1000, output: at === 10 ? 200 : 50, messages: [['user', `Question ${at}`]], answer: `Answer ${at}`,
            more: { 'gen_ai.response.model': 'gpt-4o-mini-2024-07-18', ...(at <= 4 && { 'gen_ai.usage.cache_read.input_tokens': 500 }) },
        });
        traces.push(trace);
    }
    // Three that were refused know only the name they asked for.
    for (let at = 1; at <= 3; at += 1) {
        const trace = new Trace('shop', Date.now() - at * 60e3);
        const asked = { model: 'gpt-4o-mini', messages: [['user', 'Refused']], failed: at < 3 ? '429 Too Many Requests' : '500 Internal Server Error', type: at < 3 ? 'RateLimitError' : 'InternalServerError' };
        const id = trace.chat(null, 0, 30, { ...asked, more: { 'http.response.status_code': at < 3 ? 429 : 500 } });
        trace.spans.find((span) => span.spanId === id).attributes = trace.spans[0].attributes.filter(({ key }) => key !== 'gen_ai.response.model');
        traces.push(trace);
    }
    const other = new Trace('batch', Date.now() - 60e3);
    other.chat(null, 0, 2000, { model: 'claude-sonnet-4-5', provider: 'anthropic', input: 40, output: 900, messages: [['user', 'Write a page']], answer: 'A page' });
    traces.push(other);
    await send(server.url, ...traces);
    await api.settled();
});
after(() => server?.close());

const models = async (query = {}) => (await api.get('/api/v1/models', { from: '-1h', ...query })).models;
const calls = (query = {}) => api.get('/api/v1/invocations', { from: '-1h', ...query });

test('a model is one row, whether its calls were answered or refused', async () => {
    const [mini, sonnet, ...rest] = await models();
    assert.deepEqual(rest, []);
    assert.equal(mini.model, 'gpt-4o-mini');
    assert.deepEqual([mini.calls, mini.errors, mini.throttles], [13, 3, 2]);
    assert.deepEqual(mini.errors_by_kind, { throttle: 2, server: 1 });
    assert.deepEqual([mini.input_tokens, mini.output_tokens, mini.cache_read_tokens], [10000, 650, 2000]);
    assert.deepEqual([sonnet.model, sonnet.provider, sonnet.calls, sonnet.errors], ['claude-sonnet-4-5', 'anthropic', 1, 0]);
    assert.equal(sonnet.tokens_per_second, 450);
    for (const [quantile, ms] of [['p50', 400], ['p90', 900], ['p99', 1000]])
        assert.ok(Math.abs(mini.latency[quantile] / 1e6 - ms) <= ms * 0.01, `${quantile}: ${mini.latency[quantile]}`);
});

test('the Overview and the facets count by the same name, and the exact one can be filtered by', async () => {
    const overview = await api.overview({ from: '-1h' });
    assert.deepEqual(overview.models.map(({ model, calls, errors }) => [model, calls, errors]), [['gpt-4o-mini', 13, 3], ['claude-sonnet-4-5', 1, 0]]);
    const { facets } = await api.facets({ from: '-1h', fields: 'model,model_version' });
    assert.deepEqual(facets.model.values, [{ value: 'gpt-4o-mini', count: 13 }, { value: 'claude-sonnet-4-5', count: 1 }]);
    assert.deepEqual(facets.model_version.values.map(({ value, count }) => [value, count]), [['gpt-4o-mini-2024-07-18', 10], ['gpt-4o-mini', 3], ['claude-sonnet-4-5', 1]]);
    const { total } = await api.traces({ f: 'model_version=gpt-4o-mini-2024-07-18', count: 1 });
    assert.equal(total, 10);
});

test('values over time add up to the totals, and only of as many models as were asked for', async () => {
    const [mini, sonnet] = await models({ lines: 1 });
    assert.equal(sonnet.values, undefined);
    const sum = (values) => values.reduce((total, value) => total + value, 0);
    assert.equal(sum(mini.values.calls), mini.calls);
    assert.equal(sum(mini.values.errors), mini.errors);
    assert.equal(sum(mini.values.throttles), mini.throttles);
    assert.equal(sum(mini.values.cost), mini.cost);
    assert.equal(sum(mini.values.input_tokens), mini.input_tokens);
    assert.ok(mini.values.latency_p95.some((value) => value !== null));
});

test('filters narrow to a label, and refuse what rollups do not know', async () => {
    assert.deepEqual((await models({ f: 'provider=anthropic' })).map(({ model }) => model), ['claude-sonnet-4-5']);
    assert.deepEqual(await models({ f: 'service=nobody' }), []);
    await assert.rejects(models({ f: 'user=u-1' }), (error) => error instanceof ApiError && error.status === 400 && /user/.test(error.body));
    await assert.rejects(models({ lines: 99 }), /lines: expected a whole number from 0 to 24/);
});

test('latency stands by the length of the answer', async () => {
    const { classes, models: sizes } = await api.get('/api/v1/models/sizes', { from: '-1h' });
    assert.deepEqual(classes[0], { from: 32, to: 64 });
    const mini = sizes.find(({ model }) => model === 'gpt-4o-mini');
    const at = (tokens) => classes.findIndex(({ from, to }) => tokens >= from && tokens < to);
    assert.deepEqual([mini.calls[at(50)], mini.calls[at(100)], mini.calls[at(200)]], [9, 0, 1]);
    assert.deepEqual([mini.p95[at(50)], mini.p95[at(100)], mini.p95[at(200)]], [900e6, null, 1000e6]);
    const input = await api.get('/api/v1/models/sizes', { from: '-1h', by: 'input_tokens', f: 'user=u-1' });
    assert.deepEqual(input.classes, []); // the user stands on the roots, not on the calls
    await assert.rejects(api.get('/api/v1/models/sizes', { by: 'cost' }), /by: expected output_tokens or input_tokens/);
});

test('calls are listed with what was asked and answered, page by page', async () => {
    const { invocations, total } = await calls({ count: 1, limit: 200 });
    assert.equal(total, 14);
    assert.equal(invocations.length, 14);
    const starts = invocations.map(({ start }) => BigInt(start));
    assert.ok(starts.every((start, at) => at === 0 || start <= starts[at - 1]), 'newest first');
    const longest = (await calls({ sort: 'duration', limit: 2 })).invocations;
    assert.deepEqual(longest.map(({ model, duration, input, output }) => [model, duration, input, output]), [
        ['claude-sonnet-4-5', 2000e6, 'Write a page', 'A page'], ['gpt-4o-mini', 1000e6, 'Question 10', 'Answer 10']]);
    assert.equal(longest[1].model_version, 'gpt-4o-mini-2024-07-18');
    const paged = [];
    for (let cursor = ''; cursor !== null;) {
        const page = await calls({ limit: 3, sort: 'cost', ...(cursor && { cursor }) });
        paged.push(...page.invocations.map(({ span_id }) => span_id));
        cursor = page.next;
    }
    assert.equal(paged.length, 14);
    assert.equal(new Set(paged).size, 14);
});

test('filters hold for the call itself', async () => {
    const only = async (...f) => (await calls({ f, count: 1 })).total;
    assert.equal(await only('status=error'), 3);
    assert.equal(await only('status=ok'), 11);
    assert.equal(await only('error_kind=throttle'), 2);
    assert.equal(await only('duration>950ms', 'model=gpt-4o-mini'), 1);
    const { invocations } = await calls({ f: 'error_kind=server' });
    assert.deepEqual(invocations.map(({ error_kind, error_type, cost, output }) => [error_kind, error_type, cost, output]), [['server', 'InternalServerError', null, null]]);
    await assert.rejects(calls({ f: 'spans>3' }), /single spans cannot be filtered by spans/);
    await assert.rejects(calls({ sort: 'beauty' }), /sort: expected start, duration, cost, tokens or ttft/);
    await assert.rejects(calls({ cursor: 'x' }), /cursor: expected the `next` of a reply/);
});

test('scores of a trace and of a call are told by model', async () => {
    const { invocations } = await calls({ f: 'model=gpt-4o-mini', limit: 3, sort: 'duration' });
    const [one, two, three] = invocations;
    const reply = await fetch(`${server.url}/api/v1/scores`, {
        method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify([
            { name: 'helpful', value: 0.9, trace_id: one.trace_id }, { name: 'helpful', value: 0.5, trace_id: two.trace_id, span_id: two.span_id },
            { name: 'thumb', value: true, trace_id: three.trace_id }, { name: 'mood', value: 'calm', trace_id: three.trace_id },
        ]),
    });
    assert.equal(reply.status, 200, await reply.text());
    await eventually(async () => {
        const { scores } = await api.get('/api/v1/models/quality', { from: '-1h' });
        assert.deepEqual(scores.map(({ model, name, count, mean }) => [model, name, count, Math.round(mean * 100) / 100]), [['gpt-4o-mini', 'helpful', 2, 0.7], ['gpt-4o-mini', 'thumb', 1, 1]]);
    });
    const { scores } = await api.get('/api/v1/models/quality', { from: '-1h', f: 'provider=anthropic' });
    assert.deepEqual(scores, []);
});
