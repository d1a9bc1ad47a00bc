// SPDX-License-Identifier: Apache-2.0
// POST /api/v1/query as a client sees it: types of cells, pointers, statistics, limits, projects, and what stands in records.
// What the language means is tested by query_cases and query_property.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { dayStart, indexed, makeProject, post, send, span as length, spanHex, traceHex } from './query/ask.mjs';
import { startServer } from './support/server.mjs';

const from = dayStart(1) + length('6h'), hour = length('1h');
const at = (i) => from + BigInt(i) * length('10s');
let server, sent = 0;

const spans = Array.from({ length: 300 }, (_, i) => ({
    time: at(i), duration: length('1s') * BigInt(1 + (i % 3)), trace: `${(i % 100) + 1}`, span: `${i + 1}`, number: i,
    name: i % 2 ? 'chat' : 'lookup', status: i % 30 === 0 ? 'ERROR' : undefined, message: 'no such order',
    attributes: { 'app.shard': i % 4, 'app.note': `note ${i}`, 'app.list': [{ id: i }, { id: -i }], 'app.big': 9007199254740993n + BigInt(i),
        ...(i % 2 && { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': i % 4 === 1 ? 'gpt-4o' : 'gpt-4o-mini', 'gen_ai.provider.name': 'openai',
            'gen_ai.usage.input_tokens': 100, 'gen_ai.usage.output_tokens': 10,
            'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: `where is order ${i}?` }] }]) }) },
    resource: { 'service.name': i % 3 ? 'shop' : 'bücher' },
}));

before(async () => {
    server = await startServer();
    await makeProject(server, 'other');
    sent += await send(server, 'default', 'spans', spans);
    sent += await send(server, 'other', 'spans', spans.slice(0, 7));
    await indexed(server, sent);
});
after(async () => { await server?.close(); });

async function ask(query, more = {}, project = 'default') {
    const reply = await post(server, project, { query, from: String(from), to: String(from + hour), ...more });
    assert.equal(reply.status, 200, `${query}\n${reply.text}`);
    return reply.body;
}
const rows = async (query, more) => (await ask(query, more)).rows;

test('types of columns and cells', async () => {
    const reply = await ask('fields @timestamp, name, durationNano, duration, is_error, attributes.app.shard, attributes.app.list, startTimeUnixNano | sort @timestamp | limit 1');
    assert.deepEqual(reply.columns.map((one) => one.type), ['time', 'text', 'integer', 'number', 'boolean', 'any', 'any', 'integer']);
    assert.deepEqual(reply.rows, [[String(from), 'lookup', 1e9, 1000, 1, 0, [{ id: 0 }, { id: 0 }], String(from)]]);
    assert.deepEqual(reply.pointers, [`${traceHex('1')}/${spanHex('1')}`]);
    assert.equal(reply.shape, 'table');
    assert.equal(reply.from, String(from));
});

test('groups, rates and money come from the index alone', async () => {
    const reply = await ask('stats count(*) as n, sum(input_tokens) as t, pct(duration, 50) as p, sum(status = "error") as bad by model, bin(10m) as period | sort period, model');
    assert.equal(reply.shape, 'series');
    assert.equal(reply.pointers, undefined);
    assert.equal(reply.rows.length, 15);
    assert.deepEqual(reply.rows[0].slice(0, 2), ['gpt-4o', String(from)]);
    assert.equal(reply.rows.reduce((sum, row) => sum + row[2], 0), 300);
    assert.equal(reply.statistics.used, 'index');
    assert.equal(reply.statistics.rows_scanned, 300);
    assert.equal(reply.statistics.rows_matched, 300);
    const [[dollars]] = await rows('filter model = "gpt-4o-mini" | stats sum(cost) * 1000000');
    assert.ok(Math.abs(dollars - 75 * (100 * 0.15 + 10 * 0.6)) < 1e-6, String(dollars));
});

test('attributes, messages and JSON within attributes are read from the records', async () => {
    assert.deepEqual(await rows('filter attributes.app.shard = 3 and app.note like /note 1.$/ | fields app.note, attributes.app.list.1.id, resource.attributes.service.name | sort app.note'),
        [['note 11', -11, 'shop'], ['note 15', -15, 'bücher'], ['note 19', -19, 'shop']]);
    assert.deepEqual(await rows('filter input = "where is order 21?" | fields attributes.gen_ai.input.messages.0.role, attributes.app.big'), [['user', '9007199254741014']]);
    assert.deepEqual(await rows('filter @message like "no such order" | parse @message /"app.note":"(?<note>[^"]*)"/ | stats count(*), count_distinct(note)'), [[10, 10]]);
    const reply = await ask('filter name = "chat" and attributes.app.shard = 1 | stats count(*)');
    assert.deepEqual(reply.rows, [[75]]);
    assert.equal(reply.statistics.used, 'journal');
    assert.equal(reply.statistics.rows_matched, 75);
    assert.ok(reply.statistics.bytes_scanned > 10000, String(reply.statistics.bytes_scanned));
});

test('@message is the span as the API gives it', async () => {
    const [[message, trace, id]] = await rows('fields @message, traceId, spanId | sort @timestamp desc | limit 1');
    assert.deepEqual(JSON.parse(message), await server.api.raw(trace, id));
    const parsed = JSON.parse(message);
    assert.equal(parsed.attributes['app.note'], 'note 299');
    assert.equal(parsed.resource.attributes['service.name'], 'shop');
    assert.equal(parsed.status.code, 'UNSET');
});

test('a limit that nobody asked for is told', async () => {
    const few = await ask('fields name', { limit: 5 });
    assert.equal(few.rows.length, 5);
    assert.equal(few.truncated, true);
    assert.equal(few.statistics.rows_matched, 300);
    assert.equal((await ask('fields name | limit 5')).truncated, false);
    assert.equal((await ask('fields name | limit 400')).rows.length, 300);
    const top = await ask('filter name = "chat" | fields name | limit 3');
    assert.equal(top.statistics.rows_matched, 150);
});

test('a project sees its own rows only, whatever it asks', async () => {
    for (const query of ['stats count(*)', 'filter attributes.app.shard >= 0 | stats count(*)', 'SOURCE spans | stats count(*)', 'filter name in (SOURCE spans | fields name) | stats count(*)',
        'filter search("note") | stats count(*)'])
        assert.ok((await ask(query, {}, 'other')).rows[0][0] <= 7, query);
    assert.deepEqual((await ask('stats count(*)', {}, 'other')).rows, [[7]]);
    assert.deepEqual((await ask('SOURCE traces | stats count(*), sum(spans)', {}, 'other')).rows, [[7, 7]]);
});

test('traces add up their spans', async () => {
    const reply = await ask('SOURCE traces | filter errors > 0 | fields name, spans, duration, traceId | sort traceId | limit 2');
    assert.deepEqual(reply.rows.map((row) => row[1]), [3, 3]);
    assert.equal(reply.pointers[0], reply.rows[0][3]);
    assert.deepEqual(await rows('SOURCE traces | stats count(*), sum(spans), sum(errors)'), [[100, 300, 10]]);
});

test('a search is a condition like others', async () => {
    assert.deepEqual(await rows('filter search("order 21") and model like /gpt/ | fields attributes.app.note | sort @timestamp | limit 1'), [['note 21']]);
});

test('patterns, and the time before', async () => {
    const half = { from: String(at(150)), to: String(at(300)) };
    assert.deepEqual(await rows('pattern attributes.app.note | fields @pattern', half), [['note <Number-1>', 1, 150, null]]);
    const { columns, rows: [row] } = await ask('pattern attributes.app.note | diff', half);
    assert.deepEqual([columns.at(-1).name, row.at(-1)], ['@difference', 0]);
});

test('errors say where, and what was expected', async () => {
    const reply = await post(server, 'default', { query: 'stats count(*) as n by modle\n| sort n desc | filter m > 1' });
    assert.equal(reply.status, 400);
    assert.deepEqual(reply.body.error.position, { offset: 52, line: 2, column: 24, length: 1 });
    assert.match(reply.body.error.message, /behind stats/);
    for (const [body, says] of [[{}, /query/], [{ query: 5 }, /query/], [{ query: 'fields name', source: 'tables' }, /source/], [{ query: 'fields name', limit: 0 }, /limit/],
        [{ query: 'fields name', from: 'soon' }, /from/]]) {
        const refused = await post(server, 'default', body);
        assert.equal(refused.status, 400, JSON.stringify(body));
        assert.match(refused.body.error.message, says);
    }
});

test('a name that is no field is looked for in records, and said so', async () => {
    const reply = await ask('fields durration | limit 1');
    assert.deepEqual(reply.rows, [[null]]);
    assert.match(reply.warnings[0], /durration.*duration/);
});
