// SPDX-License-Identifier: Apache-2.0
// Langfuse's JS SDK v3: JSON events. `write` makes a trace, `read` asks every list for it.
import { Langfuse } from 'langfuse';

const langfuse = new Langfuse({ publicKey: process.env.LANGFUSE_PUBLIC_KEY, secretKey: process.env.LANGFUSE_SECRET_KEY, baseUrl: process.env.LANGFUSE_HOST, flushAt: 3 });
const [way, id] = process.argv.slice(2);
const problems = [];
langfuse.on('error', (error) => problems.push(String(error)));

async function write() {
    const trace = langfuse.trace({ name: 'ask', userId: 'u-3', sessionId: 's-3', tags: ['js3'], metadata: { plan: 'pro' }, input: { question: 'capital?' } });
    const span = trace.span({ name: 'retrieve', input: 'capital?' });
    span.update({ metadata: { documents: 2 } });
    span.end({ output: ['Paris is the capital'] });
    const generation = trace.generation({ name: 'answer', model: 'gpt-4o-mini', modelParameters: { temperature: 0.2 }, input: [{ role: 'user', content: 'capital?' }] });
    generation.update({ completionStartTime: new Date() });
    generation.end({ output: { role: 'assistant', content: 'Paris' }, usage: { promptTokens: 120, completionTokens: 30 } });
    trace.event({ name: 'cached', level: 'WARNING', statusMessage: 'half of it' });
    trace.score({ name: 'thumbs', value: 1, dataType: 'BOOLEAN', comment: 'nice' });
    generation.score({ name: 'tone', value: 'friendly' });
    trace.update({ output: 'Paris' });
    await langfuse.shutdownAsync();
    return { trace_id: trace.id, url: trace.getTraceUrl(), problems };
}

async function read() {
    const trace = await langfuse.fetchTrace(id);
    const traces = await langfuse.fetchTraces({ userId: 'u-3' });
    const observations = await langfuse.fetchObservations({ traceId: id });
    const one = await langfuse.fetchObservation(observations.data[0].id);
    const sessions = await langfuse.fetchSessions({});
    return { trace: trace.data, traces: traces.data, meta: traces.meta, observations: observations.data, one: one.data, sessions: sessions.data };
}

console.log(JSON.stringify(await (way === 'read' ? read() : write())));
