// SPDX-License-Identifier: Apache-2.0
// Scores end to end: sent, refused by name, replaced, deleted, counted once, summed up, there after kill -9 and the same
// after reindex; and evaluations that came as OpenTelemetry events.
import { strict as assert } from 'node:assert';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from './support/api.mjs';
import { modelCall, send, spanId, traceId } from './support/otlp.mjs';
import { runVerb, startServer } from './support/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(async () => { await server?.close(); });

async function give(scores) {
    const reply = await fetch(`${server.url}/api/v1/scores`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(scores),
    });
    return { status: reply.status, ...(await reply.json()) };
}
const list = (query) => server.api.get('/api/v1/scores', query).then((reply) => reply.scores);
const remove = (id) => fetch(`${server.url}/api/v1/scores/${encodeURIComponent(id)}`, { method: 'DELETE' });
const listed = (query, count) => eventually(async () => {
    const scores = await list(query);
    assert.equal(scores.length, count);
    return scores;
});

test('a score of each type comes back as it was given, on its trace and its span', async () => {
    const trace_id = traceId(), span_id = spanId();
    await send(server.url, 'scored', [modelCall({ trace_id, span_id })]);
    const given = await give([
        { id: 'n', name: 'accuracy', value: 0.25, trace_id, span_id, comment: 'half of it', source: 'eval', author: 'judge',
            metadata: { model: 'x', deep: [1, { a: null }] }, environment: 'staging', config_id: 'c1', time: '2026-11-20T10:00:00.5Z' },
        { id: 'b', name: 'helpful', value: true, trace_id, source: 'feedback' },
        { id: 'c', name: 'tone', value: 'friendly', trace_id },
        { id: 't', name: 'note', type: 'text', value: 'x'.repeat(3000), trace_id },
        { name: 'made', value: 3, session: 'chat-1' },
        { name: 'of a run', value: 1, dataset_run: 'run-7' },
    ]);
    assert.equal(given.status, 200);
    assert.equal(given.ids.length, 6);
    assert.equal(given.rejected, 0);
    const trace = await eventually(async () => {
        const trace = await server.api.get(`/api/v1/traces/${trace_id}`);
        assert.equal(trace.scores.length, 4);
        return trace;
    });
    const by = Object.fromEntries(trace.scores.map((score) => [score.id, score]));
    assert.equal(by.n.value, 0.25);
    assert.equal(by.n.span_id, span_id);
    assert.equal(by.n.time, '1795168800500000000');
    assert.equal(by.n.environment, 'staging');
    assert.equal(by.b.value, true);
    assert.equal(by.b.source, 'feedback');
    assert.equal(by.c.value, 'friendly');
    const span = await server.api.span(trace_id, span_id);
    assert.deepEqual(span.scores.map((score) => [score.id, score.comment]), [['n', 'half of it']]);
    const [whole] = await list({ trace_id, name: 'accuracy', from: '-7d' });
    assert.deepEqual(whole.metadata, { model: 'x', deep: [1, { a: null }] });
    assert.equal((await list({ trace_id, type: 'text' }))[0].text.length, 3000);
    assert.equal((await list({ session: 'chat-1' })).length, 1);
    assert.equal((await list({ dataset_run: 'run-7' }))[0].name, 'of a run');
});

test('what cannot be a score is refused by name and its neighbours are kept', async () => {
    const trace_id = traceId();
    const reply = await give([
        { name: 'kept', value: 1, trace_id },
        { value: 1, trace_id },
        { name: 'no value', trace_id },
        { name: 'wrong', type: 'numeric', value: 'high', trace_id },
        { name: 'two', value: 2, type: 'boolean', trace_id },
        { name: 'nowhere', value: 2 },
        { name: 'both', value: 2, trace_id, session: 's' },
        { name: 'odd', value: 1, trace_id, source: 'rumour' },
        { name: 'when', value: 1, trace_id, time: 'yesterday' },
        7,
    ]);
    assert.equal(reply.status, 200);
    assert.equal(reply.ids.length, 1);
    assert.equal(reply.rejected, 9);
    assert.deepEqual(reply.errors.map((one) => one.index), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.match(reply.errors[0].message, /^name: is missing/);
    assert.match(reply.errors[2].message, /^value: expected a number/);
    await listed({ trace_id }, 1);
    const alone = await give({ name: 'x', value: null, trace_id });
    assert.equal(alone.status, 400);
    assert.match(alone.error.message, /value: is missing/);
    for (const body of ['', '{', '[[]', '"text"']) {
        const answer = await fetch(`${server.url}/api/v1/scores`, { method: 'POST', body });
        assert.equal(answer.status, 400, body);
    }
});

test('a score sent again counts once, a later one replaces it, a deleted one is gone', async () => {
    const trace_id = traceId();
    for (let n = 0; n < 5; n++) await give({ id: `${trace_id}-a`, name: 'once', value: 1, trace_id });
    await give({ id: `${trace_id}-b`, name: 'once', value: 5, trace_id });
    await listed({ trace_id }, 2);
    await give({ id: `${trace_id}-a`, name: 'once', value: 3, trace_id });
    await eventually(async () => assert.deepEqual((await list({ trace_id })).map((s) => s.value).sort(), [3, 5]));
    assert.equal((await remove(`${trace_id}-b`)).status, 200);
    assert.equal((await remove('never-there')).status, 200);
    const [left] = await listed({ trace_id }, 1);
    assert.equal(left.value, 3);
});

test('ids of any form find their trace', async () => {
    const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';
    await give([{ name: 'of a uuid', value: 1, trace_id: uuid }, { name: 'of a text', value: 1, trace_id: 'my trace / 1', span_id: 'step' }]);
    const [one] = await listed({ trace_id: uuid }, 1);
    assert.equal(one.trace_id, uuid.replaceAll('-', ''));
    assert.equal((await list({ trace_id: uuid.replaceAll('-', '') })).length, 1);
    const [two] = await listed({ trace_id: 'my trace / 1', span_id: 'step' }, 1);
    assert.match(two.trace_id, /^[0-9a-f]{32}$/);
    assert.match(two.span_id, /^[0-9a-f]{16}$/);
});

test('lists are paged and filtered, newest first', async () => {
    const trace_id = traceId();
    await give(Array.from({ length: 25 }, (_, n) => ({ name: n % 2 ? 'odd' : 'even', value: n, trace_id, source: n < 5 ? 'eval' : 'api' })));
    await listed({ trace_id, limit: 100 }, 25);
    const seen = [];
    for (let cursor; ;) {
        const page = await server.api.get('/api/v1/scores', { trace_id, limit: 4, ...(cursor ? { cursor } : {}) });
        seen.push(...page.scores.map((score) => score.value));
        if (!(cursor = page.next)) break;
    }
    assert.deepEqual(seen.toSorted((a, b) => a - b), Array.from({ length: 25 }, (_, n) => n));
    assert.equal((await list({ trace_id, name: 'odd' })).length, 12);
    assert.equal((await list({ trace_id, source: 'eval' })).length, 5);
    assert.equal((await list({ trace_id, min: 3, max: 6 })).length, 4);
    assert.equal((await list({ trace_id, name: 'neither' })).length, 0);
    for (const query of [{ type: 'big' }, { source: 'x' }, { min: 'NaN' }, { cursor: 'x' }, { span_id: 'a' }, { limit: 0 }])
        assert.equal((await server.api.fetch('/api/v1/scores', query)).status, 400, JSON.stringify(query));
});

test('the summary counts, spreads and follows each name', async () => {
    const trace_id = traceId(), environment = `env-${trace_id}`;
    await give([...Array.from({ length: 10 }, (_, n) => ({ name: 'grade', value: n, trace_id, environment })),
        ...['a', 'a', 'b'].map((value) => ({ name: 'class', value, trace_id, environment })),
        ...[true, true, false, true].map((value) => ({ name: 'thumbs', value, trace_id, environment, source: 'feedback' }))]);
    const { scores, steps } = await eventually(async () => {
        const reply = await server.api.get('/api/v1/scores/summary', { environment, from: '-1h' });
        assert.equal(reply.scores.reduce((sum, one) => sum + one.count, 0), 17);
        return reply;
    });
    const by = Object.fromEntries(scores.map((one) => [one.name, one]));
    assert.deepEqual([by.grade.mean, by.grade.min, by.grade.max, by.grade.median], [4.5, 0, 9, 4.5]);
    assert.deepEqual(by.grade.histogram.map((bin) => bin.count), Array(10).fill(1));
    assert.deepEqual(by.class.categories, [{ value: 'a', count: 2 }, { value: 'b', count: 1 }]);
    assert.equal(by.class.mean, null);
    assert.equal(by.thumbs.mean, 0.75);
    assert.equal(by.grade.counts.length, steps);
    assert.equal(by.grade.counts.reduce((a, b) => a + b), 10);
});

// The numbers are those of tests/unit/test_agreement.c.
test('two scores of the same things are compared, and each cell leads to its pairs', async () => {
    const environment = `cmp-${traceId()}`, traces = Array.from({ length: 50 }, () => traceId()), span_id = spanId();
    const of = (list, score) => list.flatMap((value, at) => (value === undefined ? [] : [{ environment, trace_id: traces[at], ...score, value }]));
    const repeat = (...runs) => runs.flatMap(([count, value]) => Array(count).fill(value));
    await give([
        ...of([1, 2, 3, 4, 5, 9], { name: 'stars' }), ...of([2, 1, 4, 3, 5], { name: 'judge', source: 'eval' }), ...of([7, 7, 7], { name: 'flat' }),
        ...of([5, 5], { name: 'judge', source: 'eval', span_id }), // of a part of the first two
        ...of(repeat([25, true], [25, false]), { name: 'right', source: 'annotation' }), ...of(repeat([20, true], [5, false], [10, true], [15, false]), { name: 'right', source: 'eval' }),
        ...of(['good', 'good', 'bad'], { name: 'tone' }), ...of(['good', 'bad', 'bad'], { name: 'mood' }), ...of(['read me'], { name: 'note', type: 'text' }),
        ...['a', 'b'].flatMap((session) => [{ name: 'stars', value: 3, session, environment }, { name: 'judge', source: 'eval', value: 3, session, environment }]),
    ]);
    const ask = (a, b, more = {}, path = 'compare') => server.api.get(`/api/v1/scores/${path}`, { a, b, environment, ...more });
    const numbers = await eventually(async () => {
        const reply = await ask('stars', 'judge', { to: new Date(Date.now() + 60e3).toISOString() });
        assert.equal(reply.pairs, 7);
        return reply;
    });
    assert.deepEqual([numbers.kind, numbers.used, numbers.a.count, numbers.b.count, numbers.b.type], ['numbers', 7, 8, 9, 'numeric']);
    // Five traces as by hand, and two sessions at the centre of both.
    assert.ok(Math.abs(numbers.numbers.pearson - 0.8) < 1e-9 && Math.abs(numbers.numbers.mae - 4 / 7) < 1e-9, JSON.stringify(numbers));
    assert.equal(numbers.numbers.grid.flat().reduce((sum, one) => sum + one), 7);
    assert.deepEqual([numbers.numbers.a_edges, numbers.numbers.b_edges], [[1, 2, 3, 4, 5, 5], [1, 2, 3, 4, 5, 5]]);
    const byTrace = await ask('stars', 'judge', { on: 'trace' });
    assert.equal(byTrace.pairs, 5, 'sessions have no trace, and of several scores one counts');
    const flat = await ask('stars', 'flat');
    assert.deepEqual([flat.pairs, flat.numbers.pearson, flat.numbers.spearman, flat.numbers.pearson_low], [3, null, null, null]);

    const right = await ask('right', 'right', { a_source: 'annotation', b_source: 'eval' });
    assert.deepEqual([right.kind, right.pairs, right.labels.each.map((one) => one.value)], ['labels', 50, ['false', 'true']]);
    assert.ok(Math.abs(right.labels.kappa - 0.4) < 1e-9 && right.labels.agreement === 0.7);
    assert.deepEqual(right.labels.matrix, [[15, 10], [5, 20]]);
    const groups = await ask('stars', 'tone');
    assert.deepEqual(groups.groups.map(({ value, count, mean }) => [value, count, mean]), [['good', 2, 1.5], ['bad', 1, 3]]);
    assert.equal((await ask('stars', 'unheard of')).kind, 'none');

    const wrong = await ask('right', 'right', { a_source: 'annotation', b_source: 'eval', a_value: 'true', b_value: 'false', limit: 500 }, 'pairs');
    assert.deepEqual(wrong.pairs.map((pair) => pair.trace_id).sort(), traces.slice(20, 25).sort());
    assert.deepEqual([wrong.pairs[0].a, wrong.pairs[0].b, wrong.more], ['true', 'false', false]);
    const apart = await ask('stars', 'judge', { sort: 'difference', limit: 4 }, 'pairs');
    assert.deepEqual([apart.more, apart.pairs.map(({ a, b }) => Math.abs(a - b))], [true, [1, 1, 1, 1]]);
    const [cell] = (await ask('stars', 'judge', { a_min: 5, b_min: 4.5, b_below: 5.5 }, 'pairs')).pairs;
    assert.deepEqual([cell.trace_id, cell.a, cell.b], [traces[4], 5, 5]);
    assert.equal((await ask('tone', 'mood', { sort: 'difference' }, 'pairs')).pairs[0].trace_id, traces[1], 'those that differ come first');

    for (const [query, word] of [[{ a: 'stars' }, 'b:'], [{ a: 'stars', b: 'stars' }, 'b:'], [{ a: 'stars', b: 'note' }, 'b:'], [{ a: 'x', b: 'y', on: 'moon' }, 'on:'],
        [{ a: 'x', b: 'y', a_type: 'odd' }, 'a_type:'], [{ a: 'x', b: 'y', b_source: 'odd' }, 'b_source:'], [{ a: 'x', b: 'y', a_min: 'NaN' }, 'a_min:']]) {
        const reply = await server.api.fetch('/api/v1/scores/compare', { environment, ...query });
        assert.deepEqual([reply.status, (await reply.json()).error.message.startsWith(word)], [400, true], JSON.stringify(query));
    }
    // A bar of the distribution lists its scores.
    const listed = (query) => list({ environment, ...query }).then((scores) => scores.map((score) => score.value));
    assert.deepEqual((await listed({ name: 'stars', min: 2, below: 4 })).sort(), [2, 3, 3, 3]);
    assert.deepEqual(await listed({ name: 'tone', value: 'bad' }), ['bad']);
    assert.equal((await listed({ name: 'right', type: 'boolean', source: 'eval', value: 'false' })).length, 20);
    assert.equal((await server.api.fetch('/api/v1/scores', { type: 'boolean', value: 'maybe' })).status, 400);
    const { scores } = await server.api.get('/api/v1/scores/summary', { environment, name: 'right' });
    assert.deepEqual(scores[0].sources.map(({ source, count }) => [source, count]), [['eval', 50], ['annotation', 50]]);
});

test('an evaluation event of OpenTelemetry is a score, and counts once', async () => {
    const trace_id = traceId(), span_id = spanId();
    const value = (v) => typeof v === 'number' ? { doubleValue: v } : { stringValue: v };
    const attributes = (all) => Object.entries(all).map(([key, v]) => ({ key, value: value(v) }));
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [
        { timeUnixNano: String(Date.now() * 1e6), traceId: trace_id, spanId: span_id, eventName: 'gen_ai.evaluation.result',
            attributes: attributes({ 'gen_ai.evaluation.name': 'relevance', 'gen_ai.evaluation.score.value': 0.9,
                'gen_ai.evaluation.score.label': 'pass', 'gen_ai.evaluation.explanation': 'to the point' }) },
        { timeUnixNano: String(Date.now() * 1e6), eventName: 'gen_ai.evaluation.result', attributes: attributes({ 'gen_ai.evaluation.name': 'nothing said' }) },
    ] }] }] });
    for (let n = 0; n < 3; n++)
        assert.equal((await fetch(`${server.url}/v1/logs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status, 200);
    const [score] = await listed({ trace_id }, 1);
    assert.deepEqual([score.name, score.value, score.text, score.source, score.comment, score.span_id],
        ['relevance', 0.9, 'pass', 'eval', 'to the point', span_id]);
    assert.equal((await list({ name: 'nothing said' })).length, 0);
});

test('acknowledged scores survive kill -9; reindex gives the same', async () => {
    const trace_id = traceId();
    const { ids } = await give(Array.from({ length: 200 }, (_, n) => ({ name: 'durable', value: n, trace_id, comment: `c${n}` })));
    for (const id of ids.slice(0, 20)) await remove(id);
    await give(ids.slice(20, 40).map((id) => ({ id, name: 'durable', value: -1, trace_id })));
    await server.kill();
    await server.restart();
    await listed({ trace_id, limit: 500 }, 180);
    const everything = async () => {
        const scores = await list({ from: '-10d', limit: 500 });
        return scores.map((score) => JSON.stringify(score)).sort();
    };
    const before = await everything();
    assert.ok(before.length > 200);
    await server.stop();
    await rm(join(server.data, 'index'), { recursive: true });
    const { code, stderr } = await runVerb(['reindex', '--data', server.data]);
    assert.equal(code, 0, stderr);
    const check = await runVerb(['fsck', '--data', server.data]);
    assert.equal(check.code, 0, check.stderr + check.stdout);
    await server.restart();
    assert.deepEqual(await everything(), before);
});
