// SPDX-License-Identifier: Apache-2.0
// One trace after another through Langfuse's JS SDK v3 (JSON events), v4 or v5 (spans of OpenTelemetry, scores as events),
// as an application that does not know how its server fares. LANGFUSE_JS says which; the arguments are how many, and the run
// that each tenth belongs to.
import { setTimeout as sleep } from 'node:timers/promises';

const count = Number(process.argv[2]), run = process.argv[3], pause_ms = 12;
const links = [];
// What fails, because the server was away, was never told as accepted.
const link = (n, create, traceId) => n % 10 || links.push(Promise.resolve(create({ runName: run, datasetItemId: 'poured', traceId })).catch(() => {}));

const usage = (n) => ({ input: 100 + n, output: 1 + (n % 7) });

async function pour3() {
    const { Langfuse } = await import('langfuse');
    const langfuse = new Langfuse({ publicKey: process.env.LANGFUSE_PUBLIC_KEY, secretKey: process.env.LANGFUSE_SECRET_KEY, baseUrl: process.env.LANGFUSE_HOST,
        flushAt: 6, flushInterval: 100, fetchRetryCount: 200, fetchRetryDelay: 60 });
    langfuse.on('error', () => {}); // what the SDK gives up it says here
    for (let n = 0; n < count; n++) {
        const trace = langfuse.trace({ name: 'poured js3', input: n });
        const span = trace.span({ name: 'step' });
        const generation = span.generation({ name: 'answer', model: 'gpt-4o-mini', input: [{ role: 'user', content: `question ${n}` }] });
        generation.end({ output: `answer ${n}`, usage: usage(n) });
        span.end();
        trace.score({ name: 'mark', value: n });
        link(n, (body) => langfuse.createDatasetRunItem(body), trace.id);
        await sleep(pause_ms);
    }
    await langfuse.shutdownAsync();
}

async function pour() {
    const prefix = process.env.LANGFUSE_JS === '4' ? 'langfuse-v4-' : '@langfuse/';
    const { NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
    const { LangfuseClient } = await import(`${prefix}client`);
    const { LangfuseSpanProcessor } = await import(`${prefix}otel`);
    const { startObservation, startActiveObservation } = await import(`${prefix}tracing`);
    const processor = new LangfuseSpanProcessor({ flushAt: 6, flushInterval: 0.1 });
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    provider.register();
    const client = new LangfuseClient();
    for (let n = 0; n < count; n++) {
        await startActiveObservation('poured js', async (root) => {
            root.update({ input: n });
            const generation = startObservation('answer', { model: 'gpt-4o-mini', input: [{ role: 'user', content: `question ${n}` }] }, { asType: 'generation' });
            generation.update({ output: `answer ${n}`, usageDetails: usage(n) });
            generation.end();
            client.score.trace({ otelSpan: root.otelSpan }, { name: 'mark', value: n });
            link(n, (body) => client.api.datasetRunItems.create(body), root.otelSpan.spanContext().traceId);
        });
        await sleep(pause_ms);
    }
    await client.score.flush().catch(() => {});
    await processor.forceFlush().catch(() => {});
    await provider.shutdown().catch(() => {});
}

await (process.env.LANGFUSE_JS === '3' ? pour3() : pour());
await Promise.all(links);
process.stdout.write(`${JSON.stringify({ count })}\n`, () => process.exit(0)); // the SDK’s timers would keep it a minute
