// SPDX-License-Identifier: Apache-2.0
// `vitrine import langfuse`: one server's data through its public API into another, killed on the way and gone on with,
// run again, from a Langfuse that has only its newest lists, and against servers that ask for patience or mean harm.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
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

// A file as SDKs leave it: announced, put, and named in a text.
async function upload(bytes, contentType, use) {
    const sha256Hash = createHash('sha256').update(bytes).digest('base64');
    const { mediaId, uploadUrl } = await post('media', { contentType, contentLength: bytes.length, sha256Hash, ...use });
    if (uploadUrl) assert.ok((await fetch(uploadUrl, { method: 'PUT', body: bytes, headers: { 'content-type': contentType, 'x-amz-checksum-sha256': sha256Hash } })).ok);
    return { id: mediaId, text: `@@@langfuseMedia:type=${contentType}|id=${mediaId}|source=bytes@@@` };
}
let picture, sound;

before(async () => {
    source = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    target = await startServer();
    const batch = [];
    picture = await upload(Buffer.from('a picture'), 'image/png', { traceId: 't-3', field: 'input' });
    sound = await upload(Buffer.from('a sound'), 'audio/wav', { traceId: 't-3', observationId: 'g-3', field: 'output' });
    const gone = `@@@langfuseMedia:type=image/png|id=${'x'.repeat(22)}|source=file@@@`;
    for (let i = 0; i < traces; i++) {
        const at = (seconds) => new Date(Date.UTC(2026, 10, 20, 1, i % 60, seconds)).toISOString();
        const add = (type, body) => batch.push({ id: `${type}-${i}`, type, timestamp: at(9), body });
        add('trace-create', { id: `t-${i}`, name: `ask ${i % 3}`, userId: `u${i % 7}`, sessionId: `s${i % 5}`, tags: ['x', `n${i % 2}`], input: { question: i === 3 ? `what is ${picture.text} and ${gone}?` : i }, output: `answer ${i}`, timestamp: at(0), metadata: { plan: 'pro' } });
        add('generation-create', { id: `g-${i}`, traceId: `t-${i}`, name: 'call', model: 'gpt-4o-mini', startTime: at(1), endTime: at(3), usageDetails: { input: 100 + i, output: 10, total: 110 + i }, promptName: 'greeting', promptVersion: 1, output: i === 3 ? ['heard', sound.text] : undefined, metadata: i === 5 ? { long: 'x'.repeat(900) } : undefined, level: i % 10 ? 'DEFAULT' : 'ERROR', statusMessage: i % 10 ? undefined : 'no' });
        add('tool-create', { id: `x-${i}`, traceId: `t-${i}`, parentObservationId: `g-${i}`, name: 'look up', startTime: at(1), endTime: at(2), costDetails: { total: 0.25 } });
        add('score-create', { id: `c-${i}`, traceId: `t-${i}`, observationId: `g-${i}`, name: i % 2 ? 'quality' : 'tone', value: i % 2 ? i / 8 : 'fine', comment: 'because' });
    }
    // A score of an archived config, and one whose config has changed since; a model with a price by tiers.
    const configs = [];
    for (const name of ['open', 'archived', 'narrowed']) configs.push((await post('score-configs', { name, dataType: 'NUMERIC', minValue: 0, maxValue: 10, description: `of ${name}` })).id);
    configs.forEach((configId, i) => batch.push({ id: `judged-${i}`, type: 'score-create', timestamp: '2026-11-20T01:00:00Z', body: { id: `judged-${i}`, traceId: 't-1', name: ['open', 'archived', 'narrowed'][i], value: 5, configId } }));
    await post('models', { modelName: 'house', matchPattern: '^house$', unit: 'TOKENS', pricingTiers: [{ name: 'usual', isDefault: true, priority: 0, conditions: [], prices: { input: 1e-6, output: 2e-6 } }] });
    await post('ingestion', { batch: batch.splice(0) });
    await ask(source, `score-configs/${configs[1]}`, { method: 'PATCH', body: { isArchived: true } });
    await ask(source, `score-configs/${configs[2]}`, { method: 'PATCH', body: { maxValue: 2 } });
    for (const prompt of ['Hello {{name}}', 'Good day {{name}}']) await post('v2/prompts', { name: 'folder/greeting', prompt, labels: ['production'], config: { temperature: 0 }, tags: ['polite'] });
    // One whose first version is gone, and one that refers to what comes behind it in the list.
    for (const prompt of ['gone', 'stays']) await post('v2/prompts', { name: 'numbered', prompt, commitMessage: `it ${prompt}` });
    await fetch(`${source.url}/api/public/v2/prompts/numbered?version=1`, { method: 'DELETE', headers: { authorization } });
    await post('v2/prompts', { name: 'part', prompt: 'a part' });
    for (const prompt of ['First @@@langfusePrompt:name=part|version=1@@@', 'Second']) await post('v2/prompts', { name: 'about', prompt });
    await post('v2/datasets', { name: 'capitals of the world', description: 'all' });
    for (const [id, country] of [['france', `France ${picture.text}`], ['spain', 'Spain'], ['italy', 'Italy']]) await post('dataset-items', { datasetName: 'capitals of the world', id, input: { country }, expectedOutput: 'Paris' });
    const run = await post('dataset-run-items', { runName: 'first run', datasetItemId: 'france', traceId: 't-1', metadata: { model: 'x' } });
    await post('dataset-run-items', { runName: 'first run', datasetItemId: 'spain', traceId: 't-2', observationId: 'g-2' });
    batch.push({ id: 'of-run', type: 'score-create', timestamp: '2026-11-20T01:00:00Z', body: { id: 'of-run', datasetRunId: run.datasetRunId, name: 'overall', value: 0.5 } });
    await post('ingestion', { batch });
    await eventually(async () => assert.equal((await ask(source, 'observations?limit=1')).meta.totalItems, 2 * traces));
    const { id: promptId } = await ask(source, 'v2/prompts/numbered?version=2');
    for (const [objectType, objectId] of [['TRACE', 't-1'], ['OBSERVATION', 'g-1'], ['SESSION', 's1'], ['PROMPT', promptId]]) await post('comments', { projectId: 'default', objectType, objectId, content: `about a ${objectType}`, authorUserId: 'ada' });
    const queue = await post('annotation-queues', { name: 'look at', description: 'please', scoreConfigIds: [configs[0]] });
    for (const [objectType, objectId, status] of [['TRACE', 't-1', 'PENDING'], ['TRACE', 't-2', 'COMPLETED'], ['OBSERVATION', 'g-3', 'PENDING'], ['SESSION', 's1', 'PENDING']]) await post(`annotation-queues/${queue.id}/items`, { objectType, objectId, status });
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
        runs: (await ask(server, 'datasets/capitals%20of%20the%20world/runs')).data.map(({ id, name, metadata }) => ({ id, name, metadata })),
        ran: (await ask(server, 'datasets/capitals%20of%20the%20world/runs/first%20run')).datasetRunItems.map(({ datasetItemId, traceId, observationId, createdAt }) => ({ datasetItemId, traceId, observationId, createdAt })),
        versions: await Promise.all([['numbered', 2], ['about', 1], ['about', 2]].map(async ([name, version]) => { const { prompt, commitMessage, labels } = await ask(server, `v2/prompts/${name}?version=${version}`); return { prompt, commitMessage, labels }; })),
        comments: (await ask(server, 'comments')).data.map(({ updatedAt, objectId, ...one }) => (one.objectType === 'PROMPT' ? one : { objectId, ...one })),
        queues: await Promise.all((await ask(server, 'annotation-queues')).data.map(async ({ id, name, description, scoreConfigIds }) => ({ id, name, description, scoreConfigIds, items: (await ask(server, `annotation-queues/${id}/items`)).data.map(({ updatedAt, ...item }) => item) }))),
        media: await Promise.all([picture.id, sound.id].map(async (id) => { const { contentType, contentLength, sha256Hash, url } = await ask(server, `media/${id}`); return { contentType, contentLength, sha256Hash, bytes: await (await fetch(url)).text() }; })),
    };
};

test('an import that is killed goes on where it was, and ends with the same counts and sums', async () => {
    const child = spawn(binary, args(), { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'close');
    for await (const bytes of child.stderr) if (String(bytes).includes('observations: ')) child.kill('SIGKILL');
    await ended;
    assert.ok(existsSync(join(target.data, 'checkpoint.json')));
    const { code, stderr } = await runVerb(args());
    assert.equal(code, 3, stderr);
    assert.match(stderr, /^files: [12]\ndone, but 1 left out/m);
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

// What is there, with when each was last changed.
const changes = async (server) => ({
    comments: (await ask(server, 'comments')).data, queues: (await ask(server, 'annotation-queues')).data, items: (await ask(server, 'dataset-items?datasetName=capitals%20of%20the%20world')).data.map(({ mediaReferences, ...item }) => item),
    runs: (await ask(server, 'datasets/capitals%20of%20the%20world/runs')).data, prompts: (await ask(server, 'v2/prompts')).data,
});

test('a second import changes nothing, but what changed at the source', async () => {
    const before = await sums(target), said = await changes(target);
    const { code, stderr } = await runVerb(args());
    assert.equal(code, 3, stderr);
    assert.match(stderr, /^left out: file x{22}: .* answered 404.*$/m);
    assert.doesNotMatch(stderr, /^files/m, 'no file is read twice');
    assert.deepEqual(await changes(target), said);
    await eventually(async () => assert.ok((await target.api.status()).index.caught_up));
    assert.deepEqual(await sums(target), before);
    await ask(source, 'v2/prompts/folder%2Fgreeting/versions/1', { method: 'PATCH', body: { newLabels: ['production'] } });
    const [queue] = (await ask(source, 'annotation-queues')).data;
    const waiting = (await ask(source, `annotation-queues/${queue.id}/items?status=PENDING`)).data[0];
    await ask(source, `annotation-queues/${queue.id}/items/${waiting.id}`, { method: 'PATCH', body: { status: 'COMPLETED' } });
    assert.equal((await runVerb(args())).code, 3);
    assert.equal((await ask(target, 'v2/prompts/folder%2Fgreeting')).version, 1);
    assert.equal((await ask(target, `annotation-queues/${queue.id}/items/${waiting.id}`)).status, 'COMPLETED');
});

// A server before the source, which may answer itself.
async function withFront(answer, use) {
    const front = createServer(async (request, response) => {
        try {
            if (answer(request, response)) return;
            const reply = await fetch(source.url + request.url, { headers: { authorization: request.headers.authorization } });
            response.writeHead(reply.status, { 'content-type': 'application/json' }).end(Buffer.from(await reply.arrayBuffer()));
        } catch (error) {
            response.destroy(error);
        }
    });
    await new Promise((done) => front.listen(0, '127.0.0.1', done));
    front.unref();
    try {
        return await use(`http://127.0.0.1:${front.address().port}`);
    } finally {
        front.closeAllConnections();
        front.close();
    }
}
const json = (response, body, status = 200, headers = {}) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

test('a server that wants fewer requests, or fails for a while, is asked again later; one that refuses is quoted', async () => {
    const told = { scores: [429, 500, 'gone'], prompts: [503, 502] };
    const answer = (request, response) => {
        const failure = Object.entries(told).find(([name, failures]) => failures.length && request.url.includes(`/${name}`))?.[1].shift();
        if (failure === 'gone') return response.destroy();
        return failure && response.writeHead(failure, { 'retry-after': '1' }).end();
    };
    const { code, stderr } = await withFront(answer, (url) => runVerb(args(url)));
    assert.equal(code, 3, stderr);
    assert.deepEqual(told, { scores: [], prompts: [] });
    const wrong = await runVerb(['import', 'langfuse', '--from', source.url, '--public-key', pair.public, '--secret-key', 'wrong-secret', '--url', target.url, '--checkpoint', join(target.data, 'other.json')]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /answered 401: .*not known/);
    assert.match((await runVerb(['import', 'langfuse'])).stderr, /--from/);
    assert.match((await runVerb(['import', 'elsewhere'])).stderr, /expected langfuse/);
});

// As a Langfuse answers that keeps only its newest model: no older lists, metadata cut short, contents as text.
async function newest(request, response) {
    const url = new URL(request.url, source.url);
    if (/^\/api\/public\/(traces|observations|scores|v2\/scores|dataset-run-items|datasets\/[^/]+\/runs.*)$/.test(url.pathname)) return json(response, { message: 'not here' }, 404);
    const reply = await fetch(url, { headers: { authorization } }), body = await reply.json();
    const kept = (url.searchParams.get('expandMetadata') ?? '').split(',');
    if (url.pathname === '/api/public/v2/observations')
        for (const item of body.data) {
            for (const [key, value] of Object.entries(item.metadata ?? {})) if (typeof value === 'string' && !kept.includes(key)) item.metadata[key] = value.slice(0, 200);
            for (const name of ['input', 'output']) if (item[name] && typeof item[name] !== 'string') item[name] = JSON.stringify(item[name]);
        }
    return json(response, body, reply.status);
}

test('what a Langfuse of the newest model lists by cursor ends with the same counts and sums', async () => {
    const fresh = await startServer();
    try {
        const to = (url) => args(url).map((word) => (word === target.url ? fresh.url : word.replace(target.data, fresh.data)));
        const answer = (request, response) => { newest(request, response).catch((error) => response.destroy(error)); return true; };
        const { code, stderr } = await withFront(answer, (url) => runVerb(to(url)));
        assert.equal(code, 0, stderr);
        assert.match(stderr, /^traces: this Langfuse has only its newest lists\n(.*\n)*newest observations: 120\n/m);
        const wanted = ({ ran, ...rest }) => ({ ...rest, ran: ran.map(({ datasetItemId, traceId }) => ({ datasetItemId, traceId })) });
        const expected = wanted(await sums(source));
        await eventually(async () => assert.deepEqual(wanted(await sums(fresh)), expected));
        const [one, other] = await Promise.all([source, fresh].map((server) => ask(server, 'observations/g-3')));
        for (const name of ['name', 'type', 'model', 'output', 'metadata', 'startTime', 'endTime', 'usageDetails', 'promptName', 'promptVersion', 'traceId']) assert.deepEqual(other[name], one[name], name);
        assert.equal((await ask(fresh, 'observations/g-5')).metadata.long.length, 900);
    } finally {
        await fresh.close();
    }
});

test('a source that means harm gets nothing and ends soon', async () => {
    const asked = [];
    const elsewhere = createServer((request, response) => { asked.push(request.headers.authorization ?? ''); json(response, { data: [], meta: {} }); });
    await new Promise((done) => elsewhere.listen(0, '127.0.0.1', done));
    elsewhere.unref();
    const other = `http://127.0.0.1:${elsewhere.address().port}`;
    const from = async (answer) => {
        const place = join(target.data, 'hostile.json');
        rmSync(place, { force: true });
        return withFront((request, response) => (answer(request, response), true), (url) => runVerb(args(url).map((word) => (word.endsWith('checkpoint.json') ? place : word))));
    };
    const one = { id: 'evil', timestamp: '2026-11-20T05:00:00Z', input: `@@@langfuseMedia:type=a|id=${'y'.repeat(22)}|source=b@@@` };
    const nothing = { data: [], meta: { totalPages: 0, totalItems: 0 } };

    const redirected = await from((request, response) => response.writeHead(302, { location: other }).end());
    assert.deepEqual([redirected.code, asked.length], [1, 0]);
    assert.match(redirected.stderr, /answered 302/);

    const endless = await from((request, response) => json(response, { data: request.url.includes('/traces') ? [{ ...one, input: 'x' }] : [], meta: { totalPages: 1e15, totalItems: 1e15 } }));
    assert.equal(endless.code, 1);
    assert.match(endless.stderr, /the source tells the same pages again and again/);

    const odd = await from((request, response) => json(response, { data: [1, null, 'x', [], { id: 5, name: {}, versions: 'all', labels: 7 }, { id: '', name: '' }, { id: 'odd', name: 'odd', versions: [-1, 'x', 1e300], objectType: 'HOUSE', scoreConfigIds: 3 }], meta: [], url: 7, contentLength: 'many' }));
    assert.equal(odd.code, 3, odd.stderr);
    assert.match(odd.stderr, /left out: comment odd/);

    const text = await from((request, response) => response.end('<html>'));
    assert.deepEqual([text.code, /JSON/.test(text.stderr)], [1, true], text.stderr);

    for (const [url, why] of [[`${other}/file?secret=1`, /left out: file y{22}: its 21 bytes are not those/], ['file:///etc/passwd', /url: expected http/], [7, /url: expected http/]]) {
        const files = await from((request, response) => json(response, request.url.includes('/media/') ? { contentType: 'image/png', contentLength: 26, url } : request.url.includes('/traces') ? { data: [one], meta: { totalPages: 1 } } : nothing));
        assert.deepEqual([files.code, why.test(files.stderr)], [3, true], files.stderr);
        assert.doesNotMatch(files.stderr, /secret=1/);
    }
    assert.deepEqual(asked, [''], 'where files lie is asked without the key');
    elsewhere.close();
});
