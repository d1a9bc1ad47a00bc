// SPDX-License-Identifier: Apache-2.0
// The application: one call of the `openai` package under a span, in the way the first argument names.
import OpenAI from 'openai';
import { underSpan } from './setup.mjs';

const question = [
    { role: 'system', content: 'You answer in one sentence.' },
    { role: 'user', content: 'What is the capital of France?' },
];
const weather = { type: 'function', function: { name: 'get_weather', description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } };

async function drain(stream) {
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
    return text;
}

const ways = {
    async chat(client) {
        const reply = await client.chat.completions.create({ model: 'gpt-4o-mini', messages: question, temperature: 0.2, max_tokens: 100 });
        return reply.choices[0].message.content;
    },
    async stream(client) {
        return drain(await client.chat.completions.create({ model: 'gpt-4o-mini', messages: question,
            stream: true, stream_options: { include_usage: true } }));
    },
    async tools(client) {
        const messages = [{ role: 'user', content: 'Is it raining in Paris?' }];
        const ask = () => client.chat.completions.create({ model: 'gpt-4o-mini', messages, tools: [weather] });
        const first = await ask();
        messages.push(first.choices[0].message,
            { role: 'tool', tool_call_id: first.choices[0].message.tool_calls[0].id, content: 'light rain' });
        return (await ask()).choices[0].message.content;
    },
    async reasoning(client) {
        const reply = await client.chat.completions.create({ model: 'o4-mini', messages: question });
        return reply.choices[0].message.content;
    },
    async responses(client) {
        const reply = await client.responses.create({ model: 'gpt-4o-mini', input: question });
        return reply.output_text;
    },
    async embed(client) {
        const reply = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] });
        return reply.data.length;
    },
    throttled: (client) => client.chat.completions.create({ model: 'error-429', messages: question }),
    broken: (client) => client.chat.completions.create({ model: 'error-500', messages: question }),
    slow: (client) => client.chat.completions.create({ model: 'slow', messages: question }, { timeout: 200 }),
};

export function callOpenai(way) {
    const client = new OpenAI({ maxRetries: 0 });
    return underSpan('request', () => ways[way](client));
}
