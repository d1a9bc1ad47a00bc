// SPDX-License-Identifier: Apache-2.0
// Dashboards over HTTP: built-in ones are there, own ones are made, changed and removed, and nothing is overwritten unseen.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { startServer } from './support/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(async () => { await server?.close(); });

const widget = (more = {}) => ({ id: 'calls', title: 'Calls', view: 'line', query: 'stats count(*) by bin(5m)', x: 0, y: 0, w: 6, h: 4, ...more });
const document = (more = {}) => ({ version: 1, title: 'Mine', description: '', variables: [], widgets: [widget()], ...more });

async function ask(method, path, body, headers = { 'content-type': 'application/json' }) {
    const reply = await fetch(`${server.url}/api/v1/dashboards${path}`, { method, headers, body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body) });
    const text = await reply.text();
    return { status: reply.status, body: JSON.parse(text), text };
}

test('the built-in dashboards are listed and cannot be changed', async () => {
    const { body } = await ask('GET', '');
    const names = body.dashboards.filter(({ builtin }) => builtin).map(({ id }) => id);
    for (const id of ['cost', 'errors', 'model-invocations']) {
        assert.ok(names.includes(id));
        const one = await ask('GET', `/${id}`);
        assert.equal(one.body.builtin, true);
        assert.ok(one.body.dashboard.widgets.length > 4);
        assert.equal((await ask('PUT', `/${id}?revision=1`, document())).status, 403);
        assert.equal((await ask('DELETE', `/${id}`)).status, 403);
    }
});

test('one is made, read, changed and removed; a stale revision changes nothing', async () => {
    const made = await ask('POST', '', document());
    assert.equal(made.status, 201, made.text);
    const { id } = made.body;
    const read = await ask('GET', `/${id}`);
    assert.deepEqual(read.body.dashboard, document());
    assert.equal(read.body.revision, 1);
    const changed = await ask('PUT', `/${id}?revision=1`, document({ title: 'Changed' }));
    assert.deepEqual(changed.body, { id, revision: 2 });
    const stale = await ask('PUT', `/${id}?revision=1`, document({ title: 'Lost' }));
    assert.equal(stale.status, 409);
    assert.match(stale.body.error.message, /revision 2, not 1/);
    assert.match((await ask('PUT', `/${id}`, document())).body.error.message, /^revision: is missing/);
    const { dashboards } = (await ask('GET', '')).body;
    assert.deepEqual(dashboards.find((each) => each.id === id).title, 'Changed');
    assert.equal((await ask('DELETE', `/${id}`)).status, 200);
    assert.equal((await ask('GET', `/${id}`)).status, 404);
    assert.equal((await ask('DELETE', `/${id}`)).status, 404);
});

test('a refusal names the member, and a form of another site is not JSON', async () => {
    const { status, body } = await ask('POST', '', document({ widgets: [widget(), widget({ id: 'b', view: 'piechart' })] }));
    assert.equal(status, 400);
    assert.match(body.error.message, /^widgets\[1\]\.view: expected one of line, area/);
    assert.equal((await ask('POST', '', '{"version":1,')).status, 400);
    assert.equal((await ask('POST', '', document(), { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await ask('POST', '', document({ description: 'x'.repeat(300_000) }))).status, 413);
    assert.equal((await ask('POST', '', document({ widgets: Array.from({ length: 61 }, (_, at) => widget({ id: `w${at}` })) }))).status, 413);
    for (const id of ['nope', '..%2fopenapi', '%2e%2e', '999999', '-1', "1'--"]) assert.equal((await ask('GET', `/${id}`)).status, 404, id);
});

test('another project does not see it', async () => {
    const reply = await fetch(`${server.url}/api/v1/projects`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"other"}' });
    assert.equal(reply.status, 201);
    const { id } = (await ask('POST', '', document())).body;
    assert.equal((await ask('GET', `/${id}?project=other`)).status, 404);
    assert.equal((await ask('PUT', `/${id}?project=other&revision=1`, document())).status, 404);
    assert.equal((await ask('DELETE', `/${id}?project=other`)).status, 404);
    assert.equal((await ask('GET', '?project=other')).body.dashboards.some((each) => !each.builtin), false);
    assert.equal((await ask('GET', `/${id}`)).status, 200);
});
