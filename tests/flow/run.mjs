// SPDX-License-Identifier: Apache-2.0
// Runs every *.test.mjs here, or those whose name contains an argument, FLOW_JOBS (3) at a time: each has a server of its own,
// and they mostly wait. Installs the clients first when they are not there, and with --install nothing else.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runFiles } from './support/runner.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const installed = join(here, 'node_modules/.package-lock.json');

function install() {
    if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(join(here, 'package-lock.json')).mtimeMs) {
        const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here, encoding: 'utf8' });
        if (npm.status !== 0) throw new Error(`npm ci: ${npm.stderr ?? npm.error?.message}`);
    }
    spawnSync(join(here, 'venv'), { stdio: ['ignore', 'ignore', 'inherit'] });
}

install();
if (process.argv[2] === '--install') process.exit(0);
await runFiles(here, process.argv.slice(2), Number(process.env.FLOW_JOBS ?? 3));
