/* SPDX-License-Identifier: Apache-2.0 */
/* What came after what in this run, and what goes in circles: the agents' graph, of one trace. */
import { type AgentScope, useAgentGraph } from "../../api/agents";
import { later } from "../../app/later";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Failure, Skeleton } from "../../components/pieces";
import { plural } from "../../format/number";
import "../agents/agents.css";

/* The drawing library is large and only this needs it. */
const GraphView = later(() => import("../agents/graph-view"), <Skeleton height={420} />);

export function RunGraph({ traceId }: { traceId: string }) {
    const url = useUrl();
    const scope: AgentScope = { ...url, filters: [], live: false };
    const graph = useAgentGraph(scope, traceId);
    const { data } = graph;
    return (
        <div className="trace-graph graph-panel">
            <p className="row trace-graph-head">
                <span className="muted grow">{data ? `${plural(data.nodes.length, "step")} by name` : ""}</span>
                <Go className="plain" href={url.href("agents", { run: traceId })}>
                    With its loops, as a table
                </Go>
            </p>
            {graph.error && <Failure error={graph.error} retry={() => graph.refetch()} what="The graph" />}
            {!data && !graph.error && <Skeleton height={380} />}
            {data && !data.nodes.length && <p className="empty">This trace has no steps that could be drawn.</p>}
            {data && data.nodes.length > 0 && <GraphView graph={data} />}
        </div>
    );
}
