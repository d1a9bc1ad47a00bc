// SPDX-License-Identifier: Apache-2.0
// The wrapped OpenAI client and the LangChain callback of Langfuse's JS SDKs v3, v4 and v5 (LANGFUSE_JS), against a model server.
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';

const version = process.env.LANGFUSE_JS, key = process.argv[2];
const messages = [{ role: 'user', content: 'What is the capital of France?' }];

async function v3() {
    const { observeOpenAI } = await import('langfuse');
    const { CallbackHandler } = await import('langfuse-langchain');
    const clientInitParams = { publicKey: process.env.LANGFUSE_PUBLIC_KEY, secretKey: process.env.LANGFUSE_SECRET_KEY, baseUrl: process.env.LANGFUSE_HOST };
    const clients = [];
    return {
        observe: (client, about) => (clients.push(observeOpenAI(client, { ...about, clientInitParams })), clients.at(-1)),
        handler: (about) => (clients.push(new CallbackHandler({ ...clientInitParams, ...about })), clients.at(-1)),
        flush: async () => { for (const client of clients) await client.flushAsync(); },
    };
}

async function v45() {
    const prefix = version === '4' ? 'langfuse-v4-' : '@langfuse/';
    const { NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
    const { LangfuseSpanProcessor } = await import(`${prefix}otel`);
    const { observeOpenAI } = await import(`${prefix}openai`);
    const { CallbackHandler } = await import(`${prefix}langchain`);
    const processor = new LangfuseSpanProcessor();
    new NodeTracerProvider({ spanProcessors: [processor] }).register();
    return { observe: observeOpenAI, handler: (about) => new CallbackHandler(about), flush: () => processor.forceFlush() };
}

const sdk = await (version === '3' ? v3() : v45());

async function openai() {
    const wrapped = (generationName) => sdk.observe(new OpenAI({ maxRetries: 0 }), { generationName, sessionId: `${key} openai` });
    const said = [(await wrapped('plain').chat.completions.create({ model: 'gpt-4o-mini', messages, temperature: 0.2 })).choices[0].message.content];
    let text = '';
    for await (const chunk of await wrapped('streamed').chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true, stream_options: { include_usage: true } })) text += chunk.choices[0]?.delta.content ?? '';
    said.push(text, await wrapped('refused').chat.completions.create({ model: 'error-429', messages }).then(() => null, (error) => error.constructor.name));
    return said;
}

async function chain() {
    const callbacks = [sdk.handler({ sessionId: `${key} chain` })];
    const chain = ChatPromptTemplate.fromMessages([['user', '{question}']]).pipe(new ChatOpenAI({ model: 'gpt-4o-mini', maxRetries: 0 })).pipe(new StringOutputParser());
    const asked = { question: messages[0].content }, said = [await chain.invoke(asked, { callbacks })];
    let text = '';
    for await (const piece of await chain.stream(asked, { callbacks })) text += piece;
    return [...said, text];
}

const done = { openai: await openai(), chain: await chain() };
await sdk.flush();
console.log(JSON.stringify(done));
