// SPDX-License-Identifier: Apache-2.0
// Bodies that Langfuse's SDKs never send: every member of every route in every wrong type, missing, null, unknown or huge.
// Each is refused with a 4xx that names the member; where a route takes more than one might think, the table says so.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { eventually } from './support/api.mjs';
import { startServer } from './support/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(async () => { await server?.close(); });

async function send(method, path, body) {
    const reply = await fetch(`${server.url}/api/public/${path}`, { method, headers: { 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body) });
    const text = await reply.text();
    return { status: reply.status, body: text && JSON.parse(text) };
}

const tier = { name: 'usual', isDefault: true, priority: 0, conditions: [], prices: { input: 1 } };
const schema = { type: 'object' };
// [method, path, a body that is taken, members that take anything, members that may be left out or null]. Path and body may be
// functions of what was made before.
const routes = [
    ['POST', 'score-configs', { name: 'n', dataType: 'NUMERIC', minValue: 0, maxValue: 1, description: 'd' }, '', 'minValue maxValue description'],
    ['POST', 'score-configs', { name: 'n', dataType: 'CATEGORICAL', categories: [{ label: 'a', value: 1 }] }, '', ''],
    ['PATCH', (made) => `score-configs/${made.config}`, { name: 'n', isArchived: false, minValue: 0, maxValue: 1, description: 'd' }, '', 'name isArchived minValue maxValue description'],
    ['POST', 'comments', { projectId: 'default', objectType: 'PROMPT', objectId: 'p', content: 'c', authorUserId: 'u' }, 'projectId', 'authorUserId projectId'],
    ['POST', 'annotation-queues', (made) => ({ name: 'q', description: 'd', scoreConfigIds: [made.config] }), '', 'description'],
    ['POST', (made) => `annotation-queues/${made.queue}/items`, { objectId: 's', objectType: 'SESSION', status: 'PENDING' }, '', 'status'],
    ['PATCH', (made) => `annotation-queues/${made.queue}/items/${made.item}`, { status: 'PENDING' }, '', 'status'],
    ['POST', (made) => `annotation-queues/${made.queue}/assignments`, { userId: 'u' }, '', ''],
    ['DELETE', (made) => `annotation-queues/${made.queue}/assignments`, { userId: 'u' }, '', ''],
    ['POST', 'models', { modelName: 'm', matchPattern: 'm', unit: 'TOKENS', inputPrice: 1, startDate: '2026-01-01T00:00:00Z', tokenizerId: 't', tokenizerConfig: {} }, '', 'unit startDate tokenizerId tokenizerConfig'],
    ['PUT', 'models/house', { modelName: 'm', matchPattern: 'm', unit: 'TOKENS', pricingTiers: [tier] }, '', 'unit'],
    ['POST', 'projects/default/apiKeys', { note: 'n' }, '', 'note'],
    ['POST', 'media', { contentType: 'image/png', contentLength: 3, sha256Hash: 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=', field: 'input', traceId: 't', observationId: 'o' }, '', 'observationId'],
    ['POST', 'v2/prompts', { name: 'p', prompt: 'hi', type: 'text', labels: ['x'], tags: ['t'], config: {}, commitMessage: 'm' }, 'config', 'type labels tags commitMessage config'],
    ['PATCH', 'v2/prompts/p/versions/1', { newLabels: ['y'] }, '', ''],
    ['POST', 'v2/datasets', { name: 'd', description: 'd', metadata: {}, inputSchema: schema, expectedOutputSchema: schema }, 'metadata', 'description metadata inputSchema expectedOutputSchema'],
    ['POST', 'dataset-items', { datasetName: 'd', id: 'i', input: {}, expectedOutput: {}, metadata: {}, sourceTraceId: 't', sourceObservationId: 'o', status: 'ACTIVE' }, 'input expectedOutput metadata', 'id input expectedOutput metadata sourceTraceId sourceObservationId status'],
    ['POST', 'dataset-run-items', { runName: 'r', runDescription: 'd', metadata: {}, datasetItemId: 'i', traceId: 't', createdAt: '2026-01-01T00:00:00Z' }, 'metadata', 'runDescription metadata createdAt'],
    ['POST', 'scores', { id: 's', name: 'n', value: 1, dataType: 'NUMERIC', traceId: 't', comment: 'c', metadata: {}, environment: 'e', source: 'API', queueId: 'q' }, 'metadata environment', 'id dataType comment metadata environment source queueId'],
    ['POST', 'traces', { id: 't', name: 'n', timestamp: '2026-11-20T00:00:00Z', userId: 'u', sessionId: 's', input: 1, output: 1, metadata: {}, release: 'r', version: 'v', public: false, tags: ['a'], environment: 'e' }, 'input output metadata environment', '*'],
    ['POST', 'spans', { id: 's', traceId: 't', name: 'n', startTime: '2026-11-20T00:00:00Z', endTime: '2026-11-20T00:00:00Z', parentObservationId: 'p', level: 'DEFAULT', statusMessage: 's', input: 1, output: 1, metadata: {}, version: 'v', environment: 'e' }, 'input output metadata environment', '*'],
    ['POST', 'generations', { id: 'g', traceId: 't', completionStartTime: '2026-11-20T00:00:00Z', model: 'm', modelParameters: {}, usage: { input: 1 }, usageDetails: { input: 1 }, costDetails: { input: 1 }, promptName: 'p', promptVersion: 1 }, '', '*'],
    ['DELETE', 'traces', { traceIds: ['nothing'] }, '', ''],
];
const enums = /^(dataType|objectType|status|unit|type|level|source|field)$/;
const kind = (value) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);
const others = [7, 'text', true, {}, [7]];

// [what was done, the body] for each member, and for the whole.
function* spoilt(good, anything, optional) {
    for (const [name, value] of Object.entries(good)) {
        const free = anything.split(' ').includes(name), may = optional === '*' || optional.split(' ').includes(name);
        if (!may) {
            const { [name]: _, ...rest } = good;
            yield [name, 'missing', rest];
            yield [name, 'null', { ...good, [name]: null }];
        }
        if (free) continue;
        for (const other of others) if (kind(other) !== kind(value) || (kind(other) === 'list' && other.length)) yield [name, `as ${JSON.stringify(other)}`, { ...good, [name]: other }];
        if (typeof value === 'string') yield [name, 'huge', { ...good, [name]: 'x'.repeat(100000) }];
        if (enums.test(name)) yield [name, 'unknown', { ...good, [name]: 'NEVER' }];
        if (typeof value === 'number') yield [name, 'negative', { ...good, [name]: -1e308 }];
    }
}

// What is taken although it looks wrong: bounds and scores of any size, schemas that are true, long texts of telemetry.
const taken = /^(POST|PATCH) (score-configs minValue|scores value) negative$|^POST v2\/datasets (input|expectedOutput)Schema as true$|^POST v2\/prompts prompt huge$|^POST (traces|spans|generations) (?!id |traceId|parentObservationId).* huge$/;

async function prepare() {
    const config = (await send('POST', 'score-configs', { name: 'first', dataType: 'NUMERIC' })).body.id;
    const queue = (await send('POST', 'annotation-queues', { name: 'first', scoreConfigIds: [config] })).body.id;
    const item = (await send('POST', `annotation-queues/${queue}/items`, { objectId: 's', objectType: 'SESSION' })).body.id;
    for (const [path, body] of [['v2/prompts', { name: 'p', prompt: 'hi' }], ['v2/datasets', { name: 'd' }], ['dataset-items', { datasetName: 'd', id: 'i' }]])
        assert.ok((await send('POST', path, body)).status < 300, path);
    return { config, queue, item };
}

test('every member in every wrong way is refused by name', async () => {
    const made = await prepare(), wrong = [];
    for (const [method, where, good, anything, optional] of routes) {
        const path = typeof where === 'string' ? where : where(made), whole = typeof good === 'function' ? good(made) : good;
        for (const [name, how, body] of spoilt(whole, anything, optional)) {
            const { status, body: said } = await send(method, path, body);
            const what = `${method} ${path.split('/')[0] === 'v2' ? path.split('/').slice(0, 2).join('/') : path.split('/')[0]} ${name} ${how}`;
            const refused = status >= 400 && status < 500 && String(said.message).includes(name);
            if (!refused && !taken.test(what)) wrong.push(`${what}: ${status} ${JSON.stringify(said).slice(0, 150)}`);
        }
        for (const body of ['', '[]', '7', '"x"', 'null', '{', '{"a":1}x', `${'['.repeat(5000)}`]) {
            const { status } = await send(method, path, body);
            if (!(status >= 400 && status < 500) && !(method === 'PATCH' && body === '{}')) wrong.push(`${method} ${path} with ${body.slice(0, 10)}: ${status}`);
        }
    }
    assert.equal(wrong.join('\n'), '');
    await eventually(async () => assert.ok((await server.api.status()).index.caught_up));
});
