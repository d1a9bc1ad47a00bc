// SPDX-License-Identifier: Apache-2.0
// Sessions and users: from the list to what was said, each message once; a trace as a conversation; a thousand turns.
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { accessible, cannot, longestTask, quiet, setStage, settled } from './stage.mjs';
import { send, Trace } from './traffic.mjs';

const owner = (session, user) => ({ 'session.id': session, 'user.id': user });

// Three traces of one chat, each with the whole history so far.
function chat(session, user, startMs) {
    const said = [['user', 'Which tent for two?']], traces = [];
    for (const [at, answer] of ['The Heron 2.', 'Yes, to 3,000 mm.', 'It is on its way.'].entries()) {
        const trace = new Trace('shop-assistant', startMs + at * 20e3);
        trace.chat(null, 0, 900, { input: 100 + at, output: 10, messages: [...said], answer, more: owner(session, user) });
        traces.push(trace);
        said.push(['assistant', answer], ['user', ['Is it tight?', 'I take it.'][at]]);
    }
    return traces;
}

describe('screens: sessions and users', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });
    const odd = 'team/ada <b>&"|.okafor';

    before(async () => {
        const failed = new Trace('shop-assistant', Date.now() - 50e3);
        failed.chat(null, 0, 300, { messages: [['user', 'Hello?']], failed: 'Rate limit reached', type: 'RateLimitError', more: owner('s-2', 'bo') });
        const hostile = new Trace('shop-assistant', Date.now() - 40e3);
        hostile.chat(null, 0, 300, { input: 5, output: 5, messages: [['user', '<img src=x onerror=alert(1)> \u202Egnihtyna']], answer: '</p><script>alert(1)</script>', more: owner('s/3?#', odd) });
        await send(stage.url, ...chat('s-1', 'ada', Date.now() - 120e3), failed, hostile);
        await stage.indexed();
    });

    it('a row leads to the conversation, an answer to its call', async () => {
        const { page, complaints, context } = await stage.open('/p/default/sessions?from=-1h');
        const row = page.locator('.people-table tbody tr').filter({ hasText: 's-1' });
        assert.match(await row.innerText(), /Which tent for two\?[\s\S]*ada[\s\S]*3/);
        await row.getByRole('link', { name: 's-1' }).click();
        await page.waitForURL(/\/sessions\/s-1$/);
        const cards = page.locator('.transcript .message');
        await cards.nth(6).waitFor();
        assert.deepEqual((await cards.allInnerTexts()).slice(1).map((text) => text.split('\n').filter((line) => line && line !== 'stop').slice(0, 2).join(': ')),
            ['User: Which tent for two?', 'Assistant: The Heron 2.', 'User: Is it tight?', 'Assistant: Yes, to 3,000 mm.', 'User: I take it.', 'Assistant: It is on its way.']);
        assert.equal(await page.locator('.said-trace').count(), 3);
        await page.locator('.said-call').nth(1).click();
        await page.waitForURL(/\/traces\/[0-9a-f]{32}\?span=[0-9a-f]{16}/);
        await page.getByRole('link', { name: 's-1' }).click();
        await page.waitForURL(/\/sessions\/s-1$/);
        quiet(complaints);
        await context.close();
    });

    it('a user with a hostile name has a page, by its address too, and nothing of it runs', async () => {
        const { page, complaints, context } = await stage.open('/p/default/users?from=-1h');
        await page.getByRole('link', { name: odd }).click();
        await page.waitForURL(/\/users\//);
        await page.getByRole('heading', { name: odd }).waitFor();
        const again = await stage.open(page.url().slice(stage.url.length));
        await again.page.getByRole('heading', { name: odd }).waitFor();
        await again.page.getByRole('link', { name: 's/3?#' }).click();
        await again.page.locator('.transcript').getByText('<script>alert(1)</script>').waitFor();
        assert.equal(await again.page.locator('.transcript script, .transcript img').count(), 0);
        quiet(again.complaints);
        await again.context.close();
        quiet(complaints);
        await context.close();
    });

    it('who failed comes first when sorted so, and the totals lead to the traces', async () => {
        const { page, complaints, context } = await stage.open('/p/default/users?from=-1h');
        await page.getByRole('button', { name: 'Failed' }).click();
        await page.waitForURL(/sort=errors/);
        await page.waitForFunction(() => document.querySelector('.people-table tbody tr')?.textContent.startsWith('bo'));
        await page.getByRole('link', { name: 'bo', exact: true }).click();
        await page.getByRole('region', { name: 'What failed lately', exact: true }).waitFor();
        await page.locator('.people-head').getByRole('link', { name: '1', exact: true }).first().click();
        await page.waitForURL(/\/traces\?/);
        await settled(page);
        assert.equal(await page.locator('.trace-row').count(), 1);
        quiet(complaints);
        await context.close();
    });

    it('a trace shown as a conversation, by key and by address', async () => {
        const { traces } = await stage.api.traces({ f: 'session=s-1', sort: 'start', order: 'asc' });
        const { page, complaints, context } = await stage.open(`/p/default/traces/${traces[2].trace_id}`);
        await page.locator('.span-row').first().waitFor();
        await page.keyboard.press('v');
        await page.waitForURL(/view=talk/);
        await page.locator('.transcript .message').nth(5).waitFor();
        assert.equal(await page.locator('.transcript .message').count(), 7);
        for (const next of [/view=graph/, /view=around/, /traces\/[0-9a-f]{32}(?!.*view=)/]) {
            await page.keyboard.press('v');
            await page.waitForURL(next);
        }
        await page.locator('.span-row').first().waitFor();
        quiet(complaints);
        await context.close();
    });

    it('a thousand turns scroll without a long wait, and only what is in sight exists', async () => {
        const said = [], long = new Trace('long', Date.now() - 3000e3);
        for (let turn = 0; turn < 1000; turn++) {
            said.push(['user', `Question ${turn}`]);
            // The last twenty messages are sent along, as applications that bound their history do.
            long.chat(null, turn * 2000, 500, { input: 50, output: 5, messages: said.slice(-20), answer: `Answer ${turn}`, more: owner('s-long', 'eve') });
            said.push(['assistant', `Answer ${turn}`]);
        }
        await send(stage.url, long);
        await stage.indexed();
        const { page, complaints, context } = await stage.open('/p/default/sessions/s-long');
        await page.getByText('Answer 0', { exact: true }).waitFor();
        const scroller = page.locator('.transcript');
        await scroller.focus();
        const longest = await longestTask(stage, page, async () => {
            for (let step = 0; step < 400 && !(await page.getByText('2,001 messages, each shown once').count()); step++) {
                await scroller.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
                await page.waitForTimeout(25);
            }
            await page.getByText('2,001 messages, each shown once').waitFor();
            for (let step = 0; step < 100 && !(await page.getByText('Answer 999', { exact: true }).count()); step++) {
                await scroller.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
                await page.waitForTimeout(25);
            }
            await page.getByText('Answer 999', { exact: true }).waitFor();
        });
        assert.ok((await page.locator('.transcript .message').count()) < 60);
        assert.ok(longest < 200, `the longest task took ${longest} ms`);
        quiet(complaints);
        await context.close();
    });

    it('accessible in both themes and on a phone, with data and with none', async () => {
        for (const path of ['sessions?from=-1h', 'users?from=-1h', 'sessions/s-1', 'users/ada', 'sessions/nobody', 'users?from=-1m&f=user%3Dnobody'])
            await accessible(stage, `/p/default/${path}`, { width: 390 }); // wide and in both themes: every.test.mjs
    });
});
