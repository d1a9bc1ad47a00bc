// SPDX-License-Identifier: Apache-2.0
// One question takes at most half of the index's memory for what cannot be put on disk: it is ended with a clear error,
// and what others ask meanwhile and afterwards is answered. What is held in rows is bounded, too.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { indexed, makeProject, post, send } from './query/ask.mjs';
import { startServer } from './support/server.mjs';

let server;
const project = 'memory', count = 3000;
const ask = (query) => post(server, project, { query, source: 'logs', from: '-1h' });

before(async () => {
    server = await startServer({ args: ['--index-memory-mb', '64'] });
    await makeProject(server, project);
    const now = BigInt(Date.now()) * 1000000n;
    await send(server, project, 'logs', Array.from({ length: count }, (_, i) => ({ time: now - BigInt(i) * 1000000n, body: `${i} `.padEnd(450, 'x') })));
    await indexed(server, count);
});
after(async () => { await server?.close(); });

test('a list of everything is refused, and its neighbours are not', async () => {
    const wide = `concat(${Array(20).fill('@message').join(', ')})`;
    const greedy = ask(`fields ${wide} as m | stats values(m) as a, values(concat(m, "1")) as b, values(concat(m, "2")) as c | fields strlen(jsonStringify(a)) as n | display n`);
    const neighbour = await ask('stats count(*) as n');
    const reply = await greedy;
    assert.deepEqual([neighbour.status, neighbour.body.rows], [200, [[count]]]);
    assert.equal(reply.status, 413, reply.text.slice(0, 300));
    assert.match(reply.body.error.message, /more (than the 32 MB of memory that one may take|memory than the index has): narrow/);
    assert.deepEqual((await ask('stats count(*) as n')).body.rows, [[count]]);
});

test('rows in memory have an end', async () => {
    const text = Array.from({ length: 12 }, (_, i) => `"${i}"`).join(',');
    const many = `fields jsonParse('[${text}]') as l | unnest l into a | unnest l into b | fields a | accum a`;
    const reply = await ask(many); // 3,000 x 12 x 12 rows
    assert.equal(reply.status, 413, reply.text.slice(0, 300));
    assert.match(reply.body.error.message, /accum holds its rows in memory, at most 100000 of them/);
});
