// SPDX-License-Identifier: Apache-2.0
// Two traces side by side: started from the list or a trace, parted where they part, compared word by word.
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { accessible, cannot, quiet, setStage, settled } from './stage.mjs';
import { EVIL, hostile, send, Trace, wide } from './traffic.mjs';

// A run that asks, looks up and answers; `more` steps and another model make the second one part from the first.
function run(at, { extra = false, model = 'gpt-4o', answer }) {
    const trace = new Trace('compare-shop', Date.now() - at);
    const root = trace.span(null, 'compare-agent', 0, 3000, { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'compare-agent' });
    trace.chat(root, 10, 900, { input: 400, output: 40, messages: [['user', 'When does it arrive?']], answer: 'I look it up.' });
    if (extra) trace.lookup = trace.span(root, 'execute_tool lookup', 920, 20, { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'lookup' });
    trace.span(root, 'execute_tool get_order', 950, 300, { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'get_order' });
    trace.last = trace.chat(root, 1300, 900, { model, input: 500, output: 30, messages: [['user', 'When does it arrive?'], ['tool', '{"day":"Monday"}']], answer });
    return trace;
}

describe('screens: compare', { skip: cannot() }, () => {
    const stage = setStage();
    let first, second, evil, evilToo, big, bigger;

    before(async () => {
        first = run(90_000, { answer: 'Your parcel arrives on Monday morning.' });
        second = run(60_000, { extra: true, model: 'gpt-4o-mini', answer: 'Your parcel comes on Monday evening.' });
        [evil, evilToo, big, bigger] = [hostile(1), hostile(1), wide(4000), wide(4100)];
        await send(stage.url, first, second, evil, evilToo, big, bigger);
        await stage.indexed();
    });

    it('two marked rows of the list are compared; the first divergence is chosen, n goes to the next', async () => {
        const { page, complaints, context } = await stage.open('/p/default/traces?f=service=compare-shop&sort=start&order=asc');
        await page.keyboard.press('j');
        await page.keyboard.press('m');
        await page.getByText('One trace is marked').waitFor();
        await page.keyboard.press('j');
        await page.keyboard.press('m');
        await page.getByRole('link', { name: 'Compare the two' }).click();
        await page.waitForURL(`**/compare?a=${first.id}&b=${second.id}`);
        await settled(page);
        await page.getByText('2 differences').waitFor();
        assert.match(await page.locator('.pair-row.first.selected').innerText(), /lookup/);
        assert.match(await page.locator('.compare-right').innerText(), /has no such step/);
        await page.keyboard.press('n');
        await page.locator('.pair-row.selected', { hasText: 'gpt-4o → gpt-4o-mini' }).waitFor();
        await page.locator('.talk-row.changed ins', { hasText: 'comes' }).waitFor();
        assert.deepEqual(await page.locator('.talk-row.changed del').allInnerTexts(), ['arrives', 'morning']);
        await page.keyboard.press('o');
        await page.waitForURL('**&view=changes*');
        assert.equal(await page.locator('.pair-row').count(), 3); // both differences, and what leads to them
        await page.keyboard.press('s');
        await page.waitForURL(`**/compare?*a=${second.id}&b=${first.id}`);
        quiet(complaints);
        await context.close();
    });

    it('a trace offers its kin, and takes a link', async () => {
        const { page, context } = await stage.open(`/p/default/traces/${first.id}`);
        await page.getByRole('link', { name: 'Compare', exact: true }).click();
        await page.locator('.kin a').waitFor();
        assert.equal(await page.locator('.kin a').count(), 1);
        await page.getByLabel('Trace id or link').fill(`see ${stage.url}/p/default/traces/${second.id}?span=${second.last} please`);
        await page.keyboard.press('Enter');
        await page.waitForURL(`**/compare?a=${first.id}&b=${second.id}`);
        await page.goto(`${stage.url}/p/default/compare?a=${first.id}/${first.last}&b=${second.id}/${second.last}`);
        await page.locator('.compare-spans .talk-row ins', { hasText: 'comes' }).waitFor();
        await page.goto(`${stage.url}/p/default/compare?a=nonsense`);
        await page.getByText('is not the id of a trace').waitFor();
        await context.close();
    });

    it('hostile texts are inert, 4,000 spans are aligned, and axe-core finds nothing serious', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/compare?a=${evil.id}&b=${evilToo.id}&span=a:${evil.talk}`);
        await page.locator('.span-diff').waitFor();
        await settled(page);
        assert.equal(await page.locator('main img, main script, main iframe, main a[href^="javascript"]').count(), 0);
        assert.doesNotMatch(await page.locator('body').innerText(), /[\u001b\u202e]/);
        assert.ok((await page.locator('.pair-rows').innerText()).includes(EVIL.slice(0, 25)));
        await page.goto(`${stage.url}/p/default/compare?a=${big.id}&b=${bigger.id}`);
        await page.getByText('4,100 of 4,100 steps').waitFor();
        quiet(complaints);
        await context.close();
        await accessible(stage, `/p/default/compare?a=${first.id}&b=${second.id}&span=a:${first.last}`, { theme: 'light', width: 390 });
    });
});
