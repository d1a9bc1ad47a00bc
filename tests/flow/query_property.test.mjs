// SPDX-License-Identifier: Apache-2.0
// Random queries over random rows: the server's answer must be the naive evaluator's (tests/flow/query/naive.mjs).
// 300 rounds; QUERY_ROUNDS=10000 for many, SEED to have a failing run again. A failing query is made smaller first.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { dayStart, indexed, makeProject, post, send, span } from './query/ask.mjs';
import { Maker, queryText } from './query/generate.mjs';
import { evaluate } from './query/naive.mjs';
import { random } from './support/otlp.mjs';
import { startServer } from './support/server.mjs';

const rounds = Number(process.env.QUERY_ROUNDS ?? 300);
const seed = Number(process.env.SEED ?? 20260302);
const batch_queries = 200, batch_rows = 60, kept_failures = 12;
const from = dayStart(1) + span('6h'), length = span('3h');
let server;

before(async () => { server = await startServer(); });
after(async () => { await server?.close(); });

const plain = (cell) => (cell === null ? null : cell.t !== undefined ? String(cell.t) : typeof cell === 'boolean' ? (cell ? '1' : '0') : String(cell));

function sameCell(wanted, got) {
    const a = plain(wanted), b = plain(got);
    if (a === b) return true;
    if (a === null || b === null || a === '' || b === '') return false;
    const x = Number(a), y = Number(b);
    return typeof wanted === 'number' && Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x), Math.abs(y));
}

// undefined, or what is different.
function difference(wanted, reply, ordered) {
    if (reply.status !== 200) return `answered ${reply.status} ${reply.text.slice(0, 400)}`;
    const names = reply.body.columns.map((column) => column.name);
    if (names.join() !== wanted.columns.join()) return `columns ${names} instead of ${wanted.columns}`;
    if (reply.body.rows.length !== wanted.rows.length) return `${reply.body.rows.length} rows instead of ${wanted.rows.length}`;
    const left = [...reply.body.rows];
    for (const row of wanted.rows) {
        const exact = left.findIndex((one) => row.every((cell, i) => plain(cell) === plain(one[i])));
        const at = exact >= 0 && !(ordered && exact > 0) ? exact : left.findIndex((one) => row.every((cell, i) => sameCell(cell, one[i])));
        if (at < 0 || (ordered && at > 0)) return `row ${wanted.rows.indexOf(row)}: ${JSON.stringify(row.map(plain))} is ${at < 0 ? 'not there' : 'not where it belongs'}`;
        left.splice(at, 1);
    }
}

// Rows of single records come newest first; those of stats in no order unless sorted.
const isOrdered = (commands) => {
    const stats = commands.findLastIndex((one) => one.c === 'stats');
    return stats < 0 || commands.slice(stats).some((one) => one.c === 'sort');
};

async function differs(place, commands, text) {
    const wanted = evaluate(commands, place.rows);
    if (wanted.open) return { wanted, open: true };
    const reply = await post(server, place.project, { query: text, source: place.source, from: String(from), to: String(from + length) });
    return { wanted, reply, what: difference(wanted, reply, isOrdered(commands)) };
}

// The same mistake by a smaller query: commands, items, keys and parts of expressions are left out while it stays wrong.
async function shrink(place, commands) {
    const still = async (smaller) => {
        try {
            const found = await differs(place, smaller, queryText(smaller, random(1)));
            return found.wanted.columns.length && found.what && found.reply.status === 200 && !found.what.startsWith('columns');
        } catch { return false; }
    };
    for (let changed = true, tries = 0; changed && tries < 200; ) {
        changed = false;
        for (const smaller of smallerQueries(commands)) {
            if (++tries > 200) break;
            if (await still(smaller)) { commands = smaller; changed = true; break; }
        }
    }
    return commands;
}

function* smallerQueries(commands) {
    for (let i = 0; i < commands.length; i++) {
        const but = (one) => commands.map((command, at) => (at === i ? one : command));
        if (commands.length > 1) yield commands.toSpliced(i, 1);
        for (const part of ['items', 'by', 'keys'])
            for (let at = 0; at < (commands[i][part]?.length ?? 0); at++)
                if (part === 'by' || commands[i][part].length > 1) yield but({ ...commands[i], [part]: commands[i][part].toSpliced(at, 1) });
        if (commands[i].e) for (const e of smallerExpressions(commands[i].e)) yield but({ ...commands[i], e });
        for (const part of ['items', 'by'])
            for (let at = 0; at < (commands[i][part]?.length ?? 0); at++)
                for (const e of smallerExpressions(commands[i][part][at].e)) yield but({ ...commands[i], [part]: commands[i][part].with(at, { ...commands[i][part][at], e }) });
    }
}

function* smallerExpressions(e) {
    for (const part of ['a', 'b']) {
        if (typeof e[part] !== 'object') continue;
        yield e[part];
        for (const smaller of smallerExpressions(e[part])) yield { ...e, [part]: smaller };
    }
    for (let i = 0; i < (e.args?.length ?? 0); i++) {
        if (e.args[i].k !== 'period' && e.args[i].k !== 'star') yield e.args[i];
        for (const smaller of smallerExpressions(e.args[i])) yield { ...e, args: e.args.with(i, smaller) };
    }
}

async function describe(place, commands, text, found, name) {
    const smaller = await shrink(place, commands), written = queryText(smaller, random(1));
    const again = await differs(place, smaller, written);
    const shown = again.what ? again : found;
    return `${name}\n${text}\n-> ${found.what}\nsmaller: ${again.what ? written : '(none found)'}\n-> ${shown.what}\n` +
        `expected ${JSON.stringify(shown.wanted.columns)}\n${shown.wanted.rows.slice(0, 15).map((row) => JSON.stringify(row.map(plain))).join('\n')}\n` +
        `got\n${shown.reply.body?.rows?.slice(0, 15).map((row) => JSON.stringify(row)).join('\n') ?? shown.reply.text}\n`;
}

const rowText = (row) => JSON.stringify({ at: `+${Number(row.time - from) / 1e9}s`, ...Object.fromEntries([...row.values].map(([name, one]) => [name, typeof one === 'bigint' ? String(one) : one])) });

for (const source of ['logs', 'spans'])
    test(`${source}: ${rounds / 2} random queries, seed ${seed}`, { timeout: 1800000 }, async () => {
        const failures = [];
        let records = Number((await server.api.status()).index.indexed_records), asked = 0, open = 0, wrong = 0;
        for (let batch = 0; asked < rounds / 2; batch++) {
            const maker = new Maker(random(seed + batch * 7919 + (source === 'spans' ? 1 : 0)), source);
            const place = { source, project: await makeProject(server, `${source}-${batch}`), rows: maker.rows(batch_rows, from, length) };
            records += await send(server, place.project, source, place.rows);
            await indexed(server, records);
            for (let i = 0; i < batch_queries && asked < rounds / 2; i++, asked++) {
                const commands = maker.query(), text = queryText(commands, maker.random);
                const found = await differs(place, commands, text);
                open += found.open ? 1 : 0;
                if (!found.what) continue;
                wrong++;
                if (failures.length < kept_failures)
                    failures.push(`${await describe(place, commands, text, found, `seed ${seed}, batch ${batch}, query ${i}`)}${failures.length ? '' : `rows\n${place.rows.map(rowText).join('\n')}\n`}`);
            }
        }
        assert.ok(open < asked / 10, `${open} of ${asked} queries had no settled answer`);
        assert.equal(wrong, 0, `${wrong} of ${asked} answers differ\n\n${failures.join('\n')}`);
    });
