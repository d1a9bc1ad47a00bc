// SPDX-License-Identifier: Apache-2.0
// `vitrine demo` and `vitrine send` against a running server: what a newcomer sees first.
import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Api, eventually } from './support/api.mjs';
import { runVerb, startServer } from './support/server.mjs';

let server, demo, scratch;
before(async () => {
    server = await startServer();
    demo = new Api(server.url, { project: 'demo' });
    scratch = mkdtempSync(join(tmpdir(), 'vitrine-send-'));
});
after(async () => {
    rmSync(scratch, { recursive: true, force: true });
    await server?.close();
});

// A row a hit, without paging: the demo is small.
async function count(filter) {
    return (await demo.traces({ f: filter, from: '-49h', limit: 1, count: 1 })).total;
}

async function fill(...more) {
    const run = await runVerb(['demo', '--url', server.url, '--hours', '24', ...more]);
    assert.equal(run.code, 0, run.stderr);
    const said = /^demo: (\d+) traces \((\d+) with errors\), (\d+) spans/.exec(run.stdout);
    assert.ok(said, run.stdout);
    return { traces: Number(said[1]), spans: Number(said[3]) };
}

async function totals(spans) {
    return eventually(async () => {
        const { totals } = await demo.overview({ from: '-25h' });
        assert.ok(totals.spans >= spans, `${totals.spans} of ${spans} spans are indexed`);
        return totals;
    });
}

test('the demo fills its own project with a day, and nothing else', async () => {
    const sent = await fill();
    assert.ok(sent.traces > 1500 && sent.traces < 2600, `${sent.traces} traces`);
    const seen = await totals(sent.spans);
    assert.equal(seen.requests, sent.traces);
    const { projects } = await server.api.get('/api/v1/projects');
    const named = Object.fromEntries(projects.map((one) => [one.name, one]));
    assert.equal(named.demo.demo, true);
    assert.equal(named.default.first_span, null);
});

test('the same day sent again counts once', async () => {
    const before = (await demo.overview({ from: '-25h' })).totals;
    const sent = await fill();
    const { index } = await server.api.get('/api/v1/status');
    await eventually(async () => {
        const now = await server.api.get('/api/v1/status');
        assert.ok(now.index.caught_up && Number(now.index.indexed_records) >= Number(index.indexed_records));
    });
    const seen = await totals(sent.spans);
    // The day moved on between the two: a few at its end are new, a few at its beginning were sent the first time only.
    assert.ok(seen.spans < before.spans * 1.2, `${before.spans} spans became ${seen.spans}`);
    assert.ok(seen.spans < sent.spans * 1.05, `${sent.spans} spans were sent, ${seen.spans} are seen`);
});

test('every vocabulary, every kind of error and every kind of span is in it', async () => {
    const { facets } = await demo.get('/api/v1/facets', { fields: 'vocabulary,error_kind,kind,tenant,model,service', from: '-25h', limit: 50 });
    const values = (name) => new Set(facets[name].values.map((one) => one.value));
    for (const one of ['otel_genai', 'openinference', 'vercel_ai']) assert.ok(values('vocabulary').has(one), one);
    for (const one of ['throttle', 'timeout', 'tool', 'server']) assert.ok(values('error_kind').has(one), one);
    for (const one of ['llm', 'tool', 'agent', 'retriever', 'reranker', 'embedding', 'guardrail', 'workflow', 'task', 'chain']) assert.ok(values('kind').has(one), one);
    assert.deepEqual([...values('service')].sort(), ['code-review', 'docs-search', 'mail-triage', 'order-desk', 'research-agent', 'support-chat']);
    assert.ok(values('tenant').size >= 5);
});

test('only the private model has no price', async () => {
    const { models } = await demo.get('/api/v1/unpriced', { from: '-25h' });
    assert.ok(models.length > 0);
    for (const one of models) assert.match(one.model, /^fernweh-triage/);
});

test('one looping agent made 26 calls, and says so', async () => {
    const { traces } = await demo.traces({ f: ['service=research-agent', 'spans>50'], from: '-25h' });
    assert.ok(traces.length >= 1, 'no trace with more than fifty spans');
    assert.equal(traces[0].status, 'error');
    assert.ok(traces[0].tool_calls >= 20);
});

test('each story of docs/demo.md can be found', async () => {
    // A story that is not over yet is told of the day before.
    await fill('--hours', '48');
    await demo.settled();
    const range = { from: '-49h' };
    const all = (path, query = {}) => demo.get(`/api/v1/${path}`, { ...range, ...query });
    const calls = async (...f) => (await all('invocations', { f, count: 1, limit: 1 })).total;
    const { models } = await all('models', { lines: 24 });
    const model = (name) => models.find((each) => each.model === name);
    const burst = model('claude-sonnet-4-5').values.throttles;
    assert.ok(Math.max(...burst) >= 5, 'the model throttles in a burst');
    assert.ok(model('gemini-2.5-pro').latency.p50 > 4 * model('gemini-2.5-flash').latency.p50, 'the release with the slow model');
    const { versions } = await all('prompt_usage', { prompt: 'support-reply' });
    const [v7, v8] = ['7', '8'].map((version) => versions.find((one) => one.version === version));
    const [length, helpful] = [(one) => one.output_tokens / one.calls, (one) => one.scores.find(({ name }) => name === 'helpful').mean];
    assert.ok(length(v8) > 1.3 * length(v7) && helpful(v8) < helpful(v7) - 0.1, `prompt version 8 answers in ${length(v8)} tokens, ${helpful(v8)} helpful, 7 in ${length(v7)}, ${helpful(v7)}`);
    const { prompts } = await all('prompts');
    assert.deepEqual(prompts.map(({ name, latest, labels }) => [name, latest, labels.production]), [['handbook-answer', 3, 3], ['shop/house-rules', 2, 2], ['support-reply', 8, 8]]);
    const { kinds } = await all('agents/loops');
    for (const { kind, found } of kinds) assert.ok(found >= 1, `no loop of the kind ${kind}`);
    const { tools } = await all('agents');
    assert.ok(tools.find(({ tool }) => tool === 'track_parcel').errors >= 4, 'the carrier is away');
    assert.ok((await count(['kind=retriever', 'error_kind=timeout', 'service=docs-search'])) >= 5, 'the vector store is ill');
    assert.ok((await count('user=guest-4471')) >= 30, 'somebody attacks the guard');
    assert.ok((await count(['user=batch@northwind'])) >= 40, 'a tenant asks for much more');
    assert.ok((await count(['user=hana.sato', 'errors>0'])) >= 2, 'a customer has a bad day');
    assert.ok((await calls('status=error', 'error_kind=throttle')) >= 20);
    const { retries } = await all('overview/health');
    assert.ok(retries.retried >= 20 && retries.fallbacks.some(({ from, to, count }) => from === 'claude-sonnet-4-5' && to === 'gpt-4.1' && count >= 3), `what failed is asked again, some of it elsewhere: ${JSON.stringify(retries.fallbacks)}`);
    const { budget, spenders } = await demo.get('/api/v1/overview/spend', { from: '-6h', sort: 'rise' });
    assert.ok(budget.limit && (budget.runs_out || budget.spent >= budget.limit), `the month stays within its budget: ${JSON.stringify(budget)}`);
    assert.equal(spenders.tenant[0].value, 'northwind');
    assert.ok((await all('overview/quality')).now.form_failures >= 1, 'mails that could not be read');
});

// The latest time that it was so late (UTC) and the story had ended, as demo_day.c has it.
function story(hour, minute, minutes) {
    const day = 86400e3, length = minutes * 60e3;
    let from = Math.floor(Date.now() / day) * day + (hour * 60 + minute) * 60e3;
    while (from + length > Date.now()) from -= day;
    if (from <= Date.now() - day + 3600e3) from = Date.now() - length - 3600e3;
    return { from: new Date(from).toISOString(), to: new Date(from + length).toISOString() };
}

test('a change is explained by the story behind it', async () => {
    await fill('--hours', '36');
    await demo.settled();
    const rest = { baseline_from: '-37h', baseline_to: 'now' };
    const stories = [
        ['a model throttles', { measure: 'failures', ...story(14, 0, 45), ...rest }, 'error_kind=throttle'],
        // Of its service: before 17:00 it lies an hour back, where the model that throttles may, too.
        ['a tool is away', { measure: 'failures', ...story(16, 10, 50), f: 'service=support-chat', ...rest }, 'tool=track_parcel'],
        ['a prompt makes answers longer', { measure: 'output_tokens', ...story(12, 30, 180), f: 'service=support-chat' }, 'prompt=support-reply prompt_version=8'],
        ['a release is slow', { measure: 'latency', ...story(8, 30, 180), f: 'service=docs-search', ...rest }, 'model=gemini-2.5-pro'],
        ['a tenant spends more', { measure: 'cost', from: new Date(Math.ceil(Date.now() / 3600e3) * 3600e3 - 6 * 3600e3).toISOString(), ...rest }, 'user=batch@northwind'],
    ];
    for (const [what, question, cause] of stories) {
        const { values, now } = await demo.get('/api/v1/explain', question);
        const lines = values.map((each) => `${each.same_as ?? '-'} ${each.filters.join(' ')} ${each.strength.toFixed(1)}`);
        const at = values.findIndex(({ filters }) => filters.join(' ') === cause);
        assert.ok(at >= 0, `${what}: ${JSON.stringify(now)} ${lines.join(', ')}`);
        // Values that stand for the same spans are one finding; two other stories may fall into the same hours.
        const heads = values.flatMap(({ same_as }, place) => (same_as === null ? [place] : []));
        assert.ok(heads.indexOf(values[at].same_as ?? at) < 3, `${what}: ${lines.join(', ')}`);
        const { trace_id, span_id } = values[at].biggest_example;
        assert.ok((await demo.trace(trace_id)).spans.some((span) => span.id === span_id), `${what}: its example`);
        // What it counts is what the list behind it is made of.
        if (question.measure === 'failures') {
            const total = (await demo.traces({ from: question.from, to: question.to, f: [cause, 'errors>0'], count: 1, limit: 1 })).total;
            assert.ok(total > 0 && total <= values[at].amount, `${what}: ${total} traces, ${values[at].amount} failures`);
        }
    }
});

test('what did not change has no explanation, and what is asked wrongly is said', async () => {
    // The same hours, cut in two by nothing but the second they began in, are alike.
    const { values, compared } = await demo.get('/api/v1/explain', { measure: 'requests', f: 'service=mail-triage', from: '-2h', to: '-1h', baseline_from: '-3h', baseline_to: 'now' });
    assert.deepEqual(values, []);
    assert.ok(compared > 0);
    const refused = (query) => assert.rejects(demo.get('/api/v1/explain', { measure: 'cost', ...query }), (error) => error.status === 400);
    await refused({ measure: 'happiness' });
    await refused({ baseline: 'yesterday' });
    await refused({ from: '-2h', to: '-1h', baseline_from: '-90m', baseline_to: '-80m' });
    await refused({ limit: 26 });
});

test('a conversation in Arabic arrives letter by letter', async () => {
    assert.ok((await count(['service=support-chat'])) > 300);
    const { traces } = await demo.traces({ f: ['service=docs-search'], from: '-25h', limit: 500 });
    const asked = traces.find((one) => /هل يجوز كتابة عنوان العميل/.test(one.input ?? ''));
    assert.ok(asked, 'no question in Arabic among the newest 500');
    assert.match(asked.output ?? '', /لا\. يجوز ذكر الاسم|cannot|^$/);
});

test('--if-empty leaves a server with data alone', async () => {
    const run = await runVerb(['demo', '--url', server.url, '--if-empty', '--seed', '77']);
    assert.equal(run.code, 0, run.stderr);
    assert.equal(run.stdout, '');
});

test('send without a file makes a trace and prints where it is', async () => {
    const run = await runVerb(['send', '--url', server.url]);
    assert.equal(run.code, 0, run.stderr);
    const [, id] = new RegExp(`^${server.url}/p/default/traces/([0-9a-f]{32})\n$`).exec(run.stdout) ?? assert.fail(run.stdout);
    const trace = await eventually(() => server.api.trace(id));
    assert.deepEqual(trace.spans.map((row) => row.kind), ['agent', 'llm', 'tool', 'llm']);
    assert.equal(trace.trace?.status ?? trace.status, 'ok');
});

test('send names what was refused and ends with 1', async () => {
    const file = join(scratch, 'half.json');
    const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 'kept', startTimeUnixNano: `${Date.now()}000000`, endTimeUnixNano: `${Date.now()}000000` };
    writeFileSync(file, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span, { ...span, traceId: 'abc' }] }] }] }));
    const run = await runVerb(['send', '--url', server.url, file]);
    assert.equal(run.code, 1);
    assert.match(run.stderr, /1 refused: .*traceId/);
    assert.match(run.stdout, /\/p\/default\/traces\/(ab){16}\n/);
    await eventually(() => server.api.trace('ab'.repeat(16)));
});

test('send and demo say what is wrong', async () => {
    const cases = [
        [['send', '--url', server.url, join(scratch, 'nothing.json')], 1, /nothing\.json: No such file/],
        [['send', '--url', server.url, '--key', 'pk:wrong'], 1, /401: .*key/],
        [['send', '--url', server.url, '--key', 'nocolon'], 1, /key: expected PUBLIC:SECRET/],
        [['send', '--url', 'http://127.0.0.1:1'], 1, /127\.0\.0\.1:1 does not answer/],
        [['send', '--url', 'ftp://x'], 1, /url: expected http/],
        [['send', '--nonsense'], 2, /unknown option --nonsense/],
        [['demo', '--hours', 'many'], 2, /--hours: expected a whole number/],
        [['demo', '--url', 'http://127.0.0.1:1'], 1, /does not answer/],
    ];
    for (const [args, code, words] of cases) {
        const run = await runVerb(args);
        assert.equal(run.code, code, `${args.join(' ')}: ${run.stderr}`);
        assert.match(run.stderr, words);
    }
});
