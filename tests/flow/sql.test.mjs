// SPDX-License-Identifier: Apache-2.0
// POST /api/v1/sql: answers over the views of one project, and everything a statement must not do. Two projects hold
// rows; whatever the first one's statements say, no word of the second's may come back.
import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { eventually, patience_ms } from './support/eventually.mjs';
import { binary, startServer } from './support/server.mjs';
import { modelCall, ms, now, post, spanId, toJson, traceId } from './support/otlp.mjs';

let server, hostile = 0;
const trace_id = traceId(), start = now() - 60000n * ms;
const secret = 'kept-from-others';
const sanitised = /build[^/]*-(address|thread)/.test(binary); // which need more than the kernel would give

async function create(name) {
    const reply = await fetch(`${server.url}/api/v1/projects`, { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }) });
    assert.equal(reply.status, 201, await reply.text());
}

async function sendTo(project, service, spans) {
    const reply = await post(server.url, toJson(service, spans), { type: 'application/json', headers: { 'x-vitrine-project': project } });
    assert.equal(reply.status, 200, reply.body.toString());
}

async function ask(sql, more = {}, project = 'mine') {
    const reply = await fetch(`${server.url}/api/v1/sql?project=${project}`, { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sql, ...more }) });
    const text = await reply.text();
    return { status: reply.status, text, ...JSON.parse(text) };
}

async function rows(sql, more) {
    const reply = await ask(sql, more);
    assert.equal(reply.status, 200, reply.text);
    return reply.rows;
}

before(async () => {
    server = await startServer();
    await create('mine');
    await create('theirs');
    const root = spanId();
    await sendTo('mine', 'shop', [
        { trace_id, span_id: root, name: 'checkout', start, end: start + 3000n * ms, attributes: { 'user.id': 'u-1', 'session.id': 's-1' } },
        modelCall({ trace_id, parent_span_id: root, start: start + 100n * ms, attributes: { 'user.id': 'u-1' } }),
        modelCall({ trace_id, parent_span_id: root, start: start + 1200n * ms, status: 2, message: 'slow down',
            attributes: { 'gen_ai.request.model': 'gpt-4o', 'error.type': 'RateLimitError' } }),
    ]);
    await sendTo('theirs', secret, Array.from({ length: 5 }, (_, i) => modelCall({ trace_id: traceId(), start: start + BigInt(i) * ms,
        name: secret, attributes: { 'gen_ai.request.model': `${secret}-model`, 'user.id': `${secret}-user`, 'session.id': secret } })));
    await eventually(async () => {
        assert.deepEqual(await rows('SELECT count(*) FROM spans'), [[3]]);
        assert.deepEqual((await ask('SELECT count(*) FROM spans', {}, 'theirs')).rows, [[5]]);
    });
});
after(() => server?.close());

// --- answers --------------------------------------------------------------------------------

test('columns are friendly: names, hex ids, timestamps, milliseconds, dollars', async () => {
    const reply = await ask("SELECT name, model, status, error_kind, kind, service, trace_id, duration_ms, cost, start_time, start_ns, billed FROM spans WHERE model = 'gpt-4o-mini'");
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(reply.columns.map((one) => one.type),
        ['text', 'text', 'text', 'text', 'text', 'text', 'text', 'number', 'number', 'time', 'integer', 'boolean']);
    const at = start + 100n * ms;
    assert.deepEqual(reply.rows, [['chat gpt-4o-mini', 'gpt-4o-mini', 'unset', null, 'llm', 'shop', trace_id, 900, 0.000033,
        String(at / 1000n * 1000n), String(at), 1]]);
    assert.equal(reply.truncated, false);
    assert.ok(reply.statistics.rows_scanned === 3 && reply.statistics.bytes_scanned > 0 && reply.statistics.elapsed_ms > 0);
});

test('a trace is one row of `traces`, and joins with its spans', async () => {
    assert.deepEqual(await rows('SELECT t.name, t.spans, t.llm_calls, t.errors, t.user_id, t.session, t.cost, count(*) FROM traces t JOIN spans s USING (trace_id) GROUP BY ALL'),
        [['checkout', 3, 2, 1, 'u-1', 's-1', 0.000583, 3]]);
});

test('WITH, windows, lists, JSON, set operations, DESCRIBE, a semicolon and a comment at the end', async () => {
    assert.deepEqual(await rows('WITH m AS (SELECT model, count(*) AS n FROM spans WHERE billed GROUP BY model) SELECT model, n, row_number() OVER (ORDER BY model) FROM m ORDER BY model; -- done'),
        [['gpt-4o', 1, 1], ['gpt-4o-mini', 1, 2]]);
    assert.deepEqual(await rows("SELECT [1, 2] AS a, {'b': 'x'} AS b, DATE '2026-01-02' AS c, INTERVAL 1 DAY AS d, NULL, true"),
        [[[1, 2], { b: 'x' }, '2026-01-02', '1 day', null, 1]]);
    assert.deepEqual(await rows('SELECT sum(i), sum(NULL::BIGINT), 18446744073709551615::UBIGINT, -170141183460469231731687303715884105727::HUGEINT FROM range(4) t(i)'),
        [[6, null, '9223372036854775807', '-9223372036854775808']]);
    assert.deepEqual(await rows("SELECT ';' AS a, $$ ; $$ AS b /* ; */ UNION ALL SELECT 'it''s; fine', E'\\';' ORDER BY 1"), [[';', ' ; '], ["it's; fine", "';"]]);
    const described = await rows('DESCRIBE spans');
    assert.ok(described.some(([name, type]) => name === 'cost' && type === 'DECIMAL(18,9)'), JSON.stringify(described));
    for (const view of ['spans', 'traces', 'logs', 'metrics', 'scores']) await rows(`FROM ${view} LIMIT 1`);
});

test('every column of every view can be read', async () => {
    for (const view of ['spans', 'traces', 'logs', 'metrics', 'scores'])
        await rows(`SELECT ${(await rows(`DESCRIBE ${view}`)).map(([name]) => `count(DISTINCT "${name}")`)} FROM ${view}`);
});

test('the order of the statement is the order of the rows; a limit cuts and says so', async () => {
    const many = await ask('SELECT i FROM range(100000) t(i) ORDER BY (i * 7919) % 100003', { limit: 100 });
    assert.equal(many.truncated, true);
    assert.deepEqual(many.rows.map(([i]) => i), Array.from({ length: 100000 }, (_, i) => i).sort((a, b) => (a * 7919) % 100003 - (b * 7919) % 100003).slice(0, 100));
    assert.equal((await ask('SELECT * FROM range(100)', { limit: 100 })).truncated, false);
});

test('from and to say what the views hold', async () => {
    assert.deepEqual(await rows('SELECT count(*) FROM spans', { from: String(start + 1000n * ms) }), [[1]]);
    assert.deepEqual(await rows('SELECT count(*) FROM spans', { to: String(start + 1000n * ms) }), [[2]]);
    assert.deepEqual(await rows('SELECT count(*) FROM traces', { from: '-1h', to: 'now' }), [[1]]);
    assert.deepEqual(await rows('SELECT count(*) FROM traces', { from: String(start + 1n) }), [[0]]);
});

test('errors say where', async () => {
    for (const [sql, status, offset, words] of [
        ['SELEC 1', 400, 0, /syntax error/], ['SELECT nme FROM spans', 400, 7, /"nme" not found.*\n?.*name/],
        ['SELECT 1 +\n  FROM spans', 400, null, /syntax error/], ['SELECT no_such(1)', 400, 7, /no_such/],
        ["SELECT\n 'é', nme FROM spans", 400, 14, /nme/]]) {
        const reply = await ask(sql);
        assert.equal(reply.status, status, reply.text);
        assert.match(reply.error.message, words);
        if (offset !== null) assert.equal(reply.error.position?.offset, offset, reply.text);
    }
    assert.deepEqual((await ask("SELECT\n 'é', nme FROM spans")).error.position, { offset: 14, line: 2, column: 7, length: 1 });
});

test('bodies that are not what they must be', async () => {
    for (const [body, type, status, words] of [
        ['{', 'application/json', 400, /JSON/], ['[]', 'application/json', 400, /object/], ['{}', 'application/json', 400, /^sql: expected/],
        ['{"sql":7}', 'application/json', 400, /^sql: expected/], ['{"sql":""}', 'application/json', 400, /^sql: expected/],
        ['{"sql":"SELECT 1","limit":0}', 'application/json', 400, /^limit: /], ['{"sql":"SELECT 1","from":"soon"}', 'application/json', 400, /^from: /],
        ['{"sql":"SELECT 1","from":"now","to":"-1h"}', 'application/json', 400, /^to: /], ['{"sql":"SELECT 1"}', 'text/plain', 415, /content-type/],
        ['{"sql":"SELECT \\u0000"}', 'application/json', 400, /zero bytes/]]) {
        const reply = await fetch(`${server.url}/api/v1/sql?project=mine`, { method: 'POST', headers: { 'content-type': type }, body });
        const { error } = await reply.json();
        assert.equal(reply.status, status, `${body}: ${error.message}`);
        assert.match(error.message, words);
    }
});

// --- what must not work ---------------------------------------------------------------------

// Refused, whatever the reason; or answered, with nothing in it that is not the asker's.
const refused = [
    // other projects, by every name their rows have or might have
    'SELECT * FROM vitrine.main.spans', 'SELECT * FROM memory.main.v_spans', 'SELECT * FROM main.spans', 'SELECT * FROM "vitrine"."main"."names"',
    'SELECT * FROM v_spans', 'SELECT * FROM trace_parts', 'SELECT * FROM names', 'SELECT * FROM temp.main.spans', 'SELECT * FROM read_spans()',
    'SELECT name_text(1)', 'SELECT hex_text(1)', 'SELECT * FROM spans WHERE project = 3', 'SELECT project FROM spans', "SELECT * FROM query_table('spans')",
    "SELECT * FROM query('SELECT * FROM vitrine.main.spans')", "SELECT * FROM query_table(['vitrine.main.spans'])",
    "FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM vitrine.main.spans'))",
    'SELECT (SELECT count(*) FROM vitrine.main.spans)', 'SELECT * FROM spans, vitrine.main.logs', 'WITH x AS (SELECT * FROM vitrine.main.spans) SELECT * FROM x',
    'SELECT * FROM (SELECT * FROM spans UNION ALL SELECT * FROM vitrine.main.spans)', 'SELECT 1 WHERE EXISTS (FROM vitrine.main.spans)',
    'SELECT list(s) FROM vitrine.main.spans s', 'SELECT 1 FROM spans ORDER BY (SELECT max(id) FROM names)', 'DESCRIBE vitrine.main.spans', 'SUMMARIZE names',
    // the engine's own tables and functions
    'SELECT * FROM duckdb_tables()', 'SELECT * FROM duckdb_databases()', 'SELECT * FROM duckdb_settings()', 'SELECT * FROM duckdb_functions()', 'SELECT * FROM duckdb_logs()',
    'SELECT * FROM duckdb_secrets()', 'SELECT * FROM information_schema.tables', 'SELECT * FROM pg_catalog.pg_class', 'SELECT * FROM pg_class', 'SELECT * FROM sqlite_master',
    'SELECT * FROM duckdb_temporary_files()', 'SELECT * FROM duckdb_memory()', "SELECT * FROM pragma_table_info('spans')", "SELECT current_setting('memory_limit')", "SELECT write_log('x')",
    'SHOW TABLES', 'SHOW ALL TABLES', 'SHOW DATABASES', 'SELECT * FROM (SHOW ALL TABLES)',
    // files, extensions, settings
    "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM read_blob('/etc/passwd')", "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_parquet('/etc/passwd')", "SELECT * FROM glob('/etc/*')", "SELECT * FROM '/etc/passwd'", "FROM '/etc/passwd'", 'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM sniff_csv('/etc/passwd')", "SELECT * FROM read_duckdb('index.duckdb')", "SELECT * FROM parquet_metadata('/etc/passwd')", "SELECT getenv('HOME')",
    "SELECT * FROM 'https://example.com/x.csv'", "COPY spans TO '/tmp/vitrine-stolen.csv'", "COPY (SELECT 1) TO '/tmp/vitrine-stolen.csv'", "EXPORT DATABASE '/tmp/vitrine-stolen'",
    "ATTACH '/tmp/vitrine-stolen.db'", 'DETACH vitrine', "IMPORT DATABASE '/tmp'", 'INSTALL httpfs', 'LOAD httpfs', 'SET memory_limit = \'100GB\'', 'SET enable_external_access = true',
    'RESET lock_configuration', 'PRAGMA database_list', 'PRAGMA version', 'USE vitrine', 'CHECKPOINT', 'VACUUM', 'CALL pragma_version()',
    // anything that is not one SELECT
    'CREATE TABLE x (a INTEGER)', 'CREATE VIEW x AS SELECT 1', 'CREATE MACRO m() AS 1', 'CREATE TEMP TABLE x AS SELECT 1', 'DROP VIEW spans', 'ALTER TABLE spans ADD COLUMN x INTEGER',
    'INSERT INTO spans VALUES (1)', 'UPDATE spans SET name = 1', 'DELETE FROM spans', 'TRUNCATE spans', 'BEGIN', 'COMMIT', 'ROLLBACK', 'EXPLAIN ANALYZE SELECT 1', 'PREPARE p AS SELECT 1', 'EXECUTE p',
    'SELECT 1; SELECT 2', 'SELECT 1; DROP VIEW spans', 'SELECT 1); DROP VIEW spans; --', 'SELECT $1', 'SELECT ?', 'SELECT $name', 'MERGE INTO spans USING spans s ON true WHEN MATCHED THEN DELETE',
    ';', '/* nothing */', '-- nothing', "SELECT 'open", 'SELECT "open', 'SELECT 1 /* open', 'SELECT ((1)', 'SELECT 1)', 'SELECT 1) FROM (SELECT 2',
    'SELECT * FROM test_all_types()', "SELECT nextval('x')", 'SELECT * FROM spans AT (VERSION => 1)',
];

test('none of these is answered, and none tells of others', async () => {
    const left = [...refused];
    const worker = async () => {
        for (let sql; (sql = left.pop()) !== undefined;) {
            const reply = await ask(sql);
            assert.ok([400, 403].includes(reply.status), `${sql}: ${reply.status} ${reply.text}`);
            assert.ok(!reply.text.includes(secret) && !reply.text.includes('root:'), `${sql}: ${reply.text}`);
            hostile++;
        }
    };
    await Promise.all([worker(), worker()]);
});

test('what is answered holds only what is the asker\'s', async () => {
    for (const sql of ['SELECT * FROM spans', 'SELECT * FROM traces', 'SELECT * FROM spans s, spans t', 'SELECT max(name), max(user_id), max(session), max(model), count(*) FROM spans WHERE 1 = 1 OR true',
        "SELECT * FROM spans WHERE service = 'shop' UNION SELECT * FROM spans WHERE service <> 'shop' OR service IS NULL", 'SELECT DISTINCT ON (trace_id) * FROM spans',
        'SELECT *, rowid FROM spans', 'SELECT spans FROM spans', 'SELECT COLUMNS(*) FROM spans', "SELECT COLUMNS('.*') FROM traces", 'SELECT count(*), min(start_ns) FROM (SELECT * FROM spans) TABLESAMPLE 100%',
        `SELECT * FROM spans WHERE trace_id IN (SELECT trace_id FROM traces) OR user_id LIKE '%${secret.slice(0, 4)}%'`, 'WITH spans AS (SELECT 1 AS x) SELECT * FROM spans',
        'SUMMARIZE spans', 'SELECT current_database(), current_schema(), current_user, version()']) {
        const reply = await ask(sql);
        hostile++;
        assert.ok([200, 400].includes(reply.status), `${sql}: ${reply.status} ${reply.text}`);
        assert.ok(!reply.text.replace(sql, '').includes(secret), `${sql}: ${reply.text}`);
    }
    assert.deepEqual(await rows('SELECT count(*) FROM spans s LEFT JOIN spans t ON true'), [[9]]);
});

test('too much: time, memory, rows, columns, depth, text', async () => {
    const cases = [
        ['SELECT count(*) FROM range(1000000000000)', 504], ['WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r', 504],
        ['SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range % 7 = b.range % 11', 504],
        ["SELECT repeat('x', 2000000000)", 413], ["SELECT rpad('x', 2000000000, 'y')", 413], ["SELECT length(replace(repeat('x', 100000), 'x', repeat('y', 1000000)))", 413], ['SELECT list(i) FROM range(200000000) t(i)', 413],
        ["SELECT string_agg(i, '') FROM range(100000000) t(i)", 413], ["WITH RECURSIVE r(s, n) AS (SELECT 'x', 1 UNION ALL SELECT s || s, n + 1 FROM r WHERE n < 40) SELECT max(length(s)) FROM r", 413],
        ['SELECT range(100000) FROM range(1000)', 413], [`SELECT i, '${'x'.repeat(80)}' || i FROM range(900000) t(i)`, 413, { limit: 1000000 }], [`SELECT ${Array.from({ length: 600 }, (_, i) => i).join(', ')}`, 413],
        [`SELECT ${'('.repeat(10000)}1${')'.repeat(10000)}`, 400], [`SELECT ${'- '.repeat(20000)}1`, 400], [`SELECT ${'['.repeat(300)}${']'.repeat(300)}`, [400, 413]],
        [`SELECT ${'abs('.repeat(400)}1${')'.repeat(400)}`, [400, 413]], [`SELECT 1${' + 1'.repeat(5000)}`, [400, 413]], [`SELECT '${'x'.repeat(1000000)}'`, 413],
        [`${'SELECT * FROM ('.repeat(300)}SELECT 1${')'.repeat(300)}`, [400, 413]], [Array.from({ length: 40 }, (_, i) => `SELECT count(*) FROM spans WHERE start_ns > ${i}`).join(' UNION ALL '), 413],
        ["SELECT levenshtein(repeat('a', 1000000), repeat('b', 1000000))", 504], ["SELECT regexp_matches(string_agg('a', ''), '(a+)+$') FROM range(100000)", 200],
        ["SELECT string_agg('a', '') LIKE string_agg('%a', '') || 'b' FROM range(40)", 504],
        ["SELECT regexp_matches('aaaa', '((((a{1,100}){1,100}){1,100}){1,100})')", 400],
    ];
    for (const [sql, status, more] of cases) {
        const began = performance.now();
        const reply = await ask(sql, { timeout_ms: 700, ...more });
        hostile++;
        const said = `${sql.slice(0, 100)}: ${reply.status} ${reply.text.slice(0, 300)}`;
        assert.ok([status, [status, 504].flat()].flat(2).includes(reply.status), said);
        assert.ok(performance.now() - began < patience_ms, `${said}: took ${performance.now() - began} ms`);
    }
});

// The processes in which statements run now.
const children = () => readdirSync('/proc').filter((name) => {
    try {
        return /^\d+$/.test(name) && readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(server.child.pid);
    } catch {
        return false;
    }
});

const endless = 'SELECT count(*) FROM range(10000000000000)', longest_ms = 20_000;

// Asks without end, gives what `look` finds in the process of the statement, and goes away. All that stays below the time after which the
// process would have ended without us.
async function leave(look) {
    assert.deepEqual(children(), []);
    const body = JSON.stringify({ sql: endless, timeout_ms: longest_ms }), ends = performance.now() + longest_ms - 500;
    const request = http.request(`${server.url}/api/v1/sql?project=mine`, { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': body.length } });
    request.on('error', () => {});
    request.end(body);
    const seen = await eventually(() => {
        assert.equal(children().length, 1);
        return look(children()[0]);
    }, ends - performance.now());
    request.destroy();
    await eventually(() => assert.deepEqual(children(), []), ends - performance.now());
    return seen;
}

test('who goes away is no longer worked for', () => leave(() => true));

test('the process of a statement can open nothing and knows no key', async () => {
    const { limits, environment } = await leave((pid) => {
        const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
        assert.match(limits, sanitised ? /Max file size +0 / : /Max open files +4 /);
        return { limits, environment: readFileSync(`/proc/${pid}/environ`, 'utf8') };
    });
    if (!sanitised) assert.match(limits, /Max address space +1073741824 /);
    assert.match(limits, /Max file size +0 /);
    assert.ok(!/VITRINE|SECRET/.test(environment), environment);
});

test('the process of a statement ends with its question', async () => {
    assert.equal((await ask(endless, { timeout_ms: 500 })).status, 504);
    assert.deepEqual(children(), []);
});

test('a key sees its own project only', async () => {
    const keys = { VITRINE_INIT_PUBLIC_KEY: 'pk-sql', VITRINE_INIT_SECRET_KEY: 'sk-sql-0123456789' };
    const locked = await startServer({ args: ['--auth', 'required'], env: keys });
    try {
        const call = (headers) => fetch(`${locked.url}/api/v1/sql`, { method: 'POST', body: '{"sql":"SELECT count(*) FROM spans"}', headers: { 'content-type': 'application/json', ...headers } });
        assert.equal((await call({})).status, 401);
        const reply = await call({ authorization: `Basic ${Buffer.from('pk-sql:sk-sql-0123456789').toString('base64')}` });
        assert.deepEqual((await reply.json()).rows, [[0]]);
    } finally {
        await locked.close();
    }
});

test('the server is well after all that', async () => {
    assert.ok(hostile >= 60, `${hostile}`);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    assert.deepEqual(await rows('SELECT count(*) FROM spans'), [[3]]);
    await sendTo('mine', 'later', [modelCall({ trace_id: traceId() })]);
    await eventually(async () => assert.deepEqual(await rows('SELECT count(*) FROM spans'), [[4]]));
});
