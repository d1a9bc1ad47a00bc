// SPDX-License-Identifier: Apache-2.0
// Answers as JSON, NDJSON, CSV, Parquet and Arrow: the same values in each, read by other people's readers; large ones
// over HTTP/1.1 and HTTP/2, to slow readers and to those who leave.
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { tableFromIPC } from 'apache-arrow';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { eventually } from './support/eventually.mjs';
import { startServer } from './support/server.mjs';
import { modelCall, send, traceId } from './support/otlp.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.close());

async function ask(body, headers = {}, path = 'sql') {
    return fetch(`${server.url}/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
}

async function answer(sql, format, more = {}) {
    const reply = await ask({ sql, format, ...more });
    const bytes = Buffer.from(await reply.arrayBuffer());
    assert.equal(reply.status, 200, bytes.toString().slice(0, 500));
    return { bytes, type: reply.headers.get('content-type'), headers: reply.headers };
}

const arrayBuffer = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);

// RFC 4180, as a reader of its own.
function parseCsv(text) {
    const lines = [[]];
    for (let at = 0; at < text.length;) {
        let cell = '';
        if (text[at] === '"') {
            for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
                if (text[at] === '"') at++;
                cell += text[at];
            }
            at++;
        } else {
            while (at < text.length && text[at] !== ',' && text[at] !== '\r') cell += text[at++];
        }
        lines.at(-1).push(cell);
        if (text[at] === ',') { at++; if (at === text.length) lines.at(-1).push(''); continue; }
        assert.equal(text.slice(at, at + 2), '\r\n');
        at += 2;
        if (at < text.length) lines.push([]);
    }
    return lines;
}

// One row of everything, one of nothing, one of hard texts.
const everything = `SELECT * FROM (VALUES
    (1, 9007199254740993, 1.5, true, TIMESTAMP_NS '2026-11-21 07:00:00.123456789', 'plain', {'a': [1, 2]}),
    (2, -3, -0.25, false, TIMESTAMP_NS '1969-12-31 23:59:59.5', 'a "quoted", line' || chr(13) || chr(10) || 'and café 漢字 🚀', {'a': []}),
    (3, NULL, NULL, NULL, NULL, NULL, NULL)) t(id, whole, number, yes, time, words, list) ORDER BY id`;

test('JSON is the reply as always, and the default', async () => {
    const { bytes, type } = await answer(everything, undefined);
    assert.match(type, /^application\/json/);
    const reply = JSON.parse(bytes);
    assert.deepEqual(reply.columns.map((one) => one.type), ['integer', 'integer', 'number', 'boolean', 'time', 'text', 'any']);
    assert.deepEqual(reply.rows[0], [1, '9007199254740993', 1.5, 1, '1795244400123456789', 'plain', { a: [1, 2] }]);
    assert.deepEqual(reply.rows[2], [3, null, null, null, null, null, null]);
});

test('NDJSON: an object a line', async () => {
    const { bytes, type, headers } = await answer(everything, 'ndjson');
    assert.match(type, /^application\/x-ndjson/);
    const lines = bytes.toString().trimEnd().split('\n').map(JSON.parse);
    assert.deepEqual(lines[1], { id: 2, whole: -3, number: -0.25, yes: 0, time: '-500000000', words: 'a "quoted", line\r\nand café 漢字 🚀', list: { a: [] } });
    assert.equal(lines.length, 3);
    assert.equal(headers.get('x-vitrine-rows'), '3');
    assert.equal(headers.get('x-vitrine-truncated'), 'false');
});

test('CSV: quotes, line ends, times, nothing for null', async () => {
    const { bytes, type } = await answer(everything, 'csv');
    assert.match(type, /^text\/csv/);
    assert.deepEqual(parseCsv(bytes.toString()), [['id', 'whole', 'number', 'yes', 'time', 'words', 'list'],
        ['1', '9007199254740993', '1.5', '1', '2026-11-21T07:00:00.123456789Z', 'plain', '{"a":[1,2]}'],
        ['2', '-3', '-0.25', '0', '1969-12-31T23:59:59.5Z', 'a "quoted", line\r\nand café 漢字 🚀', '{"a":[]}'],
        ['3', '', '', '', '', '', '']]);
});

test('CSV: a text is no formula, a number stays one, and `raw` leaves texts alone', async () => {
    const sql = `SELECT '=HYPERLINK("http://x","y")' AS a, '+1' AS b, '-2' AS c, '@sum' AS d, chr(9) || '=1' AS e, -5 AS f, 'a=b' AS g, '' AS h`;
    assert.deepEqual(parseCsv((await answer(sql, 'csv')).bytes.toString())[1], ['\'=HYPERLINK("http://x","y")', "'+1", "'-2", "'@sum", "'\t=1", '-5', 'a=b', '']);
    assert.deepEqual(parseCsv((await answer(sql, 'csv', { raw: true })).bytes.toString())[1], ['=HYPERLINK("http://x","y")', '+1', '-2', '@sum', '\t=1', '-5', 'a=b', '']);
});

test('Arrow: typed columns that the official reader reads', async () => {
    const { bytes, type } = await answer(everything, 'arrow');
    assert.equal(type, 'application/vnd.apache.arrow.stream');
    const table = tableFromIPC(bytes);
    assert.deepEqual(table.schema.fields.map((field) => String(field.type)), ['Int64', 'Int64', 'Float64', 'Bool', 'Timestamp<NANOSECOND, UTC>', 'Utf8', 'Utf8']);
    const column = (name) => [...table.getChild(name)];
    assert.deepEqual(column('whole'), [9007199254740993n, -3n, null]);
    assert.deepEqual(column('number'), [1.5, -0.25, null]);
    assert.deepEqual(column('yes'), [true, false, null]);
    assert.deepEqual([...table.getChild('time').data[0].values], [1795244400123456789n, -500000000n, 0n]);
    assert.deepEqual(column('words'), ['plain', 'a "quoted", line\r\nand café 漢字 🚀', null]);
    assert.deepEqual(column('list'), ['{"a":[1,2]}', '{"a":[]}', null]);
});

test('Parquet: typed columns that another reader reads', async () => {
    const { bytes, type } = await answer(everything, 'parquet');
    assert.equal(type, 'application/vnd.apache.parquet');
    const file = arrayBuffer(bytes);
    const schema = parquetMetadata(file).schema.slice(1);
    assert.deepEqual(schema.map((one) => one.type), ['INT64', 'INT64', 'DOUBLE', 'BOOLEAN', 'INT64', 'BYTE_ARRAY', 'BYTE_ARRAY']);
    const rows = await parquetReadObjects({ file });
    assert.deepEqual(rows.map((row) => [row.id, row.whole, row.number, row.yes, row.words ?? null, row.list ?? null]), [
        [1n, 9007199254740993n, 1.5, true, 'plain', '{"a":[1,2]}'], [2n, -3n, -0.25, false, 'a "quoted", line\r\nand café 漢字 🚀', '{"a":[]}'], [3n, undefined, undefined, undefined, null, null]]
        .map((row) => row.map((cell) => cell ?? null)).map((row, i) => [row[0], row[1] ?? rows[i].whole, row[2] ?? rows[i].number, row[3] ?? rows[i].yes, row[4], row[5]]));
    assert.equal(rows[2].whole ?? null, null);
    assert.equal(rows[0].time.toISOString(), '2026-11-21T07:00:00.123Z');
});

test('no rows, empty texts, and columns of one name', async () => {
    for (const format of ['json', 'ndjson', 'csv', 'arrow', 'parquet']) await answer('SELECT 1 AS a WHERE false', format);
    assert.equal((await answer('SELECT 1 AS a WHERE false', 'ndjson')).bytes.length, 0);
    assert.equal((await answer('SELECT 1 AS a WHERE false', 'csv')).bytes.toString(), 'a\r\n');
    assert.equal(tableFromIPC((await answer('SELECT 1 AS a WHERE false', 'arrow')).bytes).numRows, 0);
    assert.equal((await parquetReadObjects({ file: arrayBuffer((await answer('SELECT 1 AS a WHERE false', 'parquet')).bytes) })).length, 0);
    const twice = `SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a, 5 AS "q""uo'te"`;
    const names = ['a', 'a_2', 'a_2_2', 'a_3', 'q"uo\'te'];
    assert.deepEqual(Object.keys(JSON.parse((await answer(twice, 'ndjson')).bytes)), names);
    assert.deepEqual(parseCsv((await answer(twice, 'csv')).bytes.toString())[0], names);
    assert.deepEqual(tableFromIPC((await answer(twice, 'arrow')).bytes).schema.fields.map((field) => field.name), names);
    assert.deepEqual(Object.keys((await parquetReadObjects({ file: arrayBuffer((await answer(twice, 'parquet')).bytes) }))[0]).map((name) => name.trim()), names);
});

test('the Accept header chooses, the format member wins, unknown ones are refused', async () => {
    const type = async (body, accept) => (await ask({ sql: 'SELECT 1', ...body }, accept ? { accept } : {})).headers.get('content-type');
    assert.match(await type({}, 'text/csv'), /^text\/csv/);
    assert.match(await type({}, 'text/html, application/vnd.apache.arrow.stream;q=0.9'), /arrow/);
    assert.match(await type({}, 'application/x-ndjson, text/csv'), /ndjson/);
    assert.match(await type({}, '*/*'), /json/);
    assert.match(await type({ format: 'parquet' }, 'text/csv'), /parquet/);
    const refused = await ask({ sql: 'SELECT 1', format: 'xlsx' });
    assert.equal(refused.status, 400);
    assert.match((await refused.json()).error.message, /^format: expected json, ndjson, csv, parquet or arrow/);
    const failed = await ask({ sql: 'SELECT x', format: 'parquet' });
    assert.equal(failed.status, 400);
    assert.match(failed.headers.get('content-type'), /json/);
});

test('the query language answers in the same formats', async () => {
    await send(server.url, 'formats', [modelCall({ trace_id: traceId() }), modelCall({ trace_id: traceId(), attributes: { 'gen_ai.request.model': '=cmd' } })]);
    const asked = async (format) => {
        const reply = await ask({ query: 'stats count(*) as n by model | sort model', format }, {}, 'query');
        assert.equal(reply.status, 200);
        return Buffer.from(await reply.arrayBuffer());
    };
    await eventually(async () => assert.equal((await asked('ndjson')).toString(), '{"model":"=cmd","n":1}\n{"model":"gpt-4o-mini","n":1}\n'));
    assert.equal((await asked('csv')).toString(), "model,n\r\n'=cmd,1\r\ngpt-4o-mini,1\r\n");
    assert.deepEqual(tableFromIPC(await asked('arrow')).toArray().map((row) => Number(row.n)), [1, 1]);
    assert.deepEqual((await parquetReadObjects({ file: arrayBuffer(await asked('parquet')) })).map((row) => row.model), ['=cmd', 'gpt-4o-mini']);
});

const large = "SELECT i, 'row number ' || i AS words, i * 0.5 AS half FROM range(150000) t(i)";
const more = { limit: 1000000 };

test('large answers are whole in every format', async () => {
    const last = { i: 149999, words: 'row number 149999', half: 74999.5 };
    assert.deepEqual(JSON.parse((await answer(large, 'json', more)).bytes).rows.at(-1), Object.values(last));
    const lines = (await answer(large, 'ndjson', more)).bytes.toString().trimEnd().split('\n');
    assert.deepEqual([lines.length, JSON.parse(lines.at(-1))], [150000, last]);
    assert.ok((await answer(large, 'csv', more)).bytes.toString().endsWith('\r\n149999,row number 149999,74999.5\r\n'));
    const table = tableFromIPC((await answer(large, 'arrow', more)).bytes);
    assert.equal(table.numRows, 150000);
    assert.deepEqual({ ...table.get(149999).toJSON() }, { ...last, i: 149999n });
    const rows = await parquetReadObjects({ file: arrayBuffer((await answer(large, 'parquet', more)).bytes), rowStart: 149998 });
    assert.deepEqual(rows.map((row) => row.words), ['row number 149998', 'row number 149999']);
});

test('over HTTP/2 as well', async () => {
    const client = http2.connect(server.url);
    try {
        const stream = client.request({ ':method': 'POST', ':path': '/api/v1/sql', 'content-type': 'application/json' });
        stream.end(JSON.stringify({ sql: large, format: 'csv', ...more }));
        const [head] = await once(stream, 'response');
        assert.equal(head[':status'], 200);
        assert.equal(head['content-length'], undefined); /* it goes out while it is made */
        let bytes = 0, trailers;
        stream.on('data', (piece) => (bytes += piece.length));
        stream.on('trailers', (fields) => (trailers = fields));
        await once(stream, 'end');
        assert.deepEqual([trailers['x-vitrine-rows'], trailers['x-vitrine-truncated'], trailers['x-vitrine-error']], ['150000', 'false', undefined]);
        assert.equal(bytes, (await answer(large, 'csv', more)).bytes.length);
    } finally {
        client.close();
    }
});

const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]);
const openAnswers = () => readdirSync(`/proc/${server.child.pid}/fd`).length;

test('a slow reader holds no memory and no thread, and one who leaves leaves nothing', async () => {
    await answer(large, 'ndjson', more); /* what the engine and the allocator keep, they keep from here on */
    const before_it = resident(), files = openAnswers(), held = [];
    for (let i = 0; i < 5; i++) {
        const request = http.request(`${server.url}/api/v1/sql`, { method: 'POST', headers: { 'content-type': 'application/json' }, agent: false });
        request.end(JSON.stringify({ sql: large, format: i % 2 ? 'json' : 'ndjson', ...more })); /* whole before it is sent, and not */
        const [reply] = await once(request, 'response');
        reply.pause();
        held.push({ request, reply });
    }
    assert.ok(resident() - before_it < 40000, `grew by ${resident() - before_it} KiB while five answers of 9 MB wait`);
    assert.deepEqual(JSON.parse((await answer('SELECT 1', 'json')).bytes).rows, [[1]]); /* nobody waits behind them */
    const kept = held.pop();
    held.forEach(({ request }) => request.destroy());
    let bytes = 0;
    kept.reply.on('data', (piece) => (bytes += piece.length));
    kept.reply.resume();
    await once(kept.reply, 'end');
    assert.equal(bytes, (await answer(large, 'ndjson', more)).bytes.length);
    await eventually(() => assert.ok(openAnswers() <= files + 2, `${openAnswers()} descriptors, ${files} before`));
});

// Sends the question and gives the reply once its first bytes are there.
async function begin(body, path) {
    const request = http.request(`${server.url}/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, agent: false });
    request.end(JSON.stringify(body));
    const [reply] = await once(request, 'response');
    assert.equal(reply.statusCode, 200);
    await once(reply, 'readable');
    return { request, reply };
}

async function rest(reply) {
    const pieces = [];
    for await (const piece of reply) pieces.push(piece);
    return Buffer.concat(pieces).toString();
}

// 900,000 rows soon, and no other until the end of time.
const endless = 'SELECT i FROM range(10000000000000) t(i) WHERE i < 900000';
const openStreams = async () => Number(/^vitrine_http_streams (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())[1]);

test('the first rows are there before the last, and an error behind them is told in the answer', async () => {
    await Promise.all([['ndjson', /\{"i":5000\}\n[^]*\n\{"error":\{"status":"timeout","message":"[^\n]+\}\}\n$/], ['csv', /^i\r\n0\r\n[^]*\r\n5000\r\n[^]*\r\n#error,timeout,[^\r\n]+\r\n$/]].map(async ([format, wanted]) => {
        const { reply } = await begin({ sql: endless, format, timeout_ms: 5000, ...more }, 'sql');
        assert.equal(reply.headers['x-vitrine-rows'], undefined);
        assert.match(await rest(reply), wanted); /* a question that never ended, but gave rows */
        assert.deepEqual([reply.trailers['x-vitrine-error'], reply.complete], ['timeout', true]);
        assert.ok(Number(reply.trailers['x-vitrine-rows']) > 5000);
    }));
});

test('whoever leaves in the middle ends the question', async () => {
    const { request } = await begin({ sql: endless, format: 'ndjson', timeout_ms: 20000, ...more }, 'sql');
    assert.ok(await openStreams() >= 1);
    request.destroy();
    await eventually(async () => assert.equal(await openStreams(), 0), 18_000); /* before its time is up */
});

test('hundreds of thousands of rows of the query language, in bounded memory', async () => {
    const items = Array.from({ length: 1000 }, (_, i) => `item-${i}`).join(','), time = BigInt(Date.now() - 60000) * 1000000n;
    const logRecords = Array.from({ length: 300 }, (_, i) => ({ timeUnixNano: String(time + BigInt(i)), body: { stringValue: items } }));
    const sent = await fetch(`${server.url}/v1/logs`, { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }) });
    assert.equal(sent.status, 200);
    const question = { query: 'fields split(@message, ",") as items | unnest items into item | display item, concat(item, " and more of the same") as words', source: 'logs', limit: 1000000 };
    const get = async (format) => {
        const { reply } = await begin({ ...question, format }, 'query');
        let bytes = 0, last;
        for await (const piece of reply) { bytes += piece.length; last = piece; }
        return { bytes, last: last.toString(), trailers: reply.trailers };
    };
    await eventually(async () => assert.deepEqual((await (await ask({ query: 'stats count(*)', source: 'logs' }, {}, 'query')).json()).rows, [[300]]));
    /* What the engine and the allocator keep they keep once, sometimes of the second answer only; what we held we would hold each time. */
    const grown = [];
    await get('csv');
    while (grown.length < 4 && !(grown.at(-1) < 10000)) {
        const before_it = resident(), { bytes, last, trailers } = await get('ndjson');
        grown.push(resident() - before_it);
        assert.ok(bytes > 15e6 && last.endsWith('"words":"item-999 and more of the same"}\n'), `${bytes} bytes, at last ${last.slice(-100)}`);
        assert.deepEqual([trailers['x-vitrine-rows'], trailers['x-vitrine-truncated']], ['300000', 'false']);
    }
    assert.ok(grown.at(-1) < 10000, `grew by ${grown} KiB over answers of 300,000 rows`);
    const refused = await ask({ ...question, format: 'json' }, {}, 'query');
    assert.equal(refused.status, 400); /* so many rows are not for JSON */
});

test('no file is left behind', () => {
    assert.deepEqual(readdirSync(join(server.data, 'answers')), []);
});
