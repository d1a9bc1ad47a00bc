// SPDX-License-Identifier: Apache-2.0
// What every JavaScript client does first: start the OpenTelemetry SDK with nothing but its environment.
import { NodeSDK } from '@opentelemetry/sdk-node';
import { trace, SpanStatusCode } from '@opentelemetry/api';

export function startSdk(options = {}) {
    const sdk = new NodeSDK(options);
    sdk.start();
    return sdk;
}

// Runs `body` under one span named `name`; an error marks the span and is given back, not thrown.
export function underSpan(name, body) {
    return trace.getTracer('app').startActiveSpan(name, async (span) => {
        const out = { trace_id: span.spanContext().traceId, span_id: span.spanContext().spanId };
        try {
            out.value = await body(span);
        } catch (error) {
            out.error = String(error.message);
            span.recordException(error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        }
        span.end();
        return out;
    });
}

// Sends what is left, prints the result for the test, and ends.
export async function finish(sdk, result) {
    await new Promise((done) => setImmediate(done)); // instrumentations end their spans in callbacks of their own
    await sdk.shutdown();
    process.stdout.write(`${JSON.stringify(result)}\n`);
    process.exit(0);
}
