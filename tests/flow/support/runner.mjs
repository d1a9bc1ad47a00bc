// SPDX-License-Identifier: Apache-2.0
// Runs test files, some at a time, each in a process of its own. What a file said is printed when it ends; what failed is told
// once more at the end, where one looks first; the last line is `N passed, N failed, N skipped`. VERBOSE=1 shows each test.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const verbose = process.env.VERBOSE === '1';
const reporter = fileURLToPath(new URL('./reporter.mjs', import.meta.url));

async function runFile(directory, file, total, failures) {
    const began = performance.now();
    const child = spawn(process.execPath, [`--test-reporter=${reporter}`, '--test-reporter-destination=stdout', join(directory, file)],
        { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '', seen = 0, failed = 0;
    const lines = [];
    const fail = (text) => { total.failed++; failed++; lines.push(text); failures.push(text); };
    child.stderr.on('data', (bytes) => (stderr += bytes));
    const ended = new Promise((done) => child.on('close', (code, signal) => done(signal ?? code)));
    for await (const line of createInterface({ input: child.stdout })) {
        if (!line.startsWith('{')) { lines.push(line); continue; }
        const one = JSON.parse(line);
        if (one.note) { if (verbose) lines.push(`     # ${one.note}`); continue; }
        seen++;
        if (one.skip) { total.skipped++; lines.push(`SKIPPED ${file}: ${one.name}: ${one.skip}`); }
        else if (one.passed) { total.passed++; if (verbose) lines.push(`ok   ${file}: ${one.name} (${one.ms} ms)`); }
        else fail(`FAIL ${file}: ${one.name} (${one.ms} ms)\n${one.error.replace(/^/gm, '     ')}`);
    }
    const code = await ended;
    if (seen === 0 || (code !== 0 && failed === 0)) fail(`FAIL ${file}: it ran ${seen} tests and ended with ${code}\n${stderr.slice(-4000)}`);
    lines.push(`${file}: ${seen} tests, ${((performance.now() - began) / 1000).toFixed(1)} s`);
    console.log(lines.join('\n'));
}

// Runs the *.test.mjs of the directory whose name contains one of the words (all, without words); exits with 1 when one failed.
export async function runFiles(directory, words, jobs) {
    const waiting = readdirSync(directory).filter((name) => name.endsWith('.test.mjs') && (!words.length || words.some((word) => name.includes(word)))).sort();
    const total = { passed: 0, failed: 0, skipped: 0 }, failures = [];
    async function lane() {
        for (let file; (file = waiting.shift());) await runFile(directory, file, total, failures);
    }
    await Promise.all(Array.from({ length: jobs }, lane));
    if (failures.length) console.log(`---- what failed\n${failures.join('\n')}`);
    console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
    process.exit(total.failed || total.passed + total.skipped === 0 ? 1 : 0);
}
