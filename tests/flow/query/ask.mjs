// SPDX-License-Identifier: Apache-2.0
// What the query tests share: a project of one's own, rows sent into it as OTLP, waiting until they are indexed, and
// asking. Rows are { time, body } (log records) or { time, duration, … } (spans); times are BigInt nanoseconds.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { eventually, patience_ms } from '../support/eventually.mjs';

const value = (one) => {
    if (one === null) return {};
    if (typeof one === 'string') return { stringValue: one };
    if (typeof one === 'boolean') return { boolValue: one };
    if (typeof one === 'bigint') return { intValue: String(one) };
    if (typeof one === 'number') return Number.isInteger(one) ? { intValue: String(one) } : { doubleValue: one };
    if (Array.isArray(one)) return { arrayValue: { values: one.map(value) } };
    return { kvlistValue: { values: attributes(one) } };
};
const attributes = (all = {}) => Object.entries(all).map(([key, one]) => ({ key, value: value(one) }));
const hex = (text, digits) => (/^[0-9a-f]+$/.test(text) ? text : createHash('sha256').update(text).digest('hex').slice(0, digits)).padStart(digits, '0');
export const traceHex = (text) => hex(text, 32);
export const spanHex = (text) => hex(text, 16);

function groups(rows) {
    const found = new Map();
    for (const row of rows) {
        const key = JSON.stringify(row.resource ?? {}, (_, one) => (typeof one === 'bigint' ? String(one) : one));
        if (!found.has(key)) found.set(key, { resource: { attributes: attributes(row.resource) }, rows: [] });
        found.get(key).rows.push(row);
    }
    return [...found.values()];
}

function logsRequest(rows) {
    return JSON.stringify({ resourceLogs: groups(rows).map(({ resource, rows: mine }) => ({ resource, scopeLogs: [{ logRecords: mine.map((row) => ({
        timeUnixNano: String(row.time), body: { stringValue: row.body }, severityText: row.severity, severityNumber: row.severity_number,
        eventName: row.event, attributes: attributes(row.attributes),
        ...(row.trace && { traceId: traceHex(row.trace) }), ...(row.span && { spanId: spanHex(row.span) }) })) }] })) });
}

const status_codes = { OK: 1, ERROR: 2 };

function spansRequest(rows) {
    return JSON.stringify({ resourceSpans: groups(rows).map(({ resource, rows: mine }) => ({ resource, scopeSpans: [{ spans: mine.map((row, i) => ({
        traceId: traceHex(row.trace ?? 'a1'), spanId: spanHex(row.span ?? `row ${row.number ?? i}`), parentSpanId: row.parent ? spanHex(row.parent) : '',
        name: row.name ?? 'work', kind: row.kind ?? 1, startTimeUnixNano: String(row.time), endTimeUnixNano: String(row.time + (row.duration ?? 0n)),
        attributes: attributes(row.attributes), status: row.status ? { code: status_codes[row.status], message: row.message ?? '' } : undefined })) }] })) });
}

// The rows of one project; gives how many records the server took.
export async function send(server, project, source, rows, batch = 2000) {
    for (let at = 0; at < rows.length; at += batch) {
        const some = rows.slice(at, at + batch);
        const reply = await fetch(`${server.url}/v1/${source === 'spans' ? 'traces' : 'logs'}`, { method: 'POST',
            headers: { 'content-type': 'application/json', 'x-vitrine-project': project }, body: source === 'spans' ? spansRequest(some) : logsRequest(some) });
        const said = await reply.text();
        assert.ok(reply.status === 200 && !said.includes('rejected'), `${project}: the rows were answered ${reply.status} ${said}`);
    }
    return rows.length;
}

export async function makeProject(server, name) {
    const reply = await fetch(`${server.url}/api/v1/projects`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }) });
    assert.equal(reply.status, 201, await reply.text());
    return name;
}

export async function indexed(server, records, deadline_ms = patience_ms) {
    await eventually(async () => {
        const { index } = await server.api.status();
        assert.ok(index.caught_up && Number(index.indexed_records) >= records, `${index.indexed_records} of ${records} records are indexed`);
    }, deadline_ms);
}

// The reply as { status, body, text }; body is undefined when it is not JSON.
export async function post(server, project, body, { headers = {}, path = '/api/v1/query', deadline_ms = patience_ms } = {}) {
    const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const where = `${server.url}${path}${project ? `?project=${encodeURIComponent(project)}` : ''}`;
    const reply = await fetch(where, { method: 'POST', body: raw, headers: { 'content-type': 'application/json', ...headers }, signal: AbortSignal.timeout(deadline_ms) });
    const text = await reply.text();
    let parsed;
    try { parsed = JSON.parse(text); } catch { /* the caller sees body undefined */ }
    return { status: reply.status, body: parsed, text };
}

const units = { ns: 1n, us: 1000n, ms: 1000000n, s: 1000000000n, m: 60000000000n, h: 3600000000000n, d: 86400000000000n };

// `1h30m`, `1500ms`, `0s` as BigInt nanoseconds.
export function span(text) {
    const parts = [...text.matchAll(/(\d+)(ns|us|ms|s|m|h|d)/g)];
    if (!parts.length || parts.map((part) => part[0]).join('') !== text) throw new Error(`expected a period such as 1h30m, got '${text}'`);
    return parts.reduce((sum, [, count, unit]) => sum + BigInt(count) * units[unit], 0n);
}

export const dayStart = (days_ago) => BigInt(Math.floor(Date.now() / 86400000) - days_ago) * units.d;

// A table for `lookup`.
export async function putTable(server, project, name, csv) {
    const reply = await fetch(`${server.url}/api/v1/tables/${name}?project=${project}`, { method: 'PUT', headers: { 'content-type': 'text/csv' }, body: csv });
    assert.ok([200, 201].includes(reply.status), `${name}: ${reply.status} ${await reply.text()}`);
}
