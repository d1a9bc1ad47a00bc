// SPDX-License-Identifier: Apache-2.0
// The AI SDK's own telemetry: text with tools over two steps, and a stream.
import { generateText, streamText, embed, tool, stepCountIs } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';
import { z } from 'zod';
import { finish, startSdk, underSpan } from './setup.mjs';

const sdk = startSdk();
const openai = createOpenAI();
const telemetry = { isEnabled: true, functionId: 'ask', metadata: { userId: 'u-7', sessionId: 's-7' } };
const common = { maxRetries: 0, experimental_telemetry: telemetry };

const ways = {
    async tools() {
        const { text } = await generateText({ ...common, model: openai.chat('gpt-4o-mini'), stopWhen: stepCountIs(3),
            prompt: 'Is it raining in Paris?',
            tools: { get_weather: tool({ description: 'The weather of a city',
                inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => `light rain in ${city}` }) } });
        return text;
    },
    async stream() {
        const { textStream } = streamText({ ...common, model: openai.chat('gpt-4o-mini'),
            system: 'You answer in one sentence.', prompt: 'What is the capital of France?' });
        let text = '';
        for await (const piece of textStream) text += piece;
        return text;
    },
    async responses() {
        const { text } = await generateText({ ...common, model: openai('gpt-4o-mini'), prompt: 'What is the capital of France?' });
        return text;
    },
    async embed() {
        const { usage } = await embed({ ...common, model: openai.textEmbeddingModel('text-embedding-3-small'), value: 'one' });
        return usage.tokens;
    },
    throttled: () => generateText({ ...common, model: openai.chat('error-429'), prompt: 'Anything?' }),
};

await finish(sdk, await underSpan('request', ways[process.argv[2]]));
