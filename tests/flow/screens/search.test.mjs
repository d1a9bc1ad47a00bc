// SPDX-License-Identifier: Apache-2.0
// From a sentence somebody remembers to the span it stands in.
import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import { accessible, cannot, quiet, setStage } from './stage.mjs';
import { failing, fine, QUESTION, send } from './traffic.mjs';

describe('screens: search', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });
    const word = QUESTION.split(/\W+/).sort((a, b) => b.length - a.length)[0];

    it('a word leads to the span it stands in, and back', async () => {
        await send(stage.url, failing(), fine());
        await stage.indexed();
        const { page, complaints, context } = await stage.open('/p/default/traces');
        await page.getByRole('textbox', { name: 'Search prompts, answers and tool calls' }).fill(word.toUpperCase());
        await page.keyboard.press('Enter');
        const hit = page.locator('.search-hit').first();
        await hit.locator('mark').first().waitFor();
        assert.equal((await hit.locator('mark').first().innerText()).toLowerCase(), word.toLowerCase());
        assert.match(page.url(), new RegExp(`q=${word}`, 'i'));
        await hit.getByRole('link').click();
        await page.waitForURL(/\/traces\/[0-9a-f]{32}\?span=[0-9a-f]{16}/);
        await page.getByText(QUESTION).first().waitFor();
        await page.goBack();
        await page.locator('.search-hit').first().waitFor();
        await page.getByRole('button', { name: 'Clear the search' }).click();
        await page.locator('.trace-row').first().waitFor();
        quiet(complaints);
        await context.close();
    });

    it('what cannot be read is said in the server’s words, what is not there too', async () => {
        const { page, context } = await stage.open('/p/default/traces?q=%22open');
        await page.getByText('q: at character 1: expected a closing quote').waitFor();
        const box = page.getByRole('textbox', { name: 'Search prompts, answers and tool calls' });
        await box.fill('zyzzyva');
        await box.press('Enter');
        await page.getByText('Nothing in this time range').waitFor();
        await context.close();
    });

    it('anybody can use it', async () => {
        await accessible(stage, `/p/default/traces?q=${word}`);
    });
});
