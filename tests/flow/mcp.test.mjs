// SPDX-License-Identifier: Apache-2.0
// The MCP server, asked by the official client: every tool, bad arguments, versions, budgets; and by hand, what no
// proper client would send. Nothing of another project may come back.
import { strict as assert } from 'node:assert';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { eventually } from './support/eventually.mjs';
import { startServer } from './support/server.mjs';
import { modelCall, ms, now, post, spanId, toJson, traceId } from './support/otlp.mjs';

let server, client;
const run = traceId(), theirs = traceId(), their_span = spanId(), wide = traceId(), circle = traceId();
const root = spanId(), call = spanId(), tool = spanId(), start = now() - 600000n * ms;
const secret = 'kept-from-others', long_text = 'Łódź '.repeat(4000);
const key_headers = { authorization: `Basic ${Buffer.from('pk-mcp:sk-mcp-0123456789').toString('base64')}` };

async function connect(options = {}) {
    const one = new Client({ name: 'vitrine-test', version: '1' });
    await one.connect(new StreamableHTTPClientTransport(new URL(options.path ?? '/mcp', server.url), { requestInit: { headers: options.headers ?? key_headers } }));
    return one;
}

async function use(name, args = {}, by = client) {
    const reply = await by.callTool({ name, arguments: args });
    assert.equal(reply.content.length, 1);
    assert.equal(reply.content[0].type, 'text');
    return { text: reply.content[0].text, isError: reply.isError ?? false };
}

async function says(name, args, ...patterns) {
    const { text, isError } = await use(name, args);
    assert.equal(isError, false, text);
    for (const pattern of patterns) assert.match(text, pattern);
    return text;
}

async function refuses(name, args, pattern) {
    const { text, isError } = await use(name, args);
    assert.equal(isError, true, text);
    assert.match(text, pattern);
}

async function sendAs(headers, spans) {
    const reply = await post(server.url, toJson('mcp', spans), { type: 'application/json', headers });
    assert.equal(reply.status, 200, reply.body.toString());
}

before(async () => {
    server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: 'pk-mcp', VITRINE_INIT_SECRET_KEY: 'sk-mcp-0123456789' } });
    client = await connect();
    const messages = (...texts) => JSON.stringify(texts.map(([role, content]) => ({ role, parts: [{ type: 'text', content }] })));
    await sendAs(key_headers, [
        { trace_id: run, span_id: root, name: 'invoke_agent planner', start, end: start + 5000n * ms,
            attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner', 'session.id': 'mcp-session' } },
        modelCall({ trace_id: run, span_id: call, parent_span_id: root, start: start + 10n * ms, attributes: {
            'gen_ai.input.messages': messages(['user', 'Which city is the capital of Assyria?']), 'gen_ai.output.messages': messages(['assistant', `Assur. ${long_text}`]),
            'gen_ai.request.temperature': 0.25 } }),
        { trace_id: run, span_id: tool, parent_span_id: root, name: 'execute_tool lookup', start: start + 2000n * ms, end: start + 2500n * ms, status: 2, message: 'no such city',
            attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'lookup', 'error.type': 'KeyError' } },
    ]);
    const top = spanId();
    await sendAs(key_headers, [{ trace_id: wide, span_id: top, name: 'fan out', start, end: start + 60000n * ms },
        ...Array.from({ length: 2000 }, (_, i) => ({ trace_id: wide, span_id: spanId(), parent_span_id: top, name: `step ${i}`, start: start + BigInt(i) * ms, end: start + BigInt(i + 1) * ms,
            ...(i === 1234 && { status: 2, message: 'the needle' }) }))]);
    const [a, b] = [spanId(), spanId()];
    await sendAs(key_headers, [{ trace_id: circle, span_id: a, parent_span_id: b, name: 'a', start, end: start + ms }, { trace_id: circle, span_id: b, parent_span_id: a, name: 'b', start, end: start + ms }]);
    await eventually(async () => {
        for (const [id, count] of [[run, 3], [wide, 2001], [circle, 2]]) assert.match((await use('get_trace', { trace_id: id })).text, new RegExp(`${count} spans`));
    });
});
after(async () => {
    await client?.close();
    await server?.close();
});

test('it introduces itself, and lists tools that only read', async () => {
    assert.equal(client.getServerVersion().name, 'vitrine');
    assert.match(client.getInstructions(), /get_trace/);
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map((one) => one.name), ['list_traces', 'get_trace', 'get_span', 'get_content', 'search', 'query', 'sql', 'fields', 'list_dashboards', 'list_queries']);
    for (const one of tools) {
        assert.equal(one.annotations.readOnlyHint, true);
        assert.equal(one.inputSchema.type, 'object');
        assert.ok(one.description.length > 40 && one.title);
        for (const name of one.inputSchema.required) assert.ok(one.inputSchema.properties[name], `${one.name}.${name}`);
    }
    assert.deepEqual(tools.find((one) => one.name === 'get_span').inputSchema.required, ['trace_id', 'span_id']);
    await client.ping();
});

test('traces are listed, filtered, sorted', async () => {
    await says('list_traces', { filters: ['session=mcp-session'] }, new RegExp(run), /ok|ERROR/, /3 spans, 1 model calls, 1 tools/, /\$0\.000033/);
    assert.ok(!(await says('list_traces', { filters: ['session=mcp-session'] })).includes(wide));
    assert.match(await says('list_traces', { sort: 'spans', limit: 1 }), new RegExp(`^${wide}`));
    await says('list_traces', { from: '-9d', to: '-8d' }, /no traces/);
});

test('a trace is a tree with names, durations, status, tokens, cost and first words', async () => {
    const text = await says('get_trace', { trace_id: run }, /invoke_agent planner/, /3 spans, 1 failed, 1 model calls, 1 tool calls/,
        new RegExp(`^- \\[${root}\\] agent invoke_agent planner · 5\\.00 s`, 'm'), new RegExp(`^  - \\[${call}\\] llm chat gpt-4o-mini · 900 ms · 120→30 tok · \\$0\\.000033$`, 'm'),
        new RegExp(`^  - \\[${tool}\\] tool lookup · 500 ms · ERROR tool`, 'm'), /in "Which city is the capital of Assyria\?"/, /out "Assur\. Łódź/, /error "no such city"/);
    assert.ok(text.length < 3000 * 4);
});

test('a large trace fits its budget, shows what failed, and counts the rest', async () => {
    for (const budget of [300, 1000, 5000]) {
        const text = await says('get_trace', { trace_id: wide, budget }, /step 1234 .*ERROR/, /… \d+ more \(span \d+\)/);
        assert.ok(Buffer.byteLength(text) < budget * 4 * 1.25 + 400, `${budget} tokens: ${text.length}`);
        const shown = text.match(/^ *- \[/gm).length, left = Number(/… (\d+) more/.exec(text)[1]);
        assert.equal(shown + left, 2001);
    }
    await says('get_trace', { trace_id: wide }, /"the needle"/);
});

test('spans that are each other\'s parents are shown all the same', async () => {
    await says('get_trace', { trace_id: circle }, /\] span a ·/, /\] span b ·/);
});

test('one span: error, messages, usage, cost, parameters, attributes; long texts by page', async () => {
    const text = await says('get_span', { trace_id: run, span_id: call, budget: 800 }, /^model: gpt-4o-mini$/m, /^tokens: in 120 cached 40 out 30$/m, /^cost: \$0\.000033 \(computed\)$/m, /temperature=0\.25/,
        /^user: Which city is the capital of Assyria\?$/m, /assistant: Assur\..*get_content path=output\/0\/0\]/, /^gen_ai\.request\.model = gpt-4o-mini$/m);
    assert.ok(Buffer.byteLength(text) < 800 * 4 * 1.5);
    await says('get_span', { trace_id: run, span_id: tool }, /## error .*KeyError/, /no such city/);
    const whole = `Assur. ${long_text}`;
    const total = Buffer.byteLength(whole);
    let read = '';
    for (let offset = 0; offset < total;) {
        const page = await says('get_content', { trace_id: run, span_id: call, path: 'output/0/0', offset, length: 7001 });
        const [, from, to, all] = /^\[bytes (\d+) to (\d+) of (\d+)\]\n/.exec(page).map(Number);
        assert.deepEqual([from, all], [offset, total]);
        assert.ok(to > from);
        read += page.slice(page.indexOf('\n') + 1);
        offset = to;
    }
    assert.equal(read, whole);
    await says('get_content', { trace_id: run, span_id: call, path: 'raw', length: 500 }, /"name":"chat gpt-4o-mini"/);
    await says('get_content', { trace_id: run, span_id: call, path: 'output/0/0', offset: 1e9 }, /^\[bytes \d+ to \d+ of \d+\]\n$/);
});

test('query, sql, search, fields, dashboards, saved queries', async () => {
    await says('query', { query: 'stats count(*) as n by kind | sort kind' }, /^kind,n\nagent,1\nllm,1\nspan,2003\ntool,1\n-- 4 rows/);
    await says('query', { query: "fields name | filter kind = 'llm'" }, new RegExp(`^name,trace_id/span_id\nchat gpt-4o-mini,${run}/${call}\n`));
    await says('query', { query: 'fields metric', source: 'metrics' }, /-- 0 rows/);
    const cut = await says('query', { query: 'fields name, spanId | sort name', budget: 300 }, /more left out/);
    assert.ok(cut.length < 300 * 4 + 400);
    await says('sql', { sql: "SELECT name, cost FROM spans WHERE kind = 'llm'" }, /^name,cost\nchat gpt-4o-mini,0\.000033\n-- 1 rows/);
    await says('search', { q: '"capital of Assyria"' }, new RegExp(`^${run}/${call} .* llm chat gpt-4o-mini .*capital of Assyria`, 'm'));
    await says('search', { q: 'nothinglikethis' }, /no text in this range matches/);
    await says('fields', { prefix: 'dur' }, /^duration: number, ms\./m);
    await says('fields', { values_of: 'model' }, /^1\t"gpt-4o-mini"$/m);
    await says('list_dashboards', {}, /^cost \(built in\): /m);
    await says('list_dashboards', { id: 'cost' }, /sum\(cost\)/);
    await says('list_queries', {}, /no saved queries/);
    const saved = await fetch(`${server.url}/api/v1/queries`, { method: 'POST', headers: { ...key_headers, 'content-type': 'application/json' }, body: JSON.stringify({ name: 'Mine', text: 'stats count(*)' }) });
    assert.equal(saved.status, 201);
    await says('list_queries', {}, /^Mine \(query\)\n {2}stats count\(\*\)$/m);
});

test('wrong arguments are errors that a model can read', async () => {
    for (const [name, args, pattern] of [
        ['get_trace', {}, /^trace_id: expected/], ['get_trace', { trace_id: 'zz' }, /^trace_id: expected 32 hex/], ['get_trace', { trace_id: 7 }, /^trace_id: /], ['get_trace', { trace_id: run, depth: 3 }, /^depth: get_trace has no such/],
        ['get_trace', { trace_id: run, budget: 1 }, /^budget: expected a whole number from 200/], ['get_trace', { trace_id: run, budget: 'much' }, /^budget: /], ['get_trace', { trace_id: '0'.repeat(32) }, /no such|there is no/],
        ['get_span', { trace_id: run, span_id: 'x' }, /^span_id: expected 16 hex/], ['get_span', { trace_id: run, span_id: '1'.repeat(16) }, /no such|there is no/], ['get_content', { trace_id: run, span_id: call, path: '../../etc/passwd' }, /^path: /],
        ['get_content', { trace_id: run, span_id: call, path: 'output/0/0', length: 1e9 }, /^length: /], ['list_traces', { from: 'soon' }, /^from: /], ['list_traces', { filters: 'model=x' }, /^filters: expected a list/], ['list_traces', { filters: ['nonsense=1'] }, /nonsense/],
        ['list_traces', { sort: 'beauty' }, /^sort: expected/], ['query', { query: 'stat count(*)' }, /`stat`.*line 1, column 1.*stats/], ['query', {}, /^query: /], ['sql', { sql: 'DROP TABLE spans' }, /only SELECT/], ['sql', { sql: 'SELECT nme FROM spans' }, /nme.*line 1, column 8/s],
        ['sql', { sql: "SELECT * FROM read_csv('/etc/passwd')" }, /read_csv/], ['search', { q: '/(/' }, /./], ['search', {}, /^q: /], ['fields', { source: 'planets' }, /^source: /], ['list_dashboards', { id: 'none' }, /no dashboard/]])
        await refuses(name, args, pattern);
});

test('unknown tools and methods are errors of the protocol', async () => {
    await assert.rejects(client.callTool({ name: 'delete_everything', arguments: {} }), (error) => error.code === -32602 && /Unknown tool: delete_everything/.test(error.message));
    await assert.rejects(client.listResources(), /-32601|does not support/);
});

// By hand: { status, headers, body }.
function send(body, headers = {}, method = 'POST') {
    return new Promise((done, failed) => {
        const request = http.request(`${server.url}/mcp`, { method, headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...key_headers, ...headers } }, (reply) => {
            let text = '';
            reply.on('data', (bytes) => (text += bytes));
            reply.on('end', () => done({ status: reply.statusCode, headers: reply.headers, text, ...(text && reply.headers['content-type']?.includes('json') ? { body: JSON.parse(text) } : {}) }));
        });
        request.on('error', failed);
        request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    });
}
const rpc = (method, params, id = 1) => ({ jsonrpc: '2.0', id, method, params });

test('versions: a known one is taken, of unknown ones ours is offered; a wrong header is refused', async () => {
    for (const version of ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])
        assert.equal((await send(rpc('initialize', { protocolVersion: version, capabilities: {}, clientInfo: { name: 'x', version: '1' } }))).body.result.protocolVersion, version);
    assert.equal((await send(rpc('initialize', { protocolVersion: '2099-01-01' }))).body.result.protocolVersion, '2025-11-25');
    assert.equal((await send(rpc('ping'), { 'mcp-protocol-version': '2025-06-18' })).status, 200);
    const refused = await send(rpc('ping'), { 'mcp-protocol-version': '1999-01-01' });
    assert.deepEqual([refused.status, refused.body.error.code], [400, -32600]);
});

test('the transport: notifications get 202, GET and DELETE 405, nonsense is told what it is', async () => {
    const note = await send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    assert.deepEqual([note.status, note.text], [202, '']);
    assert.equal((await send({ jsonrpc: '2.0', id: 5, result: {} })).status, 202);
    for (const method of ['GET', 'DELETE', 'PUT']) assert.equal((await send(undefined, {}, method)).status, 405, method);
    assert.deepEqual((await send(rpc('ping', {}, 'a "strange" id'))).body, { jsonrpc: '2.0', id: 'a "strange" id', result: {} });
    for (const [body, status, code] of [['{', 400, -32700], ['[]', 400, -32600], ['7', 400, -32600], [[rpc('ping')], 400, -32600], [{ id: 1, method: 'ping' }, 400, -32600], [rpc('no/such'), 200, -32601],
        [rpc('tools/call', { name: 7 }), 200, -32602], [rpc('tools/call'), 200, -32602], [rpc('tools/call', []), 200, -32602]]) {
        const reply = await send(body);
        assert.deepEqual([reply.status, reply.body.error.code], [status, code], JSON.stringify(body));
    }
    assert.equal((await send(rpc('ping'), { 'content-type': 'text/plain' })).status, 415);
    const wrong = await send(rpc('tools/call', { name: 'get_trace', arguments: [1] }));
    assert.equal(wrong.body.result.isError, true);
});

test('a web page of another origin is refused, of this one not', async () => {
    assert.equal((await send(rpc('ping'), { origin: 'http://evil.example' })).status, 403);
    assert.equal((await send(rpc('ping'), { origin: 'null' })).status, 403);
    assert.equal((await send(rpc('ping'), { origin: server.url.replace('127.0.0.1', 'evil.127.0.0.1.example') })).status, 403);
    assert.equal((await send(rpc('ping'), { origin: server.url })).status, 200);
    assert.equal((await send(rpc('ping'), { host: 'evil.example' })).status, 403);
});

test('without a key nothing is said', async () => {
    await assert.rejects(connect({ headers: {} }), /401|Unauthorized|authorization/i);
    assert.equal((await send(rpc('tools/list'), { authorization: 'Basic bm86bm8=' })).status, 401);
});

test('another project\'s trace cannot be read, by any tool', async () => {
    const open = await startServer();
    try {
        const mine = new Client({ name: 'mine', version: '1' }), other = new Client({ name: 'other', version: '1' });
        const made = await fetch(`${open.url}/api/v1/projects`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"theirs"}' });
        assert.equal(made.status, 201);
        const spans = [modelCall({ trace_id: theirs, span_id: their_span, name: secret, attributes: { 'gen_ai.request.model': secret, 'user.id': secret,
            'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: secret }] }]) } })];
        assert.equal((await post(open.url, toJson(secret, spans), { type: 'application/json', headers: { 'x-vitrine-project': 'theirs' } })).status, 200);
        await mine.connect(new StreamableHTTPClientTransport(new URL('/mcp', open.url)));
        await other.connect(new StreamableHTTPClientTransport(new URL('/mcp?project=theirs', open.url)));
        await eventually(async () => assert.match((await use('get_trace', { trace_id: theirs }, other)).text, new RegExp(secret)));
        for (const [name, args, isError] of [['get_trace', { trace_id: theirs }, true], ['get_span', { trace_id: theirs, span_id: their_span }, true],
            ['get_content', { trace_id: theirs, span_id: their_span, path: 'input/0/0' }, true], ['get_content', { trace_id: theirs, span_id: their_span, path: 'raw' }, true], ['list_traces', {}, false],
            ['search', { q: 'kept' }, false], ['query', { query: 'fields name, model, user, @message' }, false], ['sql', { sql: 'SELECT * FROM spans, traces' }, false], ['fields', {}, false],
            ['fields', { values_of: 'model' }, false], ['list_queries', {}, false], ['list_dashboards', {}, false]]) {
            const reply = await use(name, args, mine);
            assert.equal(reply.isError, isError, `${name}: ${reply.text}`);
            assert.ok(!reply.text.includes(secret), `${name}: ${reply.text}`);
        }
        await mine.close();
        await other.close();
    } finally {
        await open.close();
    }
});
