// SPDX-License-Identifier: Apache-2.0
// Datasets: made, filled by hand, from a file and from a trace; runs side by side, the worst first.
import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import { eventually } from '../support/eventually.mjs';
import { cannot, quiet, setStage } from './stage.mjs';
import { fine, send } from './traffic.mjs';

describe('screens: datasets', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });
    const ask = async (method, path, body) => {
        const reply = await fetch(stage.url + path, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
        assert.ok(reply.ok, `${path}: ${reply.status}`);
        return reply.json();
    };
    const items = async () => (await stage.api.get(`/api/v1/datasets/${id}/items`, { archived: 1 })).items;
    let id;

    it('a dataset is made, items are written by hand, changed and archived', async () => {
        const { page, complaints, context } = await stage.open('/p/default/datasets');
        await page.getByText('No datasets yet').waitFor();
        await page.keyboard.press('n');
        await page.getByLabel('Name').fill('capitals/<b>easy</b>');
        await page.getByRole('button', { name: 'Make it' }).click();
        await page.getByRole('button', { name: 'Add', exact: true }).click();
        id = page.url().split('/').at(-2);
        await page.getByLabel('Input').fill('{"country": "France"}');
        await page.getByLabel('Expected output').fill('Paris');
        await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
        await page.getByRole('cell', { name: 'Paris' }).waitFor();
        await page.getByRole('button', { name: /^Edit / }).click();
        await page.getByLabel('Expected output').fill('Paris, of course');
        await page.getByRole('button', { name: 'Change', exact: true }).click();
        await page.getByRole('cell', { name: 'Paris, of course' }).waitFor();
        const [item] = await items();
        assert.deepEqual([item.input, item.expected_output, item.metadata], [{ country: 'France' }, 'Paris, of course', null]);
        await page.getByRole('button', { name: /^Archive / }).click();
        await page.getByText('No items yet.').waitFor();
        await page.getByRole('button', { name: 'Show 1 archived' }).click();
        await page.getByRole('button', { name: /^Restore / }).click();
        await eventually(async () => assert.equal((await items())[0].status, 'active'));
        quiet(complaints);
        await context.close();
    });

    it('a file becomes items, its columns told by their names; what the schema refuses is said', async () => {
        await ask('PATCH', `/api/v1/datasets/${id}`, { input_schema: { type: ['string', 'object'], minLength: 4 } });
        const { page, complaints, context } = await stage.open(`/p/default/datasets/${id}/items`);
        const bring = async (name, text) => {
            await page.getByRole('button', { name: 'From a file' }).click();
            await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
        };
        await bring('bad.jsonl', '{"input": 1}\n{');
        await page.getByText('bad.jsonl: line 2 is not JSON').waitFor();
        await page.getByRole('button', { name: 'Cancel' }).click();
        await bring('more.csv', 'question,answer,notes\n"Japan, the country?",Tokyo,x\nXY,Lima,\n');
        assert.equal(await page.getByLabel('question').inputValue(), 'input');
        assert.equal(await page.getByLabel('notes').inputValue(), '');
        await page.getByRole('button', { name: 'Add 2 items' }).click();
        await page.getByText(/items\[1\]: input: expected at least 4 characters/).waitFor();
        assert.equal((await items()).length, 1);
        await page.locator('input[type=file]').setInputFiles({ name: 'more.csv', mimeType: 'text/csv', buffer: Buffer.from('question,answer,notes\n"Japan, the country?",Tokyo,x\nPeru,Lima,\n') });
        await page.getByLabel('notes').selectOption('metadata');
        await page.getByRole('button', { name: 'Add 2 items' }).click();
        await page.getByRole('cell', { name: 'Japan, the country?' }).waitFor();
        assert.deepEqual((await items()).map((item) => item.metadata).sort(), ['', null, 'x'].sort());
        quiet(complaints.filter((line) => !/status of 400/.test(line)));
        await context.close();
    });

    it('what a span was asked and answered goes into a dataset, and leads back to it', async () => {
        await send(stage.url, fine());
        await stage.indexed();
        const [trace] = (await stage.api.traces({ from: '-1d' })).traces;
        const { page, complaints, context } = await stage.open(`/p/default/traces/${trace.trace_id}`);
        await page.getByRole('button', { name: 'Add to dataset' }).click();
        await page.getByRole('dialog').getByRole('combobox').selectOption({ label: 'capitals/<b>easy</b>' });
        await page.getByLabel('Input').fill('from a trace');
        await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
        await eventually(async () => assert.equal((await items()).find((item) => item.input === 'from a trace')?.source_trace_id, trace.trace_id));
        await page.goto(`${stage.url}/p/default/datasets/${id}/items`);
        await page.getByRole('link', { name: 'Trace', exact: true }).click();
        await page.waitForURL(new RegExp(`/traces/${trace.trace_id}`));
        quiet(complaints);
        await context.close();
    });

    it('runs are ticked and stand side by side: what is more than chance, then regressions, then the rest', async () => {
        const { id: set } = await ask('POST', '/api/v1/datasets', { name: 'compared' });
        const list = Array.from({ length: 12 }, (_, i) => ({ id: `p-${i}`, input: `question ${i}`, expected_output: `the answer ${i}` }));
        await ask('POST', `/api/v1/datasets/${set}/items`, { items: list });
        const right = [() => true, (i) => i >= 8], batch = [];
        for (const run of [0, 1]) for (let i = 0; i < 12; i++) {
            const traceId = `screen-${run}-${i}`, timestamp = new Date(Date.now() - 60000).toISOString();
            batch.push({ id: `${traceId}-t`, type: 'trace-create', timestamp, body: { id: traceId, name: 'q', timestamp, input: `question ${i}`, output: right[run](i) ? `the answer ${i}` : `the guess ${i} <i>` } },
                { id: `${traceId}-s`, type: 'score-create', timestamp, body: { id: `${traceId}-s`, traceId, name: 'right', value: Number(right[run](i)), dataType: 'BOOLEAN' } });
        }
        await ask('POST', '/api/public/ingestion', { batch });
        for (const run of [0, 1]) for (let i = 0; i < 12; i++)
            await ask('POST', '/api/public/dataset-run-items', { runName: `v${run}`, datasetItemId: `p-${i}`, traceId: `screen-${run}-${i}` });
        await eventually(async () => assert.deepEqual((await stage.api.get(`/api/v1/datasets/${set}/runs`)).runs.map((run) => run.measures.find((one) => one.name === 'right')?.count), [12, 12]));

        const { page, complaints, context } = await stage.open(`/p/default/datasets/${set}`);
        await page.getByLabel('Compare v0').check();
        await page.getByLabel('Compare v1').check();
        await page.getByRole('link', { name: 'Compare 2' }).click();
        const row = page.getByRole('row', { name: /^right/ });
        await row.getByText('significantly worse').waitFor();
        assert.match(await row.innerText(), /1\s+v1\s+0\.333\s+−0\.667[\s\S]*0\.0(08|16|23|12)/);
        assert.match(await page.getByLabel('Items of 2 runs').innerText(), /Regressed\s+8\s+Improved\s+0\s+The same\s+4/);
        const first = page.getByRole('article').first();
        assert.match(await first.innerText(), /regressed/);
        assert.deepEqual((await first.locator('del, ins').allInnerTexts()).map((text) => text.trim()), ['answer', 'guess', '<i>']);
        assert.match(await page.getByRole('article').last().innerText(), /the same/);
        await row.getByRole('button', { name: 'higher is better' }).click();
        await page.getByText('significantly better').waitFor();
        assert.match(page.url(), /lower=right/);
        quiet(complaints);
        await context.close();
    });

    it('a run or a dataset is deleted only after it was asked for twice', async () => {
        const set = (await stage.api.get('/api/v1/datasets', {})).datasets.find(({ name }) => name === 'compared').id;
        const { page, complaints, context } = await stage.open(`/p/default/datasets/${set}`);
        const choose = async (menu, item) => {
            await page.getByRole('button', { name: menu }).click();
            await page.getByRole('button', { name: item }).click();
        };
        await choose('More about v1', 'Delete the run…');
        await page.getByRole('dialog').getByText('v1 goes with its 12 results').waitFor();
        await page.getByRole('button', { name: 'Cancel' }).click();
        await choose('More about v1', 'Delete the run…');
        await page.getByRole('button', { name: 'Delete it' }).click();
        await page.getByLabel('Compare v1').waitFor({ state: 'detached' });
        await page.getByLabel('Compare v0').waitFor();
        await choose('More about this dataset', 'Delete the dataset with its runs…');
        await page.getByRole('dialog').getByText('goes with 12 items and 1 run').waitFor();
        await page.getByRole('button', { name: 'Delete it' }).click();
        await page.waitForURL(/\/datasets$/);
        await eventually(async () => assert.deepEqual((await stage.api.get('/api/v1/datasets', {})).datasets.map(({ name }) => name), ['capitals/<b>easy</b>']));
        quiet(complaints);
        await context.close();
    });
});
