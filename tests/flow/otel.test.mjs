// SPDX-License-Identifier: Apache-2.0
// OpenTelemetry's JavaScript SDK over each protocol, configured by environment only. Nothing may depend on the protocol,
// so one list of expectations holds for all of them.
import { strict as assert } from 'node:assert';
import net from 'node:net';
import { test } from 'node:test';
import { attribute, eventually, field, said, tree } from './support/api.mjs';
import { runClient } from './support/client.mjs';
import { serverAndModel } from './support/fixture.mjs';
import { startServer } from './support/server.mjs';

const flow = serverAndModel();
const ms = 1e6;
const signals = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'otlp' };

async function run(protocol, compression) {
    const env = { ...signals, ...(compression && { OTEL_EXPORTER_OTLP_COMPRESSION: compression }) };
    const { result, trace, service } = await flow.traceFrom('otel.mjs', [], 5, { protocol, env });
    assert.equal(trace.trace_id, result.trace_id);
    checkTrace(trace, result);
    await checkChat(result);
    await checkFailure(result);
    await checkTool(result);
    await checkLogs(result, service);
    await checkMetrics();
}

function checkTrace(trace, result) {
    const [root] = trace.roots;
    assert.deepEqual(tree(root), ['invoke_agent forecaster',
        ['chat gpt-4o-mini'], ['get_weather'], ['chat gpt-4o-mini'], ['chat gpt-4o-mini']]);
    assert.deepEqual(root.children.map((row) => row.id), [result.chat, result.tool, result.failed, result.retry]);
    assert.deepEqual(trace.spans.map((row) => row.kind), ['agent', 'llm', 'tool', 'llm', 'llm']);
    assert.deepEqual(trace.spans.map((row) => row.status), ['unset', 'unset', 'unset', 'error', 'unset']);
    assert.deepEqual(trace.spans.map((row) => row.start), [0, 100 * ms, 1200 * ms, 1300 * ms, 1500 * ms]);
    assert.deepEqual(trace.spans.map((row) => row.duration), [2100 * ms, 1000 * ms, 50 * ms, 100 * ms, 500 * ms]);
    assert.equal(trace.start, `${result.base}000000`);
    assert.equal(trace.duration, 2100 * ms);
    assert.equal(trace.name, 'invoke_agent forecaster');
    assert.equal(trace.root_span_id, root.id);
    assert.equal(trace.complete, true);
    assert.equal(trace.spans.length, 5);
    const totals = { errors: 1, llm_calls: 3, tool_calls: 1, input_tokens: 210, output_tokens: 50, cache_read_tokens: 40,
        total_tokens: 260, cost: 33000 + 25500, unpriced: 0, ttft: 350 * ms, user: 'u-1', session: 's-1', provider: 'openai', error_kind: 'throttle' };
    for (const [name, value] of Object.entries(totals)) assert.equal(trace[name], value, name);
    assert.deepEqual(trace.spans.map((row) => row.cost), [-1, 33000, -1, -1, 25500]);
    assert.equal(trace.spans[3].error_kind, 'throttle');
    assert.equal(trace.spans[2].tool, 'get_weather');
    assert.equal(root.agent, 'forecaster');
}

async function checkChat(result) {
    const span = await flow.api.span(result.trace_id, result.chat);
    assert.deepEqual(said(span), ['system: You answer in one sentence.', 'user: Is it raining in Paris?',
        'assistant: calls get_weather({"city":"Paris"})']);
    assert.equal(span.parent_span_id, (await flow.api.trace(result.trace_id)).root_span_id);
    assert.equal(span.op, 'chat');
    assert.equal(field(span, 'finish_reasons') ?? field(span, 'finish'), 'tool_calls');
    assert.equal(span.timing.ttft, 350 * ms);
    assert.deepEqual([span.usage.input, span.usage.output, span.usage.cache_read, span.usage.total], [120, 30, 40, 150]);
    assert.equal(span.cost.source, 'computed');
    assert.equal(span.cost.total, 33000);
    assert.deepEqual(Object.fromEntries(span.cost.lines.map((line) => [line.component, [line.tokens, line.cost]])),
        { input: [80, 12000], cache_read: [40, 3000], output: [30, 18000] });
    assert.deepEqual(span.parameters, [{ name: 'temperature', value: 0.2 }]);
    assert.deepEqual(span.scope, { name: 'app', version: '1.2.3', attributes: [] });
    assert.equal(attribute(span, 'app.text').value, 'naïve – 漢字 – 🚀');
    assert.equal(attribute(span, 'app.ratio').type, 'double');
    assert.equal(span.events.length, 1);
    assert.equal(span.events[0].name, 'cache miss');
    assert.equal(span.events[0].time, String(BigInt(result.base + 150) * 1000000n));
    assert.deepEqual(span.links.map((link) => [link.trace_id, link.span_id]), [['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']]);
    assert.equal(span.links[0].attributes[0].key, 'why');
    const raw = JSON.stringify(await flow.api.raw(result.trace_id, result.chat));
    assert.ok(raw.includes('9007199254740991'), 'an integer of 53 bits keeps its digits');
}

async function checkFailure(result) {
    const span = await flow.api.span(result.trace_id, result.failed);
    assert.equal(span.status, 'error');
    assert.equal(span.error.kind, 'throttle');
    assert.equal(span.error.type, 'RateLimitError');
    assert.equal(span.error.message, '429 Rate limit reached');
    assert.match(span.error.stacktrace, /at ask/);
}

async function checkTool(result) {
    const span = await flow.api.span(result.trace_id, result.tool);
    assert.equal(span.kind, 'tool');
    assert.deepEqual(JSON.parse(span.input), { city: 'Paris' });
    assert.equal(span.output, 'light rain');
}

async function checkLogs(result, service) {
    await eventually(async () => {
        const span = await flow.api.span(result.trace_id, result.retry);
        assert.deepEqual(said(span), ['user: Is it raining in Paris?', 'assistant: Yes, lightly.']);
        assert.deepEqual(span.logs.map((log) => log.event), ['gen_ai.client.inference.operation.details']);
    });
    const { logs } = await eventually(async () => {
        const reply = await flow.api.logs({ service });
        assert.equal(reply.logs.length, 2);
        return reply;
    });
    const plain = logs.find((log) => log.body === 'slow answer');
    assert.equal(plain.severity_number, 13);
    assert.equal(plain.trace_id, null);
}

async function checkMetrics() {
    const wanted = ['app.requests', 'gen_ai.client.operation.duration'];
    const metrics = await eventually(async () => {
        const found = (await flow.api.metrics()).metrics.filter((metric) => wanted.includes(metric.name));
        assert.equal(found.length, 2);
        return found;
    });
    const kinds = Object.fromEntries(metrics.map((metric) => [metric.name, [metric.type, metric.unit]]));
    assert.deepEqual(kinds, { 'app.requests': ['sum', '{request}'], 'gen_ai.client.operation.duration': ['histogram', 's'] });
}

for (const [protocol, compression] of [['http/protobuf'], ['http/protobuf', 'gzip'], ['http/json'], ['http/json', 'gzip'], ['grpc'], ['grpc', 'gzip']])
    test(`OpenTelemetry JS over ${protocol}${compression ? ` with ${compression}` : ''}`, () => run(protocol, compression));

test('what clients sent is found by filters, counted by facets and summed by the overview', async () => {
    await flow.api.settled();
    const { traces } = await flow.api.traces({ f: ['trace_name=invoke_agent forecaster', 'cost>0.00005', 'error_kind=throttle'] });
    assert.equal(traces.length, 6);
    assert.equal((await flow.api.traces({ f: 'cost>0.0001' })).traces.length, 0);
    const { facets } = await flow.api.facets({ fields: 'model,session,error_kind' });
    assert.deepEqual(facets.session.values, [{ value: 's-1', count: 6 }]);
    assert.deepEqual(facets.error_kind.values, [{ value: 'throttle', count: 6 }]);
    const { totals, errors_by_kind, models } = await flow.api.overview();
    assert.deepEqual([totals.requests, totals.llm_calls, totals.tool_calls, totals.spans], [6, 18, 6, 30]);
    assert.deepEqual([totals.input_tokens, totals.output_tokens, totals.cache_read_tokens], [6 * 210, 6 * 50, 6 * 40]);
    assert.equal(totals.cost, 6 * 58500);
    assert.equal(errors_by_kind.find((one) => one.key === 'throttle').total, 6);
    assert.equal(models.reduce((sum, model) => sum + model.calls, 0), 18);
    assert.equal(models.reduce((sum, model) => sum + model.cost, 0), 6 * 58500);
});

const isFree = (port) => new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => { socket.destroy(); done(false); });
    socket.on('error', () => done(true));
});

test('an application without any configuration shows up in the default project', async (t) => {
    if (!(await isFree(4318)) || !(await isFree(4317))) return t.skip('something else listens on port 4317 or 4318');
    const server = await startServer({ http: '127.0.0.1:4318', grpc: '127.0.0.1:4317' });
    try {
        const { trace_id } = await runClient('otel.mjs', { env: { OTEL_SERVICE_NAME: 'newcomer' } });
        const trace = await eventually(() => server.api.trace(trace_id));
        assert.equal(trace.spans.length, 5);
        assert.deepEqual((await server.api.traces()).traces.map((one) => [one.service, one.trace_id]), [['newcomer', trace_id]]);
    } finally {
        await server.close();
    }
    return undefined;
});
