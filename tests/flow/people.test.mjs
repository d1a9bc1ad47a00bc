// SPDX-License-Identifier: Apache-2.0
// Sessions and users: lists with totals, and everything that was said, each message once and in order.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { serverAndModel } from './support/fixture.mjs';
import { modelCall, ms, now, send, spanId, traceId } from './support/otlp.mjs';

const flow = serverAndModel();
const begun = now() - 3600000n * ms;

const message = (role, text) => ({ role, parts: [{ type: 'text', content: text }] });
const calls = (id, name, args) => ({ role: 'assistant', parts: [{ type: 'tool_call', id, name, arguments: args }] });
const result = (id, text) => ({ role: 'tool', parts: [{ type: 'tool_call_response', id, response: text }] });

// One model call that carries its whole history, as chats do.
function chatCall(trace_id, at, { history, answer, session, user, more = {} }) {
    return modelCall({ trace_id, start: begun + BigInt(at) * 1000n * ms, attributes: {
        'session.id': session, 'user.id': user, 'gen_ai.input.messages': JSON.stringify(history), 'gen_ai.output.messages': JSON.stringify([answer]), ...more } });
}

// What a transcript says, a line a message.
const lines = (reply) => reply.messages.map(({ message: one }) => `${one.role}: ${one.parts.map((part) =>
    (part.type === 'tool_call' ? `calls ${part.name}` : typeof part.text === 'string' ? part.text : `${part.text.head.length} of ${part.text.bytes}`)).join(' ')}`);

test('a chat over three traces is one conversation, and what is said twice is there twice', async () => {
    const history = [message('system', 'Be brief.')], said = ['system: Be brief.'];
    for (let turn = 0; turn < 3; turn++) {
        history.push(message('user', 'And now?'));
        const answer = message('assistant', `Answer ${turn}.`);
        await send(flow.server.url, 'chat', [chatCall(traceId(), turn * 10, { history, answer, session: 'chat-1', user: 'ada' })]);
        history.push(answer);
        said.push('user: And now?', `assistant: Answer ${turn}.`);
    }
    await flow.api.settled();
    const reply = await flow.api.get('/api/v1/sessions/chat-1/transcript');
    assert.deepEqual(lines(reply), said);
    assert.equal(reply.next, null);
    assert.equal(new Set(reply.messages.map((one) => one.call.trace_id)).size, 3);
    assert.deepEqual(reply.messages.map((one) => one.answer), [false, false, true, false, true, false, true]);
    assert.equal(reply.messages[2].call.cost, 33000);
});

test('an agent with tools: the call, its result and the answer, once each', async () => {
    const trace_id = traceId(), question = message('user', 'Rain in Paris?'), asks = calls('c1', 'get_weather', { city: 'Paris' });
    await send(flow.server.url, 'agent', [
        chatCall(trace_id, 100, { history: [question], answer: asks, session: 'chat-2', user: 'ada' }),
        // The history comes back with its arguments as a text, laid out differently.
        chatCall(trace_id, 101, { history: [question, calls('c1', 'get_weather', '{ "city": "Paris" }'), result('c1', 'light rain')],
            answer: message('assistant', 'Yes.'), session: 'chat-2', user: 'ada' })]);
    await flow.api.settled();
    assert.deepEqual(lines(await flow.api.get(`/api/v1/traces/${trace_id}/transcript`)),
        ['user: Rain in Paris?', 'assistant: calls get_weather', 'tool: light rain', 'assistant: Yes.']);
});

test('pages join without a gap or a repetition, and a text of megabytes is its beginning and a link', async () => {
    const trace_id = traceId(), history = [], said = [], spans = [];
    const long = 'wide 漢字 '.repeat(200000);
    for (let turn = 0; turn < 40; turn++) {
        history.push(message('user', turn === 7 ? long : `Question ${turn}`));
        const answer = message('assistant', `Answer ${turn}`);
        spans.push(chatCall(trace_id, 200 + turn, { history: [...history], answer, session: 'chat-3', user: 'bo' }));
        history.push(answer);
        said.push(turn === 7 ? `user: ${16384 / 2}` : `user: Question ${turn}`, `assistant: Answer ${turn}`);
    }
    for (const span of spans) await send(flow.server.url, 'long', [span]);
    await flow.api.settled();
    const all = [];
    for (let after = 0; after !== null;) {
        const page = await flow.api.get('/api/v1/sessions/chat-3/transcript', { after, limit: 7 });
        all.push(...page.messages);
        after = page.next;
    }
    assert.equal(all.length, 80);
    const cut = all.findIndex((one) => typeof one.message.parts[0].text !== 'string');
    assert.equal(cut, 14);
    const text = all[cut].message.parts[0].text;
    assert.equal(text.bytes, Buffer.byteLength(long));
    const page = await flow.api.content(text.href, { offset: 0, length: 1000 });
    assert.ok(long.startsWith(page.bytes.toString()));
    all[cut].message.parts[0].text = said[14].slice(6);
    assert.deepEqual(lines({ messages: all }), said);
});

test('a trace without model messages is told by its root', async () => {
    const trace_id = traceId(), start = begun + 300000n * ms;
    await send(flow.server.url, 'plain', [{ trace_id, span_id: spanId(), name: 'handle', start, end: start + ms,
        attributes: { 'openinference.span.kind': 'CHAIN', 'input.value': 'ping', 'output.value': 'pong', 'session.id': 'chat-4' } }]);
    await flow.api.settled();
    assert.deepEqual(lines(await flow.api.get(`/api/v1/traces/${trace_id}/transcript`)), ['user: ping', 'assistant: pong']);
});

test('sessions and users have the totals of their traces, in any order, page by page', async () => {
    const { sessions } = await flow.api.get('/api/v1/sessions', { sort: 'traces' });
    const chat = sessions.find((one) => one.session === 'chat-1');
    assert.deepEqual([chat.user, chat.traces, chat.failed, chat.llm_calls, chat.cost, chat.input_tokens, chat.output_tokens], ['ada', 3, 0, 3, 99000, 360, 90]);
    assert.equal(sessions[0].session, 'chat-1');
    assert.equal(chat.input, 'And now?');
    const { traces } = await flow.api.traces({ f: 'session=chat-1' });
    assert.equal(traces.length, 3);
    const { users } = await flow.api.get('/api/v1/users', { sort: 'cost' });
    assert.deepEqual(users.map((one) => [one.user, one.sessions, one.traces, one.cost]), [['bo', 1, 1, 40 * 33000], ['ada', 2, 4, 5 * 33000]]);
    for (const sort of ['last', 'traces', 'cost', 'tokens', 'errors', 'duration']) {
        for (const order of ['asc', 'desc']) {
            const whole = (await flow.api.get('/api/v1/sessions', { sort, order })).sessions.map((one) => one.session), paged = [];
            for (let cursor = ''; cursor !== null;) {
                const page = await flow.api.get('/api/v1/sessions', { sort, order, limit: 1, cursor });
                paged.push(...page.sessions.map((one) => one.session));
                cursor = page.next;
            }
            assert.deepEqual(paged, whole, `${sort} ${order}`);
            assert.equal(whole.length, 4);
        }
    }
    assert.deepEqual((await flow.api.get('/api/v1/sessions', { f: 'user=bo' })).sessions.map((one) => one.session), ['chat-3']);
});

test('what is not there and what is not said right', async () => {
    for (const [path, status] of [['/api/v1/sessions/nobody/transcript', 404], [`/api/v1/traces/${'9'.repeat(32)}/transcript`, 404],
        ['/api/v1/traces/xyz/transcript', 400], ['/api/v1/sessions?sort=age', 400], ['/api/v1/users?cursor=x', 400], ['/api/v1/sessions/chat-1/transcript?limit=0', 400]])
        assert.equal((await flow.api.fetch(path)).status, status, path);
    const other = await fetch(new URL('/api/v1/projects', flow.server.url), { method: 'POST', body: JSON.stringify({ name: 'other' }), headers: { 'content-type': 'application/json' } });
    assert.ok(other.ok);
    assert.equal((await fetch(new URL('/api/v1/sessions/chat-1/transcript?project=other', flow.server.url))).status, 404);
    assert.deepEqual(await (await fetch(new URL('/api/v1/sessions?project=other', flow.server.url))).json(), { sessions: [], next: null });
});
