/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drawing: nodes by name, ways between them as thick as they are frequent. A full line is known, a
 * dotted one is only the order in time; ways back run below. Choosing a node or a way tells all of it.
 */
import { Background, BaseEdge, Controls, type Edge, type EdgeProps, getBezierPath, Handle, MarkerType, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import "./agents.css";
import { memo, useMemo, useState } from "react";
import type { AgentGraph, GraphEdge, GraphNode } from "../../api/agents";
import { useDark } from "../../app/prefs";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon, kindIcon } from "../../components/icon";
import { count, duration, exact, money, percent, plural } from "../../format/number";
import { basisWords, edgeTitle, isGuess, loopsOf, nodeName } from "./words";
import { type Layout, layOut, NODE } from "./layout";

type StepNode = Node<{ step: GraphNode; narrow: boolean }, "step">;
type WayEdge = Edge<{ way: GraphEdge; most: number; rank: number }, "way">;

const Step = memo(function Step({ data: { step, narrow }, selected }: NodeProps<StepNode>) {
    const loops = loopsOf(step);
    return (
        <div className={`graph-node k-${step.kind === "node" ? "chain" : step.kind} ${selected ? "chosen" : ""} ${loops ? "circling" : ""}`} style={NODE}>
            <Handle type="target" id="in" position={narrow ? Position.Top : Position.Left} isConnectable={false} />
            <Handle type="source" id="out" position={narrow ? Position.Bottom : Position.Right} isConnectable={false} />
            <Handle type="source" id="back-out" position={narrow ? Position.Right : Position.Bottom} isConnectable={false} />
            <Handle type="target" id="back-in" position={narrow ? Position.Right : Position.Bottom} isConnectable={false} />
            <div className="graph-node-name">
                <Icon name={kindIcon(step.kind === "node" ? "chain" : step.kind)} className="kind" small />
                <b className="cut">{nodeName(step)}</b>
                {loops > 0 && (
                    <span className="tag warn" title={`${plural(loops, "loop")} end here`}>
                        <Icon name="loop" small />
                        {exact(loops)}
                    </span>
                )}
            </div>
            <div className="graph-node-numbers">
                <span>×{count(step.count)}</span>
                <span>{duration(step.duration_p50)}</span>
                {step.errors > 0 && <span className="bad">{percent(step.errors / step.count)} failed</span>}
                {!step.errors && step.cost > 0 && <span>{money(step.cost)}</span>}
            </div>
        </div>
    );
});

/* Near where a way leads, because ways that leave one step together would write over each other; those that lead there together are stacked. */
function labelPlace({ sourceX, sourceY, targetX, targetY, targetPosition, data }: EdgeProps<WayEdge>): [number, number] {
    const rank = data?.rank ?? 0;
    if (targetPosition !== Position.Top) return [targetX - 48, targetY - 16 * rank];
    const y = targetY - 22 - 16 * rank;
    /* How far along the way that height is; a smooth step is close enough to the curve. */
    const along = Math.max(0, Math.min(1, (y - sourceY) / (targetY - sourceY)));
    return [sourceX + (targetX - sourceX) * along * along * (3 - 2 * along), y];
}

/* Below and around for ways back, a small bow above for a step that follows itself. */
function pathOf(props: EdgeProps<WayEdge>, back: boolean): [string, number, number] {
    const { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, source, target } = props;
    if (source === target) {
        const y = sourceY - NODE.height / 2;
        const x = sourceX - NODE.width / 2;
        return [`M${x + 26} ${y} C${x + 40} ${y - 44} ${x - 40} ${y - 44} ${x - 26} ${y}`, x, y - 36];
    }
    if (!back) {
        const [path] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
        return [path, ...labelPlace(props)];
    }
    if (sourcePosition === Position.Right) {
        const far = Math.max(sourceX, targetX) + 34 + Math.abs(targetY - sourceY) * 0.12;
        return [`M${sourceX} ${sourceY} C${far} ${sourceY} ${far} ${targetY} ${targetX} ${targetY}`, far - 10, (sourceY + targetY) / 2];
    }
    const low = Math.max(sourceY, targetY) + 34 + Math.abs(targetX - sourceX) * 0.1;
    return [`M${sourceX} ${sourceY} C${sourceX} ${low} ${targetX} ${low} ${targetX} ${targetY}`, (sourceX + targetX) / 2, low - 9];
}

function Way(props: EdgeProps<WayEdge>) {
    const { data, selected, markerEnd, source, target } = props;
    if (!data) return null;
    const { way, most } = data;
    const [path, x, y] = pathOf(props, way.back);
    const width = 1.2 + 3.6 * Math.sqrt(way.count / most);
    const tone = selected ? "var(--accent)" : way.errors * 5 > way.count ? "var(--error-fill)" : way.back ? "var(--amber-fill)" : "var(--slate-fill)";
    return (
        <BaseEdge
            path={path}
            markerEnd={markerEnd}
            interactionWidth={18}
            style={{ stroke: tone, strokeWidth: width, strokeDasharray: isGuess(way) ? "1 5" : undefined, strokeLinecap: "round", opacity: selected ? 1 : 0.85 }}
            label={way.back && !selected && source !== target ? undefined : `×${count(way.count)} · ${duration(way.duration_p50)}`}
            labelX={x}
            labelY={y}
            labelStyle={{ fill: "var(--text-2)", fontSize: 10 }}
            labelBgStyle={{ fill: "var(--surface)", fillOpacity: 0.9 }}
            labelBgPadding={[4, 2]}
            labelBgBorderRadius={4}
        />
    );
}

const nodeTypes = { step: Step };
const edgeTypes = { way: Way };

function elements(graph: AgentGraph, { places, down: narrow }: Layout, chosen: string | null): { nodes: StepNode[]; edges: WayEdge[] } {
    const most = Math.max(1, ...graph.edges.map((each) => each.count));
    /* How many ways from nearer steps lead to the same one. */
    const far = ({ from, to }: GraphEdge) => Math.abs(narrow ? places[to].y - places[from].y : places[to].x - places[from].x);
    const rankOf = (way: GraphEdge) => graph.edges.filter((each) => !each.back && each.to === way.to && (far(each) < far(way) || (far(each) === far(way) && each.from < way.from))).length;
    return {
        nodes: graph.nodes.map((step, at) => ({
            id: String(at),
            type: "step",
            position: places[at],
            data: { step, narrow },
            width: NODE.width,
            height: NODE.height,
            selected: chosen === `n${at}`,
            draggable: false,
            connectable: false,
            ariaLabel: `${step.kind} ${nodeName(step)}, ${plural(step.count, "time")}, ${duration(step.duration_p50)}, ${exact(step.errors)} failed`,
        })),
        edges: graph.edges.map((way) => ({
            id: `${way.from}-${way.to}`,
            type: "way",
            source: String(way.from),
            target: String(way.to),
            sourceHandle: way.back && way.from !== way.to ? "back-out" : "out",
            targetHandle: way.back && way.from !== way.to ? "back-in" : "in",
            data: { way, most, rank: rankOf(way) },
            selected: chosen === `e${way.from}-${way.to}`,
            markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, markerUnits: "userSpaceOnUse", color: "var(--text-3)" },
            ariaLabel: `${edgeTitle(graph, way)}, ${plural(way.count, "time")}`,
        })),
    };
}

export default function GraphView({ graph }: { graph: AgentGraph }) {
    const dark = useDark();
    const [chosen, setChosen] = useState<string | null>(null);
    const layout = useMemo(() => layOut(graph, { width: window.innerWidth < 1000 ? window.innerWidth - 60 : window.innerWidth - 500, height: Math.min(620, Math.max(420, window.innerHeight * 0.62)) }), [graph]);
    const { nodes, edges } = useMemo(() => elements(graph, layout, chosen), [graph, layout, chosen]);
    const node = chosen?.startsWith("n") ? graph.nodes[Number(chosen.slice(1))] : undefined;
    const edge = chosen?.startsWith("e") ? graph.edges.find((each) => `e${each.from}-${each.to}` === chosen) : undefined;
    return (
        <div className="graph-body">
            <div className="graph-canvas">
                <ReactFlow
                    key={`${graph.nodes.length}/${graph.edges.length}/${graph.traces}`}
                    nodes={nodes}
                    edges={edges}
                    nodeTypes={nodeTypes}
                    edgeTypes={edgeTypes}
                    colorMode={dark ? "dark" : "light"}
                    fitView
                    fitViewOptions={{ padding: layout.down ? { x: "24px", y: "24px", right: "72px" } : { x: "24px", y: "24px", bottom: "72px" }, maxZoom: 1.1 }}
                    minZoom={0.2}
                    maxZoom={2}
                    zoomOnScroll={false}
                    panOnScroll={false}
                    preventScrolling={false}
                    nodesDraggable={false}
                    nodesConnectable={false}
                    edgesReconnectable={false}
                    deleteKeyCode={null}
                    proOptions={{ hideAttribution: false }}
                    onNodesChange={(changes) => {
                        for (const change of changes) if (change.type === "select") setChosen(change.selected ? `n${change.id}` : null);
                    }}
                    onEdgesChange={(changes) => {
                        for (const change of changes) if (change.type === "select") setChosen(change.selected ? `e${change.id}` : null);
                    }}
                    onPaneClick={() => setChosen(null)}
                >
                    <Background gap={20} size={1} />
                    <Controls showInteractive={false} />
                </ReactFlow>
            </div>
            <aside className="graph-side" aria-label="What is chosen" aria-live="polite">
                {node ? <NodeFacts graph={graph} node={node} /> : edge ? <EdgeFacts graph={graph} edge={edge} /> : <Legend graph={graph} />}
            </aside>
        </div>
    );
}

function Legend({ graph }: { graph: AgentGraph }) {
    const kinds = [...new Set(graph.nodes.map((each) => each.kind))];
    const known = graph.edges.reduce((sum, each) => sum + each.count - (each.basis.time ?? 0), 0);
    const all = graph.edges.reduce((sum, each) => sum + each.count, 0);
    return (
        <>
            <h3>How to read it</h3>
            <ul className="graph-legend">
                <li><svg width="34" height="8" aria-hidden="true"><path d="M1 4h32" className="way-known" /></svg> known: a link, a call’s id, the graph, a handoff, a parent</li>
                <li><svg width="34" height="8" aria-hidden="true"><path d="M1 4h32" className="way-guess" /></svg> only the order in time</li>
                <li><svg width="34" height="8" aria-hidden="true"><path d="M1 4h32" className="way-back" /></svg> back to where the run has been</li>
                <li><svg width="34" height="8" aria-hidden="true"><path d="M1 4h32" className="way-failed" /></svg> more than a fifth failed there</li>
                {kinds.map((kind) => (
                    <li key={kind} className={`k-${kind === "node" ? "chain" : kind}`}>
                        <Icon name={kindIcon(kind === "node" ? "chain" : kind)} className="kind" small /> {kind === "llm" ? "model" : kind}
                    </li>
                ))}
            </ul>
            <p className="muted">{all ? `${percent(known / all)} of ${plural(all, "passage")} are known for certain.` : "Nothing followed anything."} Choose a step or a way to see its numbers.</p>
        </>
    );
}

function NodeFacts({ graph, node }: { graph: AgentGraph; node: GraphNode }) {
    const url = useUrl();
    const field = node.kind === "llm" || node.kind === "embedding" || node.kind === "reranker" ? "model" : node.kind === "tool" ? "tool" : node.kind === "agent" ? "agent" : node.kind === "node" ? "graph_node" : "name";
    return (
        <>
            <h3 className="cut">{nodeName(node)}</h3>
            <dl className="graph-facts">
                <dt>Kind</dt><dd>{node.kind === "llm" ? "model" : node.kind}</dd>
                {node.inside >= 0 && <><dt>Inside</dt><dd>{nodeName(graph.nodes[node.inside])}</dd></>}
                <dt>Times</dt><dd>{exact(node.count)} in {plural(node.traces, "trace")}</dd>
                <dt>Failed</dt><dd className={node.errors ? "bad" : ""}>{exact(node.errors)}</dd>
                <dt>Took</dt><dd>p50 {duration(node.duration_p50)}, p95 {duration(node.duration_p95)}</dd>
                {node.total_tokens > 0 && <><dt>Tokens</dt><dd>{exact(node.total_tokens)}</dd></>}
                {node.cost > 0 && <><dt>Cost</dt><dd>{money(node.cost)}</dd></>}
                {Object.entries(node.loops).map(([kind, n]) => (
                    <div key={kind} className="warn"><dt>In circles</dt><dd>{exact(n)} × {kind.replace("_", " ")}</dd></div>
                ))}
            </dl>
            <div className="graph-links">
                {node.trace_id && <Go className="button small" href={url.trace(node.trace_id, { span: node.span_id ?? undefined })}>{node.errors ? "Open one that failed" : "Open one of them"}</Go>}
                <Go className="button small" href={url.traces([`${field}=${node.name ?? ""}`])}>All traces with it</Go>
            </div>
        </>
    );
}

function EdgeFacts({ graph, edge }: { graph: AgentGraph; edge: GraphEdge }) {
    return (
        <>
            <h3>{edgeTitle(graph, edge)}</h3>
            <dl className="graph-facts">
                <dt>Times</dt><dd>{exact(edge.count)} in {plural(edge.traces, "trace")}</dd>
                <dt>Known by</dt><dd>{basisWords(edge)}</dd>
                <dt>Then took</dt><dd>p50 {duration(edge.duration_p50)}, p95 {duration(edge.duration_p95)}</dd>
                <dt>Between</dt><dd>{duration(edge.wait)} on average</dd>
                <dt>Then failed</dt><dd className={edge.errors ? "bad" : ""}>{exact(edge.errors)}</dd>
                {edge.back && <><dt>Direction</dt><dd>back to where the run has been</dd></>}
            </dl>
        </>
    );
}
