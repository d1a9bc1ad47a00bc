// SPDX-License-Identifier: Apache-2.0
// The cases of tests/cases/query against one real server: each case's rows go into a project of their own as OTLP, each
// query is asked, and the whole answer compared. What is expected was worked out by hand from the documented language.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { indexed, makeProject, post, putTable, send, span } from './query/ask.mjs';
import { readQueryCases } from './query/cases.mjs';
import { startServer } from './support/server.mjs';

const cases = readQueryCases().filter((one) => !process.env.CASE || `${one.file}: ${one.title}`.includes(process.env.CASE));
let server;

before(async () => {
    server = await startServer();
    let records = 0;
    for (const [i, one] of cases.entries()) {
        one.project = await makeProject(server, `case-${i}`);
        for (const [name, csv] of Object.entries(one.tables)) await putTable(server, one.project, name, csv);
        records += await send(server, one.project, one.source === 'traces' ? 'spans' : one.source, one.rows);
    }
    await indexed(server, records);
});
after(async () => { await server?.close(); });

// What a written cell says of an answered one: `{"near":1.5,"within":0.01}`, `{"match":"^a"}`, a time as an offset, or itself.
function same(wanted, got, column, from) {
    if (wanted !== null && typeof wanted === 'object' && !Array.isArray(wanted)) {
        if (wanted.any) return true;
        if ('near' in wanted) return typeof got === 'number' && Math.abs(got - wanted.near) <= wanted.within;
        if ('match' in wanted) return new RegExp(wanted.match).test(String(got));
    }
    if (column.type === 'time' && typeof wanted === 'string' && /^[+-]/.test(wanted)) return got === String(wanted[0] === '+' ? from + span(wanted.slice(1)) : from - span(wanted.slice(1)));
    if (typeof wanted === 'number' && typeof got === 'number') return wanted === got || Math.abs(wanted - got) <= 1e-12 * Math.abs(wanted);
    return isDeepStrictEqual(wanted, got);
}

function compare(one, wanted, got) {
    const shown = `got\n${JSON.stringify(got.columns.map((column) => column.name))}\n${got.rows.map((row) => JSON.stringify(row)).join('\n')}\nexpected\n` +
        `${JSON.stringify(wanted.columns)}\n${wanted.rows.map((row) => JSON.stringify(row)).join('\n')}`;
    assert.ok(got.columns.length === wanted.columns.length && wanted.columns.every((name, i) => same(name, got.columns[i].name, {}, one.from)), `other columns: ${shown}`);
    assert.equal(got.rows.length, wanted.rows.length, `other rows: ${shown}`);
    const left = [...got.rows];
    for (const row of wanted.rows) {
        const at = left.findIndex((answered) => row.length === answered.length && row.every((cell, i) => same(cell, answered[i], got.columns[i], one.from)));
        assert.ok(wanted.any_order ? at >= 0 : at === 0, `no ${JSON.stringify(row)} ${wanted.any_order ? '' : 'where it is expected '}(window starts ${one.from}): ${shown}`);
        left.splice(at, 1);
    }
    for (const words of wanted.warns) assert.ok(got.warnings.some((said) => said.includes(words)), `no warning about '${words}': ${JSON.stringify(got.warnings)}`);
}

function checkRefusal(ask, reply) {
    const status = { 400: 'invalid', 413: 'too_large' }[reply.status];
    assert.ok(status, `expected a refusal, got ${reply.status} ${reply.text.slice(0, 500)}`);
    const { error } = reply.body;
    assert.equal(error.status, status);
    for (const words of ask.refused.says) assert.ok(JSON.stringify(error).includes(words), `does not say '${words}': ${reply.text}`);
    if (!ask.refused.at) return;
    const begin = Buffer.byteLength(ask.query.slice(0, ask.query.lastIndexOf(ask.refused.at)));
    const offset = error.position?.offset ?? -1;
    assert.ok(offset >= begin && offset < begin + Buffer.byteLength(ask.refused.at),
        `expected it to point at '${ask.refused.at}' (byte ${begin}), got ${reply.text}`);
}

for (const one of cases)
    for (const [i, ask] of one.asks.entries())
        test(`${one.file}: ${one.title}${ask.title ? `: ${ask.title}` : one.asks.length > 1 ? ` (${i + 1})` : ''}`, async () => {
            const reply = await post(server, one.project, { query: ask.query, source: one.source, from: String(one.from), to: String(one.to) });
            if (ask.refused) return checkRefusal(ask, reply);
            assert.equal(reply.status, 200, `${ask.query}\n${reply.text.slice(0, 1000)}`);
            compare(one, ask.answer, reply.body);
        });

test('there are at least 60 published queries among the cases', { skip: process.env.CASE && 'CASE is set' }, () => {
    const published = cases.filter((one) => one.file.startsWith('published')).reduce((sum, one) => sum + one.asks.length, 0);
    assert.ok(published >= 60, `${published}`);
});
