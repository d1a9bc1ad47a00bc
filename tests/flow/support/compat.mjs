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

// Every endpoint this server has, as "GET /api/public/traces/{id}": from the tables the server is built of.
function endpoints() {
    const found = [...readFileSync(resolve(top, 'src/serve/routes.def'), 'utf8').matchAll(/"([A-Z]+)", "(\/api\/public\/[^"]*)"/g)].map(([, method, path]) => `${method} ${path}`);
    for (const file of readdirSync(resolve(top, 'src/receive')).filter((name) => name.endsWith('.c')))
        found.push(...[...readFileSync(resolve(top, 'src/receive', file), 'utf8').matchAll(/"([A-Z]+ \/api\/public\/[^"]*)"/g)].map(([, one]) => one));
    // OpenTelemetry's paths are put together of a prefix and a signal.
    const whole = found.flatMap((one) => (one.endsWith('/v1/') ? ['traces', 'metrics', 'logs'].map((signal) => one + signal) : [one]));
    return whole.sort((a, b) => a.split(' ')[1].localeCompare(b.split(' ')[1]) || a.localeCompare(b));
}

// The most specific one that fits: literals before parts, longer ones first.
function endpointOf(list, method, path) {
    const fits = list.filter((one) => new RegExp(`^${one.replace(/[.]/g, '\\.').replace(/\{\w+\*\}/g, '.+').replace(/\{\w+\}/g, '[^/]+')}$`).test(`${method} ${path}`));
    return fits.sort((a, b) => (a.match(/\{/g) ?? []).length - (b.match(/\{/g) ?? []).length)[0];
}

// "JS v5", by the headers that SDKs send of themselves.
function sdkOf(headers) {
    const name = headers['x-langfuse-sdk-name'] ?? headers.x_langfuse_sdk_name, version = headers['x-langfuse-sdk-version'] ?? headers.x_langfuse_sdk_version;
    const known = name === 'langfuse-js' ? 'JS v3' : `${name === 'python' ? 'Python' : 'JS'} v${String(version).split('.')[0]}`;
    return sdks.includes(known) ? known : undefined;
}

export async function watch(server) {
    const list = endpoints(), seen = {}, target = new URL(server.url);
    const proxy = http.createServer((request, response) => {
        const path = request.url.split('?')[0];
        const forward = http.request({ host: target.hostname, port: target.port, method: request.method, path: request.url, headers: request.headers }, (reply) => {
            const sdk = sdkOf(request.headers), endpoint = endpointOf(list, request.method, path);
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
    const list = endpoints();
    const works = (endpoint, sdk) => Object.values(known.works).some((part) => part[endpoint]?.includes(sdk));
    const lines = ['# Langfuse: which SDK asks what', '',
        'Written by the tests (`tests/flow/langfuse_*.test.mjs`), which run every SDK unmodified and note what it asked and got; a test fails when this file is stale, and `COMPAT=write node tests/flow/run.mjs langfuse` writes it anew.',
        '“works”: the SDK called it and took the answer. Empty: that SDK has no such call, or no test makes it. What is told beside is what differs from Langfuse’s own server.', '',
        `| endpoint | ${sdks.map((sdk) => `${sdk} (${versions[sdk]})`).join(' | ')} | |`, `|---|${'---|'.repeat(sdks.length)}---|`];
    for (const endpoint of list)
        lines.push(`| \`${endpoint}\` | ${sdks.map((sdk) => (works(endpoint, sdk) ? 'works' : '')).join(' | ')} | ${known.differs[endpoint] ?? ''} |`);
    lines.push('', '## Not offered', '', '| endpoint | why |', '|---|---|');
    for (const [endpoint, why] of Object.entries(known.not_offered)) lines.push(`| \`${endpoint}\` | ${why} |`);
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
    for (const endpoint of Object.keys(known.differs)) assert.ok(endpoints().includes(endpoint), `differs: there is no ${endpoint}`);
    for (const endpoint of Object.keys(known.not_offered)) assert.ok(!endpoints().includes(endpoint), `not_offered: ${endpoint} is there`);
}

// By itself: the table anew from what is known, for new endpoints and words.
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(table, render(JSON.parse(readFileSync(facts, 'utf8'))));
