// SPDX-License-Identifier: Apache-2.0
// The application: a LangGraph agent with one tool, two model calls.
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { z } from 'zod';

export async function runAgent(streaming) {
    const get_weather = tool(async ({ city }) => `light rain in ${city}`, {
        name: 'get_weather', description: 'The weather of a city', schema: z.object({ city: z.string() }) });
    const llm = new ChatOpenAI({ model: 'gpt-4o-mini', maxRetries: 0, temperature: 0.2, streaming, streamUsage: true,
        configuration: { baseURL: process.env.OPENAI_BASE_URL } });
    const agent = createReactAgent({ llm, tools: [get_weather], name: 'forecaster' });
    const { messages } = await agent.invoke({ messages: [{ role: 'user', content: 'Is it raining in Paris?' }] },
        { metadata: { session_id: 's-8' } });
    return messages.at(-1).content;
}
