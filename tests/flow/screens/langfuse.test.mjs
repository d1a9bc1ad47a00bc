// SPDX-License-Identifier: Apache-2.0
// Addresses that Langfuse's SDKs print and people keep open the screen of the same; and LangfuseWeb, in a page of another
// origin, gives feedback with a public key alone.
import { strict as assert } from 'node:assert';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.mjs';
import { startServer } from '../support/server.mjs';
import { cannot, quiet, setStage } from './stage.mjs';

const modules = new URL('../node_modules/', import.meta.url);
const trace = 'ABCDEF01-2345-6789-abcd-ef0123456789', hex = trace.replaceAll('-', '').toLowerCase();

describe('screens: as Langfuse\'s clients know them', { skip: cannot() }, () => {
    const stage = setStage();
    let run, queue;
    const post = async (path, body, to = stage.url, headers = {}) => {
        const reply = await fetch(`${to}/api/public/${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
        assert.ok(reply.ok, `${path}: ${reply.status} ${await reply.clone().text()}`);
        return reply.json();
    };
    const event = (type, body) => ({ id: `${type} ${body.id}`, type, timestamp: new Date().toISOString(), body });
    const story = [event('trace-create', { id: trace, name: 'asked from afar', sessionId: 'chat/1', userId: 'ada@home' }), event('span-create', { id: 'my-span', traceId: trace, name: 'one step' }), event('span-create', { id: 'other', traceId: trace, name: 'another step' })];

    before(async () => {
        await post('ingestion', { batch: story });
        await post('v2/prompts', { name: 'team/hello', prompt: 'Hello {{name}}', labels: ['production'] });
        await post('v2/datasets', { name: 'places' });
        await post('dataset-items', { datasetName: 'places', id: 'one', input: 'x' });
        run = await post('dataset-run-items', { runName: 'a first run', datasetItemId: 'one', traceId: trace });
        const { id } = await post('score-configs', { name: 'fine', dataType: 'BOOLEAN' });
        queue = await post('annotation-queues', { name: 'have a look', scoreConfigIds: [id] });
        await stage.indexed();
    });

    it('addresses of traces, runs, sessions, prompts and queues open their screens', async () => {
        const dataset = (await (await fetch(`${stage.url}/api/public/v2/datasets/places`)).json()).id;
        const { page, complaints, context } = await stage.open('/');
        for (const [address, screen, text] of [
            [`/project/default/traces/${trace}`, `/p/default/traces/${hex}`, 'asked from afar'],
            [`/trace/${trace}`, `/p/default/traces/${hex}`, 'asked from afar'],
            [`/project/default/traces/${trace}?observation=other`, `/p/default/traces/${hex}`, 'another step'],
            [`/project/default/datasets/${dataset}/runs/${run.datasetRunId}`, `/p/default/datasets/${dataset}/compare`, 'a first run'],
            [`/project/default/datasets/${dataset}/items/one`, `/p/default/datasets/${dataset}`, 'places'],
            ['/project/default/sessions/chat%2F1', '/p/default/sessions/chat%2F1', 'chat/1'],
            ['/project/default/users/ada%40home', '/p/default/users/ada%40home', 'ada@home'],
            ['/project/default/prompts/team%2Fhello', '/p/default/prompts/team%2Fhello', 'team/hello'],
            [`/project/default/annotation-queues/${queue.id}/items/x`, `/p/default/queues/${queue.id}`, 'have a look'],
            ['/project/default/datasets', '/p/default/datasets', 'places'],
            ['/project/default/anything', '/p/default/overview', 'Overview'],
        ]) {
            await page.goto(stage.url + address);
            assert.equal(new URL(page.url()).pathname, screen, address);
            await page.getByText(text).first().waitFor();
        }
        await page.goto(`${stage.url}/project/default/traces/${trace}?observation=other`);
        await page.locator('.span-row.selected', { hasText: 'another step' }).waitFor();
        const odd = await fetch(`${stage.url}/project/default/sessions/a%0d%0aset-cookie:x%3f%23`, { redirect: 'manual' });
        assert.deepEqual([odd.status, odd.headers.get('location'), odd.headers.get('set-cookie')], [302, '/p/default/sessions/a%0D%0Aset-cookie%3Ax%3F%23', null]);
        quiet(complaints);
        await context.close();
    });

    it('LangfuseWeb in a page of another origin scores with the public key, and with no other', async () => {
        const pair = { public: 'pk-lf-web', secret: 'sk-lf-web-secret' };
        const server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
        const authorization = `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}`;
        const files = { '/langfuse.mjs': 'langfuse/lib/index.mjs', '/langfuse-core.mjs': 'langfuse-core/lib/index.mjs', '/mustache.mjs': 'mustache/mustache.mjs' };
        const shop = createServer((request, response) => {
            if (files[request.url]) return response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(new URL(files[request.url], modules)));
            response.writeHead(200, { 'content-type': 'text/html' }).end(`<script type="importmap">{"imports":{"langfuse-core":"/langfuse-core.mjs","mustache":"/mustache.mjs"}}</script>
                <script type="module">import { LangfuseWeb } from '/langfuse.mjs'; window.LangfuseWeb = LangfuseWeb;</script>`);
        });
        await new Promise((done) => shop.listen(0, '127.0.0.1', done));
        shop.unref();
        const { page, context } = await stage.open('/');
        try {
            await post('ingestion', { batch: story }, server.url, { authorization });
            await page.goto(`http://127.0.0.1:${shop.address().port}/`);
            await page.waitForFunction(() => window.LangfuseWeb);
            const score = (publicKey, name) => page.evaluate(async ([baseUrl, publicKey, traceId, name]) => {
                const web = new window.LangfuseWeb({ publicKey, baseUrl, fetchRetryCount: 0 });
                const said = [];
                web.on('error', (error) => said.push(String(error?.status ?? error)));
                await web.score({ traceId, name, value: 1, comment: 'from the page' });
                return said;
            }, [server.url, publicKey, trace, name]);
            await score(pair.public, 'thumb');
            await score('pk-lf-another', 'stolen');
            const found = await eventually(async () => {
                const { data } = await (await fetch(`${server.url}/api/public/v2/scores`, { headers: { authorization } })).json();
                assert.ok(data.length);
                return data;
            });
            assert.deepEqual(found.map((one) => [one.name, one.value, one.traceId, one.comment]), [['thumb', 1, trace, 'from the page']]);
            // What the public key does not open stays closed for pages, too.
            const closed = await page.evaluate(async ([url, key]) => (await fetch(`${url}/api/public/traces`, { headers: { authorization: `Bearer ${key}` } }).catch(() => ({ status: 'refused by the browser' }))).status, [server.url, pair.public]);
            assert.ok([403, 'refused by the browser'].includes(closed), String(closed));
        } finally {
            shop.closeAllConnections();
            shop.close();
            await context.close();
            await server.close();
        }
    });
});
