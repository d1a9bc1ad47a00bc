// SPDX-License-Identifier: Apache-2.0
// What each of Langfuse's SDKs really asked of us, and got: a proxy between client and server notes it, and
// docs/compat/langfuse.md says it as a table. A test file checks its own part, so the table cannot grow stale;
// COMPAT=write writes it anew.
import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = resolve(fileURLToPath(import.meta.url), '../../../..');
const facts = resolve(top, 'docs/compat/langfuse.json'), table = resolve(top, 'docs/compat/langfuse.md');
const sdks = ['JS v3', 'JS v4', 'JS v5', 'Python v2', 'Python v3', 'Python v4'];
const versions = { 'JS v3': '3.39', 'JS v4': '4.6', 'JS v5': '5.11', 'Python v2': '2.60', 'Python v3': '3.15', 'Python v4': '4.14' };

// Every endpoint this server has, as "GET /api/public/traces/{id}", and what requests of it look like: from the tables the
// server is built of. Where a path with slashes in a name has a row of its own, it is the endpoint without them.
function routes() {
    const rows = [...readFileSync(resolve(top, 'src/serve/routes.def'), 'utf8').matchAll(/^ROUTE\((\w+), "([A-Z]+)", "(\/api\/public\/[^"]*)"/gm)].filter(([, handler]) => handler !== 'unknown_api');
    const own = (handler, method, pattern) => rows.find(([, other, verb, path]) => other === handler && verb === method && !path.includes('*}') && pattern.includes('*}'));
    const found = rows.map(([, handler, method, pattern]) => ({ pattern: `${method} ${pattern}`, endpoint: `${method} ${(own(handler, method, pattern)?.[3] ?? pattern).replace('*}', '}')}` }));
    for (const file of readdirSync(resolve(top, 'src/receive')).filter((name) => name.endsWith('.c')))
        for (const [, one] of readFileSync(resolve(top, 'src/receive', file), 'utf8').matchAll(/"([A-Z]+ \/api\/public\/[^"]*)"/g))
            // OpenTelemetry's paths are put together of a prefix and a signal.
            for (const pattern of one.endsWith('/v1/') ? ['traces', 'metrics', 'logs'].map((signal) => one + signal) : [one]) found.push({ pattern, endpoint: pattern });
    const looks = (pattern) => new RegExp(`^${pattern.replace(/[.]/g, '\\.').replace(/\{\w+\*\}/g, '.+').replace(/\{\w+\}/g, '[^/]+')}$`);
    // The most specific first: literals before parts, parts before rests.
    const rank = ({ pattern }) => (pattern.includes('*}') ? 100 : 0) + (pattern.match(/\{/g) ?? []).length;
    return found.map((route) => ({ ...route, looks: looks(route.pattern) })).sort((a, b) => rank(a) - rank(b));
}
const known_routes = routes();
const endpoints = [...new Set(known_routes.map(({ endpoint }) => endpoint))].sort((a, b) => a.split(' ')[1].localeCompare(b.split(' ')[1]) || a.localeCompare(b));
const endpointOf = (method, path) => known_routes.find(({ looks }) => looks.test(`${method} ${path}`))?.endpoint;

// "JS v5", by the headers that SDKs send of themselves.
function sdkOf(headers) {
    const name = headers['x-langfuse-sdk-name'] ?? headers.x_langfuse_sdk_name, version = headers['x-langfuse-sdk-version'] ?? headers.x_langfuse_sdk_version;
    const known = name === 'langfuse-js' ? 'JS v3' : `${name === 'python' ? 'Python' : 'JS'} v${String(version).split('.')[0]}`;
    return sdks.includes(known) ? known : undefined;
}

// --- what the packages themselves offer: {endpoint: sdks}, endpoints that are not here under the names the packages use ------

const flow = resolve(top, 'tests/flow');
const sources = {
    'JS v3': ['node_modules/langfuse/lib/index.mjs'], 'JS v4': ['node_modules/langfuse-v4-client/node_modules/@langfuse/core/dist/index.mjs'], 'JS v5': ['node_modules/@langfuse/core/dist/index.mjs'],
    ...Object.fromEntries([2, 3, 4].map((version) => [`Python v${version}`, pythonSources(`.venv/langfuse${version}/langfuse/api`)])),
};

function pythonSources(folder) {
    if (!existsSync(resolve(flow, folder))) return [];
    return readdirSync(resolve(flow, folder), { withFileTypes: true }).flatMap((one) => {
        const path = `${folder}/${one.name}`;
        return one.isDirectory() ? pythonSources(path) : one.name.endsWith('client.py') ? [path] : [];
    });
}

// A request is its path, a few words later its method.
const request_in = { py: /request\(\s*f?"(\/?api\/public\/[^"]*)",[^)]*?method="([A-Z]+)"/g, mjs: /["`](\/?api\/public\/[^"`]*)["`][\s\S]{0,400}?method: "([A-Z]+)"/g };

function offered() {
    const found = {};
    for (const [sdk, files] of Object.entries(sources))
        for (const file of files)
            for (const [, path, method] of readFileSync(resolve(flow, file), 'utf8').matchAll(request_in[file.split('.').at(-1)])) {
                const plain = `/${path.replace(/\$?\{[^}]*\}/g, '{}').replace(/^\//, '')}`;
                const endpoint = endpointOf(method, plain.replace(/\{\}/g, 'x').replace(/\?.*/, '')) ?? `${method} ${plain}`;
                (found[endpoint] ??= new Set()).add(sdk);
            }
    return found;
}

// [path, why]: src/serve/not_offered.def.
function refused() {
    return [...readFileSync(resolve(top, 'src/serve/not_offered.def'), 'utf8').matchAll(/^NOT_OFFERED\("([^"]*)", "(.*)"\)$/gm)].map(([, path, why]) => [path, why]);
}
const whyNot = (endpoint) => refused().find(([path]) => `${endpoint.split(' ')[1]}/`.startsWith(`${path}/`))?.[1];

export async function watch(server) {
    const seen = {}, target = new URL(server.url);
    const proxy = http.createServer((request, response) => {
        const path = request.url.split('?')[0];
        const forward = http.request({ host: target.hostname, port: target.port, method: request.method, path: request.url, headers: request.headers }, (reply) => {
            const sdk = sdkOf(request.headers), endpoint = endpointOf(request.method, path);
            if (sdk && endpoint && reply.statusCode < 300) (seen[endpoint] ??= new Set()).add(sdk);
            response.writeHead(reply.statusCode, reply.headers);
            reply.pipe(response);
        });
        forward.on('error', () => response.destroy());
        request.pipe(forward);
    });
    await new Promise((done) => proxy.listen(0, '127.0.0.1', done));
    return { url: `http://127.0.0.1:${proxy.address().port}`, seen, close: () => { proxy.closeAllConnections(); proxy.close(); } };
}

function render(known) {
    const works = (endpoint, sdk) => Object.values(known.works).some((part) => part[endpoint]?.includes(sdk));
    const lines = ['# Langfuse: which SDK asks what', '',
        'Written by the tests (`tests/flow/langfuse_*.test.mjs`), which run every SDK unmodified and note what it asked and got; a test fails when this file is stale, and `COMPAT=write node tests/flow/run.mjs langfuse` writes it anew.',
        '“works”: the SDK called it and took the answer; “–”: its package has no such call. Nothing is left out: a test looks for every call in the packages. What is told beside is what differs from Langfuse’s own server.', '',
        `| endpoint | ${sdks.map((sdk) => `${sdk} (${versions[sdk]})`).join(' | ')} | |`, `|---|${'---|'.repeat(sdks.length)}---|`];
    for (const endpoint of endpoints)
        lines.push(`| \`${endpoint}\` | ${sdks.map((sdk) => (works(endpoint, sdk) ? 'works' : '–')).join(' | ')} | ${known.differs[endpoint] ?? ''} |`);
    lines.push('', '## Not offered', '', 'Their clients get 404 with the reason.', '', `| endpoint | ${sdks.join(' | ')} | why |`, `|---|${'---|'.repeat(sdks.length)}---|`);
    for (const [endpoint, list] of Object.entries(known.not_offered)) lines.push(`| \`${endpoint}\` | ${sdks.map((sdk) => (list.includes(sdk) ? 'asks' : '–')).join(' | ')} | ${whyNot(endpoint)} |`);
    return `${lines.join('\n')}\n`;
}

// Whether the table says what the SDKs of this file asked; `ran`: those that could run here.
export function checkCompat(file, seen, ran = sdks) {
    const known = JSON.parse(readFileSync(facts, 'utf8'));
    const now = Object.fromEntries(Object.keys(seen).sort().map((endpoint) => [endpoint, sdks.filter((sdk) => seen[endpoint].has(sdk))]));
    if (process.env.COMPAT === 'write') {
        known.works[file] = now;
        writeFileSync(facts, `${JSON.stringify({ ...known, works: Object.fromEntries(Object.entries(known.works).sort()) }, null, 1)}\n`);
        writeFileSync(table, render(known));
        return;
    }
    // Some calls depend on timing (a file that is there already is not sent again): what one file saw may stand with another.
    const stale = 'docs/compat/langfuse.json is stale: COMPAT=write writes it anew';
    const pairs = (part) => Object.entries(part ?? {}).flatMap(([endpoint, list]) => list.filter((sdk) => ran.includes(sdk)).map((sdk) => `${endpoint} by ${sdk}`));
    const told = new Set(Object.values(known.works).flatMap(pairs)), asked = new Set(pairs(now));
    assert.deepEqual(pairs(now).filter((pair) => !told.has(pair)), [], `${stale}: asked, and not told`);
    assert.deepEqual(pairs(known.works[file]).filter((pair) => !asked.has(pair)), [], `${stale}: told, and not asked`);
    assert.ok(existsSync(table) && readFileSync(table, 'utf8') === render(known), 'docs/compat/langfuse.md is stale: node tests/flow/support/compat.mjs writes it anew');
    for (const endpoint of Object.keys(known.differs)) assert.ok(endpoints.includes(endpoint), `differs: there is no ${endpoint}`);
}

// Whether every call that the packages of `ran` have is one that a test makes, or is not offered with a reason.
export function checkWhole(ran = sdks) {
    const known = JSON.parse(readFileSync(facts, 'utf8')), found = offered(), absent = {}, untried = [];
    const works = (endpoint, sdk) => Object.values(known.works).some((part) => part[endpoint]?.includes(sdk));
    for (const [endpoint, set] of Object.entries(found))
        for (const sdk of sdks.filter((one) => set.has(one) && ran.includes(one))) {
            if (works(endpoint, sdk)) continue;
            if (endpoints.includes(endpoint) || !whyNot(endpoint)) untried.push(`${endpoint} by ${sdk}`);
            else (absent[endpoint] ??= []).push(sdk);
        }
    assert.ok(Object.keys(found).length > 60, 'the packages could not be read');
    assert.deepEqual(untried, [], 'no test makes these calls');
    const sorted = Object.fromEntries(Object.entries(absent).sort(([a], [b]) => a.split(' ')[1].localeCompare(b.split(' ')[1]) || a.localeCompare(b)));
    if (process.env.COMPAT === 'write') {
        known.not_offered = sorted;
        writeFileSync(facts, `${JSON.stringify(known, null, 1)}\n`);
        writeFileSync(table, render(known));
    }
    const told = Object.fromEntries(Object.entries(known.not_offered).map(([endpoint, list]) => [endpoint, list.filter((sdk) => ran.includes(sdk))]).filter(([, list]) => list.length));
    assert.deepEqual(told, sorted, 'docs/compat/langfuse.json is stale: COMPAT=write writes it anew');
}

// By itself: the table anew from what is known, for new endpoints and words.
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(table, render(JSON.parse(readFileSync(facts, 'utf8'))));
