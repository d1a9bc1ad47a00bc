// SPDX-License-Identifier: Apache-2.0
// Runs every *.test.mjs here, or those whose name contains an argument, FLOW_JOBS (3) at a time; the last line is
// `N passed, N failed, N skipped`. Installs the clients first when they are not there,
// and with --install nothing else. VERBOSE=1 shows each test.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const installed = join(here, 'node_modules/.package-lock.json');
const verbose = process.env.VERBOSE === '1';

function install() {
    if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(join(here, 'package-lock.json')).mtimeMs) {
        const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here, encoding: 'utf8' });
        if (npm.status !== 0) throw new Error(`npm ci: ${npm.stderr ?? npm.error?.message}`);
    }
    spawnSync(join(here, 'venv'), { stdio: ['ignore', 'ignore', 'inherit'] });
}

const total = { passed: 0, failed: 0, skipped: 0 };

async function runFile(file) {
    const began = performance.now();
    const child = spawn(process.execPath, [`--test-reporter=${join(here, 'support/reporter.mjs')}`, '--test-reporter-destination=stdout', join(here, file)],
        { cwd: here, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '', seen = 0, failed = 0;
    const lines = [];
    child.stderr.on('data', (bytes) => (stderr += bytes));
    const ended = new Promise((done) => child.on('close', (code, signal) => done(signal ?? code)));
    for await (const line of createInterface({ input: child.stdout })) {
        if (!line.startsWith('{')) { lines.push(line); continue; }
        const one = JSON.parse(line);
        if (one.note) { if (verbose) lines.push(`     # ${one.note}`); continue; }
        seen++;
        if (one.skip) { total.skipped++; lines.push(`SKIPPED ${file}: ${one.name}: ${one.skip}`); }
        else if (one.passed) { total.passed++; if (verbose) lines.push(`ok   ${file}: ${one.name} (${one.ms} ms)`); }
        else { total.failed++; failed++; lines.push(`FAIL ${file}: ${one.name} (${one.ms} ms)\n${one.error.replace(/^/gm, '     ')}`); }
    }
    const code = await ended;
    if (seen === 0 || (code !== 0 && failed === 0)) {
        total.failed++;
        lines.push(`FAIL ${file}: it ran ${seen} tests and ended with ${code}\n${stderr.slice(-4000)}`);
    }
    lines.push(`${file}: ${seen} tests, ${((performance.now() - began) / 1000).toFixed(1)} s`);
    console.log(lines.join('\n'));
}

install();
if (process.argv[2] === '--install') process.exit(0);
const wanted = process.argv.slice(2);
const files = readdirSync(here).filter((name) => name.endsWith('.test.mjs') && (!wanted.length || wanted.some((part) => name.includes(part)))).sort();
// Three files side by side: each has a server of its own, and they mostly wait.
const waiting = [...files];
async function lane() {
    for (let file; (file = waiting.shift());) await runFile(file);
}
await Promise.all(Array.from({ length: Number(process.env.FLOW_JOBS ?? 3) }, lane));
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed || !files.length ? 1 : 0);
