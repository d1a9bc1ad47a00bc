// SPDX-License-Identifier: Apache-2.0
// Model invocations: its numbers are the API's, two models and two periods stand side by side, a call opens its span.
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { accessible, cannot, quiet, setStage, settled } from './stage.mjs';
import { failing, fine, send, Trace } from './traffic.mjs';

describe('screens: models', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });

    before(async () => {
        const other = new Trace('batch', Date.now() - 60e3);
        other.chat(null, 0, 2000, { model: 'claude-sonnet-4-5', provider: 'anthropic', input: 4000, output: 900, messages: [['user', 'Write a page about tents']], answer: 'A tent is a house one carries.' });
        const past = new Trace('shop-assistant', Date.now() - 80 * 60e3);
        past.chat(null, 0, 4000, { input: 100, output: 100, messages: [['user', 'Earlier']], answer: 'Then' });
        await send(stage.url, failing(), other, past, ...Array.from({ length: 12 }, (_, at) => fine(at * 1000)));
        await stage.indexed();
    });

    it('the table says what the API says', async () => {
        const { models } = await stage.api.get('/api/v1/models', { from: '-1h' });
        const { page, complaints, context } = await stage.open('/p/default/models?from=-1h');
        const row = page.locator('.models-table tbody tr').filter({ hasText: 'gpt-4o' });
        const gpt = models.find(({ model }) => model === 'gpt-4o');
        assert.equal(gpt.calls, 14);
        assert.equal(await row.locator('td').nth(1).innerText(), '14');
        await row.getByTitle('1 failed: 1 throttle').waitFor();
        await row.getByTitle('Open the throttled requests').click();
        await page.waitForURL(/\/traces\?.*error_kind=throttle/);
        await settled(page);
        assert.equal(await page.locator('.trace-row').count(), 1);
        quiet(complaints);
        await context.close();
    });

    it('one tick compares with the period before, two with each other, and the address says which', async () => {
        const { page, complaints, context } = await stage.open('/p/default/models?from=-1h');
        await page.getByRole('checkbox', { name: 'Compare gpt-4o' }).click();
        const panel = page.getByRole('region', { name: 'Comparison', exact: true });
        await panel.getByText('gpt-4o against the period before').waitFor();
        const cells = (label) => panel.getByRole('row', { name: new RegExp(`^${label}`) }).locator('td').allInnerTexts();
        await panel.getByRole('row', { name: /^Calls/ }).waitFor();
        assert.deepEqual(await cells('Calls'), ['14', '1', '▲ ×14']);
        await page.getByRole('checkbox', { name: 'Compare claude-sonnet-4-5' }).click();
        await panel.getByText('gpt-4o against claude-sonnet-4-5').waitFor();
        assert.deepEqual((await cells('Input tokens a call')).slice(1), ['4 k', '▼ 77.9 %']);
        const again = await stage.open(page.url().slice(stage.url.length));
        await again.page.getByText('gpt-4o against claude-sonnet-4-5').waitFor();
        await again.context.close();
        await panel.getByRole('button', { name: 'End the comparison' }).click();
        await panel.waitFor({ state: 'detached' });
        quiet(complaints);
        await context.close();
    });

    it('failed calls are a tab away, and a call opens its span with what was said', async () => {
        const { page, complaints, context } = await stage.open('/p/default/models?from=-1h');
        await page.getByRole('tab', { name: 'Failed' }).click();
        await page.waitForURL(/tab=failed/);
        const rows = page.locator('.calls-table tbody tr');
        await page.waitForFunction(() => document.querySelectorAll('.calls-table tbody tr').length === 1);
        assert.match(await rows.first().innerText(), /order 4411[\s\S]*throttle/);
        await rows.first().getByRole('link').click();
        await page.waitForURL(/\/traces\/[0-9a-f]{32}\?span=[0-9a-f]{16}/);
        await page.locator('.error-card').waitFor();
        quiet(complaints);
        await context.close();
    });

    it('a legend hides a model everywhere, and latency by size has a table', async () => {
        const { page, complaints, context } = await stage.open('/p/default/models?from=-1h');
        const legend = page.getByRole('group', { name: 'Models in the charts' });
        await legend.getByRole('button', { name: /gpt-4o/ }).click();
        await page.waitForURL(/shut=openai\/gpt-4o/);
        assert.equal(await legend.getByRole('button', { name: /gpt-4o/ }).getAttribute('aria-pressed'), 'false');
        await page.getByText('No model refused a call for its rate.').waitFor();
        const sizes = page.getByRole('region', { name: 'Latency by size', exact: true });
        await sizes.getByRole('button', { name: 'Table' }).click();
        assert.match(await sizes.getByRole('row', { name: /claude-sonnet-4-5/ }).innerText(), /2 s\s*\(1\)/);
        await sizes.getByRole('button', { name: 'input' }).click();
        await page.waitForURL(/by=input/);
        quiet(complaints);
        await context.close();
    });

    it('axe-core finds nothing serious while two are compared', async () => {
        await accessible(stage, '/p/default/models?from=-1h&a=openai/gpt-4o&b=anthropic/claude-sonnet-4-5');
    });

    it('an empty range and a filter that matches nothing say so', async () => {
        const { page, context } = await stage.open('/p/default/models?f=model=nobody');
        await page.getByText('No model calls match these filters').waitFor();
        await context.close();
    });
});
