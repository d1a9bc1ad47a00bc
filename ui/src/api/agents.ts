/* SPDX-License-Identifier: Apache-2.0 */
/* Agents: the shapes of /agents and what is under it, and one hook a question. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getJson } from "./client";
import type { Scope } from "./queries";
import type { Ns, Values } from "./types";

export interface AgentUsage {
    agent: string | null;
    runs: number;
    errors: number;
    sessions: number;
    covered: number;
    llm_calls: number;
    tool_calls: number;
    tool_errors: number;
    input_tokens: number;
    output_tokens: number;
    total_tokens: number;
    cost: number;
    loops: number;
    loop_runs: number;
    loop_cost: number;
    duration_p50: number | null;
    duration_p95: number | null;
    turns_p50: number | null;
    turns_p95: number | null;
    last: Ns | null;
    run_values: Values;
    error_values: Values;
}

export interface AgentTool {
    tool: string | null;
    agent: string | null;
    calls: number;
    errors: number;
    duration_p50: number | null;
    duration_p95: number | null;
    errors_by_kind: Record<string, number>;
}

export interface Agents {
    from: Ns;
    to: Ns;
    step: Ns;
    times: Ns[];
    agents: AgentUsage[];
    tools: AgentTool[];
    covered: number;
    runs: number;
    /** What was included. */
    graph?: AgentGraph;
    loops?: AgentLoops;
}

interface AgentRun {
    trace_id: string;
    span_id: string;
    agent: string | null;
    start: Ns;
    duration: number;
    status: "ok" | "error";
    error_kind: string | null;
    turns: number;
    tool_calls: number;
    tool_errors: number;
    total_tokens: number;
    cost: number;
    loops: number;
    input: string | null;
    output: string | null;
}

export interface AgentLoop {
    kind: string;
    agent: string | null;
    what: string | null;
    what_kind: string;
    trace_id: string;
    run_span_id: string;
    first_span_id: string;
    last_span_id: string;
    start: Ns;
    count: number;
    cost: number;
    total_tokens: number;
    duration: number;
    input_tokens_from?: number;
    input_tokens_to?: number;
}

interface AgentLoops {
    loops: AgentLoop[];
    kinds: { kind: string; title: string; help: string; found: number; cost: number }[];
    runs: number;
    cost: number;
    covered: number;
    complete: boolean;
}

export interface GraphNode {
    kind: string;
    name: string | null;
    agent: string | null;
    inside: number;
    count: number;
    traces: number;
    errors: number;
    total_tokens: number;
    cost: number;
    duration_p50: number | null;
    duration_p95: number | null;
    trace_id: string | null;
    span_id: string | null;
    loops: Record<string, number>;
}

export interface GraphEdge {
    from: number;
    to: number;
    count: number;
    traces: number;
    errors: number;
    back: boolean;
    duration_p50: number | null;
    duration_p95: number | null;
    wait: number;
    basis: Record<string, number>;
}

export interface AgentGraph {
    nodes: GraphNode[];
    edges: GraphEdge[];
    traces: number;
    runs: number;
    complete: boolean;
    more: boolean;
}

export interface AgentScope extends Scope {
    agent?: string;
}

function common({ project, range, filters, agent }: AgentScope) {
    return { project, from: range.from, to: range.to, f: filters, agent };
}

type More = Record<string, string | number | undefined>;

function useOf<T, Part = T>(path: string, scope: AgentScope, more: More, enabled = true, select?: (whole: T) => Part) {
    const query = { ...common(scope), ...more };
    return useQuery({
        queryKey: [path, query],
        queryFn: ({ signal }) => getJson<T>(`/api/v1/${path}`, query, signal),
        refetchInterval: scope.live,
        placeholderData: keepPreviousData,
        enabled,
        select,
    });
}

const LOOPS_MOST = 200;

/* Numbers, graph and loops of one scope are one question: the server reads the runs once for all of them. The list has no graph. */
const usePart = <Part>(scope: AgentScope, enabled: boolean, select?: (whole: Agents) => Part) =>
    useOf<Agents, Part>("agents", scope, { include: scope.agent === undefined ? "loops" : "graph,loops", limit: LOOPS_MOST }, enabled, select);

const loopsOf = ({ loops }: Agents) => loops;
const graphOf = ({ graph }: Agents) => graph;

export const useAgents = (scope: AgentScope) => usePart<Agents>(scope, true);
export const useAgentRuns = (scope: AgentScope, sort: string, enabled: boolean) =>
    useOf<{ runs: AgentRun[]; covered: number; complete: boolean }>("agents/runs", scope, { sort, limit: 50 }, enabled);

/** Of the scope, or of one trace. */
export function useAgentLoops(scope: AgentScope, traceId: string | undefined) {
    const many = usePart(scope, traceId === undefined, loopsOf);
    const one = useOf<AgentLoops>("agents/loops", scope, { limit: LOOPS_MOST, trace_id: traceId }, traceId !== undefined);
    return traceId === undefined ? many : one;
}

/** Of the scope, or of one trace, whoever ran it. */
export function useAgentGraph(scope: AgentScope, traceId: string | undefined) {
    const many = usePart(scope, traceId === undefined, graphOf);
    const one = useOf<AgentGraph>("agents/graph", { ...scope, agent: undefined, filters: [] }, { trace_id: traceId }, traceId !== undefined);
    return traceId === undefined ? many : one;
}
