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
    { path: 'query', shows: /Run/, keys: 'gq' },
    { path: 'explain?measure=failures', shows: 'More of', keys: 'gx' },
    { path: 'dashboards', shows: 'Model invocations', keys: 'gd' },
    { path: 'dashboards/cost', shows: /Cost/ },
    { path: 'prompts', shows: 'support-reply', keys: 'gp' },
    { path: 'queues', shows: 'support/version 8', keys: 'gw' },
    { path: 'settings', shows: /Budget|budget/ },
    { path: 'setup', shows: 'OTLP over HTTP', keys: 'gs' },
];
