// SPDX-License-Identifier: Apache-2.0
// Langfuse's JS SDK v3 and a dataset: makes it, runs a program over it linking each trace, reads everything back.
import { Langfuse } from 'langfuse';

const langfuse = new Langfuse({ publicKey: process.env.LANGFUSE_PUBLIC_KEY, secretKey: process.env.LANGFUSE_SECRET_KEY, baseUrl: process.env.LANGFUSE_HOST });
const [name, prefix] = process.argv.slice(2);
const capitals = { France: 'Paris', Japan: 'Tokyo', Peru: 'Lima' };

await langfuse.createDataset({ name, description: 'capitals', metadata: { owner: 'qa' } });
for (const [country, capital] of Object.entries(capitals))
    await langfuse.createDatasetItem({ datasetName: name, id: `${prefix}-${country}`, input: { country }, expectedOutput: capital, metadata: { level: 1 } });
await langfuse.createDatasetItem({ datasetName: name, id: `${prefix}-old`, input: { country: 'Siam' } });
await langfuse.createDatasetItem({ datasetName: name, id: `${prefix}-old`, status: 'ARCHIVED' });

const dataset = await langfuse.getDataset(name);
for (const item of dataset.items) {
    const trace = langfuse.trace({ name: 'capital', input: item.input });
    const answer = item.input.country === 'Peru' ? 'Cusco' : capitals[item.input.country];
    const span = trace.span({ name: 'guess', input: item.input });
    span.end({ output: answer });
    trace.update({ output: answer });
    await item.link(trace, 'first run', { description: 'by hand', metadata: { model: 'm1' } });
    await item.link(span, 'of spans');
    trace.score({ name: 'exact', value: answer === item.expectedOutput ? 1 : 0 });
}
await langfuse.flushAsync();
const run = await langfuse.getDatasetRun({ datasetName: name, runName: 'first run' });
langfuse.score({ name: 'mean exact', value: 2 / 3, datasetRunId: run.id });
await langfuse.shutdownAsync();
const plain = ({ items, ...rest }) => ({ ...rest, items: items.map(({ link, ...item }) => item) });
console.log(JSON.stringify({
    dataset: plain(await langfuse.getDataset(name, { fetchItemsPageSize: 2 })),
    datasets: (await langfuse.api.datasetsList({})).data,
    item: await langfuse.getDatasetItem(`${prefix}-France`),
    old: await langfuse.getDatasetItem(`${prefix}-old`),
    run, spans: await langfuse.getDatasetRun({ datasetName: name, runName: 'of spans' }),
    runs: (await langfuse.getDatasetRuns(name)).data,
}));
