// SPDX-License-Identifier: Apache-2.0
// Prompts as every generation of Langfuse's SDKs drives them, unmodified: one test a method and SDK, on one server that wants keys.
import { strict as assert } from 'node:assert';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from './support/api.mjs';
import { noPython, runClient } from './support/client.mjs';
import { checkCompat, watch } from './support/compat.mjs';
import { modelCall, post, toJson, traceId } from './support/otlp.mjs';
import { startServer } from './support/server.mjs';

const venv = resolve(fileURLToPath(import.meta.url), '../.venv');
const pair = { public: 'pk-lf-prompts', secret: 'sk-lf-prompts-secret' };
let server, watched;
before(async () => {
    server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    watched = await watch(server);
    server.api.headers = { authorization: `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}` };
});
after(async () => { watched?.close(); await server?.close(); });

const python = (version) => ({ name: `Python v${version}`, file: 'langfuse_prompts.py', env: { PYTHONPATH: resolve(venv, `langfuse${version}`) } });
const javascript = (version) => ({ name: `JS v${version}`, file: 'langfuse_prompts.mjs', env: { LANGFUSE_JS: String(version) } });
const sdks = [
    { ...javascript(3), placeholders: true },
    { ...javascript(4), placeholders: true, lists: true, deletes: true },
    { ...javascript(5), placeholders: true, lists: true, deletes: true, raw: true },
    { ...python(2), lists: true },
    { ...python(3), placeholders: true, lists: true, deletes: true },
    { ...python(4), placeholders: true, lists: true, deletes: true, raw: true },
];
const hex = (id) => id.replaceAll('-', '');
const system = 'Be "kind".\nBe brief. You are ';

for (const [at, sdk] of sdks.entries()) {
    const folder = `sdk ${at}/é`;
    let saw; // what the client's steps gave
    describe(sdk.name, { skip: sdk.file.endsWith('.py') && noPython() }, () => {
        before(async () => {
            saw = await runClient(sdk.file, { args: [folder], env: { LANGFUSE_PUBLIC_KEY: pair.public, LANGFUSE_SECRET_KEY: pair.secret,
                LANGFUSE_HOST: watched.url, LANGFUSE_BASE_URL: watched.url, LANGFUSE_BASEURL: watched.url, ...sdk.env } });
        });

        test(`prompts.create by ${sdk.name}: versions count up and keep labels, tags, config and message`, () => {
            const { first, second } = saw.text;
            assert.deepEqual([first.name, first.version, first.labels.toSorted(), first.tags, first.config, first.commitMessage], [`${folder}/greeting`, 1, ['latest', 'production'], ['greeting'], { temperature: 0.5 }, 'first words']);
            assert.deepEqual([second.version, second.labels.toSorted(), second.tags, second.config], [2, ['latest', 'staging'], ['greeting'], { temperature: 0.1 }]);
        });

        test(`prompts.get by ${sdk.name}: by default production, by label, by version; compiled`, () => {
            const { usual, staging, latest, numbered, compiled, langchain } = saw.text;
            assert.deepEqual([usual.version, usual.labels, staging.version, latest.version, numbered.version], [1, ['production'], 2, 2, 1]);
            assert.deepEqual([compiled, langchain], ['Hello Ada!', 'Hello {who}!']);
        });

        test(`promptVersion.update by ${sdk.name}: a label moves; the cache keeps what it has for its minute`, () => {
            assert.deepEqual([saw.labels.moved[0], saw.labels.moved[1].toSorted()], [2, ['latest', 'production', 'staging']]);
            assert.deepEqual([saw.labels.after, saw.labels.cached, saw.labels.fresh], [2, 2, 1]);
        });

        test(`prompts.get of a chat by ${sdk.name}: variables${sdk.placeholders ? ' and placeholders' : ''} are filled`, () => {
            const history = sdk.placeholders ? [['user', 'hi'], ['assistant', 'hello']] : [];
            assert.deepEqual(saw.chat.compiled.map(({ role, content }) => [role, content]), [['system', 'You help Ada.'], ...history, ['user', 'why?']]);
        });

        test(`prompts.get of a composed prompt by ${sdk.name}: it comes with what it refers to`, () => {
            assert.deepEqual(saw.composed.compiled.map(({ content }) => content), [`${system}Ada.`]);
            assert.deepEqual(saw.composed.prompt.map(({ content }) => content), [`${system}{{who}}.`]);
        });

        test(`prompts.get of what is not there by ${sdk.name}: told in words, or the fallback`, () => {
            assert.match(saw.missing.said, new RegExp(`Prompt not found: '${folder}/never' with label 'production'`));
            assert.deepEqual([saw.missing.fallback.isFallback, saw.missing.compiled, saw.missing.chat.map(({ content }) => content)], [true, 'Hi Ada', ['Hi Ada']]);
        });

        test(`prompts.list by ${sdk.name}`, { skip: !sdk.lists && 'this SDK offers no list' }, () => {
            const { data, meta } = saw.lists.all;
            assert.deepEqual([data.length, data[0].name, data[0].versions, data[0].labels.toSorted(), data[0].tags, meta.totalItems], [1, `${folder}/greeting`, [1, 2], ['latest', 'production', 'staging'], ['greeting'], 1]);
            if (sdk.raw) assert.match(saw.lists.raw[0].content, /^@@@langfusePrompt:name=.*voice\|label=production@@@ /);
        });

        test(`a generation linked to a prompt by ${sdk.name}: name and version are on the call; a fallback links nothing`, async () => {
            await eventually(async () => {
                const calls = async (trace_id) => (await server.api.get('/api/v1/invocations', { f: [`trace_id=${hex(trace_id)}`], from: '-1h' })).invocations.map((one) => [one.prompt, one.prompt_version]);
                assert.deepEqual(await calls(saw.linked), [[`${folder}/greeting`, '2']]);
                assert.deepEqual(await calls(saw.unlinked), [[null, null]]);
            });
        });

        test(`prompts.delete by ${sdk.name}: a version, what others use (not), all`, { skip: !sdk.deletes && 'this SDK cannot delete' }, () => {
            assert.deepEqual([saw.remove.latest, saw.remove.used, saw.remove.gone], [1, 400, 404]);
        });
    });
}

async function call(method, path, body, headers = server.api.headers) {
    const reply = await fetch(`${server.url}/api/public/${path}`, { method, headers: { ...headers, ...(body && { 'content-type': 'application/json' }) }, body: body && JSON.stringify(body) });
    const text = await reply.text();
    return { status: reply.status, ...(text && JSON.parse(text)) };
}
const create = (body) => call('POST', 'v2/prompts', body);

test('prompts on the wire: pages, filters, and the first version of the API', async () => {
    for (const [name, tags] of [['wire/a', ['one']], ['wire/b', ['two']], ['wire/c', ['one', 'wire']]]) assert.equal((await create({ name, prompt: name, tags, labels: ['wire-label'] })).status, 201);
    assert.equal((await create({ name: 'wire/a', prompt: 'again', config: { n: 1.0 } })).version, 2);
    const page = await call('GET', 'v2/prompts?label=wire-label&limit=2&page=2');
    assert.deepEqual([page.data.map((one) => one.name), page.meta, page.pagination], [['wire/c'], { page: 2, limit: 2, totalItems: 3, totalPages: 2 }, page.meta]);
    const of = async (query) => (await call('GET', `v2/prompts?${new URLSearchParams(query)}`)).data.map((one) => [one.name, one.versions, one.labels]);
    assert.deepEqual(await of({ name: 'wire/a', label: 'wire-label' }), [['wire/a', [1], ['wire-label']]]);
    assert.deepEqual(await of({ name: 'wire/a', version: 2 }), [['wire/a', [2], ['latest']]]);
    assert.deepEqual(await of({ tag: 'wire' }), [['wire/c', [1], ['latest', 'wire-label']]]);
    assert.deepEqual(await of({ name: 'wire/a', toUpdatedAt: '2020-01-01T00:00:00Z' }), []);
    assert.equal((await of({ name: 'wire/a', fromUpdatedAt: '2020-01-01T00:00:00+02:00' })).length, 1);
    assert.equal((await call('GET', 'v2/prompts')).meta.limit, 10);

    const first = await call('POST', 'prompts', { name: 'wire/old', prompt: 'old', isActive: true });
    assert.deepEqual([first.isActive, first.labels], [true, ['latest', 'production']]);
    assert.equal((await call('GET', 'prompts?name=wire/old')).prompt, 'old');
    assert.equal((await call('GET', 'v2/prompts/wire/old')).prompt, 'old', 'slashes that nobody encoded');
});

test('a protected label stays with its version, unless whoever asks says that it is to move', async () => {
    const own = async (method, path, body) => {
        const reply = await fetch(`${server.url}/api/v1/${path}`, { method, headers: { ...server.api.headers, 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
        const text = await reply.text();
        return [reply.status, text ? JSON.parse(text).protected ?? JSON.parse(text).error.message : null];
    };
    const keep = (labels) => own('PUT', 'prompt_labels', { protected: labels });
    for (const prompt of ['one', 'two']) await create({ name: 'kept', prompt, labels: ['live'] });
    assert.deepEqual(await keep(['live', 'canary', 'live']), [200, ['canary', 'live']]);
    const moved = async () => (await call('GET', 'v2/prompts/kept?label=live')).version;
    const tries = [() => call('PATCH', 'v2/prompts/kept/versions/1', { newLabels: ['free', 'live'] }), () => create({ name: 'kept', prompt: 'three', labels: ['live'] }), () => call('DELETE', 'v2/prompts/kept?version=2'),
        () => call('DELETE', 'v2/prompts/kept?label=live'), () => call('DELETE', 'v2/prompts/kept')];
    for (const attempt of tries) {
        const reply = await attempt();
        assert.deepEqual([reply.status, reply.error], [403, 'ForbiddenError'], reply.message);
        assert.match(reply.message, /^label: 'live' is protected/);
    }
    assert.equal((await own('DELETE', 'prompts/kept/labels/live'))[0], 403);
    assert.deepEqual((await call('GET', 'v2/prompts?name=kept')).data[0].versions, [1, 2]);
    // No move: the version that has it, a prompt that has it nowhere, another label, another version.
    assert.equal((await call('PATCH', 'v2/prompts/kept/versions/2', { newLabels: ['live'] })).status, 200);
    assert.equal((await create({ name: 'kept too', prompt: 'x', labels: ['live'] })).status, 201);
    assert.equal((await call('PATCH', 'v2/prompts/kept/versions/1', { newLabels: ['free'] })).status, 200);
    assert.equal((await call('DELETE', 'v2/prompts/kept?version=1')).status, 204);
    assert.equal((await create({ name: 'kept', prompt: 'three', commitMessage: 'no label' })).version, 3);
    assert.equal((await call('PATCH', 'v2/prompts/kept/versions/3?protected=move', { newLabels: ['live'] })).status, 200);
    assert.equal(await moved(), 3);
    for (const [labels, words] of [[['latest'], /^protected\[0\]: latest/], [['A B'], /^protected\[0\]: expected/], ['live', /^protected: expected a list/], [undefined, /^protected: expected/]]) {
        const [status, message] = await keep(labels);
        assert.equal(status, 400);
        assert.match(message, words);
    }
    assert.deepEqual(await keep([]), [200, []]);
    assert.equal((await call('PATCH', 'v2/prompts/kept/versions/2', { newLabels: ['live'] })).status, 200);
    assert.equal(await moved(), 2);
});

test('prompts on the wire: what is refused says why, and changes nothing', async () => {
    await create({ name: 'refused', prompt: 'x' });
    const chat = (...prompt) => create({ name: 'chat', type: 'chat', prompt });
    const refused = [
        [await call('GET', 'v2/prompts/refused?version=1&label=latest'), /version and label/],
        [await call('GET', 'v2/prompts/refused?version=one'), /^version: /],
        [await create({ name: 'refused', type: 'chat', prompt: [] }), /different prompt type/],
        [await create({ name: 'refused', prompt: ['x'] }), /^prompt: expected a text/],
        [await create({ name: 'refused', prompt: 'x', labels: ['Not a label'] }), /^labels\[0\]/],
        [await create({ name: 'refused', prompt: 'x', labels: 'production' }), /^labels: expected a list/],
        [await create({ name: 'a|b', prompt: 'x' }), /^name: /],
        [await create({ prompt: 'x' }), /^name: /],
        [await create({ name: 'refused', type: 'poem', prompt: 'x' }), /^type: expected text or chat/],
        [await chat({ role: 'user' }), /^prompt\[0\]\.content/],
        [await chat({ content: 'x' }), /^prompt\[0\]\.role/],
        [await chat({ type: 'placeholder' }), /^prompt\[0\]\.name/],
        [await chat({ type: 'placeholder', name: 'same' }, { role: 'user', content: 'hi {{ same }}' }), /must be unique.*same/],
        [await create({ name: 'refused', prompt: '@@@langfusePrompt:name=refused|label=latest@@@' }), /Circular/],
        [await create({ name: 'refused', prompt: '@@@langfusePrompt:name=nobody|version=3@@@' }), /not found: nobody - version 3/],
        [await call('PATCH', 'v2/prompts/refused/versions/1', { newLabels: ['latest'] }), /^newLabels\[0\]: latest/],
        [await call('PATCH', 'v2/prompts/refused/versions/1', {}), /^newLabels: /],
        [await call('PATCH', 'v2/prompts/refused/versions/0', { newLabels: [] }), /^version: /],
        [await call('DELETE', 'v2/prompts/refused?version=1&label=latest'), /version and label/],
    ];
    for (const [reply, words] of refused) {
        assert.deepEqual([reply.status, reply.error], [400, 'InvalidRequestError'], reply.message);
        assert.match(reply.message, words);
    }
    for (const [method, path, body] of [['GET', 'v2/prompts/nobody'], ['DELETE', 'v2/prompts/nobody'], ['PATCH', 'v2/prompts/nobody/versions/1', { newLabels: ['x'] }], ['PATCH', 'v2/prompts/no/body', { newLabels: [] }]]) {
        const reply = await call(method, path, body);
        assert.deepEqual([reply.status, reply.error], [404, 'LangfuseNotFoundError'], `${method} ${path}`);
    }
    assert.equal((await call('GET', 'v2/prompts/refused', undefined, {})).status, 401);
    assert.equal((await call('GET', 'v2/prompts/refused', undefined, { authorization: `Bearer ${pair.public}` })).status, 403);
    assert.deepEqual((await call('GET', 'v2/prompts?name=refused')).data[0].versions, [1]);
    // A form of another page can be sent without being asked; this type cannot.
    const form = await fetch(`${server.url}/api/public/v2/prompts`, { method: 'POST', headers: { ...server.api.headers, 'content-type': 'text/plain' }, body: '{"name":"form","prompt":"x"}' });
    assert.equal(form.status, 415);
});

test('prompts on the wire: two that write at once get different versions', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, (_, at) => create({ name: 'race', prompt: `n${at}`, labels: ['production'] })));
    assert.deepEqual(made.map((one) => one.version).sort((a, b) => a - b), Array.from({ length: 12 }, (_, at) => at + 1));
    const { data: [{ versions, labels }] } = await call('GET', 'v2/prompts?name=race');
    assert.deepEqual([versions.length, labels], [12, ['latest', 'production']]);
    assert.equal((await call('GET', 'v2/prompts/race?label=latest')).version, 12);
});

test('what the screens ask: versions, words with and without references, labels taken off, numbers by version', async () => {
    await create({ name: 'native/rules', prompt: 'Be kind.', labels: ['production'] });
    for (const prompt of ['one', 'two @@@langfusePrompt:name=native/rules|label=production@@@']) await create({ name: 'native/a b', prompt, labels: ['here'], commitMessage: prompt.slice(0, 3) });
    const path = `/api/v1/prompts/${encodeURIComponent('native/a b')}`;
    const { prompts, total } = await server.api.get('/api/v1/prompts', { label: 'here' });
    assert.deepEqual([total, prompts.map(({ name, type, latest, versions, labels }) => [name, type, latest, versions, labels])], [1, [['native/a b', 'text', 2, [2], { here: 2, latest: 2 }]]]);
    const one = await server.api.get(path, { limit: 1 });
    assert.deepEqual([one.name, one.versions.map(({ version, labels, message }) => [version, labels, message]), one.more], ['native/a b', [[2, ['here', 'latest'], 'two']], true]);
    assert.deepEqual((await server.api.get(path, { before: 2 })).versions.map(({ version }) => version), [1]);
    assert.deepEqual((await server.api.get('/api/v1/prompts/native%2Frules')).used_by, [{ name: 'native/a b', version: 2, by_label: 'production', by_version: null }]);
    const { prompt, resolved, problem, references } = await server.api.get(`${path}/versions/2`);
    assert.deepEqual([prompt, resolved, problem, references], ['two @@@langfusePrompt:name=native/rules|label=production@@@', 'two Be kind.', null, [{ name: 'native/rules', label: 'production', version: null }]]);
    const off = async (name, label) => (await fetch(`${server.url}/api/v1/prompts/${encodeURIComponent(name)}/labels/${label}`, { method: 'DELETE', headers: server.api.headers })).status;
    assert.deepEqual([await off('native/a b', 'here'), await off('native/a b', 'here'), await off('native/a b', 'latest'), await off('native/rules', 'production')], [204, 404, 400, 400]);
    for (const missing of ['/api/v1/prompts/nobody', `${path}/versions/9`]) await assert.rejects(server.api.get(missing), { status: 404 });
    await assert.rejects(server.api.get(`${path}/versions/x`), { status: 400 });

    const at = BigInt(Date.now() - 60000) * 1000000n;
    const spans = [1, 2, 2].map((version, n) => modelCall({ trace_id: traceId(), start: at + BigInt(n) * 1000000n, attributes: { 'langfuse.observation.prompt.name': 'native/a b', 'langfuse.observation.prompt.version': version,
        'gen_ai.request.model': 'gpt-4o-mini', 'gen_ai.usage.input_tokens': 100, 'gen_ai.usage.output_tokens': 10 * version } }));
    assert.equal((await post(server.url, toJson('app', spans), { type: 'application/json', headers: server.api.headers })).status, 200);
    const scores = [0.9, 0.4, 0.6].map((value, n) => ({ trace_id: spans[n].trace_id, name: 'good', value }));
    assert.equal((await fetch(`${server.url}/api/v1/scores`, { method: 'POST', headers: { ...server.api.headers, 'content-type': 'application/json' }, body: JSON.stringify({ scores }) })).status, 200);
    await eventually(async () => {
        const { versions } = await server.api.get('/api/v1/prompt_usage', { prompt: 'native/a b', from: '-1h' });
        assert.deepEqual(versions.map((one) => [one.version, one.calls, one.input_tokens, one.output_tokens, one.cost > 0, one.scores]),
            [['2', 2, 200, 40, true, [{ name: 'good', count: 2, mean: 0.5 }]], ['1', 1, 100, 10, true, [{ name: 'good', count: 1, mean: 0.9 }]]]);
    });
    assert.deepEqual((await server.api.get('/api/v1/prompt_usage', { prompt: 'native/a', from: '-1h' })).versions, []);
});

test('docs/compat/langfuse.md says what these SDKs asked', () => checkCompat('langfuse_prompts', watched.seen, noPython() ? ['JS v3', 'JS v4', 'JS v5'] : undefined));
