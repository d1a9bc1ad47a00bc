// SPDX-License-Identifier: Apache-2.0
// The server's life around requests: stopping while clients send, keys, both protocols on either port, encodings.
import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';
import { Api, eventually } from './support/api.mjs';
import { clientEnv, runClient } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { GrpcClient, modelCall, post, send, toProtobuf, traceId } from './support/otlp.mjs';

let server;
before(async () => { server = await startServer(); });
after(async () => { await server?.close(); });

test('SIGTERM under load: exit code 0, and what was acknowledged is there afterwards', { timeout: 300000 }, async () => {
    const data = await mkdtemp(join(tmpdir(), 'vitrine-flow-'));
    const busy = await startServer({ data });
    const grpc = new GrpcClient(busy.grpc);
    const acked = [], codes = new Set();
    let stopping = false;
    const sender = async (kind) => {
        for (let i = 0; i < 5000; i++) {
            const trace_id = traceId(), body = toProtobuf('busy', [modelCall({ trace_id, attributes: { 'app.text': 'x'.repeat(2000) } })]);
            try {
                const code = kind === 'grpc' ? (await grpc.call(body, { deadline_ms: 3000 })).code : (await post(busy.url, body)).status;
                codes.add(`${kind} ${code}`);
                if (code === 0 || code === 200) acked.push(trace_id);
                else if (stopping) return;
            } catch {
                if (stopping) return;
                throw new Error('a connection broke before the server was told to stop');
            }
        }
    };
    const senders = ['http', 'grpc', 'http', 'grpc', 'http'].map(sender);
    await eventually(() => assert.ok(acked.length > 100));
    stopping = true;
    await busy.stop();
    await Promise.all(senders);
    grpc.close();
    assert.ok([...codes].every((code) => ['http 200', 'grpc 0', 'http 503', 'grpc 14', 'grpc 8', 'grpc 1', 'grpc 4'].includes(code)), [...codes].join(', '));
    await busy.restart();
    await busy.api.settled();
    const missing = [];
    for (const trace_id of acked) if ((await busy.api.fetch(`/api/v1/traces/${trace_id}`)).status !== 200) missing.push(trace_id);
    assert.deepEqual(missing, []);
    await busy.stop();
    await rm(data, { recursive: true });
});

test('a key is asked for where the operator wants it, and an SDK that has one gets in', async () => {
    const keys = { VITRINE_INIT_PUBLIC_KEY: 'pk-flow', VITRINE_INIT_SECRET_KEY: 'sk-flow-0123456789' };
    const locked = await startServer({ args: ['--auth', 'required'], env: keys });
    try {
        const basic = (secret) => `Basic ${Buffer.from(`pk-flow:${secret}`).toString('base64')}`;
        const body = toProtobuf('locked', [modelCall({ trace_id: traceId() })]);
        for (const path of ['/v1/traces', '/api/public/otel/v1/traces', '/otel/v1/traces']) {
            assert.equal((await post(locked.url, body, { path })).status, 401, path);
            assert.equal((await post(locked.url, body, { path, headers: { authorization: basic('wrong') } })).status, 401, path);
            assert.equal((await post(locked.url, body, { path, headers: { authorization: basic(keys.VITRINE_INIT_SECRET_KEY) } })).status, 200, path);
        }
        assert.equal((await fetch(`${locked.url}/api/v1/traces`)).status, 401);
        const grpc = new GrpcClient(locked.grpc);
        assert.equal((await grpc.call(body)).code, 16);
        grpc.close();
        locked.api = new Api(locked.url, { headers: { authorization: basic(keys.VITRINE_INIT_SECRET_KEY) } });
        for (const protocol of ['http/protobuf', 'grpc']) {
            const service = `locked-${protocol}`;
            const headers = `Authorization=${encodeURIComponent(basic(keys.VITRINE_INIT_SECRET_KEY))}`;
            await runClient('otel.mjs', { env: clientEnv({ service, server: locked, protocol, more: { OTEL_EXPORTER_OTLP_HEADERS: headers } }) });
            assert.equal((await locked.api.traceOf(service, 5)).cost, 58500);
        }
    } finally {
        await locked.close();
    }
});

test('gRPC is understood on the HTTP port', async () => {
    const trace_id = traceId(), grpc = new GrpcClient(new URL(server.url).host);
    const { code, message } = await grpc.call(toProtobuf('muxed', [modelCall({ trace_id })]));
    grpc.close();
    assert.equal(code, 0, message);
    assert.equal((await server.api.traceOf('muxed', 1)).cost, 33000);
});

// A zstd frame with stored blocks: what a compressor would make of noise.
function zstdStored(body) {
    const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
    head.writeUInt32LE(body.length, 5);
    const block = Buffer.alloc(3);
    block.writeUIntLE((body.length << 3) | 1, 0, 3);
    return Buffer.concat([head, block, body]);
}

for (const [encoding, pack] of [['gzip', zlib.gzipSync], ['deflate', zlib.deflateSync], ['zstd', zstdStored], ['identity', (body) => body]])
    test(`a body in ${encoding}`, async () => {
        const service = `in-${encoding}`, body = toProtobuf(service, [modelCall({ trace_id: traceId() })]);
        const reply = await post(server.url, pack(body), { headers: { 'content-encoding': encoding } });
        assert.equal(reply.status, 200, reply.body.toString());
        assert.equal((await server.api.traceOf(service, 1)).cost, 33000);
    });

test('a body over the limit is refused with 413 by either protocol, and says so', async () => {
    const small = await startServer({ args: ['--body-max-mb', '1'] });
    try {
        const body = toProtobuf('large', [modelCall({ trace_id: traceId(), attributes: { 'app.text': 'x'.repeat(2 << 20) } })]);
        const reply = await post(small.url, body).catch((error) => ({ status: error.cause?.code }));
        assert.ok([413, 'EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(reply.status), `${reply.status}`);
        assert.equal((await post(small.url, zlib.gzipSync(body), { headers: { 'content-encoding': 'gzip' } })).status, 413);
        const grpc = new GrpcClient(small.grpc);
        const { code, message } = await grpc.call(body);
        grpc.close();
        assert.ok([3, 8, 13, 1, 14].includes(code) && code !== 0, `${code} ${message}`);
        await send(small.url, 'fits', [modelCall({ trace_id: traceId() })]);
        assert.equal((await small.api.traceOf('fits', 1)).cost, 33000);
    } finally {
        await small.close();
    }
});

test('/metrics is Prometheus text and counts what came', async () => {
    const value = async () => {
        const text = await (await fetch(`${server.url}/metrics`)).text();
        for (const line of text.trim().split('\n')) assert.match(line, /^(# (HELP|TYPE) [a-z_:]+ .+|[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})? [-+0-9.eE]+(Inf|NaN)?)$/);
        return text.split('\n').filter((line) => /^vitrine_[a-z_]*(spans|records)[a-z_]*total/.test(line) && /accepted|received|span/.test(line))
            .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    };
    const first = await value();
    await send(server.url, 'counted', Array.from({ length: 10 }, () => modelCall({ trace_id: traceId() })));
    assert.ok((await value()) >= first + 10, `a counter of spans moved by less than 10: ${first} to ${await value()}`);
});
