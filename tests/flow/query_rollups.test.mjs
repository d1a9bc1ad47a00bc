// SPDX-License-Identifier: Apache-2.0
// Questions that rollups answer have the answers that the spans give: random ones are asked twice, the second time with a
// condition that is always true and that no rollup knows. SEED to have a failing run again, QUERY_ROUNDS for more rounds.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { dayStart, indexed, makeProject, post, send, span } from './query/ask.mjs';
import { random } from './support/otlp.mjs';
import { startServer } from './support/server.mjs';

const rounds = Number(process.env.QUERY_ROUNDS ?? 60), seed = Number(process.env.SEED ?? 20261121);
const { next, below } = random(seed);
const pick = (list) => list[below(list.length)];
const start = dayStart(4), days = 3;
const models = ['gpt-4o', 'claude-sonnet-4-5', 'it\'s "odd"', undefined], services = ['api', 'worker', undefined];
const operations = ['chat', 'embeddings', 'execute_tool', undefined];
let server, sent = 0;

function makeSpan(number, time = start + BigInt(Math.floor(next() * 86400 * days)) * span('1s') + BigInt(below(1e9))) {
    const model = pick(models), service = pick(services), operation = pick(operations), environment = pick(['prod', 'test']);
    return { number, trace: `trace ${below(500)}`, span: `span ${number}`, parent: pick(['root', undefined]), time, duration: BigInt(below(5e9)), status: pick(['OK', 'ERROR', undefined, undefined]),
        resource: { ...(service && { 'service.name': service }), 'deployment.environment.name': environment },
        attributes: { ...(model && { 'gen_ai.request.model': model, 'gen_ai.provider.name': pick(['openai', 'anthropic']) }), ...(operation && { 'gen_ai.operation.name': operation }) } };
}

const rows = Array.from({ length: 3000 }, (_, number) => makeSpan(number));

before(async () => {
    server = await startServer();
    await makeProject(server, 'some');
    await makeProject(server, 'late');
    await makeProject(server, 'other');
    sent += await send(server, 'some', 'spans', rows, 500);
    sent += await send(server, 'other', 'spans', rows.slice(0, 300)); /* whose labels are nobody else's */
    /* Some come again, ended later and with another status: the rollups take back what they counted. */
    sent += await send(server, 'some', 'spans', rows.slice(0, 200).map((one) => ({ ...one, duration: one.duration + 1000n, status: 'ERROR' })));
    await indexed(server, sent);
});
after(() => server?.close());

async function ask(query, from, to, project = 'some') {
    const reply = await post(server, project, { query, from: String(from), to: String(to) });
    assert.equal(reply.status, 200, `${query}: ${reply.text}`);
    return reply.body;
}

const words = ['model', 'service', 'provider', 'environment', 'kind', 'op', 'status', 'error_kind'];
const conditions = [
    () => `${pick(words)} ${pick(['=', '!='])} ${JSON.stringify(pick(['gpt-4o', 'api', 'openai', 'error', 'ok', 'llm', 'tool', 'chat', 'prod']))}`,
    () => `${pick(words)} like ${pick(['"o"', '/^(a|g|p)/', '/r$/'])}`,
    () => `${pick(words)} in ["gpt-4o", "worker", "tool", "error"]`,
    () => `ispresent(${pick(words)})`,
    () => pick(['is_error', 'is_root = 1', 'strlen(model) > 6', 'bin(6h) != bin(1d)']),
];
function condition(depth = 2) {
    if (depth && next() < 0.5) return `(${condition(depth - 1)} ${pick(['and', 'or'])} ${condition(depth - 1)})`;
    return next() < 0.2 ? `not (${pick(conditions)()})` : pick(conditions)();
}
const aggregates = ['count(*)', 'count(model)', 'count(error_kind)', 'sum(is_error)', 'avg(is_error)', 'avg(is_root)', 'sum(strlen(service))', 'count_distinct(model)', 'max(kind)', 'min(service)',
    'sum(status = "error") * 100 / count(*)', 'values(provider)', 'count(*) + 1'];
const periods = ['1m', '5m', '7m', '45m', '1h', '6h', '1d'];

function question() {
    const keys = [...new Set(Array.from({ length: below(4) }, () => (next() < 0.4 ? `bin(${pick(periods)})` : pick([...words, 'is_root', 'concat(model, "/", kind)']))))];
    const items = [...new Set(Array.from({ length: 1 + below(3) }, () => pick(aggregates)))];
    const stats = `stats ${items.map((item, i) => `${item} as a${i}`).join(', ')}${keys.length ? ` by ${keys.map((key, i) => `${key} as k${i}`).join(', ')}` : ''}`;
    const behind = next() < 0.3 ? ` | filter a0 > 3 | sort a0 desc${keys.map((_, i) => `, k${i}`).join('')} | limit 20` : '';
    return { filter: next() < 0.6 ? `filter ${condition()} | ` : '', stats: stats + (keys.length ? behind : '') };
}

test(`${rounds} random questions have the same answers`, async () => {
    let asked = 0;
    for (let round = 0; round < rounds; round++) {
        const { filter, stats } = question();
        const from = start + BigInt(Math.floor(next() * 36 * 3600 * 1e9)), to = from + span('13h') + BigInt(Math.floor(next() * 60 * 3600 * 1e9));
        const [rolled, scanned] = [await ask(filter + stats, from, to), await ask(`filter durationNano >= 0 | ${filter}${stats}`, from, to)];
        const shown = `round ${round} of seed ${seed}: ${filter}${stats} from ${from} to ${to}`;
        assert.equal(scanned.statistics.used, 'index', shown);
        assert.deepEqual(rolled.rows, scanned.rows, shown);
        assert.equal(rolled.statistics.rows_matched, scanned.statistics.rows_matched, shown);
        assert.equal(rolled.statistics.rows_scanned, scanned.statistics.rows_scanned, shown);
        if (!rolled.statistics.rows_matched) continue; /* then the spans are asked as well */
        asked++;
        assert.equal(rolled.statistics.used, 'rollups', shown);
    }
    assert.ok(asked > rounds / 2, `only ${asked} of ${rounds} questions matched anything`);
});

test('rollups are not asked for what they do not know', async () => {
    const whole = [start, start + span('72h')];
    const used = async (query, [from, to] = whole) => (await ask(query, from, to)).statistics.used;
    assert.equal(await used('stats count(*) by model'), 'rollups');
    for (const query of ['stats sum(cost) by model', 'stats count(*) by bin(30s)', 'stats count(*) by name', 'stats avg(duration) by model', 'stats count(*) by bin(1h) offset 30m', 'filter duration > 1s | stats count(*)',
        'stats count(ttft)', 'stats pct(is_error, 50)', 'stats sum(usage.input_tokens)', 'stats latest(model)', 'fields model | limit 3', 'stats count(*) by status.code', 'stats count(*) by user'])
        assert.equal(await used(query), 'index', query);
    assert.equal(await used('stats count(*) by model', [start, start + span('11h')]), 'index');
    assert.equal(await used('SOURCE logs | stats count(*)'), 'index');
});

test('where the rollups know fewer spans than there are, the spans are asked', async () => {
    const old = dayStart(20), wanted = [];
    for (let i = 0; i < 40; i++) wanted.push(makeSpan(i, old + BigInt(i) * span('30m'))); /* so late that they leave no minutes */
    sent += await send(server, 'late', 'spans', wanted);
    await indexed(server, sent);
    const hours = await ask('stats count(*) as n by bin(1h)', old, old + span('24h'), 'late');
    const minutes = await ask('stats count(*) as n by bin(30m)', old, old + span('24h'), 'late');
    assert.deepEqual([hours.rows.length, hours.statistics.used], [20, 'rollups']);
    assert.deepEqual([minutes.rows.length, minutes.statistics.used], [40, 'index']);
    assert.deepEqual((await ask('stats count(*) as n', old, old + span('24h'), 'late')).rows, [[40]]);
});
