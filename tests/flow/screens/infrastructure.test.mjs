// SPDX-License-Identifier: Apache-2.0
// Infrastructure: metrics of hosts by the names of the conventions, beside the models' signals; and what to do when
// there are none.
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.mjs';
import { cannot, quiet, setStage } from './stage.mjs';
import { attributes, EVIL, fine, send } from './traffic.mjs';

const ns = (ms) => String(BigInt(Math.round(ms)) * 1000000n);

async function gauge(url, name, unit, points, host = 'h1') {
    const resource = { attributes: attributes({ 'service.name': 'host-metrics', 'host.name': host }) };
    const dataPoints = points.map(([ms, value, own]) => ({ timeUnixNano: ns(ms), asDouble: value, attributes: attributes(own) }));
    const reply = await fetch(new URL('/v1/metrics', url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [{ name, unit, gauge: { dataPoints } }] }] }] }) });
    assert.equal(reply.status, 200, await reply.text());
}

describe('screens: infrastructure', { skip: cannot() }, () => {
    const stage = setStage();

    before(async () => {
        await send(stage.url, fine());
        await stage.indexed();
    });

    it('teaches how hosts come to appear, and then shows them', async () => {
        const { page, complaints, context } = await stage.open('/p/default/infrastructure');
        await page.getByText('No host or server metrics in this time range').waitFor();
        assert.match(await page.locator('.infra-teach pre').innerText(), new RegExp(`hostmetrics[\\s\\S]*endpoint: ${stage.url}`));
        const times = [3, 2, 1].map((minutes) => Date.now() - minutes * 60e3);
        await gauge(stage.url, 'system.cpu.utilization', '1', times.flatMap((ms) => [[ms, 0.2, { 'cpu.mode': 'user' }], [ms, 0.1, { 'cpu.mode': 'system' }], [ms, 0.7, { 'cpu.mode': 'idle' }]]));
        await gauge(stage.url, 'hw.gpu.utilization', '1', times.map((ms) => [ms, 0.97, { 'hw.id': EVIL }]));
        await stage.indexed();
        await page.goto(`${stage.url}/p/default/infrastructure?from=-1h`);
        const cpu = page.getByRole('region', { name: 'CPU', exact: true });
        await cpu.getByText('system.cpu.utilization').waitFor();
        await page.getByRole('region', { name: 'Latency, p95' }).waitFor();
        await cpu.locator('.chart-host').focus();
        await page.keyboard.press('End');
        await page.keyboard.press('ArrowLeft');
        await page.waitForFunction(() => /30 %/.test(document.querySelector('main').innerText)); // what is not idle
        await page.getByRole('button', { name: 'By service' }).click();
        await page.waitForURL('**by=service*');
        assert.equal(await page.locator('main img, main script').count(), 0);
        // With a second host there is a choice, and it is in the address.
        await gauge(stage.url, 'system.cpu.utilization', '1', times.flatMap((ms) => [[ms, 0.9, { 'cpu.mode': 'user' }], [ms, 0.1, { 'cpu.mode': 'idle' }]]), 'h2');
        await stage.indexed();
        assert.deepEqual((await stage.api.get('/api/v1/metrics/hosts', { project: 'default', from: '-1h' })).hosts.map(({ host, points }) => [host, points]), [['h1', 12], ['h2', 6]]);
        await page.goto(`${stage.url}/p/default/infrastructure?from=-1h`);
        await page.getByRole('combobox', { name: 'Host' }).selectOption('h2');
        await page.waitForURL('**host=h2*');
        await eventually(async () => { // a chart that is drawn anew forgets where its cursor stood
            await cpu.locator('.chart-host').focus();
            await page.keyboard.press('End');
            await page.keyboard.press('ArrowLeft');
            assert.match(await page.locator('main').innerText(), /90 %/);
        });
        quiet(complaints);
        await context.close();
    });
});
