// SPDX-License-Identifier: Apache-2.0
// Prompts through Langfuse's JS SDKs; LANGFUSE_JS says which (3, 4 or 5). Each step's outcome is one member of the last line.
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const version = Number(process.env.LANGFUSE_JS);
const prefix = { 4: 'langfuse-v4-', 5: '@langfuse/' }[version];
const folder = process.argv[2];
const { LangfuseClient, Langfuse } = version === 3 ? await import('langfuse') : await import(`${prefix}client`);
const keys = { publicKey: process.env.LANGFUSE_PUBLIC_KEY, secretKey: process.env.LANGFUSE_SECRET_KEY, baseUrl: process.env.LANGFUSE_BASE_URL };
console.error = console.warn = () => {}; // the SDKs tell of every failed fetch, which some steps want

const client = version === 3 ? new Langfuse({ ...keys, flushAt: 1 }) : new LangfuseClient(keys);
const sdk = version === 3
    ? { create: (body) => client.createPrompt(body), get: (name, options = {}) => client.getPrompt(name, options.version, options), update: (body) => client.updatePrompt(body) }
    : { create: (body) => client.prompt.create(body), get: (name, options) => client.prompt.get(name, options), update: (body) => client.prompt.update(body) };
const name = `${folder}/greeting`;
const facts = ({ name, version, labels, tags, config, commitMessage, isFallback }) => ({ name, version, labels, tags, config, commitMessage, isFallback });

// Generations that used a prompt, in the SDK's own way; gives the ids of their traces.
async function link(prompts) {
    if (version === 3) {
        const ids = prompts.map((prompt) => {
            const trace = client.trace({ name: 'with a prompt' });
            trace.generation({ name: 'answer', model: 'gpt-4o-mini', prompt, usage: { input: 10, output: 5 } }).end({ output: 'hi' });
            return trace.id;
        });
        await client.shutdownAsync();
        return ids;
    }
    const { LangfuseSpanProcessor } = await import(`${prefix}otel`);
    const { startObservation } = await import(`${prefix}tracing`);
    const processor = new LangfuseSpanProcessor();
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    provider.register();
    const ids = prompts.map((prompt) => {
        const generation = startObservation('answer', { model: 'gpt-4o-mini', prompt, usageDetails: { input: 10, output: 5 } }, { asType: 'generation' });
        generation.end();
        return generation.otelSpan.spanContext().traceId;
    });
    await processor.forceFlush();
    await provider.shutdown();
    return ids;
}

async function text() {
    const first = await sdk.create({ name, prompt: 'Hello {{who}}!', labels: ['production'], tags: ['greeting'], config: { temperature: 0.5 }, commitMessage: 'first words' });
    const second = await sdk.create({ name, prompt: 'Good day, {{who}}.', labels: ['staging'], config: { temperature: 0.1 } });
    const usual = await sdk.get(name);
    return {
        first: facts(first), second: facts(second), usual: facts(usual), compiled: usual.compile({ who: 'Ada' }), staging: facts(await sdk.get(name, { label: 'staging' })),
        latest: facts(await sdk.get(name, { label: 'latest' })), numbered: facts(await sdk.get(name, { version: 1 })), langchain: usual.getLangchainPrompt(),
    };
}

// What the SDK has got stays for its minute; what it is told not to keep is asked for again.
async function labels() {
    const moved = await sdk.update({ name, version: 2, newLabels: ['production'] });
    const after = await sdk.get(name);
    const headers = { authorization: `Basic ${Buffer.from(`${keys.publicKey}:${keys.secretKey}`).toString('base64')}`, 'content-type': 'application/json' };
    await fetch(`${keys.baseUrl}/api/public/v2/prompts/${encodeURIComponent(name)}/versions/1`, { method: 'PATCH', headers, body: JSON.stringify({ newLabels: ['production'] }) });
    return { moved: [moved.version, moved.labels], after: after.version, cached: (await sdk.get(name)).version, fresh: (await sdk.get(name, { cacheTtlSeconds: 0 })).version };
}

async function chat() {
    const chat = `${folder}/chat`;
    await sdk.create({ name: chat, type: 'chat', labels: ['production'], prompt: [{ role: 'system', content: 'You help {{who}}.' }, { type: 'placeholder', name: 'history' }, { role: 'user', content: '{{question}}' }] });
    const got = await sdk.get(chat, { type: 'chat' });
    return { prompt: got.prompt, compiled: got.compile({ who: 'Ada', question: 'why?' }, { history: [{ role: 'user', content: 'hi' }, { role: 'assistant', content: 'hello' }] }) };
}

async function composed() {
    await sdk.create({ name: `${folder}/voice`, prompt: 'Be "kind".\nBe brief.', labels: ['production'] });
    await sdk.create({ name: `${folder}/whole`, type: 'chat', labels: ['production'], prompt: [{ role: 'system', content: `@@@langfusePrompt:name=${folder}/voice|label=production@@@ You are {{who}}.` }] });
    const got = await sdk.get(`${folder}/whole`, { type: 'chat' });
    return { prompt: got.prompt, compiled: got.compile({ who: 'Ada' }) };
}

async function missing() {
    const said = await sdk.get(`${folder}/never`, { maxRetries: 0 }).then(() => null, (error) => [String(error.statusCode ?? ''), JSON.stringify(error.body ?? error.message)].join(' '));
    const fallback = await sdk.get(`${folder}/never`, { fallback: 'Hi {{who}}', maxRetries: 0 });
    const chat = await sdk.get(`${folder}/never`, { type: 'chat', fallback: [{ role: 'user', content: 'Hi {{who}}' }], maxRetries: 0 });
    return { said, fallback: facts(fallback), compiled: fallback.compile({ who: 'Ada' }), chat: chat.compile({ who: 'Ada' }) };
}

async function lists() {
    if (version === 3) return null;
    const all = await client.api.prompts.list({ tag: 'greeting', name });
    const raw = await client.api.prompts.get(`${folder}/whole`, { resolve: false }).catch(() => null);
    return { all, raw: raw?.prompt };
}

async function remove() {
    if (version === 3) return null;
    await client.prompt.delete(name, { version: 2 });
    const latest = await sdk.get(name, { label: 'latest' });
    const used = await client.prompt.delete(`${folder}/voice`).then(() => null, (error) => error.statusCode);
    await client.prompt.delete(name);
    return { latest: latest.version, used, gone: await sdk.get(name, { maxRetries: 0 }).then(() => null, (error) => error.statusCode) };
}

const done = {};
for (const step of [text, labels, chat, composed, missing, lists]) done[step.name] = await step();
[done.linked, done.unlinked] = await link([await sdk.get(name, { label: 'staging' }), await sdk.get(`${folder}/never`, { fallback: 'x', maxRetries: 0 })]);
done.remove = await remove();
process.stdout.write(`${JSON.stringify(done)}\n`);
process.exit(0);
