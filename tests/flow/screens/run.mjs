// SPDX-License-Identifier: Apache-2.0
// Runs the screens' tests, or those whose name contains an argument, two files side by side: each has a browser and a server of its own.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runFiles } from '../support/runner.mjs';

await runFiles(dirname(fileURLToPath(import.meta.url)), process.argv.slice(2), 2);
