// SPDX-License-Identifier: Apache-2.0
// A LangGraph agent under OpenInference's LangChain instrumentation, and LangSmith's OpenTelemetry exporter.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { eventually, field, said } from './support/api.mjs';
import { clientEnv, runClient } from './support/client.mjs';
import { serverAndModel } from './support/fixture.mjs';

const flow = serverAndModel();

for (const way of ['plain', 'stream'])
    test(`OpenInference, a LangGraph agent with a tool (${way})`, async () => {
        const { trace, result } = await flow.traceFrom('openinference_langchain.mjs', [way], 21);
        assert.equal(trace.trace_id, result.trace_id);
        assert.equal(result.value, 'The capital of France is Paris.');
        const [graph] = trace.roots[0].children;
        assert.deepEqual(graph.children.map((row) => row.name), ['__start__', 'agent', 'tools', 'agent']);
        const calls = trace.spans.filter((row) => row.kind === 'llm');
        assert.deepEqual(calls.map((row) => row.name), ['ChatOpenAI', 'ChatOpenAI']);
        assert.deepEqual(trace.spans.filter((row) => row.kind === 'tool').map((row) => row.tool), ['get_weather']);
        assert.deepEqual(calls.map((row) => [row.input_tokens, row.output_tokens]), [[90, 20], [120, 30]]);
        assert.deepEqual(calls.map((row) => row.cost), [25500, 33000]);
        assert.deepEqual([trace.llm_calls, trace.tool_calls, trace.input_tokens, trace.cost], [2, 1, 210, 58500]);
        assert.equal(trace.session, 's-8');
        assert.equal(trace.provider, 'openai');
        assert.deepEqual(said(await flow.spanOf(trace, calls[1])), ['user: Is it raining in Paris?',
            'assistant: calls get_weather({"city":"Paris"})', 'tool: gets light rain in Paris', 'assistant: The capital of France is Paris.']);
    });

// The exporter reads LANGSMITH_ENDPOINT and takes no service name: the one trace that was not there before is its own.
async function langsmith(way, spans, more = { OTEL_EXPORTER_OTLP_ENDPOINT: undefined, LANGSMITH_ENDPOINT: flow.server.url }) {
    const before = new Set((await flow.api.traces()).traces.map((trace) => trace.trace_id));
    const env = clientEnv({ service: 'unused', server: flow.server, model: flow.model, more: { ...more,
        LANGSMITH_API_KEY: 'ls-of-nobody', LANGSMITH_TRACING: 'true', LANGSMITH_OTEL_ENABLED: 'true' } });
    await runClient('langsmith_openai.mjs', { args: [way], env });
    return eventually(async () => {
        const added = (await flow.api.traces()).traces.filter((trace) => !before.has(trace.trace_id));
        assert.equal(added.length, 1);
        const trace = await flow.api.trace(added[0].trace_id);
        assert.equal(trace.spans.length, spans);
        return trace;
    });
}

test('LangSmith, a traced function around a chat', async () => {
    const trace = await langsmith('chat', 2);
    const [call] = trace.roots[0].children;
    assert.deepEqual([trace.roots[0].kind, call.kind, call.name], ['chain', 'llm', 'ChatOpenAI']);
    const span = await flow.spanOf(trace, call);
    assert.equal(span.vocabulary, 'langsmith');
    assert.deepEqual(said(span), ['system: You answer in one sentence.', 'user: What is the capital of France?', 'assistant: The capital of France is Paris.']);
    assert.deepEqual([span.usage.input, span.usage.output, span.usage.cache_read], [120, 30, 40]);
    assert.equal(trace.cost, 33000);
    assert.equal(trace.session, 's-11');
    assert.equal(field(span, 'finish') ?? field(span, 'finish_reasons'), 'stop');
});

test('LangSmith, a stream', async () => {
    const trace = await langsmith('stream', 1);
    assert.deepEqual([trace.roots[0].kind, trace.cost, trace.input_tokens], ['llm', 33000, 120]);
});

test('LangSmith, sent to OTEL_EXPORTER_OTLP_ENDPOINT as it stands', async () => {
    const trace = await langsmith('chat', 2, { OTEL_EXPORTER_OTLP_ENDPOINT: flow.server.url });
    assert.deepEqual([trace.spans.length, trace.cost], [2, 33000]);
});

test('LangSmith, a throttled call', async () => {
    const trace = await langsmith('throttled', 2);
    assert.deepEqual(trace.spans.map((row) => row.status), ['error', 'error']);
    assert.equal(trace.roots[0].children[0].error_kind, 'throttle');
});
