// SPDX-License-Identifier: Apache-2.0
// LangSmith's OpenTelemetry mode: a traced function around the wrapped openai package; LANGSMITH_ENDPOINT is the server.
import { initializeOTEL } from 'langsmith/experimental/otel/setup';
import { Client } from 'langsmith';
import { traceable } from 'langsmith/traceable';
import { wrapOpenAI } from 'langsmith/wrappers';
import OpenAI from 'openai';

const { DEFAULT_LANGSMITH_SPAN_PROCESSOR: processor } = initializeOTEL();
const client = new Client();
const openai = wrapOpenAI(new OpenAI({ maxRetries: 0 }), { client });
const messages = [
    { role: 'system', content: 'You answer in one sentence.' },
    { role: 'user', content: 'What is the capital of France?' },
];
const common = { model: 'gpt-4o-mini', messages, temperature: 0.2 };

const ways = {
    async chat() {
        return (await openai.chat.completions.create(common)).choices[0].message.content;
    },
    async stream() {
        let text = '';
        for await (const chunk of await openai.chat.completions.create({ ...common, stream: true, stream_options: { include_usage: true } }))
            text += chunk.choices[0]?.delta?.content ?? '';
        return text;
    },
    throttled: () => openai.chat.completions.create({ ...common, model: 'error-429' }),
};

const ask = traceable(ways[process.argv[2]], { name: 'ask', run_type: 'chain', client, metadata: { session_id: 's-11' } });
const result = await ask().then((value) => ({ value }), (error) => ({ error: error.message }));
await client.awaitPendingTraceBatches();
await processor.shutdown();
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
