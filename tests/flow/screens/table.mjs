// SPDX-License-Identifier: Apache-2.0
// Every screen: its path, what stands there with the demo's data, and the two keys that lead there.
export const SCREENS = [
    { path: 'overview', shows: 'Failed calls by kind', keys: 'go' },
    { path: 'traces', shows: /traces$/, keys: 'gt' },
    { path: 'live', shows: /Live/, keys: 'gv' },
    { path: 'models', shows: 'claude-sonnet-4-5', keys: 'gi' },
    { path: 'agents', shows: 'buying-researcher', keys: 'ga' },
    { path: 'scores', shows: 'helpful', keys: 'gc' },
    { path: 'sessions', shows: /chat-[0-9a-f]{12}/, keys: 'ge' },
    { path: 'users', shows: 'hana.sato', keys: 'gu' },
    { path: 'logs', shows: /INFO|WARN|ERROR/, keys: 'gl' },
    { path: 'metrics', shows: /gen_ai\./, keys: 'gm' },
    { path: 'infrastructure', shows: 'GPU', keys: 'gn' },
    { path: 'query', shows: /Run/, keys: 'gq' },
    { path: 'explain?measure=failures', shows: 'More of', keys: 'gx' },
    { path: 'dashboards', shows: 'Model invocations', keys: 'gd' },
    { path: 'prompts', shows: 'support-reply', keys: 'gp' },
    { path: 'datasets', shows: 'support/questions', keys: 'gy' },
    { path: 'queues', shows: 'support/version 8', keys: 'gw' },
    { path: 'settings', shows: /Budget|budget/, keys: 'g,' },
    { path: 'setup', shows: 'OTLP over HTTP', keys: 'gs' },
    { path: 'compare', shows: 'Which traces shall be compared?' },
];

// The screens of one thing: reached from a list, under a path that the demo's data tells.
export async function detailScreens(api) {
    const filter = 'trace_name~buying-researcher';
    const [run, other] = (await api.traces({ f: filter, limit: 2 })).traces.map((each) => each.trace_id);
    const [{ session }] = (await api.get('/api/v1/sessions', { f: 'user=hana.sato', limit: 1 })).sessions;
    const { id: dataset } = (await api.get('/api/v1/datasets')).datasets.find(({ runs }) => runs > 1);
    const runs = (await api.get(`/api/v1/datasets/${dataset}/runs`)).runs.map(({ id }) => id).slice(0, 2).join(',');
    const [queue] = (await api.get('/api/v1/queues')).queues;
    const [item] = (await api.get(`/api/v1/queues/${queue.id}/items`, { limit: 1 })).items;
    return [
        { path: `traces/${run}`, shows: 'claude-sonnet-4-5' },
        { path: `compare?a=${run}&b=${other}`, shows: /They part at|same/ },
        { path: 'agents?agent=buying-researcher', shows: 'web_search' },
        { path: 'prompts/support-reply', shows: 'v8' },
        { path: `sessions/${encodeURIComponent(session)}`, shows: 'hana.sato' },
        { path: 'users/hana.sato', shows: 'What failed lately' },
        { path: 'dashboards/cost', shows: /Cost/ },
        { path: `datasets/${dataset}`, shows: 'support-reply v8' },
        { path: `datasets/${dataset}/items`, shows: /[a-z]{4,}/ },
        { path: `datasets/${dataset}/compare?run=${runs}`, shows: /significantly/ },
        { path: `queues/${queue.id}`, shows: /of 12 done/ },
        { path: `queues/${queue.id}?item=${item.id}`, shows: 'policy right' },
    ];
}
