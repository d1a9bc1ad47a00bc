// SPDX-License-Identifier: Apache-2.0
// Clients from PyPI. Where tests/flow/venv could not install them they are skipped, with the reason.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { eventually, field, said, tree, within } from './support/api.mjs';
import { noPython } from './support/client.mjs';
import { first_ms } from './support/fake_model.mjs';
import { serverAndModel } from './support/fixture.mjs';

const flow = serverAndModel();
const skip = noPython();
const asked = ['system: You answer in one sentence.', 'user: What is the capital of France?'];
const answered = [...asked, 'assistant: The capital of France is Paris.'];
const finish = (span) => field(span, 'finish') ?? field(span, 'finish_reasons');
// Logs may arrive after the span they belong to.
const eventuallySays = (trace, row, lines) => eventually(async () => assert.deepEqual(said(await flow.spanOf(trace, row)), lines));

for (const protocol of ['grpc', 'http/protobuf'])
    test(`OpenTelemetry Python over ${protocol}`, { skip }, async () => {
        const { trace, result, service } = await flow.traceFrom('otel_python.py', [], 2, { protocol });
        assert.equal(trace.trace_id, result.trace_id);
        assert.deepEqual(tree(trace.roots[0]), ['answer', ['chat gpt-4o-mini']]);
        assert.deepEqual([trace.input_tokens, trace.output_tokens, trace.cache_read_tokens, trace.cost, trace.ttft], [120, 30, 40, 33000, 350e6]);
        assert.deepEqual([trace.user, trace.session], ['u-9', 's-9']);
        const span = await flow.spanOf(trace, trace.spans[1]);
        assert.equal(span.attributes.find((one) => one.key === 'app.text').value, 'naïve – 漢字 – 🚀');
        assert.deepEqual(span.links.map((link) => [link.trace_id, link.span_id]), [['1234567890abcdef1234567890abcdef', '1234567890abcdef']]);
        assert.deepEqual(span.events.map((event) => event.name), ['cache miss']);
        await eventually(async () => {
            const { logs } = await flow.api.logs({ service });
            assert.deepEqual(logs.map((log) => [log.body, log.severity_number, log.span_id]), [['slow answer', 13, span.span_id]]);
        });
        await eventually(async () => assert.ok((await flow.api.metrics()).metrics.some((metric) => metric.name === 'app.requests')));
    });

const capture = { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' };
async function openai(way, env = capture) {
    const { trace } = await flow.traceFrom('openai_v2.py', [way], 2, { env });
    return { trace, row: trace.roots[0].children[0], span: await flow.spanOf(trace, trace.roots[0].children[0]) };
}

test('openai-v2, content in log records', { skip }, async () => {
    const { trace, row, span } = await openai('chat');
    assert.deepEqual([span.usage.input, span.usage.output, trace.cost], [120, 30, 36000]);
    assert.equal(trace.provider, 'openai');
    await eventuallySays(trace, row, answered);
    assert.equal(finish(span), 'stop');
});

test('openai-v2, a stream, content in log records', { skip }, async () => {
    const { trace, row } = await openai('stream');
    assert.equal(trace.cost, 36000);
    await eventuallySays(trace, row, answered);
});

test('openai-v2, a tool call in log records', { skip }, async () => {
    const { trace, row } = await openai('tools');
    assert.equal(trace.cost, 25500);
    await eventuallySays(trace, row, [...asked, 'assistant: calls get_weather({"city":"Paris"})']);
});

test('openai-v2, a throttled call', { skip }, async () => {
    const { row, span } = await openai('throttled');
    assert.deepEqual([row.status, row.error_kind], ['error', 'throttle']);
    assert.equal(span.error.type, 'RateLimitError');
});

test('openai-v2, embeddings', { skip }, async () => {
    const { trace, row } = await openai('embed');
    assert.deepEqual([row.kind, trace.input_tokens, trace.cost], ['embedding', 16, 16 * 20]);
});

const newest = { OTEL_SEMCONV_STABILITY_OPT_IN: 'gen_ai_latest_experimental' };
test('openai-v2, content in attributes', { skip }, async () => {
    const { trace, span } = await openai('chat', { ...newest, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'span_only' });
    assert.deepEqual(said(span), answered);
    assert.equal(trace.cost, 36000);
    assert.equal(finish(span), 'stop');
});

test('openai-v2, content in one event of structured attributes', { skip }, async () => {
    const { trace, row } = await openai('stream', { ...newest, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'event_only' });
    assert.equal(trace.cost, 36000);
    await eventuallySays(trace, row, answered);
});

test('Strands Agents: tree, tokens once, time to first token in milliseconds', { skip }, async () => {
    const { trace } = await flow.traceFrom('strands_agent.py', [], 6);
    assert.deepEqual(tree(trace.roots[0]), ['invoke_agent forecaster',
        ['execute_event_loop_cycle', ['chat'], ['get_weather']], ['execute_event_loop_cycle', ['chat']]]);
    const calls = trace.spans.filter((row) => row.kind === 'llm');
    assert.deepEqual(calls.map((row) => [row.input_tokens, row.output_tokens]), [[90, 20], [120, 30]]);
    assert.deepEqual(calls.map((row) => row.cost), [25500, 33000]);
    assert.deepEqual([trace.input_tokens, trace.output_tokens, trace.cost, trace.llm_calls, trace.tool_calls], [210, 50, 58500, 2, 1]);
    assert.deepEqual([trace.provider, trace.user, trace.session], ['openai', 'u-10', 's-10']);
    const span = await flow.spanOf(trace, calls[1]);
    assert.equal(span.vocabulary, 'strands');
    within(span.timing.ttft, first_ms * 1e6, (first_ms + 3000) * 1e6, 'time to first token');
    assert.deepEqual(said(span), ['system: You answer in one sentence.', 'user: Is it raining in Paris?',
        'assistant: calls get_weather({"city":"Paris"})', 'tool: gets light rain in Paris', 'assistant: The capital of France is Paris.']);
    assert.equal(finish(span), 'stop');
    const root = await flow.spanOf(trace, trace.roots[0]);
    assert.equal(root.kind, 'agent');
    assert.equal(field(root, 'agent'), 'forecaster');
});

for (const way of ['plain', 'stream'])
    test(`OpenInference for LangChain in Python (${way})`, { skip }, async () => {
        const { trace } = await flow.traceFrom('openinference_langchain.py', [way], 4);
        assert.deepEqual(tree(trace.roots[0]), ['RunnableSequence', ['ChatPromptTemplate'], ['ChatOpenAI'], ['StrOutputParser']]);
        assert.deepEqual(trace.spans.map((row) => row.kind), ['chain', 'prompt', 'llm', 'chain']);
        assert.deepEqual([trace.input_tokens, trace.output_tokens, trace.cache_read_tokens, trace.cost], [120, 30, 40, 33000]);
        assert.deepEqual(said(await flow.spanOf(trace, trace.spans[2])), answered);
    });

test('Pydantic AI: tree, aggregated tokens once, its own cost', { skip }, async () => {
    const { trace } = await flow.traceFrom('pydantic_agent.py', [], 4);
    assert.deepEqual(tree(trace.roots[0]), ['forecaster run', ['chat gpt-4o-mini'], ['get_weather'], ['chat gpt-4o-mini']]);
    assert.deepEqual([trace.input_tokens, trace.output_tokens, trace.cost, trace.llm_calls, trace.tool_calls], [210, 50, 58500, 2, 1]);
    const span = await flow.spanOf(trace, trace.spans[3]);
    assert.equal(span.vocabulary, 'pydantic_ai');
    assert.equal(span.cost.source, 'given');
    assert.equal(span.cost.total, 33000);
    assert.deepEqual(said(span), ['system: You answer in one sentence.', 'user: Is it raining in Paris?',
        'assistant: calls get_weather({"city":"Paris"})', 'tool: gets light rain in Paris', 'assistant: The capital of France is Paris.']);
    const tool = await flow.spanOf(trace, trace.spans[2]);
    assert.deepEqual([tool.kind, tool.output], ['tool', 'light rain in Paris']);
});
