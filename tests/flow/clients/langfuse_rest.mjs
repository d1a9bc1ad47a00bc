// SPDX-License-Identifier: Apache-2.0
// Langfuse's JS SDKs, any of v3, v4 and v5 (LANGFUSE_JS): what they offer beside traces and scores.
import { setTimeout as sleep } from 'node:timers/promises';

const version = process.env.LANGFUSE_JS;
// What stands behind its end makes the picture of each version a file of its own.
const png = Buffer.concat([Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'), Buffer.from(version)]);

async function until(read) {
    for (const end = Date.now() + 10000; ;) {
        try { return await read(); } catch (error) {
            if (Date.now() > end) throw error;
            await sleep(100);
        }
    }
}

// What the versions call the same things: a trace of one span, all of it sent, and one read back.
async function v3() {
    const { Langfuse, LangfuseMedia } = await import('langfuse');
    const client = new Langfuse({ publicKey: process.env.LANGFUSE_PUBLIC_KEY, secretKey: process.env.LANGFUSE_SECRET_KEY, baseUrl: process.env.LANGFUSE_HOST });
    // It loads Node's crypto beside everything else, and cannot hash before.
    await until(() => { if (!new LangfuseMedia({ contentBytes: png, contentType: 'image/png' }).contentSha256Hash) throw new Error('no crypto'); });
    return {
        LangfuseMedia, client, api: client.api,
        begin: async (name, about) => client.trace({ name, ...about }).id,
        flush: () => client.flushAsync(),
        trace: async (id) => (await client.fetchTrace(id)).data,
        media: (id) => client.api.mediaGet(id),
        resolve: (obj) => client.resolveMediaReferences({ obj, resolveWith: 'base64DataUri' }),
    };
}

async function v45() {
    const prefix = version === '4' ? 'langfuse-v4-' : '@langfuse/';
    const { NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
    const { LangfuseClient } = await import(`${prefix}client`);
    const { LangfuseSpanProcessor } = await import(`${prefix}otel`);
    const { startObservation } = await import(`${prefix}tracing`);
    const { LangfuseMedia } = await import(version === '4' ? 'langfuse-v4-core' : '@langfuse/core').catch(() => import('../node_modules/langfuse-v4-client/node_modules/@langfuse/core/dist/index.mjs'));
    const client = new LangfuseClient();
    const processor = new LangfuseSpanProcessor();
    new NodeTracerProvider({ spanProcessors: [processor] }).register();
    return {
        LangfuseMedia, client, api: client.api,
        begin: async (name, about) => { const span = startObservation(name, about); span.end(); return span.traceId; },
        flush: () => processor.forceFlush(),
        trace: (id) => client.api.trace.get(id),
        media: (id) => client.api.media.get(id),
        resolve: (obj) => client.media.resolveReferences({ obj, resolveWith: 'base64DataUri' }),
    };
}

const sdk = await (version === '3' ? v3() : v45());
const picture = () => new sdk.LangfuseMedia({ contentBytes: png, contentType: 'image/png', source: 'bytes' });

async function media() {
    const page = new sdk.LangfuseMedia({ contentBytes: Buffer.from('<script>1</script>'), contentType: 'text/html', source: 'bytes' });
    const trace_id = await sdk.begin('picture', { input: { look: picture() }, metadata: { note: page } });
    await sdk.flush();
    const trace = await until(async () => {
        const trace = await sdk.trace(trace_id);
        if (!JSON.stringify(trace.input ?? '').includes('langfuseMedia')) throw new Error(`no reference yet: ${JSON.stringify(trace)}`);
        return trace;
    });
    const resolved = await sdk.resolve(trace.input);
    const again = await sdk.begin('picture again', { input: { look: picture() } });
    await sdk.flush();
    const id = /\|id=([^|]+)\|/.exec(trace.input.look)[1];
    return { trace_id, again, trace, resolved, media: await sdk.media(id), bytes: png.length };
}

async function metrics() {
    const span = { fromTimestamp: new Date(Date.now() - 3600e3).toISOString(), toTimestamp: new Date(Date.now() + 3600e3).toISOString() };
    const query = { metrics: [{ measure: 'count', aggregation: 'count' }, { measure: 'latency', aggregation: 'p95' }], dimensions: [{ field: 'name' }], ...span };
    const { api } = sdk;
    if (version === '3') return { v1: await api.metricsMetrics({ query: JSON.stringify({ view: 'traces', ...query }) }) };
    return {
        v1: await (api.legacy?.metricsV1 ?? api.metrics).metrics({ query: JSON.stringify({ view: 'traces', ...query }) }),
        v2: await (api.metricsV2 ?? api.metrics).metrics({ query: JSON.stringify({ view: 'observations', ...query }) }),
    };
}

// Comments, score configs and annotation queues; v3's calls of them are plain requests (langfuse_every.mjs).
async function annotate() {
    if (version === '3') return null;
    const { api } = sdk;
    const trace_id = await sdk.begin('judged', { input: 'is this right?' });
    await sdk.flush();
    await until(() => sdk.trace(trace_id));
    const config = await api.scoreConfigs.create({ name: `right ${version}`, dataType: 'BOOLEAN' });
    await api.scoreConfigs.update(config.id, { description: 'was it?' });
    const { id } = await api.comments.create({ projectId: 'default', objectType: 'TRACE', objectId: trace_id, content: 'look **here**', authorUserId: 'ada' });
    const queue = await api.annotationQueues.createQueue({ name: `js ${version}`, scoreConfigIds: [config.id] });
    const item = await api.annotationQueues.createQueueItem(queue.id, { objectId: trace_id, objectType: 'TRACE' });
    const spare = await api.annotationQueues.createQueueItem(queue.id, { objectId: 's-1', objectType: 'SESSION', status: 'COMPLETED' });
    return {
        trace_id, queue, item, spare,
        config: await api.scoreConfigs.getById(config.id), configs: (await api.scoreConfigs.get({ limit: 100 })).data,
        comment: await api.comments.getById(id), comments: await api.comments.get({ objectType: 'TRACE', objectId: trace_id }),
        queues: await api.annotationQueues.listQueues({ limit: 100 }), same: await api.annotationQueues.getQueue(queue.id),
        waiting: await api.annotationQueues.listQueueItems(queue.id, { status: 'PENDING' }), one: await api.annotationQueues.getQueueItem(queue.id, item.id),
        assigned: await api.annotationQueues.createQueueAssignment(queue.id, { userId: 'ada' }), unassigned: await api.annotationQueues.deleteQueueAssignment(queue.id, { userId: 'ada' }),
        changed: await api.annotationQueues.updateQueueItem(queue.id, item.id, { status: 'COMPLETED' }), removed: await api.annotationQueues.deleteQueueItem(queue.id, spare.id),
        left: await api.annotationQueues.listQueueItems(queue.id),
    };
}

// A model of one's own; of v3 see langfuse_every.mjs. Its price is there when a call of it is sent.
async function models() {
    if (version === '3') return null;
    const { models } = sdk.api;
    const model = await models.create({ modelName: `house-js${version}`, matchPattern: `(?i)^house-js${version}$`, unit: 'TOKENS', inputPrice: 0.000002, outputPrice: 0.00001, tokenizerId: 'openai', tokenizerConfig: { tokensPerName: 1 } });
    const spare = await models.create({ modelName: 'spare', matchPattern: 'spare', startDate: '2026-01-02T03:04:05.000Z', pricingTiers: [
        { name: 'usual', isDefault: true, priority: 0, conditions: [], prices: { input: 1e-6, web_search_queries: 0.01 } },
        { name: 'long', isDefault: false, priority: 1, conditions: [{ usageDetailPattern: '^input', operator: 'gt', value: 200000, caseSensitive: false }], prices: { input: 2e-6 } }] });
    await models.delete(spare.id);
    const list = await models.list({ limit: 100 }), managed = list.data.find((one) => one.isLangfuseManaged);
    return { model, spare, same: await models.get(model.id), managed: await models.get(managed.id), list };
}

async function deletes() {
    const ids = [];
    for (const name of ['first', 'second', 'third', 'kept']) ids.push(await sdk.begin(`to delete: ${name}`, { input: name }));
    await sdk.flush();
    // v3 does not throw for what is not there.
    const isThere = (id) => sdk.trace(id).then((trace) => trace?.id === id, () => false);
    await until(async () => { for (const id of ids) if (!(await isThere(id))) throw new Error(`${id} is not there yet`); });
    const { api } = sdk, [one, ...others] = ids.slice(0, 3);
    const said = version === '3' ? [await api.traceDelete(one), await api.traceDeleteMultiple({ traceIds: others })]
        : [await api.trace.delete(one), await api.trace.deleteMultiple({ traceIds: others })];
    await until(async () => { for (const id of ids.slice(0, 3)) if (await isThere(id)) throw new Error(`${id} is still there`); });
    return { said, kept: await isThere(ids[3]) };
}

const done = {};
for (const name of process.argv.slice(2)) done[name] = await { media, metrics, annotate, models, deletes }[name]();
console.log(JSON.stringify(done));
