// SPDX-License-Identifier: Apache-2.0
// A reporter of node:test that prints one line of JSON a test; run.mjs reads them.
export default async function* reporter(source) {
    for await (const { type, data } of source) {
        if (type === 'test:diagnostic' && !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message))
            yield `${JSON.stringify({ note: data.message })}\n`;
        if (type !== 'test:pass' && type !== 'test:fail') continue;
        if (data.details?.type === 'suite' && !data.skip) continue; // one that is left out tells nothing of its tests
        const error = data.details?.error?.cause ?? data.details?.error;
        yield `${JSON.stringify({ name: data.name, passed: type === 'test:pass', skip: data.skip ?? false, ms: Math.round(data.details?.duration_ms ?? 0),
            error: type === 'test:fail' ? String(error?.stack ?? error?.message ?? error) : undefined })}\n`;
    }
}
