// SPDX-License-Identifier: Apache-2.0
// Agents: their runs, what happened inside, how steps hang together and what says so, and loops, through the API.
import { strict as assert } from 'node:assert';
import { after, before, describe, test } from 'node:test';
import { startServer } from './support/server.mjs';
import { send, Trace } from './screens/traffic.mjs';

let server, api;
before(async () => {
    server = await startServer();
    api = server.api;
});
after(() => server?.close());

const agent = (trace, parent, name, at, took, more = {}, how) =>
    trace.span(parent, `invoke_agent ${name}`, at, took, { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name, ...more }, how);
const tool = (trace, parent, name, at, took, args, more = {}, how) =>
    trace.span(parent, `execute_tool ${name}`, at, took, { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name, 'gen_ai.tool.call.arguments': JSON.stringify(args), ...more }, how);

async function told(...traces) {
    await send(server.url, ...traces);
    await api.settled();
}

// A graph as lines: "from -> to count basis", names with what they are inside of.
async function graph(query) {
    const reply = await api.get('/api/v1/agents/graph', { from: '-1h', ...query });
    const name = (at) => {
        const node = reply.nodes[at];
        return `${node.inside >= 0 ? `${name(node.inside)}/` : ''}${node.name}`;
    };
    const lines = reply.edges.map((edge) => `${name(edge.from)} -> ${name(edge.to)} ${edge.count}${edge.back ? ' back' : ''} ${Object.entries(edge.basis).map(([basis, n]) => `${basis}:${n}`).join(' ')}`);
    return { ...reply, lines: lines.sort(), names: reply.nodes.map((_, at) => name(at)) };
}

const callsTools = (...calls) => ({
    'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts: calls.map(([id, name]) => ({ type: 'tool_call', id, name, arguments: {} })), finish_reason: 'tool_call' }]),
});

describe('a run with tools', () => {
    let trace;
    before(async () => {
        trace = new Trace('shop', Date.now() - 120e3);
        const root = trace.span(null, 'POST /ask', 0, 5000, { 'session.id': 's-1' });
        const run = agent(trace, root, 'helper', 10, 4900, { 'session.id': 's-1' });
        trace.chat(run, 20, 400, { input: 100, output: 20, messages: [['user', 'Where is it?']], more: callsTools(['call-a', 'find'], ['call-b', 'weigh']) });
        // Both run at once, and start the other way round than they were asked for.
        tool(trace, run, 'weigh', 430, 300, { id: 7 }, { 'gen_ai.tool.call.id': 'call-b' });
        tool(trace, run, 'find', 440, 500, { id: 7 }, { 'gen_ai.tool.call.id': 'call-a' }, { failed: 'not there' });
        trace.chat(run, 1000, 600, { input: 300, output: 40, messages: [['user', 'Where is it?']], answer: 'In the hall.' });
        await told(trace);
    });

    test('is counted with its turns, tools, tokens and failures', async () => {
        const { agents, tools, runs, covered } = await api.get('/api/v1/agents', { from: '-1h', agent: 'helper' });
        assert.equal(agents.length, 1);
        const [own] = agents;
        assert.deepEqual([own.agent, own.runs, own.errors, own.sessions, own.llm_calls, own.tool_calls, own.tool_errors], ['helper', 1, 0, 1, 2, 2, 1]);
        assert.deepEqual([own.input_tokens, own.output_tokens, own.turns_p50, own.duration_p50], [400, 60, 2, 4900e6]);
        assert.equal(own.run_values.reduce((a, b) => a + b), 1);
        assert.deepEqual(tools.map(({ tool, calls, errors }) => [tool, calls, errors]), [['find', 1, 1], ['weigh', 1, 0]]);
        assert.deepEqual(tools[0].errors_by_kind, { tool: 1 });
        assert.deepEqual([runs, covered], [1, 1]);
        const { cost } = (await api.traces({ f: 'service=shop' })).traces[0];
        assert.equal(own.cost, cost);
    });

    test('branches and joins in its graph; ids of tool calls go before time', async () => {
        const { lines, nodes, traces } = await graph({ trace_id: trace.id });
        assert.deepEqual(lines, [
            'helper -> helper/gpt-4o 1 parent:1',
            'helper/find -> helper/gpt-4o 1 back time:1',
            'helper/gpt-4o -> helper/find 1 tool_call:1',
            'helper/gpt-4o -> helper/weigh 1 tool_call:1',
            'helper/weigh -> helper/gpt-4o 1 back time:1',
        ]);
        assert.equal(traces, 1);
        const model = nodes.find(({ kind }) => kind === 'llm');
        assert.deepEqual([model.count, model.total_tokens, model.agent], [2, 460, 'helper']);
        assert.equal(nodes.find(({ name }) => name === 'find').errors, 1);
    });

    test('stands in the list of runs with its question', async () => {
        const { runs } = await api.get('/api/v1/agents/runs', { from: '-1h', agent: 'helper' });
        assert.equal(runs.length, 1);
        assert.deepEqual([runs[0].trace_id, runs[0].turns, runs[0].tool_calls, runs[0].input], [trace.id, 2, 2, 'Where is it?']);
    });
});

test('agents that hand over to each other, by a tool and by metadata', async () => {
    const trace = new Trace('desk', Date.now() - 110e3);
    const root = agent(trace, null, 'front', 0, 4000);
    trace.chat(root, 10, 100, { input: 10, output: 5, messages: [['user', 'Refund?']] });
    tool(trace, root, 'transfer_to_refunds', 120, 10, {});
    const refunds = agent(trace, root, 'refunds', 140, 900);
    trace.chat(refunds, 150, 200, { input: 10, output: 5, messages: [['user', 'Refund?']] });
    trace.span(root, 'checks', 1100, 500, { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'checks', 'gen_ai.handoff.from_agent': 'refunds' });
    await told(trace);
    const { lines } = await graph({ trace_id: trace.id });
    assert.deepEqual(lines.filter((line) => /handoff/.test(line)), [
        'front/refunds -> front/checks 1 handoff:1',
        'front/transfer_to_refunds -> front/refunds 1 handoff:1',
    ]);
    const { agents } = await api.get('/api/v1/agents', { from: '-1h', f: 'service=desk' });
    assert.deepEqual(agents.map((each) => [each.agent, each.llm_calls]).sort(), [['checks', 0], ['front', 1], ['refunds', 1]], 'a run inside counts for itself');
});

test('an agent that ends by handing over is followed by the next one', async () => {
    const trace = new Trace('pair', Date.now() - 105e3);
    const root = trace.span(null, 'case', 0, 4000);
    for (const [at, name, next] of [[0, 'left', 'right'], [1000, 'right', 'left'], [2000, 'left', null]]) {
        const run = agent(trace, root, name, at, 900);
        trace.chat(run, at + 10, 100, { input: 10, output: 5, messages: [['user', 'Whose is it?']] });
        if (next) tool(trace, run, `transfer_to_${next}`, at + 200, 10, {});
    }
    await told(trace);
    const { lines } = await graph({ trace_id: trace.id });
    assert.deepEqual(lines.filter((line) => /^(left|right) -> (left|right) /.test(line)), ['left -> right 1 handoff:1', 'right -> left 1 back handoff:1']);
});

test('steps of a graph follow its metadata, not their order in time; links go before all', async () => {
    const trace = new Trace('flow', Date.now() - 100e3);
    const node = (name, at, took, before) => trace.span(root, name, at, took, { 'openinference.span.kind': 'CHAIN', 'graph.node.id': name, ...(before && { 'graph.node.parent_id': before }) });
    const root = trace.span(null, 'assistant', 0, 3000, { 'openinference.span.kind': 'CHAIN' });
    node('plan', 10, 100);
    node('search', 120, 100, 'plan');
    node('summarise', 240, 100, 'plan');
    const linked = node('report', 360, 100, 'search');
    trace.spans.find(({ spanId }) => spanId === linked).links = [{ traceId: trace.id, spanId: trace.spans[1].spanId }];
    await told(trace);
    const { lines, nodes } = await graph({ trace_id: trace.id });
    assert.deepEqual(lines, [
        'assistant -> assistant/plan 1 parent:1',
        'assistant/plan -> assistant/report 1 link:1',
        'assistant/plan -> assistant/search 1 graph:1',
        'assistant/plan -> assistant/summarise 1 graph:1',
    ]);
    assert.deepEqual(nodes.map(({ kind }) => kind), ['agent', 'node', 'node', 'node', 'node']);
    const { agents } = await api.get('/api/v1/agents', { from: '-1h', f: 'service=flow' });
    assert.deepEqual(agents.map((each) => [each.agent, each.runs]), [['assistant', 1]], 'the root stands for an agent nobody named');
});

test('many runs are one graph with counts', async () => {
    const runs = Array.from({ length: 5 }, (_, at) => {
        const trace = new Trace('many', Date.now() - 90e3 - at * 1000);
        const run = agent(trace, null, 'counter', 0, 1000 + at * 100);
        trace.chat(run, 10, 100, { input: 10, output: 5, messages: [['user', 'Count']] });
        if (at < 2) tool(trace, run, 'add', 120, 50, { at });
        return trace;
    });
    await told(...runs);
    const { lines, traces, complete } = await graph({ agent: 'counter' });
    assert.deepEqual(lines, ['counter -> counter/gpt-4o 5 parent:5', 'counter/gpt-4o -> counter/add 2 time:2']);
    assert.deepEqual([traces, complete], [5, true]);
});

describe('loops', () => {
    const find = async (name) => (await api.get('/api/v1/agents/loops', { from: '-1h', agent: name })).loops;

    test('the same call again and again, with what it cost', async () => {
        const trace = new Trace('loops', Date.now() - 80e3);
        const run = agent(trace, null, 'circler', 0, 9000);
        for (let turn = 0; turn < 5; turn += 1) {
            trace.chat(run, turn * 1000, 500, { input: 1000, output: 10, messages: [['user', 'Search']] });
            tool(trace, run, 'search', turn * 1000 + 600, 100, { q: 'tents' });
        }
        tool(trace, run, 'search', 6000, 100, { q: 'lamps' });
        await told(trace);
        const loops = await find('circler');
        assert.deepEqual(loops.map(({ kind, what, count }) => [kind, what, count]), [['same_call', 'search', 5]]);
        const price = (await api.traces({ f: 'service=loops' })).traces[0].cost;
        assert.equal(loops[0].cost, (price / 5) * 4, 'the first round was worth its money');
        assert.equal(loops[0].trace_id, trace.id);
        const { nodes } = await graph({ trace_id: trace.id });
        assert.deepEqual(nodes.find(({ name }) => name === 'search').loops, { same_call: 1 });
        const { agents } = await api.get('/api/v1/agents', { from: '-1h', agent: 'circler' });
        assert.deepEqual([agents[0].loops, agents[0].loop_runs, agents[0].loop_cost], [1, 1, loops[0].cost]);
    });

    test('twice is no loop, and other arguments are another call', async () => {
        const trace = new Trace('loops', Date.now() - 75e3);
        const run = agent(trace, null, 'careful', 0, 9000);
        for (let at = 0; at < 6; at += 1) tool(trace, run, 'read', at * 100, 50, { page: at % 3 });
        await told(trace);
        assert.deepEqual(await find('careful'), []);
    });

    test('failures in a row, until one succeeds', async () => {
        const trace = new Trace('loops', Date.now() - 70e3);
        const run = agent(trace, null, 'stubborn', 0, 9000);
        for (let at = 0; at < 4; at += 1) tool(trace, run, 'pay', at * 1000, 50, { at }, {}, { failed: 'declined' });
        tool(trace, run, 'pay', 4000, 50, { at: 4 });
        for (let at = 5; at < 7; at += 1) tool(trace, run, 'pay', at * 1000, 50, { at }, {}, { failed: 'declined' });
        await told(trace);
        assert.deepEqual((await find('stubborn')).map(({ kind, what, count }) => [kind, what, count]), [['error_retry', 'pay', 4]]);
    });

    test('a context that grows', async () => {
        const trace = new Trace('loops', Date.now() - 65e3);
        const run = agent(trace, null, 'hoarder', 0, 9000);
        for (let at = 0; at < 7; at += 1) trace.chat(run, at * 1000, 500, { input: 1000 * (at + 1), output: 10, messages: [['user', 'More']] });
        await told(trace);
        const [loop, ...rest] = await find('hoarder');
        assert.deepEqual(rest, []);
        assert.deepEqual([loop.kind, loop.count, loop.input_tokens_from, loop.input_tokens_to], ['context_growth', 7, 1000, 7000]);
    });

    test('two agents that send each other back and forth', async () => {
        const trace = new Trace('loops', Date.now() - 60e3);
        const root = trace.span(null, 'case', 0, 9000);
        for (let at = 0; at < 8; at += 1) agent(trace, root, at % 2 ? 'pong' : 'ping', at * 1000, 900);
        await told(trace);
        assert.deepEqual((await find('ping')).map(({ kind, count }) => [kind, count]), [['ping_pong', 4]]);
    });

    test('and the graph come with the numbers when they are included, as their own calls tell them', async () => {
        const range = { from: Date.now() - 3600e3, to: Date.now() + 60e3, f: 'service=loops', limit: 3 };
        const ask = (what, more) => api.get(`/api/v1/agents${what}`, { ...range, ...more });
        const [plain, both, loops, graph, one] = await Promise.all([ask(''), ask('', { include: 'graph, loops' }), ask('/loops'), ask('/graph'), ask('', { include: 'loops' })]);
        assert.equal(loops.loops.length, 3);
        assert.deepEqual(both, { ...plain, graph, loops });
        assert.deepEqual(one, { ...plain, loops });
    });

    test('all kinds are told, found or not, and limits are checked', async () => {
        const { kinds, runs, cost, complete } = await api.get('/api/v1/agents/loops', { from: '-1h', f: 'service=loops' });
        assert.deepEqual(kinds.map(({ kind, found }) => [kind, found]), [['same_call', 1], ['error_retry', 1], ['context_growth', 1], ['ping_pong', 1]]);
        assert.equal(runs, 4);
        assert.ok(cost > 0 && complete);
        await assert.rejects(api.get('/api/v1/agents', { include: 'graph,runs' }), /include: 'runs' is neither 'graph' nor 'loops'/);
        await assert.rejects(api.get('/api/v1/agents/loops', { limit: 0 }), /limit: expected a whole number from 1 to 500/);
        await assert.rejects(api.get('/api/v1/agents/runs', { sort: 'luck' }), /sort: expected start, duration, turns/);
        await assert.rejects(api.get('/api/v1/agents/graph', { trace_id: 'xyz' }), /trace_id: expected 32 hex digits/);
    });
});

test('a ring of parents and children that start before their parents end the walk', async () => {
    const trace = new Trace('odd', Date.now() - 50e3);
    const a = agent(trace, null, 'odd', 500, 1000);
    const b = tool(trace, a, 'early', 0, 100, {});
    const c = tool(trace, b, 'inner', 10, 10, {});
    trace.spans.find(({ spanId }) => spanId === a).parentSpanId = c;
    await told(trace);
    const { agents } = await api.get('/api/v1/agents', { from: '-1h', agent: 'odd' });
    assert.deepEqual([agents[0].runs, agents[0].tool_calls <= 2], [1, true]);
    await graph({ trace_id: trace.id });
});
