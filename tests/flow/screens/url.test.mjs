// SPDX-License-Identifier: Apache-2.0
// A copied address is the same screen, and everything can be done without a mouse.
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { cannot, quiet, setStage, settled } from './stage.mjs';
import { failing, fine, send } from './traffic.mjs';

describe('screens: address and keyboard', { skip: cannot() }, () => {
    const stage = setStage();
    let failed;

    before(async () => {
        failed = failing();
        await send(stage.url, failed, ...Array.from({ length: 20 }, (_, at) => fine(at * 500)));
        await stage.indexed();
    });

    const state = (page) =>
        page.evaluate(() => ({
            chips: [...document.querySelectorAll('.chip')].map((each) => each.textContent),
            range: document.querySelector('.range-button')?.textContent,
            heads: [...document.querySelectorAll('[role=columnheader]')].map((each) => each.textContent + each.getAttribute('aria-sort')),
            rows: [...document.querySelectorAll('.trace-row')].map((each) => each.textContent.replace(/^.*?\d\d:\d\d:\d\d/, '')),
            span: document.querySelector('.span-row.selected')?.textContent,
            tab: document.querySelector('[role=tab][aria-selected=true]')?.textContent,
        }));

    async function sameElsewhere(page) {
        await settled(page);
        const here = await state(page);
        const other = await stage.open(page.url().slice(stage.url.length));
        await other.page.waitForFunction((n) => document.querySelectorAll('.trace-row').length === n, here.rows.length);
        assert.deepEqual(await state(other.page), here);
        await other.context.close();
        return here;
    }

    it('filters, order, columns and time of the list survive in the address', async () => {
        const { page, complaints, context } = await stage.open('/p/default/traces');
        await page.getByRole('checkbox', { name: /^error/ }).click();
        await page.keyboard.press('/');
        await page.keyboard.type('duration>1s');
        await page.keyboard.press('Enter');
        await page.getByRole('button', { name: 'Latency', exact: true }).click();
        await page.getByRole('button', { name: 'Choose columns' }).click();
        await page.getByRole('menuitemcheckbox', { name: 'Spans', exact: true }).click();
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: /^Time range/ }).click();
        await page.getByRole('button', { name: 'Last 6 hours' }).click();
        const here = await sameElsewhere(page);
        assert.equal(here.chips.length, 2);
        assert.ok(here.rows.length >= 1);
        await page.goBack();
        await page.getByRole('button', { name: 'Time range: Last 24 hours' }).waitFor();
        quiet(complaints);
        await context.close();
    });

    it('the selected span and its tab survive in the address', async () => {
        const { page, context } = await stage.open(`/p/default/traces/${failed.id}`);
        await page.getByRole('treeitem', { name: /get_order/ }).click();
        await page.getByRole('tab', { name: /Attributes/ }).click();
        await page.waitForURL(/span=[0-9a-f]{16}.*tab=attributes|tab=attributes.*span=/);
        const here = await sameElsewhere(page);
        assert.match(here.span, /get_order/);
        await context.close();
    });

    it('a keyboard alone walks from the overview into a span and back', async () => {
        const { page, complaints, context } = await stage.open('/p/default/overview');
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
        await page.keyboard.press('Escape');
        await page.keyboard.press('g');
        await page.keyboard.press('t');
        await page.waitForURL(/\/traces/);
        await settled(page);
        await page.keyboard.press('/');
        await page.keyboard.type('trace_id=');
        await page.keyboard.type(failed.id);
        await page.keyboard.press('Enter');
        await page.keyboard.press('Escape');
        await page.waitForFunction(() => document.querySelectorAll('.trace-row').length === 1);
        await page.keyboard.press('j');
        await page.keyboard.press('Enter');
        await page.waitForURL(new RegExp(failed.id));
        await page.locator('.span-row.selected').waitFor();
        const selected = () => page.locator('.span-row.selected').innerText();
        assert.match(await selected(), /chat gpt-4o/);
        await page.keyboard.press('Home');
        assert.match(await selected(), /support-agent/);
        await page.keyboard.press('ArrowLeft');
        assert.equal(await page.locator('.span-row').count(), 1);
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('ArrowRight');
        assert.match(await selected(), /chat gpt-4o/);
        await page.keyboard.press('e');
        await page.locator('.error-card').waitFor();
        await page.keyboard.press('Escape');
        await page.waitForURL(/\/traces\?/);
        assert.equal(await page.locator('.trace-row.active').count(), 1, 'the list remembers which row was opened');
        quiet(complaints);
        await context.close();
    });

    it('the palette goes anywhere by a few letters, by names of the project and by ids of any form', async () => {
        const { page, complaints, context } = await stage.open('/p/default/overview');
        const box = page.getByRole('combobox', { name: /^Go to a screen/ });
        const go = async (typed, option) => {
            await page.keyboard.press('Control+k');
            await box.waitFor();
            assert.equal(await box.evaluate((element) => element === document.activeElement), true);
            await page.keyboard.type(typed);
            // The chosen option is the one the box names.
            const active = page.locator('[role=option][aria-selected=true]');
            await active.filter({ hasText: option }).waitFor();
            assert.equal(await box.getAttribute('aria-activedescendant'), await active.getAttribute('id'));
            await page.keyboard.press('Enter');
            await box.waitFor({ state: 'detached' });
        };
        await go('mdls', /Models/);
        await page.waitForURL(/\/models/);
        await go('last hour', /Last hour/);
        await page.waitForURL(/\/models\?from=-1h/);
        await go('user-9', /user-9/);
        await page.waitForURL(/\/users\/user-9/);
        await go(failed.id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), /Trace [0-9a-f]{32}/);
        await page.waitForURL(new RegExp(`/traces/${failed.id}`));
        await go(failed.cause, /Span [0-9a-f]{16}/);
        await page.waitForURL(new RegExp(`/traces/${failed.id}\\?span=${failed.cause}`));
        await go('cost', /Cost/);
        await page.waitForURL(/\/dashboards\/cost/);
        await go('theme light', /Theme: light/);
        assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
        // What does not exist is said, and Escape leaves everything as it was.
        await page.keyboard.press('Control+k');
        await page.keyboard.type('0123456789abcdef');
        await page.keyboard.press('Enter');
        await page.getByText('No span of this project has the id 0123456789abcdef.').waitFor();
        await page.keyboard.press('Escape');
        await page.waitForURL(/\/dashboards\/cost/);
        quiet(complaints);
        await context.close();
    });

    it('a screen is drawn when its code is there, and says so when it does not come', async () => {
        const code = /assets\/settings-.*\.js/;
        const { page, complaints, context } = await stage.open('/p/default/setup');
        let come;
        const coming = new Promise((done) => { come = done; });
        await context.route(code, async (route) => { await coming; await route.continue(); });
        // From here on no timer ends: a placeholder that was only just drawn must hold nothing back.
        await page.clock.install();
        await page.clock.pauseAt(Date.now() + 60000);
        await page.goto(`${stage.url}/p/default/settings`, { waitUntil: 'commit' });
        await page.locator('.frame-wait').waitFor();
        come();
        await page.getByRole('heading', { name: 'Settings' }).first().waitFor();
        quiet(complaints);
        await context.close();
        const lost = await stage.open('/p/default/setup');
        await lost.context.route(code, (route) => route.abort());
        await lost.page.goto(`${stage.url}/p/default/settings`);
        await lost.page.getByRole('heading', { name: 'This screen failed' }).waitFor();
        await lost.context.unroute(code);
        await lost.page.getByRole('button', { name: 'Load it again' }).click();
        await lost.page.getByRole('heading', { name: 'Settings' }).first().waitFor();
        await lost.context.close();
    });

    it('a lost connection is said, and mends by itself', async () => {
        const { page, context } = await stage.open('/p/default/traces');
        await page.route('**/api/v1/status', (route) => route.abort());
        await page.getByText('The connection to the server is lost').waitFor();
        await page.unroute('**/api/v1/status');
        await page.getByText('The connection to the server is lost').waitFor({ state: 'detached' });
        await context.close();
    });

    it('what the server refuses is said in its own words, with a way on', async () => {
        const { page, context } = await stage.open('/p/default/traces?from=yesterday-ish');
        await page.getByRole('alert').first().getByText('from', { exact: false }).waitFor();
        await page.getByRole('button', { name: 'Try again' }).first().waitFor();
        await context.close();
    });
});
