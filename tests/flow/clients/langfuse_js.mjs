// SPDX-License-Identifier: Apache-2.0
// Langfuse's JS SDKs v4 and v5: spans over OpenTelemetry, scores as JSON events. LANGFUSE_JS says which.
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const prefix = process.env.LANGFUSE_JS === '4' ? 'langfuse-v4-' : '@langfuse/';
const { LangfuseClient } = await import(`${prefix}client`);
const { LangfuseSpanProcessor } = await import(`${prefix}otel`);
const { startObservation, startActiveObservation } = await import(`${prefix}tracing`);
const tracing = await import(`${prefix}tracing`);

const [way, id] = process.argv.slice(2);
const client = new LangfuseClient();

async function write() {
    const processor = new LangfuseSpanProcessor();
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    provider.register();
    const inside = () => startActiveObservation('ask', async (root) => {
        root.update({ input: { question: 'capital?' }, output: 'Paris' });
        if (root.updateTrace) root.updateTrace({ name: 'ask', userId: 'u-4', sessionId: 's-4', tags: ['js'], metadata: { plan: 'pro' } });
        const generation = startObservation('answer', { model: 'gpt-4o-mini', input: [{ role: 'user', content: 'capital?' }] }, { asType: 'generation' });
        generation.update({ output: { role: 'assistant', content: 'Paris' }, usageDetails: { input: 120, output: 30, total: 150 } });
        generation.end();
        for (const asType of ['agent', 'tool', 'chain', 'retriever', 'evaluator', 'guardrail', 'embedding'])
            startObservation(`a ${asType}`, { input: 'x' }, { asType }).end();
        client.score.trace({ otelSpan: root.otelSpan }, { name: 'thumbs', value: 1, dataType: 'BOOLEAN', comment: 'nice' });
        client.score.observation({ otelSpan: generation.otelSpan }, { name: 'tone', value: 'friendly' });
        return { trace_id: root.otelSpan.spanContext().traceId, generation: generation.id };
    });
    const made = tracing.propagateAttributes
        ? await tracing.propagateAttributes({ userId: 'u-4', sessionId: 's-4', tags: ['js'], metadata: { plan: 'pro' }, traceName: 'ask' }, inside)
        : await inside();
    await client.score.flush();
    await processor.forceFlush();
    await provider.shutdown();
    return { ...made, url: await client.getTraceUrl(made.trace_id) };
}

async function read() {
    const { api } = client;
    const trace = await api.trace.get(id);
    const traces = await api.trace.list({ userId: 'u-4', limit: 10 });
    const observations = await (api.legacy?.observationsV1 ?? api.observations).getMany({ traceId: id });
    const one = await (api.legacy?.observationsV1 ?? api.observations).get(observations.data[0].id);
    const sessions = await api.sessions.list({});
    const session = await api.sessions.get('s-4');
    const scores = await (api.scoreV2 ? api.scoreV2.get({ traceId: id }) : api.scores.getMany({ traceId: id }));
    const newer = process.env.LANGFUSE_JS === '5' && {
        observations_v2: (await api.observations.getMany({ traceId: id, fromStartTime: new Date(Date.now() - 3600000).toISOString(), fields: 'core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context' })).data,
        scores_v3: (await api.scoresV3.getManyV3({ traceId: id, fields: 'details,subject,annotation' })).data,
    };
    return { ...newer, trace, traces: traces.data, meta: traces.meta, observations: observations.data, one, sessions: sessions.data, session, scores: scores.data };
}

console.log(JSON.stringify(await (way === 'read' ? read() : write())));
