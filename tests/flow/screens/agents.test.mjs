// SPDX-License-Identifier: Apache-2.0
// Agents: from the list to the loop and its cost in two clicks, the graph of many runs and of one, by mouse and keyboard.
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { cannot, quiet, setStage, settled } from './stage.mjs';
import { EVIL, send, Trace } from './traffic.mjs';

const agent = (trace, name, took) => trace.span(null, `invoke_agent ${name}`, 0, took, { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name });
const tool = (trace, run, name, at, args, how) =>
    trace.span(run, `execute_tool ${name}`, at, 120, { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name, 'gen_ai.tool.call.arguments': JSON.stringify(args) }, how);

// Three ordinary runs, and one that searches for the same thing five times.
function researcher(times, at) {
    const trace = new Trace('research', Date.now() - at * 60e3);
    const run = agent(trace, 'researcher', times * 1000 + 500);
    for (let turn = 0; turn < times; turn += 1) {
        trace.chat(run, turn * 1000 + 10, 500, { input: 1000, output: 20, messages: [['user', 'Which tent is the lightest?']], answer: 'Let me look.' });
        tool(trace, run, 'web_search', turn * 1000 + 520, { q: times > 2 ? 'tents' : turn }, turn === 1 ? { failed: 'no answer' } : {});
    }
    trace.chat(run, times * 1000 + 100, 300, { input: 1200, output: 60, messages: [['user', 'Which tent is the lightest?']], answer: 'The Lynx, 870 g.' });
    return trace;
}

describe('screens: agents', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });
    let circling;

    before(async () => {
        circling = researcher(5, 3);
        const evil = new Trace('evil', Date.now() - 60e3);
        tool(evil, agent(evil, EVIL, 500), EVIL, 10, EVIL);
        await send(stage.url, circling, researcher(1, 4), researcher(2, 5), researcher(1, 6), evil);
        await stage.indexed();
    });

    it('two clicks lead from the list to the first repetition, with its price', async () => {
        const { loops } = await stage.api.get('/api/v1/agents/loops', { from: '-24h' });
        const { page, complaints, context } = await stage.open('/p/default/agents');
        const row = page.getByRole('row', { name: /^researcher/ });
        assert.match(await row.innerText(), /1 run\s/);
        const panel = page.getByRole('region', { name: 'Loops', exact: true });
        await panel.getByText('called web_search 5 times with the same arguments').waitFor();
        assert.equal(loops.length, 1);
        assert.equal(loops[0].cost, 4 * (1000 * 2500 + 20 * 10000));
        await panel.getByTitle(`$${loops[0].cost / 1e9}`, { exact: true }).first().waitFor();
        await panel.getByRole('link', { name: /called web_search 5 times/ }).click();
        await page.waitForURL(new RegExp(`${circling.id}\\?span=${loops[0].first_span_id}`));
        await page.locator('.span-row.selected').getByText('web_search').waitFor();
        quiet(complaints);
        await context.close();
    });

    it('an agent’s page draws all runs over each other, and one of them', async () => {
        const { page, complaints, context } = await stage.open('/p/default/agents');
        await page.getByRole('link', { name: 'researcher', exact: true }).first().click();
        await page.waitForURL(/\/agents\?agent=researcher/);
        const graph = page.getByRole('region', { name: 'Graph', exact: true });
        const node = (name) => graph.locator('.graph-node').filter({ hasText: name });
        await node('web_search').waitFor();
        assert.match(await node('web_search').innerText(), /×9[\s\S]*22\.2 % failed/);
        assert.match(await node('gpt-4o').innerText(), /×13/);
        await node('web_search').getByTitle('1 loop end here').waitFor();
        await graph.getByText('4 traces laid over each other').waitFor();
        await node('web_search').click();
        await graph.getByText('9 in 4 traces').waitFor();
        await page.getByRole('tab', { name: 'In circles' }).click();
        await page.waitForFunction(() => document.querySelectorAll('.runs-table tbody tr').length === 1);
        await page.getByRole('button', { name: 'Graph', exact: true }).click();
        await page.waitForURL(new RegExp(`run=${circling.id}`));
        await graph.getByRole('heading', { name: 'One run' }).waitFor();
        await page.waitForFunction(() => [...document.querySelectorAll('.graph-node')].some((each) => /web_search[\s\S]*×5/.test(each.textContent)));
        const again = await stage.open(page.url().slice(stage.url.length));
        await again.page.getByRole('heading', { name: 'One run' }).waitFor();
        await again.context.close();
        await graph.getByRole('button', { name: 'All runs' }).click();
        await graph.getByRole('heading', { name: 'How it runs' }).waitFor();
        quiet(complaints);
        await context.close();
    });

    it('a trace leads to its own graph and back', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/traces/${circling.id}`);
        await page.getByRole('button', { name: 'Graph', exact: true }).click();
        await page.locator('.graph-node').filter({ hasText: 'web_search' }).waitFor();
        await page.getByRole('link', { name: 'With its loops, as a table' }).click();
        await page.getByRole('heading', { name: 'One run' }).waitFor();
        await page.getByText('called web_search 5 times with the same arguments').waitFor();
        await page.getByRole('link', { name: 'Back to the trace' }).click();
        await page.waitForURL(new RegExp(`/traces/${circling.id}`));
        quiet(complaints);
        await context.close();
    });

    it('the table says what the drawing shows, and how each way is known', async () => {
        const { page, complaints, context } = await stage.open('/p/default/agents?agent=researcher&view=table');
        const table = page.getByRole('region', { name: 'Graph as tables' });
        assert.match(await table.getByRole('row', { name: /^gpt-4o → web_search/ }).innerText(), /9\t2\t.*9 by order in time/);
        assert.match(await table.getByRole('row', { name: /^researcher → gpt-4o/ }).innerText(), /4 by the first step inside/);
        assert.match(await table.getByRole('row', { name: /^web_search → gpt-4o/ }).innerText(), /back/);
        quiet(complaints);
        await context.close();
    });

    it('nodes are chosen by keyboard', async () => {
        const { page, complaints, context } = await stage.open('/p/default/overview');
        await page.keyboard.press('g');
        await page.keyboard.press('a');
        await page.waitForURL(/\/agents/);
        await page.goto(`${stage.url}/p/default/agents?agent=researcher`);
        const node = page.locator('.react-flow__node').filter({ hasText: 'gpt-4o' });
        await node.focus();
        await page.keyboard.press('Enter');
        await page.locator('.graph-side').getByText('13 in 4 traces').waitFor();
        quiet(complaints);
        await context.close();
    });

    it('hostile names render inert', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/agents?agent=${encodeURIComponent(EVIL)}`);
        await page.locator('.graph-node').first().waitFor();
        assert.equal(await page.locator('main script, main img').count(), 0);
        await settled(page);
        quiet(complaints);
        await context.close();
    });

    it('an empty range teaches', async () => {
        const { page, context } = await stage.open('/p/default/agents?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z');
        await page.getByText('No agent ran in this time range').waitFor();
        await context.close();
    });
});
