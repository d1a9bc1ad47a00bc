// SPDX-License-Identifier: Apache-2.0
// The Overview's three sections: each number leads to its traces, the budget says whether it holds, and who raised the cost is found.
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { accessible, cannot, quiet, setStage, settled } from './stage.mjs';
import { failing, fine, send, Trace } from './traffic.mjs';

const HOUR = 3600e3;

// A request of a customer whose cost is a multiple of $0.0045.
function spent(user, ago, times = 1) {
    const trace = new Trace('shop-assistant', Date.now() - ago);
    const root = trace.span(null, 'POST /chat', 0, 1500, { 'user.id': user, 'tenant.id': `${user}-inc` });
    trace.chat(root, 20, 1400, { input: 1000 * times, output: 200 * times, messages: [['user', 'Hello']], answer: 'Hi' });
    return trace;
}

function guarded() {
    const trace = new Trace('shop-assistant', Date.now() - 100e3);
    const root = trace.span(null, 'POST /chat', 0, 300);
    trace.span(root, 'input_guard', 1, 5, { 'openinference.span.kind': 'GUARDRAIL', 'gen_ai.guardrail.triggered': true, 'gen_ai.guardrail.action.type': 'block' });
    return trace;
}

function retried() {
    const trace = new Trace('shop-assistant', Date.now() - 80e3);
    const root = trace.span(null, 'POST /chat', 0, 2000);
    trace.chat(root, 0, 100, { failed: '429 Too Many Requests', type: 'RateLimitError' });
    trace.chat(root, 200, 900, { input: 10, output: 40, answer: 'Now' });
    return trace;
}

// Scrolls a section into sight and waits until it has drawn what it asked for.
async function see(page, section) {
    const region = page.getByRole('region', { name: section, exact: true });
    await region.scrollIntoViewIfNeeded();
    await region.locator('.panel').first().waitFor();
    await settled(page);
    return region;
}

describe('screens: overview', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });

    before(async () => {
        await send(stage.url, failing(), guarded(), retried(), ...Array.from({ length: 6 }, (_, at) => fine(at * 1000)),
            ...Array.from({ length: 4 }, (_, at) => spent('steady', at * 60e3 + 60e3, 4)), ...Array.from({ length: 4 }, (_, at) => spent('steady', 30 * HOUR + at * 60e3, 4)),
            spent('jumpy', 30 * HOUR, 1), spent('jumpy', 10 * 60e3, 3));
        await fetch(new URL('/api/v1/projects', stage.url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"empty","title":"Empty"}' });
        await stage.indexed();
    });

    it('task 10, will we stay within budget: set one, and the Overview answers without a click', async () => {
        const { page, complaints, context } = await stage.open('/p/default/overview');
        const cost = await see(page, 'Cost and usage');
        await cost.getByText('No budget is set').waitFor();
        await cost.getByRole('link', { name: 'Set a budget' }).click();
        await page.waitForURL(/\/settings$/);
        const form = page.getByRole('form', { name: 'Settings of the project' });
        await form.getByLabel('Monthly budget').fill('lots');
        await form.getByRole('button', { name: 'Save' }).click();
        await form.getByText('Expected dollars above 0').waitFor();
        assert.equal(await form.getByLabel('Monthly budget').getAttribute('aria-invalid'), 'true');
        const { budget } = await stage.api.get('/api/v1/overview/spend');
        await form.getByLabel('Monthly budget').fill(String((budget.projected * 2) / 1e9));
        await form.getByLabel('Latency target').fill('1.4');
        await form.getByRole('button', { name: 'Save' }).click();
        await form.getByText('Saved.').waitFor();
        await form.getByRole('link', { name: 'To the Overview' }).click();
        await (await see(page, 'Cost and usage')).getByText('Within budget', { exact: true }).waitFor();
        await page.getByRole('region', { name: 'Latency p95, in total' }).getByText(/\d % over the 1\.4 s target/).waitFor();
        // Half of what the month has cost already: it is spent, whatever day it is.
        const reply = await fetch(new URL('/api/v1/settings', stage.url), { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ monthly_budget: Math.ceil(budget.spent / 2) }) });
        assert.equal(reply.status, 200);
        await page.reload();
        await (await see(page, 'Cost and usage')).getByText('The budget is spent').waitFor();
        quiet(complaints.filter((each) => !/400 \(Bad Request\)/.test(each))); // the refused budget
        await context.close();
    });

    it('task 3, what raised the cost: one click orders by rise, one more opens the dearest requests', async () => {
        const { page, complaints, context } = await stage.open('/p/default/overview');
        await see(page, 'Cost and usage');
        const who = page.getByRole('region', { name: 'Who spends', exact: true });
        const first = () => who.locator('tbody tr').first().innerText();
        assert.match(await first(), /^steady/);
        await who.getByRole('button', { name: 'Rose most' }).click();
        await page.waitForURL(/sort=rise/);
        await page.waitForFunction(() => !/^steady/.test(document.querySelector('.spenders tbody tr')?.innerText ?? 'steady'));
        const row = who.locator('tbody tr').filter({ hasText: 'jumpy' });
        assert.match(await row.innerText(), /\$0\.0045\s+\+\$0\.0090\s+\$0\.013/);
        await who.getByRole('tab', { name: 'Tenants' }).click();
        await page.waitForURL(/by=tenant/);
        await who.getByRole('link', { name: 'jumpy-inc' }).click();
        await page.waitForURL(/\/traces\?.*f=tenant=jumpy-inc.*sort=cost/);
        await settled(page);
        assert.equal(await page.locator('.trace-row').count(), 1);
        quiet(complaints);
        await context.close();
    });

    it('the numbers of each section are those of the API and lead to their traces', async () => {
        const { page, complaints, context } = await stage.open('/p/default/overview');
        const health = await see(page, 'Operational health');
        await health.getByRole('link', { name: /asked again 1/ }).click();
        await page.waitForURL(/f=outcome=retried/);
        await settled(page);
        assert.equal(await page.locator('.trace-row').count(), 1);
        await page.goBack();
        const { tasks } = await stage.api.get('/api/v1/overview/spend');
        const cost = await see(page, 'Cost and usage');
        await cost.getByText(`${tasks.succeeded} of ${tasks.tasks} tasks succeeded`).waitFor();
        const quality = await see(page, 'Quality');
        await quality.getByRole('link', { name: '1 of 1 check' }).click();
        await page.waitForURL(/f=outcome=blocked/);
        await settled(page);
        assert.equal(await page.locator('.trace-row').count(), 1);
        quiet(complaints);
        await context.close();
    });

    it('what is not in sight is not asked for', async () => {
        const { page, context } = await stage.open('/p/default/overview', { height: 700 });
        const asked = () => page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname).filter((path) => path.startsWith('/api/v1/overview')));
        await page.getByText('Retries and fallbacks').waitFor();
        await settled(page);
        const first = new Set(await asked());
        assert.ok(first.has('/api/v1/overview') && !first.has('/api/v1/overview/spend') && !first.has('/api/v1/overview/quality'), [...first].join(' '));
        await see(page, 'Quality');
        assert.ok((await asked()).includes('/api/v1/overview/quality'));
        await context.close();
    });

    it('an empty project teaches instead of showing sections, and its settings can be made', async () => {
        const { page, complaints, context } = await stage.open('/p/empty/overview');
        await page.getByText('Waiting for the first span').waitFor();
        assert.equal(await page.locator('.overview-section').count(), 0);
        await page.keyboard.press('g');
        await page.keyboard.press(',');
        await page.waitForURL(/\/p\/empty\/settings/);
        const form = page.getByRole('form', { name: 'Settings of the project' });
        await form.getByLabel('Score that says success').fill('helpful');
        await form.getByLabel('Score that says success').press('Enter');
        await form.getByText('Saved.').waitFor();
        assert.equal(await form.getByLabel('At least').inputValue(), '0.5');
        assert.deepEqual((await stage.api.get('/api/v1/settings')).success_score, null, 'the other project has its own');
        quiet(complaints);
        await context.close();
    });

    it('a price of the project is set from where its model is missed, listed, and deleted by a second press', async () => {
        const { page, complaints, context } = await stage.open('/p/default/settings?model=house-model');
        const own = page.getByRole('region', { name: 'Prices of the project' });
        const form = own.getByRole('form', { name: 'Add a price' });
        assert.equal(await form.getByLabel('Model').inputValue(), 'house-model');
        await form.getByLabel('Input, $ a million', { exact: true }).fill('2.5');
        await form.getByLabel('Output, $ a million').fill('much');
        await form.getByRole('button', { name: 'Add the price' }).click();
        await form.getByText(/prices\.output: expected/).waitFor();
        complaints.splice(0); // the refusal stands in the console as well
        await form.getByLabel('Output, $ a million').fill('10');
        await form.getByRole('button', { name: 'Add the price' }).click();
        const row = own.getByRole('row', { name: /house-model/ });
        await row.waitFor();
        assert.match(await row.innerText(), /\$2\.5\s+\$10\s+–/);
        const { prices } = await stage.api.get('/api/v1/prices');
        assert.deepEqual(prices[0].prices, { input: 2.5, output: 10 });
        for (let press = 0; press < 2; press++) await row.getByRole('button').click();
        await row.waitFor({ state: 'detached' });
        quiet(complaints);
        await context.close();
    });

    it('axe-core finds nothing serious further down', async () => {
        await accessible(stage, '/p/default/overview', { height: 4000 });
    });
});
