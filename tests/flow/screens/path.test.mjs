// SPDX-License-Identifier: Apache-2.0
// The newcomer's path, and what leads to it: an empty project that teaches, numbers that agree, a
// failing trace that opens at its cause.
import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import { cannot, quiet, setStage, settled } from './stage.mjs';
import { CAUSE, failing, fine, QUESTION, send } from './traffic.mjs';

describe('screens: from nothing to the cause', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });

    it('an empty project shows the exact lines and notices the first span by itself', async () => {
        const { page, complaints, context } = await stage.open('/');
        await page.waitForURL(/\/p\/default\/overview/);
        const lines = await page.locator('.code pre').innerText();
        assert.match(lines, new RegExp(`OTEL_EXPORTER_OTLP_ENDPOINT=${stage.url}$`, 'm'));
        await page.getByRole('tab', { name: 'Python' }).click();
        assert.match(await page.locator('.code pre').innerText(), new RegExp(`endpoint="${stage.url}/v1/traces"`));
        await page.getByText('Waiting for the first span').waitFor();
        await send(stage.url, fine());
        await page.getByRole('region', { name: 'Requests', exact: true }).waitFor();
        await page.getByRole('link', { name: /open the trace “POST \/chat”/ }).click();
        await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
        await page.getByText('The first span has arrived').waitFor({ state: 'detached' });
        quiet(complaints);
        await context.close();
    });

    it('two clicks lead from the Overview to the message that failed', async () => {
        await send(stage.url, failing(), ...Array.from({ length: 12 }, (_, at) => fine(at * 1000)));
        await stage.indexed();
        const { page, complaints, context } = await stage.open('/p/default/overview');
        const failures = page.getByRole('region', { name: 'Latest failures' });
        await failures.getByRole('link', { name: /support-agent/ }).click();
        await page.locator('.error-card').getByText(CAUSE, { exact: true }).waitFor();
        await page.locator('.message.user').getByText(QUESTION).waitFor();
        assert.match(await page.locator('.cause').innerText(), /chat gpt-4o.*throttle/s);
        await page.getByRole('button', { name: 'Show 4 earlier messages' }).click();
        await page.getByText('What are your hours?').waitFor();
        quiet(complaints);
        await context.close();
    });

    it('every number agrees with the API and with the list it leads to', async () => {
        const { totals } = await stage.api.overview({ from: '-24h' });
        const { page, context } = await stage.open('/p/default/overview');
        await page.getByRole('region', { name: 'Error rate, in total' }).getByRole('link', { name: `${totals.errors} failed` }).click();
        await settled(page);
        assert.equal(await page.locator('.histogram-total').innerText(), `${totals.errors} traces`);
        assert.equal(await page.locator('.trace-row').count(), totals.errors);
        await page.goto(`${stage.url}/p/default/traces`);
        await settled(page);
        assert.equal(await page.locator('.histogram-total').innerText(), `${totals.requests} traces`);
        await context.close();
    });

    it('a point of a chart opens the traces of its bucket', async () => {
        const { page, context } = await stage.open('/p/default/overview?from=-15m');
        const chart = page.getByRole('group', { name: /^Requests\. Arrow keys/ });
        await chart.focus();
        await page.keyboard.press('ArrowLeft');
        await page.keyboard.press('Enter');
        await page.waitForURL(/\/traces\?from=20.*&to=20/);
        await context.close();
    });

    it('a span’s cost is shown down to its price lines, and its fields to their rules', async () => {
        const { traces } = await stage.api.traces({ f: 'name~POST' });
        const { page, context } = await stage.open(`/p/default/traces/${traces[0].trace_id}?tab=usage`);
        await page.getByRole('treeitem', { name: /chat gpt-4o/ }).click();
        await page.locator('.lines').getByText('$2.50').waitFor();
        assert.match(await page.locator('.cost-total').innerText(), /\$0\.0045/);
        await page.keyboard.press('3');
        await page.locator('.fields').getByText('gen_ai.request.model', { exact: false }).first().waitFor();
        await context.close();
    });
});
