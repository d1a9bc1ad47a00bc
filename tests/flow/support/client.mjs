// SPDX-License-Identifier: Apache-2.0
// Runs a client program as a process of its own, as an application would run: it finds the server
// through the standard environment variables only. Its last line of output is JSON for the test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patience_ms } from './eventually.mjs';

const here = resolve(fileURLToPath(import.meta.url), '../..');
const python = resolve(here, '.venv/bin/python');

// Variables of whoever runs the tests must not steer a client.
const foreign = /^(OTEL_|OPENAI_|LANGSMITH_|LANGCHAIN_|TRACELOOP_|AWS_|LANGFUSE_|VITRINE_|NODE_TEST_CONTEXT$|NODE_OPTIONS$|https?_proxy$|HTTPS?_PROXY$)/;

export async function runClient(file, { env = {}, args = [], deadline_ms = 2 * patience_ms } = {}) {
    const path = resolve(here, 'clients', file);
    const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name));
    const child = spawn(file.endsWith('.py') ? python : process.execPath, [path, ...args], {
        env: { ...Object.fromEntries(inherited), NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '', stderr = '';
    child.stdout.on('data', (bytes) => (stdout += bytes));
    child.stderr.on('data', (bytes) => (stderr += bytes));
    const late = setTimeout(() => child.kill('SIGKILL'), deadline_ms);
    const [code, signal] = await once(child, 'close');
    clearTimeout(late);
    const words = `${file} ended with ${signal ?? code}\n${stdout}\n${stderr}`.slice(0, 6000);
    if (code !== 0) throw new Error(words);
    try {
        return JSON.parse(stdout.trimEnd().split('\n').at(-1));
    } catch {
        throw new Error(`its last line is not JSON: ${words}`);
    }
}

// False, or why the Python clients cannot run here (tools: tests/flow/venv makes the environment).
export function noPython() {
    if (existsSync(resolve(here, '.venv/ready'))) return false;
    try {
        return `no Python packages: ${readFileSync(resolve(here, '.venv/reason'), 'utf8').trim()}`;
    } catch {
        return 'no Python packages: tests/flow/venv was not run';
    }
}

// What a client needs to find its server (`url` or gRPC) and its model.
export function clientEnv({ service, server, model, protocol = 'http/protobuf', more = {} }) {
    return {
        OTEL_SERVICE_NAME: service,
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? `http://${server.grpc}` : server.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        ...(model && { OPENAI_BASE_URL: `${model.url}/v1`, OPENAI_API_KEY: 'sk-of-a-fake-model' }),
        ...more,
    };
}
