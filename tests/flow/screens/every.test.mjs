// SPDX-License-Identifier: Apache-2.0
// What holds for every screen: with data and without, for axe-core, from its own address, and by keyboard. And what the first paint weighs.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Api } from '../support/api.mjs';
import { cannot, fillDemo, inTheme, quiet, serious, setStage, settled, sticksOut, still } from './stage.mjs';
import { detailScreens, SCREENS } from './table.mjs';

describe('screens: every one', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });
    before(() => fillDemo(stage));

    // One page for all of a kind: opening it anew costs more than what is looked at.
    async function walk(screens, options, visit) {
        const { page, complaints, context } = await stage.open('/p/demo/setup', options);
        for (const screen of screens) {
            await visit(page, screen);
            assert.deepEqual(complaints, [], screen.path);
        }
        await context.close();
    }
    const to = async (page, project, path) => {
        await page.goto(`${stage.url}/p/${project}/${path}`, { waitUntil: 'commit' }); // what was there need not be laid out again
        await page.setViewportSize(sizes[0]);
        await page.emulateMedia({ colorScheme: sizes[0].theme });
        await settled(page);
    };

    const sizes = [{ theme: 'dark', width: 1280, height: 800 }, { theme: 'light', width: 390, height: 844 }];
    const looked = async (page, what) => {
        for (const [at, { theme, ...size }] of sizes.entries()) {
            await page.setViewportSize(size);
            await inTheme(page, theme);
            await still(page);
            assert.deepEqual(await serious(page, { onlyColours: at > 0 }), [], `${what}, ${theme}`);
            assert.deepEqual(await sticksOut(page), [], `${what} is wider than ${size.width} pixels`);
        }
    };

    it('stands in the table, if it has a route', async () => {
        const router = readFileSync(new URL('../../../ui/src/app/router.tsx', import.meta.url), 'utf8');
        const routes = [...router.matchAll(/screen\("([^"]+)"/g)].map(([, path]) => new RegExp(`^${path.replaceAll(/\$\w+/g, '[^/?]+')}(\\?|$)`));
        assert.ok(routes.length > 20, router);
        const paths = [...SCREENS, ...(await detailScreens(new Api(stage.url, { project: 'demo' })))].map(({ path }) => path);
        assert.deepEqual(routes.filter((route) => !paths.some((path) => route.test(path))), []);
    });

    it('with data it shows it, its address is kept, it fits 1280 pixels and a phone, and axe-core finds nothing serious in either theme', async () => walk([...SCREENS, ...(await detailScreens(new Api(stage.url, { project: 'demo' })))], sizes[0], async (page, { path, shows }) => {
        await to(page, 'demo', path);
        await page.locator('main').getByText(shows).first().waitFor();
        const here = page.url();
        assert.ok(here.startsWith(`${stage.url}/p/demo/${path.split('?')[0]}`), `${path} became ${here}`);
        await looked(page, path);
    }));

    it('without data it says so in words, on a phone, too', () => walk(SCREENS, sizes[0], async (page, { path }) => {
        await to(page, 'default', path);
        await page.locator('main').getByText(/[a-z]{4,} [a-z]{2,}/i).first().waitFor();
        assert.equal(await page.locator('main [role=alert]').count(), 0, `${path} complains about an empty project`);
        assert.deepEqual(await sticksOut(page), [], `${path} without data is wider than ${sizes[0].width} pixels`);
        await page.setViewportSize(sizes[1]);
        assert.deepEqual([await sticksOut(page), await serious(page)], [[], []], `${path} without data, on a phone`);
    }));

    it('on a phone lists show their figures without scrolling sideways', () => walk([
        { path: 'traces', row: '.trace-row', figures: [/^[\d.]+ (ms|s|min)/, /^\$|≈|unpriced|–/, /tokens|\d/] },
        { path: 'users', row: 'tbody tr', figures: [/^\d+$/, /^\$/, /(min|h|s)$/] },
        { path: 'sessions', row: 'tbody tr', figures: [/^\d+$/, /^\$/, /(min|h|s)$/] },
        { path: 'models', row: '.models-table tbody tr', figures: [/ s$/, / (ms|s)$/, /^\$/] },
        { path: 'agents', row: '.agents-table tbody tr', figures: [/^\d+$/, / (ms|s)$/, /^\$/] },
        { path: 'prompts/support-reply', row: '.versions-table tbody tr', figures: [/^\d+$/, / (ms|s)/, /^\$/, /^0\.\d/] },
    ], { width: 390, height: 844 }, async (page, { path, row, figures }) => {
        await page.goto(`${stage.url}/p/demo/${path}`);
        await settled(page);
        const first = page.locator(row).first();
        await first.locator('.n').first().waitFor();
        const seen = await first.locator('.n').evaluateAll((cells) => cells.filter((cell) => cell.getClientRects().length && cell.getBoundingClientRect().left >= 0 && cell.getBoundingClientRect().right <= innerWidth).map((cell) => cell.innerText.trim()));
        for (const figure of figures) assert.ok(seen.some((text) => figure.test(text)), `${path} has nothing like ${figure} in sight: ${seen}`);
    }));

    it('two keys lead to it, and its first control is reached by Tab', async () => {
        const { page, complaints, context } = await stage.open('/p/demo/setup');
        for (const { path, keys } of SCREENS.filter((each) => each.keys)) {
            for (const key of keys) await page.keyboard.press(key);
            await page.waitForURL(new RegExp(`/p/demo/${path.split('?')[0]}`));
            await settled(page);
            await page.locator('#main').focus();
            await page.keyboard.press('Tab');
            assert.ok(await page.evaluate(() => document.activeElement?.closest('main') && document.activeElement !== document.querySelector('main')), `${path} has nothing for Tab`);
            await page.evaluate(() => document.activeElement.blur());
        }
        // Where there is no room for the rail, a button says where one is and leads to all of them.
        await page.setViewportSize(sizes[1]);
        const rail = page.getByRole('navigation', { name: 'Screens' });
        await rail.getByRole('button', { name: 'Screens, now Connect' }).click();
        assert.equal(await rail.locator('.rail-screens').getByRole('link').count(), SCREENS.filter((each) => each.keys).length);
        await rail.getByRole('link', { name: 'Queues' }).click();
        await rail.getByRole('button', { name: 'Screens, now Queues', expanded: false }).waitFor();
        quiet(complaints);
        await context.close();
    });

    it('the first paint is at most 500 KB gzipped', async () => {
        const text = async (path) => (await fetch(stage.url + path)).text();
        const html = await text('/p/demo/overview');
        const assets = [...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map(([, path]) => path);
        assert.ok(assets.length >= 2, html);
        const sizes = await Promise.all(assets.map(async (path) => gzipSync(await text(path)).length));
        const total = sizes.reduce((sum, size) => sum + size, gzipSync(html).length);
        assert.ok(total > 50_000 && total <= 500 * 1024, `${total} bytes: ${assets.map((path, at) => `${path} ${sizes[at]}`).join(', ')}`);
    });
});
