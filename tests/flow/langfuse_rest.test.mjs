// SPDX-License-Identifier: Apache-2.0
// What Langfuse's SDKs offer beside traces and scores, every generation unmodified: media and metrics. And what is refused.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from './support/api.mjs';
import { noPython, runClient } from './support/client.mjs';
import { checkCompat, watch } from './support/compat.mjs';
import { runVerb, startServer } from './support/server.mjs';

const venv = resolve(fileURLToPath(import.meta.url), '../.venv');
const pair = { public: 'pk-lf-rest', secret: 'sk-lf-rest-secret' };
const authorization = `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}`;
let server, watched;
before(async () => {
    server = await startServer({ args: ['--auth', 'required', '--body-max-mb', '8'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    watched = await watch(server);
    server.api.headers = { authorization };
});
after(async () => { watched?.close(); await server?.close(); });

const sdks = [
    ...[3, 4, 5].map((version) => ({ name: `JS v${version}`, file: 'langfuse_rest.mjs', env: { LANGFUSE_JS: String(version) } })),
    ...[2, 3, 4].map((version) => ({ name: `Python v${version}`, file: 'langfuse_rest.py', env: { PYTHONPATH: resolve(venv, `langfuse${version}`) }, skip: noPython() })),
];
const run = ({ file, env }, ...args) => runClient(file, { args, env: { LANGFUSE_PUBLIC_KEY: pair.public, LANGFUSE_SECRET_KEY: pair.secret,
    LANGFUSE_HOST: watched.url, LANGFUSE_BASE_URL: watched.url, LANGFUSE_BASEURL: watched.url, ...env } });
async function call(method, path, body, headers = { authorization }) {
    const reply = await fetch(new URL(path, server.url), { method, headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, text, json: /json/.test(reply.headers.get('content-type')) ? JSON.parse(text) : undefined };
}
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('base64');
const announce = (bytes, more = {}) => call('POST', '/api/public/media', { contentType: 'image/png', contentLength: bytes.length, sha256Hash: sha256(bytes), field: 'input', traceId: 'a-trace', ...more });
const put = (url, bytes) => fetch(url, { method: 'PUT', headers: { 'content-type': 'image/png' }, body: bytes });

async function makeQueue(name) {
    const config = (await call('POST', '/api/public/score-configs', { name: `asked ${name}`, dataType: 'NUMERIC' })).json;
    return (await call('POST', '/api/public/annotation-queues', { name: `for ${name}`, scoreConfigIds: [config.id] })).json.id;
}

for (const sdk of sdks) {
    let read;
    // Python v2 cannot make a queue.
    const ready = () => (read ??= makeQueue(sdk.name).then((QUEUE_ID) => run({ ...sdk, env: { ...sdk.env, QUEUE_ID } }, 'media', 'metrics', 'annotate', 'models', 'deletes')));
    test(`${sdk.name} asks for metrics`, { skip: sdk.skip ?? false }, async () => {
        const { metrics } = await ready();
        for (const { data } of [metrics.v1, metrics.v2].filter(Boolean)) {
            const row = data.find((one) => one.name === 'picture');
            assert.ok(row.count_count >= 1 && row.p95_latency >= 0, JSON.stringify(data));
        }
        if (metrics.daily) assert.ok(metrics.daily.data[0].countTraces >= 1);
        assert.ok(Object.keys(metrics).length > 0);
    });
    test(`${sdk.name} sets a price of its own, which prices what comes from then on`, { skip: sdk.skip ?? false }, async () => {
        const { models } = await ready();
        if (!models) return assert.equal(sdk.name, 'JS v3');
        const of = (one, name) => one[name] ?? one[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
        const { model, spare, same, managed, list } = models;
        assert.deepEqual(same, model);
        assert.deepEqual([of(model, 'inputPrice'), of(model, 'outputPrice'), of(model, 'totalPrice') ?? null, of(model, 'isLangfuseManaged')], [0.000002, 0.00001, null, false]);
        assert.deepEqual([of(managed, 'isLangfuseManaged'), of(managed, 'id').includes('/'), Date.parse(of(spare, 'startDate'))], [true, true, Date.UTC(2026, 0, 2, 3, 4, 5)]);
        assert.ok(!list.data.some(({ id }) => id === spare.id) && list.data.some(({ id }) => id === model.id) && of(list.meta, 'totalItems') > 100);
        if (sdk.name !== 'Python v2') assert.deepEqual([of(model, 'prices').output.price, of(spare, 'pricingTiers')[1].prices.input, of(spare, 'pricingTiers')[0].prices.web_search_queries], [0.00001, 2e-6, 0.01]);
        const name = of(model, 'modelName'), id = `${name}-call`, now = new Date().toISOString();
        const reply = await call('POST', '/api/public/ingestion', { batch: [{ id, type: 'generation-create', timestamp: now, body: { id, traceId: id, name: 'priced', model: name.toUpperCase(), startTime: now, endTime: now, usageDetails: { input: 1000, output: 100 } } }] });
        assert.equal(reply.status, 207);
        const seen = await eventually(async () => {
            const { json } = await call('GET', `/api/public/observations/${id}`);
            assert.equal(json.model, name.toUpperCase());
            return json;
        });
        assert.deepEqual([seen.calculatedInputCost, seen.calculatedOutputCost, seen.calculatedTotalCost], [0.002, 0.001, 0.003]);
        assert.deepEqual([seen.modelId, seen.inputPrice, seen.outputPrice, seen.usagePricingTierName], [model.id, 0.000002, 0.00001, 'Standard']);
        const { traces } = await server.api.traces({ f: `model=${name.toUpperCase()}` });
        assert.equal(traces[0]?.cost, 3e6, 'the index has the same cost');
    });
    test(`${sdk.name} keeps pictures beside a trace and reads them back`, { skip: sdk.skip ?? false }, async () => {
        const { media: { trace, media, resolved, bytes } } = await ready();
        assert.match(trace.input.look, /^@@@langfuseMedia:type=image\/png\|id=[\w-]{22}\|source=(bytes|base64_data_uri)@@@$/);
        assert.match(JSON.stringify(trace), /type=text\/html/);
        assert.match(resolved.look, /^data:image\/png;base64,iVBORw0KGgo/);
        const of = (name) => media[name] ?? media[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
        assert.deepEqual([of('contentType'), of('contentLength')], ['image/png', bytes]);
        const file = await fetch(of('url'));
        assert.deepEqual([file.status, (await file.arrayBuffer()).byteLength, file.headers.get('content-type')], [200, bytes, 'image/png']);
    });
    test(`${sdk.name} comments, and works through an annotation queue`, { skip: (sdk.skip ?? false) || (sdk.name === 'JS v3' && 'see langfuse_every.test.mjs') }, async () => {
        const seen = (await ready()).annotate;
        // Some versions of Python tell members as Python names them.
        const of = (object, name) => object[name] ?? object[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
        assert.deepEqual([of(seen.comment, 'objectType'), of(seen.comment, 'objectId'), seen.comment.content, of(seen.comment, 'authorUserId'), of(seen.comment, 'projectId')],
            ['TRACE', seen.trace_id, 'look **here**', 'ada', 'default']);
        assert.deepEqual(seen.comments.data, [seen.comment]);
        assert.equal(of(seen.comments.meta, 'totalItems'), 1);
        assert.ok(seen.configs.some((one) => one.id === seen.config.id));
        const queue = seen.queue ?? seen.same;
        assert.deepEqual(seen.same, queue);
        if (seen.queue) assert.deepEqual([of(queue, 'scoreConfigIds'), queue.description ?? null], [[seen.config.id], null]);
        assert.ok(seen.queues.data.some((one) => one.id === queue.id));
        assert.deepEqual([of(seen.item, 'queueId'), of(seen.item, 'objectId'), seen.item.status, of(seen.item, 'completedAt') ?? null], [queue.id, seen.trace_id, 'PENDING', null]);
        assert.deepEqual([seen.one, seen.waiting.data], [seen.item, [seen.item]]);
        assert.deepEqual([of(seen.spare, 'objectType'), seen.spare.status], [sdk.name === 'Python v2' ? 'OBSERVATION' : 'SESSION', 'COMPLETED']);
        assert.deepEqual([seen.changed.id, seen.changed.status], [seen.item.id, 'COMPLETED']);
        assert.ok(Date.parse(of(seen.changed, 'completedAt')) >= Date.parse(of(seen.changed, 'createdAt')));
        assert.equal(seen.removed.success, true);
        assert.deepEqual(seen.left.data, [seen.changed]);
        if (seen.assigned) assert.deepEqual([of(seen.assigned, 'userId'), of(seen.assigned, 'queueId'), of(seen.assigned, 'projectId'), seen.unassigned.success], ['ada', queue.id, 'default', true]);
    });
    test(`${sdk.name} deletes traces`, { skip: sdk.skip ?? false }, async () => {
        const { deletes } = await ready();
        assert.equal(deletes.kept, true);
        for (const { message } of deletes.said) assert.equal(typeof message, 'string');
    });
}

test('media are announced, checked, kept once, and read by whoever holds the address', async () => {
    const bytes = Buffer.from('not really a picture');
    const first = await announce(bytes);
    assert.equal(first.status, 201);
    const { mediaId, uploadUrl } = first.json;
    assert.equal(mediaId, createHash('sha256').update(bytes).digest('base64url').slice(0, 22));
    assert.equal((await call('GET', `/api/public/media/${mediaId}`)).status, 404);
    const other = await put(uploadUrl, Buffer.from('not really a Picture'));
    assert.equal(other.status, 400);
    assert.match(await other.text(), /SHA-256/);
    assert.match(await (await put(uploadUrl, bytes.subarray(1))).text(), /the 20 bytes/);
    assert.equal((await put(uploadUrl, bytes)).status, 200);
    assert.equal((await call('PATCH', `/api/public/media/${mediaId}`, { uploadedAt: new Date().toISOString(), uploadHttpStatus: 200 })).status, 200);
    assert.equal((await announce(bytes, { traceId: 'b-trace' })).json.uploadUrl, null);
    const { json } = await call('GET', `/api/public/media/${mediaId}`);
    assert.deepEqual([json.mediaId, json.contentType, json.contentLength], [mediaId, 'image/png', 20]);
    assert.ok(Date.parse(json.urlExpiry) - Date.now() > 3000e3);
    const read = await fetch(json.url);
    assert.equal(await read.text(), 'not really a picture');
    assert.deepEqual(['x-content-type-options', 'content-disposition'].map((name) => read.headers.get(name)), ['nosniff', `inline; filename="${mediaId}.png"`]);
    // An address is for one file, one verb, one time, and nobody else's.
    for (const [from, to] of [[/seal=../, 'seal=00'], [/expires=\d/, 'expires=9'], [mediaId, 'A'.repeat(22)], [/&seal=.*/, '']])
        assert.equal((await fetch(json.url.replace(from, to))).status, 403, String(from));
    assert.equal((await put(json.url, bytes)).status, 403);
    assert.equal((await fetch(`${server.url}/api/v1/media/${mediaId}`)).status, 401);
    assert.equal((await call('GET', `/api/v1/media/${mediaId}`)).text, 'not really a picture');
});

test('files go with the trace that used them, unless another still does', async () => {
    const bytes = Buffer.from('of two traces'), id = (n) => `00000000-0000-4000-8000-00000000000${n}`;
    const [one, other] = [id(1), id(2)];
    await call('POST', '/api/public/ingestion', { batch: [one, other].map((id) => ({ id, type: 'trace-create', timestamp: new Date().toISOString(), body: { id, name: 'with a file' } })) });
    const { json } = await announce(bytes, { traceId: one });
    assert.equal((await put(json.uploadUrl, bytes)).status, 200);
    await announce(bytes, { traceId: other });
    const there = async () => (await call('GET', `/api/public/media/${json.mediaId}`)).status;
    const remove = async (id) => assert.equal((await call('DELETE', `/api/public/traces/${id}`)).status, 200);
    await remove(one);
    await eventually(async () => assert.equal((await call('GET', `/api/public/traces/${one}`)).status, 404));
    assert.equal(await there(), 200);
    // Used again after its deletion: a trace of that id may come again.
    await announce(bytes, { traceId: one });
    await remove(other);
    await eventually(async () => assert.equal((await call('GET', `/api/public/traces/${other}`)).status, 404));
    assert.equal(await there(), 200);
    await remove(one);
    await eventually(async () => assert.equal(await there(), 404));
});

test('what a browser could run is never shown where it stands', async () => {
    for (const contentType of ['text/html', 'image/svg+xml', 'application/javascript', 'application/pdf', 'image/png, text/html']) {
        const bytes = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>${contentType}`);
        const { json } = await announce(bytes, { contentType });
        assert.equal((await put(json.uploadUrl, bytes)).status, 200);
        const read = await call('GET', `/api/v1/media/${json.mediaId}`);
        assert.equal(read.headers.get('content-type'), 'application/octet-stream', contentType);
        assert.match(read.headers.get('content-disposition'), /^attachment/);
        assert.match(read.headers.get('content-security-policy'), /default-src 'none'.*sandbox/);
    }
});

test('models that cannot be are refused by name, and prices come and go', async () => {
    const path = '/api/public/models', good = { modelName: 'm', matchPattern: '^m$', inputPrice: 1e-6 };
    const tier = (more) => ({ name: 'a', isDefault: true, priority: 0, conditions: [], prices: { input: 1 }, ...more });
    for (const [more, field] of [[{ modelName: '' }, 'modelName'], [{ matchPattern: '(' }, 'matchPattern'], [{ matchPattern: 'a(?!b)' }, 'matchPattern'], [{ matchPattern: 'x'.repeat(2000) }, 'matchPattern'],
        [{ inputPrice: -1 }, 'inputPrice'], [{ inputPrice: '1' }, 'inputPrice'], [{ inputPrice: null }, 'pricingTiers'], [{ totalPrice: 1 }, 'totalPrice'], [{ unit: 'MILES' }, 'unit'],
        [{ startDate: 'soon' }, 'startDate'], [{ pricingTiers: [tier()] }, 'pricingTiers'], [{ inputPrice: undefined, pricingTiers: [] }, 'pricingTiers'], [{ inputPrice: undefined, pricingTiers: [tier({ priority: 1 })] }, 'pricingTiers[0].priority'],
        [{ inputPrice: undefined, pricingTiers: [tier({ prices: {} })] }, 'pricingTiers[0].prices'], [{ inputPrice: undefined, pricingTiers: [7] }, 'pricingTiers[0].name'], [{ tokenizerConfig: 7 }, 'tokenizerConfig']]) {
        const reply = await call('POST', path, { ...good, ...more });
        assert.deepEqual([reply.status, reply.json.message.startsWith(`${field}:`)], [400, true], `${JSON.stringify(more)}: ${JSON.stringify(reply.json)}`);
    }
    // A tier by a parameter, and one by metadata, as an OpenTelemetry span and an event say them.
    const by = (source, key) => [{ source, key, operator: 'in', values: ['flex', 'batch'] }];
    const tiered = await call('PUT', `${path}/tiers/of ours`, { modelName: 'tiered', matchPattern: '^tiered$', pricingTiers: [tier({ prices: { input: 1e-3 } }), tier({ name: 'b', isDefault: false, priority: 1, conditions: by('model_parameters', 'service_tier'), prices: { input: 2e-3 } }),
        tier({ name: 'c', isDefault: undefined, priority: 2, conditions: by('metadata', 'lane'), prices: { input: 3e-3 } })] });
    assert.deepEqual([tiered.status, tiered.json.id, tiered.json.pricingTiers.length], [200, 'tiers/of ours', 3], tiered.text);
    const now = new Date().toISOString(), calls = { plain: {}, asked: { modelParameters: { service_tier: 'flex' } }, told: { metadata: { lane: 'batch' } }, other: { modelParameters: { service_tier: 'fast' }, metadata: { lane: ['batch'] } } };
    await call('POST', '/api/public/ingestion', { batch: Object.entries(calls).map(([id, more]) => ({ id, type: 'generation-create', timestamp: now, body: { id: `tiered-${id}`, traceId: 'tiered', model: 'tiered', startTime: now, usageDetails: { input: 10 }, ...more } })) });
    await eventually(async () => {
        const seen = [];
        for (const id of Object.keys(calls)) seen.push((await call('GET', `/api/public/observations/tiered-${id}`)).json);
        assert.deepEqual(seen.map((one) => one.calculatedTotalCost), [0.01, 0.02, 0.03, 0.01]);
        const { id, name } = Object.fromEntries(['id', 'name'].map((member) => [member, tiered.json.pricingTiers.map((one) => one[member])]));
        assert.deepEqual(seen.map((one) => [one.usagePricingTierId, one.usagePricingTierName]), [[id[0], name[0]], [id[1], name[1]], [id[2], name[2]], [id[0], name[0]]]);
        const { data } = (await call('GET', '/api/public/v2/observations?fields=usage&traceId=tiered')).json;
        assert.deepEqual(data.map((one) => one.usagePricingTierName).sort(), ['a', 'a', 'b', 'c']);
    });
    assert.equal((await call('PUT', `${path}/tiers/of ours`, { modelName: 'tiered', matchPattern: '^tiered$', inputPrice: 5 })).json.pricingTiers.length, 1);
    assert.deepEqual((await call('GET', `${path}?limit=100`)).json.data.filter(({ id }) => id === 'tiers/of ours').map(({ inputPrice }) => inputPrice), [5]);
    assert.equal((await call('DELETE', `${path}/tiers/of ours`)).status, 200);

    const managed = (await call('GET', `${path}?limit=1&page=50`)).json.data[0];
    assert.equal((await call('PUT', `${path}/${encodeURIComponent(managed.id)}`, good)).status, 400);
    assert.equal((await call('DELETE', `${path}/${encodeURIComponent(managed.id)}`)).status, 400);
    assert.ok(new RegExp(managed.matchPattern.replace('(?i)', ''), 'i').test(managed.modelName), JSON.stringify(managed));
    assert.equal((await call('GET', `${path}/nothing`)).status, 404);
    assert.equal((await call('DELETE', `${path}/nothing`)).status, 404);

    const made = await call('POST', '/api/v1/prices', { model: 'Our.Model', prices: { input: 2.5, output: 10, cache_read: 0.25 } });
    assert.deepEqual([made.status, made.json.match, made.json.prices, made.json.tiers], [201, '(?i)^Our\\.Model$', { input: 2.5, cache_read: 0.25, output: 10 }, 1]);
    assert.deepEqual((await call('GET', '/api/v1/prices')).json.prices.find(({ id }) => id === made.json.id), made.json);
    const shown = await runVerb(['prices', 'our.model', '--project', 'default', '--data', server.data]);
    assert.match(shown.stdout, /^Our\.Model +2\.5 +0\.25 +10 matches \(\?i\)\^Our\\\.Model\$$/m, shown.stdout + shown.stderr);
    assert.match((await runVerb(['prices', '--resolve', '', 'our.model', '--project', 'default', '--data', server.data])).stdout, /priced/);
    assert.match((await runVerb(['prices', '--project', 'nobody', '--data', server.data])).stderr, /no project 'nobody'/);
    assert.equal((await call('GET', `${path}/${made.json.id}`)).json.inputPrice, 2.5e-6);
    for (const [body, field] of [[{ prices: { input: 1 } }, 'model'], [{ model: 'a' }, 'prices'], [{ model: 'a', prices: { words: 1 } }, 'prices.words'], [{ model: 'a', prices: { input: -1 } }, 'prices.input'], [{ model: 'a', match: '[', prices: { input: 1 } }, 'matchPattern'], [{ model: 'a', start: 7, prices: { input: 1 } }, 'start']]) {
        const reply = await call('POST', '/api/v1/prices', body);
        assert.deepEqual([reply.status, reply.json.error.message.startsWith(`${field}:`)], [400, true], JSON.stringify(reply.json));
    }
    assert.equal((await call('DELETE', `/api/v1/prices/${made.json.id}`)).status, 204);
    assert.equal((await call('DELETE', `/api/v1/prices/${made.json.id}`)).status, 404);
});

test('an announcement that cannot be is refused by field', async () => {
    const bytes = Buffer.from('x');
    for (const [more, status, field] of [[{ contentType: '' }, 400, 'contentType'], [{ contentType: 'a\r\nb: c' }, 400, 'contentType'], [{ contentLength: 0 }, 400, 'contentLength'],
        [{ contentLength: 9e6 }, 413, 'contentLength'], [{ sha256Hash: 'abc' }, 400, 'sha256Hash'], [{ field: 'thoughts' }, 400, 'field'], [{ traceId: null }, 400, 'traceId'],
        [{ datasetItemId: 'both' }, 400, 'traceId'], [{ traceId: 'x'.repeat(900) }, 400, 'traceId']]) {
        const reply = await announce(bytes, more);
        assert.deepEqual([reply.status, reply.json.message.startsWith(field)], [status, true], JSON.stringify(reply.json));
    }
    assert.equal((await call('GET', '/api/public/media/..%2f..%2fcontrol.db')).status, 404);
});

// --- metrics ---------------------------------------------------------------------------------------

const ask = (query, path = '/api/public/metrics') => call('GET', `${path}?query=${encodeURIComponent(JSON.stringify(query))}`);
const day = { fromTimestamp: '2026-11-20T00:00:00Z', toTimestamp: '2026-11-20T06:00:00Z' };
const count = [{ measure: 'count', aggregation: 'count' }];

// Six generations and their traces over six hours of one day, in the past so that nothing else is there.
async function fill() {
    const batch = [];
    for (let i = 0; i < 6; i++) {
        const at = (seconds) => new Date(Date.UTC(2026, 10, 20, i === 5 ? 4 : i % 3, i, seconds)).toISOString();
        batch.push({ id: `mt${i}`, type: 'trace-create', timestamp: at(0), body: { id: `metric-${i}`, name: i % 2 ? 'odd' : 'even', userId: `u${i % 3}`, tags: i % 2 ? ['a', 'b'] : ['a'], version: `v${i % 2}`, release: 'r1', timestamp: at(0) } });
        batch.push({ id: `mg${i}`, type: 'generation-create', timestamp: at(1), body: { id: `metric-gen-${i}`, traceId: `metric-${i}`, name: 'call', model: 'gpt-4o-mini', startTime: at(1), completionStartTime: at(2), endTime: at(3 + i),
            level: i === 4 ? 'WARNING' : undefined, usageDetails: { input: 100 * i, output: 10, total: 100 * i + 10 }, costDetails: { total: 0.5 }, version: `v${i % 2}` } });
        batch.push({ id: `ms${i}`, type: 'score-create', timestamp: at(9), body: { id: `metric-score-${i}`, traceId: `metric-${i}`, name: 'quality', value: i / 8 } });
        batch.push({ id: `mc${i}`, type: 'score-create', timestamp: at(9), body: { id: `metric-tone-${i}`, traceId: `metric-${i}`, observationId: `metric-gen-${i}`, name: 'tone', value: i < 4 ? 'fine' : 'rude' } });
    }
    const reply = await call('POST', '/api/public/ingestion', { batch });
    assert.deepEqual([reply.status, reply.json.errors], [207, []]);
    await eventually(async () => {
        const { json } = await ask({ view: 'observations', metrics: count, ...day });
        assert.equal(json.data[0].count_count, 6);
    });
}
let filling;
const filled = () => (filling ??= fill());

test('metrics group, sum and take quantiles by the names of the columns', async () => {
    await filled();
    const rows = async (query, path) => { const { status, json, text } = await ask({ ...day, ...query }, path); assert.equal(status, 200, text); return json.data; };
    assert.deepEqual(await rows({ view: 'traces', metrics: [...count, { measure: 'totalCost', aggregation: 'sum' }, { measure: 'uniqueUserIds', aggregation: 'uniq' }, { measure: 'scoresCount', aggregation: 'sum' }], dimensions: [{ field: 'name' }, { field: 'tags' }, { field: 'version' }], orderBy: [{ field: 'name', direction: 'asc' }] }), [
        { name: 'even', tags: ['a'], version: 'v0', count_count: 3, sum_totalCost: 1.5, uniq_uniqueUserIds: 3, sum_scoresCount: 6 },
        { name: 'odd', tags: ['a', 'b'], version: 'v1', count_count: 3, sum_totalCost: 1.5, uniq_uniqueUserIds: 3, sum_scoresCount: 6 }]);
    assert.deepEqual(await rows({ view: 'observations', metrics: [{ measure: 'latency', aggregation: 'max' }, { measure: 'timeToFirstToken', aggregation: 'avg' }, { measure: 'inputTokens', aggregation: 'sum' }, { measure: 'countScores', aggregation: 'sum' }], dimensions: [{ field: 'providedModelName' }, { field: 'type' }] }, '/api/public/v2/metrics'),
        [{ providedModelName: 'gpt-4o-mini', type: 'GENERATION', max_latency: 7000, avg_timeToFirstToken: 1000, sum_inputTokens: 1500, sum_countScores: 6 }]);
    assert.deepEqual((await rows({ view: 'observations', metrics: count, timeDimension: { granularity: 'hour' } })).map((row) => row.count_count), [2, 2, 1, 0, 1, 0]);
    assert.deepEqual(await rows({ view: 'observations', metrics: count, timeDimension: { granularity: 'week' }, orderBy: [{ field: 'time_dimension', direction: 'desc' }] }), [{ time_dimension: '2026-11-16', count_count: 6 }]);
    assert.deepEqual(await rows({ view: 'scores-numeric', metrics: [{ measure: 'value', aggregation: 'avg' }], dimensions: [{ field: 'name' }, { field: 'traceName' }], orderBy: [{ field: 'avg_value', direction: 'desc' }] }),
        [{ name: 'quality', traceName: 'odd', avg_value: 0.375 }, { name: 'quality', traceName: 'even', avg_value: 0.25 }]);
    assert.deepEqual(await rows({ view: 'scores-categorical', metrics: count, dimensions: [{ field: 'stringValue' }, { field: 'observationModelName' }] }),
        [{ stringValue: 'fine', observationModelName: 'gpt-4o-mini', count_count: 4 }, { stringValue: 'rude', observationModelName: 'gpt-4o-mini', count_count: 2 }]);
    const { json } = await call('GET', '/api/public/metrics/daily?fromTimestamp=2026-11-20T00:00:00Z&toTimestamp=2026-11-21T00:00:00Z&tags=b');
    assert.deepEqual(json.data, [{ date: '2026-11-20', countTraces: 3, countObservations: 3, totalCost: 1.5, usage: [{ model: 'gpt-4o-mini', countObservations: 3, countTraces: 3, inputUsage: 900, outputUsage: 30, totalUsage: 930, totalCost: 1.5 }] }]);
});

// [filter, how many of the six observations]
const filters = [
    [{ type: 'string', column: 'name', operator: 'contains', value: 'al' }, 6], [{ type: 'string', column: 'name', operator: 'does not contain', value: 'al' }, 0],
    [{ type: 'string', column: 'name', operator: 'starts with', value: 'ca' }, 6], [{ type: 'string', column: 'name', operator: 'ends with', value: 'ca' }, 0], [{ type: 'string', column: 'userId', operator: '=', value: 'u1' }, 2],
    [{ type: 'datetime', column: 'startTime', operator: '>=', value: '2026-11-20T02:00:00Z' }, 2], [{ type: 'number', column: 'latency', operator: '>', value: 5.5 }, 2], [{ type: 'number', column: 'totalTokens', operator: '<=', value: 110 }, 2],
    [{ type: 'stringOptions', column: 'level', operator: 'any of', value: ['WARNING', 'ERROR'] }, 1], [{ type: 'stringOptions', column: 'Trace Name', operator: 'none of', value: ['odd'] }, 3],
    [{ type: 'arrayOptions', column: 'tags', operator: 'any of', value: ['b', 'z'] }, 3], [{ type: 'arrayOptions', column: 'tags', operator: 'all of', value: ['a', 'b'] }, 3], [{ type: 'arrayOptions', column: 'tags', operator: 'none of', value: ['b'] }, 3],
    [{ type: 'boolean', column: 'isRootObservation', operator: '=', value: true }, 6], [{ type: 'null', column: 'promptName', operator: 'is null' }, 6], [{ type: 'null', column: 'sessionId', operator: 'is not null' }, 0],
];
test('each kind of filter leaves the rows it should', async () => {
    await filled();
    for (const [filter, left] of filters) {
        const { status, json, text } = await ask({ view: 'observations', metrics: count, ...day, filters: [filter] });
        assert.deepEqual([status, json?.data?.[0]?.count_count], [200, left], JSON.stringify(filter) + text);
    }
    for (const [filter, left] of [[{ type: 'numberObject', column: 'scores_avg', key: 'quality', operator: '>', value: 0.25 }, 3], [{ type: 'categoryOptions', column: 'score_categories', key: 'tone', operator: 'none of', value: ['rude'] }, 4],
        [{ type: 'number', column: 'warningCount', operator: '=', value: 1 }, 1]]) {
        const { json } = await ask({ view: 'traces', metrics: count, ...day, filters: [filter] });
        assert.equal(json.data[0].count_count, left, JSON.stringify(filter));
    }
});

test('a question that cannot be asked is refused by member', async () => {
    const good = { view: 'traces', metrics: count, ...day };
    for (const [bad, member] of [[{ view: 'spans' }, 'view'], [{ fromTimestamp: 'soon' }, 'fromTimestamp'], [{ toTimestamp: day.fromTimestamp }, 'toTimestamp'], [{ metrics: {} }, 'metrics'], [{ metrics: [{ measure: 'joy', aggregation: 'sum' }] }, 'metrics[0].measure'],
        [{ metrics: [{ measure: 'latency', aggregation: 'p50) --' }] }, 'metrics[0].aggregation'], [{ dimensions: [{ field: "name'" }] }, 'dimensions[0].field'], [{ timeDimension: { granularity: 'second' } }, 'timeDimension.granularity'],
        [{ orderBy: [{ field: 'joy' }] }, 'orderBy[0].field'], [{ config: { row_limit: 5000 } }, 'row_limit'], [{ filters: [{ type: 'string', column: 'latency', operator: '=', value: 'x' }] }, 'filters[0].type'],
        [{ filters: [{ type: 'number', column: 'latency', operator: 'contains', value: 1 }] }, 'filters[0].operator'], [{ filters: [{ type: 'number', column: 'latency', operator: '>', value: [] }] }, 'filters[0].value'],
        [{ filters: [{ type: 'stringObject', column: 'metadata', operator: '=', value: 'x' }] }, 'filters[0].key'], [{ filters: [{ type: 'numberObject', column: 'scores_avg', operator: '>', value: 1 }] }, 'filters[0].key']]) {
        const { status, json } = await ask({ ...good, ...bad });
        assert.deepEqual([status, json.message.startsWith(member)], [400, true], `${member}: ${json.message}`);
    }
    assert.match((await call('GET', '/api/public/metrics?query=nonsense')).json.message, /^query: /);
});

// --- lists -----------------------------------------------------------------------------------------

const list = async (path) => {
    const { status, json, text } = await call('GET', `/api/public/${path}`);
    assert.equal(status, 200, `${path}: ${text}`);
    return json;
};
const within = 'fromTimestamp=2026-11-20T00:00:00Z&toTimestamp=2026-11-20T06:00:00Z', started = 'fromStartTime=2026-11-20T00:00:00Z&toStartTime=2026-11-20T06:00:00Z';
const json = (value) => encodeURIComponent(JSON.stringify(value));

test('lists of traces are narrowed by tags, version and filters, ordered, and cut to groups of fields', async () => {
    await filled();
    const ids = async (query) => (await list(`traces?${within}&${query}`)).data.map((one) => one.id.slice(7)).join('');
    for (const [query, expected] of [['orderBy=timestamp.asc', '031425'], ['tags=b&orderBy=id.asc', '135'], ['tags=a&tags=b&orderBy=id.asc', '135'], ['tags=z', ''], ['version=v0&orderBy=id.desc', '420'], ['userId=u1&orderBy=id.asc', '14'],
        ['release=r1&name=even&orderBy=id.asc', '024'], ['release=r2', ''], ['environment=default&environment=x&orderBy=latency.desc', '543210'], ['limit=2&page=2&orderBy=id.asc', '23'],
        [`filter=${json([{ type: 'number', column: 'totalTokens', operator: '>', value: 300 }])}&orderBy=id.asc`, '345'], [`filter=${json([{ type: 'stringOptions', column: 'level', operator: 'any of', value: ['WARNING'] }])}`, '4']])
        assert.equal(await ids(query), expected, query);
    const [core] = (await list(`traces?${within}&fields=core&limit=1`)).data;
    assert.deepEqual([core.observations, core.scores, core.totalCost, core.latency, core.input], [[], [], -1, -1, null]);
    const [some] = (await list(`traces?${within}&fields=core,scores,metrics&limit=1&orderBy=id.asc`)).data;
    assert.deepEqual([some.observations, some.scores.length, some.totalCost, some.tags, some.version], [[], 2, 0.5, ['a'], 'v0']);
    assert.equal((await list('sessions?environment=nowhere')).meta.totalItems, 0);
});

test('lists of observations and scores are narrowed likewise', async () => {
    await filled();
    const names = async (query, version = '') => (await list(`${version}observations?${started}&${query}`)).data.map((one) => one.id.slice(11)).sort().join('');
    for (const [query, expected] of [['type=GENERATION', '012345'], ['type=SPAN', ''], ['level=WARNING', '4'], ['version=v1', '135'], ['userId=u2', '25'], ['parentObservationId=nobody', ''], [`filter=${json([{ type: 'arrayOptions', column: 'traceTags', operator: 'any of', value: ['b'] }])}`, '135']]) {
        assert.equal(await names(query), expected, query);
        assert.equal(await names(query, 'v2/'), expected, `v2 ${query}`);
    }
    const score = async (path) => (await list(`${path}&${within}`)).data.map((one) => one.id.slice(7)).sort().join();
    assert.equal(await score('v2/scores?scoreIds=metric-score-1,metric-tone-2'), 'score-1,tone-2');
    assert.equal(await score('v2/scores?name=quality&userId=u1'), 'score-1,score-4');
    assert.equal(await score('v2/scores?name=tone&traceTags=b'), 'tone-1,tone-3,tone-5');
    assert.equal(await score('v3/scores?name=tone,quality&valueMin=0.5'), 'score-4,score-5');
    assert.equal(await score(`v2/scores?filter=${json([{ type: 'string', column: 'stringValue', operator: '=', value: 'rude' }])}`), 'tone-4,tone-5');
    for (const [path, member] of [['traces?orderBy=joy.asc', 'orderBy'], ['traces?filter=[{', 'filter'], ['observations?filter={}', 'filter'], ['v2/observations?isRootObservation=maybe', 'isRootObservation']]) {
        const { status, json: body } = await call('GET', `/api/public/${path}`);
        assert.deepEqual([status, body.message.startsWith(member)], [400, true], body.message);
    }
});

test('tags that come apart from the spans of a trace belong to it', async () => {
    const id = 'c0ffee00c0ffee00c0ffee00c0ffee01';
    const span = { traceId: id, spanId: '00c0ffee00c0ffee', name: 'apart', startTimeUnixNano: '1795000000000000000', endTimeUnixNano: '1795000001000000000' };
    assert.equal((await call('POST', '/api/public/otel/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })).status, 200);
    await call('POST', '/api/public/ingestion', { batch: [{ id: 'apart', type: 'trace-create', timestamp: new Date().toISOString(), body: { id, tags: ['late', 'apart'] } }] });
    await eventually(async () => assert.deepEqual((await list(`traces/${id}`)).tags, ['apart', 'late']));
    assert.deepEqual((await list('traces?tags=late')).data.map((one) => one.id), [id]);
    const found = await server.api.traces({ f: 'tag=late', from: '2026-11-01T00:00:00Z', to: '2026-12-31T00:00:00Z' });
    assert.deepEqual(found.traces.map((one) => one.trace_id), [id]);
});

// --- one by one ------------------------------------------------------------------------------------

test('traces and observations sent one a request become the same spans', async () => {
    const post = async (path, body, method = 'POST') => {
        const { status, json: reply, text } = await call(method, `/api/public/${path}`, body);
        assert.equal(status, 200, text);
        return reply.id;
    };
    const trace = await post('traces', { name: 'single', userId: 'u-one', input: 'question', tags: ['one'] });
    const span = await post('spans', { traceId: trace, name: 'step', input: 'in' });
    await post('spans', { spanId: span, traceId: trace, output: 'out', endTime: new Date().toISOString() }, 'PATCH');
    const generation = await post('generations', { id: 'single-generation', traceId: trace, parentObservationId: span, name: 'call', model: 'gpt-4o-mini', usage: { promptTokens: 120, completionTokens: 30 } });
    await post('generations', { generationId: generation, output: 'Paris', level: 'WARNING', endTime: new Date().toISOString() }, 'PATCH');
    await post('events', { traceId: trace, name: 'note' });
    await post('traces', { id: trace, output: 'answer' });
    await eventually(async () => {
        const told = await list(`traces/${trace}`);
        assert.deepEqual([told.name, told.input, told.output, told.userId, told.tags], ['single', 'question', 'answer', 'u-one', ['one']]);
        const of = (name) => told.observations.find((one) => one.name === name);
        assert.deepEqual([of('step').output, of('call').output, of('call').level, of('call').parentObservationId, of('call').usage.total, of('note').type], ['out', 'Paris', 'WARNING', span, 150, 'EVENT']);
        assert.equal(told.totalCost, 0.000036);
    });
    const refused = async (method, path, body) => { const { status, json: reply } = await call(method, `/api/public/${path}`, body); return [status, reply.message]; };
    assert.deepEqual(await refused('PATCH', 'spans', { output: 'x' }), [400, 'spanId: is missing']);
    assert.match((await refused('POST', 'generations', { name: 5 }))[1], /^body\.name: /);
    assert.equal((await refused('POST', 'events', []))[0], 400);
});

// --- keys and projects -----------------------------------------------------------------------------

const basic = (keys) => ({ authorization: `Basic ${Buffer.from(`${keys.public_key}:${keys.secret_key}`).toString('base64')}` });

test('keys are made and revoked by those who have one, and a secret is told once', async () => {
    const made = await call('POST', '/api/v1/keys', { note: 'for the shop' });
    assert.equal(made.status, 201);
    const opened = async () => (await call('GET', '/api/public/projects', undefined, basic(made.json))).status;
    assert.equal(await opened(), 200);
    const { keys } = (await call('GET', '/api/v1/keys')).json;
    assert.deepEqual(keys.at(-1).note, 'for the shop');
    assert.ok(!JSON.stringify(keys).includes('sk-lf-'));
    assert.equal((await call('DELETE', `/api/v1/keys/${made.json.public_key}`)).status, 204);
    assert.equal(await opened(), 401);
    assert.equal((await call('DELETE', `/api/v1/keys/${made.json.public_key}`)).status, 404);
    assert.equal((await call('POST', '/api/v1/keys', { note: 'x'.repeat(300) })).status, 413);
    assert.equal((await fetch(`${server.url}/api/v1/keys`)).status, 401);
});

test('the operator makes projects and keys beside a running server', async () => {
    const verb = (...args) => runVerb([...args, '--data', server.data]);
    const pair = (text) => ({ public_key: /public key: (\S+)/.exec(text)[1], secret_key: /secret key: (\S+)/.exec(text)[1] });
    const first = pair((await verb('project', 'create', 'shop', 'The shop')).stdout);
    const second = pair((await verb('key', 'create', 'shop', 'spare')).stdout);
    const project = async (keys) => { const { status, json: body } = await call('GET', '/api/public/projects', undefined, basic(keys)); return status === 200 ? body.data[0].name : status; };
    await eventually(async () => assert.deepEqual([await project(first), await project(second)], ['The shop', 'The shop']));
    assert.match((await verb('key', 'list', 'shop')).stdout, /spare/);
    assert.match((await verb('project', 'list')).stdout, /^shop .*The shop$/m);
    assert.equal((await call('DELETE', `/api/v1/keys/${first.public_key}`)).status, 404, 'of another project');
    const price = (await call('POST', '/api/v1/prices', { model: 'ours alone', prices: { input: 1 } })).json;
    assert.deepEqual((await call('GET', '/api/v1/prices', undefined, basic(first))).json, { prices: [] });
    assert.equal((await call('DELETE', `/api/v1/prices/${price.id}`, undefined, basic(first))).status, 404, 'of another project');
    await verb('key', 'delete', 'shop', second.public_key);
    await eventually(async () => assert.equal(await project(second), 401));
    assert.match((await verb('key', 'delete', 'shop', first.public_key)).stderr, /last one/);
    await verb('project', 'delete', 'shop');
    await eventually(async () => assert.equal(await project(first), 401));
    for (const [args, words] of [[['project', 'delete', 'default'], /stays/], [['project', 'delete', 'nowhere'], /no project/], [['key', 'list'], /usage/], [['project', 'create', 'Not A Name'], /expected 1 to 60/]])
        assert.match((await verb(...args)).stderr, words);
});

test('docs/compat/langfuse.md says what these SDKs asked', () => checkCompat('langfuse_rest', watched.seen, noPython() ? ['JS v3', 'JS v4', 'JS v5'] : undefined));
