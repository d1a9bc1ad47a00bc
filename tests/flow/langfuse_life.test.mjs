// SPDX-License-Identifier: Apache-2.0
// Langfuse's SDKs while their server dies and returns: what they were told was accepted is there once, with its tokens, its
// cost and its scores; what they send again, because an answer was lost, counts once.
import { strict as assert } from 'node:assert';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { eventually } from './support/api.mjs';
import { noPython, runClient } from './support/client.mjs';
import { fieldsOf, random } from './support/otlp.mjs';
import { runVerb, startServer } from './support/server.mjs';

const seed = Number(process.env.SEED ?? Date.now() % 100000);
const kills = Number(process.env.KILLS ?? 4), count = Number(process.env.TRACES ?? 40);
const pair = { public: 'pk-lf-life', secret: 'sk-lf-life-secret' };
const { below } = random(seed);
let server, door;
before(async () => {
    server = await startServer({ env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    server.where[1] = new URL(server.url).host; // it returns where it was
    door = await openDoor();
});
after(async () => { door?.close(); await server?.close(); });

// Between SDK and server: notes what the server said of which record, and now and then loses its answer on the way.
async function openDoor() {
    const told = new Map(); // id of an event, or of a span -> what was sent, how often, whether it was accepted
    const note = (id, record) => told.get(id) ?? told.set(id, { ...record, id, sent: 0, accepted: false }).get(id);
    const door = { told, answers: 0, lost: 0 };
    const proxy = http.createServer((request, response) => {
        const pieces = [];
        request.on('data', (piece) => pieces.push(piece));
        request.on('end', () => {
            const raw = Buffer.concat(pieces), body = request.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(raw) : raw;
            const records = recordsOf(request, body).map((one) => note(one.id, one));
            for (const one of records) one.sent++;
            forward(request, raw, (status, answer, headers) => {
                const ids = new Set(status === 207 ? JSON.parse(answer).successes.map((one) => one.id) : status === 200 ? records.map((one) => one.id) : []);
                for (const one of records) if (ids.has(one.id)) one.accepted = true;
                door.answers += ids.size > 0;
                if (ids.size && below(8) === 0 && ++door.lost) return response.destroy();
                response.writeHead(status, headers).end(answer);
            }, () => response.destroy());
        });
    });
    const forward = (request, raw, done, failed) => {
        const { hostname, port } = new URL(server.url);
        const out = http.request({ hostname, port, method: request.method, path: request.url, headers: { ...request.headers, 'accept-encoding': 'identity' }, agent: false }, (reply) => {
            const answer = [];
            reply.on('data', (piece) => answer.push(piece));
            reply.on('end', () => done(reply.statusCode, Buffer.concat(answer).toString(), { 'content-type': reply.headers['content-type'] ?? 'application/json' }));
            reply.on('error', failed);
        });
        out.on('error', failed);
        out.end(raw);
    };
    await new Promise((done) => proxy.listen(0, '127.0.0.1', done));
    return Object.assign(door, { url: `http://127.0.0.1:${proxy.address().port}`, close: () => { proxy.closeAllConnections(); proxy.close(); } });
}

const hex = (id) => id.replaceAll('-', '');
// One record an event, span or item of a run: which trace, and what it adds to it.
function recordsOf({ method, url, headers }, body) {
    if (method !== 'POST') return [];
    if (url.includes('/otel/')) return (/json/.test(headers['content-type']) ? spans(JSON.parse(body)) : protobufSpans(body)).map(spanRecord);
    if (url.includes('/dataset-run-items')) return links(JSON.parse(body));
    return url.includes('/ingestion') ? events(JSON.parse(body)) : [];
}
const links = ({ runName, traceId }) => [{ id: `${runName} ${traceId}`, type: 'link', run: runName, trace: hex(traceId), about: traceId, tokens: null, value: null }];
const events = ({ batch }) => batch.map(({ id, type, body }) => ({
    id, type, trace: hex(type === 'trace-create' ? body.id : body.traceId), about: body.id ?? id, tokens: body.usage ? [body.usage.input, body.usage.output] : null, value: type === 'score-create' ? body.value : null }));
const usage_key = 'langfuse.observation.usage_details';
const spans = ({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ traceId, spanId, attributes }) => (
    { traceId, spanId, usage: attributes.find((one) => one.key === usage_key)?.value.stringValue }))));
const parts = (message, wanted) => [...fieldsOf(message)].filter(([number]) => number === wanted).map(([, bytes]) => bytes);
const protobufSpans = (body) => parts(body, 1).flatMap((resource) => parts(resource, 2)).flatMap((scope) => parts(scope, 2)).map((span) => (
    { traceId: parts(span, 1)[0].toString('hex'), spanId: parts(span, 2)[0].toString('hex'), usage: parts(span, 9).filter((one) => parts(one, 1)[0].toString() === usage_key).map((one) => parts(parts(one, 2)[0], 1)[0].toString())[0] }));
function spanRecord({ traceId, spanId, usage }) {
    const { input, output } = usage ? JSON.parse(usage) : {};
    return { id: spanId, type: 'span', trace: traceId, about: spanId, tokens: usage ? [input, output] : null, value: null };
}

// Kills it whenever some more was accepted, until the clients have ended.
async function killWhile(clients) {
    let ended = false, killed = 0;
    const all = Promise.all(clients).finally(() => (ended = true));
    while (!ended) {
        const before = door.answers, enough = 4 + below(12);
        await eventually(() => assert.ok(ended || (killed < kills && door.answers >= before + enough)));
        if (ended) break;
        await new Promise((done) => setTimeout(done, below(40)));
        await server.kill();
        killed++;
        await server.restart();
    }
    await all;
    return killed;
}

const venv = fileURLToPath(new URL('.venv', import.meta.url));
const clients = [...['3', '4', '5'].map((version) => ({ name: `js${version}`, file: 'langfuse_pour.mjs', env: { LANGFUSE_JS: version } })),
    ...(noPython() ? [] : [2, 3, 4].map((version) => ({ name: `python${version}`, file: 'langfuse_pour.py', env: { PYTHONPATH: `${venv}/langfuse${version}` } })))];

test(`kill -9 up to ${kills} times under ${clients.map((one) => one.name).join(', ')} (SEED=${seed}): what was accepted is there once`, { timeout: 300000 }, async (t) => {
    const env = { LANGFUSE_PUBLIC_KEY: pair.public, LANGFUSE_SECRET_KEY: pair.secret, LANGFUSE_HOST: door.url, LANGFUSE_BASE_URL: door.url, LANGFUSE_TIMEOUT: '20', LANGFUSE_LOG_LEVEL: 'ERROR' };
    for (const [path, body] of [['v2/datasets', { name: 'pours' }], ['dataset-items', { datasetName: 'pours', id: 'poured', input: 'x' }]])
        assert.ok((await fetch(`${server.url}/api/public/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).ok);
    const killed = await killWhile(clients.map((one) => runClient(one.file, { args: [String(count), `run of ${one.name}`], env: { ...env, ...one.env } })));
    await server.kill();
    await server.restart();
    await server.api.settled();
    const records = [...door.told.values()], accepted = records.filter((one) => one.accepted);
    t.diagnostic(`${killed} kills, ${door.lost} answers lost, ${accepted.length} of ${records.length} records accepted, ${records.filter((one) => one.sent > 1).length} sent again`);
    assert.ok(killed >= Math.min(kills, 3), `only ${killed} kills`);
    assert.ok(records.some((one) => one.sent > 1), 'nothing was sent again');
    for (const type of ['trace-create', 'generation-update', 'score-create', 'span'])
        assert.ok(accepted.filter((one) => one.type === type).length > count / 8, `${type}: ${accepted.filter((one) => one.type === type).length}`);
    await checkTraces(records.filter((one) => one.type !== 'link'));
    await checkRuns(records.filter((one) => one.type === 'link'));
});

// An item of a run was linked to each trace that was accepted, once, and to no other.
async function checkRuns(records) {
    assert.ok(records.filter((one) => one.accepted).length >= clients.length, `${records.length} links`);
    for (const run of new Set(records.map((one) => one.run))) {
        const reply = await fetch(`${server.url}/api/public/datasets/pours/runs/${encodeURIComponent(run)}`);
        const items = reply.status === 404 ? [] : (await reply.json()).datasetRunItems.map((one) => hex(one.traceId));
        assert.equal(new Set(items).size, items.length, `${run}: an item is there twice`);
        const sent = records.filter((one) => one.run === run);
        for (const one of sent) if (one.accepted) assert.ok(items.includes(one.trace), `${run}: ${one.trace} was accepted and is not there`);
        for (const trace of items) assert.ok(sent.some((one) => one.trace === trace), `${run}: ${trace} was never sent`);
    }
}

// What a trace must have: exactly what was accepted, beside it at most what the SDK was never answered about.
function expected(records) {
    const of = (list) => {
        const tokens = list.filter((one) => one.tokens).map((one) => one.tokens);
        return { observations: new Set(list.filter((one) => one.type !== 'score-create' && one.type !== 'sdk-log').map((one) => one.about)).size,
            input: tokens.reduce((sum, [input]) => sum + input, 0), output: tokens.reduce((sum, [, output]) => sum + output, 0),
            marks: list.filter((one) => one.type === 'score-create').map((one) => one.value) };
    };
    return { least: of(records.filter((one) => one.accepted)), most: of(records) };
}

async function checkTraces(records) {
    const traces = Map.groupBy ? Map.groupBy(records, (one) => one.trace) : records.reduce((map, one) => map.set(one.trace, [...(map.get(one.trace) ?? []), one]), new Map());
    const sum = { spans: 0, input: 0, output: 0, cost: 0 };
    const work = [...traces];
    await Promise.all(Array.from({ length: 4 }, async () => {
        for (let next = work.pop(); next; next = work.pop()) await checkTrace(...next, sum);
    }));
    const { totals } = await server.api.overview({ from: '-1h' });
    assert.deepEqual([totals.spans, totals.cost], [sum.spans, sum.cost], 'totals of the overview');
    let listed = { spans: 0, input: 0, output: 0, cost: 0 }, cursor;
    do {
        const page = await server.api.traces({ from: '-1h', limit: 500, ...(cursor && { cursor }) });
        for (const row of page.traces) listed = { spans: listed.spans + row.spans, input: listed.input + (row.input_tokens ?? 0), output: listed.output + (row.output_tokens ?? 0), cost: listed.cost + (row.cost ?? 0) };
        cursor = page.next;
    } while (cursor);
    assert.deepEqual(listed, sum, 'sums of the list');
}

async function checkTrace(id, records, sum) {
    const { least, most } = expected(records);
    const reply = await server.api.fetch(`/api/v1/traces/${id}`);
    if (reply.status === 404) return assert.equal(least.observations, 0, `${id}: accepted and not there`);
    const { trace, spans, scores } = await reply.json();
    const within = (what, value) => assert.ok(value >= least[what] && value <= most[what], `${id}: ${what} ${value}, expected ${least[what]} to ${most[what]}`);
    within('observations', spans.count);
    assert.equal(new Set(spans.id).size, spans.count, `${id}: a span is there twice`);
    within('input', trace.input_tokens ?? 0);
    within('output', trace.output_tokens ?? 0);
    const marks = scores.map((one) => one.value);
    for (const mark of least.marks) assert.ok(marks.includes(mark), `${id}: the score ${mark} was accepted and is not there`);
    assert.ok(marks.length <= most.marks.length, `${id}: ${marks.length} scores of ${most.marks.length}`);
    // gpt-4o-mini: 150 and 600 nano-dollars a token.
    assert.equal(trace.cost ?? 0, 150 * (trace.input_tokens ?? 0) + 600 * (trace.output_tokens ?? 0), `${id}: cost`);
    sum.spans += spans.count;
    sum.input += trace.input_tokens ?? 0;
    sum.output += trace.output_tokens ?? 0;
    sum.cost += trace.cost ?? 0;
}

const began = Date.now() - 60000, at = (ms) => new Date(began + ms).toISOString();
const event = (type, ms, body) => ({ id: crypto.randomUUID(), type, timestamp: at(ms), body });
async function ingest(...batch) {
    const reply = await fetch(`${server.url}/api/public/ingestion`, { method: 'POST', body: JSON.stringify({ batch }) });
    assert.deepEqual((await reply.json()).errors, []);
}
const died = async () => { await server.kill(); await server.restart(); };
const named = async (name) => (await server.api.traces({ from: '-1h', f: `name=${name}` })).traces;
const total = async () => {
    const { totals } = await server.api.overview({ from: '-1h' });
    return [totals.spans, totals.input_tokens, totals.output_tokens, totals.cost];
};

test('an update that comes before what creates its observation is kept through kill -9, wherever it is placed', { timeout: 300000 }, async () => {
    const before = await total();
    const [early, late, alone] = ['early', 'late', 'alone'].map((name) => ({ name, id: crypto.randomUUID(), trace: crypto.randomUUID() }));
    const update = ({ id, name }, ms) => event('generation-update', ms, { id, name: `update of ${name}`, output: `said of ${name}`, usage: { input: 10, output: 2 }, endTime: at(ms) });
    const create = ({ id, trace, name }) => event('generation-create', 1, { id, traceId: trace, name, model: 'gpt-4o-mini', input: 'asked', startTime: at(1) });
    await ingest(update(early, 500));
    await died();
    await ingest(create(early));
    await ingest(update(late, 500), update(alone, 500));
    // Nobody says whose they are: after a moment each is in a trace of its own.
    await eventually(async () => { for (const one of [late, alone]) assert.equal((await server.api.trace(hex(one.id))).spans.length, 1); });
    await died();
    await ingest(create(late));
    await server.api.settled();
    for (const one of [early, late]) {
        const trace = await eventually(() => server.api.trace(hex(one.trace)));
        assert.deepEqual(trace.spans.map((span) => span.name), [`update of ${one.name}`]);
        const span = await server.api.span(hex(one.trace), trace.spans[0].id);
        assert.deepEqual([span.usage.input, span.usage.output, span.cost.total], [10, 2, 2700], JSON.stringify(span.usage));
        assert.match(JSON.stringify(span.messages), new RegExp(`asked.*said of ${one.name}`));
        assert.equal((await server.api.fetch(`/api/v1/traces/${hex(one.id)}`)).status, 404, 'it is in one trace only');
    }
    assert.equal((await server.api.trace(hex(alone.id))).spans.length, 1);
    const after = await total();
    assert.deepEqual(after.map((value, i) => value - before[i]), [3, 30, 6, 5400]);
});

test('a deleted trace is gone through kill -9 and leaves every total; what is sent afterwards is new', { timeout: 300000 }, async () => {
    const before = await total();
    const trace = crypto.randomUUID(), other = crypto.randomUUID(), call = crypto.randomUUID(), word = `needle${below(1e9)}`;
    const story = (id, generation) => [event('trace-create', 0, { id, name: 'doomed', sessionId: `session ${word}`, tags: [word] }),
        event('generation-create', 1, { id: generation, traceId: id, name: 'call', model: `model-${word}`, input: word, startTime: at(1), endTime: at(900), usage: { input: 1000, output: 100, totalCost: 0.5 } }),
        event('score-create', 2, { traceId: id, name: `score ${word}`, value: 1 })];
    const events = story(trace, call);
    const search = async () => (await server.api.get('/api/v1/search', { q: word, from: '-1h' })).hits?.length;
    const models = async () => JSON.stringify((await server.api.get('/api/v1/models', { from: '-1h' }))).includes(word);
    await ingest(...events, ...story(other, crypto.randomUUID()));
    await eventually(async () => { assert.equal((await named('doomed')).length, 2); assert.ok((await search()) >= 2); assert.ok(await models()); });
    for (const id of [trace, other]) {
        const reply = await fetch(`${server.url}${id === trace ? `/api/v1/traces/${hex(id)}` : '/api/public/traces'}`, { method: 'DELETE', ...(id === other && { body: JSON.stringify({ traceIds: [id, 'never there'] }) }) });
        assert.equal(reply.status, 200, await reply.text());
    }
    await died();
    await server.api.settled();
    for (const id of [trace, other]) assert.equal((await server.api.fetch(`/api/v1/traces/${hex(id)}`)).status, 404);
    assert.deepEqual([(await named('doomed')).length, await search(), await models()], [0, 0, false]);
    assert.deepEqual(await total(), before);
    assert.deepEqual((await server.api.get('/api/v1/scores', { from: '-1h', name: `score ${word}` })).scores, []);
    assert.equal((await server.api.fetch(`/api/v1/sessions/${encodeURIComponent(`session ${word}`)}/transcript`)).status, 404);
    // An SDK that sends a batch again afterwards tells of a new trace.
    await ingest(...events);
    await eventually(async () => assert.equal((await server.api.trace(hex(trace))).spans.length, 2));
    assert.deepEqual((await total()).map((value, i) => value - before[i]), [2, 1000, 100, 500000000]);
    for (const [path, body] of [['/api/v1/traces', {}], ['/api/v1/traces', { trace_ids: [] }], ['/api/public/traces', { traceIds: [7] }], ['/api/public/traces', { traceIds: Array(1001).fill('x') }]]) {
        const reply = await fetch(server.url + path, { method: 'DELETE', body: JSON.stringify(body) });
        assert.equal(reply.status, 400);
        assert.match(await reply.text(), /trace_?[iI]ds/);
    }
});

test('traces that are deleted while their events are being merged stay away, also through kill -9', { timeout: 300000 }, async () => {
    const before = await total(), gone = [];
    for (let round = 0; round < 20; round++) {
        const id = crypto.randomUUID(), call = crypto.randomUUID();
        gone.push(hex(id));
        await ingest(event('trace-create', 0, { id, name: 'short-lived' }), event('generation-create', 1, { id: call, traceId: id, name: 'call', startTime: at(1), usage: { input: 5, output: 5 } }));
        // Before, while and after the 30 ms that parts wait for each other.
        await new Promise((done) => setTimeout(done, below(60)));
        const late = ingest(event('generation-update', 2, { id: call, traceId: id, endTime: at(9) }));
        const reply = await fetch(`${server.url}/api/v1/traces/${id}`, { method: 'DELETE' });
        assert.deepEqual([reply.status, await reply.json()], [200, { deleted: 1 }]);
        await late;
        await fetch(`${server.url}/api/v1/traces/${id}`, { method: 'DELETE' }); // the update may have come behind the first
        if (round === 10) await died();
    }
    const check = async () => {
        await server.api.settled();
        for (const id of gone) assert.equal((await server.api.fetch(`/api/v1/traces/${id}`)).status, 404, id);
        assert.deepEqual(await total(), before);
    };
    await check();
    await died();
    await check();
});

test('fsck finds the journal clean, and reindex gives the same answers', { timeout: 300000 }, async () => {
    const answers = async () => [await total(), (await server.api.traces({ from: '-1h', limit: 500, sort: 'cost' })).traces.map((one) => ({ ...one, state: undefined })).sort((a, b) => (a.trace_id < b.trace_id ? -1 : 1))];
    const first = await answers();
    await server.stop();
    assert.equal((await runVerb(['fsck', '--data', server.data])).code, 0);
    assert.equal((await runVerb(['reindex', '--data', server.data])).code, 0);
    await server.restart();
    await server.api.settled();
    assert.deepEqual(await answers(), first);
});
