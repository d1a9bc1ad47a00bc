/* SPDX-License-Identifier: Apache-2.0 */
/* One agent: its numbers, its graph (of all runs or of one), its tools, loops and runs. */
import { useEffect, useMemo } from "react";
import { type AgentScope, type AgentUsage, useAgentGraph, useAgents } from "../../api/agents";
import { useProjects } from "../../api/queries";
import { later } from "../../app/later";
import { useUrl } from "../../app/url";
import { condense } from "../../components/chart-data";
import { FilterBar } from "../../components/filter-bar";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Skeleton, Sparkline } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { count, duration, exact, money, percent, plural } from "../../format/number";
import { visible } from "../../format/text";
import { AGENT_FIELDS, usable } from "../../url/filters";
import { NothingHere } from "../setup/empty";
import { GraphTable } from "./graph-table";
import { Covered, share } from "./parts";
import { Loops } from "./loops";
import { Runs } from "./runs";
import { Tools } from "./tools";

/* The drawing library is large and only this needs it. */
const loadGraphView = () => import("./graph-view");
/* As tall as the drawing: what is below must not come into sight, and be asked for, while it is awaited. */
const AWAITED = "var(--graph-height)";
const GraphView = later(loadGraphView, <Skeleton height={AWAITED} />);

export function AgentPage({ agent }: { agent: string }) {
    const url = useUrl();
    const filters = useMemo(() => usable(url.filters, AGENT_FIELDS), [url.filters]);
    const scope: AgentScope = { ...url, filters, agent };
    const agents = useAgents(scope);
    useAgentGraph(scope, url.search.run); /* of one run: beside the numbers, not after them */
    const drawn = url.search.view !== "table";
    useEffect(() => {
        if (drawn) loadGraphView().catch(() => undefined); /* beside the questions; drawing asks again and tells */
    }, [drawn]);
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const own = agents.data?.agents.find((each) => each.agent === agent);
    return (
        <>
            <Topbar title={visible(agent)}>
                <Go className="button small bare" href={url.href("agents", { f: url.search.f })}>
                    <Icon name="left" small /> All agents
                </Go>
                {project?.demo && <span className="tag accent">demo data, not yours</span>}
            </Topbar>
            <div className="scroll">
                <div className={`overview agents ${agents.isPlaceholderData ? "stale" : ""}`}>
                    <FilterBar fields={AGENT_FIELDS} placeholder="Filter the runs by service, environment, user, session or release" />
                    {agents.error && <Failure error={agents.error} retry={() => agents.refetch()} what="The agent" />}
                    {!agents.data && !agents.error && <Skeleton height={120} />}
                    {agents.data && !own && project && <NothingHere project={project} what={`runs of ${visible(agent)}`} />}
                    {own && agents.data && (
                        <>
                            <Numbers each={own} />
                            <Graph scope={scope} />
                            <Loops scope={scope} />
                            <Runs scope={scope} />
                            <Tools tools={agents.data.tools.filter((each) => each.agent === agent)} own />
                            <Covered covered={own.covered} of={own.runs} what="What happened inside is counted" />
                        </>
                    )}
                </div>
            </div>
        </>
    );
}

function Numbers({ each }: { each: AgentUsage }) {
    const numbers: [string, string, string, string?][] = [
        ["Runs", count(each.runs), plural(each.sessions, "session")],
        ["Failed", each.errors ? percent(each.errors / each.runs) : "0", plural(each.errors, "run"), each.errors ? "bad" : ""],
        ["Time, p50", duration(each.duration_p50), `p95 ${duration(each.duration_p95)}`],
        ["Turns, p50", count(each.turns_p50), `p95 ${count(each.turns_p95)}`],
        ["Tool calls a run", count(share(each.tool_calls, each.covered)), each.tool_errors ? `${percent(each.tool_errors / each.tool_calls)} failed` : "none failed"],
        ["Tokens a run", count(share(each.total_tokens, each.covered)), `${percent(share(each.output_tokens, each.total_tokens))} output`],
        ["Cost a run", money(share(each.cost, each.covered)), `${money(each.cost)} together`],
        ["In circles", exact(each.loop_runs), each.loop_runs ? `${money(each.loop_cost)} lost` : "no run", each.loop_runs ? "warn" : ""],
    ];
    return (
        <section className="panel agent-numbers" aria-label="Numbers of this agent">
            <dl>
                {numbers.map(([label, value, under, tone]) => (
                    <div key={label}>
                        <dt>{label}</dt>
                        <dd className={tone}>{value}</dd>
                        <dd className="muted">{under}</dd>
                    </div>
                ))}
            </dl>
            <div className="agent-spark" title="Runs over time">
                <Sparkline values={condense(each.run_values, 96)} color="var(--accent-fill)" width={150} height={40} />
            </div>
        </section>
    );
}

export function Graph({ scope }: { scope: AgentScope }) {
    const url = useUrl();
    const run = url.search.run;
    const table = url.search.view === "table";
    const graph = useAgentGraph(scope, run);
    const data = graph.data;
    return (
        <section className="panel graph-panel" aria-label="Graph">
            <header className="row">
                <h2>{run ? "One run" : "How it runs"}</h2>
                {data && (
                    <span className="muted">
                        {run ? `${plural(data.nodes.length, "step")} by name` : `${plural(data.traces, "trace")} laid over each other${data.complete ? "" : ", the newest"}`}
                        {data.more ? ", the most frequent steps" : ""}
                    </span>
                )}
                <span className="grow" />
                {run && (
                    <>
                        <Go className="button small" href={url.trace(run)}>
                            Open the trace
                        </Go>
                        {scope.agent !== undefined && (
                            <button type="button" className="button small" onClick={() => url.set({ run: undefined })}>
                                <Icon name="left" small /> All runs
                            </button>
                        )}
                    </>
                )}
                <button type="button" className="button small" aria-pressed={table} onClick={() => url.set({ view: table ? undefined : "table" }, { replace: true })}>
                    Table
                </button>
            </header>
            {graph.error && <Failure error={graph.error} retry={() => graph.refetch()} what="The graph" />}
            {!data && !graph.error && <Skeleton height={AWAITED} />}
            {data && !data.nodes.length && <p className="muted table-note">This run has no steps that could be drawn.</p>}
            {data && data.nodes.length > 0 && (
                table ? <GraphTable graph={data} /> : <GraphView graph={data} />
            )}
        </section>
    );
}
