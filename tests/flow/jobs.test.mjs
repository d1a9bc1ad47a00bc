// SPDX-License-Identifier: Apache-2.0
// Questions that may take minutes (?async=1), and what ten questions at once do to ingestion: nothing.
import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { eventually, patience_ms } from './support/eventually.mjs';
import { startServer } from './support/server.mjs';
import { modelCall, post, toProtobuf, traceId } from './support/otlp.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.close());

async function call(method, path, body, project = 'default') {
    const url = new URL(path, server.url);
    url.searchParams.set('project', project);
    const reply = await fetch(url, { method, headers: body ? { 'content-type': 'application/json' } : {}, body: body && JSON.stringify(body) });
    const text = await reply.text();
    return { http: reply.status, headers: reply.headers, text, ...(text && /json$/.test(reply.headers.get('content-type')) ? JSON.parse(text) : {}) };
}

async function start(path, body, project) {
    const reply = await call('POST', `${path}?async=1`, body, project);
    assert.equal(reply.http, 202, reply.text);
    assert.match(reply.job, /^[0-9a-f]{32}$/);
    return reply.job;
}
const state = (job, project) => call('GET', `/api/v1/query/jobs/${job}`, undefined, project);
const ends = (job) => eventually(async () => {
    const reply = await state(job);
    assert.ok(['done', 'failed'].includes(reply.state), reply.text);
    return reply;
}, 20000);
const forever = { sql: 'SELECT count(*) FROM range(10000000000000)' };

test('a job is taken, answered, and its answer fetched as often as one likes', async () => {
    const job = await start('/api/v1/sql', { sql: 'SELECT i FROM range(50000) t(i)', format: 'csv', limit: 40000 });
    const done = await ends(job);
    assert.deepEqual([done.state, done.language, done.format, done.progress.rows, done.statistics.rows, done.truncated], ['done', 'sql', 'csv', 40000, 40000, true]);
    assert.ok(BigInt(done.created) <= BigInt(done.started) && BigInt(done.started) <= BigInt(done.ended) && BigInt(done.ended) < BigInt(done.expires));
    for (let i = 0; i < 2; i++) {
        const { text, headers, http } = await call('GET', `/api/v1/query/jobs/${job}/result`);
        assert.equal(http, 200);
        assert.match(headers.get('content-type'), /^text\/csv/);
        assert.equal(headers.get('x-vitrine-truncated'), 'true');
        assert.equal(text.length, done.bytes);
        assert.ok(text.startsWith('i\r\n0\r\n1\r\n') && text.endsWith('\r\n39999\r\n'));
    }
    assert.ok((await call('GET', '/api/v1/query/jobs')).jobs.some((one) => one.job === job && one.state === 'done'));
    assert.equal((await call('DELETE', `/api/v1/query/jobs/${job}`)).http, 204);
    for (const path of ['', '/result']) assert.equal((await call('GET', `/api/v1/query/jobs/${job}${path}`)).http, 404);
    assert.equal((await call('DELETE', `/api/v1/query/jobs/${job}`)).http, 404);
});

test('the query language as well, and an empty answer', async () => {
    const job = await start('/api/v1/query', { query: 'stats count(*) as n' });
    assert.equal((await ends(job)).state, 'done');
    assert.deepEqual(JSON.parse((await call('GET', `/api/v1/query/jobs/${job}/result`)).text).columns, [{ name: 'n', type: 'integer' }]);
    const none = await start('/api/v1/query', { query: 'fields name', format: 'ndjson' });
    assert.equal((await ends(none)).bytes, 0);
    assert.deepEqual([(await call('GET', `/api/v1/query/jobs/${none}/result`)).http, (await call('GET', `/api/v1/query/jobs/${none}/result`)).text], [200, '']);
});

test('a question that cannot be answered fails, with the place', async () => {
    const job = await start('/api/v1/query', { query: 'stats count(*) | nonsense' });
    const failed = await ends(job);
    assert.equal(failed.state, 'failed');
    assert.equal(failed.error.position.offset, 17);
    const result = await call('GET', `/api/v1/query/jobs/${job}/result`);
    assert.equal(result.http, 400);
    assert.deepEqual(result.error, failed.error);
    assert.equal((await call('POST', '/api/v1/sql?async=1', {})).http, 400);
    const late = await ends(await start('/api/v1/sql', { ...forever, timeout_ms: 200 }));
    assert.equal(late.error.status, 'timeout');
});

test('jobs wait for their turn; removing ends them; there are not too many; sync questions go on', async () => {
    const first = await start('/api/v1/sql', forever);
    await eventually(async () => assert.equal((await state(first)).state, 'running'));
    const others = [];
    for (let i = 0; i < 7; i++) others.push(await start('/api/v1/sql', forever));
    assert.equal((await state(others[0])).state, 'waiting');
    assert.equal((await call('GET', `/api/v1/query/jobs/${first}/result`)).http, 409);
    const refused = await call('POST', '/api/v1/sql?async=1', forever);
    assert.deepEqual([refused.http, refused.headers.get('retry-after')], [503, '1']);
    assert.deepEqual(JSON.parse((await call('POST', '/api/v1/sql', { sql: 'SELECT 1' })).text).rows, [[1]]);
    for (const job of [first, ...others]) assert.equal((await call('DELETE', `/api/v1/query/jobs/${job}`)).http, 204);
    const next = await start('/api/v1/sql', { sql: 'SELECT 2' });
    assert.equal((await ends(next)).state, 'done');
});

test('another project\'s job is not known', async () => {
    assert.equal((await call('POST', '/api/v1/projects', { name: 'other' })).http, 201);
    const job = await start('/api/v1/sql', { sql: 'SELECT 1' });
    await ends(job);
    assert.equal((await state(job, 'other')).http, 404);
    assert.equal((await call('GET', `/api/v1/query/jobs/${job}/result`, undefined, 'other')).http, 404);
    assert.equal((await call('DELETE', `/api/v1/query/jobs/${job}`, undefined, 'other')).http, 404);
    assert.deepEqual((await call('GET', '/api/v1/query/jobs', undefined, 'other')).jobs, []);
    assert.equal((await state(job)).http, 200);
    assert.equal((await state('0'.repeat(32))).http, 404);
});

test('ten questions at once do not stop ingestion, and what was sent is indexed meanwhile', async () => {
    const batch = (service) => toProtobuf(service, Array.from({ length: 200 }, () => modelCall({ trace_id: traceId() })));
    assert.equal((await post(server.url, batch('before'))).status, 200);
    let asked = 0, stop = false;
    const questions = [
        ['/api/v1/sql', { sql: 'SELECT a.range % 1000 AS k, count(*), quantile_cont(b.range, 0.9) FROM range(3000) a, range(3000) b GROUP BY 1', timeout_ms: 2000 }],
        ['/api/v1/sql', { sql: "SELECT i, repeat('x', 200) || i AS t FROM range(2000000) x(i) ORDER BY t DESC LIMIT 5", timeout_ms: 2000 }],
        ['/api/v1/query', { query: 'stats count(*), pct(duration, 95), count_distinct(traceId) by model, service, bin(1m)' }],
        ['/api/v1/query', { query: 'fields @message | filter @message like /assistant.*gpt/ | stats count(*) by name' }],
    ];
    const askers = Array.from({ length: 10 }, async (_, i) => {
        while (!stop) {
            const reply = await call('POST', ...questions[i % questions.length]);
            assert.ok([200, 413, 503, 504].includes(reply.http), reply.text.slice(0, 300));
            asked++;
        }
    });
    let batches = 0;
    for (const until = performance.now() + patience_ms; batches < 30 || asked < 10; batches++) {
        assert.ok(performance.now() < until, `${batches} batches taken, ${asked} questions answered`);
        assert.equal((await post(server.url, batch('during'))).status, 200);
        await new Promise((done) => setTimeout(done, 20)); /* a sender, not a flood */
    }
    await eventually(async () => {
        const { rows } = JSON.parse((await call('POST', '/api/v1/query', { query: "filter service = 'during' | stats count(*) as n" })).text);
        assert.equal(rows[0]?.[0], 200 * batches);
    });
    stop = true;
    await Promise.all(askers);
});

test('stopping the server ends jobs at once; nothing is left on disk or running, and ids are forgotten', async () => {
    const job = await start('/api/v1/sql', forever);
    await start('/api/v1/sql', forever);
    await eventually(async () => assert.equal((await state(job)).state, 'running'));
    await server.stop(); /* which has less patience than the jobs */
    assert.deepEqual(readdirSync(`${server.data}/answers`), []);
    await server.start();
    assert.equal((await state(job)).http, 404);
});
