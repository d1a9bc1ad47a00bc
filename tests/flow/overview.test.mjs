// SPDX-License-Identifier: Apache-2.0
// The Overview's sections through the API: what a project is held against, where the money goes, how well it runs.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { startServer } from './support/server.mjs';
import { send, Trace } from './screens/traffic.mjs';

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

test('a project without data has no pace', async () => {
    const made = await fetch(new URL('/api/v1/projects', server.url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"silent"}' });
    assert.equal(made.status, 201);
    const { budget, tasks, spenders } = await spend({ project: 'silent' });
    assert.deepEqual([budget.spent, budget.projected, budget.cost_a_day, budget.basis_from, budget.limit], [0, null, null, null, null]);
    assert.deepEqual([tasks.tasks, tasks.cost_per_success, tasks.previous.cost_per_success], [0, null, null]);
    assert.deepEqual(Object.values(spenders).flat(), []);
});
