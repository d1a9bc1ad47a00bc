// SPDX-License-Identifier: Apache-2.0
// Runs the screens' tests, two files side by side: each has a browser and a server of its own.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('./', import.meta.url));
const files = readdirSync(here).filter((name) => name.endsWith('.test.mjs')).sort().map((name) => here + name);
const wanted = process.argv.slice(2);
const chosen = wanted.length ? files.filter((file) => wanted.some((word) => file.includes(word))) : files;
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', '--test-reporter=tap', ...chosen], { stdio: 'inherit' });
process.exitCode = status ?? 1;
