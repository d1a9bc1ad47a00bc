// SPDX-License-Identifier: Apache-2.0
// Datasets and experiments by Langfuse's own SDKs, every generation, unmodified; then by hand, what they never send.
import { strict as assert } from 'node:assert';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from './support/api.mjs';
import { noPython, runClient } from './support/client.mjs';
import { checkCompat, watch } from './support/compat.mjs';
import { startServer } from './support/server.mjs';

const venv = resolve(fileURLToPath(import.meta.url), '../.venv');
const pair = { public: 'pk-lf-datasets', secret: 'sk-lf-datasets-secret' };
const headers = { authorization: `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}` };
let server, watched;
before(async () => {
    server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    watched = await watch(server);
    server.api.headers = headers;
});
after(async () => { watched?.close(); await server?.close(); });

async function send(method, path, body) {
    const reply = await fetch(server.url + path, { method, headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) }, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await reply.text();
    return { status: reply.status, body: text ? JSON.parse(text) : null };
}
const get = (path) => send('GET', path);
const post = (path, body) => send('POST', path, body);

const python = (version) => ({ PYTHONPATH: resolve(venv, `langfuse${version}`) });
// `version`: reads as of a moment. `media`: keeps files in items. `schema`: gives schemas. `experiment`: has a runner of its own.
const sdks = [
    { name: 'JS v3', key: 'js3', file: 'langfuse_datasets_js3.mjs' },
    { name: 'JS v4', key: 'js4', file: 'langfuse_datasets_js.mjs', env: { LANGFUSE_JS: '4' }, schema: true, experiment: true },
    { name: 'JS v5', key: 'js5', file: 'langfuse_datasets_js.mjs', env: { LANGFUSE_JS: '5' }, schema: true, experiment: true, version: true, media: true },
    // Python v2 does not encode the slash of a name in the addresses of runs.
    { name: 'Python v2', key: 'py2', file: 'langfuse_datasets_python2.py', env: python(2), dataset: 'capitals py2' },
    { name: 'Python v3', key: 'py3', file: 'langfuse_datasets_python.py', env: python(3), schema: true, experiment: true, version: true },
    { name: 'Python v4', key: 'py4', file: 'langfuse_datasets_python.py', env: python(4), schema: true, experiment: true, version: true, media: true },
];
const expected = (item) => item.expectedOutput ?? item.expected_output;
const item_of = (items, id) => items.find((item) => item.id === id);

async function checkScores(sdk, run) {
    const items = run.datasetRunItems;
    await eventually(async () => {
        const { body } = await get('/api/public/v2/scores?name=exact&limit=100');
        const values = items.map((item) => body.data.find((score) => score.traceId === item.traceId)?.value).sort();
        assert.deepEqual(values, [0, 1, 1]);
    });
    if (sdk.key === 'py2') return;
    await eventually(async () => {
        const { body } = await get(`/api/public/v2/scores?datasetRunId=${run.id}`);
        assert.deepEqual(body.data.map((score) => [score.name, Math.round(score.value * 1000), score.traceId]), [['mean exact', 667, null]]);
    });
}

async function checkExperiment(sdk, said, run) {
    assert.equal(said.refused, 400);
    assert.equal(said.result.id, run.id);
    assert.equal(said.result.items, 3);
    assert.deepEqual(said.result.evaluations.map((one) => [one.name, Math.round(one.value * 1000)]), [['mean exact', 667]]);
    assert.equal(said.result.url, `${watched.url}/project/default/datasets/${run.datasetId}/runs/${run.id}`);
    const page = await fetch(said.result.url, { headers, redirect: 'manual' });
    assert.deepEqual([page.status, page.headers.get('location')], [302, `/p/default/datasets/${run.datasetId}/compare?run=${run.id}`]);
    assert.match(said.result.text, /exact/);
    assert.deepEqual(said.local.items, [['Paris', 1]]);
    for (const item of run.datasetRunItems) assert.match(item.observationId ?? item.traceId, /^[0-9a-f]+$/);
    await checkListed(sdk, said, run);
}

// Experiments as the newest SDKs list them: runs over datasets, and those over data of their own, of which only spans tell.
async function checkListed(sdk, said, run) {
    const since = `fromStartTime=${new Date(Date.now() - 3600e3).toISOString()}`;
    const [listed] = await eventually(async () => {
        const { data } = (await get(`/api/public/experiments?${since}&id=${run.id}&fields=metadata,scores`)).body;
        assert.deepEqual([data.length, data[0]?.itemCount, data[0]?.scores.length], [1, 3, 1]);
        return data;
    });
    assert.deepEqual([listed.id, listed.name, listed.datasetId, listed.metadata], [run.id, 'first run', run.datasetId, { model: 'm1' }]);
    assert.deepEqual([listed.scores[0].name, listed.scores[0].subject], ['mean exact', { kind: 'experiment', id: run.id }]);
    const items = (await get(`/api/public/experiment-items?${since}&experimentId=${run.id}&fields=dataset,io,itemMetadata,experimentMetadata,scores`)).body.data;
    assert.deepEqual(items.map((one) => one.experimentItemId).sort(), run.datasetRunItems.map((one) => one.datasetItemId).sort());
    const peru = items.find((one) => one.experimentItemId === `${sdk.key}-Peru`);
    assert.deepEqual([peru.input, peru.output, peru.expectedOutput, peru.experimentItemMetadata, peru.experimentMetadata, peru.experimentDatasetId, peru.level, peru.scores.map((one) => [one.name, one.value])],
        [{ country: 'Peru' }, 'Cusco', 'Lima, of course', { level: 1 }, { model: 'm1' }, run.datasetId, 'DEFAULT', [['exact', 0]]]);
    assert.ok(Date.parse(listed.startTime) <= Date.parse(peru.startTime) && Date.parse(peru.endTime) <= Date.parse(listed.endTime));
    const pages = await get(`/api/public/experiment-items?${since}&experimentId=${run.id}&limit=2`);
    const rest = await get(`/api/public/experiment-items?${since}&experimentId=${run.id}&limit=2&cursor=${pages.body.meta.cursor}`);
    assert.deepEqual([...pages.body.data, ...rest.body.data].map((one) => one.id), items.map((one) => one.id));
    assert.equal(rest.body.meta.cursor, undefined);
    if (!said.local.trace_id) return;
    const own = (await eventually(async () => {
        const { data } = (await get(`/api/public/experiment-items?${since}&fields=io&filter=${encodeURIComponent(JSON.stringify([{ type: 'string', column: 'experimentName', operator: 'starts with', value: 'local' }]))}`)).body;
        const mine = data.filter((one) => one.traceId === said.local.trace_id);
        assert.equal(mine.length, 1);
        return mine;
    }))[0];
    assert.deepEqual([own.input, own.output, own.expectedOutput], [{ country: 'France' }, 'Paris', 'Paris']);
    const alone = (await get(`/api/public/experiments?${since}&id=${own.experimentId}`)).body.data;
    assert.deepEqual(alone.map((one) => [one.itemCount, one.datasetId, one.name.startsWith('local')]), [[1, null, true]]);
}

// Most of their time they wait, each for itself.
describe('each SDK', { concurrency: 3 }, () => {
    for (const sdk of sdks) {
        const skip = sdk.file.endsWith('.py') && noPython();
        test(`${sdk.name}: datasets, items, runs, experiments and their scores, written and read back`, { skip }, async () => {
            const name = sdk.dataset ?? `evals/capitals ${sdk.key}`;
            const said = await runClient(sdk.file, { args: [name, sdk.key], env: { LANGFUSE_PUBLIC_KEY: pair.public, LANGFUSE_SECRET_KEY: pair.secret,
                LANGFUSE_HOST: watched.url, LANGFUSE_BASE_URL: watched.url, LANGFUSE_BASEURL: watched.url, ...sdk.env } });
            const { dataset, run } = said;
            assert.deepEqual([dataset.name, dataset.description, dataset.metadata], [name, 'capitals', { owner: 'qa' }]);
            assert.deepEqual(dataset.items.map((item) => item.id).sort(), ['France', 'Japan', 'Peru'].map((country) => `${sdk.key}-${country}`));
            assert.deepEqual(item_of(dataset.items, `${sdk.key}-France`).input, { country: 'France' });
            assert.deepEqual(item_of(dataset.items, `${sdk.key}-France`).metadata, { level: 1 });
            assert.equal(expected(item_of(dataset.items, `${sdk.key}-Peru`)), sdk.experiment ? 'Lima, of course' : 'Lima');
            if (sdk.version) assert.equal(expected(item_of(said.as_of.items, `${sdk.key}-Peru`)), 'Lima');
            const listed = said.datasets.find((one) => one.name === name);
            assert.equal(listed.id, dataset.id);
            if (sdk.schema) assert.deepEqual(listed.inputSchema.required, ['country']);
            assert.deepEqual([said.item.id, said.item.input, said.item.status, said.item.datasetName], [`${sdk.key}-France`, { country: 'France' }, 'ACTIVE', name]);
            assert.deepEqual([said.old.status, said.old.input], ['ARCHIVED', { country: 'Siam' }]);
            assert.deepEqual([run.name, run.metadata, run.datasetId, run.datasetName], ['first run', { model: 'm1' }, dataset.id, name]);
            assert.deepEqual(run.datasetRunItems.map((item) => item.datasetItemId).sort(), ['France', 'Japan', 'Peru'].map((country) => `${sdk.key}-${country}`));
            assert.ok(said.runs.some((one) => one.id === run.id));
            if (said.run_items) assert.deepEqual(said.run_items.map((item) => item.id), run.datasetRunItems.map((item) => item.id));
            if (sdk.media) {
                assert.deepEqual(said.media.map((one) => [one.field, one.jsonPath, one.media.contentType]).sort(),
                    [['input', "$['country']", 'image/png'], ['metadata', "$['list'][1]", 'image/png']]);
                assert.equal(await (await fetch(said.media[0].media.url)).text(), 'not really a picture');
            }
            for (const other of [said.by_hand, said.linked, said.spans]) if (other) assert.equal(other.datasetRunItems.length, 3);
            if (sdk.experiment) await checkExperiment(sdk, said, run);
            await checkScores(sdk, run);
        });
    }
});

test('items: an id belongs to one dataset, null leaves what is there, versions, deletion', async () => {
    await post('/api/public/v2/datasets', { name: 'by hand' });
    await post('/api/public/v2/datasets', { name: 'another' });
    const made = (await post('/api/public/dataset-items', { datasetName: 'by hand', id: 'h-1', input: 'é "quoted"', expectedOutput: 1.5, metadata: [true, null] })).body;
    assert.deepEqual([made.input, made.expectedOutput, made.metadata, made.mediaReferences], ['é "quoted"', 1.5, [true, null], []]);
    const taken = await post('/api/public/dataset-items', { datasetName: 'another', id: 'h-1', input: 1 });
    assert.deepEqual([taken.status, taken.body.error], [404, 'LangfuseNotFoundError']);
    const same = (await post('/api/public/dataset-items', { datasetName: 'by hand', id: 'h-1', input: 'é "quoted"' })).body;
    assert.equal(same.updatedAt, made.updatedAt);
    const changed = (await post('/api/public/dataset-items', { datasetName: 'by hand', id: 'h-1', input: null, expectedOutput: 2, metadata: null })).body;
    assert.deepEqual([changed.input, changed.expectedOutput, changed.metadata, changed.createdAt], [made.input, 2, made.metadata, made.createdAt]);
    assert.ok(changed.updatedAt > made.updatedAt);
    const of = async (version) => (await get(`/api/public/dataset-items?datasetName=by%20hand&version=${version}`)).body.data.map((item) => item.expectedOutput);
    assert.deepEqual([await of(made.updatedAt), await of(changed.updatedAt), await of('2020-01-01T00:00:00Z')], [[1.5], [2], []]);
    await post('/api/public/dataset-run-items', { runName: 'r', datasetItemId: 'h-1', traceId: 't-1' });
    const again = (await post('/api/public/dataset-run-items', { runName: 'r', datasetItemId: 'h-1', traceId: 't-1' })).body;
    assert.equal((await get(`/api/public/dataset-run-items?datasetId=${made.datasetId}&runName=r`)).body.data[0].id, again.id);
    assert.equal((await send('DELETE', '/api/public/dataset-items/h-1')).body.message, 'Dataset item successfully deleted');
    assert.equal((await get('/api/public/dataset-items/h-1')).status, 404);
    assert.deepEqual(await of(changed.updatedAt), [2]);
    assert.equal((await get('/api/public/datasets/by%20hand/runs/r')).body.datasetRunItems.length, 0);
    assert.equal((await send('DELETE', '/api/public/datasets/by%20hand/runs/r')).status, 200);
    assert.equal((await get('/api/public/datasets/by%20hand/runs/r')).status, 404);
    // Version 1 tells of items and runs; names that were encoded twice are found.
    assert.deepEqual((await get('/api/public/datasets/by%20hand')).body.items, []);
    assert.equal((await get('/api/public/v2/datasets/by%2520hand')).body.name, 'by hand');
});

test('schemas: what does not fit is refused with its place, and so is a schema that what is there does not fit', async () => {
    const schema = { type: 'object', properties: { q: { $ref: '#/$defs/text' } }, required: ['q'], $defs: { text: { type: 'string', pattern: '^[A-Z]' } } };
    assert.equal((await post('/api/public/v2/datasets', { name: 'strict', inputSchema: schema })).status, 200);
    const wrong = await post('/api/public/dataset-items', { datasetName: 'strict', input: { q: 'lower' } });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body.message, /^input\/q: expected a text that matches/);
    assert.equal((await post('/api/public/dataset-items', { datasetName: 'strict' })).status, 400);
    assert.equal((await post('/api/public/dataset-items', { datasetName: 'strict', id: 's-1', input: { q: 'Upper' } })).status, 200);
    assert.equal((await post('/api/public/dataset-items', { datasetName: 'strict', id: 's-1', status: 'ARCHIVED' })).status, 200);
    await post('/api/public/dataset-items', { datasetName: 'strict', id: 's-1', status: 'ACTIVE' });
    const late = await post('/api/public/v2/datasets', { name: 'strict', inputSchema: { required: ['other'] } });
    assert.match(late.body.message, /item 's-1' does not fit the new schema: input: the member 'other' is missing/);
    for (const [bad, words] of [[{ tpye: 'string' }, /'tpye' is no keyword/], [{ $ref: 'http://elsewhere/' }, /\$ref: /], [{ pattern: '(?=x)' }, /pattern: /], [{ type: 'text' }, /type: expected/], [[], /expected a JSON schema/]]) {
        const reply = await post('/api/public/v2/datasets', { name: 'refused', inputSchema: bad });
        assert.equal(reply.status, 400);
        assert.match(reply.body.message, words);
    }
});

test('bodies that are wrong or too large are refused in words', async () => {
    const large = 'x'.repeat((4 << 20) + 1);
    await post('/api/public/v2/datasets', { name: 'limits' });
    for (const [path, body, status, words] of [
        ['/api/public/v2/datasets', {}, 400, /^name: /],
        ['/api/public/v2/datasets', { name: ' ' }, 400, /^name: /],
        ['/api/public/v2/datasets', { name: 'n'.repeat(1001) }, 413, /^name: at most/],
        ['/api/public/dataset-items', { datasetName: 'nowhere' }, 404, /no dataset 'nowhere'/],
        ['/api/public/dataset-items', { datasetName: 'limits', input: large }, 413, /^input: at most/],
        ['/api/public/dataset-items', { datasetName: 'limits', status: 'GONE' }, 400, /^status: expected ACTIVE or ARCHIVED/],
        ['/api/public/dataset-items', { datasetName: 'limits', id: 'i'.repeat(256) }, 413, /^id: at most/],
        ['/api/public/dataset-run-items', { datasetItemId: 'x', traceId: 't' }, 400, /^runName: /],
        ['/api/public/dataset-run-items', { runName: 'r', datasetItemId: 'x' }, 400, /^traceId: /],
        ['/api/public/dataset-run-items', { runName: 'r', datasetItemId: 'x', traceId: 't' }, 404, /none with the id 'x'/],
        ['/api/public/dataset-run-items', { runName: 'r', datasetItemId: 'x', observationId: 'never' }, 404, /^observationId: /],
    ]) {
        const reply = await post(path, body);
        assert.equal(reply.status, status, JSON.stringify(reply.body));
        assert.match(reply.body.message, words);
    }
    assert.equal((await get('/api/public/dataset-items?version=2026-01-01T00:00:00Z')).status, 400);
    assert.equal((await get('/api/public/datasets/limits/runs/none')).status, 404);
});

// Forty items, each right (1) or wrong (0): the second run loses fourteen and wins two.
test('runs beside each other: means, differences with interval and p, regressions first', async () => {
    const own = (path, options) => send(options?.method ?? 'GET', `/api/v1${path}`, options?.body);
    const { id } = (await own('/datasets', { method: 'POST', body: { name: 'compared', description: 'forty', input_schema: { type: 'integer' } } })).body;
    const items = Array.from({ length: 40 }, (_, i) => ({ id: `c-${i}`, input: i, expected_output: `answer ${i}` }));
    assert.equal((await own(`/datasets/${id}/items`, { method: 'POST', body: { items } })).body.ids.length, 40);
    const right = [(i) => i < 36, (i) => (i >= 14 && i < 36) || i >= 38];
    const start = Date.now() - 60000, events = [];
    for (const run of [0, 1]) for (let i = 0; i < 40; i++) {
        const traceId = `compared-${run}-${i}`, timestamp = new Date(start).toISOString();
        const event = (type, body) => events.push({ id: `${traceId}-${type}`, type, timestamp, body });
        event('trace-create', { id: traceId, name: 'answer', timestamp, input: i, output: right[run](i) ? `answer ${i}` : `wrong ${i}` });
        event('generation-create', { id: `${traceId}-g`, traceId, name: 'call', model: 'gpt-4o-mini', startTime: timestamp, endTime: new Date(start + 1000 + 500 * run).toISOString(),
            usage: { input: 1000, output: 100 }, level: run === 1 && i === 0 ? 'ERROR' : 'DEFAULT' });
        event('score-create', { id: `${traceId}-s`, traceId, name: 'right', value: right[run](i) ? 1 : 0, dataType: 'BOOLEAN' });
    }
    assert.deepEqual((await post('/api/public/ingestion', { batch: events })).body.errors, []);
    const runs = [];
    for (const run of [0, 1]) for (let i = 0; i < 40; i++)
        runs[run] = (await post('/api/public/dataset-run-items', { runName: `prompt v${7 + run}`, datasetItemId: `c-${i}`, traceId: `compared-${run}-${i}` })).body.datasetRunId;
    await post('/api/public/scores', { name: 'verdict', value: 0.75, datasetRunId: runs[1] });

    const listed = await eventually(async () => {
        const { body } = await own(`/datasets/${id}/runs`);
        assert.deepEqual(body.runs.map((run) => [run.name, run.items, run.found, run.measures.find((one) => one.name === 'right')?.count]), [['prompt v8', 40, 40, 40], ['prompt v7', 40, 40, 40]]);
        assert.deepEqual(body.run_scores.map((score) => [score.run, score.name, score.value]), [[runs[1], 'verdict', 0.75]]);
        return body.runs;
    });
    const mean = (run, name) => run.measures.find((one) => one.name === name).mean;
    assert.deepEqual([mean(listed[1], 'right'), mean(listed[0], 'right')], [0.9, 0.6]);
    assert.deepEqual([mean(listed[0], 'latency'), mean(listed[1], 'latency')], [1.5e9, 1e9]);
    assert.equal(mean(listed[0], 'cost'), 210000);

    const { body } = await own(`/datasets/${id}/compare?run=${runs[0]}&run=${runs[1]}&limit=20`);
    const difference = (name) => body.differences.find((one) => one.name === name).runs[0];
    const of_right = difference('right');
    assert.deepEqual([of_right.pairs, of_right.better, of_right.worse, of_right.same, of_right.significant], [40, 2, 14, 24, true]);
    assert.ok(Math.abs(of_right.mean + 0.3) < 1e-9);
    assert.ok(Math.abs(of_right.p - 274 / 65536) < 1e-9, `p ${of_right.p}`);
    assert.ok(of_right.p_adjusted >= of_right.p && of_right.low < -0.4 && of_right.high > -0.2 && of_right.high < 0);
    assert.deepEqual([difference('latency').significant, difference('latency').worse, difference('cost').p], [true, 40, 1]);
    assert.deepEqual(body.changes, { none: 0, same: 24, improved: 2, regressed: 14 });
    assert.deepEqual(body.items.map((item) => item.change), [...Array(14).fill('regressed'), 'improved', 'improved', ...Array(4).fill('same')]);
    const [first] = body.items;
    assert.deepEqual([first.id, first.input, first.expected_output, first.runs[0].output, first.runs[1].output, first.runs[1].error],
        ['c-0', 0, 'answer 0', 'answer 0', 'wrong 0', false]);
    const again = await own(`/datasets/${id}/compare?run=${runs[0]}&run=${runs[1]}&limit=20`);
    assert.deepEqual(again.body, body);
    const turned = (await own(`/datasets/${id}/compare?run=${runs[0]}&run=${runs[1]}&lower=right`)).body;
    assert.deepEqual([turned.changes.improved, turned.changes.regressed], [14, 2]);
    assert.deepEqual(turned.items[0].change, 'regressed');

    for (const [path, status] of [[`/datasets/${id}/compare`, 400], [`/datasets/${id}/compare?run=none`, 404], ['/datasets/none/runs', 404], [`/datasets/${id}/items?limit=0`, 400]])
        assert.equal((await own(path)).status, status, path);
    const batch = await own(`/datasets/${id}/items`, { method: 'POST', body: { items: [{ input: 1 }, { input: 'text' }] } });
    assert.deepEqual([batch.status, batch.body.error.message.slice(0, 26)], [400, 'items[1]: input: expected ']);
    assert.equal((await own(`/datasets/${id}/items`)).body.total, 40);
    assert.equal((await own(`/datasets/${id}/items`, { method: 'POST', body: { items: [{ id: 'c-1', expected_output: null, status: 'archived' }] } })).status, 200);
    assert.deepEqual((await own(`/datasets/${id}/items/c-1`)).body.versions.map((one) => [one.status, one.expected_output]), [['archived', null], ['active', 'answer 1']]);
    assert.deepEqual([(await own(`/datasets/${id}/items`)).body.total, (await own(`/datasets/${id}/items?archived=1`)).body.total], [39, 40]);
    assert.equal((await own('/datasets', { method: 'POST', body: { name: 'compared' } })).status, 409);
    assert.equal((await own(`/datasets/${id}`, { method: 'PATCH', body: { name: 'renamed', description: null, metadata: { a: 1 } } })).body.description, null);
    assert.equal((await own(`/datasets/${id}/runs/${runs[0]}`, { method: 'DELETE' })).status, 204);
    assert.equal((await own(`/datasets/${id}`)).body.runs, 1);
    assert.equal((await own(`/datasets/${id}`, { method: 'DELETE' })).status, 204);
    assert.equal((await own(`/datasets/${id}`)).status, 404);
});

// Longer than what is looked at in one go (langfuse_experiment_items.c): 200 items, then four times as many.
test('experiments are counted whole, and their items told page by page, each once', async () => {
    const name = 'long', start = new Date(Date.now() - 60000).toISOString(), sizes = { 'long run': 230, 'short run': 3 };
    assert.equal((await send('POST', '/api/public/v2/datasets', { name })).status, 200);
    const { id } = (await get(`/api/public/v2/datasets/${name}`)).body;
    const items = Array.from({ length: 230 }, (_, i) => ({ id: `long-${i}`, input: i }));
    assert.equal((await send('POST', `/api/v1/datasets/${id}/items`, { items })).status, 200);
    const work = Object.entries(sizes).flatMap(([runName, size]) => items.slice(0, size).map((item) => ({ runName, datasetItemId: item.id, traceId: `${runName} ${item.id}` })));
    const batch = work.map(({ traceId }) => ({ id: `event ${traceId}`, type: 'trace-create', timestamp: start, body: { id: traceId, name: 'answer', timestamp: start } }));
    assert.equal((await send('POST', '/api/public/ingestion', { batch })).status, 207);
    for (let i = 0; i < work.length; i += 10) await Promise.all(work.slice(i, i + 10).map(async (one) => assert.equal((await send('POST', '/api/public/dataset-run-items', one)).status, 200)));
    const since = `fromStartTime=${new Date(Date.now() - 3600e3).toISOString()}`;
    const walk = async (path) => {
        const all = [];
        for (let cursor = ''; cursor !== undefined;) {
            const { status, body } = await get(`${path}&${since}${cursor && `&cursor=${cursor}`}`);
            assert.equal(status, 200, JSON.stringify(body));
            all.push(...body.data);
            cursor = body.meta.cursor;
        }
        return all;
    };
    const experiments = await eventually(async () => {
        const all = await walk(`/api/public/experiments?datasetId=${id}&limit=1`);
        assert.deepEqual(all.map((one) => [one.name, one.itemCount]), [['short run', 3], ['long run', 230]]);
        return all;
    });
    const everything = await walk('/api/public/experiments?limit=2');
    assert.equal(new Set(everything.map((one) => one.id)).size, everything.length);
    assert.deepEqual((await walk('/api/public/experiments?limit=100')).map((one) => one.id), everything.map((one) => one.id));
    for (const [query, expected] of [[`experimentId=${experiments[1].id}&limit=100`, 230], [`datasetId=${id}&limit=99`, 233], [`experimentItemId=long-2&limit=1`, 2], [`experimentName=short%20run&limit=2`, 3]]) {
        const told = await walk(`/api/public/experiment-items?${query}`);
        assert.deepEqual([told.length, new Set(told.map((one) => one.traceId)).size], [expected, expected], query);
    }
});

test('docs/compat/langfuse.md says what these SDKs asked', () => checkCompat('langfuse_datasets', watched.seen, noPython() ? ['JS v3', 'JS v4', 'JS v5'] : undefined));
