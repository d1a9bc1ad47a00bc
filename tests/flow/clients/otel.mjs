// SPDX-License-Identifier: Apache-2.0
// OpenTelemetry's JavaScript SDK with nothing but its environment: protocol, endpoint and compression come from there.
// An agent with a model call, a tool call and a throttled call; an event, a link, a log record, metrics.
import { context, metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import { finish, startSdk } from './setup.mjs';

const sdk = startSdk();
const tracer = trace.getTracer('app', '1.2.3');
const question = [{ role: 'user', parts: [{ type: 'text', content: 'Is it raining in Paris?' }] }];
const call = [{ role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'get_weather', arguments: { city: 'Paris' } }], finish_reason: 'tool_call' }];
const model = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o-mini' };
const base = Date.now() - 5000;

const root = tracer.startSpan('invoke_agent forecaster', { startTime: base, attributes: {
    'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'forecaster', 'session.id': 's-1', 'user.id': 'u-1' } });
const under = trace.setSpan(context.active(), root);

const chat = tracer.startSpan('chat gpt-4o-mini', { kind: SpanKind.CLIENT, startTime: base + 100,
    links: [{ context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }, attributes: { why: 'retried' } }],
    attributes: { ...model, 'gen_ai.response.model': 'gpt-4o-mini-2024-07-18', 'gen_ai.request.temperature': 0.2,
        'gen_ai.input.messages': JSON.stringify(question), 'gen_ai.output.messages': JSON.stringify(call),
        'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: 'You answer in one sentence.' }]),
        'gen_ai.usage.input_tokens': 120, 'gen_ai.usage.cache_read.input_tokens': 40, 'gen_ai.usage.output_tokens': 30,
        'gen_ai.response.finish_reasons': ['tool_call'], 'gen_ai.response.time_to_first_chunk': 0.35,
        'app.numbers': [1, 2, 3], 'app.ratio': 0.25, 'app.big': Number.MAX_SAFE_INTEGER, 'app.text': 'naïve – 漢字 – 🚀' } }, under);
chat.addEvent('cache miss', { key: 'q-1' }, base + 150);
chat.end(base + 1100);

const tool = tracer.startSpan('execute_tool get_weather', { startTime: base + 1200, attributes: { 'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'get_weather', 'gen_ai.tool.call.arguments': '{"city":"Paris"}', 'gen_ai.tool.call.result': 'light rain' } }, under);
tool.end(base + 1250);

const failed = tracer.startSpan('chat gpt-4o-mini', { kind: SpanKind.CLIENT, startTime: base + 1300,
    attributes: { ...model, 'error.type': 'RateLimitError' } }, under);
failed.recordException({ name: 'RateLimitError', message: '429 Rate limit reached', stack: 'RateLimitError: 429\n  at ask' }, base + 1390);
failed.setStatus({ code: SpanStatusCode.ERROR, message: '429 Rate limit reached' });
failed.end(base + 1400);

// The content of this call comes as a log record only.
const retry = tracer.startSpan('chat gpt-4o-mini', { kind: SpanKind.CLIENT, startTime: base + 1500,
    attributes: { ...model, 'gen_ai.usage.input_tokens': 90, 'gen_ai.usage.output_tokens': 20 } }, under);
logs.getLogger('app').emit({ eventName: 'gen_ai.client.inference.operation.details', severityNumber: SeverityNumber.DEBUG,
    context: trace.setSpan(under, retry), attributes: { ...model, 'gen_ai.input.messages': JSON.stringify(question),
        'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: 'Yes, lightly.' }], finish_reason: 'stop' }]) } });
retry.end(base + 2000);
root.end(base + 2100);

logs.getLogger('app').emit({ severityNumber: SeverityNumber.WARN, severityText: 'WARN', body: 'slow answer', attributes: { attempt: 2 } });
const meter = metrics.getMeter('app');
meter.createCounter('app.requests', { unit: '{request}' }).add(3, { route: '/ask' });
meter.createHistogram('gen_ai.client.operation.duration', { unit: 's' }).record(1.5, { 'gen_ai.request.model': 'gpt-4o-mini' });

await finish(sdk, { trace_id: root.spanContext().traceId, chat: chat.spanContext().spanId, tool: tool.spanContext().spanId,
    failed: failed.spanContext().spanId, retry: retry.spanContext().spanId, base });
