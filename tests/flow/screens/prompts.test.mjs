// SPDX-License-Identifier: Apache-2.0
// Prompts: which version made quality drop, in three clicks; writing, comparing, labelling; hostile words; nothing yet.
import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import { Api } from '../support/api.mjs';
import { accessible, cannot, fillDemo, quiet, setStage } from './stage.mjs';

describe('screens: prompts', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });
    const create = async (body) => {
        const reply = await fetch(`${stage.url}/api/public/v2/prompts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
        assert.equal(reply.status, 201);
    };
    const texts = (locator) => locator.allInnerTexts().then((all) => all.map((text) => text.replaceAll(/\s+/g, ' ').trim()));

    it('an empty project teaches, and the first prompt is written there', async () => {
        const { page, complaints, context } = await stage.open('/p/default/prompts');
        await page.getByRole('heading', { name: 'No prompts yet' }).waitFor();
        assert.match(await page.locator('.prompts-teach pre').first().innerText(), /langfuse\.get_prompt\("support-reply"\)/);
        await page.getByRole('button', { name: 'Write the first prompt' }).click();
        await page.getByLabel('Name', { exact: true }).fill('team/greeting');
        await page.getByRole('textbox', { name: "The prompt's words" }).click();
        await page.keyboard.type('Hello {{who}},\nwelcome.');
        assert.match(await page.locator('.prompt-wanted').innerText(), /fills who/);
        await page.getByLabel('What this version is for').fill('first words');
        await page.getByRole('checkbox', { name: 'production' }).check();
        await page.getByRole('button', { name: 'Keep', exact: true }).click();
        await page.waitForURL(/\/prompts\/team%2Fgreeting\?a=1$/);
        await page.locator('.prompt-variable').waitFor();
        assert.deepEqual(await texts(page.locator('.version .prompt-text')), ['Hello {{who}}, welcome.']);
        assert.deepEqual(await page.locator('.prompt-variable').allInnerTexts(), ['{{who}}']);
        quiet(complaints);
        await context.close();
    });

    it('a new version by keyboard, what changed in it, and a label that moves and is taken off', async () => {
        const { page, complaints, context } = await stage.open('/p/default/prompts/team%2Fgreeting');
        await page.keyboard.press('e');
        await page.getByRole('textbox', { name: "The prompt's words" }).click();
        await page.keyboard.press('Control+End');
        await page.keyboard.type(' Ask away.');
        await page.getByRole('button', { name: 'Keep as a new version' }).click();
        await page.waitForURL(/\?a=2$/);
        await page.getByRole('tab', { name: 'Changes' }).click();
        const diff = page.getByRole('region', { name: 'Changed words' });
        await diff.waitFor();
        assert.deepEqual([await diff.locator('.diff-line.gone').allInnerTexts(), await diff.locator('ins').allInnerTexts(), await diff.locator('.diff-line.same').count()].map((one) => JSON.stringify(one)),
            [JSON.stringify(['−\ngone:\nwelcome.']), JSON.stringify([' Ask away.']), '1']);
        await page.getByRole('button', { name: 'Give this version a label' }).click();
        await page.getByRole('button', { name: 'production', exact: true }).click();
        await page.waitForFunction(() => /production/.test(document.querySelector('.versions-table tbody tr')?.textContent ?? ''));
        assert.deepEqual((await stage.api.get('/api/v1/prompts')).prompts[0].labels, { latest: 2, production: 2 });
        // Protected, it goes after a question.
        await page.getByRole('button', { name: 'Give this version a label' }).click();
        await page.getByRole('button', { name: 'Protect production, in all prompts' }).click();
        await page.getByTitle('Protected').waitFor();
        const questions = [];
        page.removeAllListeners('dialog'); // dialogs are complaints elsewhere
        page.once('dialog', (dialog) => (questions.push(dialog.message()), dialog.dismiss()));
        await page.getByRole('button', { name: 'Take the label production off' }).click();
        assert.deepEqual((await stage.api.get('/api/v1/prompts')).prompts[0].labels, { latest: 2, production: 2 });
        page.once('dialog', (dialog) => (questions.push(dialog.message()), dialog.accept()));
        await page.getByRole('button', { name: 'Take the label production off' }).click();
        assert.deepEqual(questions, Array(2).fill('“production” is protected. Take it off version 2 of team/greeting?'));
        await page.waitForFunction(() => !/production/.test(document.querySelector('.versions-table')?.textContent ?? ''));
        await page.getByRole('tab', { name: 'Comments' }).click();
        await page.getByLabel('Write: on version 2').fill('too <b>pushy</b>');
        await page.keyboard.press('Control+Enter');
        await page.getByRole('article', { name: 'Comment by Somebody' }).getByText('too <b>pushy</b>').waitFor();
        await page.getByRole('tab', { name: 'Use it' }).click();
        assert.match(await page.locator('.version .code pre').innerText(), /get_prompt\("team\/greeting", version=2\)[\s\S]*compile\(who="…"\)/);
        quiet(complaints);
        await context.close();
    });

    it('a chat with a placeholder and a shared text: shown with and without it; what is wrong is said', async () => {
        await create({ name: 'rules', prompt: 'Be kind to {{who}}.', labels: ['production'] });
        await create({ name: 'chat', type: 'chat', prompt: [{ role: 'system', content: 'You help. @@@langfusePrompt:name=rules|label=production@@@' }, { type: 'placeholder', name: 'history' }, { role: 'user', content: '{{question}}' }] });
        const { page, complaints, context } = await stage.open('/p/default/prompts/chat');
        assert.deepEqual(await texts(page.locator('.prompt-messages > li')), ['system You help. @@@langfusePrompt:name=rules|label=production@@@', 'messages of history come here', 'user {{question}}']);
        await page.getByRole('button', { name: 'With what it refers to' }).click();
        await page.getByText('You help. Be kind to {{who}}.').waitFor();
        await page.getByRole('button', { name: 'New version' }).click();
        await page.getByLabel('Placeholder 2').fill('question');
        await page.getByRole('button', { name: 'Keep as a new version' }).click();
        await page.getByText(/variables and placeholders must be unique/).waitFor();
        assert.deepEqual(complaints.filter((one) => !/400/.test(one)), []);
        await page.getByLabel('Placeholder 2').fill('before');
        await page.getByRole('button', { name: 'Move message 2 down' }).click();
        await page.getByRole('button', { name: 'Keep as a new version' }).click();
        await page.waitForURL(/\?a=2$/);
        assert.deepEqual((await stage.api.get('/api/v1/prompts/chat/versions/2')).prompt.map(({ role, name }) => role ?? name), ['system', 'user', 'before']);
        await page.goto(`${stage.url}/p/default/prompts/rules`);
        await page.getByRole('link', { name: 'chat v2' }).waitFor();
        await context.close();
    });

    it('hostile names, words and messages are shown and do nothing', async () => {
        const name = 'odd/<img src=x onerror=alert(1)> "&?#\u202Egnihtyna';
        await create({ name, prompt: '</pre><script>alert(1)</script> {{<b>x</b>}} @@@langfusePrompt:name=<i>|label=x@@ \u001b[31m', commitMessage: '<script>alert(2)</script>', config: { html: '<script>' }, tags: ['<b>'] });
        await create({ name, prompt: '<svg onload=alert(1)>' });
        const { page, complaints, context } = await stage.open('/p/default/prompts');
        await page.locator('.prompts-table').getByRole('link', { name: /onerror/ }).click();
        await page.getByRole('tab', { name: 'Changes' }).click();
        await page.getByText('<svg onload=alert(1)>').first().waitFor();
        for (const tab of ['Config', 'Use it', 'Words']) await page.getByRole('tab', { name: tab }).click();
        await page.keyboard.press('e');
        await page.getByRole('textbox', { name: "The prompt's words" }).waitFor();
        assert.equal(await page.locator('main script, main img, main pre svg, main b b').count(), 0);
        assert.match(await page.locator('h1').innerText(), /⟦U\+202E⟧/);
        quiet(complaints);
        await context.close();
    });

    it('which version made quality drop: three clicks from the Overview to the words that did it', async () => {
        await fillDemo(stage);
        const { page, complaints, context } = await stage.open('/p/demo/overview?from=-49h');
        await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Prompts' }).click();
        await page.getByRole('link', { name: 'support-reply' }).click();
        const row = page.locator('.versions-table tbody tr').filter({ hasText: 'v8' });
        await row.locator('.under.bad').first().waitFor();
        const { versions } = await new Api(stage.url, { project: 'demo' }).get('/api/v1/prompt_usage', { prompt: 'support-reply', from: '-49h' });
        const v8 = versions.find(({ version }) => version === '8');
        const headings = await texts(page.locator('.versions-table thead th'));
        const cells = await texts(row.locator('th, td'));
        assert.match(cells[headings.indexOf('helpful')], new RegExp(`^${v8.scores.find(({ name }) => name === 'helpful').mean.toFixed(2)} ▼ `));
        assert.match(cells[headings.indexOf('Tokens out')], / ▲ /);
        assert.equal(cells[headings.indexOf('Calls')], v8.calls.toLocaleString('en-US'));
        await page.getByRole('tab', { name: 'Changes' }).click();
        await page.locator('ins', { hasText: 'offer one alternative' }).waitFor();
        await row.getByTitle('The traces of this version').click();
        await page.waitForURL((url) => url.searchParams.getAll('f').join() === 'prompt=support-reply,prompt_version=8');
        // And back: a call names the version it was made with.
        const { invocations: [{ trace_id, span_id }] } = await new Api(stage.url, { project: 'demo' }).get('/api/v1/invocations', { f: ['prompt=support-reply', 'prompt_version=7'], from: '-49h', limit: 1 });
        await page.goto(`${stage.url}/p/demo/traces/${trace_id}?span=${span_id}`);
        await page.getByRole('link', { name: 'support-reply v7' }).click();
        await page.getByRole('region', { name: 'Version 7' }).waitFor();
        quiet(complaints);
        await context.close();
    });

    it('accessible while it is written, and where its use is shown', async () => {
        await accessible(stage, '/p/demo/prompts/support-reply?edit=1', { theme: 'light', width: 390 });
        await accessible(stage, '/p/default/prompts/chat?tab=use', { theme: 'dark' });
    });
});
