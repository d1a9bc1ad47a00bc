// SPDX-License-Identifier: Apache-2.0
// Asking: from an empty editor to the trace behind a row, by mouse and by keyboard, over the demo project and over
// nothing; what the server refuses, what takes too long, and what is hostile.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { cannot, fillDemo, quiet, setStage, settled } from './stage.mjs';
import { EVIL, hostile, send } from './traffic.mjs';

const BY_MODEL = 'filter kind = "llm"\n| stats count(*) as calls, pct(duration, 95) as p95 by model\n| sort calls desc';
const OVER_TIME = 'filter kind = "llm" | stats count(*) as calls by bin(1h), model';
const ROWS = 'filter kind = "llm" | fields @timestamp, name, model, duration, cost | sort duration desc | limit 300';
const address = (query, more = '', project = 'demo') => `/p/${project}/query?query=${encodeURIComponent(query)}${more}`;
const refused = (complaints) => complaints.filter((each) => !/status of 400/.test(each));

describe('screens: query', { skip: cannot() }, () => {
    const stage = setStage();
    before(() => fillDemo(stage));

    const ready = (page) => page.locator('.editor-host[data-ready]').waitFor();
    const write = async (page, text) => {
        await ready(page);
        await page.keyboard.press('/');
        await page.keyboard.press('Control+a');
        await page.keyboard.insertText(text);
    };
    const answered = async (page) => {
        await page.locator('.query-answer').waitFor();
        await settled(page);
    };

    it('what is typed is completed, run with Ctrl-Enter, drawn, and stands in the address', async () => {
        const { page, complaints, context } = await stage.open('/p/demo/query');
        await page.getByRole('heading', { name: 'Begin with one of these' }).waitFor();
        await ready(page);
        await page.keyboard.press('/');
        await page.keyboard.type('filter mod');
        await page.locator('.cm-tooltip-autocomplete li', { hasText: /^model/ }).first().waitFor();
        await page.keyboard.press('Escape');
        await page.keyboard.press('Control+a');
        await page.keyboard.type('filter model = ');
        /* Values say how often they were seen; fields, which may still be offered, what they are. */
        const value = page.locator('.cm-tooltip-autocomplete li', { has: page.locator('.cm-completionDetail', { hasText: /^\d+$/ }) }).first();
        await value.waitFor();
        const name = await value.locator('.cm-completionLabel').innerText();
        await value.click();
        await page.waitForFunction((text) => document.querySelector('.editor-host').shadowRoot.textContent.includes(`filter model = "${text}"`), name);
        await write(page, OVER_TIME);
        await page.keyboard.press('Control+Enter');
        await answered(page);
        assert.equal(new URL(page.url()).searchParams.get('query'), OVER_TIME);
        assert.equal(await page.getByRole('tab', { selected: true }).innerText(), 'Lines');
        await page.locator('.query-answer .u-wrap').waitFor();
        assert.match(await page.locator('.statistics').innerText(), /\d+ rows/);
        await page.getByRole('tab', { name: 'Stacked' }).click();
        await page.waitForURL(/view=stacked/);
        const other = await stage.open(page.url().slice(stage.url.length));
        await answered(other.page);
        assert.equal(await other.page.getByRole('tab', { selected: true }).innerText(), 'Stacked');
        assert.equal(await other.page.locator('.editor-host').evaluate((host) => host.shadowRoot.querySelector('.cm-content').innerText.trim()), OVER_TIME);
        quiet(complaints);
        quiet(other.complaints);
        await other.context.close();
        await context.close();
    });

    it('the editor is styled without any style of its own in the page, as the Content-Security-Policy wants', async () => {
        const { page, complaints, context } = await stage.open(address(BY_MODEL));
        await ready(page);
        const seen = await page.locator('.editor-host').evaluate((host) => ({
            font: getComputedStyle(host.shadowRoot.querySelector('.cm-content')).fontFamily,
            command: getComputedStyle(host.shadowRoot.querySelector('.q-command')).color,
            field: getComputedStyle(host.shadowRoot.querySelector('.q-field')).color,
            sheets: host.shadowRoot.adoptedStyleSheets.length,
            styles: document.querySelectorAll('style').length + host.shadowRoot.querySelectorAll('style').length,
        }));
        assert.match(seen.font, /mono/i);
        assert.notEqual(seen.command, seen.field);
        assert.ok(seen.sheets > 0);
        assert.equal(seen.styles, 0);
        quiet(complaints);
        await context.close();
    });

    it('the view follows from the shape: groups are bars, one cell a number, rows a table', async () => {
        const { page, complaints, context } = await stage.open(address(BY_MODEL));
        await answered(page);
        const { models } = await page.evaluate(async (query) => {
            const reply = await fetch('/api/v1/query?project=demo', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
            return { models: (await reply.json()).rows };
        }, BY_MODEL);
        assert.equal(await page.locator('.bar-grid tbody tr').count(), models.length);
        assert.match(await page.locator('.bar-grid tbody tr').first().innerText(), new RegExp(`${models[0][0]}[^]*${models[0][1].toLocaleString('en-US')}`));
        /* A bar leads to the rows behind it. */
        await page.locator('.bar-grid tbody tr').first().getByRole('link').click();
        await page.waitForURL((url) => url.searchParams.get('query').includes(`model = "${models[0][0]}"`));
        await page.locator('.result-row').first().waitFor();
        await page.goto(stage.url + address('stats count(*) as spans'));
        await answered(page);
        assert.match(await page.locator('.numbers').innerText(), /\d/);
        quiet(complaints);
        await context.close();
    });

    it('patterns mark what changes, count it, and show samples that lead to their traces', async () => {
        const { page, complaints, context } = await stage.open(address('pattern @message', '&source=logs'));
        await answered(page);
        assert.equal(await page.getByRole('tab', { selected: true }).innerText(), 'Patterns');
        const pattern = page.locator('.pattern', { has: page.locator('.pattern-text b') }).first();
        const [count, fixed] = [await pattern.locator('.pattern-count b').innerText(), await pattern.locator('.pattern-text span').first().innerText()];
        await pattern.getByRole('button', { name: 'Samples' }).click();
        await pattern.locator('.samples li').first().waitFor();
        for (const sample of await pattern.locator('.samples li .mono').allInnerTexts()) assert.ok(sample.startsWith(fixed.trim()), `${sample} does not begin with ${fixed}`);
        await pattern.getByRole('link', { name: 'Ask for all of them' }).click();
        await page.waitForURL((url) => /\| fields @timestamp, @message/.test(url.searchParams.get('query')));
        await answered(page);
        assert.equal((await page.locator('.statistics').innerText()).match(/([\d,]+) rows/)[1], count, 'as many rows as the pattern counted');
        await page.locator('.result-row .result-link').first().click();
        await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
        quiet(complaints);
        await context.close();
    });

    it('rows sort by any column, unfold, and open their trace', async () => {
        const { page, complaints, context } = await stage.open(address(ROWS));
        await answered(page);
        assert.equal(await page.getByRole('tab', { selected: true }).innerText(), 'Table');
        const first = () => page.locator('.result-row').first().innerText();
        const slowest = await first();
        await page.getByRole('button', { name: 'duration' }).click();
        assert.equal(await first(), slowest, 'the slowest first is how they came');
        await page.getByRole('button', { name: 'duration' }).click();
        await page.waitForURL(/sort=duration&order=asc/);
        assert.notEqual(await first(), slowest);
        await page.reload();
        await answered(page);
        assert.notEqual(await first(), slowest, 'the order survives in the address');
        await page.getByRole('button', { name: 'Unfold row 1', exact: true }).click();
        await page.locator('.result-open dt', { hasText: 'cost' }).waitFor();
        await page.locator('.result-row').nth(2).locator('.result-link').click();
        await page.waitForURL(/\/traces\/[0-9a-f]{32}\?.*span=[0-9a-f]{16}/);
        await page.locator('.span-row.selected').waitFor();
        quiet(complaints);
        await context.close();
    });

    it('a keyboard alone asks, walks the rows, opens a trace and comes back', async () => {
        const { page, complaints, context } = await stage.open('/p/demo/overview');
        await page.keyboard.press('g');
        await page.keyboard.press('q');
        await page.waitForURL(/\/query/);
        await write(page, ROWS);
        await page.keyboard.press('Control+Enter');
        await answered(page);
        await page.keyboard.press('Escape');
        await page.keyboard.press('j');
        await page.keyboard.press('j');
        assert.equal(await page.locator('.result-row.active').getAttribute('aria-rowindex'), '3');
        await page.keyboard.press('e');
        await page.locator('.result-row.active .result-open').waitFor();
        await page.keyboard.press('Enter');
        await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
        await page.goBack();
        await answered(page);
        quiet(complaints);
        await context.close();
    });

    it('a mistake is underlined where it is, and mended with one key', async () => {
        const { page, complaints, context } = await stage.open(address('filter kind = "llm"\n| stat count(*) by model'));
        const problem = page.getByRole('alert', { name: 'Problem' });
        await problem.waitFor();
        assert.match(await problem.innerText(), /Line 2, column 3/);
        assert.equal(await page.locator('.editor-host').evaluate((host) => host.shadowRoot.querySelector('.q-fault')?.textContent), 'stat');
        await page.keyboard.press('/');
        await page.keyboard.press('Alt+Enter');
        await page.waitForFunction(() => !document.querySelector('.editor-host').shadowRoot.querySelector('.q-fault'));
        await page.keyboard.press('Control+Enter');
        await answered(page);
        assert.match(new URL(page.url()).searchParams.get('query'), /\| stats count/);
        quiet(refused(complaints));
        await context.close();
    });

    it('a question that takes long can be cancelled, and the server is told', async () => {
        const { page, context } = await stage.open('/p/demo/query');
        await page.route('**/api/v1/query?*', () => undefined);
        const gone = page.waitForEvent('requestfailed', (request) => request.url().includes('/api/v1/query'));
        await write(page, 'stats count(*)');
        await page.keyboard.press('Control+Enter');
        await page.getByRole('button', { name: 'Cancel' }).click();
        assert.match((await gone).failure().errorText, /ABORTED/);
        await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
        await page.unroute('**/api/v1/query?*');
        await page.getByRole('button', { name: 'Run it again' }).click();
        await answered(page);
        await context.close();
    });

    it('a question that takes too long is answered in the background', async () => {
        const { page, complaints, context } = await stage.open('/p/demo/query');
        const slow = (route) => (route.request().url().includes('async=1') ? route.continue() : route.fulfill({ status: 504, contentType: 'application/json', body: '{"error":{"status":"timeout","message":"the question took longer than 20 s"}}' }));
        await page.route('**/api/v1/query?*', slow);
        await write(page, BY_MODEL);
        await page.keyboard.press('Control+Enter');
        await page.getByText('took longer than 20 s').waitFor();
        await page.getByRole('button', { name: 'Ask in the background' }).click();
        await answered(page);
        assert.ok((await page.locator('.bar-grid tbody tr').count()) > 1);
        quiet(complaints.filter((each) => !/status of 504/.test(each)));
        await context.close();
    });

    it('what was asked is remembered here, and an answer can be taken away as a file', async () => {
        const { page, complaints, context } = await stage.open(address(BY_MODEL));
        await answered(page);
        await page.goto(`${stage.url}/p/demo/query`);
        await page.getByRole('heading', { name: 'Asked here before' }).waitFor();
        await page.getByRole('button', { name: 'History' }).click();
        await page.locator('.menu .item', { hasText: 'as calls' }).first().click();
        await answered(page);
        assert.equal(new URL(page.url()).searchParams.get('query'), BY_MODEL);
        for (const [name, check] of [['CSV', (text) => assert.match(text, /^"?model"?,"?calls"?,"?p95"?\r?\n/)], ['NDJSON', (text) => assert.ok('model' in JSON.parse(text.split('\n')[0]))], ['JSON', (text) => assert.equal(JSON.parse(text).columns[0].name, 'model')]]) {
            await page.getByRole('button', { name: 'Download the answer' }).click();
            const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.menu .item', { hasText: new RegExp(`^${name}`) }).click()]);
            check(await readFile(await download.path(), 'utf8'));
        }
        quiet(complaints);
        await context.close();
    });

    it('a question is saved by name, found by others, replaced and removed', async () => {
        const { page, complaints, context } = await stage.open(address(OVER_TIME, '&view=stacked'));
        await answered(page);
        const saved = page.getByRole('button', { name: 'Saved queries' });
        const keep = async () => {
            await saved.click();
            await page.getByRole('textbox', { name: 'Name' }).fill('Calls by model');
            await page.getByRole('button', { name: 'Save', exact: true }).click();
        };
        await keep();
        await saved.and(page.locator('[aria-expanded=false]')).waitFor();
        await keep();
        await page.getByText('There is one of this name').waitFor();
        await page.getByRole('button', { name: 'Replace it' }).click();
        await saved.and(page.locator('[aria-expanded=false]')).waitFor();
        await page.goto(`${stage.url}/p/demo/query`);
        await saved.click();
        await page.locator('.saved-row .item', { hasText: 'Calls by model' }).click();
        await answered(page);
        const { searchParams } = new URL(page.url());
        assert.deepEqual([searchParams.get('query'), searchParams.get('view')], [OVER_TIME, 'stacked']);
        await saved.click();
        await page.getByRole('button', { name: 'Remove Calls by model' }).click();
        await page.getByText('No query is saved in this project yet').waitFor();
        quiet(complaints.filter((each) => !/status of 409/.test(each)));
        await context.close();
    });

    it('SQL is asked, drawn and mended in the same place', async () => {
        const sql = "SELECT date_trunc('hour', start_time) AS hour, model, count(*) AS calls FROM spans WHERE billed GROUP BY ALL ORDER BY 1";
        const { page, complaints, context } = await stage.open('/p/demo/query');
        await ready(page);
        await page.getByRole('combobox').selectOption('sql');
        await write(page, sql);
        await page.keyboard.press('Control+Enter');
        await answered(page);
        assert.equal(new URL(page.url()).searchParams.get('source'), 'sql');
        assert.equal(await page.getByRole('tab', { selected: true }).innerText(), 'Lines');
        await page.locator('.query-answer .u-wrap').waitFor();
        await page.goto(stage.url + address('SELECT name, max(duration_ms) AS most_ms FROM spans GROUP BY 1', '&source=sql'));
        await answered(page);
        assert.match(await page.locator('.bar-grid').innerText(), /\d (ms|s)/);
        await page.goto(stage.url + address('SELECT nmae FROM spans', '&source=sql'));
        await page.getByRole('alert', { name: 'Problem' }).waitFor();
        await page.waitForFunction(() => document.querySelector('.editor-host').shadowRoot?.querySelector('.q-fault'));
        quiet(refused(complaints));
        await context.close();
    });

    it('an empty project says how to begin, an empty answer says why', async () => {
        const { page, context } = await stage.open('/p/demo/query');
        await page.goto(stage.url + address('filter model = "there is none"'));
        await page.getByRole('heading', { name: 'No row matches' }).waitFor();
        const { projects } = await stage.api.get('/api/v1/projects');
        if (projects.some(({ name, first_span }) => name === 'default' && first_span === null)) {
            await page.goto(`${stage.url}/p/default/query`);
            await page.getByText('Waiting for the first span').waitFor();
        }
        await context.close();
    });

    for (const theme of ['light']) { // the screen itself in both: every.test.mjs
        it(`axe-core finds nothing serious in the ${theme} theme`, async () => {
            const axe = readFileSync(new URL('../../../ui/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
            const { page, context } = await stage.open('/p/demo/query', { theme });
            /* Heat maps, pies and histograms are on the dashboards that the other file looks at. */
            for (const path of ['/p/demo/query', address(BY_MODEL), address(OVER_TIME), address(ROWS), address('stat')]) {
                await page.goto(stage.url + path);
                await ready(page);
                await page.locator('.query-answer, .query-problem, .query-start').first().waitFor();
                await settled(page);
                await page.evaluate(axe);
                const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'], resultTypes: ['violations'] }));
                const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
                assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], `${path}, ${theme}`);
            }
            await context.close();
        });
    }

    it('hostile names, values and patterns are shown and do nothing', async () => {
        await send(stage.url, hostile(1));
        await stage.indexed();
        const { page, complaints, context } = await stage.open('/p/default/query');
        const inert = async () => {
            await settled(page);
            assert.equal(await page.locator('main img[src], main script, main iframe, main a[href^="javascript"]').count(), 0);
            assert.doesNotMatch(await page.locator('body').innerText(), /[\u001b\u202e]/);
        };
        for (const [query, more] of [['fields @timestamp, name, model, user, tool', ''], ['stats count(*) as n by name, model', ''], ['stats count(*) as n by name, model', '&view=pie'], ['stats count(*) as n by bin(1h), name', ''], ['stats count(*) as n by bin(1h), name', '&view=heatmap'], ['fields @timestamp, @message | limit 3', ''], [`filter name = ${JSON.stringify(EVIL)} or name like /<img/`, ''], ['<script>alert(1)</script>', '']]) {
            await page.goto(stage.url + address(query, more, 'default'));
            await page.locator('.query-answer, .query-problem').first().waitFor();
            await inert();
        }
        await page.goto(stage.url + address('fields name | limit 5', '', 'default'));
        await answered(page);
        await page.getByRole('button', { name: 'Unfold row 1', exact: true }).click();
        await inert();
        await write(page, 'filter name = ');
        await page.keyboard.press('Control+.');
        await page.locator('.cm-tooltip-autocomplete li').first().waitFor();
        assert.doesNotMatch(await page.locator('.editor-host').evaluate((host) => host.shadowRoot.querySelector('.cm-tooltip').innerText), /[\u001b\u202e]/);
        await inert();
        quiet(refused(complaints));
        await context.close();
    });
});
