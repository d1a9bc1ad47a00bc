/* SPDX-License-Identifier: Apache-2.0 */
/* Agents: who runs, how well, at what price; what goes in circles; which tools fail. An agent leads to its page. */
import { useMemo } from "react";
import { type AgentUsage, useAgents } from "../../api/agents";
import { useProjects } from "../../api/queries";
import { useUrl } from "../../app/url";
import { condense } from "../../components/chart-data";
import { FilterBar } from "../../components/filter-bar";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton, Sparkline } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { Topbar } from "../../components/topbar";
import { count, duration, exact, money, moneyExact, percent, plural } from "../../format/number";
import { visible } from "../../format/text";
import { AGENT_FIELDS, usable } from "../../url/filters";
import { NothingHere } from "../setup/empty";
import { AgentPage, Graph } from "./agent";
import { Covered, share } from "./parts";
import { Loops } from "./loops";
import { Tools } from "./tools";
import "../models/calls.css";
import "./agents.css";

export default function AgentsScreen() {
    const { agent, run } = useUrl().search;
    if (agent !== undefined) return <AgentPage key={agent} agent={agent} />;
    return run === undefined ? <AgentList /> : <RunPage run={run} />;
}

/** One trace as a graph, whoever ran it; the trace screen leads here. */
function RunPage({ run }: { run: string }) {
    const url = useUrl();
    const scope = { ...url, filters: [] };
    return (
        <>
            <Topbar title="One trace as a graph">
                <Go className="button small bare" href={url.trace(run)}>
                    <Icon name="left" small /> Back to the trace
                </Go>
            </Topbar>
            <div className="scroll">
                <div className="overview agents">
                    <Graph scope={scope} />
                    <Loops scope={scope} trace={run} />
                </div>
            </div>
        </>
    );
}

function AgentList() {
    const url = useUrl();
    const filters = useMemo(() => usable(url.filters, AGENT_FIELDS), [url.filters]);
    const scope = { ...url, filters };
    const agents = useAgents(scope);
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const data = agents.data;
    return (
        <>
            <Topbar title="Agents">{project?.demo && <span className="tag accent">demo data, not yours</span>}</Topbar>
            {project && project.first_span === null ? (
                <NothingHere project={project} />
            ) : (
                <div className="scroll">
                    <div className={`overview agents ${agents.isPlaceholderData ? "stale" : ""}`}>
                        <FilterBar fields={AGENT_FIELDS} placeholder="Filter the runs by agent, service, environment, user, session or release" />
                        {agents.error && <Failure error={agents.error} retry={() => agents.refetch()} what="The agents" />}
                        {!data && !agents.error && <Skeleton height={220} />}
                        {data && !data.agents.length && project && (filters.length ? <NothingHere project={project} what="agent runs" /> : <NoAgents />)}
                        {data && data.agents.length > 0 && (
                            <>
                                <section className="panel table-panel" aria-label="Agents">
                                    <header className="row">
                                        <h2>Agents</h2>
                                        <Covered covered={data.covered} of={data.runs} what="turns, tools, tokens and cost" />
                                    </header>
                                    <AgentTable agents={data.agents} />
                                </section>
                                <Loops scope={scope} />
                                <Tools tools={data.tools} />
                            </>
                        )}
                    </div>
                </div>
            )}
        </>
    );
}

function NoAgents() {
    const url = useUrl();
    return (
        <div className="empty">
            <h2>No agent ran in this time range</h2>
            <p>
                A run is a span whose operation is <code>invoke_agent</code> (agent frameworks send it by themselves), or any request in which a model called tools. Your own agent needs one span around its loop, with{" "}
                <code>gen_ai.operation.name = invoke_agent</code> and <code>gen_ai.agent.name</code>.
            </p>
            <Go className="button primary" href={url.href("setup")}>
                Connect an application
            </Go>
        </div>
    );
}

function AgentTable({ agents }: { agents: AgentUsage[] }) {
    const most = Math.max(1, ...agents.map((each) => each.cost));
    return (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Agents table">
            <StackedTable className="agents-table">
                <thead>
                    <tr>
                        <th scope="col">Agent</th>
                        <th scope="col" className="n">Runs</th>
                        <th scope="col" className="roomy">Over time</th>
                        <th scope="col" className="n">Failed</th>
                        <th scope="col" className="n">Time p50</th>
                        <th scope="col" className="n">p95</th>
                        <th scope="col" className="n">Turns p50</th>
                        <th scope="col" className="n roomy">p95</th>
                        <th scope="col" className="n">Tool calls</th>
                        <th scope="col" className="n">Failed</th>
                        <th scope="col" className="n">Tokens a run</th>
                        <th scope="col" className="n">Cost</th>
                        <th scope="col" className="n">A run</th>
                        <th scope="col" className="n">In circles</th>
                        <th scope="col">Last run</th>
                    </tr>
                </thead>
                <tbody>
                    {agents.map((each) => (
                        <Row key={each.agent} each={each} most={most} />
                    ))}
                </tbody>
            </StackedTable>
        </div>
    );
}

function Row({ each, most }: { each: AgentUsage; most: number }) {
    const url = useUrl();
    const href = url.agentPage(each.agent ?? "");
    return (
        <tr>
            <th scope="row">
                <Go className="num" href={href} title="Open this agent">
                    {visible(each.agent ?? "(no name)")}
                </Go>
            </th>
            <td className="n" title={`${plural(each.runs, "run")} in ${plural(each.sessions, "session")}`}>{count(each.runs)}</td>
            <td className="roomy">
                <Sparkline values={condense(each.run_values, 48)} color="var(--accent-fill)" width={96} height={20} />
            </td>
            <td className={`n ${each.errors ? "bad" : "muted"}`} title={`${exact(each.errors)} failed`}>{each.errors ? percent(each.errors / each.runs) : "0"}</td>
            <td className="n">{duration(each.duration_p50)}</td>
            <td className="n">{duration(each.duration_p95)}</td>
            <td className="n">{count(each.turns_p50)}</td>
            <td className="n roomy">{count(each.turns_p95)}</td>
            <td className="n spare" title={exact(each.tool_calls)}>{count(each.tool_calls)}</td>
            <td className={`n spare ${each.tool_errors ? "bad" : "muted"}`} title={`${exact(each.tool_errors)} failed tool calls`}>{each.tool_errors ? percent(each.tool_errors / each.tool_calls) : "0"}</td>
            <td className="n">{count(share(each.total_tokens, each.covered))}</td>
            <td className="n">
                <span className="share" style={{ "--share": each.cost / most } as React.CSSProperties} title={moneyExact(each.cost)}>{money(each.cost)}</span>
            </td>
            <td className="n">{money(share(each.cost, each.covered))}</td>
            <td className="n">{each.loop_runs ? <span className="tag warn" title={`${plural(each.loops, "loop")}, ${moneyExact(each.loop_cost)}`}>{plural(each.loop_runs, "run")}</span> : <span className="muted">0</span>}</td>
            <td className="muted spare">{each.last && <Moment ns={each.last} relative />}</td>
        </tr>
    );
}
