// SPDX-License-Identifier: Apache-2.0
// Malformed requests over real sockets. Each must be answered as written, or with a 4xx, or the connection closed; the
// server must live, keep the good neighbours, and go on. The last test counts that there were at least 200 of them.
import { strict as assert } from 'node:assert';
import net from 'node:net';
import http2 from 'node:http2';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';
import { readCases } from './support/cases.mjs';
import { patience_ms } from './support/eventually.mjs';
import { startServer } from './support/server.mjs';
import { GrpcClient, grpc_path, modelCall, post, random, send, toJson, toProtobuf, traceId } from './support/otlp.mjs';

let server, grpc, malformed = 0;
before(async () => {
    server = await startServer();
    grpc = new GrpcClient(server.grpc);
});
after(async () => {
    grpc?.close();
    await server?.close();
});

// After any abuse a good request must still work.
async function isAlive() {
    const trace_id = traceId();
    await send(server.url, 'alive', [modelCall({ trace_id })]);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    assert.equal((await grpc.call(toProtobuf('alive', [modelCall({ trace_id })]))).code, 0);
}

const services = { traces: 'trace.v1.TraceService', metrics: 'metrics.v1.MetricsService', logs: 'logs.v1.LogsService' };
const grpcPath = (path) => `/opentelemetry.proto.collector.${services[/(traces|metrics|logs)/.exec(path)[1]]}/Export`;

for (const one of readCases('otlp')) {
    const bad = one.status >= 400 || one.rejected > 0;
    test(`HTTP: ${one.file}: ${one.title}`, async () => {
        malformed += bad;
        const reply = await fetch(server.url + one.path, { method: one.method, headers: one.headers,
            body: one.method === 'POST' ? new Blob([one.body]) : undefined });
        const said = await reply.text();
        assert.equal(reply.status, one.status, said);
        for (const words of one.words) assert.ok(said.includes(words), `answered ${said}\nwithout ${words}`);
    });
    if (one.isProtobuf)
        test(`gRPC: ${one.file}: ${one.title}`, async () => {
            malformed += bad;
            const reply = await grpc.call(one.body, { path: grpcPath(one.path) });
            assert.equal(reply.code, one.status === 200 ? 0 : 3, reply.message);
            const said = one.status === 200 ? reply.body.toString() : reply.message;
            for (const words of one.words) assert.ok(said.includes(words), `answered ${said}\nwithout ${words}`);
        });
}

const good = () => toProtobuf('mutant', [modelCall({ trace_id: traceId(), attributes: { 'app.list': ['a', 'b'], 'app.map': { x: 1 } } })]);

test('truncated protobuf, HTTP and gRPC: 400 or less kept, never an error of ours', async () => {
    const body = good();
    for (let i = 1; i < 50; i++) {
        const part = body.subarray(0, Math.floor((body.length * i) / 50));
        const reply = await post(server.url, part);
        assert.ok([200, 400].includes(reply.status), `${part.length} bytes: ${reply.status} ${reply.body}`);
        const { code, message } = await grpc.call(part);
        assert.ok([0, 3].includes(code), `${part.length} bytes: ${code} ${message}`);
        malformed += 2;
    }
    await isAlive();
});

test('changed bytes, protobuf and JSON', async () => {
    const { below } = random(Number(process.env.SEED ?? 7));
    const json = Buffer.from(toJson('mutant', [modelCall({ trace_id: traceId() })]));
    for (let i = 0; i < 60; i++) {
        const body = Buffer.from(i % 2 ? good() : json);
        for (let n = 1 + below(4); n > 0; n--) body[below(body.length)] = below(256);
        const reply = await post(server.url, body, { type: i % 2 ? 'application/x-protobuf' : 'application/json' });
        assert.ok([200, 400].includes(reply.status), `${reply.status} ${reply.body}`);
        malformed++;
    }
    await isAlive();
});

test('content encodings: unknown, cut short, not what they say, bombs', async () => {
    const packed = zlib.gzipSync(good());
    const bomb = zlib.gzipSync(Buffer.alloc(300 << 20), { level: 9 });
    const cases = [
        [packed, 'snappy-not-there', [400, 415]], [packed.subarray(0, packed.length - 5), 'gzip', [400]], [packed.subarray(0, 5), 'gzip', [400]],
        [good(), 'gzip', [400]], [good(), 'zstd', [400]], [good(), 'deflate', [400]], [Buffer.alloc(0), 'gzip', [200, 400]],
        [Buffer.concat([packed, Buffer.from('rest')]), 'gzip', [200, 400]], [zlib.gzipSync(packed), 'gzip', [400]], [bomb, 'gzip', [413]],
    ];
    for (const [body, encoding, statuses] of cases) {
        const reply = await post(server.url, body, { headers: { 'content-encoding': encoding } });
        assert.ok(statuses.includes(reply.status), `${encoding}: ${reply.status} ${reply.body}`);
        malformed++;
    }
    for (const encoding of ['gzip', 'deflate', 'identity']) {
        const body = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, identity: (x) => x }[encoding](good());
        assert.equal((await post(server.url, body, { headers: { 'content-encoding': encoding } })).status, 200, encoding);
    }
    await isAlive();
});

test('wrong methods and paths', async () => {
    for (const [method, path, status] of [['GET', '/v1/traces', [405]], ['PUT', '/v1/traces', [405]], ['DELETE', '/v1/logs', [405]],
        ['POST', '/v1/profiles', [404]], ['POST', '/v1/trace', [404]], ['GET', '/api/v1/nothing', [404]], ['GET', '/api/v1/traces/xyz', [400, 404]],
        ['GET', `/api/v1/traces/${'0'.repeat(32)}`, [400, 404]], ['GET', '/api/v1/traces?limit=9999999', [400]], ['GET', '/api/v1/traces?from=yesterday-ish', [400]],
        ['GET', '/api/v1/traces?f=nosuchfield%3D1', [400]], ['GET', '/api/v1/series?metric=nothing', [400]], ['GET', '/api/v1/traces?cursor=nonsense', [400]], ['GET', '/api/v1/traces?cursor=%00', [400]],]) {
        const reply = await fetch(server.url + path, { method });
        assert.ok(status.includes(reply.status), `${method} ${path}: ${reply.status} ${await reply.text()}`);
        malformed++;
    }
});

// Writes bytes, then reads until the server closes or has answered a head; gives what came.
function raw(port, bytes, { end = false, wait_ms = 3000 } = {}) {
    return new Promise((done) => {
        const socket = net.connect(port, '127.0.0.1');
        let got = '';
        const finish = () => { clearTimeout(late); socket.destroy(); done(got); };
        const late = setTimeout(finish, wait_ms);
        socket.on('data', (data) => { got += data.toString('latin1'); if (got.includes('\r\n\r\n')) finish(); });
        socket.on('close', finish);
        socket.on('error', finish);
        socket.on('connect', () => { socket.write(bytes, 'latin1'); if (end) socket.end(); });
    });
}

const httpPort = () => Number(new URL(server.url).port);
const head = (more) => `POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-protobuf\r\n${more}\r\n\r\n`;

test('broken HTTP/1.1: refused with a 4xx or by closing', async () => {
    const cases = ['GARBAGE\r\n\r\n', 'GET\r\n\r\n', 'POST /v1/traces HTTP/9.9\r\n\r\n', `GET /${'a'.repeat(200000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
        `GET / HTTP/1.1\r\nHost: x\r\nX: ${'b'.repeat(300000)}\r\n\r\n`, head('Content-Length: -1'), head('Content-Length: abc'), head('Content-Length: 99999999999999999999'),
        head(`Content-Length: ${10 * 1024 ** 3}`), head('Transfer-Encoding: chunked').concat('zz\r\nabc\r\n'), head('Transfer-Encoding: chunked').concat('ffffffffffffffffff\r\nabc\r\n'),
        head('Transfer-Encoding: chunked').concat('-1\r\n\r\n'), '\0\0\0\0\0\0\0\0\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(300, 'x'),
        `GET / HTTP/1.1\r\n${Array.from({ length: 5000 }, (_, i) => `h${i}: v\r\n`).join('')}\r\n`];
    for (const bytes of cases) {
        const got = await raw(httpPort(), bytes, { end: true });
        assert.ok(got === '' || /^HTTP\/1\.[01] [45]\d\d/.test(got) , `${JSON.stringify(bytes.slice(0, 80))}: ${got.slice(0, 200)}`);
        assert.ok(!/^HTTP\/1\.[01] 500/.test(got), got.slice(0, 200));
        malformed++;
    }
    await isAlive();
});

test('no path leads out of the screens', async () => {
    for (const path of ['/../../../../etc/passwd', '/assets/../../../etc/passwd', '/%2e%2e/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2f..%2fetc%2fpasswd', '//etc/passwd', '/assets/%00', '/%ff%fe']) {
        const got = await raw(httpPort(), `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`, { wait_ms: patience_ms });
        assert.match(got, /^HTTP\/1\.1 (200|400|404) /, path);
        assert.ok(!got.includes('root:'), path);
        malformed++;
    }
});

test('a body that is promised and never comes is not kept', async () => {
    const trace_id = traceId(), body = toProtobuf('cut', [modelCall({ trace_id })]);
    await raw(httpPort(), head(`Content-Length: ${body.length + 10}`) + body.toString('latin1'), { end: true });
    malformed++;
    await isAlive();
    await server.api.settled();
    assert.equal((await server.api.traces({ f: 'service=cut' })).traces.length, 0);
});

test('broken HTTP/2 frames end their connection only', async () => {
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    const settings = '\0\0\0\x04\0\0\0\0\0';
    const cases = [preface, `${preface}garbage that is no frame at all`, `${preface}${settings}\xff\xff\xff\0\0\0\0\0\x01`, `${preface}${settings}\0\0\x05\x01\x04\0\0\0\x01\xff\xff\xff\xff\xff`,
        `${preface}${settings}\0\0\x04\x08\0\0\0\0\0\0\0\0\0`, `${preface}${settings}\0\0\x01\0\x01\0\0\0\x07x`, `${preface}${settings}\0\0\x03\x04\0\0\0\0\0abc`, 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'];
    for (const port of [httpPort(), Number(server.grpc.split(':')[1])])
        for (const bytes of cases) {
            await raw(port, bytes, { end: true, wait_ms: 1500 });
            malformed++;
        }
    await isAlive();
});

// One gRPC call with a body as given, bytes and all; answers { status, grpc, message }.
function grpcRaw(body, { path = grpc_path, headers = {} } = {}) {
    return new Promise((done, failed) => {
        const session = http2.connect(`http://${server.grpc}`);
        session.on('error', failed);
        const call = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers });
        const out = {};
        call.on('response', (reply) => { out.status = reply[':status']; out.grpc = reply['grpc-status']; out.message = reply['grpc-message']; });
        call.on('trailers', (trailers) => { out.grpc = trailers['grpc-status']; out.message = trailers['grpc-message']; });
        call.on('error', (error) => { out.error = error.code; });
        call.on('close', () => { session.close(); done(out); });
        call.on('data', () => {});
        call.setTimeout(patience_ms, () => call.close());
        call.end(body);
    });
}

const framed = (message, flag = 0, size = message.length) => {
    const start = Buffer.alloc(5);
    start[0] = flag;
    start.writeUInt32BE(size, 1);
    return Buffer.concat([start, message]);
};

test('gRPC framing: absurd lengths, missing bytes, bad compression, unknown methods', async () => {
    const message = good(), packed = zlib.gzipSync(message), gzip = { headers: { 'grpc-encoding': 'gzip' } };
    const cases = [
        [Buffer.alloc(0), {}], [Buffer.from([0]), {}], [Buffer.from([0, 0, 0]), {}], [framed(message, 0, message.length + 1), {}], [framed(message, 0, 0xffffffff), {}],
        [framed(message, 0, 0x7fffffff), {}], [framed(message, 1), {}], [framed(message, 1), gzip], [framed(packed.subarray(0, 20), 1), gzip], [framed(message, 7), {}],
        [framed(packed, 1), { headers: { 'grpc-encoding': 'nonesuch' } }], [framed(zlib.gzipSync(Buffer.alloc(300 << 20)), 1), gzip],
        [Buffer.concat([framed(message), framed(message)]), {}], [Buffer.concat([framed(message), Buffer.from('rest')]), {}],
        [framed(message), { path: '/opentelemetry.proto.collector.trace.v1.TraceService/Nothing' }], [framed(message), { path: '/' }], [framed(Buffer.from('{"resourceSpans":[]}')), {}],
    ];
    for (const [i, [body, options]] of cases.entries()) {
        const got = await grpcRaw(body, options);
        assert.ok(got.error || got.grpc === undefined ? got.error || got.status >= 400 : got.grpc !== '0', `case ${i}: ${JSON.stringify(got)}`);
        assert.notEqual(got.grpc, '13', `case ${i}: an error of ours: ${got.message}`);
        malformed++;
    }
    assert.equal((await grpcRaw(framed(packed, 1), gzip)).grpc, '0');
    await isAlive();
});

test('one bad span among good ones: the neighbours are kept and the reply names it', async () => {
    const trace_id = traceId();
    const spans = [modelCall({ trace_id }), modelCall({ trace_id: 'abcd' }), modelCall({ trace_id })];
    const reply = await post(server.url, toJson('neighbours', spans), { type: 'application/json' });
    malformed++;
    assert.equal(reply.status, 200);
    const { partialSuccess } = JSON.parse(reply.body.toString());
    assert.equal(Number(partialSuccess.rejectedSpans), 1);
    assert.match(partialSuccess.errorMessage, /spans\[1\]/);
    assert.equal((await server.api.traceOf('neighbours', 2)).cost, 66000);
});

test('invalid UTF-8 is repaired, counted and costs nothing else', async () => {
    const trace_id = traceId();
    const body = toProtobuf('utf8', [modelCall({ trace_id, attributes: { 'app.text': 'before-#-after' } })]);
    body[body.indexOf('-#-') + 1] = 0xff;
    assert.equal((await post(server.url, body)).status, 200);
    malformed++;
    const trace = await server.api.traceOf('utf8', 1);
    const span = await server.api.span(trace_id, trace.spans[0].id);
    assert.equal(span.attributes.find((one) => one.key === 'app.text').value, 'before-\ufffd-after');
});

test('two hundred connections that say nothing do not keep others out', async () => {
    const sockets = Array.from({ length: 200 }, () => net.connect(httpPort(), '127.0.0.1').on('error', () => {}));
    await isAlive();
    sockets.forEach((socket) => socket.destroy());
});

test('at least 200 malformed requests were sent, and the server counts what it refused', async () => {
    assert.ok(malformed >= 200, `${malformed}`);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const rejected = metrics.split('\n').filter((line) => /^vitrine_[a-z_]*(rejected|refused)[a-z_]*(\{| )/.test(line));
    assert.ok(rejected.some((line) => Number(line.split(' ').at(-1)) > 0), `no counter moved:\n${metrics.slice(0, 2000)}`);
});
