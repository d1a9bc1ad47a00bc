// SPDX-License-Identifier: Apache-2.0
// Starts the server on an empty directory for each measurement, loads it with tests/bench/load.c, and reads what that cost
// from /proc. CPU counts everything up to the moment the index has caught up, not only to the acknowledgement.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { events } from './events.mjs';
import { queries, search } from './query.mjs';
import { fill, screens } from './screens.mjs';

const build = process.argv[2] ?? 'build';
const scale = Number(process.env.BENCH_SCALE ?? 1);
const only = process.env.BENCH_ONLY?.split(',');
const ticks = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;
const agent = new http.Agent({ keepAlive: true });
const results = [];
// A copy, so that a build beside the measurement does not pull the binary from under it.
const binary = join(build, 'bench/vitrine');
rmSync(binary, { force: true });
copyFileSync(join(build, 'vitrine'), binary);
const running = new Set();

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// goal: 'least' or 'most' and a number. Numbers are kept in full, the table rounds them.
function report(name, value, unit, goal, note = '') {
    const met = goal === undefined ? '' : (goal[0] === 'least' ? value >= goal[1] : value <= goal[1]) ? 'met' : 'MISSED';
    results.push({ name, value, unit, goal: goal ? `at ${goal[0]} ${goal[1]}` : undefined, met: met || undefined, note: note || undefined });
    const digits = value >= 1000 ? 0 : value >= 10 ? 1 : 2;
    const shown = value.toLocaleString('en', { maximumFractionDigits: digits });
    console.log(`  ${name.padEnd(52)} ${shown.padStart(12)} ${unit.padEnd(12)} ${(goal ? `${goal[0] === 'least' ? '≥' : '≤'} ${goal[1].toLocaleString('en')} ${met}` : '').padEnd(18)} ${note}`);
}

function request(server, method, path, headers = {}, body) {
    return new Promise((done, fail) => {
        const call = http.request({ agent, host: '127.0.0.1', port: server.port, method, path, headers }, (reply) => {
            const parts = [];
            reply.on('data', (part) => parts.push(part));
            reply.on('end', () => done({ status: reply.statusCode, body: Buffer.concat(parts) }));
            reply.on('error', fail);
        });
        call.on('error', fail);
        call.setTimeout(120000, () => call.destroy(new Error(`${path}: no answer in two minutes`)));
        call.end(body);
    });
}

async function getJson(server, path) {
    const reply = await request(server, 'GET', path);
    if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}: ${reply.body.toString().slice(0, 300)}`);
    return JSON.parse(reply.body);
}

function start(directory) {
    const child = spawn(binary, ['serve', '--data', directory, '--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0', '--log', 'warn'],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    const server = { child, pid: child.pid, directory, started: performance.now() };
    running.add(child);
    server.ended = new Promise((done) => child.on('exit', (code, signal) => { running.delete(child); done(signal ?? code); }));
    return new Promise((done, fail) => {
        let text = '';
        child.stdout.on('data', (part) => {
            text += part;
            const web = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(text), grpc = /grpc 127\.0\.0\.1:(\d+)/.exec(text);
            if (!web || !grpc || server.port) return;
            server.port = Number(web[1]);
            server.grpc = Number(grpc[1]);
            done(server);
        });
        server.ended.then((code) => fail(new Error(`the server ended with ${code} before it listened`)));
    });
}

async function stop(server, signal = 'SIGTERM') {
    server.child.kill(signal);
    return server.ended;
}

const empty = () => mkdtempSync(join(tmpdir(), 'vitrine-bench-'));

// On an empty directory that goes afterwards, or on one that stays.
async function withServer(work, kept) {
    const directory = kept ?? empty();
    let server;
    try {
        server = await start(directory);
        return await work(server);
    } finally {
        if (server) await stop(server);
        if (!kept) rmSync(directory, { recursive: true, force: true });
    }
}

// User and system time of the process, all threads, in seconds.
function cpu(server) {
    const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ').pop().split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticks;
}

// The same by thread: of those that share a name, before its number, together.
function threads(server) {
    const sums = {};
    for (const thread of readdirSync(`/proc/${server.pid}/task`)) {
        const [, name, rest] = /\((.*?)[-\d]*\) (.*)/s.exec(readFileSync(`/proc/${server.pid}/task/${thread}/stat`, 'utf8'));
        const fields = rest.split(' ');
        sums[name] = (sums[name] ?? 0) + (Number(fields[11]) + Number(fields[12])) / ticks;
    }
    return sums;
}

function memory(server, field) {
    return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
}

function diskBytes(path) {
    const at = statSync(path);
    return at.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + diskBytes(join(path, name)), 0) : at.size;
}

function load(server, options) {
    const args = ['--port', String(options.grpc ? server.grpc : server.port), '--kind', options.kind, '--spans', String(Math.max(1, Math.round(options.spans))),
        '--batch', String(options.batch ?? 64), '--connections', String(options.connections ?? 8), '--seed', String(options.seed ?? 1)];
    if (options.grpc) args.push('--grpc');
    if (options.file) args.push('--file', options.file);
    if (options.hours) args.push('--hours', String(options.hours));
    if (options.rate) args.push('--rate', String(options.rate));
    return new Promise((done, fail) => {
        const child = spawn(join(build, 'bench/load'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
        running.add(child);
        let text = '';
        child.stdout.on('data', (part) => (text += part));
        child.on('close', (code) => { // what it printed has all been read by then
            running.delete(child);
            if (!text) return fail(new Error(`load ended with ${code}`));
            done({ ...JSON.parse(text), code });
        });
    });
}

async function indexed(server, records, seconds = 600) {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
        const status = await getJson(server, '/api/v1/status');
        if (status.index.open && status.index.caught_up && Number(status.index.indexed_records) >= records) return status;
        if (performance.now() > deadline)
            throw new Error(`the index has ${status.index.indexed_records} of ${records} records after ${seconds} s`);
        await sleep(20);
    }
}

// Loads, waits for the index, and says what it took.
async function measure(label, options, goal, diskGoal) {
    await withServer(async (server) => {
        await indexed(server, 0);
        const before = cpu(server);
        const sent = await load(server, options);
        if (sent.code) throw new Error(`${label}: the load failed`);
        const acknowledged = cpu(server);
        const waited = performance.now();
        await indexed(server, sent.spans);
        const lag = (performance.now() - waited) / 1000, all = cpu(server) - before;
        const size = sent.bytes / sent.spans;
        console.log(`${label}: ${sent.spans.toLocaleString('en')} spans of ${Math.round(size).toLocaleString('en')} bytes, ${sent.requests.toLocaleString('en')} requests, ${options.connections ?? 8} connections`);
        report(`${label}: acknowledged, wall`, sent.spans / sent.seconds, 'spans/s', undefined, `the sender used ${sent.own_cpu.toFixed(1)} s of CPU beside it, ${sent.retries} retries`);
        report(`${label}: server CPU to acknowledge`, (acknowledged - before) / sent.spans * 1e6, 'µs/span');
        report(`${label}: server CPU until indexed`, all / sent.spans * 1e6, 'µs/span');
        report(`${label}: spans per second of server CPU`, sent.spans / all, 'spans/cpu-s', goal ? ['least', goal] : undefined);
        report(`${label}: index behind at the last acknowledgement`, lag, 's');
        report(`${label}: memory, peak`, memory(server, 'VmHWM'), 'MB', ['most', 512]);
        // Space that the engine has claimed ahead is given back when it closes.
        await stop(server);
        const journal = diskBytes(join(server.directory, 'journal')), index = diskBytes(join(server.directory, 'index'));
        report(`${label}: naive bytes over journal bytes`, sent.bytes / journal, 'x', diskGoal ? ['least', diskGoal] : undefined, `${(journal / sent.spans).toFixed(0)} B/span`);
        report(`${label}: naive bytes over all bytes on disk`, sent.bytes / (journal + index), 'x', undefined, `index ${(index / sent.spans).toFixed(0)} B/span`);
    });
}

const oneSpan = (n) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: `${n}`.padStart(32, '1'), spanId: `${n}`.padStart(16, '1'), name: 'first',
    startTimeUnixNano: `${Date.now()}000000`, endTimeUnixNano: `${Date.now()}000000` }] }] }] });

async function accepted(server) {
    const reply = await request(server, 'POST', '/v1/traces', { 'content-type': 'application/json' }, oneSpan(7));
    if (reply.status !== 200) throw new Error(`the first span was answered ${reply.status}`);
    return performance.now() - server.started;
}

const parts = {
    async start() {
        const times = [], ready = [];
        let idle = 0;
        for (let i = 0; i < 5; i++) {
            await withServer(async (server) => {
                times.push(await accepted(server));
                await indexed(server, 1);
                ready.push(performance.now() - server.started);
                if (i === 4) { await sleep(1500); idle = memory(server, 'VmRSS'); }
            });
        }
        report('start to first accepted span, empty store', median(times), 'ms', ['most', 150], 'median of 5');
        report('start to first span indexed', median(ready), 'ms');
        report('memory, idle', idle, 'MB', ['most', 64]);
    },
    async fat() {
        await measure('fat, HTTP', { kind: 'fat', spans: 100000 * scale }, 20000, 20);
        await measure('fat, gRPC', { kind: 'fat', spans: 100000 * scale, grpc: true }, 20000, 20);
    },
    async thin() {
        await measure('thin, HTTP', { kind: 'thin', spans: 400000 * scale, batch: 512 }, 100000);
        await measure('thin, gRPC', { kind: 'thin', spans: 400000 * scale, batch: 512, grpc: true }, 100000);
    },
    async events() {
        await withServer((server) => events(bench, server));
    },
    async recorded() {
        const file = process.env.VITRINE_TRAJECTORIES;
        if (!file) return console.log('recorded: VITRINE_TRAJECTORIES is not set');
        await measure('recorded, HTTP', { kind: 'recorded', file, spans: 1e9, connections: 2 }, undefined, 100);
    },
    async million() {
        await withServer(async (server) => {
            const thin = await load(server, { kind: 'thin', spans: 550000 * scale, batch: 512 });
            const calls = await load(server, { kind: 'calls', spans: 400000 * scale, batch: 512, hours: 24 });
            const wide = await load(server, { kind: 'wide', spans: 50000 * scale, batch: 1000, seed: 99 });
            await indexed(server, thin.spans + calls.spans + wide.spans);
            if (only && !only.includes('million')) return queries(bench, server);
            const list = [];
            for (const order of ['desc', 'asc'])
                list.push(...(await getJson(server, `/api/v1/traces?limit=100&sort=start&order=${order}&f=${encodeURIComponent('service!=load-wide')}`)).traces);
            const total = thin.spans + calls.spans + wide.spans;
            console.log(`a store of ${total.toLocaleString('en')} spans`);
            await timed(server, 'a request that reads nothing, for comparison', Array(50).fill('/api/v1/status'));
            await timed(server, 'one trace by its id', list.map((one) => `/api/v1/traces/${one.trace_id}`), ['most', 10]);
            await timed(server, 'overview of the last hour', Array(15).fill('/api/v1/overview?from=-1h'), ['most', 50]);
            await timed(server, 'overview of the last day', Array(15).fill('/api/v1/overview?from=-24h'), ['most', 50]);
            await timed(server, 'list of traces, newest', Array(15).fill('/api/v1/traces?limit=50'));
            await timed(server, 'list of traces, slowest of one model', Array(10).fill(`/api/v1/traces?limit=50&sort=duration&f=${encodeURIComponent('model~gpt')}`));
            for (const path of ['models', 'models/sizes', 'models/quality', 'invocations', 'agents', 'agents/runs', 'agents/loops', 'agents/graph'])
                await timed(server, path, Array(7).fill(`/api/v1/${path}`), ['most', 300]);
            await timed(server, 'facets', Array(10).fill('/api/v1/facets'));
            const wideId = (await getJson(server, `/api/v1/traces?limit=1&f=${encodeURIComponent('service=load-wide')}`)).traces[0];
            if (!wideId || wideId.spans !== wide.spans) throw new Error(`the wide trace has ${wideId?.spans} of ${wide.spans} spans`);
            await timed(server, `shape of a trace of ${wide.spans.toLocaleString('en')} spans`, Array(7).fill(`/api/v1/traces/${wideId.trace_id}`), ['most', 200]);
            report('memory after these', memory(server, 'VmRSS'), 'MB');
            report('memory, peak', memory(server, 'VmHWM'), 'MB', ['most', 512]);
            if (!only || only.includes('query')) await queries(bench, server);
            if (!only || only.includes('recovery')) await recover(server);
        });
    },
    // BENCH_STORE=directory: over the store that is there, kept from one time to the next.
    async screens() {
        const kept = process.env.BENCH_STORE;
        await withServer(async (server) => {
            await indexed(server, 0);
            if (!(await spansSeen(server))) await fill(bench, server);
            console.log(`a store of ${(await spansSeen(server)).toLocaleString('en')} spans in the last day`);
            await screens(bench, server);
            report('memory, peak, with screens', memory(server, 'VmHWM'), 'MB', ['most', 512]);
        }, kept);
    },
    // Otherwise `query` does it, over the million.
    async search() {
        if (only) await withServer((server) => search(bench, server));
    },
};

const bench = { scale, report, request, getJson, load, indexed, sleep, memory, cpu, threads };

async function timed(server, label, paths, goal) {
    const times = [];
    await getJson(server, paths[0]);
    for (const path of paths) {
        const began = performance.now();
        const reply = await request(server, 'GET', path);
        times.push(performance.now() - began);
        if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}`);
    }
    times.sort((a, b) => a - b);
    report(label, median(times), 'ms', goal, `median of ${times.length}, slowest ${times.at(-1).toFixed(1)}`);
}

const spansSeen = async (server) => (await getJson(server, `/api/v1/overview?from=-24h&to=${Date.now() + 3600000}`)).totals.spans;

// Killed in the middle of a load: how long until it accepts, until everything is indexed, and is all of it there?
async function recover(server) {
    const before = await spansSeen(server);
    const sending = load(server, { kind: 'fat', spans: 400000, seed: 5 });
    await sleep(3000);
    await stop(server, 'SIGKILL');
    const sent = await sending;
    const again = await start(server.directory);
    Object.assign(server, again);
    report('after kill -9: start to first accepted span', await accepted(again), 'ms');
    await indexed(again, 0); // this process counts what it indexes itself
    report('after kill -9: start to everything indexed', performance.now() - again.started, 'ms', undefined,
        `${sent.spans.toLocaleString('en')} spans acknowledged in the 3 s before, ${(diskBytes(join(server.directory, 'journal')) / 1e6).toFixed(0)} MB journal`);
    report('after kill -9: acknowledged spans missing', Math.max(0, before + sent.spans + 1 - await spansSeen(again)), 'spans', ['most', 0]);
}

process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

let failed = false;
const busy = loadavg()[0];
if (busy > 1) console.log(`note: this machine is not idle (load ${busy.toFixed(1)} on ${cpus().length} cores): wall times suffer\n`);
for (const [name, part] of Object.entries(parts)) {
    if (only && !only.includes(name) && !(name === 'million' && only.includes('query'))) continue;
    try {
        await part();
    } catch (error) {
        failed = true;
        console.log(`  ${name}: FAILED: ${error.message}`);
        results.push({ name, failed: error.message });
    }
}
mkdirSync(join(build, 'bench'), { recursive: true });
writeFileSync(join(build, 'bench/results.json'), `${JSON.stringify({ scale, load: busy, cores: cpus().length, when: new Date().toISOString(), results }, null, 1)}\n`);
console.log(`\n${results.filter((one) => one.met === 'met').length} goals met, ${results.filter((one) => one.met === 'MISSED').length} missed; ${join(build, 'bench/results.json')}`);
process.exit(failed ? 1 : 0);
