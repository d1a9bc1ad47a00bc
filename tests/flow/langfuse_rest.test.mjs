// SPDX-License-Identifier: Apache-2.0
// What Langfuse's SDKs offer beside traces and scores, every generation unmodified: media. And what is refused.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from './support/api.mjs';
import { noPython, runClient } from './support/client.mjs';
import { startServer } from './support/server.mjs';

const venv = resolve(fileURLToPath(import.meta.url), '../.venv');
const pair = { public: 'pk-lf-rest', secret: 'sk-lf-rest-secret' };
const authorization = `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}`;
let server;
before(async () => {
    server = await startServer({ args: ['--auth', 'required', '--body-max-mb', '8'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    server.api.headers = { authorization };
});
after(async () => { await server?.close(); });

const sdks = [
    ...[3, 4, 5].map((version) => ({ name: `JS v${version}`, file: 'langfuse_rest.mjs', env: { LANGFUSE_JS: String(version) } })),
    ...[2, 3, 4].map((version) => ({ name: `Python v${version}`, file: 'langfuse_rest.py', env: { PYTHONPATH: resolve(venv, `langfuse${version}`) }, skip: noPython() })),
];
const run = ({ file, env }, ...args) => runClient(file, { args, env: { LANGFUSE_PUBLIC_KEY: pair.public, LANGFUSE_SECRET_KEY: pair.secret,
    LANGFUSE_HOST: server.url, LANGFUSE_BASE_URL: server.url, LANGFUSE_BASEURL: server.url, ...env } });
async function call(method, path, body, headers = { authorization }) {
    const reply = await fetch(new URL(path, server.url), { method, headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, text, json: /json/.test(reply.headers.get('content-type')) ? JSON.parse(text) : undefined };
}
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('base64');
const announce = (bytes, more = {}) => call('POST', '/api/public/media', { contentType: 'image/png', contentLength: bytes.length, sha256Hash: sha256(bytes), field: 'input', traceId: 'a-trace', ...more });
const put = (url, bytes) => fetch(url, { method: 'PUT', headers: { 'content-type': 'image/png' }, body: bytes });

for (const sdk of sdks) {
    test(`${sdk.name} keeps pictures beside a trace and reads them back`, { skip: sdk.skip ?? false }, async () => {
        const { trace, media, resolved, bytes } = await run(sdk, 'media');
        assert.match(trace.input.look, /^@@@langfuseMedia:type=image\/png\|id=[\w-]{22}\|source=(bytes|base64_data_uri)@@@$/);
        assert.match(JSON.stringify(trace), /type=text\/html/);
        assert.match(resolved.look, /^data:image\/png;base64,iVBORw0KGgo/);
        const of = (name) => media[name] ?? media[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
        assert.deepEqual([of('contentType'), of('contentLength')], ['image/png', bytes]);
        const file = await fetch(of('url'));
        assert.deepEqual([file.status, (await file.arrayBuffer()).byteLength, file.headers.get('content-type')], [200, bytes, 'image/png']);
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
