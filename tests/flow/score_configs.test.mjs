// SPDX-License-Identifier: Apache-2.0
// Score configs as Langfuse's API defines them, and scores that are held to one, whichever way they come.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { startServer } from './support/server.mjs';

const pair = { public: 'pk-lf-config', secret: 'sk-lf-config-secret' };
const authorization = `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}`;
const trace = 'ab'.repeat(16);
let server;
before(async () => {
    server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    server.api.headers = { authorization };
});
after(async () => { await server?.close(); });

async function call(method, path, body) {
    const reply = await fetch(new URL(path, server.url), { method, headers: { authorization, 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    return { status: reply.status, body: await reply.json() };
}
const make = async (config) => {
    const { status, body } = await call('POST', '/api/public/score-configs', config);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
};
const refused = async (method, path, body, member) => {
    const reply = await call(method, path, body);
    assert.equal(reply.status, 400, `${JSON.stringify(body)} gave ${reply.status}`);
    assert.match(reply.body.message, new RegExp(`^${member}`));
};
const score = (body) => call('POST', '/api/public/scores', { traceId: trace, ...body });

test('each type is defined, read back, listed and changed', async () => {
    const number = await make({ name: 'helpfulness', dataType: 'NUMERIC', minValue: 0, maxValue: 10, description: 'how much it helped' });
    assert.deepEqual([number.dataType, number.minValue, number.maxValue, number.isArchived, number.categories, number.description],
        ['NUMERIC', 0, 10, false, null, 'how much it helped']);
    const yes = await make({ name: 'correct', dataType: 'BOOLEAN' });
    assert.deepEqual(yes.categories, [{ value: 1, label: 'True' }, { value: 0, label: 'False' }]);
    const tone = await make({ name: 'tone', dataType: 'CATEGORICAL', categories: [{ label: 'kind', value: 1 }, { label: 'cold', value: -1 }] });
    await make({ name: 'remark', dataType: 'TEXT' });
    assert.deepEqual((await call('GET', `/api/public/score-configs/${tone.id}`)).body, tone);
    const list = (await call('GET', '/api/public/score-configs?limit=3')).body;
    assert.deepEqual([list.data.length, list.meta.totalItems, list.meta.totalPages], [3, 4, 2]);
    const beyond = (await call('GET', '/api/public/score-configs?limit=3&page=9')).body;
    assert.deepEqual([beyond.data.length, beyond.meta.totalItems], [0, 4], 'the total is that of all pages');

    const changed = (await call('PATCH', `/api/public/score-configs/${number.id}`, { maxValue: null, isArchived: true })).body;
    assert.deepEqual([changed.name, changed.minValue, changed.maxValue, changed.isArchived, changed.createdAt], ['helpfulness', 0, undefined, true, number.createdAt]);
    const more = (await call('PATCH', `/api/public/score-configs/${tone.id}`, { categories: [{ label: 'kind', value: 2 }] })).body;
    assert.deepEqual(more.categories, [{ value: 2, label: 'kind' }]);
    assert.equal((await call('GET', '/api/public/score-configs/nothing')).status, 404);
    assert.equal((await call('PATCH', '/api/public/score-configs/nothing', {})).status, 404);
});

test('what cannot be a config is refused by name', async () => {
    const path = '/api/public/score-configs', categories = [{ label: 'a', value: 1 }];
    for (const [member, body] of [
        ['name', { dataType: 'TEXT' }], ['name', { name: 'x'.repeat(36), dataType: 'TEXT' }], ['name', { name: 'a/b', dataType: 'TEXT' }],
        ['dataType', { name: 'a' }], ['dataType', { name: 'a', dataType: 'CORRECTION' }], ['minValue', { name: 'a', dataType: 'NUMERIC', minValue: '1' }],
        ['maxValue', { name: 'a', dataType: 'NUMERIC', minValue: 2, maxValue: 2 }], ['minValue', { name: 'a', dataType: 'TEXT', minValue: 2 }],
        ['categories', { name: 'a', dataType: 'CATEGORICAL' }], ['categories', { name: 'a', dataType: 'NUMERIC', categories }],
        ['categories\\[1\\]', { name: 'a', dataType: 'CATEGORICAL', categories: [...categories, ...categories] }],
        ['categories\\[0\\]', { name: 'a', dataType: 'CATEGORICAL', categories: [{ label: 'a' }] }], ['isArchived', { name: 'a', dataType: 'TEXT', isArchived: 'no' }],
        ['description', { name: 'a', dataType: 'TEXT', description: 'x'.repeat(2001) }],
    ]) await refused('POST', path, body, member);
});

test('a score that names a config is held to it, by itself and in a batch', async () => {
    const number = await make({ name: 'depth', dataType: 'NUMERIC', minValue: 0, maxValue: 5 });
    const yes = await make({ name: 'grounded', dataType: 'BOOLEAN' });
    const tone = await make({ name: 'manner', dataType: 'CATEGORICAL', categories: [{ label: 'kind', value: 3 }, { label: 'cold', value: -1 }] });
    for (const [member, body] of [
        ['value', { name: 'depth', value: 6, configId: number.id }], ['value', { name: 'depth', value: -0.1, configId: number.id }],
        ['name', { name: 'deep', value: 1, configId: number.id }], ['dataType', { name: 'depth', value: 1, dataType: 'BOOLEAN', configId: number.id }],
        ['value', { name: 'depth', value: 'much', configId: number.id }], ['value', { name: 'manner', value: 'rude', configId: tone.id }],
        ['configId', { name: 'depth', value: 1, configId: 'nothing' }],
    ]) await refused('POST', '/api/public/scores', { traceId: trace, ...body }, member);
    for (const body of [{ id: 'd-1', name: 'depth', value: 5, configId: number.id }, { id: 'g-1', name: 'grounded', value: 1, configId: yes.id },
        { id: 'm-1', name: 'manner', value: 'kind', configId: tone.id }]) assert.equal((await score(body)).status, 200);

    const event = (id, body) => ({ id, type: 'score-create', timestamp: new Date().toISOString(), body: { traceId: trace, ...body } });
    const batch = await call('POST', '/api/public/ingestion', { batch: [
        event('e-1', { id: 'd-2', name: 'depth', value: 2, configId: number.id }), event('e-2', { id: 'd-3', name: 'depth', value: 20, configId: number.id })] });
    assert.deepEqual([batch.status, batch.body.successes.map((one) => one.id), batch.body.errors.map((one) => [one.id, one.status])], [207, ['e-1'], [['e-2', 400]]]);

    await call('PATCH', `/api/public/score-configs/${number.id}`, { isArchived: true });
    await refused('POST', '/api/public/scores', { traceId: trace, name: 'depth', value: 1, configId: number.id }, 'configId');
    await server.api.settled();
    const { data } = (await call('GET', `/api/public/v2/scores?traceId=${trace}`)).body;
    const told = Object.fromEntries(data.map((one) => [one.id, [one.dataType, one.value, one.stringValue, one.configId]]));
    assert.deepEqual(told, { 'd-1': ['NUMERIC', 5, undefined, number.id], 'd-2': ['NUMERIC', 2, undefined, number.id],
        'g-1': ['BOOLEAN', 1, 'True', yes.id], 'm-1': ['CATEGORICAL', 3, 'kind', tone.id] });
});
