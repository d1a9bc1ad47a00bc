// SPDX-License-Identifier: Apache-2.0
// Every method that each of Langfuse's SDKs offers, called on what was written: it answers, and its own models take the
// answer; or it is told why that part is not here. New methods of newer versions are found by themselves.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from './support/api.mjs';
import { noPython, runClient } from './support/client.mjs';
import { checkCompat, checkWhole, watch } from './support/compat.mjs';
import { startServer } from './support/server.mjs';

const venv = resolve(fileURLToPath(import.meta.url), '../.venv');
const pair = { public: 'pk-lf-every', secret: 'sk-lf-every-secret' };
const authorization = `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}`;
const sdks = [
    ...[3, 4, 5].map((version) => ({ name: `JS v${version}`, key: `js${version}`, file: 'langfuse_every.mjs', env: { LANGFUSE_JS: String(version) } })),
    ...[2, 3, 4].map((version) => ({ name: `Python v${version}`, key: `py${version}`, file: 'langfuse_every.py', env: { PYTHONPATH: resolve(venv, `langfuse${version}`) }, skip: noPython() })),
];
let server, watched;
const values = {};

async function ask(method, path, body) {
    const reply = await fetch(`${server.url}/api/public/${path}`, { method, headers: { authorization, ...(body && { 'content-type': 'application/json' }) }, body: body && JSON.stringify(body) });
    const text = await reply.text();
    assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${text}`);
    return text ? JSON.parse(text) : null;
}
const post = (path, body) => ask('POST', path, body);

const now = Date.now(), at = (ms) => new Date(now - 60000 + ms).toISOString();
function story() {
    const batch = [], add = (type, body) => batch.push({ id: `every-${batch.length}`, type, timestamp: at(batch.length), body });
    add('trace-create', { id: 'every trace', name: 'ask', userId: 'ada', sessionId: 'every session', tags: ['a', 'b'], input: { q: 1 }, output: 'x', metadata: { deep: { list: [1, null] } }, version: '1', release: 'r', public: true });
    for (const type of ['span', 'event', 'agent', 'tool', 'chain', 'retriever', 'evaluator', 'embedding', 'guardrail'])
        add(`${type}-create`, { id: `every-${type}`, traceId: 'every trace', name: type, startTime: at(1), ...(type !== 'event' && { endTime: at(9) }), input: [1, 'two'], output: null, metadata: type === 'span' ? { a: { b: 1 } } : undefined, level: 'WARNING', statusMessage: 'hm' });
    add('generation-create', { id: 'every-generation', traceId: 'every trace', parentObservationId: 'every-span', name: 'call', model: 'gpt-4o-mini', modelParameters: { temperature: 0.5, stop: 'x', max_tokens: 7, stream: true }, startTime: at(1), completionStartTime: at(3), endTime: at(9), usageDetails: { input: 100, output: 10, total: 110, input_cached_tokens: 5 }, promptName: 'every/text', promptVersion: 1 });
    add('generation-create', { id: 'every-bare', traceId: 'every trace' }); // nothing but its ids
    const score = (name, more) => add('score-create', { id: `every-${name}`, traceId: 'every trace', name, comment: 'because', ...more });
    score('number', { value: 0.25, metadata: { a: 1 } });
    score('flag', { value: 1, dataType: 'BOOLEAN', observationId: 'every-generation', metadata: 'a text' });
    score('tone', { value: 'fine', metadata: [1] });
    score('note', { value: 'a longer text', dataType: 'TEXT' });
    score('output', { value: 'better', dataType: 'CORRECTION' });
    score('session', { value: 3, traceId: undefined, sessionId: 'every session' });
    score('run', { value: 2, traceId: undefined, datasetRunId: values.runId });
    score('judged', { value: 4, configId: values.configId, source: 'ANNOTATION', queueId: values.queueId });
    return batch;
}

before(async () => {
    server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    watched = await watch(server);
    await post('v2/prompts', { name: 'every/text', prompt: 'Hello {{name}}', labels: ['production'], tags: ['t'], config: { a: 1 } });
    await post('v2/prompts', { name: 'every chat', type: 'chat', labels: ['production'], prompt: [{ role: 'user', content: 'hi' }, { type: 'placeholder', name: 'more' }] });
    await post('v2/prompts', { name: 'every plain', prompt: 'hi', labels: ['production'] });
    await post('v2/datasets', { name: 'every set', metadata: [1], inputSchema: { type: ['object', 'null'] } });
    const { datasetId } = await post('dataset-items', { datasetName: 'every set', id: 'every-item', input: { a: 1 }, expectedOutput: 'x', metadata: [7], sourceTraceId: 'every trace' });
    await post('dataset-items', { datasetName: 'every set', id: 'every-bare-item' });
    const run = await post('dataset-run-items', { runName: 'every run', datasetItemId: 'every-item', traceId: 'every trace', metadata: ['list'] });
    const configs = [{ dataType: 'NUMERIC', minValue: 0, maxValue: 5 }, { dataType: 'BOOLEAN' }, { dataType: 'CATEGORICAL', categories: [{ label: 'a', value: 1 }] }];
    const [config] = await Promise.all(configs.map((one) => post('score-configs', { name: one.dataType === 'NUMERIC' ? 'judged' : `every ${one.dataType}`, ...one })));
    const queue = await post('annotation-queues', { name: 'every queue', scoreConfigIds: [config.id] });
    const model = await post('models', { modelName: 'every-model', matchPattern: '^every$', unit: 'TOKENS', pricingTiers: [{ name: 'usual', isDefault: true, priority: 0, conditions: [], prices: { input: 1e-6, output: 2e-6 } },
        { name: 'long', isDefault: false, priority: 1, conditions: [{ usageDetailPattern: '^input', operator: 'gt', value: 1000, caseSensitive: false }], prices: { input: 2e-6 } }] });
    Object.assign(values, { runId: run.datasetRunId, configId: config.id, queueId: queue.id, 'models.id': model.id });
    const { errors } = await post('ingestion', { batch: story() });
    assert.deepEqual(errors, []);
    await eventually(async () => {
        assert.equal((await ask('GET', 'traces/every%20trace')).observations.length, 11);
        assert.equal((await ask('GET', 'v2/scores')).meta.totalItems, 8);
    });
    const item = await post(`annotation-queues/${queue.id}/items`, { objectId: 'every trace', objectType: 'TRACE' });
    const comment = await post('comments', { projectId: 'default', objectType: 'TRACE', objectId: 'every trace', content: 'look', authorUserId: 'ada' });
    const bytes = Buffer.from('a file'), { mediaId, uploadUrl } = await post('media', { contentType: 'text/plain', contentLength: bytes.length, sha256Hash: createHash('sha256').update(bytes).digest('base64'), field: 'input', traceId: 'every trace' });
    assert.equal((await fetch(uploadUrl, { method: 'PUT', body: bytes, headers: { 'content-type': 'text/plain' } })).status, 200);
    Object.assign(values, {
        traceId: 'every trace', observationId: 'every-generation', sessionId: 'every session', scoreId: 'every-number', itemId: item.id, commentId: comment.id, mediaId,
        promptName: 'every/text', datasetName: 'every set', runName: 'every run', projectId: 'default', datasetId, 'datasetItems.id': 'every-item',
    });
});
after(async () => { watched?.close(); await server?.close(); });

const span = { fromTimestamp: at(-3600e3), toTimestamp: at(7200e3) };
const question = (view) => ({ query: JSON.stringify({ view, metrics: [{ measure: 'count', aggregation: 'count' }], dimensions: [{ field: 'name' }], ...span }) });
// What a method needs besides what its parameters' names say: by its name in any of the SDKs.
const requests = () => ({
    ...Object.fromEntries(['metrics.metrics', 'metricsV2.metrics'].map((name) => [name, question('observations')])), 'legacy.metricsV1.metrics': question('traces'),
    ...Object.fromEntries(['experiments.list', 'experiments.listItems'].map((name) => [name, { fromStartTime: at(-3600e3), fields: 'core,dataset,io,metadata,itemMetadata,experimentMetadata,scores' }])),
    'datasetRunItems.list': { datasetId: values.datasetId, runName: 'every run' },
    ...Object.fromEntries(['observations.getMany', 'observationsV2.getMany'].map((name) => [name, { fields: 'core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context' }])),
    'scoresV3.getManyV3': { fields: 'details,subject,annotation' },
});

// {done, read}: what was called, as {method: {answer} or {status, refused}}.
async function run(sdk) {
    // What we do not offer needs no arguments that fit, but Python's own types ask for some.
    const plan = { calls: writes(sdk.key), reads: sdk.file.endsWith('.py') ? reads.source : `${reads.source}|${absent.source}` };
    const file = join(server.data, `plan-${sdk.name.replace(' ', '-')}.json`);
    await writeFile(file, JSON.stringify({ values, requests: requests(), ...plan }));
    return runClient(sdk.file, { args: [file], env: { LANGFUSE_PUBLIC_KEY: pair.public, LANGFUSE_SECRET_KEY: pair.secret, LANGFUSE_HOST: watched.url, LANGFUSE_BASE_URL: watched.url, ...sdk.env } });
}

const absent = /^(blobStorageIntegrations|llmConnections|organizations|scim|feedback|unstable|evaluators|evaluationRules)\b|^projects\.(create|update|delete)$/;
const reads = /\.(get(?!UploadUrl)|list|health|metrics|daily)/;

// What other tests have no call of: in order, as [method, request, values]. `kind`: what older Python wants it to be of.
const writes = (key) => {
    const score = { kind: 'CreateScoreRequest', id: `${key}-score`, traceId: 'every trace', name: 'given alone', value: 0.5 };
    const remove = { scoreId: `${key}-score` };
    return [
        ...['score.create', 'scores.create', 'legacy.scoreV1.create'].map((name) => [name, score]),
        ...['score.delete', 'scores.delete', 'legacy.scoreV1.delete'].map((name) => [name, {}, remove]),
        ['datasets.create', { kind: 'CreateDatasetRequest', name: `set ${key}` }],
        ['datasetItems.create', { kind: 'CreateDatasetItemRequest', datasetName: `set ${key}`, id: `${key}-item`, input: { a: 1 } }],
        ['datasetRunItems.create', { kind: 'CreateDatasetRunItemRequest', runName: 'one run', datasetItemId: `${key}-item`, traceId: 'every trace' }],
        ['datasets.deleteRun', {}, { datasetName: `set ${key}`, runName: 'one run' }],
        ['datasetItems.delete', {}, { 'datasetItems.id': `${key}-item`, id: `${key}-item` }],
        ['projects.createApiKey', { note: `of ${key}` }],
        ['projects.deleteApiKey', {}, { apiKeyId: '$projects.createApiKey id' }],
        ['prompts.get', {}, { promptName: 'every plain' }],
        ...(key === 'js5' ? [['models.upsert', { modelName: 'put', matchPattern: '^put$', unit: 'TOKENS', inputPrice: 1e-6 }, { 'models.id': 'put-model' }]] : []),
        ...(key !== 'js3' ? [] : [
            ['scoreConfigs.create', { name: 'js3 config', dataType: 'NUMERIC' }],
            ['comments.create', { projectId: 'default', objectType: 'TRACE', objectId: 'every trace', content: 'hello' }],
            ['annotationQueues.createQueueItem', { objectId: 'every session', objectType: 'SESSION' }],
            ['annotationQueues.updateQueueItem', { status: 'COMPLETED' }, { itemId: '$annotationQueues.createQueueItem id' }],
            ['annotationQueues.deleteQueueItem', {}, { itemId: '$annotationQueues.createQueueItem id' }],
            ['models.create', { modelName: 'js3', matchPattern: '^js3$', unit: 'TOKENS', inputPrice: 1e-6 }],
            ['models.delete', {}, { 'models.id': '$models.create id' }],
        ]),
    ];
};

describe('each SDK', { concurrency: 3 }, () => {
    for (const sdk of sdks) {
        let running;
        const ready = () => (running ??= run(sdk));
        test(`${sdk.name}: what else it writes, makes and deletes`, { skip: sdk.skip ?? false }, async () => {
            const { done } = await ready();
            const wrong = Object.entries(done).filter(([, one]) => one.refused !== undefined);
            assert.equal(wrong.map(([name, { status, refused }]) => `${name}: ${status} ${refused}`).join('\n'), '');
            assert.ok(Object.keys(done).length >= 8, Object.keys(done).join());
        });
        test(`${sdk.name}: every method that reads takes the answer, or is told why there is none`, { skip: sdk.skip ?? false }, async () => {
            const { read } = await ready(), names = Object.keys(read);
            assert.ok(names.length >= (sdk.name === 'Python v2' ? 25 : 40), `only ${names.length} methods`);
            const wrong = names.filter((name) => {
                const { answer, status, refused } = read[name];
                if (absent.test(name)) return status !== 404 || !/not offered: /.test(refused);
                return refused !== undefined || answer?.data?.length === 0;
            });
            assert.equal(wrong.map((name) => `${name}: ${read[name].status} ${read[name].refused ?? JSON.stringify(read[name].answer)}`).join('\n'), '');
        });
    }
});

const ran = noPython() ? ['JS v3', 'JS v4', 'JS v5'] : undefined;
test('docs/compat/langfuse.md says what these SDKs asked', () => checkCompat('langfuse_every', watched.seen, ran));
test('no call of any SDK is left untried', () => checkWhole(ran));
