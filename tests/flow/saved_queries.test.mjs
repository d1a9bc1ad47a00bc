// SPDX-License-Identifier: Apache-2.0
// What can be asked (GET /api/v1/fields), and questions that are kept (/api/v1/queries): each project its own.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { eventually } from './support/eventually.mjs';
import { startServer } from './support/server.mjs';
import { modelCall, post, toJson, traceId } from './support/otlp.mjs';

let server;
const odd = "o'dd.model/(v1)* \\";

async function call(method, path, body, project = 'default', headers = { 'content-type': 'application/json' }) {
    const url = new URL(path, server.url);
    url.searchParams.set('project', project);
    const reply = await fetch(url, { method, headers: body === undefined ? {} : headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await reply.text();
    return { status: reply.status, ...(text ? JSON.parse(text) : {}) };
}
const fields = (query, project) => call('GET', `/api/v1/fields?${new URLSearchParams(query)}`, undefined, project);

before(async () => {
    server = await startServer();
    assert.equal((await call('POST', '/api/v1/projects', { name: 'other' })).status, 201);
    const spans = ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o', odd].map((model, i) => modelCall({ trace_id: traceId(), start: BigInt(Date.now() - 5000 + i) * 1000000n,
        attributes: { 'gen_ai.request.model': model, 'shop.basket': i, 'shop.vip': i === 0, 'shop.name': `n${i}`, 'shop.parts': ['a'] } }));
    for (const [project, some] of [['default', spans], ['other', [modelCall({ trace_id: traceId(), attributes: { 'gen_ai.request.model': 'secret-model', 'secret.key': 1 } })]]])
        assert.equal((await post(server.url, toJson('shop', some), { type: 'application/json', headers: { 'x-vitrine-project': project } })).status, 200);
    await eventually(async () => {
        assert.equal((await fields({ values_of: 'model' })).values.length, 3);
        assert.equal((await fields({ values_of: 'model' }, 'other')).values.length, 1);
    });
});
after(() => server?.close());

test('the fields of a source: our own, and attributes that were seen', async () => {
    const reply = await fields({ source: 'spans' });
    const of = (name) => reply.fields.find((one) => one.name === name);
    assert.deepEqual([of('duration').type, of('duration').unit, of('duration').from], ['number', 'ms', 'index']);
    assert.ok(of('model').aliases.includes('modelId') && of('model').description);
    assert.deepEqual(['shop.basket', 'shop.vip', 'shop.name', 'shop.parts'].map((name) => [of(name).type, of(name).from]),
        [['integer', 'attribute'], ['boolean', 'attribute'], ['text', 'attribute'], ['any', 'attribute']]);
    assert.ok(!of('secret.key'));
    assert.ok(reply.functions.some((one) => one.name === 'count' && one.aggregate && one.signature) && reply.commands.some((one) => one.name === 'stats' && one.syntax));
    for (const source of ['traces', 'logs', 'metrics', 'scores']) assert.ok((await fields({ source })).fields.some((one) => one.name === '@timestamp'));
    assert.ok((await fields({}, 'other')).fields.some((one) => one.name === 'secret.key'));
    const alone = await fields({ source: 'spans', attributes: 0 });
    assert.deepEqual(alone.fields, reply.fields.filter(({ from }) => from === 'index'));
});

test('a prefix narrows names, aliases count', async () => {
    assert.deepEqual((await fields({ prefix: 'shop.' })).fields.map((one) => one.name).sort(), ['shop.basket', 'shop.name', 'shop.parts', 'shop.vip']);
    assert.ok((await fields({ prefix: 'modelid' })).fields.some((one) => one.name === 'model'));
});

test('every field that is listed can be asked', async () => {
    for (const source of ['spans', 'traces', 'logs', 'metrics', 'scores'])
        for (const { name } of (await fields({ source })).fields) {
            const reply = await call('POST', '/api/v1/query', { query: `fields \`${name}\` | limit 1`, source });
            assert.equal(reply.status, 200, `${source}.${name}: ${JSON.stringify(reply)}`);
        }
});

test('the values of a field, the most frequent first, by prefix, of attributes too', async () => {
    assert.deepEqual((await fields({ values_of: 'model' })).values[0], { value: 'gpt-4o-mini', count: 2 });
    assert.deepEqual((await fields({ values_of: 'model', prefix: 'GPT-4O' })).values.map((one) => one.value), ['gpt-4o-mini', 'gpt-4o']);
    assert.deepEqual((await fields({ values_of: 'modelId', limit: 1 })).values, [{ value: 'gpt-4o-mini', count: 2 }]);
    assert.deepEqual((await fields({ values_of: 'model', prefix: "O'dd.model/(v1)*" })).values.map((one) => one.count), [1]);
    assert.deepEqual((await fields({ values_of: 'model', prefix: 'gpt.4' })).values, []);
    assert.deepEqual((await fields({ values_of: 'shop.name' })).values.map((one) => one.value).sort(), ['n0', 'n1', 'n2', 'n3']);
    assert.deepEqual((await fields({ values_of: 'model', from: '-2d', to: '-1d' })).values, []);
    assert.deepEqual((await fields({ values_of: 'model' }, 'other')).values, [{ value: 'secret-model', count: 1 }]);
});

test('wrong questions about fields say what was expected', async () => {
    for (const [query, words] of [[{ source: 'planets' }, /^source: /], [{ values_of: 'a`b' }, /^values_of: /], [{ values_of: 'model', limit: 0 }, /^limit: /],
        [{ values_of: 'x'.repeat(300) }, /^values_of: /], [{ from: 'soon' }, /^from: /], [{ values_of: 'model', prefix: 'a\nb' }, /^prefix: /], [{ values_of: 'model', prefix: '\\' }, null]]) {
        const reply = await fields(query);
        assert.equal(reply.status, words ? 400 : 200, JSON.stringify(reply));
        if (words) assert.match(reply.error.message, words);
    }
});

const one = { name: 'Cost by model', description: 'weekly', text: 'stats sum(cost) by model', source: 'spans', from: '-7d', to: 'now', chart: { kind: 'bars', of: ['x'] } };

test('a question is kept, listed, changed and removed', async () => {
    const made = await call('POST', '/api/v1/queries', one);
    assert.equal(made.status, 201);
    const { id, created, updated, status, ...rest } = made;
    assert.deepEqual(rest, { ...one, language: 'query' });
    assert.ok(BigInt(created) > 0n && created === updated && /^\d+$/.test(id));
    assert.deepEqual((await call('GET', '/api/v1/queries')).queries.map((query) => query.name), ['Cost by model']);
    const changed = await call('PUT', `/api/v1/queries/${id}`, { name: 'SQL', language: 'sql', text: 'SELECT 1' });
    assert.deepEqual([changed.status, changed.language, changed.chart, changed.source, changed.from], [200, 'sql', null, null, null]);
    assert.equal((await call('GET', `/api/v1/queries/${id}`)).text, 'SELECT 1');
    assert.equal((await call('DELETE', `/api/v1/queries/${id}`)).status, 204);
    assert.equal((await call('GET', `/api/v1/queries/${id}`)).status, 404);
    assert.equal((await call('DELETE', `/api/v1/queries/${id}`)).status, 404);
    assert.equal((await call('PUT', `/api/v1/queries/${id}`, one)).status, 404);
});

test('each project has its own; a name is used once in each', async () => {
    const { id } = await call('POST', '/api/v1/queries', one);
    const again = await call('POST', '/api/v1/queries', one);
    assert.equal(again.status, 409);
    assert.match(again.error.message, /^name: /);
    assert.equal((await call('POST', '/api/v1/queries', one, 'other')).status, 201);
    const second = await call('POST', '/api/v1/queries', { ...one, name: 'Another' });
    assert.equal((await call('PUT', `/api/v1/queries/${second.id}`, one)).status, 409);
    for (const method of ['GET', 'DELETE', 'PUT'])
        assert.equal((await call(method, `/api/v1/queries/${id}`, method === 'PUT' ? one : undefined, 'other')).status, 404);
    assert.equal((await call('GET', `/api/v1/queries/${id}`)).status, 200);
});

test('what is refused says which member and what was expected', async () => {
    for (const [body, status, words] of [[{}, 400, /^name: /], [{ name: ' ', text: 'x' }, 400, /^name: /], [{ name: 'x' }, 400, /^text: /], [{ ...one, name: 7 }, 400, /^name: /],
        [{ ...one, name: 'x'.repeat(201) }, 413, /^name: /], [{ ...one, name: 'y', language: 'cobol' }, 400, /^language: /], [{ ...one, name: 'y', source: 'planets' }, 400, /^source: /],
        [{ ...one, name: 'y', chart: [] }, 400, /^chart: /], [{ ...one, name: 'y', chart: { a: 'x'.repeat(17000) } }, 413, /^chart: /], [{ ...one, name: 'y', text: 'x'.repeat(100001) }, 413, /^text: /]]) {
        const reply = await call('POST', '/api/v1/queries', body);
        assert.equal(reply.status, status, JSON.stringify(body).slice(0, 100));
        assert.match(reply.error.message, words);
    }
    assert.equal((await call('POST', '/api/v1/queries', one, 'default', { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await call('GET', '/api/v1/queries/abc')).status, 404);
});

test('they survive a restart', async () => {
    const { queries } = await call('GET', '/api/v1/queries');
    await server.stop();
    await server.start();
    assert.deepEqual((await call('GET', '/api/v1/queries')).queries, queries);
});
