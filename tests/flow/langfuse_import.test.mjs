// SPDX-License-Identifier: Apache-2.0
// `vitrine import langfuse`: one server's data through its public API into another, killed on the way and gone on with,
// run again, and against a server that asks for patience.
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from './support/api.mjs';
import { binary, runVerb, startServer } from './support/server.mjs';

const pair = { public: 'pk-lf-import', secret: 'sk-lf-import-secret' };
const authorization = `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}`;
const traces = 60;
let source, target;

async function ask(server, path, { method = 'GET', body } = {}) {
    const reply = await fetch(`${server.url}/api/public/${path}`, { method, headers: { authorization: server === source ? authorization : '', ...(body && { 'content-type': 'application/json' }) }, body: body && JSON.stringify(body) });
    const text = await reply.text();
    assert.ok(reply.ok, `${path}: ${reply.status} ${text}`);
    return JSON.parse(text);
}
const post = (path, body) => ask(source, path, { method: 'POST', body });

before(async () => {
    source = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    target = await startServer();
    const batch = [];
    for (let i = 0; i < traces; i++) {
        const at = (seconds) => new Date(Date.UTC(2026, 10, 20, 1, i % 60, seconds)).toISOString();
        const add = (type, body) => batch.push({ id: `${type}-${i}`, type, timestamp: at(9), body });
        add('trace-create', { id: `t-${i}`, name: `ask ${i % 3}`, userId: `u${i % 7}`, sessionId: `s${i % 5}`, tags: ['x', `n${i % 2}`], input: { question: i }, output: `answer ${i}`, timestamp: at(0), metadata: { plan: 'pro' } });
        add('generation-create', { id: `g-${i}`, traceId: `t-${i}`, name: 'call', model: 'gpt-4o-mini', startTime: at(1), endTime: at(3), usageDetails: { input: 100 + i, output: 10, total: 110 + i }, promptName: 'greeting', promptVersion: 1, level: i % 10 ? 'DEFAULT' : 'ERROR', statusMessage: i % 10 ? undefined : 'no' });
        add('tool-create', { id: `x-${i}`, traceId: `t-${i}`, parentObservationId: `g-${i}`, name: 'look up', startTime: at(1), endTime: at(2), costDetails: { total: 0.25 } });
        add('score-create', { id: `c-${i}`, traceId: `t-${i}`, observationId: `g-${i}`, name: i % 2 ? 'quality' : 'tone', value: i % 2 ? i / 8 : 'fine', comment: 'because' });
    }
    // A score of an archived config, and one whose config has changed since; a model with a price by tiers.
    const configs = [];
    for (const name of ['open', 'archived', 'narrowed']) configs.push((await post('score-configs', { name, dataType: 'NUMERIC', minValue: 0, maxValue: 10, description: `of ${name}` })).id);
    configs.forEach((configId, i) => batch.push({ id: `judged-${i}`, type: 'score-create', timestamp: '2026-11-20T01:00:00Z', body: { id: `judged-${i}`, traceId: 't-1', name: ['open', 'archived', 'narrowed'][i], value: 5, configId } }));
    await post('models', { modelName: 'house', matchPattern: '^house$', unit: 'TOKENS', pricingTiers: [{ name: 'usual', isDefault: true, priority: 0, conditions: [], prices: { input: 1e-6, output: 2e-6 } }] });
    await post('ingestion', { batch });
    await ask(source, `score-configs/${configs[1]}`, { method: 'PATCH', body: { isArchived: true } });
    await ask(source, `score-configs/${configs[2]}`, { method: 'PATCH', body: { maxValue: 2 } });
    for (const prompt of ['Hello {{name}}', 'Good day {{name}}']) await post('v2/prompts', { name: 'folder/greeting', prompt, labels: ['production'], config: { temperature: 0 }, tags: ['polite'] });
    await post('v2/datasets', { name: 'capitals of the world', description: 'all' });
    await post('dataset-items', { datasetName: 'capitals of the world', id: 'france', input: { country: 'France' }, expectedOutput: 'Paris' });
    await post('dataset-run-items', { runName: 'first run', datasetItemId: 'france', traceId: 't-1', metadata: { model: 'x' } });
    await eventually(async () => assert.equal((await ask(source, 'observations?limit=1')).meta.totalItems, 2 * traces));
});
after(async () => { await source?.close(); await target?.close(); });

const args = (from = source.url) => ['import', 'langfuse', '--from', from, '--public-key', pair.public, '--secret-key', pair.secret, '--url', target.url, '--checkpoint', join(target.data, 'checkpoint.json')];
const span = { fromTimestamp: '2026-11-20T00:00:00Z', toTimestamp: '2026-11-21T00:00:00Z' };
const sums = async (server) => {
    const metrics = (view, measures, dimensions) => ask(server, `metrics?query=${encodeURIComponent(JSON.stringify({ view, metrics: measures.map(([aggregation, measure]) => ({ aggregation, measure })), dimensions: dimensions.map((field) => ({ field })), ...span, orderBy: dimensions.map((field) => ({ field, direction: 'asc' })) }))}`);
    return {
        traces: (await metrics('traces', [['count', 'count'], ['sum', 'totalTokens'], ['uniq', 'uniqueUserIds'], ['uniq', 'uniqueSessionIds']], ['name', 'tags'])).data,
        observations: (await metrics('observations', [['count', 'count'], ['sum', 'inputTokens'], ['sum', 'latency']], ['type', 'name', 'level', 'providedModelName', 'promptName'])).data,
        cost: Math.round((await metrics('traces', [['sum', 'totalCost']], [])).data[0].sum_totalCost * 1e9),
        scores: (await ask(server, 'v2/scores?limit=1')).meta.totalItems,
        configs: (await ask(server, 'score-configs')).data.map(({ createdAt, updatedAt, projectId, ...config }) => config).sort((a, b) => (a.id < b.id ? -1 : 1)),
        models: (await ask(server, 'models?limit=5')).data.filter((one) => !one.isLangfuseManaged).map(({ createdAt, ...model }) => model),
        judged: (await ask(server, 'v2/scores?scoreIds=judged-0,judged-1')).data.map(({ id, value, configId }) => ({ id, value, configId })).sort((a, b) => (a.id < b.id ? -1 : 1)),
        prompts: (await ask(server, 'v2/prompts')).data.map(({ name, versions, labels, tags }) => ({ name, versions, labels, tags })),
        datasets: (await ask(server, 'v2/datasets')).data.map(({ name, description }) => ({ name, description })),
        items: (await ask(server, 'dataset-items?datasetName=capitals%20of%20the%20world')).data.map(({ id, input, expectedOutput }) => ({ id, input, expectedOutput })),
        runs: (await ask(server, 'datasets/capitals%20of%20the%20world/runs')).data.map(({ name, metadata }) => ({ name, metadata })),
    };
};

test('an import that is killed goes on where it was, and ends with the same counts and sums', async () => {
    const child = spawn(binary, args(), { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'close');
    for await (const bytes of child.stderr) if (String(bytes).includes('observations: ')) child.kill('SIGKILL');
    await ended;
    assert.ok(existsSync(join(target.data, 'checkpoint.json')));
    const { code, stderr } = await runVerb(args());
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /^traces: /m, 'what was copied is not copied again');
    assert.ok(!existsSync(join(target.data, 'checkpoint.json')));
    const expected = await sums(source);
    await eventually(async () => assert.deepEqual(await sums(target), expected));
    const [one, other] = await Promise.all([source, target].map((server) => ask(server, 'traces/t-7')));
    for (const name of ['name', 'input', 'output', 'tags', 'metadata', 'userId', 'sessionId', 'timestamp', 'latency', 'totalCost']) assert.deepEqual(other[name], one[name], name);
    assert.equal((await ask(target, 'v2/prompts/folder%2Fgreeting')).prompt, 'Good day {{name}}');
    assert.deepEqual([expected.configs.length, expected.models.length, expected.judged.length], [3, 1, 2]);
    assert.match(stderr, /a score does not fit its config any more, and comes without: judged-2/);
    const narrowed = await ask(target, 'v2/scores/judged-2');
    assert.deepEqual([narrowed.value, narrowed.configId], [5, null]);
});

test('a second import changes nothing', async () => {
    const before = await sums(target);
    const { code, stderr } = await runVerb(args());
    assert.equal(code, 0, stderr);
    await eventually(async () => assert.ok((await target.api.status()).index.caught_up));
    assert.deepEqual(await sums(target), before);
});

test('a server that wants fewer requests is asked again later, one that refuses is quoted', async () => {
    let refused = 0;
    const front = createServer((request, response) => {
        if (request.url.includes('/scores') && refused++ === 0) return response.writeHead(429, { 'retry-after': '1' }).end();
        fetch(source.url + request.url, { headers: { authorization: request.headers.authorization } }).then(async (reply) => response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text()));
    });
    await new Promise((done) => front.listen(0, '127.0.0.1', done));
    const { code, stderr } = await runVerb(args(`http://127.0.0.1:${front.address().port}`));
    front.close();
    assert.equal(code, 0, stderr);
    assert.ok(refused > 1);
    const wrong = await runVerb(['import', 'langfuse', '--from', source.url, '--public-key', pair.public, '--secret-key', 'wrong-secret', '--url', target.url, '--checkpoint', join(target.data, 'other.json')]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /answered 401: .*not known/);
    assert.match((await runVerb(['import', 'langfuse'])).stderr, /--from/);
    assert.match((await runVerb(['import', 'elsewhere'])).stderr, /expected langfuse/);
});
