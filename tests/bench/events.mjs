// SPDX-License-Identifier: Apache-2.0
// What POST /api/public/ingestion costs: the CPU of the threads that receive and write the journal, which is what an
// acknowledgement takes, and of the index thread, which merges the parts, apart from it.
import { randomUUID } from 'node:crypto';

const words = Array.from({ length: 4000 }, (_, i) => `w${((i * 7919) % 100003).toString(36)}`).join(' ');

// A chat's trace: a retrieval and a model call, each told in two events, with texts of 0.5 to 6 KB.
function trace(at) {
    const id = randomUUID(), span = randomUUID(), call = randomUUID(), time = (ms) => new Date(at + ms).toISOString();
    const text = (length) => words.slice(...((from) => [from, from + length])(Math.floor(Math.random() * 15000)));
    const event = (type, ms, body) => ({ id: randomUUID(), type, timestamp: time(ms), body });
    return [
        event('trace-create', 0, { id, name: 'ask', userId: 'u', sessionId: id, input: { question: text(1000) } }),
        event('span-create', 1, { id: span, traceId: id, name: 'retrieve', startTime: time(1), input: text(500) }),
        event('span-update', 2, { id: span, traceId: id, endTime: time(2), output: text(3000) }),
        event('generation-create', 3, { id: call, traceId: id, name: 'answer', startTime: time(3), model: 'gpt-4o-mini', input: [{ role: 'system', content: words.slice(0, 2000) }, { role: 'user', content: text(4000) }] }),
        event('generation-update', 4, { id: call, traceId: id, endTime: time(4), output: { role: 'assistant', content: text(1500) }, usage: { promptTokens: 1000, completionTokens: 300 } }),
    ];
}

export async function events({ scale, report, request, indexed, threads }, server) {
    const bodies = Array.from({ length: Math.ceil(120 * scale) }, () => Buffer.from(JSON.stringify({ batch: Array.from({ length: 60 }, () => trace(Date.now() - 1000)).flat() })));
    const megabytes = bodies.reduce((sum, body) => sum + body.length, 0) / 1e6;
    await indexed(server, 0);
    const before = threads(server);
    const post = async (first) => {
        for (let i = first; i < bodies.length; i += 2) {
            const reply = await request(server, 'POST', '/api/public/ingestion', { 'content-type': 'application/json' }, bodies[i]);
            if (reply.status !== 207 || JSON.parse(reply.body).errors.length) throw new Error(`the batch was answered ${reply.status}`);
        }
    };
    await Promise.all([post(0), post(1)]);
    await indexed(server, bodies.length * 60 * 5);
    const after = threads(server);
    const used = (...names) => names.reduce((sum, name) => sum + (after[name] ?? 0) - (before[name] ?? 0), 0);
    const receiving = used('net', 'journal');
    report('Langfuse events: JSON acknowledged', megabytes / receiving, 'MB/cpu-s', ['least', 100], `${megabytes.toFixed(0)} MB, ${(bodies.length * 300).toLocaleString('en')} events, net and journal threads`);
    report('Langfuse events: merged, named and indexed', used('index') / (bodies.length * 60 * 3) * 1e6, 'µs/span', undefined, 'index thread, beside that');
}
