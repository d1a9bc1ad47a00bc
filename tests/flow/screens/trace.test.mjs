// SPDX-License-Identifier: Apache-2.0
// One trace from every side: found by what was said, replayed, as a graph, with its logs, as it was sent; and a
// conversation of 1,000 turns that scrolls like a short one.
import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { accessible, cannot, longestTaskOf, quiet, setStage } from './stage.mjs';
import { attributes, failing, fine, send, Trace } from './traffic.mjs';

const TURNS = 1000;
const LONG_TASK_MS = 200;

// Each call brings one new question: what came before is in the calls before it.
function longTalk() {
    const trace = new Trace('talker', Date.now() - 4000e3);
    const root = trace.span(null, 'long talk', 0, TURNS * 3000);
    for (let turn = 0; turn < TURNS; turn += 1)
        trace.chat(root, turn * 3000, 2500, { input: 10, output: 10, messages: [['user', `Question ${turn}: ${'what about this and that? '.repeat(1 + (turn % 9))}`]], answer: `Answer ${turn}. ${'It is so. '.repeat(1 + (turn % 30))}` });
    return trace;
}

async function sendLog(url, trace, spanId, body, ms) {
    const record = { timeUnixNano: String(BigInt(Math.round(trace.startMs + ms)) * 1000000n), severityNumber: 13, body: { stringValue: body }, ...(spanId && { traceId: trace.id, spanId }) };
    const reply = await fetch(new URL('/v1/logs', url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ resourceLogs: [{ resource: { attributes: attributes(trace.resource) }, scopeLogs: [{ logRecords: [record] }] }] }) });
    assert.equal(reply.status, 200, await reply.text());
}

describe('screens: trace', { skip: cannot() }, () => {
    const stage = setStage();
    let failed, talk, doomed;

    before(async () => {
        [failed, talk, doomed] = [failing(), longTalk(), fine()];
        await send(stage.url, fine(), failed, talk, doomed);
        await sendLog(stage.url, failed, failed.cause, 'the limiter said no <b>twice</b>', 1400);
        await sendLog(stage.url, failed, null, 'pool is nearly empty', 1500);
        await stage.indexed();
    });

    it('what was said is found, Enter goes from one to the next, and the address keeps it', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/traces/${failed.id}`);
        await page.keyboard.press('/');
        await page.keyboard.type('packed'); // only in the result of a tool
        await page.keyboard.press('Enter');
        await page.locator('.span-row.selected', { hasText: 'get_order' }).waitFor();
        await page.locator('.found-text mark', { hasText: 'packed' }).waitFor();
        await page.waitForURL('**q=packed*');
        await page.getByLabel('Find in the trace').fill('"unclosed');
        await page.getByText('in names only').waitFor();
        quiet(complaints.filter((each) => !/400/.test(each))); // the browser's own word for the refusal
        await context.close();
    });

    it('the replay shows what was at work and what had been said, by keyboard, and is in the address', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/traces/${failed.id}?t=1000`);
        const work = page.getByLabel('At work at this moment');
        await work.getByText('get_order').waitFor();
        assert.equal(await page.locator('.span-row.now-before').count(), 1);
        await page.locator('.waterfall-rows').focus();
        await page.keyboard.press('.');
        await page.waitForURL('**t=1250*');
        await page.keyboard.press('v');
        await page.locator('.said').getByText('I will look it up.').waitFor();
        assert.equal(await page.locator('.said').getByText('Nine to five.').count(), 0); // asked later
        await page.keyboard.press(' ');
        await page.getByRole('button', { name: 'Pause' }).waitFor();
        await page.waitForURL('**t=3000*'); // it comes to its end by itself
        await page.locator('.said').getByText('Nine to five.').waitFor();
        await page.keyboard.press('Escape');
        await page.waitForURL((url) => !url.search.includes('t='));
        quiet(complaints);
        await context.close();
    });

    it('its graph, its logs with those that may be its own, and the record as it was sent', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/traces/${failed.id}`);
        await page.getByRole('button', { name: 'Graph', exact: true }).click();
        await page.locator('.react-flow__node', { hasText: 'get_order' }).waitFor();
        await page.getByRole('button', { name: 'Logs & metrics' }).click();
        await page.locator('.around-logs li.chosen', { hasText: '<b>twice</b>' }).waitFor();
        await page.getByText('they name no trace and may belong to other requests').waitFor();
        await page.getByText('pool is nearly empty').waitFor();
        await page.getByRole('tab', { name: 'Raw' }).click();
        await page.getByText(`${BigInt(Math.round((failed.startMs + 1300) * 1000)) * 1000n}`).waitFor(); // to the last digit
        quiet(complaints);
        await context.close();
        await accessible(stage, `/p/default/traces/${failed.id}?view=around&tab=raw&t=1000`, { theme: 'light' });
        await accessible(stage, `/p/default/traces/${failed.id}?t=1000`, { theme: 'dark' });
    });

    it('all spans are downloaded with their content', async () => {
        const { page, context } = await stage.open(`/p/default/traces/${failed.id}`);
        await page.getByRole('button', { name: 'Download the trace' }).click();
        const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'All spans with their content' }).click()]);
        const file = JSON.parse(await readFile(await download.path(), 'utf8'));
        assert.deepEqual(file.spans.map((span) => span.spanId).sort(), failed.spans.map((span) => span.spanId).sort());
        assert.match(JSON.stringify(file), /packed/);
        await context.close();
    });

    it(`a conversation of ${TURNS} turns scrolls without long tasks`, async () => {
        const { page, complaints, context } = await stage.open(`/p/default/traces/${talk.id}?view=talk`);
        await page.locator('.said').first().waitFor();
        // To the end, page after page; then up and down over all that is loaded.
        await page.evaluate(async () => {
            const talk = document.querySelector('.transcript');
            while (!document.body.innerText.includes('messages, each shown once')) {
                talk.scrollTop = talk.scrollHeight;
                await new Promise(requestAnimationFrame);
            }
        });
        assert.match(await page.locator('.transcript').innerText(), new RegExp(`${(2 * TURNS + 1).toLocaleString('en-US')} messages`)); // what the system was told, once
        let seen;
        const longest = await longestTaskOf(stage, page, LONG_TASK_MS, async () => {
            seen = await page.evaluate(async () => {
                const talk = document.querySelector('.transcript');
                const seen = new Set();
                for (let step = 0; step < 50; step += 1) {
                    talk.scrollTop = step < 35 ? step * 900 : (((step * 7919) % 50) / 50) * talk.scrollHeight;
                    await new Promise(requestAnimationFrame);
                    for (const said of document.querySelectorAll('.said')) seen.add(said.dataset.index);
                }
                return seen.size;
            });
        });
        assert.ok(seen > 100, `only ${seen} messages were seen`);
        assert.ok(longest < LONG_TASK_MS, `a task of ${longest} ms while scrolling`);
        quiet(complaints);
        await context.close();
    });

    it('is deleted after one question, and the list has it no more', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/traces/${doomed.id}`);
        const ask = async () => {
            await page.getByRole('button', { name: 'More about this trace' }).click();
            await page.getByText('Delete the trace…').click();
            return page.getByRole('dialog', { name: 'Delete this trace?' });
        };
        await (await ask()).getByRole('button', { name: 'Cancel' }).click();
        assert.equal((await fetch(new URL(`/api/v1/traces/${doomed.id}`, stage.url))).status, 200);
        await (await ask()).getByRole('button', { name: 'Delete it' }).click();
        await page.waitForURL((url) => url.pathname.endsWith('/traces'));
        assert.equal((await fetch(new URL(`/api/v1/traces/${doomed.id}`, stage.url))).status, 404);
        await page.getByText('long talk').first().waitFor();
        assert.equal(await page.locator(`a[href*="${doomed.id}"]`).count(), 0);
        quiet(complaints.filter((each) => !/404/.test(each))); // it is asked for until it is gone
        await context.close();
    });
});
