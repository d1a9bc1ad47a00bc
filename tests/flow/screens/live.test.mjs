// SPDX-License-Identifier: Apache-2.0
// The Live screen: rows come in by themselves, hold still when asked to, and survive a lost connection.
import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import { accessible, cannot, quiet, setStage } from './stage.mjs';
import { EVIL, fine, hostile, send, Trace } from './traffic.mjs';

function calls(name, count) {
    const trace = new Trace('live-shop', Date.now() - 5000);
    for (let n = 0; n < count; n += 1) trace.span(null, `${name} ${n}`, n, 10);
    return trace;
}

describe('screens: live', { skip: cannot() }, () => {
    const stage = setStage();
    const rows = (page) => page.locator('.live-row');
    const open = async (path = '/p/default/live') => {
        const opened = await stage.open(path);
        await opened.page.getByRole('status').filter({ hasText: 'live' }).waitFor();
        return opened;
    };

    it('what arrives is shown, newest first, and each row opens its span', async () => {
        await send(stage.url, fine());
        await stage.indexed();
        const { page, complaints, context } = await open();
        await page.getByText('Waiting for the next span').waitFor();
        const first = calls('early', 2), second = calls('late', 1);
        await send(stage.url, first);
        await page.getByText('early 1').waitFor();
        await send(stage.url, second);
        await page.getByText('late 0').waitFor();
        assert.match(await rows(page).first().innerText(), /late 0[\s\S]*live-shop/);
        await page.keyboard.press('j');
        await page.keyboard.press('Enter');
        await page.waitForURL(`**/traces/${second.id}?span=${second.spans[0].spanId}`);
        quiet(complaints);
        await context.close();
    });

    it('paused it says how many wait, and lets them in', async () => {
        const { page, context } = await open();
        await send(stage.url, calls('seen', 1));
        await page.getByText('seen 0').waitFor();
        await page.keyboard.press('p');
        await send(stage.url, calls('unseen', 3));
        await page.getByRole('button', { name: '3 waiting' }).waitFor();
        assert.equal(await page.getByText('unseen 0').count(), 0);
        await page.getByRole('button', { name: '3 waiting' }).click();
        await page.getByText('unseen 2').waitFor();
        assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 1);
        await page.keyboard.press('x');
        await page.getByText('Waiting for the next span').waitFor();
        await context.close();
    });

    it('filters and source are in the address, and hold', async () => {
        const { page, context } = await open('/p/default/live?f=name~wanted');
        await send(stage.url, calls('other', 2), calls('wanted', 1));
        await page.getByText('wanted 0').waitFor();
        assert.equal(await rows(page).count(), 1);
        await page.getByRole('button', { name: 'Both' }).click();
        await page.waitForURL('**/live?f=name~wanted&source=all');
        assert.equal(await page.locator('.chip.error').count(), 1); // logs have no name
        await context.close();
    });

    it('a lost connection is made again, and nothing between is lost', async () => {
        const { page, context } = await open();
        await send(stage.url, calls('before', 1));
        await page.getByText('before 0').waitFor();
        await stage.server.stop();
        await page.getByRole('status').filter({ hasText: 'connecting again' }).waitFor();
        const { port } = new URL(stage.url);
        stage.server.where = ['--http', `127.0.0.1:${port}`, '--grpc', '127.0.0.1:0'];
        await stage.server.restart();
        await send(stage.url, calls('meanwhile', 1));
        await page.getByText('meanwhile 0').waitFor();
        assert.equal(await page.getByText('before 0').count(), 1);
        await context.close();
    });

    it('hostile text is shown and does nothing; axe-core finds nothing serious', async () => {
        const { page, complaints, context } = await open('/p/default/live?source=all');
        await send(stage.url, hostile(1));
        await rows(page).first().waitFor();
        assert.equal(await page.locator('main img, main script, main iframe').count(), 0);
        assert.doesNotMatch(await page.locator('body').innerText(), /[\u001b\u202e]/);
        assert.match(await page.locator('.live-rows').innerText(), new RegExp(EVIL.slice(0, 8)));
        quiet(complaints);
        await context.close();
        await accessible(stage, '/p/default/live', { theme: 'dark' });
        await accessible(stage, '/p/default/live?source=logs', { theme: 'light', width: 390 });
    });
});
