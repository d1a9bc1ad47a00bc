// SPDX-License-Identifier: Apache-2.0
// vitrine query against a real server: every form of the answer, a refusal with its mark, the wrong usages, and following
// spans as they arrive, each of them once.
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { eventually } from './support/api.mjs';
import { modelCall, send, spanId, traceId } from './support/otlp.mjs';
import { binary, runVerb, startServer } from './support/server.mjs';

const minute = 60_000_000_000n;
let server, now;

const query = (...args) => runVerb(['query', '--url', server.url, ...args]);

function call(minutes_ago, model, more = {}) {
    const start = now - BigInt(minutes_ago) * minute;
    const span = modelCall({ trace_id: traceId(), span_id: spanId(), start, end: start + 1_500_000_000n, ...more });
    return { ...span, attributes: { ...span.attributes, 'gen_ai.request.model': model, 'gen_ai.response.model': model, ...more.attributes } };
}

before(async () => {
    server = await startServer();
    now = BigInt(Date.now()) * 1_000_000n;
    await send(server.url, 'cli', [
        call(1, 'gpt-4o', { name: 'with \u001b[31mred\u001b[0m, "quotes"\nand a line' }),
        call(12, 'gpt-4o'), call(13, 'gpt-4o'), call(25, 'claude-sonnet-4-5'),
        call(300, 'claude-sonnet-4-5', { name: 'long ago' }),
    ]);
    await eventually(async () => {
        const { stdout } = await query('stats count(*) as n', '--format', 'ndjson');
        assert.equal(stdout, '{"n":5}\n');
    });
});
after(async () => { await server?.close(); });

test('a table has headings, rows that line up and a count of them', async () => {
    const { code, stdout, stderr } = await query('stats count(*) as calls by model | sort model', '--since', '1h');
    assert.equal(code, 0);
    assert.equal(stdout, 'model              calls\n-----------------  -----\nclaude-sonnet-4-5      1\ngpt-4o                 3\n');
    assert.match(stderr, /^2 rows of \d+ read, \d+ ms\n$/);
});

test('a series has a chart with a line for each group', async () => {
    const { stdout } = await query('stats count(*) by model, bin(10m)', '--since', '1h');
    assert.match(stdout, /\ncount\(\*\) {2}\d{4}-\d\d-\d\d \d\d:\d\d to .*, a sign is 10m\n/);
    assert.match(stdout, /\ngpt-4o {13}[▁▂▃▄▅▆▇█ ]+ {2}most \d {2}last \d\n/);
    assert.match(stdout, /\nclaude-sonnet-4-5 {2}/);
});

test('times, --from and --to narrow what is asked', async () => {
    const count = async (...args) => (await query('stats count(*) as n', '--format', 'csv', ...args)).stdout;
    assert.equal(await count(), 'n\r\n5\r\n');
    assert.equal(await count('--since', '20m'), 'n\r\n3\r\n');
    assert.equal(await count('--from', '-20m', '--to', '-5m'), 'n\r\n2\r\n');
    assert.equal(await count(`--from=${(now - 14n * minute) / 1000000n}`, '--to', new Date(Date.now() - 600000).toISOString()), 'n\r\n2\r\n');
    assert.match((await query('stats count(*) as n', '--source', 'traces', '--format', 'csv')).stdout, /^n\r\n5\r\n$/);
});

test('what a span says cannot reach the terminal', async () => {
    const name = 'fields name | filter name like "quotes"';
    const table = await query(name, '--width', '80');
    assert.ok(table.stdout.includes('with ␛[31mred␛[0m, "quotes"␊and a line'), table.stdout);
    const csv = await query(name, '--format', 'csv');
    assert.equal(csv.stdout, 'name\r\n"with \u001b[31mred\u001b[0m, ""quotes""\nand a line"\r\n');
    const [line] = (await query(name, '--format', 'ndjson')).stdout.split('\n');
    assert.equal(JSON.parse(line).name, 'with \u001b[31mred\u001b[0m, "quotes"\nand a line');
    const json = JSON.parse((await query(name, '--format', 'json')).stdout);
    assert.equal(json.rows[0][0], 'with \u001b[31mred\u001b[0m, "quotes"\nand a line');
    assert.match(json.pointers[0], /^[0-9a-f]{32}\/[0-9a-f]{16}$/);
});

test('rates and histograms are what their words say', async () => {
    const used = (minutes_ago, tokens) => call(minutes_ago, 'gpt-4o', { attributes: { 'gen_ai.usage.input_tokens': tokens } });
    await send(server.url, 'rated', [used(20, 100), used(15, 150), used(10, 400)]);
    await eventually(async () => {
        const { stdout } = await query('filter service = "rated" | stats rate(input_tokens, 1m) as r, histogram(input_tokens, 3) as h',
            '--format', 'ndjson');
        assert.equal(stdout, '{"r":30,"h":{"100":2,"200":0,"300":1}}\n');
    });
});

test('a narrow table is cut, and a limit kept', async () => {
    const { stdout } = await query('fields @timestamp, name, model, traceId', '--width', '60', '--limit', '2');
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 4);
    for (const line of lines) assert.ok([...line].length <= 60, line);
});

test('a refused query is shown with a mark under the place', async () => {
    const { code, stdout, stderr } = await query('filter model = "ü"\n| stat count(*)');
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.equal(stderr, 'vitrine query: no command `stat`\n  | stat count(*)\n    ^^^^\ndid you mean `stats`?\n');
    const wide = await query('filter 日本 == 1');
    assert.match(wide.stderr, /\n {2}filter 日本 == 1\n {14}\^\^\n/);
});

test('what can be asked is listed', async () => {
    const list = async (...args) => (await query('--format', 'ndjson', '--list', ...args)).stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
    const fields = await list('fields');
    assert.ok(fields.find(({ name, type, description }) => name === 'duration' && type === 'number' && description));
    assert.ok(!fields.find(({ name }) => name === 'metric'));
    assert.ok((await list('fields', '--source', 'metrics')).find(({ name }) => name === 'metric'));
    assert.ok((await list('functions')).find(({ signature }) => signature === 'pct(number, percent)'));
    assert.ok((await list('commands')).find(({ syntax }) => syntax === 'limit [any] n'));
});

test('the query may come from standard input', async () => {
    const child = spawn(binary, ['query', '--url', server.url, '--format', 'ndjson', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.on('data', (bytes) => (stdout += bytes));
    child.stdin.end('# how many\nfilter service = "cli"\n| stats count(*) as n\n');
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
    assert.equal(stdout, '{"n":5}\n');
});

test('wrong usage is told apart from a refusal', async () => {
    for (const [args, words] of [
        [[], /expected a query/], [['fields a', 'fields b'], /one query at a time/], [['fields a', '--since', 'soon'], /--since: expected a time/],
        [['fields a', '--format', 'xml'], /--format: expected table, json, ndjson or csv/], [['fields a', '--limit', '-1'], /--limit: expected a number/],
        [['fields a', '--nope', '1'], /no option '--nope'/], [['fields a', '--since', '1h', '--from', '-2h'], /exclude each other/],
        [['fields a', '--follow', '--format', 'json'], /--follow goes with/], [['fields a', '--limit'], /needs a value/],
        [['--list', 'words'], /--list: expected fields, functions or commands/], [['--list', 'fields', 'fields a'], /goes without a query/],
    ]) {
        const { code, stderr } = await query(...args);
        assert.equal(code, 2, stderr);
        assert.match(stderr, words);
    }
    const stats = await query('stats count(*)', '--follow');
    assert.equal(stats.code, 1);
    assert.match(stats.stderr, /--follow shows rows as they arrive, and stats makes other rows/);
    const nobody = await runVerb(['query', '--url', 'http://127.0.0.1:1', 'fields a']);
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /does not answer/);
    const project = await query('fields a', '--project', 'no such/one');
    assert.equal(project.code, 1);
    assert.match(project.stderr, /there is no project 'no such\/one'/);
});

// Runs `vitrine query --follow` while `body` sends; names() waits for what was shown so far.
async function following(question, body) {
    const child = spawn(binary, ['query', '--url', server.url, '--follow', '--every', '50ms', '--since', '10m', '--format', 'ndjson', question],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.on('data', (bytes) => (stdout += bytes));
    try {
        await body((expected) => eventually(() => {
            assert.deepEqual(stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line).name), expected);
        }));
    } finally {
        child.kill();
        await once(child, 'close');
    }
}

test('--follow shows a trace once, however it grows', async () => {
    await following('SOURCE traces | filter service = "grown" | fields name, spans', async (names) => {
        const root = call(2, 'gpt-4o', { name: 'root' });
        await send(server.url, 'grown', [root]);
        await names(['root']);
        await send(server.url, 'grown', [call(1, 'gpt-4o', { name: 'child', trace_id: root.trace_id, parent_span_id: root.span_id })]);
        await eventually(async () => {
            const { stdout } = await query('SOURCE traces | filter service = "grown" | fields spans', '--format', 'csv');
            assert.equal(stdout, 'spans\r\n2\r\n');
        });
        await send(server.url, 'grown', [call(0, 'gpt-4o', { name: 'another' })]);
        await names(['root', 'another']);
    });
});

test('--follow shows each span once, also one that began long before it arrived', async () => {
    await following('filter service = "followed" | fields name', async (names) => {
        await send(server.url, 'followed', [call(1, 'gpt-4o', { name: 'first' })]);
        await names(['first']);
        await send(server.url, 'followed', [call(0, 'gpt-4o', { name: 'second' })]);
        await names(['first', 'second']);
        await send(server.url, 'followed', [call(9, 'gpt-4o', { name: 'began early' })]);
        await names(['first', 'second', 'began early']);
        await send(server.url, 'followed', [call(0, 'gpt-4o', { name: 'twin' }), call(0, 'gpt-4o', { name: 'twin' })]);
        await names(['first', 'second', 'began early', 'twin', 'twin']);
    });
});

test('a look-up table is uploaded, listed, used, given back and removed', async () => {
    const table = (...args) => runVerb(['table', ...args, '--url', server.url]);
    const at = (name) => `${server.url}/api/v1/tables/${name}`;
    const csv = 'id,family\ngpt-4o,gpt\nclaude-sonnet-4-5,claude\n';
    assert.equal((await fetch(at('models'), { method: 'PUT', body: csv })).status, 201);
    assert.equal((await fetch(at('models'), { method: 'PUT', body: csv })).status, 200);
    assert.match((await table('list')).stdout, /^models {2}2 rows: id family$/m);
    assert.equal((await query('lookup models id as model OUTPUT family | filter family = "claude" | stats count(*) as n by family', '--format', 'csv')).stdout, 'family,n\r\nclaude,2\r\n');
    assert.equal((await table('get', 'models')).stdout, csv);
    for (const [name, body, status, words] of [['a b', csv, 400, 'letters'], ['models', 'a,a\n', 400, 'line 1'], ['models', 'a,b\n1,2,3\n', 400, 'line 2'], ['models', 'a\n"x', 400, 'does not end'], ['models', '', 400, 'line 1'],
        ['models', `a\n${'x\n'.repeat(100001)}`, 413, '100000 rows'], ['models', Buffer.from([97, 10, 255]), 400, 'UTF-8']]) {
        const reply = await fetch(at(encodeURIComponent(name)), { method: 'PUT', body });
        assert.equal(reply.status, status, name);
        assert.ok((await reply.text()).includes(words), words);
    }
    assert.equal((await fetch(`${at('models')}?project=demo`)).status, 404); // of another project
    assert.equal((await table('delete', 'models')).code, 0);
    const gone = await table('get', 'models');
    assert.deepEqual([gone.code, /no lookup table/.test(gone.stderr)], [1, true]);
    for (const wrong of [['put'], ['put', 'a/b', 'f'], ['list', 'more'], ['drop', 'x'], ['put', 'a', 'b', 'c']]) assert.equal((await table(...wrong)).code, 2, wrong.join(' '));
});
