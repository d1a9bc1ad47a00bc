// SPDX-License-Identifier: Apache-2.0
// Starts the real binary on a data directory of its own and stops it in the way a test asks for.
// What a sanitizer prints, or an exit code other than 0 on SIGTERM, fails the test that stopped it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api } from './api.mjs';
import { eventually, patience_ms } from './eventually.mjs';

const top = resolve(fileURLToPath(import.meta.url), '../../../..');
export const binary = resolve(top, process.env.VITRINE_BIN ?? 'build/vitrine');

const sanitizer = /(AddressSanitizer|LeakSanitizer|ThreadSanitizer|MemorySanitizer|runtime error:)/;
const start_ms = Number(process.env.VITRINE_START_MS ?? patience_ms);
const stop_ms = Number(process.env.VITRINE_STOP_MS ?? patience_ms);

// What is still running when the test process ends for whatever reason goes with it.
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Server {
    constructor({ data, args = [], env = {}, http = '127.0.0.1:0', grpc = '127.0.0.1:0' }) {
        this.data = data;
        this.where = ['--http', http, '--grpc', grpc];
        this.args = args;
        this.env = env;
        this.stderr = '';
    }

    // Fails with the server's own words when it does not come up.
    async start() {
        const child = spawn(binary, ['serve', '--data', this.data, ...this.where, ...this.args], {
            env: { ...process.env, VITRINE_LOG: 'warn', ...this.env },
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        this.child = child;
        this.stdout = '';
        running.add(child);
        this.exited = once(child, 'exit').then(([code, signal]) => {
            running.delete(child);
            return { code, signal };
        });
        child.stderr.on('data', (bytes) => (this.stderr += bytes));
        child.stdout.on('data', (bytes) => (this.stdout += bytes));
        await eventually(() => {
            if (child.exitCode !== null) throw new Fatal(`the server ended with ${child.exitCode}`);
            const http = /^(http:\/\/127\.0\.0\.1:\d+)\/$/m.exec(this.stdout);
            const grpc = /^grpc (127\.0\.0\.1:\d+)$/m.exec(this.stdout);
            if (!http || !grpc) throw new Error('expected the lines http://… and grpc … on stdout');
            this.url = http[1];
            this.grpc = grpc[1];
        }, start_ms).catch((error) => { throw this.#with(error); });
        this.api = new Api(this.url);
        await eventually(async () => {
            const reply = await fetch(`${this.url}/readyz`);
            if (reply.status !== 200) throw new Error(`/readyz: ${reply.status} ${await reply.text()}`);
        }, start_ms).catch((error) => { throw this.#with(error); });
        return this;
    }

    #with(error) {
        return new Error(`${error.message}\nstdout: ${this.stdout}\nstderr: ${this.stderr.slice(-4000)}`);
    }

    // The polite way: SIGTERM, everything in flight answered, exit code 0, nothing from a sanitizer.
    async stop() {
        if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) {
            if (this.child && !this.killed)
                throw this.#with(new Error(`the server had ended by itself: ${this.child.exitCode ?? this.child.signalCode}`));
            return;
        }
        this.child.kill('SIGTERM');
        const late = setTimeout(() => this.child.kill('SIGABRT'), stop_ms);
        const { code, signal } = await this.exited;
        clearTimeout(late);
        if (code !== 0)
            throw this.#with(new Error(`SIGTERM: expected exit code 0, got ${signal ?? code}`));
        this.checkStderr();
    }

    // The rude way.
    async kill() {
        this.killed = true;
        this.child.kill('SIGKILL');
        await this.exited;
        this.checkStderr();
    }

    async restart() {
        this.killed = false;
        return this.start();
    }

    checkStderr() {
        if (sanitizer.test(this.stderr)) throw this.#with(new Error('a sanitizer reported'));
    }
}

// `eventually` gives up at once on this one.
export class Fatal extends Error {
    final = true;
}

// A server, on a directory that goes with it unless `data` names one.
export async function startServer(options = {}) {
    const own = !options.data;
    const data = options.data ?? (await mkdtemp(join(tmpdir(), 'vitrine-flow-')));
    const server = new Server({ ...options, data });
    server.close = async () => {
        try {
            await server.stop();
        } finally {
            if (own) await rm(data, { recursive: true, force: true });
        }
    };
    return server.start();
}

// Runs another verb of the binary (reindex, fsck) to its end.
export async function runVerb(args, { deadline_ms = 2 * patience_ms } = {}) {
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let stdout = '', stderr = '';
    child.stdout.on('data', (bytes) => (stdout += bytes));
    child.stderr.on('data', (bytes) => (stderr += bytes));
    const late = setTimeout(() => child.kill('SIGKILL'), deadline_ms);
    const [code, signal] = await once(child, 'close');
    clearTimeout(late);
    running.delete(child);
    if (sanitizer.test(stderr)) throw new Error(`a sanitizer reported:\n${stderr}`);
    return { code: code ?? signal, stdout, stderr };
}
