// SPDX-License-Identifier: Apache-2.0
// Dashboards: built-in ones answer on the demo project, a copy is arranged by mouse and by keyboard, an answer becomes a
// widget, variables narrow, files go out and come in, and two editors do not overwrite each other.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { cannot, fillDemo, quiet, setStage, settled } from './stage.mjs';
import { EVIL } from './traffic.mjs';

describe('screens: dashboards', { skip: cannot() }, () => {
    const stage = setStage();
    before(() => fillDemo(stage));

    const api = async (method, path, body) => {
        const reply = await fetch(`${stage.url}/api/v1/dashboards${path}${path.includes('?') ? '&' : '?'}project=demo`, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
        const text = await reply.text();
        assert.ok(reply.ok, text);
        return JSON.parse(text);
    };
    const widget = (id, x, more = {}) => ({ id, title: `Widget ${id}`, view: 'number', query: 'stats count(*) as spans', x, y: 0, w: 4, h: 3, ...more });
    const make = async (more = {}) => (await api('POST', '', { version: 1, title: 'Mine', description: '', variables: [], widgets: [widget('a', 0), widget('b', 4), widget('c', 8)], ...more })).id;
    const places = async (id) => Object.fromEntries((await api('GET', `/${id}`)).dashboard.widgets.map(({ id: name, x, y, w, h }) => [name, [x, y, w, h]]));
    // Every widget down the page, so that each is asked for.
    const seeAll = async (page) => {
        for (const one of await page.locator('.widget').all()) {
            await one.scrollIntoViewIfNeeded();
            await one.locator('.widget-body > :not(.skeleton)').first().waitFor();
        }
        await settled(page);
    };

    it('each built-in dashboard answers with the demo, and with nothing teaches how to begin', async () => {
        const { page, complaints, context } = await stage.open('/p/demo/dashboards');
        const names = await page.locator('.board-card strong').allInnerTexts();
        for (const name of ['Cost', 'Errors', 'Model invocations']) assert.ok(names.includes(name), `${name} is not in ${names}`);
        for (const id of ['model-invocations', 'cost', 'errors']) {
            await page.goto(`${stage.url}/p/demo/dashboards/${id}`);
            await page.locator('.widget').first().waitFor();
            await seeAll(page);
            assert.deepEqual(await page.locator('.widget-problem').allInnerTexts(), [], id);
            const bare = await page.locator('.widget:has(.plot-empty)').count();
            assert.ok(bare <= 1, `${id}: ${bare} widgets have nothing to show`);
        }
        const { projects } = await stage.api.get('/api/v1/projects');
        if (projects.some(({ name, first_span }) => name === 'default' && first_span === null)) {
            await page.goto(`${stage.url}/p/default/dashboards/cost`);
            await page.getByText('Waiting for the first span').waitFor();
        }
        quiet(complaints);
        await context.close();
    });

    it('its numbers are those of the overview, to the unit', async () => {
        /* Whole hours: the overview reads rollups, which begin and end with their buckets. */
        const hours = (ago) => new Date(Math.floor(Date.now() / 3600e3 - ago) * 3600e3).toISOString();
        const range = { from: hours(20), to: hours(1) };
        const { totals } = await (await fetch(`${stage.url}/api/v1/overview?project=demo&from=${range.from}&to=${range.to}`)).json();
        const { page, context } = await stage.open(`/p/demo/dashboards/model-invocations?from=${range.from}&to=${range.to}`);
        const exact = async (name) => Number((await page.getByRole('region', { name, exact: true }).locator('.numbers dd').getAttribute('title')).split(' ')[0]);
        assert.equal(await exact('Calls'), totals.llm_calls);
        assert.equal(Math.round((await exact('Spent')) * 1e9), totals.cost);
        await page.goto(`${stage.url}/p/demo/dashboards/errors?from=${range.from}&to=${range.to}`);
        assert.equal(await exact('Failed requests'), totals.errors);
        await context.close();
    });

    it('a copy is made, arranged with the mouse and saved', async () => {
        const { page, complaints, context } = await stage.open('/p/demo/dashboards/errors');
        await page.getByRole('button', { name: 'Save a copy' }).click();
        await page.waitForURL(/\/dashboards\/\d+\?edit=1/);
        const id = /dashboards\/(\d+)/.exec(page.url())[1];
        const first = page.locator('.board-place').first();
        const before = await places(id);
        const move = first.getByRole('button', { name: /^Move/ });
        const box = await move.boundingBox();
        const board = await page.locator('.board').boundingBox();
        await page.mouse.move(box.x + 8, box.y + 8);
        await page.mouse.down();
        await page.mouse.move(box.x + 8 + board.width / 4, box.y + 10, { steps: 6 });
        await page.mouse.up();
        const size = page.getByRole('button', { name: /^Size of Errors by kind/ });
        await size.scrollIntoViewIfNeeded();
        const corner = await size.boundingBox();
        await page.mouse.move(corner.x + 8, corner.y + 8);
        await page.mouse.down();
        await page.mouse.move(corner.x + 8 - board.width / 6, corner.y + 8 + 60, { steps: 6 });
        await page.mouse.up();
        await page.getByRole('button', { name: 'Save', exact: true }).click();
        await page.getByRole('button', { name: 'Edit' }).waitFor();
        const after = await places(id);
        assert.deepEqual(before.w1, [0, 0, 3, 2]);
        assert.deepEqual(after.w1.slice(0, 2), [3, 0]);
        assert.ok(after.w5[2] < before.w5[2] && after.w5[3] > before.w5[3], `${after.w5}`);
        quiet(complaints);
        await context.close();
    });

    it('a keyboard alone arranges, adds, edits and removes', async () => {
        const id = await make();
        const { page, complaints, context } = await stage.open(`/p/demo/dashboards/${id}`);
        await page.keyboard.press('e');
        await page.waitForURL(/edit=1/);
        await page.getByRole('button', { name: 'Move Widget a' }).focus();
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('Shift+ArrowDown');
        await page.getByRole('button', { name: 'Size of Widget c' }).focus();
        await page.keyboard.press('ArrowLeft');
        await page.locator('body').press('a');
        await page.getByRole('dialog').getByLabel('Title').fill('Added');
        await page.getByRole('dialog').getByLabel('Shown as').selectOption('line');
        await page.getByRole('button', { name: 'Done' }).press('Enter');
        await page.getByRole('region', { name: 'Added' }).waitFor();
        await page.getByRole('button', { name: 'More for Widget b' }).press('Enter');
        for (let item = ''; item !== 'Remove';) {
            await page.keyboard.press('Tab');
            item = await page.evaluate(() => document.activeElement.textContent.trim());
            assert.ok(item, 'Tab left the menu');
        }
        await page.keyboard.press('Enter');
        await page.getByRole('region', { name: 'Widget b' }).waitFor({ state: 'detached' });
        await page.getByRole('button', { name: 'Save', exact: true }).press('Enter');
        await page.getByRole('button', { name: 'Edit' }).waitFor();
        const after = await places(id);
        assert.deepEqual(Object.keys(after), ['a', 'c', 'w4']);
        assert.deepEqual(after.a, [1, 0, 4, 4]);
        assert.equal(after.c[2], 3);
        quiet(complaints);
        await context.close();
    });

    it('an answer becomes a widget of a new dashboard that follows the time range', async () => {
        const query = 'filter kind = "llm" | stats count(*) as calls by bin(1h), model';
        const { page, complaints, context } = await stage.open(`/p/demo/query?query=${encodeURIComponent(query)}&view=stacked`);
        await page.locator('.query-answer').waitFor();
        await page.getByRole('button', { name: 'To a dashboard' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Title of the widget').fill('Calls by model');
        await dialog.getByLabel('Its title').fill('From a query');
        await dialog.getByRole('button', { name: 'Add', exact: true }).click();
        await dialog.getByRole('link', { name: 'Open the dashboard' }).click();
        await page.waitForURL(/\/dashboards\/\d+/);
        await page.getByRole('region', { name: 'Calls by model' }).locator('.u-wrap').waitFor();
        const { dashboard } = await api('GET', `/${/dashboards\/(\d+)/.exec(page.url())[1]}`);
        assert.equal(dashboard.title, 'From a query');
        assert.equal(dashboard.widgets[0].view, 'stacked');
        assert.match(dashboard.widgets[0].query, /bin\(\$interval\), model$/);
        quiet(complaints);
        await context.close();
    });

    it('a variable narrows every widget that names it, and stands in the address', async () => {
        const count = 'filter kind = "llm"\n| filter model = $model\n| stats count(*) as calls';
        const id = await make({ variables: [{ name: 'model', label: 'Model', field: 'model' }], widgets: [widget('a', 0, { query: count })] });
        const { page, complaints, context } = await stage.open(`/p/demo/dashboards/${id}`);
        const number = () => page.locator('.numbers dd').getAttribute('title');
        await page.locator('.numbers dd').waitFor();
        const all = Number.parseInt(await number(), 10);
        const choice = page.getByRole('combobox', { name: 'Model' });
        await page.waitForFunction(() => document.querySelectorAll('.variables option').length > 1);
        const model = await choice.locator('option').nth(1).getAttribute('value');
        await choice.selectOption(model);
        await page.waitForURL((url) => url.searchParams.get('v') === `model=${model}`);
        await page.waitForFunction((before) => Number.parseInt(document.querySelector('.numbers dd').title, 10) < before, all);
        const narrowed = await number();
        await page.reload();
        await page.locator('.numbers dd').waitFor();
        assert.equal(await number(), narrowed);
        assert.equal(await choice.inputValue(), model);
        quiet(complaints);
        await context.close();
    });

    it('a dashboard goes out as a file and comes in again; a broken one is refused by name', async () => {
        const id = await make({ title: 'Travels' });
        const { page, complaints, context } = await stage.open(`/p/demo/dashboards/${id}`);
        await page.getByRole('button', { name: 'More', exact: true }).click();
        const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export as JSON' }).click()]);
        const text = await readFile(await download.path(), 'utf8');
        assert.deepEqual(JSON.parse(text), (await api('GET', `/${id}`)).dashboard);
        const bring = (name, content) => page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(content) });
        await page.goto(`${stage.url}/p/demo/dashboards`);
        await page.locator('.board-card').first().waitFor();
        await bring('broken.json', JSON.stringify({ ...JSON.parse(text), widgets: [widget('a', 0, { view: 'piechart' })] }));
        await page.getByRole('alert').getByText('widgets[0].view: expected one of').waitFor();
        await bring('text.json', 'not json');
        await page.getByRole('alert').getByText('is not JSON').waitFor();
        await bring('good.json', text);
        await page.waitForURL(/\/dashboards\/\d+\?edit=1/);
        const again = /dashboards\/(\d+)/.exec(page.url())[1];
        assert.notEqual(again, id);
        assert.deepEqual((await api('GET', `/${again}`)).dashboard, JSON.parse(text));
        quiet(complaints.filter((each) => !/status of 400/.test(each)));
        await context.close();
    });

    it('what somebody else saved meanwhile is not overwritten', async () => {
        const id = await make();
        const { page, complaints, context } = await stage.open(`/p/demo/dashboards/${id}?edit=1`);
        await page.getByRole('button', { name: 'Move Widget a' }).focus();
        await page.keyboard.press('ArrowRight');
        const { dashboard } = await api('GET', `/${id}`);
        await api('PUT', `/${id}?revision=1`, { ...dashboard, title: 'Theirs' });
        await page.getByRole('button', { name: 'Save', exact: true }).click();
        await page.getByRole('alert').getByText('was changed meanwhile').waitFor();
        assert.equal((await api('GET', `/${id}`)).dashboard.title, 'Theirs');
        /* And what was arranged here is not dropped unasked. */
        await page.getByRole('link', { name: 'Traces' }).click();
        assert.match(page.url(), /edit=1/);
        assert.equal(complaints.filter((each) => /dialog: Leave without saving/.test(each)).length, 1);
        await page.getByRole('button', { name: 'Discard' }).click();
        await page.getByRole('link', { name: 'Traces' }).click();
        await page.waitForURL(/\/traces/);
        await context.close();
    });

    it('hostile titles, queries and values are shown and do nothing', async () => {
        const id = await make({
            title: EVIL, description: EVIL, variables: [{ name: 'x', label: EVIL.slice(0, 70), field: EVIL, default: EVIL }],
            widgets: [widget('a', 0, { title: EVIL, query: EVIL }), widget('b', 4, { title: EVIL, query: 'filter name = $x | stats count(*) as n by name', view: 'bar' })],
        });
        const { page, complaints, context } = await stage.open(`/p/demo/dashboards/${id}`);
        await page.locator('.widget').first().waitFor();
        for (const path of [`dashboards/${id}`, `dashboards/${id}?edit=1`, 'dashboards']) {
            await page.goto(`${stage.url}/p/demo/${path}`);
            await page.locator('.widget, .board-card').first().waitFor();
            await settled(page);
            assert.equal(await page.locator('main img[src], main script, main iframe, main a[href^="javascript"]').count(), 0);
            assert.doesNotMatch(await page.locator('body').innerText(), /[\u001b\u202e]/);
        }
        await page.goto(`${stage.url}/p/demo/dashboards/${id}?edit=1`);
        await page.getByRole('button', { name: 'Settings' }).click();
        await page.getByRole('dialog').waitFor();
        quiet(complaints.filter((each) => !/status of 400/.test(each)));
        await context.close();
        await api('DELETE', `/${id}`);
    });

    it('on a phone the widgets stand below each other and nothing is cut off', async () => {
        const { page, context } = await stage.open('/p/demo/dashboards/cost', { width: 390, height: 844 });
        await page.locator('.widget').first().waitFor();
        const wide = await page.evaluate(() => ({ page: document.documentElement.scrollWidth, widgets: [...document.querySelectorAll('.widget')].map((each) => Math.round(each.getBoundingClientRect().right)) }));
        assert.ok(wide.page <= 390, `the page is ${wide.page} px wide`);
        assert.ok(wide.widgets.every((right) => right <= 390), `${wide.widgets}`);
        await context.close();
    });

    for (const theme of ['light']) {
        it(`axe-core finds nothing serious in the ${theme} theme`, async () => {
            const axe = readFileSync(new URL('../../../ui/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
            const id = await make();
            const { page, context } = await stage.open('/p/demo/dashboards', { theme });
            for (const path of ['dashboards', 'dashboards/cost', `dashboards/${id}?edit=1`, 'form', 'settings']) {
                if (path === 'form') await page.locator('body').press('a');
                else if (path === 'settings') {
                    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
                    await page.getByRole('button', { name: 'Settings' }).click();
                } else await page.goto(`${stage.url}/p/demo/${path}`);
                await page.locator('.widget, .board-card, dialog').first().waitFor();
                await settled(page);
                await page.evaluate(axe);
                const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'], resultTypes: ['violations'] }));
                const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
                assert.deepEqual(serious.map(({ id: rule, nodes }) => `${rule}: ${nodes[0].html}`), [], `${path}, ${theme}`);
            }
            await context.close();
        });
    }
});
