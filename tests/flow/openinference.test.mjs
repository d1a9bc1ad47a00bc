// SPDX-License-Identifier: Apache-2.0
// OpenInference's instrumentation of the openai package. It says nothing of tokens when an answer is streamed or an
// embedding is made, and never ends the span of a call that fails: what is not sent must stay unknown, not become zero.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { field, said, tree } from './support/api.mjs';
import { serverAndModel } from './support/fixture.mjs';

const flow = serverAndModel();
const asked = ['system: You answer in one sentence.', 'user: What is the capital of France?'];
const answered = [...asked, 'assistant: The capital of France is Paris.'];

async function call(way, spans = 2) {
    const { trace, result } = await flow.traceFrom('openinference_openai.mjs', [way], spans);
    assert.equal(trace.trace_id, result.trace_id);
    assert.equal(trace.roots[0].id, result.span_id);
    const rows = trace.roots[0].children;
    return { trace, result, rows, span: rows[0] && (await flow.spanOf(trace, rows[0])) };
}

test('a chat: tokens, cost, messages and parameters', async () => {
    const { trace, span } = await call('chat');
    assert.deepEqual(tree(trace.roots[0]), ['request', ['OpenAI Chat Completions']]);
    assert.equal(span.vocabulary, 'openinference');
    assert.equal(span.kind, 'llm');
    assert.equal(span.status, 'ok');
    assert.deepEqual(said(span), answered);
    assert.deepEqual([span.usage.input, span.usage.output, span.usage.cache_read, span.usage.reasoning, span.usage.total], [120, 30, 40, 0, 150]);
    assert.equal(span.cost.total, 33000);
    assert.equal(trace.cost, 33000);
    assert.deepEqual([trace.input_tokens, trace.output_tokens, trace.total_tokens, trace.llm_calls], [120, 30, 150, 1]);
    assert.equal(trace.provider, 'openai');
    assert.match(trace.model, /^gpt-4o-mini/);
    const parameters = Object.fromEntries(span.parameters.map(({ name, value }) => [name, value]));
    assert.equal(parameters.temperature, 0.2);
    assert.equal(parameters.max_tokens, 100);
    assert.equal(trace.input, 'What is the capital of France?');
    assert.equal(trace.output, 'The capital of France is Paris.');
});

test('a stream: the answer is whole, tokens and cost stay unknown', async () => {
    const { trace, span, rows } = await call('stream');
    assert.deepEqual(said(span), answered);
    assert.equal(span.usage, null);
    assert.equal(span.cost.total, null);
    assert.equal(rows[0].input_tokens, -1);
    assert.equal(rows[0].cost, -1);
    assert.equal(field(span, 'finish') ?? field(span, 'finish_reasons'), 'stop');
    assert.equal(trace.llm_calls, 1);
});

test('tools: the call, its arguments, its result and the definition', async () => {
    const { trace, rows, span } = await call('tools', 3);
    assert.deepEqual(said(span), ['user: Is it raining in Paris?', 'assistant: calls get_weather({"city":"Paris"})']);
    assert.deepEqual(said(await flow.spanOf(trace, rows[1])), ['user: Is it raining in Paris?',
        'assistant: calls get_weather({"city":"Paris"})', 'tool: gets light rain', 'assistant: The capital of France is Paris.']);
    assert.deepEqual(span.tools.map((tool) => [tool.name, tool.description]), [['get_weather', 'The weather of a city']]);
    assert.deepEqual(JSON.parse(span.tools[0].parameters).required, ['city']);
    assert.deepEqual([trace.input_tokens, trace.output_tokens, trace.cost], [210, 50, 58500]);
    assert.deepEqual(rows.map((row) => row.cost), [25500, 33000]);
});

test('a reasoning model: reasoning tokens are part of the output and cost no extra', async () => {
    const { trace, span } = await call('reasoning');
    assert.deepEqual([span.usage.input, span.usage.output, span.usage.cache_read, span.usage.reasoning], [200, 150, 64, 100]);
    assert.equal(trace.reasoning_tokens, 100);
    assert.equal(span.cost.total, 136 * 1100 + 64 * 275 + 150 * 4400);
});

test('the Responses API', async () => {
    const { span } = await call('responses');
    assert.deepEqual(said(span), answered);
    assert.equal(span.cost.total, 33000);
});

test('an embedding', async () => {
    const { trace, span } = await call('embed');
    assert.equal(span.kind, 'embedding');
    assert.equal(field(span, 'model'), 'text-embedding-3-small');
    assert.equal(span.usage, null);
    assert.equal(trace.cost, trace.cost === null ? null : 0);
});

test('a throttled call is told by the application alone', async () => {
    const { trace } = await call('throttled', 1);
    assert.equal(trace.status, 'error');
    assert.equal(trace.errors, 1);
    assert.equal(trace.error_kind, 'throttle');
    const span = await flow.spanOf(trace, trace.roots[0]);
    assert.equal(span.error.kind, 'throttle');
    assert.match(span.error.message, /^429 Rate limit reached/);
});

test('a call that timed out', async () => {
    const { trace } = await call('slow', 1);
    assert.equal(trace.status, 'error');
    assert.equal(trace.error_kind, 'timeout');
});
