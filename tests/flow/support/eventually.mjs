// SPDX-License-Identifier: Apache-2.0
// How long a test waits before it says that something never happened. Only a test that fails waits so long, so that those that
// pass do on a machine that is busy with twenty other things, too.
export const patience_ms = 60_000;

// Polls until `fn` no longer throws, and gives its value; at the deadline its last error is thrown.
// The pause grows from 5 ms to 100 ms: a quick answer is seen quickly, a slow one costs little.
export async function eventually(fn, deadline_ms = patience_ms) {
    const end = performance.now() + deadline_ms;
    for (let pause_ms = 5; ; pause_ms = Math.min(100, pause_ms * 1.5)) {
        try {
            return await fn();
        } catch (error) {
            if (error.final) throw error;
            if (performance.now() + pause_ms > end) {
                error.message = `after ${deadline_ms} ms still: ${error.message}`;
                throw error;
            }
        }
        await new Promise((done) => setTimeout(done, pause_ms));
    }
}
