// SPDX-License-Identifier: Apache-2.0
// What the screens are judged by: from the Overview of the demo project to the cause, in counted clicks. And the Explain screen, which several
// of them go through.
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { cannot, fillDemo, quiet, setStage, settled } from './stage.mjs';

describe('screens: ten tasks', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });
    before(() => fillDemo(stage));

    // Walks from the Overview; every press of a link or button counts, scrolling and reading do not.
    async function task(clicks, walk, path = '/p/demo/overview') {
        const { page, complaints, context } = await stage.open(path);
        let counted = 0;
        const click = async (locator) => {
            await locator.click();
            counted += 1;
            await settled(page);
        };
        await walk(page, click);
        assert.equal(counted, clicks, 'clicks');
        quiet(complaints);
        await context.close();
    }
    const region = (page, name) => page.getByRole('region', { name, exact: true });
    // What is further down is asked for when it comes near.
    const scrollTo = async (page, section) => {
        await region(page, section).evaluate((element) => element.scrollIntoView());
        await settled(page);
    };
    const explain = (page, panel) => region(page, panel).getByRole('link', { name: 'Explain the bump' });
    const finding = (page, name) => region(page, 'What it is made of').getByRole('row', { name });

    const rail = (page, name) => page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name, exact: true });

    it('1: why was this request slow? One click: the span that took the time is marked, with its share', () => task(1, async (page, click) => {
        await click(region(page, 'Slowest').getByRole('link').nth(1));
        assert.match(await page.locator('.total', { hasText: 'Most time in' }).innerText(), /Most time in\s+\S[^]*?\s\d[\d.]* %/);
        await page.getByText(/\d % of the trace/).first().waitFor();
        assert.ok((await page.locator('.span-row').count()) > 1);
    }));

    it('2: why was this answer wrong? Two clicks: the lowest scores, and the trace with the passages it was given', () => task(2, async (page, click) => {
        await scrollTo(page, 'Quality');
        await click(region(page, 'Feedback and judges').getByRole('link', { name: 'grounded', exact: true }));
        await region(page, 'Answer').getByText('no passage supports the answer').first().waitFor();
        await click(region(page, 'Answer').getByRole('row').nth(1).getByRole('link').first());
        assert.match(page.url(), /\/traces\/[0-9a-f]{32}/);
        await page.getByRole('tabpanel', { name: 'Content' }).getByRole('heading', { name: /^\d+ documents?$/ }).waitFor();
    }));

    it('3: what raised the cost? A tenant’s batch user, in two clicks', () => task(2, async (page, click) => {
        await scrollTo(page, 'Cost and usage');
        await click(explain(page, 'Cost'));
        await click(page.getByRole('button', { name: /^All since/ }));
        await finding(page, /User batch@northwind/).waitFor();
    }));

    it('4: which prompt version made quality drop? Two clicks: the prompt’s versions side by side with their scores', () => task(2, async (page, click) => {
        await click(rail(page, 'Prompts'));
        await click(page.getByRole('link', { name: 'support-reply', exact: true }));
        const row = (version) => page.getByRole('row', { name: new RegExp(`^v${version}\\b`) });
        await row(8).getByText(/▼ \d/).last().waitFor();
        await row(7).waitFor();
        await page.getByRole('columnheader', { name: 'helpful' }).waitFor();
    }));

    it('5: which tool fails, for whom? Two clicks', () => task(2, async (page, click) => {
        await click(rail(page, 'Agents'));
        await click(region(page, 'Tools').getByRole('row', { name: /^track_parcel/ }).getByTitle(/^Open the traces in which it failed/));
        assert.match(page.url(), /tool=track_parcel/);
        await page.locator('.trace-row').first().waitFor();
        for (const row of await page.locator('.trace-row').allInnerTexts()) assert.match(row, /[a-z]+\.[a-z]+/, 'the user stands in the row');
    }));

    it('6: is any agent looping, and what did it cost? One click', () => task(1, async (page, click) => {
        await click(rail(page, 'Agents'));
        const loops = region(page, 'Loops');
        await loops.getByText(/called web_search 26 times with the same arguments/).first().waitFor();
        await loops.getByText(/\$\d.* spent on what was done before/).waitFor();
    }));

    it('7: are we throttled, by which model, since when? One click', () => task(1, async (page, click) => {
        await click(explain(page, 'Failed calls by kind'));
        const first = finding(page, /^1 Error kind throttle/);
        await first.getByText('RateLimitError').waitFor();
        assert.match(await region(page, 'What it is made of').innerText(), /claude-sonnet-4-5/);
        const since = Date.parse(await first.locator('time').getAttribute('datetime'));
        const bump = new URL(await first.getByTitle('Open the traces').first().getAttribute('href'), stage.url).searchParams;
        assert.ok(since >= Date.parse(bump.get('from')) && since < Date.parse(bump.get('to')), `since ${new Date(since).toISOString()}, in ${bump}`);
    }));

    it('8: what did this user live through? Two clicks', () => task(2, async (page, click) => {
        await click(rail(page, 'Users'));
        await click(page.getByRole('link', { name: 'hana.sato', exact: true }));
        await page.getByText('What failed lately').waitFor();
        await page.getByText('THIRD time I ask').first().waitFor();
    }));

    it('9: compare two models on latency, cost and quality. Three clicks', () => task(3, async (page, click) => {
        await click(rail(page, 'Models'));
        for (const model of ['gpt-4o-mini', 'claude-sonnet-4-5']) await click(page.getByRole('checkbox', { name: `Compare ${model}` }));
        const panel = region(page, 'Comparison');
        for (const row of [/^Latency p95/, /^Cost/, /^Score: /]) await panel.getByRole('row', { name: row }).first().waitFor();
    }));

    it('10: will we stay within budget? No click', async () => {
        const reply = await fetch(`${stage.url}/api/v1/settings?project=demo`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ monthly_budget: 500_000_000_000 }) });
        assert.equal(reply.status, 200, await reply.text());
        await task(0, async (page) => {
            await scrollTo(page, 'Cost and usage');
            const budget = region(page, 'Budget');
            await budget.getByText('Within budget', { exact: true }).waitFor();
            assert.match(await budget.innerText(), /of \$500 spent[\s\S]*Projected \$[\d.]+ by \d+ \w+, [\d.]+ % of it/);
        });
    });

    it('what else docs/compare-screens.md counts: traces, scores and runs compared, a graph, an example, a dashboard, a queue, lines with a secret', async () => {
        await task(4, async (page, click) => {
            await click(rail(page, 'Traces'));
            for (const at of [0, 1]) await click(page.locator('.trace-row').nth(at).getByRole('checkbox', { name: 'Mark for comparison' }));
            await click(page.getByRole('link', { name: 'Compare the two' }));
            assert.match(page.url(), /\/compare\?a=[0-9a-f]{32}&b=[0-9a-f]{32}/);
        });
        await task(2, async (page, click) => {
            await click(rail(page, 'Agents'));
            await click(region(page, 'Agents').getByRole('link', { name: 'buying-researcher' }));
            await page.locator('.react-flow__edge').first().waitFor();
        });
        await task(3, async (page, click) => {
            await click(rail(page, 'Scores'));
            const other = page.getByRole('combobox', { name: 'Compare with' });
            await click(other);
            await click({ click: () => other.selectOption('boolean:feedback:thumb') });
            await region(page, 'Comparison').waitFor();
        });
        await task(3, async (page, click) => {
            await click(rail(page, 'Datasets'));
            await click(page.getByRole('link', { name: 'support/questions' }));
            await click(page.getByRole('link', { name: 'Compare the newest two' }));
            await page.getByText(/significantly/).first().waitFor();
        });
        await task(2, async (page, click) => {
            await click(rail(page, 'Query'));
            await click(page.getByText('Which errors, how often'));
            await page.getByRole('columnheader', { name: 'errors' }).waitFor();
        });
        await task(2, async (page, click) => {
            await click(rail(page, 'Dashboards'));
            await click(page.getByRole('link', { name: /^Cost/ }));
            await page.getByText('Spend over time, by model').waitFor();
        });
        await task(2, async (page, click) => {
            await click(rail(page, 'Queues'));
            await click(page.getByRole('link', { name: 'support/version 8 before it goes live' }));
            await page.getByText('8 of 12 done').waitFor();
        });
        await task(1, async (page, click) => {
            await click(page.getByRole('button', { name: 'Fill in a new pair' }));
            await page.getByText('In the lines above.').waitFor();
        }, '/p/default/overview');
    });

    it('a finding leads to its traces and examples, and the address keeps the question', async () => {
        const { page, complaints, context } = await stage.open('/p/demo/explain?measure=failures');
        await finding(page, /^1 Error kind throttle/).waitFor();
        const range = await page.locator('.explain-chosen strong').innerText();
        await page.getByRole('combobox', { name: 'against' }).selectOption('previous');
        await page.waitForURL(/base=previous/);
        await finding(page, /throttle/).first().waitFor();
        // Keys choose one step of the curve.
        const curve = page.getByRole('group', { name: /^Failed calls\. Arrow keys/ });
        await curve.focus();
        await page.keyboard.press('ArrowLeft');
        await page.keyboard.press('x');
        await page.waitForURL(/at=20/);
        await page.getByText('your choice.').waitFor();
        const again = await stage.open(page.url().slice(stage.url.length));
        assert.equal(await again.page.locator('.explain-chosen strong').innerText(), await page.locator('.explain-chosen strong').innerText());
        await again.context.close();
        await page.getByRole('button', { name: 'The highest bump' }).click();
        await page.waitForFunction((text) => document.querySelector('.explain-chosen strong')?.textContent === text, range);
        await finding(page, /throttle/).first().getByRole('link', { name: 'Traces' }).click();
        await page.waitForURL(/\/traces\?from=20.*f=error_kind=throttle/);
        await settled(page);
        assert.ok((await page.locator('.trace-row').count()) > 5);
        quiet(complaints);
        await context.close();
    });

    it('dragging with Shift over any chart explains that stretch', async () => {
        const { page, complaints, context } = await stage.open('/p/demo/setup');
        for (const [path, name, measure] of [['overview', /^Requests\. Arrow keys/, 'requests'], ['models', /^Calls\. Arrow keys/, 'llm_calls'], ['metrics', /Arrow keys/, 'llm_latency|tokens|requests'], ['dashboards/cost', /Arrow keys/, 'cost|tokens']]) {
            await page.goto(`${stage.url}/p/demo/${path}`);
            await settled(page);
            const chart = page.getByRole('group', { name }).first();
            await chart.evaluate((element) => element.scrollIntoView({ block: 'center' }));
            const box = await chart.locator('.u-over').boundingBox();
            await page.keyboard.down('Shift');
            await page.mouse.move(box.x + box.width * 0.3, box.y + 30);
            await page.mouse.down();
            await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 4 });
            await page.mouse.up();
            await page.keyboard.up('Shift');
            await page.waitForURL(new RegExp(`/explain\\?.*measure=(${measure}).*at=20`));
            await region(page, 'What it is made of').waitFor();
        }
        quiet(complaints);
        await context.close();
    });

    it('Explain says when nothing stands out', async () => {
        const { page, context } = await stage.open('/p/demo/explain?measure=errors&f=service=nobody');
        await page.getByText('Nothing sticks out of this curve').waitFor();
        await context.close();
    });
});
