// SPDX-License-Identifier: Apache-2.0
// The `screens` group of the bench: every screen opened in Chromium over a million spans, how long until it can be used and what each call
// that it made costs. `bench` holds what run.mjs gives.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SCREENS } from '../flow/screens/table.mjs';

const browserScript = fileURLToPath(new URL('../../ui/dev/browser.mjs', import.meta.url));
const modules = fileURLToPath(new URL('../../ui/node_modules/playwright-core', import.meta.url));
const ROUNDS = 3, CALLS = 5, SCREEN_MS = 1000, CALL_MS = 300;

const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// As people use it: agents with tools, single calls of many users, other requests, and one very long trace.
export async function fill(bench, server) {
    const parts = [{ kind: 'fat', spans: 250000, hours: 24 }, { kind: 'calls', spans: 450000, batch: 512, hours: 24 }, { kind: 'thin', spans: 250000, batch: 512, hours: 24 },
        { kind: 'wide', spans: 50000, batch: 1000, seed: 99 }];
    let spans = 0;
    for (const part of parts) spans += (await bench.load(server, { ...part, spans: part.spans * bench.scale })).spans;
    await bench.indexed(server, spans);
    await bench.request(server, 'POST', '/api/v1/scores', { 'content-type': 'application/json' }, JSON.stringify({ name: 'helpful', value: 1, trace_id: await newest(bench, server) }));
}

const newest = async (bench, server, filter = '') => (await bench.getJson(server, `/api/v1/traces?limit=1${filter}`)).traces[0].trace_id;

// The screens of the table, and those of one trace, session, user and agent.
async function addresses(bench, server) {
    const first = async (path, list, name) => (await bench.getJson(server, `/api/v1/${path}?limit=1`))[list][0]?.[name];
    const session = await first('sessions', 'sessions', 'session'), user = await first('users', 'users', 'user');
    const wide = (await bench.getJson(server, '/api/v1/traces?limit=1&sort=spans')).traces[0];
    const agent = await first('agents', 'agents', 'agent');
    const bump = ['cost', 'latency'].map((measure) => [`explain a bump of ${measure}`, `explain?measure=${measure}&at=-13h~-12h`]);
    return [...SCREENS.map(({ path }) => [path, path]), ...bump, ['a trace', `traces/${await newest(bench, server)}`], [`a trace of ${wide.spans.toLocaleString('en')} spans`, `traces/${wide.trace_id}`],
        session && ['a session', `sessions/${encodeURIComponent(session)}`], user && ['a user', `users/${encodeURIComponent(user)}`], agent && ['an agent', `agents?agent=${encodeURIComponent(agent)}`],
        ['the models dashboard', 'dashboards/model-invocations']].filter(Boolean);
}

// In the page, before anything else runs: when nothing was asked for any more and no placeholder was left, first for 200 ms on end. Looked
// at now and then and not a frame each, and told once: frames asked for by the watcher cost the page as much as some screens do.
const watch = () => {
    let asked = 0, since = null;
    const ask = globalThis.fetch;
    globalThis.fetch = async (...call) => {
        const counts = !String(call[0]?.url ?? call[0]).includes('/tail');
        asked += counts;
        try {
            const reply = await ask(...call);
            await (counts && reply.clone().arrayBuffer());
            return reply;
        } finally {
            asked -= counts;
        }
    };
    const look = () => {
        const done = !asked && document.querySelector('main')?.childElementCount && !document.querySelector('.skeleton, .pane-busy');
        since = done ? since ?? performance.now() : null;
        if (since !== null && performance.now() > since + 200) globalThis.stands(since);
        else setTimeout(look, 20);
    };
    setTimeout(look, 20);
};

// Opens it as a newcomer, nothing cached: the time until it stands, the CPU of the page's main thread until then, and the calls that it made,
// also those of what is further down.
async function open(browser, openPage, origin, path) {
    const { page, context } = await openPage(browser, {});
    const calls = [], devtools = await context.newCDPSession(page);
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const standing = new Promise((done, fail) => {
        const late = setTimeout(() => fail(new Error(`${path} does not stand after a minute`)), 60000);
        page.exposeFunction('stands', (ms) => { clearTimeout(late); done(ms); });
    });
    await page.addInitScript(watch);
    page.on('requestfinished', (request) => {
        const { responseEnd, requestStart } = request.timing();
        if (request.url().startsWith(`${origin}/api/`) && !request.url().includes('/tail')) calls.push({ method: request.method(), path: request.url().slice(origin.length), body: request.postData(), ms: responseEnd - requestStart });
    });
    await page.goto(`${origin}/p/default/${path}`, { waitUntil: 'commit' });
    const ms = await standing;
    const { metrics } = await devtools.send('Performance.getMetrics');
    const first = calls.length;
    await page.evaluate(() => document.querySelectorAll('main *').forEach((each) => each.scrollHeight > each.clientHeight + 100 && each.scrollTo(0, each.scrollHeight)));
    await page.waitForTimeout(300); // what is further down begins to ask
    await page.waitForLoadState('networkidle', { timeout: 30000 }).catch(() => {}); // a tail stays open
    await context.close();
    return { ms, main: metrics.find(({ name }) => name === 'TaskDuration').value * 1000, first, calls };
}

// A call alone: the median of its times, and what it costs the server, which a busy machine changes less.
async function alone(bench, server, call) {
    const headers = call.body ? { 'content-type': 'application/json' } : {}, times = [];
    const send = async () => {
        const reply = await bench.request(server, call.method, call.path, headers, call.body ?? undefined);
        if (reply.status !== 200) throw new Error(`${call.path} answered ${reply.status}: ${reply.body.toString().slice(0, 200)}`);
    };
    await send();
    const before = bench.cpu(server);
    for (let i = 0; i < CALLS; i += 1) {
        const began = performance.now();
        await send();
        times.push(performance.now() - began);
    }
    return { ms: middle(times), cpu: (bench.cpu(server) - before) / CALLS * 1000 };
}

// Each screen some times over, and the calls of each one's last time, every one once.
async function openAll(bench, server) {
    const { launch, openPage } = await import(browserScript);
    const browser = await launch(), origin = `http://127.0.0.1:${server.port}`, opened = [], asked = new Map();
    try {
        for (const [label, path] of await addresses(bench, server)) {
            if (process.env.BENCH_SCREEN && !path.startsWith(process.env.BENCH_SCREEN)) continue;
            const rounds = [];
            for (let i = 0; i < ROUNDS; i += 1) rounds.push(await open(browser, openPage, origin, path));
            const { calls: last, first } = rounds.at(-1), times = rounds.map((round) => round.ms), calls = last.slice(0, first);
            for (const call of last) if (!asked.has(keyOf(call))) asked.set(keyOf(call), { ...call, screen: label });
            opened.push({ label, ms: middle(times), slowest: Math.max(...times), together: Math.max(0, ...calls.map((call) => call.ms)), calls, main: middle(rounds.map((round) => round.main)) });
        }
    } finally {
        await browser.close();
    }
    return { opened, asked: [...asked.values()] };
}

const keyOf = (call) => `${call.path} ${call.body}`;
const nameOf = ({ path, body }) => `${path.replace('/api/v1/', '').replace(/[?&]project=default/, '').slice(0, 60)} ${body?.slice(0, 100) ?? ''}`.trim();

// One line a screen: what it took, what its calls cost the server alone, together and the dearest of them, and the one that took longest.
function table(opened, costs) {
    const whole = (number) => number.toFixed(0);
    console.log('\n| screen | stands after, ms (slowest) | CPU of the page, ms | calls | their CPU together / the dearest, ms | the longest call alone, ms | goals |\n|---|---|---|---|---|---|---|');
    for (const { label, ms, slowest, main, calls } of opened) {
        const own = calls.map((call) => costs.get(keyOf(call))), sum = own.reduce((all, { cpu }) => all + cpu, 0);
        const dearest = Math.max(0, ...own.map(({ cpu }) => cpu)), longest = Math.max(0, ...own.map((cost) => cost.ms));
        const met = ms <= SCREEN_MS && longest <= CALL_MS;
        console.log(`| ${label} | ${whole(ms)} (${whole(slowest)}) | ${whole(main)} | ${calls.length} | ${whole(sum)} / ${whole(dearest)} | ${whole(longest)} | ${met ? 'met' : '**missed**'} |`);
    }
}

export async function screens(bench, server) {
    if (!existsSync(modules)) return console.log('screens: ui/node_modules is missing: tools/ui installs it');
    const { opened, asked } = await openAll(bench, server), costs = new Map();
    console.log('screens, until they stand: nothing more is asked for, no placeholder is left');
    for (const { label, ms, slowest, together, calls, main } of opened.sort((a, b) => b.ms - a.ms))
        bench.report(label, ms, 'ms', ['most', SCREEN_MS], `slowest of ${ROUNDS} ${slowest.toFixed(0)}; CPU of the page ${main.toFixed(0)}; ${calls.length} calls, the longest ${together.toFixed(0)} beside the others`);
    console.log('their calls, each alone');
    for (const call of asked) costs.set(keyOf(call), Object.assign(call, await alone(bench, server, call)));
    for (const call of asked.sort((a, b) => b.ms - a.ms)) bench.report(`${call.screen}: ${nameOf(call)}`.slice(0, 100), call.ms, 'ms', ['most', CALL_MS], `CPU ${call.cpu.toFixed(0)} ms`);
    table(opened, costs);
}
