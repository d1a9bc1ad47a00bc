// SPDX-License-Identifier: Apache-2.0
// The calls of docs/api.md that tests make. Replies are given as they came; times that are absolute
// stay decimal strings, which BigInt() reads.
import { strict as assert } from 'node:assert';
import { eventually, patience_ms } from './eventually.mjs';

export { eventually };

export class ApiError extends Error {
    constructor(path, status, body) {
        super(`${path}: ${status} ${body.slice(0, 500)}`);
        this.status = status;
        this.body = body;
    }
}

export class Api {
    constructor(url, { project, headers = {} } = {}) {
        this.url = url;
        this.project = project;
        this.headers = headers;
    }

    // `query` members that are arrays are sent once for each element, as `f` is.
    async fetch(path, query = {}) {
        const url = new URL(path, this.url);
        if (this.project) url.searchParams.set('project', this.project);
        for (const [name, value] of Object.entries(query))
            for (const one of [value].flat()) url.searchParams.append(name, one);
        return fetch(url, { headers: this.headers });
    }

    async get(path, query) {
        const reply = await this.fetch(path, query);
        const body = await reply.text();
        if (!reply.ok) throw new ApiError(path, reply.status, body);
        assert.match(reply.headers.get('content-type') ?? '', /^application\/json/);
        return JSON.parse(body);
    }

    // A list of traces: { traces, next, total }.
    traces(query = {}) {
        return this.get('/api/v1/traces', query);
    }

    // One trace's shape: columns turned into rows, with names instead of indexes and children resolved.
    async trace(trace_id) {
        return shape(await this.get(`/api/v1/traces/${trace_id}`));
    }

    span(trace_id, span_id) {
        return this.get(`/api/v1/traces/${trace_id}/spans/${span_id}`);
    }

    // A page of a long text: { bytes, from, to, total }.
    async content(href, query = {}) {
        const reply = await this.fetch(href, query);
        const bytes = Buffer.from(await reply.arrayBuffer());
        if (!reply.ok) throw new ApiError(href, reply.status, bytes.toString());
        const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(reply.headers.get('content-range') ?? '');
        return { bytes, from: range && +range[1], to: range && +range[2], total: range && +range[3] };
    }

    // All of a text that may be paged, as a string.
    async whole(text) {
        if (text === null || typeof text === 'string') return text;
        const pieces = [];
        for (let offset = 0; offset < text.bytes; ) {
            const page = await this.content(text.href, { offset, length: 1 << 20 });
            assert.ok(page.bytes.length > 0, `an empty page at ${offset} of ${text.bytes}`);
            pieces.push(page.bytes);
            offset += page.bytes.length;
        }
        return Buffer.concat(pieces).toString();
    }

    // The record as the sender named things.
    async raw(trace_id, span_id) {
        const pieces = [];
        for (let offset = 0, total = 1; offset < total; ) {
            const page = await this.content(`/api/v1/traces/${trace_id}/spans/${span_id}/content`,
                { path: 'raw', offset, length: 1 << 20 });
            pieces.push(page.bytes);
            offset += page.bytes.length;
            total = page.total ?? offset;
        }
        return JSON.parse(Buffer.concat(pieces).toString());
    }

    series(query) {
        return this.get('/api/v1/series', query);
    }

    overview(query) {
        return this.get('/api/v1/overview', query);
    }

    facets(query) {
        return this.get('/api/v1/facets', query);
    }

    logs(query) {
        return this.get('/api/v1/logs', query);
    }

    metrics(query) {
        return this.get('/api/v1/metrics', query);
    }

    status() {
        return this.get('/api/v1/status');
    }

    // Waits until the index has read all that the journal holds.
    async settled(deadline_ms = patience_ms) {
        return eventually(async () => {
            const { index } = await this.status();
            assert.equal(index.caught_up, true, `the index is behind: ${JSON.stringify(index)}`);
        }, deadline_ms);
    }

    // Waits for exactly one trace of a service with so many spans, and gives its shape.
    async traceOf(service, spans, deadline_ms = patience_ms) {
        return eventually(async () => {
            const { traces } = await this.traces({ f: `service=${service}` });
            assert.equal(traces.length, 1, `traces of ${service}: ${JSON.stringify(traces.map((t) => t.name))}`);
            const trace = await this.trace(traces[0].trace_id);
            assert.equal(trace.spans.length, spans,
                `spans of ${service}: ${trace.spans.map((s) => s.name).join(', ')}`);
            return trace;
        }, deadline_ms);
    }
}

const columns = {
    name_s: 'name', op_s: 'op', error_kind_s: 'error_kind', model_s: 'model', provider_s: 'provider',
    tool_s: 'tool', agent_s: 'agent', service_s: 'service',
};
const status_names = ['unset', 'ok', 'error'];

export function shape(reply) {
    const { spans, strings } = reply;
    const rows = [];
    for (let i = 0; i < spans.count; i++) {
        const row = { index: i, children: [] };
        for (const [column, values] of Object.entries(spans)) {
            if (column === 'count') continue;
            assert.equal(values.length, spans.count, `column ${column}`);
            if (columns[column]) row[columns[column]] = values[i] < 0 ? null : strings[values[i]];
            else row[column] = values[i];
        }
        row.status = status_names[row.status];
        rows.push(row);
    }
    for (const row of rows) if (row.parent >= 0) rows[row.parent].children.push(row);
    return { ...reply.trace, start: reply.start, spans: rows, roots: rows.filter((row) => row.parent < 0) };
}

// The tree as nested names, which tests compare as a whole: ['root', ['child', ['leaf']]].
export function tree(row) {
    return row.children.length ? [row.name, ...row.children.map(tree)] : [row.name];
}

export function within(value, low, high, what) {
    assert.ok(value >= low && value <= high, `${what}: expected ${low} to ${high}, got ${value}`);
}

// A span's conversation as one line a part, which tests compare as a whole. A system prompt may be a message or stand
// apart, as conventions differ; here it comes first either way. JSON is compared by value, so it is written again.
export function said(span) {
    const lines = [];
    if (!span.messages.input.some((message) => message.role === 'system'))
        for (const part of span.system) lines.push(`system: ${part.text}`);
    for (const message of [...span.messages.input, ...span.messages.output])
        for (const part of message.parts) lines.push(`${message.role}: ${line(part)}`);
    return lines;
}

function line(part) {
    if (part.type === 'tool_call') return `calls ${part.name}(${compact(part.text)})`;
    if (part.type === 'tool_result') return `gets ${compact(part.text)}`;
    if (part.type === 'text') return part.text;
    return `${part.type} ${part.text ?? part.uri}`;
}

function compact(text) {
    try {
        return JSON.stringify(JSON.parse(text));
    } catch {
        return text;
    }
}

// A field of the span's normalised fields, or undefined.
export function field(span, name) {
    return span.fields.find((one) => one.name === name)?.value;
}

export function attribute(span, key) {
    return span.attributes.find((one) => one.key === key);
}
