// SPDX-License-Identifier: Apache-2.0
// The Overview's sections through the API: what a project is held against, where the money goes, how well it runs.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { startServer } from './support/server.mjs';
import { attributes, send, Trace } from './screens/traffic.mjs';

const MINUTE = 60e3, HOUR = 60 * MINUTE;
const CALL = 4_500_000; // 1,000 tokens in and 200 out of gpt-4o

let server, api;

function task(ago, { user = 'ada', tenant = 'acme', failed, more = {} } = {}) {
    const trace = new Trace('shop', Date.now() - ago);
    const root = trace.span(null, 'checkout', 0, 1200, { 'user.id': user, 'tenant.id': tenant }, { failed });
    trace.chat(root, 10, 1000, { input: 1000, output: 200, messages: [['user', 'Hello']], answer: 'Hi', more });
    return trace;
}

async function put(settings, project = 'default') {
    const reply = await fetch(new URL(`/api/v1/settings?project=${project}`, server.url), { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(settings) });
    return { status: reply.status, body: await reply.json() };
}

async function score(name, value, trace) {
    const reply = await fetch(new URL('/api/v1/scores', server.url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, value, trace_id: trace.id }) });
    assert.equal(reply.status, 200, await reply.text());
}

const spend = (query = {}) => api.get('/api/v1/overview/spend', { from: '-1h', ...query });

before(async () => {
    server = await startServer();
    api = server.api;
    const now = [task(5 * MINUTE), task(6 * MINUTE), task(7 * MINUTE, { user: 'bob', tenant: 'globex' }), task(8 * MINUTE, { failed: 'no stock' })];
    await send(server.url, ...now, task(90 * MINUTE), task(26 * HOUR), task(26 * HOUR + MINUTE));
    await score('solved', true, now[0]);
    await score('solved', 0.2, now[1]);
    await score('polite', 0, now[2]);
    await api.settled();
});
after(() => server?.close());

async function deliver(name, ...traces) {
    for (const trace of traces) {
        const body = { resourceSpans: [{ resource: { attributes: attributes(trace.resource) }, scopeSpans: [{ spans: trace.spans }] }] };
        const reply = await fetch(new URL('/v1/traces', server.url), { method: 'POST', headers: { 'content-type': 'application/json', 'x-vitrine-project': name }, body: JSON.stringify(body) });
        assert.equal(reply.status, 200, await reply.text());
    }
    await api.settled();
}

// A project of its own for each section, so that their numbers do not mix.
async function project(name, ...traces) {
    const made = await fetch(new URL('/api/v1/projects', server.url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }) });
    assert.equal(made.status, 201);
    await deliver(name, ...traces);
    return (path, query = {}) => api.get(path, { from: '-1h', project: name, ...query });
}

async function count(get, outcome) {
    return (await get('/api/v1/traces', { f: `outcome=${outcome}`, count: 1 })).total;
}

test('settings are kept as they were given, taken back, and refused by name', async () => {
    const empty = { latency_target: null, monthly_budget: null, success_score: null, updated: null };
    assert.deepEqual(await api.get('/api/v1/settings'), empty);
    const given = await put({ latency_target: 2e9, monthly_budget: 50e9, success_score: { name: ' solved ' } });
    assert.equal(given.status, 200);
    assert.deepEqual(given.body.success_score, { name: 'solved', least: 0.5 });
    assert.deepEqual(await api.get('/api/v1/settings'), given.body);
    for (const [settings, word] of [
        [{ latency_target: 5 }, 'latency_target'], [{ latency_target: 'soon' }, 'latency_target'], [{ monthly_budget: -1 }, 'monthly_budget'], [{ monthly_budget: 1e300 }, 'monthly_budget'],
        [{ budget: 5 }, 'budget'], [{ success_score: 'solved' }, 'success_score'], [{ success_score: { name: '' } }, 'success_score.name'], [{ success_score: { name: 'x', atleast: 1 } }, 'success_score.atleast'],
        [{ success_score: { name: 'x', least: 'high' } }, 'success_score.least'],
    ]) {
        const { status, body } = await put(settings);
        assert.equal(status, 400, JSON.stringify(settings));
        assert.ok(body.error.message.startsWith(word), body.error.message);
    }
    assert.deepEqual(await api.get('/api/v1/settings'), given.body, 'a refused change changes nothing');
    assert.deepEqual((await put({})).body.monthly_budget, null);
    assert.equal((await put({}, 'nowhere')).status, 404);
});

test('what a success costs counts failures in, and asks the score that the project names', async () => {
    await put({});
    const { tasks } = await spend();
    assert.deepEqual([tasks.tasks, tasks.succeeded, tasks.scored, tasks.cost], [4, 3, 0, 4 * CALL]);
    assert.equal(tasks.cost_per_success, 4 * CALL / 3);
    assert.deepEqual([tasks.previous.tasks, tasks.previous.succeeded, tasks.previous.cost_per_success], [1, 1, CALL]);
    await put({ success_score: { name: 'solved' } });
    const scored = (await spend()).tasks;
    assert.deepEqual([scored.tasks, scored.succeeded, scored.scored, scored.cost_per_success], [4, 2, 2, 2 * CALL]);
    await put({ success_score: { name: 'solved', least: 0.2 } });
    assert.equal((await spend()).tasks.succeeded, 3);
    await put({ success_score: { name: 'never given' } });
    assert.equal((await spend()).tasks.succeeded, 3);
    assert.equal(tasks.cost_values.reduce((sum, one) => sum + one, 0), tasks.cost);
});

test('spenders add up to the cost of the range, and rise against the range before', async () => {
    const { spenders } = await spend();
    assert.deepEqual(spenders.user, [{ value: 'ada', cost: 3 * CALL, previous: CALL, count: 3 }, { value: 'bob', cost: CALL, previous: 0, count: 1 }]);
    assert.deepEqual(spenders.tenant.map(({ value, cost }) => [value, cost]), [['acme', 3 * CALL], ['globex', CALL]]);
    assert.deepEqual(spenders.feature, [{ value: 'checkout', cost: 4 * CALL, previous: CALL, count: 4 }]);
    assert.deepEqual(spenders.model, [{ value: 'gpt-4o', cost: 4 * CALL, previous: CALL, count: 4 }]);
    assert.deepEqual(spenders.prompt.map(({ value }) => value), [null]);
    const day = await spend({ from: '-25h', sort: 'rise', limit: 1 });
    assert.deepEqual(day.spenders.user, [{ value: 'ada', cost: 4 * CALL, previous: 2 * CALL, count: 4 }]);
    const { totals } = await api.overview({ from: '-1h' });
    assert.equal(totals.cost, (await spend()).tasks.cost);
    assert.deepEqual((await spend({ f: 'service=nobody' })).spenders.user, []);
    await assert.rejects(spend({ sort: 'name' }), /sort: expected cost or rise/);
    await assert.rejects(spend({ limit: 51 }), /limit: expected a whole number from 1 to 50/);
    await assert.rejects(spend({ f: 'user=ada' }), /user/);
});

test('usage that only agents told counts once, on every door alike', async () => {
    const turns = new Trace('coder', Date.now() - 5 * MINUTE), late = new Trace('coder', Date.now() - 4 * MINUTE);
    const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'coder', 'gen_ai.request.model': 'gpt-4o', 'gen_ai.provider.name': 'openai', 'user.id': 'eve' };
    const used = { 'gen_ai.usage.input_tokens': 1000, 'gen_ai.usage.output_tokens': 200 };
    const session = turns.span(null, 'session', 0, 2000, { 'user.id': 'eve' });
    for (const at of [10, 1000])
        turns.span(session, 'invoke_agent coder', at, 900, { ...agent, ...used });
    const root = late.span(null, 'invoke_agent coder', 0, 2000, { ...agent, 'gen_ai.usage.input_tokens': 9000 });
    const get = await project('told-by-agents', turns, late);
    const question = async (query) => {
        const reply = await fetch(new URL('/api/v1/query?project=told-by-agents', server.url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, from: Date.now() - HOUR }) });
        assert.equal(reply.status, 200);
        return (await reply.json()).rows[0];
    };
    const agree = async (cost, tokens) => {
        const { totals } = await get('/api/v1/overview');
        assert.deepEqual([totals.cost, totals.total_tokens], [cost, tokens]);
        const { traces } = await get('/api/v1/traces');
        assert.deepEqual([traces.reduce((sum, one) => sum + one.cost, 0), traces.reduce((sum, one) => sum + one.total_tokens, 0)], [cost, tokens]);
        assert.deepEqual((await get('/api/v1/overview/spend')).spenders.user.map((one) => [one.value, one.cost]), [['eve', cost]]);
        assert.deepEqual(await question('filter billed | stats sum(usage.total_tokens), sum(cost)'), [tokens, cost / 1e9]);
        const { users } = await get('/api/v1/users');
        assert.deepEqual(users.map((one) => one.cost), [cost]);
    };
    await agree(2 * CALL + 9000 * 2500, 2 * 1200 + 9000);
    late.chat(root, 10, 500, { input: 1000, output: 200, messages: [['user', 'Hello']], answer: 'Hi' }); // its agent is a summary from now on
    late.spans.splice(0, 1);
    await deliver('told-by-agents', late);
    await agree(3 * CALL, 3 * 1200);
});

test('the month is projected at the pace of the last days, whatever range is shown', async () => {
    await put({ monthly_budget: 10 * CALL });
    const { budget, days } = await spend({ f: 'service=nobody' });
    const now = new Date(), month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
    assert.equal(Number(BigInt(budget.month_from) / 1000000n), month);
    assert.equal(Number(BigInt(budget.month_to) / 1000000n), Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
    const sent = [5, 6, 7, 8, 90, 26 * 60, 26 * 60 + 1].filter((minutes) => Date.now() - minutes * MINUTE >= month).length;
    assert.equal(budget.spent, sent * CALL);
    const basis = Date.now() - Number(BigInt(budget.basis_from) / 1000000n);
    assert.ok(basis >= 26 * HOUR && basis < 28 * HOUR, `${basis / HOUR} hours`);
    const rate = 7 * CALL / basis, projected = budget.spent + rate * (Number(BigInt(budget.month_to) / 1000000n) - Date.now());
    assert.ok(Math.abs(budget.cost_a_day - rate * 24 * HOUR) < CALL / 100, `${budget.cost_a_day}`);
    assert.ok(Math.abs(budget.projected - projected) < CALL / 10, `${budget.projected} is not ${projected}`);
    assert.equal(budget.runs_out === null, budget.projected < budget.limit || budget.spent >= budget.limit);
    assert.equal(days.times.length, 30);
    assert.deepEqual(days.cost, days.cost.map(() => 0), 'days obey the filter');
    assert.equal((await spend()).days.cost.reduce((sum, one) => sum + one, 0), 7 * CALL);
});

const refused = { failed: '429 Too Many Requests', type: 'RateLimitError' };
const answered = { output: 100, input: 10, answer: 'Yes' };

function calls(ago, ...asked) {
    const trace = new Trace('shop', Date.now() - ago);
    const root = trace.span(null, 'POST /chat', 0, 10_000);
    for (const [at, took, call] of asked) trace.chat(root, at, took, { ...call });
    return trace;
}

test('a failed call asked again is a retry, of another model a fallback, and beside it neither', async () => {
    const mini = { model: 'gpt-4o-mini' };
    const get = await project('retries',
        calls(5 * MINUTE, [0, 100, refused], [200, 100, refused], [400, 1000, answered]), // two retries, the second was answered
        calls(6 * MINUTE, [0, 100, refused], [200, 2000, { ...answered, ...mini }]), // a fallback that was answered
        calls(7 * MINUTE, [0, 1000, refused], [500, 1000, answered]), // two at once
        calls(8 * MINUTE, [0, 1000, answered], [2000, 100, refused]), // the last word
        (() => { const trace = new Trace('shop', Date.now() - 9 * MINUTE); trace.chat(null, 0, 100, refused); return trace; })());
    const { retries, tokens_per_second } = await get('/api/v1/overview/health');
    assert.deepEqual([retries.retried, retries.replaced, retries.recovered], [2, 1, 2]);
    assert.deepEqual(retries.fallbacks, [{ from: 'gpt-4o', to: 'gpt-4o-mini', count: 1 }]);
    assert.equal(retries.retried_values.reduce((sum, one) => sum + one, 0), 2);
    assert.deepEqual([await count(get, 'retried'), await count(get, 'replaced')], [1, 1], 'the filter finds their traces');
    // 100 tokens in 1 s thrice and in 2 s once.
    assert.deepEqual([tokens_per_second.p50, tokens_per_second.p90], [100, 100]);
    assert.ok(Math.abs(tokens_per_second.p10 - 65) < 1e-6, `${tokens_per_second.p10}`);
});

test('what is usual is read from the week before, and the target from the settings', async () => {
    const day = 24 * HOUR;
    const get = await project('usual', task(5 * MINUTE), task(6 * MINUTE, { failed: 'no' }), task(2 * day), task(3 * day), task(3 * day + HOUR, { failed: 'no' }), task(4 * day), task(20 * day));
    await put({ latency_target: 1e9 }, 'usual');
    const { baseline, target } = await get('/api/v1/overview/health');
    assert.deepEqual([baseline.requests, baseline.errors], [4, 1]);
    assert.ok(Math.abs(baseline.latency_p95 - 1.2e9) < 1.2e7, `${baseline.latency_p95}`);
    const since = Date.now() - Number(BigInt(baseline.from) / 1000000n);
    assert.ok(since > 4 * day && since < 4 * day + 2 * HOUR, 'from the first hour with data');
    assert.deepEqual(target, { latency: 1e9, measured: 2, over: 2 });
    await put({ latency_target: 2e9 }, 'usual');
    assert.deepEqual((await get('/api/v1/overview/health')).target, { latency: 2e9, measured: 2, over: 0 });
    await put({}, 'usual');
    assert.equal((await get('/api/v1/overview/health')).target.latency, null);
    assert.equal((await get('/api/v1/overview/health', { from: '-30d' })).baseline.from, null);
});

function guarded(ago, triggered, action) {
    const trace = new Trace('shop', Date.now() - ago);
    const root = trace.span(null, 'POST /chat', 0, 1000);
    trace.span(root, 'input_guard', 1, 5, { 'openinference.span.kind': 'GUARDRAIL', 'gen_ai.guardrail.triggered': triggered, ...(action && { 'gen_ai.guardrail.action.type': action }) });
    return trace;
}

function structured(ago, { parsed = true, outer = false } = {}) {
    const trace = new Trace('shop', Date.now() - ago);
    const failed = { failed: 'Expecting value' }, exception = { 'error.type': 'json.decoder.JSONDecodeError' };
    const root = trace.span(null, 'extract', 0, 1000, parsed ? {} : exception, parsed ? {} : failed);
    const parse = outer ? root : trace.span(root, 'parse', 0, 900, parsed ? {} : exception, parsed ? {} : failed);
    trace.chat(parse, 1, 500, { ...answered, more: { 'gen_ai.output.type': 'json' } });
    return trace;
}

test('blocks, filters and forms are counted once each, and the filters find their traces', async () => {
    const get = await project('quality', guarded(5 * MINUTE, false), guarded(6 * MINUTE, true, 'block'), guarded(7 * MINUTE, true, 'warn'), guarded(2 * 24 * HOUR, true, 'block'),
        structured(8 * MINUTE), structured(9 * MINUTE, { parsed: false }), structured(10 * MINUTE, { parsed: false, outer: true }),
        calls(11 * MINUTE, [0, 100, { more: { 'gen_ai.response.finish_reasons': 'content_filter' } }]));
    const { now, baseline, values, lengths, scores } = await get('/api/v1/overview/quality');
    assert.deepEqual(now, { guarded: 3, blocked: 1, calls: 4, filtered: 1, structured: 3, unformed: 2, form_failures: 2 });
    assert.deepEqual([baseline.guarded, baseline.blocked, baseline.calls], [1, 1, 0]);
    for (const key of Object.keys(now)) assert.equal(values[key].reduce((sum, one) => sum + one, 0), now[key], key);
    const found = {};
    for (const outcome of ['guarded', 'blocked', 'filtered', 'structured', 'invalid']) found[outcome] = await count(get, outcome);
    assert.deepEqual(found, { guarded: 3, blocked: 1, filtered: 1, structured: 3, invalid: 2 });
    assert.equal(lengths.drift, null, 'too few to say');
    assert.deepEqual(lengths.classes, [{ from: 64, to: 128, answers: 3, baseline: 0 }]);
    assert.deepEqual(scores, []);
    assert.equal((await get('/api/v1/overview/quality', { f: 'service=other' })).now.guarded, 0);
    for (const wrong of ['outcome=lucky', 'outcome=', 'outcome>blocked']) await assert.rejects(get('/api/v1/traces', { f: wrong }), /outcome/);
});

test('scores are told by who gave them, the lengths by their drift', async () => {
    const long = Array.from({ length: 110 }, (_, at) => calls(3 * 24 * HOUR + at * 1000, [0, 500, answered]));
    const now = Array.from({ length: 110 }, (_, at) => calls(10 * MINUTE + at * 1000, [0, 500, { ...answered, output: 400 }]));
    const merged = new Trace('shop'), newer = new Trace('shop');
    merged.spans = long.flatMap((trace) => trace.spans);
    newer.spans = now.flatMap((trace) => trace.spans);
    const get = await project('scored', merged, newer);
    const at = (trace, value, source, time) => ({ name: 'helpful', value, source, trace_id: trace.id, time: new Date(time).toISOString() });
    const given = [at(now[0], 0.2, 'eval', Date.now() - MINUTE), at(now[1], 0.6, 'eval', Date.now() - MINUTE), at(now[1], true, 'feedback', Date.now() - MINUTE), at(long[0], 0.9, 'eval', Date.now() - 3 * 24 * HOUR)];
    const reply = await fetch(new URL('/api/v1/scores?project=scored', server.url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(given) });
    assert.equal(reply.status, 200, await reply.text());
    await api.settled();
    const { scores, lengths } = await get('/api/v1/overview/quality');
    const told = scores.map(({ name, type, source, count, mean, baseline_count, baseline_mean }) => [name, type, source, count, mean, baseline_count, baseline_mean]);
    assert.deepEqual(told, [['helpful', 'numeric', 'eval', 2, 0.4, 1, 0.9], ['helpful', 'boolean', 'feedback', 1, 1, 0, null]]);
    assert.ok(lengths.drift > 1, `${lengths.drift}`);
    assert.deepEqual([lengths.p50, lengths.baseline_p50, lengths.answers, lengths.baseline_answers], [400, 100, 110, 110]);
});

test('a project without data has no pace', async () => {
    const get = await project('silent');
    const { budget, tasks, spenders } = await spend({ project: 'silent' });
    assert.deepEqual([budget.spent, budget.projected, budget.cost_a_day, budget.basis_from, budget.limit], [0, null, null, null, null]);
    assert.deepEqual([tasks.tasks, tasks.cost_per_success, tasks.previous.cost_per_success], [0, null, null]);
    assert.deepEqual(Object.values(spenders).flat(), []);
    const { baseline, tokens_per_second } = await get('/api/v1/overview/health');
    assert.deepEqual([baseline.from, baseline.latency_p95, tokens_per_second.p50], [null, null, null]);
    const { now, lengths } = await get('/api/v1/overview/quality');
    assert.deepEqual([...Object.values(now), lengths.answers, lengths.p50], [0, 0, 0, 0, 0, 0, 0, 0, null]);
});
