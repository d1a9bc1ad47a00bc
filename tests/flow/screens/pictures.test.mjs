// SPDX-License-Identifier: Apache-2.0
// Pictures of each screen in both themes into docs/screens/, from the demo project when it is there.
// Only with UPDATE_SCREENS=1, or UPDATE_SCREENS=query for those whose name begins so: pictures are for people, and differ
// from machine to machine.
import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { binary } from '../support/server.mjs';
import { cannot, setStage, settled } from './stage.mjs';

const skip = process.env.UPDATE_SCREENS ? cannot() : 'UPDATE_SCREENS is not set';
const out = fileURLToPath(new URL('../../../docs/screens/', import.meta.url));

describe('screens: pictures', { skip }, () => {
    const stage = skip ? {} : setStage();

    it('each screen in both themes', async () => {
        const { projects } = await stage.api.get('/api/v1/projects');
        const project = (projects.find((each) => each.demo && each.last_span) ?? projects[0]).name;
        stage.api.project = project;
        const first = async (...f) => (await stage.api.traces({ f, limit: 1 })).traces[0]?.trace_id;
        const failed = (await first('status=error', 'error_kind=throttle')) ?? (await first('status=error'));
        const priced = await first('kind=llm', 'cost>0', 'status=ok');
        const retrieval = await first('kind=retriever', 'status=ok');
        const runs = (await stage.api.traces({ f: ['trace_name~buying-researcher'], limit: 2 })).traces.map((each) => each.trace_id);
        const [queue] = (await stage.api.get('/api/v1/queues')).queues;
        const item = queue && (await stage.api.get(`/api/v1/queues/${queue.id}/items`, { limit: 1 })).items[0].id;
        const session = (await stage.api.get('/api/v1/sessions', { f: 'user=hana.sato', limit: 1 })).sessions[0]?.session;
        const { datasets } = await stage.api.get('/api/v1/datasets');
        const dataset = datasets.find(({ runs }) => runs > 1)?.id;
        const compared = dataset && (await stage.api.get(`/api/v1/datasets/${dataset}/runs`)).runs.map(({ id }) => id).reverse().slice(0, 2).join(',');
        const ask = (query, more = '') => `query?query=${encodeURIComponent(query)}${more}`;
        const screens = {
            overview: ['overview', 1640], 'overview-whole': ['overview', 3140], settings: ['settings', 700], traces: ['traces', 900], 'traces-errors': ['traces?f=status=error', 900],
            ...(failed && { 'trace-error': [`traces/${failed}`, 900] }),
            ...(priced && { 'trace-conversation': [`traces/${priced}`, 900], 'trace-cost': [`traces/${priced}?tab=usage`, 900], 'trace-fields': [`traces/${priced}?tab=fields`, 900] }),
            ...(retrieval && { 'trace-retrieval': [`traces/${retrieval}`, 900] }),
            models: ['models?a=openai/gpt-4o-mini&b=anthropic/claude-sonnet-4-5', 1700],
            agents: ['agents', 1000], agent: ['agents?agent=buying-researcher', 1500],
            explain: ['explain?measure=failures', 1100], 'explain-cost': ['explain?measure=cost', 1100],
            sessions: ['sessions', 900], session: [`sessions/${session}`, 1000], users: ['users', 900], user: ['users/hana.sato', 1100],
            datasets: ['datasets', 700], ...(dataset && { dataset: [`datasets/${dataset}`, 800], 'dataset-compare': [`datasets/${dataset}/compare?run=${compared}`, 1100] }),
            dashboards: ['dashboards', 800], palette: ['overview', 900], 'overview-phone': ['overview', 844, 390], 'traces-phone': ['traces', 844, 390], 'trace-phone': [`traces/${failed}`, 844, 390],
            prompts: ['prompts', 700], 'prompt-versions': ['prompts/support-reply?tab=changes', 1000],
            query: ['query', 900], 'query-series': [ask('filter kind = "llm"\n| stats count(*) as calls by bin(30m), model', '&view=stacked'), 900],
            'query-groups': [ask('filter kind = "llm"\n| stats sum(cost) as spent, count(*) as calls, pct(duration, 95) as p95 by model\n| sort spent desc'), 900],
            'query-rows': [ask('filter kind = "llm"\n| fields @timestamp, name, model, duration, ttft, cost\n| sort duration desc\n| limit 500'), 900],
            'query-mistake': [ask('filter kind = "llm"\n| stat count(*) by model'), 900], 'query-patterns': [`${ask('pattern @message')}&source=logs`, 900],
            'dashboard-models': ['dashboards/model-invocations', 1500], 'dashboard-cost': ['dashboards/cost', 1500],
            ...(runs.length > 1 && { compare: [`compare?a=${runs[0]}&b=${runs[1]}`, 900], 'trace-replay': [`traces/${runs[1]}?t=5000`, 900], 'trace-graph': [`traces/${runs[1]}?view=graph`, 900], 'trace-around': [`traces/${runs[1]}?view=around`, 900] }),
            queues: ['queues', 600], ...(queue && { queue: [`queues/${queue.id}`, 800], 'queue-work': [`queues/${queue.id}?item=${item}`, 900] }),
            live: ['live', 900],
            infrastructure: ['infrastructure?from=-2d', 1100],
            logs: ['logs', 900], metrics: ['metrics', 900], connect: ['setup', 900],
            scores: ['scores', 900], 'traces-search': ['traces?q=parcel', 900],
            empty: ['/p/default/overview', 800], 'menu-phone': ['overview', 844, 390],
        };
        await mkdir(out, { recursive: true });
        for (const theme of ['dark', 'light']) {
            for (const [name, [path, height, width]] of Object.entries(screens)) {
                if (process.env.UPDATE_SCREENS !== '1' && !name.startsWith(process.env.UPDATE_SCREENS)) continue;
                const { page, context } = await stage.open(path.startsWith('/') ? path : `/p/${project}/${path}`, { theme, height, ...(width && { width }) });
                const kind = name === 'trace-retrieval' ? 'retriever' : /^trace-(?!error|graph|around)/.test(name) ? 'llm' : null;
                if (kind) await page.locator(`.span-row.k-${kind}`).last().click();
                await settled(page);
                if (name === 'live') { // something has to come in
                    spawnSync(binary, ['demo', '--url', stage.url, '--hours', '2', '--seed', String(Date.now())]);
                    await page.locator('.live-row').nth(20).waitFor();
                    await page.waitForTimeout(2000); // the glow of what is new
                }
                if (name === 'trace-graph') await page.locator('.react-flow__edge').first().waitFor();
                if (name === 'menu-phone') await page.getByRole('button', { name: /^Screens/ }).click();
                if (name === 'palette') {
                    await page.keyboard.press('Control+k');
                    await page.getByRole('combobox', { name: /^Go to a screen/ }).fill('sonnet');
                    await page.getByRole('option', { name: /sonnet/ }).first().waitFor();
                }
                if (/^query/.test(name)) await page.locator('.editor-host[data-ready]').waitFor();
                if (name !== 'live') await page.waitForLoadState('networkidle');
                await page.screenshot({ path: `${out}${name}-${theme}.png` });
                await context.close();
            }
        }
    });
});
