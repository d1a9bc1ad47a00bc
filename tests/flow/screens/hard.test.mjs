// SPDX-License-Identifier: Apache-2.0
// What could break a screen: hostile text, megabytes without a space, 50,000 spans, 200 levels; and
// what would keep people out of such traces. (every.test.mjs has all screens.)
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { cannot, inTheme, longestTask, longestTaskOf, quiet, serious, setStage, settled } from './stage.mjs';
import { deep, failing, fine, hostile, send, wide } from './traffic.mjs';

const LONG_TASK_MS = 200;

// 60 steps down and 30 jumps all over; gives the number of different rows that were drawn.
const scrollAbout = (page) =>
    page.evaluate(async () => {
        const rows = document.querySelector('.waterfall-rows');
        const names = new Set();
        for (let step = 0; step < 90; step += 1) {
            rows.scrollTop = step < 60 ? step * 900 : (((step * 7919) % 60) / 60) * rows.scrollHeight;
            await new Promise(requestAnimationFrame);
            for (const row of document.querySelectorAll('.span-row')) names.add(row.id);
        }
        return names.size;
    });

describe('screens: hard cases', { skip: cannot() }, () => {
    const stage = setStage();
    let evil, big, nested, failed;

    before(async () => {
        [evil, big, nested, failed] = [hostile(10), wide(50_000), deep(200), failing()];
        await send(stage.url, fine(), evil, nested, failed, big);
        await stage.indexed();
    });

    it('hostile text is shown and does nothing', async () => {
        const { page, complaints, context } = await stage.open('/p/default/traces');
        assert.match(await page.locator('main').innerText(), /␛\[31mred user⟦U\+202E⟧/);
        for (const span of [evil.talk, evil.tool]) {
            await page.goto(`${stage.url}/p/default/traces/${evil.id}?span=${span}`);
            await settled(page);
            for (const tab of ['1', '2', '3', '4', '5']) {
                await page.keyboard.press(tab);
                await page.locator(`[role=tab]:nth-child(${tab})[aria-selected=true]`).waitFor();
                assert.equal(await page.locator('main img, main script, main iframe, main a[href^="javascript"]').count(), 0);
                assert.doesNotMatch(await page.locator('body').innerText(), /[\u001b\u202e]/);
            }
        }
        await page.goto(`${stage.url}/p/default/overview`);
        await settled(page);
        quiet(complaints);
        await context.close();
    });

    it('ten megabytes without a space are paged and never freeze the screen', async () => {
        const { page, context } = await stage.open(`/p/default/traces/${evil.id}?span=${evil.talk}`);
        const longest = await longestTask(stage, page, async () => {
            await page.getByRole('button', { name: 'Show all of it' }).last().click();
            for (const shown of ['80 KiB', '144 KiB']) {
                await page.getByRole('button', { name: /^Show 64 KiB more/ }).click();
                await page.getByText(`${shown} of 10 MiB`).waitFor();
            }
        });
        assert.ok(longest < LONG_TASK_MS, `a page of text took ${longest} ms`);
        await context.close();
    });

    it('50,000 spans scroll, fold and are searched without long tasks', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/traces/${big.id}`);
        await page.locator('.span-row').first().waitFor();
        await settled(page);
        let seen;
        const longest = await longestTaskOf(stage, page, LONG_TASK_MS, async () => (seen = await scrollAbout(page)));
        assert.ok(seen > 1000, `only ${seen} rows were seen`);
        assert.ok(longest < LONG_TASK_MS, `a task of ${longest} ms while scrolling`);
        await page.keyboard.press('x');
        await page.waitForFunction(() => document.querySelectorAll('.span-row').length > 1);
        await page.keyboard.press('x');
        await page.keyboard.press('e');
        await page.locator('.span-row.selected.failed').waitFor();
        await page.keyboard.press('/');
        await page.keyboard.type('batch 1999');
        await page.keyboard.press('Enter');
        await page.locator('.span-row.selected', { hasText: 'batch 1999' }).waitFor();
        quiet(complaints);
        await context.close();
    });

    it('200 levels of nesting stay readable', async () => {
        const { page, context } = await stage.open(`/p/default/traces/${nested.id}`);
        await page.keyboard.press('End');
        const last = page.locator('.span-row.selected');
        await last.getByText('delegate 199').waitFor();
        assert.equal(await last.getAttribute('aria-level'), '200');
        const name = await last.getByText('delegate 199').boundingBox();
        assert.ok(name.width > 60, `its name has ${name.width} px`);
        await context.close();
    });

    it('axe-core finds nothing serious in failed and hostile traces, in either theme', async () => {
        const { page, context } = await stage.open('/p/default/traces?f=status=error', { theme: 'dark' });
        const tabs = ['', '?tab=usage', '?tab=fields', '?tab=events'].map((tab) => `/${failed.id}${tab}`);
        for (const [at, path] of ['', ...tabs, `/${evil.id}`].entries()) {
            if (path) await page.goto(`${stage.url}/p/default/traces${path}`);
            for (const colorScheme of at ? [['dark', 'light'][at % 2]] : ['dark', 'light']) {
                await inTheme(page, colorScheme);
                assert.deepEqual(await serious(page), [], `${path}, ${colorScheme}`);
            }
        }
        await context.close();
    });
});
