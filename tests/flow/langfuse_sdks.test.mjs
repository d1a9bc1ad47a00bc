// SPDX-License-Identifier: Apache-2.0
// Langfuse's own SDKs, every generation, unmodified: what they write is one trace with tokens and cost counted once, and
// what they read back passes their own checks. Python versions come from tests/flow/requirements-langfuse.txt.
import { strict as assert } from 'node:assert';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, patience_ms } from './support/eventually.mjs';
import { noPython, runClient } from './support/client.mjs';
import { checkCompat, watch } from './support/compat.mjs';
import { startServer } from './support/server.mjs';

const venv = resolve(fileURLToPath(import.meta.url), '../.venv');
const pair = { public: 'pk-lf-sdks', secret: 'sk-lf-sdks-secret' };
let server, watched;
before(async () => {
    // Keys are needed: each SDK must send its own as it does to Langfuse.
    server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    watched = await watch(server);
    server.api.headers = { authorization: `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}` };
});
after(async () => { watched?.close(); await server?.close(); });

const python = (version) => ({ PYTHONPATH: resolve(venv, `langfuse${version}`) });
const all_types = ['a agent', 'a chain', 'a embedding', 'a evaluator', 'a guardrail', 'a retriever', 'a tool', 'answer'];
const sdks = [
    { name: 'JS v3', file: 'langfuse_js3.mjs', user: 'u-3', session: 's-3', tags: ['js3'], children: ['answer', 'cached', 'retrieve'], types: ['EVENT', 'GENERATION', 'SPAN'], comment: 'nice', root: false },
    { name: 'JS v4', file: 'langfuse_js.mjs', env: { LANGFUSE_JS: '4' }, user: 'u-4', session: 's-4', tags: ['js'], children: all_types, root: true },
    { name: 'JS v5', file: 'langfuse_js.mjs', env: { LANGFUSE_JS: '5' }, user: 'u-4', session: 's-4', tags: ['js'], children: all_types, root: true },
    { name: 'Python v2', file: 'langfuse_python2.py', env: python(2), user: 'u-2', session: 's-2', tags: ['py2'], children: ['answer', 'broken'], failed: 'broken', root: false },
    { name: 'Python v3', file: 'langfuse_python.py', env: python(3), user: 'u-5', session: 's-5', tags: ['py'], children: ['answer', 'broken'], failed: 'broken', root: true },
    { name: 'Python v4', file: 'langfuse_python.py', env: python(4), user: 'u-5', session: 's-5', tags: ['py'], children: ['answer', 'broken'], failed: 'broken', root: true },
];
const run = ({ file, env = {} }, args) => runClient(file, { args, env: { LANGFUSE_PUBLIC_KEY: pair.public, LANGFUSE_SECRET_KEY: pair.secret,
    LANGFUSE_HOST: watched.url, LANGFUSE_BASE_URL: watched.url, LANGFUSE_BASEURL: watched.url, ...env } });
const hex = (id) => id.replaceAll('-', '');

async function checkTrace(sdk, trace_id, written_ms) {
    const { row, trace } = await eventually(async () => {
        const [row] = (await server.api.traces({ f: `trace_id=${hex(trace_id)}`, from: '-1h' })).traces;
        const trace = await server.api.trace(hex(trace_id));
        assert.equal(trace.spans.length, sdk.children.length + 1);
        assert.deepEqual([row.name, row.user, row.session, row.complete], ['ask', sdk.user, sdk.session, true]);
        return { row, trace };
    });
    const seen_ms = Date.now() - written_ms;
    assert.ok(seen_ms < Number(process.env.VISIBLE_MS ?? patience_ms), `visible after ${seen_ms} ms`);
    assert.deepEqual([row.input_tokens, row.output_tokens, row.total_tokens, row.llm_calls, row.cost], [120, 30, 150, 1, 36000]);
    assert.equal(trace.roots[0].name, 'ask');
    assert.deepEqual(trace.roots[0].children.map((span) => span.name).sort(), sdk.children);
    assert.deepEqual(trace.spans.filter((span) => span.status === 'error').map((span) => span.name), sdk.failed ? [sdk.failed] : []);
    const scores = (await server.api.get('/api/v1/scores', { trace_id })).scores.filter((score) => score.name !== 'later');
    assert.deepEqual(scores.map((score) => [score.name, score.value, score.comment, Boolean(score.span_id)]).sort(),
        [['thumbs', true, 'nice', false], ['tone', 'friendly', null, true]]);
    const span = await server.api.span(hex(trace_id), trace.spans.find((one) => one.name === 'answer').id);
    assert.equal(span.scores[0].name, 'tone');
    assert.equal(span.messages.input[0].parts[0].text, 'capital?');
    return seen_ms;
}

function checkRead(sdk, trace_id, read) {
    const { trace } = read;
    assert.equal(trace.id, trace_id);
    assert.deepEqual([trace.name, trace.userId, trace.sessionId, trace.tags], ['ask', sdk.user, sdk.session, sdk.tags]);
    assert.equal(trace.metadata.plan, 'pro');
    assert.ok(Math.abs(trace.totalCost - 0.000036) < 1e-12);
    assert.deepEqual(trace.observations.map((one) => one.name).sort(), [...sdk.children, ...(sdk.root ? ['ask'] : [])].sort());
    const answer = trace.observations.find((one) => one.name === 'answer');
    assert.deepEqual([answer.type, answer.model, answer.traceId, answer.usage.input, answer.usage.output], ['GENERATION', 'gpt-4o-mini', trace_id, 120, 30]);
    assert.deepEqual(answer.input, [{ role: 'user', content: 'capital?' }]);
    if (sdk.types) assert.deepEqual(trace.observations.map((one) => one.type).sort(), sdk.types);
    assert.deepEqual(trace.scores.map((one) => one.name).filter((name) => name !== 'later').sort(), ['thumbs', 'tone']);
    const thumbs = trace.scores.find((one) => one.name === 'thumbs');
    assert.deepEqual([thumbs.value, thumbs.stringValue, thumbs.dataType, thumbs.comment], [1, 'True', 'BOOLEAN', 'nice']);
    assert.equal(trace.scores.find((one) => one.name === 'tone').observationId, answer.id);
    const listed = read.traces.find((one) => one.id === trace_id);
    assert.deepEqual(listed.observations.toSorted(), trace.observations.map((one) => one.id).sort());
    assert.equal(read.observations.length, trace.observations.length);
    assert.equal(read.one.id, read.observations[0].id);
    assert.ok(read.sessions.some((one) => one.id === sdk.session));
    if (read.session) assert.ok(read.session.traces.some((one) => one.id === trace_id));
    if (read.observations_v2) {
        const one = read.observations_v2.find((one) => one.name === 'answer');
        assert.deepEqual([read.observations_v2.length, one.type, one.userId, one.sessionId, one.providedModelName, one.usageDetails.input, one.traceName],
            [trace.observations.length, 'GENERATION', sdk.user, sdk.session, 'gpt-4o-mini', 120, 'ask']);
        assert.deepEqual(JSON.parse(one.input), [{ role: 'user', content: 'capital?' }]);
        const of = (name) => read.scores_v3.find((score) => score.name === name);
        assert.deepEqual([of('thumbs').value, of('thumbs').comment, of('thumbs').subject.kind, of('thumbs').subject.id], [true, 'nice', 'trace', trace_id]);
        assert.deepEqual([of('tone').value, of('tone').subject.kind, of('tone').subject.traceId], ['friendly', 'observation', trace_id]);
    }
    if (read.scores) assert.ok(read.scores.some((one) => one.traceId === trace_id && one.name === 'thumbs'));
}

for (const sdk of sdks) {
    const skip = sdk.file.endsWith('.py') && noPython();
    test(`${sdk.name} writes, and reads what it wrote`, { skip }, async (t) => {
        const written = await run(sdk, ['write']);
        const seen_ms = await checkTrace(sdk, written.trace_id, Date.now());
        t.diagnostic(`visible ${seen_ms} ms after the client ended`);
        assert.equal(written.auth ?? true, true);
        assert.deepEqual(written.problems ?? [], []);
        assert.match(written.url, new RegExp(`^${watched.url}/(project/default/traces|trace)/`));
        const page = await fetch(written.url, { headers: server.api.headers });
        assert.equal(page.status, 200);
        assert.equal(new URL(page.url).pathname, `/p/default/traces/${hex(written.url.split('/').at(-1))}`);
        assert.match(page.headers.get("content-type"), /text\/html/);
        checkRead(sdk, written.trace_id, await run(sdk, ['read', written.trace_id]));
    });
}

test('what the read API cannot answer it says in words', async () => {
    const get = async (path) => {
        const reply = await fetch(server.url + path, { headers: server.api.headers });
        return [reply.status, await reply.json()];
    };
    for (const path of ['/api/public/traces/never-there', '/api/public/observations/never-there', '/api/public/sessions/never-there', '/api/public/scores/never-there']) {
        const [status, body] = await get(path);
        assert.deepEqual([status, body.error], [404, 'LangfuseNotFoundError'], path);
    }
    for (const path of ['/api/public/traces?page=0', '/api/public/traces?limit=1000', '/api/public/traces?fromTimestamp=soon', '/api/public/observations?type=THOUGHT', '/api/public/scores?dataType=x'])
        assert.equal((await get(path))[0], 400, path);
    assert.equal((await fetch(`${server.url}/api/public/traces`)).status, 401);
    assert.equal((await fetch(`${server.url}/api/public/health`)).status, 200);
    const [, { meta }] = await get('/api/public/traces?limit=1');
    assert.equal(meta.totalPages, meta.totalItems);
});

test('docs/compat/langfuse.md says what these SDKs asked', () => checkCompat('langfuse_sdks', watched.seen, noPython() ? ['JS v3', 'JS v4', 'JS v5'] : undefined));
