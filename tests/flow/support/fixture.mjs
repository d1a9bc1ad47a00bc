// SPDX-License-Identifier: Apache-2.0
// One server and one fake model for a test file, and the usual way through: run a client as a service of its own
// name, then wait for its one trace.
import { after, before } from 'node:test';
import { clientEnv, runClient } from './client.mjs';
import { startModel } from './fake_model.mjs';
import { startServer } from './server.mjs';

let names = 0;

export function serverAndModel(options = {}) {
    const held = {};
    before(async () => {
        held.model = await startModel();
        held.server = await startServer(options);
        held.api = held.server.api;
    });
    after(async () => {
        await held.model?.close();
        await held.server?.close();
    });
    // The trace of `spans` spans that the client made, with its own words in `said` by the client as `result`.
    held.traceFrom = async (file, args, spans, { protocol, env } = {}) => {
        const service = `flow-${process.pid}-${++names}`;
        const result = await runClient(file, { args, env: clientEnv({ service, server: held.server, model: held.model, protocol, more: env }) });
        const trace = await held.api.traceOf(service, spans);
        return { result, trace, service };
    };
    held.spanOf = (trace, row) => held.api.span(trace.trace_id, row.id);
    return held;
}
