// SPDX-License-Identifier: Apache-2.0
// Langfuse's metrics and its filters, walked through as a whole: every view by every dimension, every measure with every
// aggregation, every step of time, every type of filter with every operator; and what is refused.
import { strict as assert } from 'node:assert';
import { after, before, describe, test } from 'node:test';
import { eventually } from './support/api.mjs';
import { startServer } from './support/server.mjs';

const pair = { public: 'pk-lf-metrics', secret: 'sk-lf-metrics-secret' };
const authorization = `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}`;
// Noon of a day that is past: every step of time holds all of it, whatever the hour of the test.
const noon = Math.floor(Date.now() / 86400e3) * 86400e3 - 12 * 3600e3;
const at = (ms) => new Date(noon + ms).toISOString();
const range = { fromTimestamp: at(-3600e3), toTimestamp: at(3600e3) };
const day = at(0).slice(0, 10), month = at(0).slice(0, 7);

let server;
async function ask(path, query) {
    const url = new URL(`/api/public/${path}`, server.url);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    const reply = await fetch(url, { headers: { authorization } });
    return { status: reply.status, json: await reply.json() };
}
async function rows(query, path = 'metrics') {
    const { status, json } = await ask(path, { query: { ...range, metrics: [{ measure: 'count', aggregation: 'count' }], ...query } });
    assert.equal(status, 200, `${JSON.stringify(query)}: ${JSON.stringify(json)}`);
    return json.data;
}
const refused = async (path, query, start) => {
    const { status, json } = await ask(path, query);
    assert.deepEqual([status, json.message?.startsWith(start)], [400, true], `expected ${start} for ${JSON.stringify(query)}: ${JSON.stringify(json)}`);
};

// Ten calls in two traces: the n-th takes 100 ms more, n dollars in and twice that out.
function story() {
    const batch = [], add = (type, body) => batch.push({ id: `m-${batch.length}`, type, timestamp: at(batch.length), body });
    const trace = (id, more) => add('trace-create', { id, timestamp: at(0), ...more });
    trace('t1', { name: 'ask', userId: 'ada', sessionId: 's1', tags: ['blue', 'red'], release: 'r1', version: 'v1', environment: 'prod', metadata: { tier: 'gold', depth: 3, deep: { er: 'yes' }, flag: true } });
    trace('t2', { name: 'tell', userId: 'bob', tags: ['red'], metadata: { tier: 'silver' } });
    trace('t3', { name: 'ask' });
    for (let n = 1; n <= 10; n++)
        add('generation-create', {
            id: `g${n}`, traceId: n <= 6 ? 't1' : 't2', name: n % 2 ? 'odd' : 'even', model: 'gpt-4o-mini', startTime: at(n), completionStartTime: at(n + 10), endTime: at(n + 100 * n),
            usageDetails: { input: n, output: 10 * n, input_cached: 100, total: 100 + 11 * n }, costDetails: { input: n, output: 2 * n, total: 3 * n }, promptName: 'p', promptVersion: n % 2 ? 9 : 10,
            level: n === 1 ? 'ERROR' : n === 2 ? 'WARNING' : 'DEFAULT', statusMessage: n === 1 ? 'it broke' : undefined, version: `v${n % 2}`, environment: n <= 6 ? 'prod' : 'default',
            metadata: { n, parity: n % 2 ? 'odd' : 'even', text: `number ${n}` }, input: { messages: [{ role: 'user', content: `Question ${n} for Ωmega` }] },
            output: n === 3 ? { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }, { id: 'c2', type: 'function', function: { name: 'clock', arguments: '{}' } }] } : n === 4 ? null : `Answer ${n}`,
        });
    add('span-create', { id: 'inner', traceId: 't1', parentObservationId: 'g1', name: 'inner', startTime: at(20), endTime: at(30) });
    const score = (id, more) => add('score-create', { id, timestamp: at(50), ...more });
    score('n1', { traceId: 't1', name: 'quality', value: 0.25, metadata: { by: 'someone' } });
    score('n2', { traceId: 't1', observationId: 'g1', name: 'quality', value: 0.75, comment: 'well' });
    score('n3', { traceId: 't2', name: 'quality', value: 1 });
    score('b1', { traceId: 't1', name: 'good', value: 1, dataType: 'BOOLEAN' });
    score('b2', { traceId: 't2', observationId: 'g7', name: 'good', value: 0, dataType: 'BOOLEAN' });
    score('c1', { traceId: 't1', observationId: 'g2', name: 'tone', value: 'kind' });
    score('c2', { traceId: 't2', name: 'tone', value: 'rude' });
    return batch;
}

before(async () => {
    server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    const reply = await fetch(`${server.url}/api/public/ingestion`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify({ batch: story() }) });
    assert.deepEqual((await reply.json()).errors, []);
    await eventually(async () => {
        assert.equal((await rows({ view: 'observations' }))[0].count_count, 11);
        assert.equal((await rows({ view: 'traces' }))[0].count_count, 3);
        assert.equal((await ask('v2/scores')).json.meta.totalItems, 7);
    });
});
after(() => server?.close());

const aggregations = ['sum', 'avg', 'count', 'min', 'max', 'p50', 'p75', 'p90', 'p95', 'p99', 'uniq', 'histogram'];
// What each view groups by, with the values of the story in the order of their text; and what it measures, with [sum, avg, count, min, max, uniq].
const ids = [...Array(10).keys()].map((n) => `g${n + 1}`);
const views = {
    traces: {
        dimensions: { id: ['t1', 't2', 't3'], name: ['ask', 'tell'], tags: [['blue', 'red'], ['red'], null], userId: ['ada', 'bob', null], sessionId: ['s1', null], release: ['r1', null], version: ['v1', null], environment: ['default', 'prod'], timestampMonth: [month] },
        measures: {
            count: [3, 1, 3, 1, 1, 1], observationsCount: [11, 5.5, 2, 4, 7, 2], scoresCount: [7, 3.5, 2, 3, 4, 2], uniqueUserIds: [2, 2 / 3, 2, 0, 1, 2], uniqueSessionIds: [1, 1 / 3, 1, 0, 1, 1], latency: [null, null, 3, null, 1010, 3],
            totalTokens: [1605, 535, 3, 0, 831, 3], totalCost: [165, 55, 3, 0, 102, 3], inputCost: [55, 27.5, 2, 21, 34, 2], outputCost: [110, 55, 2, 42, 68, 2],
        },
    },
    observations: {
        dimensions: {
            id: [...ids, 'inner'], traceId: ['t1', 't2'], traceName: ['ask', 'tell'], environment: ['default', 'prod'], parentObservationId: ['g1', null], type: ['GENERATION', 'SPAN'], name: ['even', 'inner', 'odd'], level: ['DEFAULT', 'ERROR', 'WARNING'],
            version: ['v0', 'v1', null], tags: [['blue', 'red'], ['red']], release: ['r1', null], providedModelName: ['gpt-4o-mini', null], promptName: ['p', null], promptVersion: [10, 9, null], userId: ['ada', 'bob'], sessionId: ['s1', null], traceRelease: ['r1', null], traceVersion: ['v1', null],
            startTimeMonth: [month], isRootObservation: [false, true], toolNames: [], calledToolNames: ['clock', 'weather'], costType: ['input', 'output', 'total'], usageType: ['input', 'input_cached', 'output', 'total'], experimentId: [null], experimentName: [null], experimentDatasetId: [null],
        },
        measures: {
            count: [11, 1, 11, 1, 1, 1], latency: [5510, 5510 / 11, 11, 10, 1000, 11], streamingLatency: [5400, 540, 10, 90, 990, 10], inputTokens: [null, null, 10, 101, 110, 10], outputTokens: [550, 55, 10, 10, 100, 10], totalTokens: [1605, 160.5, 10, 111, 210, 10],
            outputTokensPerSecond: [null, null, 10, null, null, null], tokensPerSecond: [null, null, 10, null, null, null], inputCost: [55, 5.5, 10, 1, 10, 10], outputCost: [110, 11, 10, 2, 20, 10], totalCost: [165, 16.5, 10, 3, 30, 10], timeToFirstToken: [100, 10, 10, 10, 10, 1],
            countScores: [3, 1, 3, 1, 1, 1], toolCalls: [2, 2, 1, 2, 2, 1], toolDefinitions: [null, null, 0, null, null, 0],
        },
    },
    'scores-numeric': {
        dimensions: {
            id: ['b1', 'b2', 'n1', 'n2', 'n3'], environment: ['default'], name: ['good', 'quality'], source: ['API'], dataType: ['BOOLEAN', 'NUMERIC'], traceId: ['t1', 't2'], configId: [null], timestampMonth: [month], timestampDay: [day], observationId: ['g1', 'g7', null], value: [0, 0.25, 0.75, 1], traceName: ['ask', 'tell'], tags: [['blue', 'red'], ['red']],
            userId: ['ada', 'bob'], sessionId: ['s1', null], traceRelease: ['r1', null], traceVersion: ['v1', null], observationName: ['odd', null], observationModelName: ['gpt-4o-mini', null], observationPromptName: ['p', null], observationPromptVersion: [9, null], datasetRunId: [null],
        },
        measures: { count: [5, 1, 5, 1, 1, 1], value: [3, 0.6, 5, 0, 1, 4] },
    },
    'scores-boolean': { dimensions: { booleanValue: [false, true], name: ['good'] }, measures: { count: [2, 1, 2, 1, 1, 1], value: [1, 0.5, 2, 0, 1, 2] } },
    'scores-categorical': { dimensions: { stringValue: ['kind', 'rude'], name: ['tone'], observationName: ['even', null] }, measures: { count: [2, 1, 2, 1, 1, 1] } },
};
const text = (value) => JSON.stringify(value);
const set = (values) => [...new Set(values.map(text))].sort();

for (const [view, { dimensions, measures }] of Object.entries(views))
    describe(view, () => {
        test('is grouped by each of its dimensions', async () => {
            for (const [field, values] of Object.entries(dimensions))
                for (const path of ['metrics', 'v2/metrics']) {
                    const data = await rows({ view, dimensions: [{ field }] }, path);
                    assert.deepEqual(set(data.map((row) => row[field])), set(values.map((value) => (field === 'tags' && value === null ? null : value))), field);
                    for (const row of data) assert.deepEqual(Object.keys(row), [field, 'count_count']);
                }
        });
        test('takes each of its measures with each aggregation', async () => {
            for (const [measure, [sum, avg, count, min, max, uniq]] of Object.entries(measures)) {
                const [row] = await rows({ view, metrics: aggregations.map((aggregation) => ({ measure, aggregation })) });
                for (const [name, expected] of Object.entries({ sum, avg, count, min, max, uniq }))
                    if (expected !== null) assert.ok(Math.abs(row[`${name}_${measure}`] - expected) < 1e-6, `${name}_${measure}: expected ${expected}, got ${row[`${name}_${measure}`]}`);
                const quantiles = ['min', 'p50', 'p75', 'p90', 'p95', 'p99', 'max'].map((name) => row[`${name}_${measure}`]);
                if (count > 0 && !measure.startsWith('unique')) assert.deepEqual(quantiles, [...quantiles].sort((a, b) => a - b), measure);
                const bins = row[`histogram_${measure}`];
                assert.ok(Array.isArray(bins) && bins.every((bin) => bin.length === 3 && bin.every((number) => typeof number === 'number')), text(bins));
                if (!measure.startsWith('unique')) assert.equal(bins.reduce((total, [, , height]) => total + height, 0), count, measure);
            }
        });
        test('is told step by step', async () => {
            const start = { minute: at(0).slice(0, 19) + 'Z', hour: at(0).slice(0, 19) + 'Z', day, month: `${month}-01`, auto: at(0).slice(0, 19) + 'Z' };
            const total = (await rows({ view }))[0].count_count;
            for (const granularity of ['auto', 'minute', 'hour', 'day', 'week', 'month']) {
                const data = await rows({ view, timeDimension: { granularity } });
                const full = data.filter((row) => row.count_count);
                assert.equal(full.reduce((sum, row) => sum + row.count_count, 0), total, granularity);
                assert.equal(full[0].time_dimension, start[granularity] ?? full[0].time_dimension);
                if (granularity === 'week') assert.equal(new Date(full[0].time_dimension).getUTCDay(), 1);
                assert.deepEqual(data.map((row) => row.time_dimension), data.map((row) => row.time_dimension).sort());
                if (granularity === 'minute') assert.ok(data.length >= 120, 'gaps are filled');
            }
        });
        test('is ordered by each column of the answer, either way', async () => {
            const field = Object.keys(dimensions)[0];
            for (const key of [field, 'count_count'])
                for (const direction of ['asc', 'desc']) {
                    const data = (await rows({ view, dimensions: [{ field }], orderBy: [{ field: key, direction }], config: { row_limit: 1000 } })).map((row) => row[key]).filter((value) => value !== null);
                    const sorted = [...data].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
                    assert.deepEqual(data, direction === 'asc' ? sorted : sorted.reverse(), `${key} ${direction}`);
                }
            assert.equal((await rows({ view, dimensions: [{ field }], config: { row_limit: 1 } })).length, 1);
        });
    });

test('histograms have the bins asked for, and each group its own', async () => {
    const metrics = [{ measure: 'totalCost', aggregation: 'histogram' }];
    const [{ histogram_totalCost: ten }] = await rows({ view: 'observations', metrics });
    assert.deepEqual([ten.length, ten[0][0], ten[9][1], ten.map((bin) => bin[2])], [10, 3, 30, Array(10).fill(1)]);
    const data = await rows({ view: 'observations', metrics, dimensions: [{ field: 'traceId' }], config: { bins: 2 }, orderBy: [{ field: 'traceId', direction: 'asc' }] });
    assert.deepEqual(data.map((row) => row.histogram_totalCost), [[[3, 10.5, 3], [10.5, 18, 3]], [[21, 25.5, 2], [25.5, 30, 2]]]);
    const [{ histogram_timeToFirstToken: one }] = await rows({ view: 'observations', metrics: [{ measure: 'timeToFirstToken', aggregation: 'histogram' }] });
    assert.deepEqual(one, [[10, 10, 10]]);
});

test('kinds of usage and cost bring their dimension along', async () => {
    const by = async (measure) => (await rows({ view: 'observations', metrics: [{ measure, aggregation: 'sum' }] }, 'v2/metrics')).map((row) => Object.values(row));
    assert.deepEqual(await by('costByType'), [['total', 165], ['output', 110], ['input', 55]]);
    assert.deepEqual(await by('usageByType'), [['total', 1605], ['input_cached', 1000], ['output', 550], ['input', 55]]);
    assert.deepEqual(await rows({ view: 'observations', dimensions: [{ field: 'costType' }], metrics: [{ measure: 'costByType', aggregation: 'max' }], filters: [{ type: 'string', column: 'name', operator: '=', value: 'odd' }] }), [
        { costType: 'total', max_costByType: 27 }, { costType: 'output', max_costByType: 18 }, { costType: 'input', max_costByType: 9 }]);
    for (const [measure, expected] of [['traceId', [10 + 1, 2]], ['uniqueUserIds', [11, 2]], ['uniqueSessionIds', [7, 1]]])
        assert.deepEqual(Object.values((await rows({ view: 'observations', metrics: ['count', 'uniq'].map((aggregation) => ({ measure, aggregation })) }))[0]), expected, measure);
});

// --- filters: [type, column, operator, value, key] → what is left, by id

const g = (...numbers) => numbers.map((n) => `g${n}`);
const others = (...numbers) => [...ids.filter((id) => !g(...numbers).includes(id)), 'inner'].sort();
const filters = {
    observations: [
        [['string', 'name', '=', 'inner'], ['inner']], [['string', 'name', 'contains', 'nne'], ['inner']], [['string', 'name', 'does not contain', 'e'], g(1, 3, 5, 7, 9)], [['string', 'name', 'starts with', 'in'], ['inner']], [['string', 'Name', 'ends with', 'er'], ['inner']],
        [['stringOptions', 'name', 'any of', ['even', 'inner']], [...g(10, 2, 4, 6, 8), 'inner']], [['stringOptions', 'name', 'none of', ['even', 'odd']], ['inner']],
        [['string', 'id', '=', 'g7'], g(7)], [['string', 'traceId', '=', 't2'], g(10, 7, 8, 9)], [['string', 'parentObservationId', '=', 'g1'], ['inner']], [['null', 'parentObservationId', 'is null', ''], g(1, 10, 2, 3, 4, 5, 6, 7, 8, 9)], [['null', 'parentObservationId', 'is not null', ''], ['inner']],
        [['string', 'type', '=', 'SPAN'], ['inner']], [['string', 'level', '=', 'ERROR'], g(1)], [['string', 'statusMessage', '=', 'it broke'], g(1)], [['string', 'statusMessage', 'contains', 'broke'], g(1)], [['null', 'statusMessage', 'is not null', ''], g(1)],
        [['string', 'version', '=', 'v0'], g(10, 2, 4, 6, 8)], [['string', 'release', '=', 'r1'], others(7, 8, 9, 10)], [['string', 'environment', '=', 'prod'], g(1, 2, 3, 4, 5, 6)], [['string', 'traceEnvironment', '=', 'prod'], others(7, 8, 9, 10)],
        [['string', 'userId', '=', 'bob'], g(10, 7, 8, 9)], [['string', 'sessionId', '=', 's1'], others(7, 8, 9, 10)], [['string', 'traceName', '=', 'tell'], g(10, 7, 8, 9)], [['string', 'model', '=', 'gpt-4o-mini'], others().filter((id) => id !== 'inner')], [['null', 'providedModelName', 'is null', ''], ['inner']],
        [['string', 'promptName', '=', 'p'], others().filter((id) => id !== 'inner')], [['number', 'promptVersion', '>', 9], g(10, 2, 4, 6, 8)], [['string', 'promptVersion', '=', '9'], g(1, 3, 5, 7, 9)],
        [['arrayOptions', 'tags', 'any of', ['blue', 'green']], others(7, 8, 9, 10)], [['arrayOptions', 'traceTags', 'all of', ['blue', 'red']], others(7, 8, 9, 10)], [['arrayOptions', 'Trace Tags', 'none of', ['blue']], g(10, 7, 8, 9)], [['stringOptions', 'tags', 'any of', ['blue']], others(7, 8, 9, 10)], [['arrayOptions', 'tags', 'all of', []], others()],
        [['datetime', 'startTime', '>', at(9)], [...g(10), 'inner']], [['datetime', 'Start Time', '<=', at(2)], g(1, 2)], [['datetime', 'endTime', '>=', at(1010)], g(10)], [['datetime', 'startTime', '<', at(2)], g(1)],
        [['number', 'latency', '>=', 0.9], g(10, 9)], [['number', 'Latency (s)', '=', 0.1], g(1)], [['number', 'timeToFirstToken', '>', 0.01], []], [['number', 'timeToFirstToken', '<=', 0.01], others().filter((id) => id !== 'inner')], [['number', 'tokensPerSecond', '<', 99], []],
        [['number', 'outputTokens', '<=', 20], g(1, 2)], [['number', 'inputTokens', '>', 109], g(10)], [['number', 'totalTokens', '=', 111], g(1)], [['number', 'inputCost', '<', 2], g(1)], [['number', 'Output Cost ($)', '>', 18], g(10)], [['number', 'totalCost', '=', 9], g(3)],
        [['boolean', 'isRootObservation', '=', false], ['inner']], [['boolean', 'hasParentObservation', '<>', false], ['inner']], [['boolean', 'hasInput', '=', false], ['inner']], [['boolean', 'hasOutput', '=', false], ['g4', 'inner']],
        [['stringObject', 'metadata', '=', 'even', 'parity'], g(10, 2, 4, 6, 8)], [['stringObject', 'metadata', 'contains', 'ber 1', 'text'], g(1, 10)], [['stringObject', 'metadata', 'does not contain', '1', 'text'], g(2, 3, 4, 5, 6, 7, 8, 9)], [['stringObject', 'metadata', 'starts with', 'number 1', 'text'], g(1, 10)], [['stringObject', 'metadata', 'ends with', '0', 'text'], g(10)],
        [['stringObject', 'metadata', '=', '7', 'n'], g(7)], [['stringObject', 'metadata', 'matches', 'number 7', 'text'], g(7)], [['stringObject', 'metadata', 'matches', 'Number 7', 'text'], []], [['numberObject', 'metadata', '>', 8, 'n'], g(10, 9)], [['numberObject', 'metadata', '<=', 1, 'n'], g(1)], [['stringObject', 'metadata', 'contains', '', 'nothing'], []],
        [['string', 'input', 'contains', 'Question 7'], g(7)], [['string', 'input', 'matches', 'question 7'], g(7)], [['string', 'output', 'matches', 'ANSWER 1'], g(1, 10)], [['string', 'output', '=', 'Answer 5'], g(5)],
        [['numberObject', 'scores_avg', '>=', 0.5, 'quality'], g(1)], [['numberObject', 'Scores (numeric)', '<', 0.5, 'quality'], []], [['categoryOptions', 'score_categories', 'any of', ['kind', 'odd'], 'tone'], g(2)], [['categoryOptions', 'scores', 'none of', ['kind'], 'tone'], others(2)], [['booleanObject', 'score_booleans', '=', false, 'good'], g(7)], [['booleanObject', 'score_booleans', '<>', false, 'good'], others(7)],
        [['numberObject', 'trace_scores_avg', '>', 0.9, 'quality'], g(10, 7, 8, 9)], [['categoryOptions', 'trace_score_categories', 'any of', ['rude'], 'tone'], g(10, 7, 8, 9)], [['booleanObject', 'trace_score_booleans', '=', true, 'good'], others(7, 8, 9, 10)],
        [['number', 'toolCalls', '>', 1], g(3)], [['number', 'toolDefinitions', '=', 0], others()], [['arrayOptions', 'calledToolNames', 'any of', ['clock']], g(3)], [['arrayOptions', 'Called Tool Names', 'all of', ['weather', 'clock']], g(3)], [['arrayOptions', 'toolNames', 'any of', ['clock']], []],
    ],
    traces: [
        [['string', 'id', '=', 't2'], ['t2']], [['string', 'name', '=', 'ask'], ['t1', 't3']], [['string', 'traceName', '=', 'tell'], ['t2']], [['datetime', 'timestamp', '>=', at(0)], ['t1', 't2', 't3']], [['string', 'userId', 'starts with', 'a'], ['t1']], [['null', 'sessionId', 'is null', ''], ['t2', 't3']], [['string', 'sessionId', '=', 's1'], ['t1']],
        [['stringObject', 'metadata', '=', 'gold', 'tier'], ['t1']], [['stringObject', 'metadata', 'contains', 'l', 'tier'], ['t1', 't2']], [['stringObject', 'metadata', '=', 'yes', 'deep.er'], ['t1']], [['stringObject', 'metadata', '=', '{"er":"yes"}', 'deep'], ['t1']], [['numberObject', 'metadata', '=', 3, 'depth'], ['t1']], [['booleanObject', 'metadata', '=', true, 'flag'], ['t1']],
        [['string', 'version', '=', 'v1'], ['t1']], [['string', 'release', '=', 'r1'], ['t1']], [['stringOptions', 'environment', 'any of', ['prod']], ['t1']], [['arrayOptions', 'tags', 'all of', ['red', 'blue']], ['t1']], [['arrayOptions', 'traceTags', 'none of', ['red']], ['t3']], [['string', 'level', '=', 'ERROR'], ['t1']],
        [['number', 'errorCount', '=', 1], ['t1']], [['number', 'Warning Level Count', '>', 0], ['t1']], [['number', 'defaultCount', '>=', 4], ['t1', 't2']], [['number', 'debugCount', '>', 0], []], [['number', 'inputTokens', '>', 0], ['t1', 't2']], [['number', 'outputTokens', '>', 300], ['t2']], [['number', 'totalTokens', '>', 800], ['t1']], [['number', 'tokens', '<', 10], ['t3']],
        [['number', 'latency', '>', 1], ['t2']], [['number', 'inputCost', '=', 21], ['t1']], [['number', 'outputCost', '>', 50], ['t2']], [['number', 'totalCost', '>=', 102], ['t2']], [['boolean', 'bookmarked', '=', false], ['t1', 't2', 't3']],
        [['numberObject', 'scores_avg', '=', 0.5, 'quality'], ['t1']], [['categoryOptions', 'score_categories', 'any of', ['rude'], 'tone'], ['t2']], [['booleanObject', 'score_booleans', '=', true, 'good'], ['t1']], [['numberObject', 'scores', '>', 0.9, 'quality'], ['t2']],
    ],
    'v2/scores': [
        [['string', 'name', '=', 'tone'], ['c1', 'c2']], [['number', 'value', '>', 0.8], ['b1', 'n3']], [['string', 'stringValue', '=', 'kind'], ['c1']], [['boolean', 'booleanValue', '=', true], ['b1']], [['string', 'booleanValue', '=', 'false'], ['b2']], [['string', 'comment', 'contains', 'ell'], ['n2']], [['stringOptions', 'source', 'any of', ['API']], ['b1', 'b2', 'c1', 'c2', 'n1', 'n2', 'n3']],
        [['stringObject', 'metadata', '=', 'someone', 'by'], ['n1']], [['stringOptions', 'dataType', 'none of', ['NUMERIC', 'BOOLEAN']], ['c1', 'c2']], [['string', 'traceId', '=', 't2'], ['b2', 'c2', 'n3']], [['null', 'observationId', 'is not null', ''], ['b2', 'c1', 'n2']], [['datetime', 'timestamp', '<', at(50)], []], [['string', 'userId', '=', 'bob'], ['b2', 'c2', 'n3']], [['arrayOptions', 'trace_tags', 'any of', ['blue']], ['b1', 'c1', 'n1', 'n2']], [['string', 'traceName', '=', 'tell'], ['b2', 'c2', 'n3']],
    ],
};
const written = ([type, column, operator, value, key]) => ({ type, column, operator, value, ...(key && { key }) });

for (const [path, cases] of Object.entries({ ...filters, 'v2/observations': filters.observations }))
    test(`${path} are filtered by every column, type and operator`, async () => {
        for (const [filter, expected] of cases) {
            const { status, json } = await ask(path, { filter: [written(filter)], limit: '100' });
            assert.equal(status, 200, `${text(filter)}: ${text(json)}`);
            assert.deepEqual(json.data.map(({ id }) => id).sort(), [...expected].sort(), text(filter));
            if (json.meta.totalItems !== undefined) assert.equal(json.meta.totalItems, expected.length, text(filter));
        }
        const [one, other] = cases.filter(([, expected]) => expected.length > 1);
        const both = await ask(path, { filter: [written(one[0]), written(other[0])] });
        assert.deepEqual(both.json.data.map(({ id }) => id).sort(), one[1].filter((id) => other[1].includes(id)).sort());
    });

test('pages of a list filtered by what records say are told whole', async () => {
    const filter = [written(['stringObject', 'metadata', '=', 'even', 'parity'])], seen = [];
    for (let page = 1; page <= 3; page++) {
        const { json } = await ask('observations', { filter, limit: '2', page: String(page) });
        assert.deepEqual(json.meta, { page, limit: 2, totalItems: 5, totalPages: 3 });
        seen.push(...json.data.map(({ id }) => id));
    }
    assert.deepEqual(seen, g(10, 8, 6, 4, 2));
    assert.equal((await ask('observations', { filter, limit: '2', page: '9' })).json.meta.totalItems, 5);
    let cursor, walked = [];
    do {
        const { json } = await ask('v2/observations', { filter, limit: '2', ...(cursor && { cursor }) });
        walked.push(...json.data.map(({ id }) => id));
        cursor = json.meta.cursor;
    } while (cursor);
    assert.deepEqual(walked, seen);
    assert.deepEqual((await ask('v2/observations', { parentObservationId: '' })).json.data.map(({ id }) => id).sort(), [...ids].sort());
});

test('metrics are filtered by dimensions, time and metadata', async () => {
    for (const [view, filter, expected] of [['observations', ['stringObject', 'metadata', '=', 'even', 'parity'], 5], ['traces', ['stringObject', 'metadata', '=', 'gold', 'tier'], 1], ['scores-numeric', ['stringObject', 'metadata', '=', 'someone', 'by'], 1], ['scores-numeric', ['string', 'scoreName', '=', 'quality'], 3],
        ['observations', ['datetime', 'start_time', '>', at(9)], 2], ['traces', ['arrayOptions', 'tags', 'any of', ['blue']], 1], ['observations', ['boolean', 'isRootObservation', '=', true], 10], ['scores-boolean', ['boolean', 'booleanValue', '=', true], 1]])
        assert.equal((await rows({ view, filters: [written(filter)] }))[0]?.count_count ?? 0, expected, text(filter));
    assert.deepEqual(await rows({ view: 'observations', dimensions: [{ field: 'name' }], metrics: [], filters: [written(['string', 'name', '=', 'inner'])] }), [{ name: 'inner', count: 1 }]);
});

test('filters that cannot be are refused by the member that is wrong', async () => {
    const lists = { observations: 'filter[0]', 'v2/observations': 'filter[0]', traces: 'filter[0]', 'v2/scores': 'filter[0]' };
    for (const [path, where] of Object.entries(lists))
        for (const [filter, member] of [[['string', 'nothing', '=', 'x'], 'column'], [['words', 'name', '=', 'x'], 'type'], [['number', 'name', '=', 1], 'type'], [['string', 'name', '>', 'x'], 'operator'], [['string', 'name', '<>', 'x'], 'operator'], [['string', 'name', '=', 7], 'value'], [['stringOptions', 'name', 'any of', []], 'value'], [['stringOptions', 'name', 'any of', 'x'], 'value'],
            [['stringObject', 'metadata', '=', 'x'], 'key'], [['string', 'metadata', '=', 'x'], 'type'], [['null', 'metadata', 'is null', ''], 'type'], [['positionInTrace', 'name', '=', 1, 'root'], 'type'], [['string', 'name', 'matches', 'x'], 'operator'], [['stringObject', 'metadata', 'matches', '--', 'x'], 'value'], [['numberObject', 'metadata', '=', 'x', 'y'], 'value']])
            await refused(path, { filter: [written(filter)] }, `${where}.${member}:`);
    for (const filter of [['stringOptions', 'name', 'none of', []], ['categoryOptions', 'scores', 'none of', [], 'tone'], ['arrayOptions', 'tags', 'any of', []], ['stringOptions', 'name', 'any of', Array(501).fill('x')]]) await refused('traces', { filter: [written(filter)] }, 'filter[0].value:');
    assert.equal((await ask('traces', { filter: Array(33).fill(written(['string', 'name', '=', 'x'])) })).json.message, 'filter[32]: at most 32 filters');
    await refused('traces', { filter: [7] }, 'filter[0]: expected an object');
    await refused('traces', { filter: { type: 'string' } }, 'filter: expected a list');
    await refused('traces', { filter: 'nonsense' }, 'filter:');
    await refused('traces', { filter: [written(['string', 'tags', '=', 'x'])] }, "filter[0].type: the column 'tags' takes stringOptions, arrayOptions, null");
    await refused('traces', { filter: [written(['datetime', 'timestamp', '>', 'soon'])] }, 'filter[0].value:');
    await refused('traces', { filter: [written(['boolean', 'bookmarked', '=', 'yes'])] }, 'filter[0].value:');
    await refused('traces', { filter: [written(['numberObject', 'scores_avg', '=', 1])] }, 'filter[0].key:');
});

test('metrics that cannot be are refused by the member that is wrong', async () => {
    const good = { view: 'observations', metrics: [{ measure: 'count', aggregation: 'count' }], ...range };
    for (const [more, start] of [[{ view: 'sessions' }, 'view:'], [{ metrics: undefined }, 'metrics:'], [{ metrics: [{ measure: 'name', aggregation: 'count' }] }, "metrics[0].measure: the view has no 'name', only"], [{ metrics: [{ measure: 'latency', aggregation: 'median' }] }, 'metrics[0].aggregation: latency takes sum'], [{ metrics: [{ measure: 'traceId', aggregation: 'sum' }] }, 'metrics[0].aggregation: traceId takes count and uniq'],
        [{ dimensions: [{ field: 'latency' }] }, "dimensions[0].field: the view has no 'latency'"], [{ dimensions: [{}] }, 'dimensions[0].field:'], [{ dimensions: [{ field: 'costType' }, { field: 'usageType' }] }, 'dimensions[1].field: only one of'], [{ timeDimension: { granularity: 'year' } }, 'timeDimension.granularity:'], [{ fromTimestamp: 'now' }, 'fromTimestamp:'], [{ toTimestamp: range.fromTimestamp }, 'toTimestamp:'],
        [{ orderBy: [{ field: 'sum_latency', direction: 'asc' }] }, "orderBy[0].field: the answer has no 'sum_latency', only count_count"], [{ orderBy: [{ field: 'count_count', direction: 'up' }] }, 'orderBy[0].direction:'], [{ metrics: [{ measure: 'latency', aggregation: 'histogram' }], orderBy: [{ field: 'histogram_latency', direction: 'asc' }] }, 'orderBy[0].field:'],
        [{ config: { row_limit: 0 } }, 'row_limit:'], [{ config: { row_limit: 1001 } }, 'row_limit:'], [{ config: { bins: 101 } }, 'bins:'], [{ config: 7 }, 'config:'], [{ filters: [written(['string', 'nothing', '=', 'x'])] }, 'filters[0].column:'], [{ filters: [written(['string', 'tags', '=', 'x'])] }, 'filters[0].type:']])
        await refused('metrics', { query: { ...good, ...more } }, start);
    await refused('metrics', { query: { ...good, view: 'scores-categorical', metrics: [{ measure: 'value', aggregation: 'avg' }] } }, "metrics[0].measure: the view has no 'value', only count");
    await refused('v2/metrics', { query: 'nonsense' }, 'query:');
    await refused('v2/metrics', {}, 'query:');
});

test('lists of scores are narrowed by each of their parameters', async () => {
    const left = async (path) => {
        const { status, json } = await ask(path);
        assert.equal(status, 200, `${path}: ${text(json)}`);
        return json.data.map(({ id }) => id).sort().join();
    };
    for (const [query, expected] of [['name=tone', 'c1,c2'], ['name=tone,good', ''], ['userId=bob', 'b2,c2,n3'], ['traceTags=blue&traceTags=red', 'b1,c1,n1,n2'], ['source=API&dataType=BOOLEAN', 'b1,b2'], ['scoreIds=n1,c2', 'c2,n1'], ['observationId=g1,g2', 'c1,n2'], ['observationId=g7', 'b2'],
        ['traceId=t2', 'b2,c2,n3'], ['operator=>&value=0.5&dataType=NUMERIC', 'n2,n3'], ['operator=!=&value=1&name=quality', 'n1,n2'], ['operator=<=&value=0.25&name=quality', 'n1'], ['environment=default&environment=other&name=tone', 'c1,c2'], ['environment=other', ''], [`fromTimestamp=${at(51)}`, ''], [`toTimestamp=${at(51)}&name=tone`, 'c1,c2']])
        assert.equal(await left(`v2/scores?${query}`), expected, query);
    for (const [query, expected] of [['name=tone,good', 'b1,b2,c1,c2'], ['id=n1,n2', 'n1,n2'], ['dataType=boolean,Categorical', 'b1,b2,c1,c2'], ['source=api,eval&name=tone', 'c1,c2'], ['traceId=t1,t3&name=quality', 'n1,n2'], ['traceId=t1&observationId=g1,g2', 'c1,n2'], ['dataType=NUMERIC&value=0.25,1', 'n1,n3'], ['dataType=BOOLEAN&value=true', 'b1'],
        ['dataType=CATEGORICAL&value=kind,mean', 'c1'], ['dataType=NUMERIC&valueMin=0.5&valueMax=0.8', 'n2'], ['sessionId=s1,s2', ''], ['experimentId=a,b', '']])
        assert.equal(await left(`v3/scores?${query}`), expected, query);
    assert.deepEqual(Object.keys((await ask('v2/scores?fields=score&limit=1')).json.data[0]).includes('trace'), false);
    for (const [path, start] of [['v2/scores?dataType=WORDS', 'dataType:'], ['v2/scores?source=ME', 'source:'], ['v2/scores?operator=~&value=1', 'operator:'], ['v2/scores?operator==&value=x', 'value:'], ['v3/scores?value=1', 'value:'], ['v3/scores?dataType=NUMERIC&value=x', 'value:'], ['v3/scores?dataType=BOOLEAN&value=1', 'value:'], ['v3/scores?dataType=TEXT&value=x', 'value:'],
        ['v3/scores?fields=core', 'fields:'], ['v3/scores?valueMin=x', 'valueMin'], ['v3/scores?limit=101', 'limit:'], ['observations?level=LOUD', 'level:']])
        await refused(path, {}, start);
});

test('traces are ordered by what has one value, and cut to known groups of fields', async () => {
    const order = async (by) => (await ask('traces', { orderBy: by, fields: 'core' })).json.data.map(({ id }) => id).join();
    assert.deepEqual([await order('totalTokens.desc'), await order('errorCount.desc').then((ids) => ids.slice(0, 2)), await order('id.asc'), await order('environment.desc').then((ids) => ids.slice(0, 2))], ['t1,t2,t3', 't1', 't1,t2,t3', 't1']);
    for (const by of ['nothing.asc', 'tags.asc', 'metadata.asc', 'scores_avg.asc', 'timestamp', 'timestamp.up']) await refused('traces', { orderBy: by }, 'orderBy:');
    const [core] = (await ask('traces', { fields: 'core' })).json.data, [all] = (await ask('traces', { fields: 'nonsense' })).json.data;
    assert.deepEqual([core.totalCost, core.observations, all.totalCost >= 0], [-1, [], true]);
    const [trace] = (await ask('traces', { orderBy: 'id.asc' })).json.data;
    assert.deepEqual([[...trace.observations].sort(), [...trace.scores].sort()], [[...g(1, 2, 3, 4, 5, 6), 'inner'], ['b1', 'c1', 'n1', 'n2']]);
    const whole = (await ask('traces/t1')).json;
    assert.deepEqual([whole.observations.map(({ id }) => id), whole.scores.map(({ id }) => id)], [trace.observations, trace.scores]);
});

test('a column is found by its name in the screens, whatever the case', async () => {
    for (const column of ['totalCost', 'total_cost', 'Total Cost ($)', 'TOTALCOST'])
        assert.equal((await ask('observations', { filter: [written(['number', column, '=', 9])] })).json.meta?.totalItems, 1, column);
});

// Last: it adds to what the others count.
test('metadata of spans of OpenTelemetry is filtered by as the newer SDKs write it', async () => {
    const traceId = 'f'.repeat(32), nano = (ms) => `${BigInt(noon + ms) * 1000000n}`, attribute = (key, stringValue) => ({ key, value: { stringValue } });
    const span = (spanId, more, attributes) => ({ traceId, spanId, name: 'told', startTimeUnixNano: nano(0), endTimeUnixNano: nano(5), ...more, attributes });
    const spans = [span('a'.repeat(16), {}, [attribute('langfuse.trace.metadata.tier', 'iron'), attribute('langfuse.observation.metadata.deep', '{"er":[1,2],"on":true}')]), span('b'.repeat(16), { parentSpanId: 'a'.repeat(16) }, [attribute('langfuse.observation.metadata.plain', 'text'), attribute('langfuse.observation.input', '"Seek me"')])];
    const reply = await fetch(`${server.url}/api/public/otel/v1/traces`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ scope: { name: 'langfuse-sdk' }, spans }] }] }) });
    assert.equal(reply.status, 200);
    const left = async (path, filter) => (await ask(path, { filter: [written(filter)] })).json.data.map(({ id }) => id[0]).join();
    await eventually(async () => assert.equal(await left('traces', ['stringObject', 'metadata', '=', 'iron', 'tier']), 'f'));
    assert.deepEqual([await left('observations', ['stringObject', 'metadata', '=', '[1,2]', 'deep.er']), await left('observations', ['booleanObject', 'metadata', '=', true, 'deep.on']), await left('v2/observations', ['stringObject', 'metadata', 'starts with', 'te', 'plain']), await left('v2/observations', ['string', 'input', 'matches', 'seek ME'])], ['a', 'a', 'b', 'b']);
    assert.equal(await left('observations', ['null', 'parentObservationId', 'is not null', '']).then((ids) => ids.includes('b')), true);
});

test('what few of many records say is found behind thousands that do not', async () => {
    const count = 5000, marked = (i) => i < 3 || i >= count - 2, early = (i) => new Date(noon - 86400e3 + i).toISOString();
    for (let from = 0; from < count; from += 1000)
        await fetch(`${server.url}/api/public/ingestion`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify({ batch: [...Array(1000).keys()].map((n) => n + from).map((i) => ({ id: `many-${i}`, type: 'span-create', timestamp: early(i), body: { id: `many-${i}`, traceId: 'many', name: 'many', startTime: early(i), endTime: early(i), metadata: { mark: marked(i) ? 'yes' : 'no' } } })) }) });
    await eventually(async () => assert.equal((await ask('observations', { name: 'many', limit: '1' })).json.meta.totalItems, count));
    const filter = [written(['stringObject', 'metadata', '=', 'yes', 'mark'])], seen = [];
    for (let cursor; cursor !== null;) {
        const { status, json } = await ask('v2/observations', { filter, limit: '2', ...(cursor && { cursor }) });
        assert.equal(status, 200, text(json));
        seen.push(...json.data.map(({ id }) => id));
        cursor = json.meta.cursor ?? null;
    }
    assert.deepEqual(seen, [count - 1, count - 2, 2, 1, 0].map((i) => `many-${i}`));
    assert.equal((await ask('observations', { filter, limit: '1' })).json.meta.totalItems, 5);
});
