/* SPDX-License-Identifier: Apache-2.0 */
/* Where the nodes stand: layered from left to right, or from top to bottom where the window is narrow. */
import dagre from "@dagrejs/dagre";
import type { AgentGraph } from "../../api/agents";

export const NODE = { width: 208, height: 62 };

export interface Place {
    x: number;
    y: number;
}

/** Ways back do not pull their target to the right; they are drawn around. */
export function layOut(graph: AgentGraph, narrow: boolean): Place[] {
    const made = new dagre.graphlib.Graph();
    made.setGraph({ rankdir: narrow ? "TB" : "LR", nodesep: narrow ? 26 : 30, ranksep: narrow ? 54 : 120, marginx: 12, marginy: 12 });
    made.setDefaultEdgeLabel(() => ({}));
    graph.nodes.forEach((_, at) => made.setNode(String(at), { ...NODE }));
    for (const edge of graph.edges) if (!edge.back) made.setEdge(String(edge.from), String(edge.to), { weight: Math.max(1, Math.round(Math.log2(edge.count + 1))) });
    dagre.layout(made);
    return graph.nodes.map((_, at) => {
        const { x, y } = made.node(String(at));
        return { x: x - NODE.width / 2, y: y - NODE.height / 2 };
    });
}
