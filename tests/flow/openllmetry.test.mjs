// SPDX-License-Identifier: Apache-2.0
// OpenLLMetry's instrumentation of the openai package. It does not report cached tokens, and counts the tokens of a
// stream with a tokenizer of its own.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { field, said, tree } from './support/api.mjs';
import { serverAndModel } from './support/fixture.mjs';

const flow = serverAndModel();
const answered = ['system: You answer in one sentence.', 'user: What is the capital of France?', 'assistant: The capital of France is Paris.'];

async function call(way, spans = 2) {
    const { trace } = await flow.traceFrom('openllmetry_openai.mjs', [way], spans);
    const rows = trace.roots[0].children;
    return { trace, rows, span: rows[0] && (await flow.spanOf(trace, rows[0])) };
}

test('a chat: tokens, cost, messages and parameters', async () => {
    const { trace, span } = await call('chat');
    assert.deepEqual(tree(trace.roots[0]), ['request', ['chat gpt-4o-mini']]);
    assert.equal(span.kind, 'llm');
    assert.equal(span.op, 'chat');
    assert.deepEqual(said(span), answered);
    assert.deepEqual([span.usage.input, span.usage.output, span.usage.total], [120, 30, 150]);
    assert.equal(span.cost.total, 120 * 150 + 30 * 600);
    assert.equal(trace.cost, 36000);
    assert.equal(trace.provider, 'openai');
    const parameters = Object.fromEntries(span.parameters.map(({ name, value }) => [name, value]));
    assert.equal(parameters.temperature, 0.2);
    assert.equal(parameters.max_tokens, 100);
});

test('a stream: the answer is whole, tokens are those the client counted', async () => {
    const { span } = await call('stream');
    assert.deepEqual(said(span), answered);
    assert.deepEqual([span.usage.input, span.usage.output], [13, 7]);
    assert.equal(span.cost.total, 13 * 150 + 7 * 600);
    assert.equal(field(span, 'finish') ?? field(span, 'finish_reasons'), 'stop');
});

test('tools: the call, its arguments, its result and the definition', async () => {
    const { trace, rows, span } = await call('tools', 3);
    assert.deepEqual(said(await flow.spanOf(trace, rows[1])), ['user: Is it raining in Paris?',
        'assistant: calls get_weather({"city":"Paris"})', 'tool: gets light rain', 'assistant: The capital of France is Paris.']);
    assert.deepEqual(span.tools.map((tool) => [tool.name, tool.description]), [['get_weather', 'The weather of a city']]);
    assert.equal(field(span, 'finish') ?? field(span, 'finish_reasons'), 'tool_calls');
    assert.equal(trace.cost, 25500 + 36000);
});

test('the Responses API', async () => {
    const { span } = await call('responses');
    assert.equal(said(span).at(-1), 'assistant: The capital of France is Paris.');
    assert.equal(span.cost.total, 36000);
});

test('a throttled call is told by the application alone', async () => {
    const { trace } = await call('throttled', 1);
    assert.equal(trace.status, 'error');
    assert.equal(trace.error_kind, 'throttle');
});
