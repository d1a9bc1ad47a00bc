// SPDX-License-Identifier: Apache-2.0
// What teams on Langfuse most often have in their code: its wrapped OpenAI client and its LangChain callback, every SDK
// generation unmodified, against a model server whose tokens are known.
import { strict as assert } from 'node:assert';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from './support/api.mjs';
import { noPython, runClient } from './support/client.mjs';
import { sentence, startModel } from './support/fake_model.mjs';
import { startServer } from './support/server.mjs';

const venv = resolve(fileURLToPath(import.meta.url), '../.venv');
const pair = { public: 'pk-lf-wrappers', secret: 'sk-lf-wrappers-secret' };
const headers = { authorization: `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}` };
const sdks = [
    ...[3, 4, 5].map((version) => ({ name: `JS v${version}`, key: `js${version}`, file: 'langfuse_wrappers.mjs', env: { LANGFUSE_JS: String(version) } })),
    ...[2, 3, 4].map((version) => ({ name: `Python v${version}`, key: `py${version}`, file: 'langfuse_wrappers.py', env: { PYTHONPATH: [`langfuse${version}`, `langchain${version === 2 ? 0 : 1}`].map((one) => resolve(venv, one)).join(':') }, skip: noPython() })),
];
let server, model;
before(async () => {
    server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    model = await startModel();
});
after(async () => { await server?.close(); await model?.close(); });

async function generations(session, count) {
    return eventually(async () => {
        const reply = await fetch(`${server.url}/api/public/observations?type=GENERATION&sessionId=${encodeURIComponent(session)}`, { headers });
        const { data } = await reply.json();
        assert.equal(data.length, count, JSON.stringify(data.map((one) => [one.name, one.sessionId])));
        assert.ok(data.every((one) => one.endTime));
        return data.sort((a, b) => (a.startTime < b.startTime ? -1 : 1));
    });
}

describe('each SDK', { concurrency: 3 }, () => {
    for (const sdk of sdks) {
        let running;
        const ready = () => (running ??= runClient(sdk.file, { args: [sdk.key], deadline_ms: 120000, env: { LANGFUSE_PUBLIC_KEY: pair.public, LANGFUSE_SECRET_KEY: pair.secret, LANGFUSE_HOST: server.url, LANGFUSE_BASE_URL: server.url, LANGFUSE_BASEURL: server.url,
            OPENAI_BASE_URL: `${model.url}/v1`, OPENAI_API_KEY: 'sk-of-a-fake-model', ...sdk.env } }));
        test(`${sdk.name}: the wrapped OpenAI client, whole, streamed and refused`, { skip: sdk.skip ?? false }, async () => {
            const { openai } = await ready();
            assert.deepEqual(openai, [sentence, sentence, 'RateLimitError']);
            const [plain, streamed, refused] = await generations(`${sdk.key} openai`, 3);
            assert.deepEqual([plain, streamed, refused].map((one) => one.name), ['plain', 'streamed', 'refused']);
            for (const one of [plain, streamed]) {
                assert.match(one.model, /^gpt-4o-mini/);
                assert.deepEqual([one.usage.input, one.usage.output, one.usage.total, one.level, one.calculatedTotalCost], [120, 30, 150, 'DEFAULT', 0.000033], JSON.stringify(one));
                assert.match(JSON.stringify(one.input), /capital of France/);
                assert.match(JSON.stringify(one.output), /Paris/);
            }
            assert.equal(Number(plain.modelParameters.temperature), 0.2);
            assert.ok(streamed.completionStartTime);
            assert.equal(refused.level, 'ERROR');
        });
        test(`${sdk.name}: the LangChain callback, whole and streamed`, { skip: sdk.skip ?? false }, async () => {
            const { chain } = await ready();
            assert.deepEqual(chain, [sentence, sentence]);
            for (const one of await generations(`${sdk.key} chain`, 2)) {
                assert.match(one.model, /^gpt-4o-mini/);
                assert.deepEqual([one.usage.input, one.usage.output, one.usage.total, one.calculatedTotalCost], [120, 30, 150, 0.000033], JSON.stringify(one));
                assert.match(JSON.stringify(one.input), /capital of France/);
                assert.match(JSON.stringify(one.output), /Paris/);
                const trace = await (await fetch(`${server.url}/api/public/traces/${one.traceId}`, { headers })).json();
                assert.ok(trace.observations.length >= 3, 'prompt, model and parser');
            }
        });
    }
});
