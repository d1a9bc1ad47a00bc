// SPDX-License-Identifier: Apache-2.0
// A disk that fills: the server refuses before it is full, goes on answering, and takes up again by itself when there is
// room. Needs a small tmpfs of its own, so root.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from './support/api.mjs';
import { startServer } from './support/server.mjs';
import { GrpcClient, modelCall, post, send, toProtobuf, traceId } from './support/otlp.mjs';

const disk_mb = 256, low_mb = 64, filler_mb = 80;
const at = mkdtempSync(join(tmpdir(), 'vitrine-disk-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${disk_mb}m`, 'vitrine-flow', at], { encoding: 'utf8' });
const skip = mounted.status === 0 ? false : `cannot mount a tmpfs: ${(mounted.stderr ?? mounted.error?.message ?? '').trim()}`;
const filler = join(at, 'filler');
const free = () => { const { bavail, bsize } = statfsSync(at); return bavail * bsize; };

let server;
before(async () => {
    if (skip) return;
    mkdirSync(join(at, 'data'));
    writeFileSync(filler, Buffer.alloc(filler_mb << 20, 1));
    server = await startServer({ data: join(at, 'data'), args: ['--disk-low-mb', String(low_mb)] });
});
after(async () => {
    try {
        await server?.stop();
    } finally {
        if (!skip) spawnSync('umount', ['-l', at]);
        rmSync(at, { recursive: true, force: true });
    }
});

test('503 before the disk is full, queries answered, and it resumes by itself', { skip, timeout: 300000 }, async () => {
    const acked = [];
    const body = () => {
        const trace_id = traceId();
        return { trace_id, bytes: toProtobuf('full', [modelCall({ trace_id, attributes: { 'app.noise': randomBytes(700000).toString('base64') } })]) };
    };
    let refused;
    for (let i = 0; i < 400 && !refused; i++) {
        const { trace_id, bytes } = body();
        const reply = await post(server.url, bytes);
        if (reply.status === 200) acked.push(trace_id);
        else refused = reply;
    }
    assert.ok(refused, `400 MB were accepted on a disk of ${disk_mb} MB`);
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) > 0, 'Retry-After in seconds');
    assert.ok(acked.length > 20, `only ${acked.length} MB were accepted`);
    assert.ok(free() > (low_mb << 20) / 4, `only ${free()} bytes are free when it stops`);

    const client = new GrpcClient(server.grpc);
    const refusal = await client.call(body().bytes);
    assert.ok([8, 14].includes(refusal.code), `gRPC code ${refusal.code}: ${refusal.message}`);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    const ready = await fetch(`${server.url}/readyz`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /disk/);
    const status = await server.api.status();
    assert.equal(status.accepting, false);
    assert.match(status.reason, /disk/);
    await server.api.settled();
    const { traces } = await server.api.traces({ limit: 500 });
    assert.deepEqual(new Set(traces.map((trace) => trace.trace_id)), new Set(acked));

    unlinkSync(filler);
    const { trace_id, bytes } = body();
    await eventually(async () => assert.equal((await post(server.url, bytes)).status, 200));
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
    await eventually(async () => assert.equal((await server.api.trace(trace_id)).spans.length, 1));
    assert.equal((await client.call(toProtobuf('full', [modelCall({ trace_id })]))).code, 0);
    client.close();
});

test('what was acknowledged while the disk filled is there after kill -9', { skip, timeout: 300000 }, async () => {
    const before = (await server.api.traces({ limit: 500 })).traces.length;
    await server.kill();
    await server.restart();
    await server.api.settled();
    assert.equal((await server.api.traces({ limit: 500 })).traces.length, before);
    await send(server.url, 'after', [modelCall({ trace_id: traceId() })]);
});
