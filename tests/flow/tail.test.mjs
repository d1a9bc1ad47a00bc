// SPDX-License-Identifier: Apache-2.0
// The live tail: what comes in is told once, in order, to those who ask for it; a slow or returning reader is told
// how much it missed, and nobody waits for it.
import { strict as assert } from 'node:assert';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { test } from 'node:test';
import { eventually } from './support/eventually.mjs';
import { serverAndModel } from './support/fixture.mjs';
import { modelCall, now, ms, post, send, spanId, toProtobuf, traceId } from './support/otlp.mjs';
import { startServer } from './support/server.mjs';

const flow = serverAndModel();
let names = 0;

// Collects { id, event, data } as they come.
class Follower {
    events = [];
    #rest = '';

    take(text) {
        this.#rest += text;
        for (let end; (end = this.#rest.indexOf('\n\n')) >= 0; this.#rest = this.#rest.slice(end + 2)) {
            const event = {};
            for (const line of this.#rest.slice(0, end).split('\n')) {
                const colon = line.indexOf(': ');
                event[line.slice(0, colon)] = line.slice(colon + 2);
            }
            this.events.push({ ...event, data: JSON.parse(event.data) });
        }
    }

    of(kind) {
        return this.events.filter((one) => one.event === kind).map((one) => one.data);
    }

    get last() {
        return this.events.findLast((one) => one.id)?.id;
    }

    rows(kind, count) {
        return eventually(() => {
            assert.equal(this.of(kind).length, count, `${kind}s told`);
            assert.ok(this.events.at(-1).event === 'mark', 'the round is not over');
            return this.of(kind);
        });
    }
}

async function follow(query = '', { headers = {}, url = flow.server.url } = {}) {
    const follower = new Follower(), stop = new AbortController();
    const reply = await fetch(`${url}/api/v1/tail?${query}`, { headers, signal: stop.signal });
    if (!reply.ok) throw Object.assign(new Error(await reply.text()), { status: reply.status });
    assert.equal(reply.headers.get('content-type'), 'text/event-stream');
    const decoder = new TextDecoder();
    follower.over = (async () => {
        for await (const bytes of reply.body) follower.take(decoder.decode(bytes, { stream: true }));
    })().catch((error) => { if (error.name !== 'AbortError') throw error; });
    follower.stop = () => { stop.abort(); return follower.over; };
    await eventually(() => assert.equal(follower.events[0]?.event, 'open'));
    return follower;
}

const call = (name, attributes = {}) => modelCall({ trace_id: traceId(), span_id: spanId(), start: now() - 1000n * ms, name, attributes });
const unique = () => `live-${++names}`;

test('spans are told as they become visible, each once, in rounds that end with a mark', async () => {
    const follower = await follow();
    const service = unique(), said = [];
    for (let n = 0; n < 3; n++) {
        const span = call(`call ${n}`, { 'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: `Question ${n}?` }] }]) });
        await send(flow.server.url, service, [span]);
        said.push([span.trace_id, span.span_id, `call ${n}`, service, `Question ${n}?`]);
        await follower.rows('span', n + 1);
    }
    assert.deepEqual(follower.of('span').map((one) => [one.trace_id, one.span_id, one.name, one.service, one.input]), said);
    assert.deepEqual(follower.of('mark').map((one) => one.skipped), [0, 0, 0]);
    assert.match(follower.last, /^\d+\.\d+$/);
    await follower.stop();
});

test('the same over HTTP/2, beside other requests on the connection', async () => {
    const client = connectHttp2(flow.server.url), follower = new Follower();
    const stream = client.request({ ':path': '/api/v1/tail' });
    stream.setEncoding('utf8').on('data', (text) => follower.take(text));
    await eventually(() => assert.equal(follower.events[0]?.event, 'open'));
    const span = call('over http2');
    await send(flow.server.url, unique(), [span]);
    assert.equal((await follower.rows('span', 1))[0].span_id, span.span_id);
    const health = client.request({ ':path': '/healthz' });
    assert.equal(await new Promise((done) => health.on('response', (headers) => done(headers[':status']))), 200);
    health.resume();
    stream.close();
    client.close();
});

test('filters hold for what is told, and what is wrong with them is said at once', async () => {
    const wanted = unique(), follower = await follow(`f=service=${wanted}&f=duration>500ms&f=kind=llm`);
    const long = call('long'), short = { ...call('short') };
    short.end = short.start + 100n * ms;
    long.end = long.start + 900n * ms;
    await send(flow.server.url, unique(), [call('of another')]);
    await send(flow.server.url, wanted, [short, long]);
    assert.deepEqual((await follower.rows('span', 1)).map((one) => one.name), ['long']);
    await follower.stop();
    for (const [query, words] of [['f=spans>3', /single spans cannot be filtered by spans/], ['source=metrics', /source: expected spans, logs or all/],
        ['after=yesterday', /after: expected the id of a mark/], ['limit=0', /limit: expected a whole number from 1 to 200/],
        ['source=all&f=kind=llm', /logs can be filtered by/]])
        await assert.rejects(follow(query), (error) => error.status === 400 && words.test(error.message), query);
});

test('a project hears its own', async () => {
    const made = await fetch(`${flow.server.url}/api/v1/projects`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"neighbour"}' });
    assert.ok(made.ok, await made.text());
    const service = unique(), ours = await follow(`f=service=${service}`), theirs = await follow(`f=service=${service}&project=neighbour`);
    const secret = call('of the neighbour');
    assert.equal((await post(flow.server.url, toProtobuf(service, [secret]), { headers: { 'x-vitrine-project': 'neighbour' } })).status, 200);
    assert.equal((await theirs.rows('span', 1))[0].span_id, secret.span_id);
    await send(flow.server.url, service, [call('ours')]);
    assert.deepEqual((await ours.rows('span', 1)).map((one) => one.name), ['ours']);
    assert.equal(theirs.of('span').length, 1);
    await ours.stop();
    await theirs.stop();
});

test('log records are told, too', async () => {
    const service = unique(), follower = await follow(`source=all&f=service=${service}`);
    const body = JSON.stringify({ resourceLogs: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeLogs: [{ logRecords: [{ timeUnixNano: String(now()), severityNumber: 17, body: { stringValue: 'the disk\nis full' } }] }] }] });
    assert.equal((await post(flow.server.url, body, { type: 'application/json', path: '/v1/logs' })).status, 200);
    await send(flow.server.url, service, [call('beside it')]);
    const [log] = await follower.rows('log', 1);
    assert.deepEqual([log.body, log.severity, log.service], ['the disk\nis full', 'ERROR', service]);
    await follower.rows('span', 1);
    await follower.stop();
});

test('whoever comes again goes on behind the last mark, and hears how many it was too many', async () => {
    const service = unique(), first = await follow(`f=service=${service}`);
    await send(flow.server.url, service, [call('before')]);
    await first.rows('span', 1);
    const id = first.last;
    await first.stop();
    await send(flow.server.url, service, Array.from({ length: 30 }, (_, n) => ({ ...call(`while away ${n}`), start: now() - BigInt(40 - n) * 1000n * ms })));
    await flow.api.settled();
    const again = await follow(`f=service=${service}&limit=10`, { headers: { 'last-event-id': id } });
    const names = (await again.rows('span', 10)).map((one) => one.name);
    assert.deepEqual(names, Array.from({ length: 10 }, (_, n) => `while away ${n + 20}`)); // the newest of them
    assert.equal(again.of('mark')[0].skipped, 20);
    await again.stop();
    const now_only = await follow(`f=service=${service}&after=999.0`); // a place that never was means now
    await send(flow.server.url, service, [call('after')]);
    assert.deepEqual((await now_only.rows('span', 1)).map((one) => one.name), ['after']);
    await now_only.stop();
});

test('a reader that takes nothing delays neither ingestion nor the others', async () => {
    const service = unique(), follower = await follow(`f=service=${service}&limit=200`);
    const { hostname, port } = new URL(flow.server.url);
    const stuck = connect({ host: hostname, port: Number(port) });
    stuck.pause();
    stuck.write(`GET /api/v1/tail?limit=200&f=service=${service} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
    const name = 'n'.repeat(900);
    const total = 4000;
    for (let sent = 0; sent < total; sent += 200) {
        const began = performance.now();
        await send(flow.server.url, service, Array.from({ length: 200 }, () => call(name)));
        assert.ok(performance.now() - began < 5000, 'ingestion waited');
    }
    await eventually(() => {
        const told = follower.of('mark').reduce((sum, one) => sum + one.spans + one.skipped, 0);
        assert.equal(told, total);
    });
    assert.equal(follower.of('span').length + follower.of('mark').reduce((sum, one) => sum + one.skipped, 0), total);
    stuck.destroy();
    await follower.stop();
});

test('a project has a number of followers, who need a key where keys are asked for, and all end with the server', async () => {
    const server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: 'pk-lf-live', VITRINE_INIT_SECRET_KEY: 'sk-lf-live' } });
    const headers = { authorization: `Basic ${Buffer.from('pk-lf-live:sk-lf-live').toString('base64')}` };
    await assert.rejects(follow('', { url: server.url }), (error) => error.status === 401);
    const followers = [];
    for (let n = 0; n < 16; n++) followers.push(await follow('', { url: server.url, headers }));
    await assert.rejects(follow('', { url: server.url, headers }), (error) => error.status === 503 && /16 follow already/.test(error.message));
    await followers.pop().stop();
    followers.push(await eventually(() => follow('', { url: server.url, headers })));
    const began = performance.now();
    await server.close();
    assert.ok(performance.now() - began < 4000, 'the streams held up the end');
    for (const each of followers) await each.over;
});
