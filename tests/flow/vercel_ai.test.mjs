// SPDX-License-Identifier: Apache-2.0
// The AI SDK's telemetry: outer spans repeat the usage of the calls inside, which may count once only. Cached tokens are
// reported for streams and not for whole answers.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { field, said, tree, within } from './support/api.mjs';
import { first_ms } from './support/fake_model.mjs';
import { serverAndModel } from './support/fixture.mjs';

const flow = serverAndModel();
const summary = 2, billed = 1;

async function call(way, spans) {
    const { trace } = await flow.traceFrom('vercel_ai.mjs', [way], spans);
    return { trace, outer: trace.roots[0].children[0] };
}

test('text with a tool over two steps: tree, tokens once, tool call', async () => {
    const { trace, outer } = await call('tools', 5);
    assert.deepEqual(tree(trace.roots[0]), ['request', ['ai.generateText',
        ['ai.generateText.doGenerate'], ['get_weather'], ['ai.generateText.doGenerate']]]);
    const [first, tool, second] = outer.children;
    assert.deepEqual([first.kind, tool.kind, second.kind], ['llm', 'tool', 'llm']);
    assert.equal(outer.flags & summary, summary);
    assert.equal(outer.flags & billed, 0);
    assert.deepEqual([trace.input_tokens, trace.output_tokens, trace.llm_calls, trace.tool_calls], [210, 50, 2, 1]);
    assert.deepEqual([first.cost, second.cost, trace.cost], [25500, 36000, 61500]);
    assert.equal(trace.user, 'u-7');
    assert.equal(trace.session, 's-7');
    assert.equal(trace.provider, 'openai');
    const span = await flow.spanOf(trace, second);
    assert.equal(span.vocabulary, 'vercel_ai');
    assert.deepEqual(said(span), ['user: Is it raining in Paris?', 'assistant: calls get_weather({"city":"Paris"})',
        'tool: gets light rain in Paris', 'assistant: The capital of France is Paris.']);
    const asked = await flow.spanOf(trace, first);
    assert.equal(said(asked).at(-1), 'assistant: calls get_weather({"city":"Paris"})');
    assert.deepEqual(asked.tools.map((one) => [one.name, one.description]), [['get_weather', 'The weather of a city']]);
    assert.equal(field(asked, 'finish') ?? field(asked, 'finish_reasons'), 'tool_calls');
    const ran = await flow.spanOf(trace, tool);
    assert.equal(tool.tool, 'get_weather');
    assert.deepEqual(JSON.parse(ran.input), { city: 'Paris' });
    assert.equal(ran.output.replaceAll('"', ''), 'light rain in Paris');
});

test('a stream: time to first token, cached tokens, messages', async () => {
    const { trace, outer } = await call('stream', 3);
    assert.deepEqual(tree(outer), ['ai.streamText', ['ai.streamText.doStream']]);
    const [inner] = outer.children;
    const span = await flow.spanOf(trace, inner);
    assert.deepEqual(said(span), ['system: You answer in one sentence.', 'user: What is the capital of France?', 'assistant: The capital of France is Paris.']);
    assert.deepEqual([span.usage.input, span.usage.output, span.usage.cache_read], [120, 30, 40]);
    assert.equal(span.cost.total, 33000);
    assert.equal(trace.cost, 33000);
    within(span.timing.ttft, first_ms * 1e6, (first_ms + 3000) * 1e6, 'time to first token');
    assert.equal(trace.ttft, span.timing.ttft);
    assert.ok(span.timing.ttft < inner.duration);
});

test('the Responses API, named by the provider openai.responses', async () => {
    const { trace } = await call('responses', 3);
    assert.equal(trace.provider, 'openai');
    assert.deepEqual([trace.input_tokens, trace.output_tokens, trace.cost], [120, 30, 36000]);
});

test('an embedding: both spans carry the tokens, one is billed', async () => {
    const { trace, outer } = await call('embed', 3);
    assert.deepEqual(tree(outer), ['ai.embed', ['ai.embed.doEmbed']]);
    assert.equal(outer.children[0].kind, 'embedding');
    assert.deepEqual([trace.input_tokens, trace.cost], [8, 8 * 20]);
});

test('a throttled call: the model call failed, and so did what is around it', async () => {
    const { trace, outer } = await call('throttled', 3);
    assert.deepEqual(trace.spans.map((row) => row.status), ['error', 'error', 'error']);
    assert.equal(trace.error_kind, 'throttle');
    assert.equal(outer.children[0].error_kind, 'throttle');
});
