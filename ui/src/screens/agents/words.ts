/* SPDX-License-Identifier: Apache-2.0 */
/* What the graph's parts are called, for the drawing and the table alike. */
import type { AgentGraph, GraphEdge, GraphNode } from "../../api/agents";
import { exact } from "../../format/number";
import { visible } from "../../format/text";

const BASES: Record<string, string> = {
    link: "a span link",
    tool_call: "the id of a tool call",
    graph: "the framework’s graph",
    handoff: "a handoff",
    parent: "the first step inside",
    time: "order in time",
};

export function nodeName(node: GraphNode): string {
    return visible(node.name ?? "(no name)");
}

/** "44 by the id of a tool call, 245 by order in time" */
export function basisWords(edge: GraphEdge): string {
    return Object.entries(edge.basis)
        .sort((a, b) => b[1] - a[1])
        .map(([basis, n]) => `${exact(n)} by ${BASES[basis] ?? basis}`)
        .join(", ");
}

/** Nothing but the order in time speaks for it. */
export function isGuess(edge: GraphEdge): boolean {
    return Object.keys(edge.basis).every((basis) => basis === "time");
}

export function loopsOf(node: GraphNode): number {
    return Object.values(node.loops).reduce((sum, n) => sum + n, 0);
}

export function edgeTitle(graph: AgentGraph, edge: GraphEdge): string {
    return `${nodeName(graph.nodes[edge.from])} → ${nodeName(graph.nodes[edge.to])}`;
}
