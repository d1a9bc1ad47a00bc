// SPDX-License-Identifier: Apache-2.0
// Langfuse's JS SDKs v4 and v5 and a dataset: makes it, runs experiments with evaluators over it and over data of
// their own, links by hand, reads everything back. LANGFUSE_JS says which.
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const prefix_of_package = process.env.LANGFUSE_JS === '4' ? 'langfuse-v4-' : '@langfuse/';
const { LangfuseClient } = await import(`${prefix_of_package}client`);
const { LangfuseSpanProcessor } = await import(`${prefix_of_package}otel`);
const { startObservation } = await import(`${prefix_of_package}tracing`);
const [name, prefix] = process.argv.slice(2);
const capitals = { France: 'Paris', Japan: 'Tokyo', Peru: 'Lima' };

const processor = new LangfuseSpanProcessor();
const provider = new NodeTracerProvider({ spanProcessors: [processor] });
provider.register();
const client = new LangfuseClient();
const { api } = client;

const inputSchema = { type: 'object', properties: { country: { type: 'string', minLength: 2 } }, required: ['country'], additionalProperties: false };
await api.datasets.create({ name, description: 'capitals', metadata: { owner: 'qa' }, inputSchema, expectedOutputSchema: { type: ['string', 'null'] } });
for (const [country, capital] of Object.entries(capitals))
    await api.datasetItems.create({ datasetName: name, id: `${prefix}-${country}`, input: { country }, expectedOutput: capital, metadata: { level: 1 } });
await api.datasetItems.create({ datasetName: name, id: `${prefix}-old`, input: { country: 'Siam' } });
await api.datasetItems.create({ datasetName: name, id: `${prefix}-old`, status: 'ARCHIVED' });
const refused = await api.datasetItems.create({ datasetName: name, input: { country: 7 }, expectedOutput: 'x' }).then(() => null, (error) => error.statusCode ?? String(error));
const before = (await api.datasetItems.get(`${prefix}-Peru`)).updatedAt;
await api.datasetItems.create({ datasetName: name, id: `${prefix}-Peru`, input: { country: 'Peru' }, expectedOutput: 'Lima, of course' });

if (process.env.LANGFUSE_JS === '5') {
    const { LangfuseMedia } = await import(`${prefix_of_package}client`);
    const picture = new LangfuseMedia({ contentBytes: Buffer.from('not really a picture'), contentType: 'image/png', source: 'bytes' });
    await client.dataset.createItem({ datasetName: name, id: `${prefix}-media`, input: { country: picture }, metadata: { list: [1, picture] }, status: 'ARCHIVED' });
}

const task = async (item) => {
    const { country } = item.input ?? item;
    const generation = startObservation('guess', { model: 'gpt-4o-mini', input: country }, { asType: 'generation' });
    const answer = country === 'Peru' ? 'Cusco' : capitals[country];
    generation.update({ output: answer, usageDetails: { input: 100, output: 10, total: 110 } });
    generation.end();
    return answer;
};
const exact = async ({ output, expectedOutput }) => ({ name: 'exact', value: output === expectedOutput ? 1 : 0, comment: 'by letters' });
const mean = async ({ itemResults }) => ({ name: 'mean exact', value: itemResults.reduce((sum, one) => sum + one.evaluations[0].value, 0) / itemResults.length });

const dataset = await client.dataset.get(name);
const result = await dataset.runExperiment({ name: 'guessing', runName: 'first run', description: 'with evaluators', metadata: { model: 'm1' }, task, evaluators: [exact], runEvaluators: [mean] });
const local = await client.experiment.run({ name: 'local', data: [{ input: { country: 'France' }, expectedOutput: 'Paris' }], task, evaluators: [exact] });
for (const item of dataset.items) {
    const span = startObservation('by hand', { input: item.input });
    span.end();
    await item.link(span, 'by hand');
}
await processor.forceFlush();
await client.score.flush();
await provider.shutdown();
const plain = ({ items, runExperiment, ...rest }) => ({ ...rest, items: items.map(({ link, ...item }) => item) });
const run = await api.datasets.getRun(name, 'first run');
console.log(JSON.stringify({
    refused,
    dataset: plain(await client.dataset.get(name, { fetchItemsPageSize: 2 })),
    as_of: process.env.LANGFUSE_JS === '5' && plain(await client.dataset.get(name, { version: before })),
    datasets: (await api.datasets.list({})).data,
    item: await api.datasetItems.get(`${prefix}-France`),
    old: await api.datasetItems.get(`${prefix}-old`),
    media: process.env.LANGFUSE_JS === '5' && (await api.datasetItems.get(`${prefix}-media`)).mediaReferences,
    run, by_hand: await api.datasets.getRun(name, 'by hand'),
    runs: (await api.datasets.getRuns(name)).data,
    run_items: (await api.datasetRunItems.list({ datasetId: run.datasetId, runName: 'first run' })).data,
    result: { id: result.datasetRunId, url: result.datasetRunUrl, items: result.itemResults.length, evaluations: result.runEvaluations, text: await result.format() },
    local: { items: local.itemResults.map((one) => [one.output, one.evaluations[0].value]), trace_id: local.itemResults[0].traceId },
}));
