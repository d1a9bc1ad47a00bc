// SPDX-License-Identifier: Apache-2.0
// OTLP written by hand, where a test needs shapes that no SDK would send: spans as plain objects, as protobuf or JSON,
// over HTTP or gRPC. Ids are hex, times BigInt nanoseconds. Written from the wire format, not with the SDK's encoder,
// so that the two are checked against each other.
import { randomBytes } from 'node:crypto';
import grpc from '@grpc/grpc-js';
import { patience_ms } from './eventually.mjs';

// --- protobuf ------------------------------------------------------------------------------

function varint(value) {
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes = [];
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    return Buffer.from(bytes);
}

const key = (number, wire) => varint((number << 3) | wire);
const bytesField = (number, bytes) => Buffer.concat([key(number, 2), varint(bytes.length), bytes]);
const text = (number, value) => bytesField(number, Buffer.from(value));
const integer = (number, value) => Buffer.concat([key(number, 0), varint(value)]);

function fixed64(number, value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
    return Buffer.concat([key(number, 1), bytes]);
}

function double(number, value) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return Buffer.concat([key(number, 1), bytes]);
}

function anyValue(value) {
    if (value === null) return Buffer.alloc(0);
    if (typeof value === 'string') return text(1, value);
    if (typeof value === 'boolean') return integer(2, value ? 1 : 0);
    if (typeof value === 'bigint' || Number.isInteger(value)) return integer(3, value);
    if (typeof value === 'number') return double(4, value);
    if (Buffer.isBuffer(value)) return bytesField(7, value);
    if (Array.isArray(value)) return bytesField(5, Buffer.concat(value.map((one) => bytesField(1, anyValue(one)))));
    return bytesField(6, attributes(1, value));
}

function attributes(number, values = {}) {
    return Buffer.concat(Object.entries(values).map(([name, value]) =>
        bytesField(number, Buffer.concat([text(1, name), bytesField(2, anyValue(value))]))));
}

function spanBytes(span) {
    const parts = [bytesField(1, Buffer.from(span.trace_id, 'hex')), bytesField(2, Buffer.from(span.span_id, 'hex'))];
    if (span.parent_span_id) parts.push(bytesField(4, Buffer.from(span.parent_span_id, 'hex')));
    parts.push(text(5, span.name ?? 'work'), integer(6, span.kind ?? 1), fixed64(7, span.start), fixed64(8, span.end),
        attributes(9, span.attributes));
    if (span.status) parts.push(bytesField(15, Buffer.concat([text(2, span.message ?? ''), integer(3, span.status)])));
    return Buffer.concat(parts);
}

export function toProtobuf(service, spans) {
    const resource = bytesField(1, attributes(1, { 'service.name': service }));
    const scope = bytesField(2, Buffer.concat([bytesField(1, text(1, 'flow')), ...spans.map((span) => bytesField(2, spanBytes(span)))]));
    return bytesField(1, Buffer.concat([resource, scope]));
}

// --- JSON ----------------------------------------------------------------------------------

function jsonValue(value) {
    if (value === null) return {};
    if (typeof value === 'string') return { stringValue: value };
    if (typeof value === 'boolean') return { boolValue: value };
    if (typeof value === 'bigint' || Number.isInteger(value)) return { intValue: String(value) };
    if (typeof value === 'number') return { doubleValue: value };
    if (Buffer.isBuffer(value)) return { bytesValue: value.toString('base64') };
    if (Array.isArray(value)) return { arrayValue: { values: value.map(jsonValue) } };
    return { kvlistValue: { values: jsonAttributes(value) } };
}

const jsonAttributes = (values = {}) => Object.entries(values).map(([name, value]) => ({ key: name, value: jsonValue(value) }));

export function toJson(service, spans) {
    return JSON.stringify({ resourceSpans: [{
        resource: { attributes: jsonAttributes({ 'service.name': service }) },
        scopeSpans: [{ scope: { name: 'flow' }, spans: spans.map((span) => ({
            traceId: span.trace_id, spanId: span.span_id, parentSpanId: span.parent_span_id ?? '', name: span.name ?? 'work',
            kind: span.kind ?? 1, startTimeUnixNano: String(span.start), endTimeUnixNano: String(span.end),
            attributes: jsonAttributes(span.attributes),
            ...(span.status && { status: { code: span.status, message: span.message ?? '' } }) })) }] }] });
}

// --- sending -------------------------------------------------------------------------------

// The reply as { status, body }; throws only when the connection does.
export async function post(url, body, { type = 'application/x-protobuf', headers = {}, path = '/v1/traces', signal } = {}) {
    const reply = await fetch(new URL(path, url), { method: 'POST', body, headers: { 'content-type': type, ...headers }, signal });
    return { status: reply.status, headers: reply.headers, body: Buffer.from(await reply.arrayBuffer()) };
}

export async function send(url, service, spans, { json = false } = {}) {
    const reply = json ? await post(url, toJson(service, spans), { type: 'application/json' }) : await post(url, toProtobuf(service, spans));
    if (reply.status !== 200 || !['', '{}'].includes(reply.body.toString()))
        throw new Error(`expected 200 and no complaint, got ${reply.status} ${reply.body}`);
}

// The fields of a message: [number, bytes, or a BigInt where it is one]. For what a client sent.
export function* fieldsOf(message) {
    for (let at = 0; at < message.length;) {
        const number = () => { let value = 0n; for (let shift = 0n; ; shift += 7n) { const byte = message[at++]; value |= BigInt(byte & 0x7f) << shift; if (byte < 0x80) return value; } };
        const tag = Number(number()), wire = tag & 7;
        if (wire === 0) yield [tag >> 3, number()];
        else {
            const length = wire === 1 ? 8 : wire === 5 ? 4 : Number(number());
            yield [tag >> 3, message.subarray(at, (at += length))];
        }
    }
}

export const grpc_path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

export class GrpcClient {
    constructor(address) {
        this.client = new grpc.Client(address, grpc.credentials.createInsecure(),
            { 'grpc.max_send_message_length': -1, 'grpc.initial_reconnect_backoff_ms': 20, 'grpc.max_reconnect_backoff_ms': 200 });
    }

    // { code, message, body }; code 0 is OK.
    call(bytes, { path = grpc_path, deadline_ms = patience_ms } = {}) {
        return new Promise((done) => this.client.makeUnaryRequest(path, (x) => x, (x) => x, bytes, new grpc.Metadata(),
            { deadline: Date.now() + deadline_ms },
            (error, body) => done({ code: error?.code ?? 0, message: error?.details ?? '', body: body ?? Buffer.alloc(0) })));
    }

    close() {
        this.client.close();
    }
}

// --- making --------------------------------------------------------------------------------

export const traceId = () => randomBytes(16).toString('hex');
export const spanId = () => randomBytes(8).toString('hex');
export const ms = 1000000n;
export const now = () => BigInt(Date.now()) * ms;

// A small generator with a seed, so that a failing run can be had again.
export function random(seed) {
    let state = seed >>> 0;
    const next = () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
    const below = (limit) => Math.floor(next() * limit);
    const shuffle = (list) => {
        const out = [...list];
        for (let i = out.length - 1; i > 0; i--) {
            const j = below(i + 1);
            [out[i], out[j]] = [out[j], out[i]];
        }
        return out;
    };
    return { next, below, shuffle };
}

// The span of a gpt-4o-mini call in the OpenTelemetry convention: 120 tokens in, of them 40 cached, 30 out: 33,000 n$.
export function modelCall(more = {}) {
    const start = more.start ?? now();
    return { span_id: spanId(), name: 'chat gpt-4o-mini', kind: 3, start, end: start + 900n * ms, ...more,
        attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o-mini',
            'gen_ai.usage.input_tokens': 120, 'gen_ai.usage.cache_read.input_tokens': 40, 'gen_ai.usage.output_tokens': 30,
            ...more.attributes } };
}
