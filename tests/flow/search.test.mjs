// SPDX-License-Identifier: Apache-2.0
// Full-text search against the real binary: scripts, escapes, fields, operators, filters, shared content, long content,
// projects, restart, paging; and random texts against a naive search over the same spans.
import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from './support/api.mjs';
import { ms, now, post, random, send, spanId, toJson, traceId } from './support/otlp.mjs';
import { startServer } from './support/server.mjs';

let server, data;
before(async () => {
    data = await mkdtemp(join(tmpdir(), 'vitrine-flow-'));
    server = await startServer({ data });
    await sendAll();
});
after(async () => {
    await server?.stop();
    await rm(data, { recursive: true, force: true });
});

// --- what is sent ----------------------------------------------------------------------------

const spans = {};
// Python's json.dumps writes \u escapes, JavaScript's does not; both kinds of sender exist.
const escaped = (text) => text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

function call(name, { input, output, system, attributes = {}, python = false, ...more }) {
    const messages = (role, texts) => JSON.stringify([texts].flat().map((one) =>
        typeof one === 'string' ? { role, parts: [{ type: 'text', content: one }] } : one));
    const written = (text) => python ? escaped(text) : text;
    return add(name, { ...more, attributes: {
        'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o', 'gen_ai.provider.name': 'openai',
        ...(input && { 'gen_ai.input.messages': written(messages('user', input)) }),
        ...(output && { 'gen_ai.output.messages': written(messages('assistant', output)) }),
        ...(system && { 'gen_ai.system_instructions': written(JSON.stringify([{ type: 'text', content: system }])) }),
        ...attributes } });
}

function add(name, span) {
    return spans[name] = { trace_id: traceId(), span_id: spanId(), name, start: now(), end: now() + 5n * ms, ...span };
}

const long = 'lorem ipsum dolor sit amet consectetur '.repeat(40000); // 1.5 MB
const history = Array.from({ length: 12 }, (_, i) => ({ role: i % 2 ? 'assistant' : 'user',
    parts: [{ type: 'text', content: `turn ${i}: ${'words that fill a message so that it is kept once '.repeat(4)} marker${i}` }] }));

async function sendAll() {
    call('arabic', { input: 'كم سعر التذكرة إلى القاهرة؟ ' + 'نص طويل '.repeat(30), output: 'السعر مئة جنيه' });
    call('arabic-python', { input: 'مُحَمَّد يسأل عن الرحلة ' + 'نص طويل '.repeat(30), python: true });
    call('chinese', { input: '请告诉我明天上海的天气怎么样', output: '明天上海多云，最高气温二十度' });
    call('chinese-python', { input: '北京烤鸭哪家好吃？'.repeat(20), python: true });
    call('emoji', { input: 'ship it 🚀 now', output: 'done 👩‍🚀 and 🎉' });
    call('emoji-python', { input: 'launch the 🛰️ today', python: true });
    call('accents', { input: 'Ein Flug nach ZÜRICH über Straßburg, cafe\u0301 inklusive' });
    call('shipping', { input: 'Where is my order A-1042?', output: 'Your order was shipped yesterday by express courier.' });
    call('refund', { input: 'I want a refund for order A-2077', output: 'The late delivery entitles you to a refund.' });
    call('system', { system: 'You are a pirate with a wooden leg.', input: 'hello there', output: 'Arr' });
    call('tools', { input: 'what is the weather', output: [{ role: 'assistant', parts: [
        { type: 'tool_call', id: 'c1', name: 'get_weather', arguments: { city: 'Reykjavík', unit: 'celsius' } }] }] });
    call('tool-result', { input: [{ role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'drizzle and 7 degrees' }] }], output: 'Take an umbrella.' });
    add('execute_tool lookup', { attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'lookup',
        'gen_ai.tool.call.arguments': '{"sku":"ZX-81"}', 'gen_ai.tool.call.result': '{"stock":"plenty of flugelhorns"}' } });
    add('failing', { status: 2, message: 'connection reset by quokka', attributes: { 'error.type': 'ConnectionError' } });
    add('plain', { attributes: { 'app.path': 'C:\\new\\folder', 'app.note': 'first line\nsecond line', 'app.number': 90210,
        'app.list': ['alpha', 'bravo'], 'app.json': '{"basket":"mangosteen"}' } });
    call('long', { input: `${long} needleinahaystack ${long}`, output: 'summary' });
    for (let i = 1; i <= history.length; i++) call(`turn-${i}`, { input: history.slice(0, i) });
    call('other model', { input: 'ship it with another model', attributes: { 'gen_ai.request.model': 'claude-sonnet-4-5', 'user.id': 'user-7' } });
    call('json in json', { input: [{ role: 'assistant', parts: [{ type: 'tool_call', id: 'c2', name: 'post',
        arguments: JSON.stringify({ body: JSON.stringify({ greeting: 'grüß "göttin"', path: '/tmp/x' }) }) }] }], python: true });
    await send(server.url, 'search', Object.values(spans));
    for (let from = 0; from < fillers.length; from += 50) await send(server.url, 'filler', fillers.slice(from, from + 50));
    await server.api.settled();
}

// Some megabytes of text that is nobody's, in conversations that repeat their history: several chunks of the journal.
const chance = random(20261121);
const vocabulary = Array.from({ length: 4000 }, (_, i) => {
    const scripts = [
        () => Array.from({ length: 2 + chance.below(3) }, () => 'bdfgklmnprtvz'[chance.below(13)] + 'aeiou'[chance.below(5)]).join(''),
        () => Array.from({ length: 3 + chance.below(3) }, () => 'ابتثجحدرسشعفقكلمنهوي'[chance.below(20)]).join(''),
        () => Array.from({ length: 1 + chance.below(3) }, () => String.fromCodePoint(0x4e00 + chance.below(3000))).join(''),
        () => 'Ž' + 'éüñåç'[chance.below(5)] + 'kav' + i,
        () => `x${chance.below(1 << 30).toString(16)}-${chance.below(100000)}`,
        () => ['🎈', '🦊', '🧪', '🪐', '🥝'][chance.below(5)],
        () => ['C:\\\\nav\\\\tul', 'a "quoted" one', 'new\nline', '{"k": [1, 2]}', 'and/or'][chance.below(5)],
    ];
    return scripts[i < 2500 ? 0 : 1 + i % 6]();
});
const word = () => vocabulary[Math.floor(vocabulary.length ** chance.next()) - 1];
const prose = (count) => Array.from({ length: count }, word).join(' ');
const fillers = [];
for (let talk = 0; talk < 60; talk++) {
    const turns = [], python = talk % 3 === 0;
    for (let turn = 0; turn < 5; turn++) {
        turns.push({ role: 'user', parts: [{ type: 'text', content: prose(700) }] });
        const answer = prose(chance.below(4) ? 2200 : 5);
        const write = (value) => python ? escaped(JSON.stringify(value)) : JSON.stringify(value);
        fillers.push({ trace_id: traceId(), span_id: spanId(), name: 'filler', start: now(), end: now() + ms, input: turns.map((one) => one.parts[0].content),
            output: [answer], attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o', 'gen_ai.provider.name': 'openai',
                'gen_ai.input.messages': write(turns), 'gen_ai.output.messages': write([{ role: 'assistant', parts: [{ type: 'text', content: answer }] }]) } });
        turns.push({ role: 'assistant', parts: [{ type: 'text', content: answer }] });
    }
}

// --- asking ----------------------------------------------------------------------------------

async function search(q, params = {}) {
    const reply = await server.api.fetch('/api/v1/search', { from: '-1d', limit: 100, ...params, q });
    const body = await reply.json();
    if (reply.status !== 200) throw Object.assign(new Error(body.error.message), { status: reply.status });
    return body;
}
function names(body) {
    const of = Object.fromEntries(Object.entries(spans).map(([name, span]) => [span.span_id, name]));
    return body.hits.map((hit) => of[hit.span_id] ?? hit.span_id).sort();
}
async function finds(q, expected, params) {
    const body = await search(q, params);
    assert.equal(body.complete, true, q);
    assert.deepEqual(names(body), [expected].flat().sort(), q);
    return body;
}
const marked = (hit) => {
    const bytes = Buffer.from(hit.snippet);
    return hit.highlights.map(([from, to]) => bytes.subarray(from, to).toString());
};

test('words of any script are found, as written and as escaped', async () => {
    assert.deepEqual(marked((await finds('القاهرة', 'arabic')).hits[0]), ['القاهرة']);
    await finds('محمد', 'arabic-python'); // without the vowel signs it was written with
    await finds('مُحَمَّد', 'arabic-python');
    assert.deepEqual(marked((await finds('上海的天气', 'chinese')).hits[0]), ['上海的天气']);
    await finds('烤鸭', 'chinese-python');
    await finds('🚀', ['emoji']);
    assert.deepEqual(marked((await finds('🎉', 'emoji')).hits[0]), ['🎉']);
    await finds('🛰', 'emoji-python');
});

test('case and accents do not matter', async () => {
    for (const q of ['zürich', 'ZURICH', 'Zürich', 'Zu\u0308rich']) assert.deepEqual(marked((await finds(q, 'accents')).hits[0]), ['ZÜRICH'], q);
    await finds('strassburg', 'accents');
    await finds('CAFÉ', 'accents');
    await finds('reykjavik', 'tools');
});

test('words, parts of words, phrases', async () => {
    await finds('courier', 'shipping');
    await finds('ourie', 'shipping');
    await finds('"late delivery"', 'refund');
    await finds('"delivery late"', []);
    await finds('late delivery', 'refund');
    await finds('a-1042', 'shipping');
    await finds('needleinahaystack', 'long');
});

test('AND, OR, NOT and parentheses', async () => {
    await finds('order', ['shipping', 'refund']);
    await finds('order AND refund', 'refund');
    await finds('order NOT refund', 'shipping');
    await finds('order -refund', 'shipping');
    await finds('courier OR entitles', ['shipping', 'refund']);
    await finds('order (courier OR pirate)', 'shipping');
    await finds('NOT (order OR turn OR ship) umbrella', 'tool-result');
    await finds('order NOT NOT refund', 'refund');
});

test('regular expressions', async () => {
    const body = await finds('/order a-\\d{4}/', ['shipping', 'refund']);
    assert.deepEqual(body.hits.map(marked).sort(), [['order A-1042'], ['order A-2077']]);
    await finds('/^where is/', 'shipping');
    await finds('/courier\\.$/', 'shipping');
    await finds('/(?-i)Courier/', []);
    await finds('/q[u]okka/', 'failing');
    await finds('/上海.{1,3}天气/', 'chinese');
    await finds('/烤.哪/', 'chinese-python');
    await finds('/\\b7 degrees\\b/', 'tool-result');
});

test('fields', async () => {
    await finds('output:order', 'shipping');
    await finds('input:(courier OR refund)', 'refund');
    assert.equal((await finds('pirate', 'system')).hits[0].field, 'system');
    await finds('system:pirate', 'system');
    await finds('output:pirate', []);
    assert.equal((await finds('celsius', 'tools')).hits[0].field, 'tool');
    await finds('tool:celsius', 'tools');
    await finds('tool:get_weather', 'tools');
    await finds('tool:drizzle', 'tool-result');
    await finds('tool:umbrella', []);
    await finds('flugelhorns', 'execute_tool lookup');
    await finds('tool:flugelhorns', 'execute_tool lookup');
    await finds('tool:zx-81 output:plenty', 'execute_tool lookup');
    assert.equal((await finds('quokka', 'failing')).hits[0].field, 'error');
    await finds('error:quokka', 'failing');
    await finds('error:connectionerror', 'failing');
    await finds('name:failing', 'failing');
    await finds('attribute:mangosteen', 'plain');
    await finds('mangosteen', 'plain');
    await finds('90210', 'plain');
    await finds('bravo', 'plain');
});

test('escapes are read through, and a backslash is one', async () => {
    await finds('folder', 'plain');
    await finds('"c:\\\\new"', 'plain');
    await finds('/line\\nsecond/', 'plain');
    await finds('göttin', 'json in json');
    await finds('"grüß"', 'json in json');
    await finds('/tmp/x', 'json in json');
});

test('log records with a span’s ids count for it', async () => {
    const record = (name, body, more = {}) => ({ timeUnixNano: String(now()), traceId: spans[name].trace_id, spanId: spans[name].span_id, body, ...more });
    const reply = await fetch(`${server.url}/v1/logs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ resourceLogs: [{
        resource: { attributes: [] }, scopeLogs: [{ scope: {}, logRecords: [
            record('plain', { stringValue: 'the heliotrope was watered' }),
            record('failing', { kvlistValue: { values: [{ key: 'content', value: { stringValue: 'a second heliotrope' } }] } }),
            { timeUnixNano: String(now()), body: { stringValue: 'a heliotrope of nobody' } }] }] }] }) });
    assert.equal(reply.status, 200);
    await server.api.settled();
    await finds('heliotrope', ['plain', 'failing']);
    assert.equal((await finds('watered', 'plain')).hits[0].field, 'log');
    await finds('log:heliotrope', ['plain', 'failing']);
    await finds('heliotrope quokka', 'failing'); // one word in the span, one in its log record
    await finds('heliotrope NOT quokka', 'plain');
    await finds('input:heliotrope', []);
});

test('content that many spans share is found in each of them', async () => {
    for (let i = 2; i < history.length; i++) // marker1 is within marker10
        await finds(`marker${i}`, Array.from({ length: history.length - i }, (_, n) => `turn-${n + i + 1}`));
});

test('together with filters and a range', async () => {
    await finds('ship it', ['emoji', 'other model']);
    await finds('ship it', 'other model', { f: 'model=claude-sonnet-4-5' });
    await finds('ship it', 'other model', { f: 'user=user-7' });
    await finds('ship it', 'emoji', { f: ['model=gpt-4o', 'kind=llm'] });
    await finds('quokka', 'failing', { f: 'status=error' });
    await finds('quokka', [], { f: 'status=ok' });
    await finds('order', [], { from: '-2d', to: '-1d' });
});

test('pages: every hit once, in the same order', async () => {
    const all = (await search('turn')).hits.map((hit) => hit.span_id);
    assert.equal(all.length, history.length);
    const paged = [];
    for (let cursor; ;) {
        const body = await search('turn', { limit: 5, ...(cursor && { cursor }) });
        paged.push(...body.hits.map((hit) => hit.span_id));
        assert.ok(body.hits.length <= 5);
        if (!(cursor = body.next)) break;
    }
    assert.deepEqual(paged, all);
});

test('hits say what they are', async () => {
    const [hit] = (await search('courier')).hits;
    const span = spans.shipping;
    assert.equal(hit.trace_id, span.trace_id);
    assert.equal(hit.start, String(span.start));
    assert.equal(hit.name, 'shipping');
    assert.equal(hit.kind, 'llm');
    assert.equal(hit.model, 'gpt-4o');
    assert.equal(hit.field, 'output');
    assert.deepEqual(marked(hit), ['courier']);
    const [far] = (await search('needleinahaystack')).hits;
    assert.ok(Buffer.byteLength(far.snippet) <= 246, far.snippet);
    assert.deepEqual(marked(far), ['needleinahaystack']);
});

test('what cannot be read is refused with its place', async () => {
    const refused = async (q, message) => assert.rejects(search(q), (error) => {
        assert.match(error.message, message);
        assert.ok([400, 413].includes(error.status));
        return true;
    });
    await refused('', /q: at character 1: expected a word/);
    await refused('a (b', /q: at character 3: expected a '\)' for this '\('/);
    await refused('a) b', /q: at character 2: this '\)' has no '\('/);
    await refused('é "open', /q: at character 3: expected a closing quote/);
    await refused('a AND', /q: at character 6: expected a word/);
    await refused('input: x', /q: at character 7: expected a word.*behind the colon/);
    await refused('/a(b/', /q: at character 1: the regular expression cannot be read/);
    await refused(`${'('.repeat(1000)}a${')'.repeat(1000)}`, /nested too deeply/);
    await refused('x '.repeat(33), /more than 32/);
    await refused(`/${'(a{1000}){1000}'}/`, /regular expression/);
    await refused('x'.repeat(5000), /at most 4096/);
    await assert.rejects(search('a', { cursor: 'x' }), /cursor: expected/);
    await assert.rejects(search('a', { f: 'nosuch=1' }), /there is no field/);
});

test('a pattern made to be slow is not', async () => {
    const body = await search('/(a+)+(b+)+(o+)+$x/');
    assert.ok(body.statistics.elapsed_ms < 5000, `${body.statistics.elapsed_ms} ms`);
});

test('another project does not see it', async () => {
    const made = await fetch(`${server.url}/api/v1/projects`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"stranger"}' });
    const other = await made.json();
    assert.ok(made.status === 200 || made.status === 201, JSON.stringify(other));
    await finds('courier', [], { project: 'stranger' });
    const theirs = { ...spans.shipping, trace_id: traceId(), span_id: spanId(), attributes: { 'app.note': 'an axolotl by courier' } };
    const sent = await post(server.url, toJson('theirs', [theirs]), { type: 'application/json', headers: { 'x-vitrine-project': 'stranger' } });
    assert.equal(sent.status, 200);
    await server.api.settled();
    await finds('axolotl', []);
    await finds('courier', 'shipping');
    assert.deepEqual((await finds('courier', theirs.span_id, { project: 'stranger' })).hits.map((hit) => hit.trace_id), [theirs.trace_id]);
});

// --- against a naive search ------------------------------------------------------------------

const fold = (text) => text.normalize('NFD').replace(/[\u0300-\u036f\u0640\u064b-\u065f\u0670]/g, '').toLowerCase();
const inRegex = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

// A term: its text in the language, and whether a text holds it.
function randomTerm() {
    const source = fillers[chance.below(fillers.length)], text = [...source.input, ...source.output][chance.below(source.input.length + 1)];
    const words = text.split(' '), at = chance.below(words.length - 1), one = words[at];
    const literal = (found) => ({ q: `"${found.replace(/["\\]/g, '\\$&')}"`, holds: (other) => fold(other).includes(fold(found)) });
    const letters = Array.from(one);
    switch (chance.below(6)) {
    case 0: return literal(one.toUpperCase().toLowerCase() === one.toLowerCase() ? one.toUpperCase() : one);
    case 1: return literal(`${one} ${words[at + 1]}`);
    case 2: return literal(letters.slice(chance.below(letters.length), letters.length).join('') || one);
    case 3: return literal(`zz${one}`);
    case 4: {
        const source_text = `${inRegex(one)} .{0,3}${inRegex(words[at + 1].slice(-1))}`;
        const regex = new RegExp(source_text, 'iu');
        return { q: `/${source_text}/`, holds: (other) => regex.test(other) };
    }
    default: {
        const regex = new RegExp(`[${inRegex(letters[0])}]${letters.slice(1, 4).map(inRegex).join('')}`, 'iu');
        return { q: `/${regex.source}/`, holds: (other) => regex.test(other) };
    }
    }
}

function randomExpression(depth) {
    const kind = depth ? chance.below(6) : 5;
    if (kind < 3) {
        const a = randomExpression(depth - 1), b = randomExpression(depth - 1);
        if (kind === 0) return { q: `(${a.q} ${b.q})`, holds: (span) => a.holds(span) && b.holds(span) };
        if (kind === 1) return { q: `(${a.q} OR ${b.q})`, holds: (span) => a.holds(span) || b.holds(span) };
        return { q: `(${a.q} NOT ${b.q})`, holds: (span) => a.holds(span) && !b.holds(span) };
    }
    const term = randomTerm(), field = ['', 'input:', 'output:'][chance.below(3)];
    const texts = (span) => field === 'input:' ? span.input : field === 'output:' ? span.output : [...span.input, ...span.output];
    return { q: field + term.q, holds: (span) => texts(span).some(term.holds) };
}

const rounds = Number(process.env.VITRINE_SEARCH_ROUNDS ?? 15);
test(`${rounds} random expressions find what a naive search finds`, { timeout: 600000 }, async () => {
    await eventually(async () => {
        const { statistics } = await search('zzyzx');
        assert.ok(statistics.chunks_skipped >= 2, JSON.stringify(statistics));
    }, 30000);
    for (let round = 0; round < rounds; round++) {
        const { q, holds } = randomExpression(2);
        const body = await search(q, { limit: 500, f: 'service=filler' });
        const expected = fillers.filter(holds).map((span) => span.span_id).sort();
        assert.deepEqual(body.hits.map((hit) => hit.span_id).sort(), expected, `round ${round}: ${q}`);
    }
});

test('the same after a restart, and what came in between is found too', async () => {
    await server.stop();
    await server.restart();
    await server.api.settled();
    await finds('courier', 'shipping');
    await finds('marker5', Array.from({ length: 7 }, (_, i) => `turn-${i + 6}`));
    call('later', { input: 'after the restart a wombat', output: 'noted' });
    await send(server.url, 'search', [spans.later]);
    await server.api.settled();
    await finds('wombat', 'later');
});
