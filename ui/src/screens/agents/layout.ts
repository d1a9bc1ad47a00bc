/* SPDX-License-Identifier: Apache-2.0 */
/* Where the nodes stand: in layers, from left to right or from top to bottom, whichever can be drawn larger. */
import dagre from "@dagrejs/dagre";
import type { AgentGraph } from "../../api/agents";

export const NODE = { width: 208, height: 62 };

export interface Layout {
    places: { x: number; y: number }[];
    /** From top to bottom. */
    down: boolean;
    width: number;
    height: number;
}

/** Ways back do not pull their target forward; they are drawn around. */
function layered(graph: AgentGraph, down: boolean): Layout {
    const made = new dagre.graphlib.Graph();
    made.setGraph({ rankdir: down ? "TB" : "LR", nodesep: 26, ranksep: down ? 56 : 112, marginx: 12, marginy: 12 });
    made.setDefaultEdgeLabel(() => ({}));
    graph.nodes.forEach((_, at) => made.setNode(String(at), { ...NODE }));
    for (const edge of graph.edges) if (!edge.back && edge.from !== edge.to) made.setEdge(String(edge.from), String(edge.to), { weight: Math.max(1, Math.round(Math.log2(edge.count + 1))) });
    dagre.layout(made);
    const { width = 0, height = 0 } = made.graph();
    const places = graph.nodes.map((_, at) => {
        const { x, y } = made.node(String(at));
        return { x: x - NODE.width / 2, y: y - NODE.height / 2 };
    });
    return { places, down, width, height };
}

/** How large it can be drawn in a canvas of that size; room is left for ways back. */
function scale({ width, height }: Layout, room: { width: number; height: number }): number {
    return Math.min(1.1, room.width / (width + 90), room.height / (height + 90));
}

export function layOut(graph: AgentGraph, room: { width: number; height: number }): Layout {
    const across = layered(graph, false);
    const down = layered(graph, true);
    return scale(down, room) > scale(across, room) * 1.15 ? down : across;
}
