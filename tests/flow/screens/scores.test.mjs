// SPDX-License-Identifier: Apache-2.0
// Scores on the trace's screen: shown as text whatever they say, and one's own opinion given, explained and taken back.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { eventually } from '../support/eventually.mjs';
import { accessible, cannot, quiet, serious, setStage, settled } from './stage.mjs';
import { fine, send } from './traffic.mjs';

describe('screens: scores', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });
    const scores = (trace_id) => stage.api.get('/api/v1/scores', { trace_id }).then((reply) => reply.scores);
    let trace;

    it('scores of the trace and of its spans are small labels, and hostile ones are inert', async () => {
        await send(stage.url, fine());
        await stage.indexed();
        [trace] = (await stage.api.traces({ from: '-1d' })).traces;
        const shape = await stage.api.get(`/api/v1/traces/${trace.trace_id}`);
        const { trace_id } = trace, span_id = shape.spans.id.at(-1);
        const reply = await fetch(`${stage.url}/api/v1/scores`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([
            { name: 'accuracy', value: 0.87654, trace_id, source: 'eval', comment: 'cites <b>both</b>' },
            { name: 'passed', value: true, trace_id },
            { name: '<img src=x onerror=alert(1)>', value: '\u202e<script>alert(2)</script>', trace_id },
            { name: 'tone', value: 'friendly', trace_id, span_id },
        ]) });
        assert.equal(reply.status, 200);
        await eventually(async () => assert.equal((await scores(trace_id)).length, 4));
        const { page, complaints, context } = await stage.open(`/p/default/traces/${trace_id}?span=${span_id}`);
        const group = page.getByRole('group', { name: 'Scores of this trace' });
        await group.getByText('0.8765').waitFor();
        const text = await group.innerText();
        assert.match(text, /passed\s+yes/);
        assert.match(text, /<img src=x onerror=alert\(1\)>\s+⟦U\+202E⟧<script>/);
        assert.match(text, /1 on its spans/);
        assert.match(await page.locator('.score-label', { hasText: 'accuracy' }).getAttribute('title'), /evaluator.*\ncites <b>both<\/b>/);
        assert.match(await page.getByLabel('Scores of this span').innerText(), /tone\s+friendly/);
        quiet(complaints);
        await context.close();
    });

    it('a thumb is one click, why is one line, a second click takes it back', async () => {
        const { trace_id } = trace;
        const own = async () => (await scores(trace_id)).find((score) => score.name === 'feedback');
        const { page, complaints, context } = await stage.open(`/p/default/traces/${trace_id}`);
        await page.getByRole('button', { name: 'Good', exact: true }).click();
        await page.getByLabel('Why').fill('found both places');
        await page.getByLabel('Why').press('Enter');
        await eventually(async () => assert.deepEqual([(await own())?.value, (await own())?.comment, (await own())?.source], [true, 'found both places', 'annotation']));
        await page.reload();
        await settled(page);
        assert.equal(await page.getByRole('button', { name: 'Good', exact: true }).getAttribute('aria-pressed'), 'true');
        assert.equal(await page.getByLabel('Why').inputValue(), 'found both places');
        await page.getByRole('button', { name: 'Bad', exact: true }).click();
        await eventually(async () => assert.equal((await own())?.value, false));
        await page.getByRole('button', { name: 'Bad', exact: true }).click();
        await eventually(async () => assert.equal(await own(), undefined));
        assert.equal(await page.getByLabel('Why').count(), 0);
        quiet(complaints);
        await context.close();
    });

    it('axe-core finds no serious problem, and nothing scrolls sideways on a phone', async () => {
        await accessible(stage, `/p/default/traces/${trace.trace_id}`);
        await accessible(stage, `/p/default/traces/${trace.trace_id}`, { width: 390, height: 844 });
    });

    it('a picture the trace refers to is shown, a page is only offered, and neither can run', async () => {
        const keep = async (contentType, text) => {
            const bytes = Buffer.from(text, contentType === 'image/png' ? 'base64' : 'utf8');
            const reply = await fetch(`${stage.url}/api/public/media`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({
                contentType, contentLength: bytes.length, sha256Hash: createHash('sha256').update(bytes).digest('base64'), field: 'input', traceId: 'with-media' }) });
            const { mediaId, uploadUrl } = await reply.json();
            await fetch(uploadUrl, { method: 'PUT', body: bytes });
            return `@@@langfuseMedia:type=${contentType}|id=${mediaId}|source=bytes@@@`;
        };
        const input = [await keep('image/png', 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='), await keep('text/html', '<script>parent.stolen = 1</script>')].join(' and ');
        await fetch(`${stage.url}/api/public/ingestion`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ batch: [
            { id: 'm1', type: 'trace-create', timestamp: new Date().toISOString(), body: { id: 'with-media', name: 'media', input: `look: ${input}`, output: 'seen' } }] }) });
        const { trace_id } = await eventually(async () => {
            const { traces } = await stage.api.traces({ from: '-1d', f: 'name=media' });
            assert.equal(traces.length, 1);
            return traces[0];
        });
        const { page, complaints, context } = await stage.open(`/p/default/traces/${trace_id}`);
        const picture = page.getByRole('img', { name: 'image/png' });
        await picture.waitFor();
        await eventually(async () => assert.equal(await picture.evaluate((img) => img.naturalWidth), 1));
        assert.match(await page.getByRole('link', { name: 'text/html' }).getAttribute('href'), /^\/api\/v1\/media\/[\w-]{22}\?project=default$/);
        quiet(complaints);
        await context.close();
    });

    it('a key is made, its secret shown once, and revoked by a second press; the last one stays', async () => {
        const { page, complaints, context } = await stage.open('/p/default/setup');
        const keys = page.getByRole('region', { name: 'Keys' });
        await keys.getByLabel('What the key is for').fill('shop');
        await keys.getByRole('button', { name: 'Make a key' }).click();
        await keys.getByText(/sk-lf-/).waitFor();
        await keys.getByRole('cell', { name: 'shop' }).waitFor();
        for (let press = 0; press < 2; press++) await keys.getByRole('button', { name: /^Revoke/ }).last().click();
        await keys.getByRole('cell', { name: 'shop' }).waitFor({ state: 'detached' });
        quiet(complaints);
        for (let press = 0; press < 2; press++) await keys.getByRole('button', { name: /^Revoke/ }).last().click();
        await keys.getByText(/last one/).waitFor();
        await page.getByRole('button', { name: 'Fill in a new pair' }).click();
        await page.getByText('In the lines above.').waitFor();
        const told = /Authorization=Basic%20([\w+/=]+)/.exec(await page.getByLabel('Environment lines', { exact: true }).innerText())[1];
        const opened = await fetch(`${stage.url}/api/v1/keys`, { headers: { authorization: `Basic ${told}` } });
        assert.deepEqual([opened.status, atob(told).split(':')[0]], [200, (await opened.json()).keys.find(({ note }) => note === 'from the Connect screen').public_key]);
        await page.getByRole('tab', { name: 'Langfuse SDK' }).click();
        assert.ok((await page.getByLabel('Langfuse SDK lines', { exact: true }).innerText()).includes(atob(told).split(':')[1]));
        await context.close();
    });

    it('the Scores screen shows a score, compares two, and a cell of them leads to its traces', async () => {
        const traces = Array.from({ length: 30 }, (_, at) => (at + 1).toString(16).padStart(32, 'a'));
        const given = traces.flatMap((trace_id, at) => [
            { name: 'right', value: at < 20, trace_id, source: 'annotation', comment: `because ${at}` }, { name: 'right', value: at < 17 || at > 25, trace_id, source: 'eval' },
            { name: 'stars', value: at % 5, trace_id }, { name: 'length', value: at % 5 + (at % 2), trace_id },
        ]);
        const reply = await fetch(`${stage.url}/api/v1/scores`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(given) });
        assert.equal(reply.status, 200);
        await eventually(async () => assert.equal((await scores(traces[29])).length, 4));
        const { page, complaints, context } = await stage.open('/p/default/scores');
        const table = page.getByRole('region', { name: 'Scores table' });
        assert.match(await table.innerText(), /<img src=x onerror=alert\(1\)>/);
        await table.getByRole('link', { name: 'stars' }).click();
        await page.getByRole('button', { name: /^4 to 4: 6$|^3\.6 to 4: 6$/ }).click();
        await eventually(async () => assert.equal(await page.getByRole('region', { name: 'Scores given, table' }).getByRole('row').count(), 7));
        await table.getByRole('link', { name: 'right' }).click();
        await page.getByLabel('Given by').selectOption('annotation');
        await page.getByLabel('Compare with').selectOption('boolean:eval:right');
        const comparison = page.getByRole('region', { name: 'Comparison' });
        await comparison.getByText('30 pairs').waitFor();
        // 17 + 6 of 30 agree; by chance 20 * 21 + 10 * 9 of 900.
        assert.match(await comparison.getByText('Cohen’s kappa').locator('..').innerText(), /0\.462\s+moderate/);
        await comparison.getByRole('button', { name: 'true and false: 3' }).click();
        const pairs = page.getByRole('region', { name: 'Pairs table' });
        await eventually(async () => assert.equal(await pairs.getByRole('row').count(), 4));
        assert.deepEqual(await serious(page), []);
        await page.reload();
        await settled(page);
        await eventually(async () => assert.equal(await pairs.getByRole('row').count(), 4, 'the address holds the whole state'));
        assert.match(await pairs.getByRole('link').first().getAttribute('href'), /\/p\/default\/traces\/a{20,}/);
        await page.goto(`${stage.url}/p/default/scores?a=numeric::stars&b=numeric::length`);
        await settled(page);
        assert.match(await comparison.getByText('Mean absolute error').locator('..').innerText(), /0\.5/);
        await comparison.getByRole('region', { name: 'Where the pairs lie' }).getByRole('button').first().waitFor();
        assert.deepEqual(await serious(page), []);
        quiet(complaints);
        await context.close();
    });
});
