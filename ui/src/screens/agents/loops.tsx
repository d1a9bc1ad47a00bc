/* SPDX-License-Identifier: Apache-2.0 */
/* What went in circles, dearest first, with what it cost; a row opens the trace at the first repetition. */
import { useState } from "react";
import { type AgentLoop, type AgentScope, useAgentLoops } from "../../api/agents";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { count, duration, exact, money, moneyExact, plural } from "../../format/number";
import { visible } from "../../format/text";

/** What happened, in a sentence. */
function told(loop: AgentLoop): string {
    const what = visible(loop.what ?? "?");
    if (loop.kind === "same_call") return `called ${what} ${exact(loop.count)} times with the same arguments`;
    if (loop.kind === "error_retry") return `${what} failed ${exact(loop.count)} times in a row`;
    if (loop.kind === "context_growth") return `prompts grew from ${count(loop.input_tokens_from)} to ${count(loop.input_tokens_to)} tokens over ${exact(loop.count)} calls`;
    if (loop.kind === "ping_pong") return `and ${what} handed over to each other ${exact(loop.count)} times`;
    return `${visible(loop.kind)}: ${what}, ${exact(loop.count)} times`;
}

const FEW = 8;

export function Loops({ scope, trace }: { scope: AgentScope; trace?: string }) {
    const url = useUrl();
    const loops = useAgentLoops(scope, trace);
    const [all, setAll] = useState(false);
    const data = loops.data;
    const only = url.search.metric;
    const found = data?.loops.filter((each) => !only || each.kind === only) ?? [];
    const shown = all ? found : found.slice(0, FEW);
    return (
        <section className="panel loops" aria-label="Loops">
            <header className="row">
                <h2>Going in circles</h2>
                {data && data.runs > 0 && (
                    <span className="muted" title={moneyExact(data.cost)}>
                        {plural(data.runs, "run")} of {exact(data.covered)}, {money(data.cost)} spent on what was done before
                    </span>
                )}
            </header>
            {loops.error && <Failure error={loops.error} retry={() => loops.refetch()} what="The loops" />}
            {!data && !loops.error && <Skeleton height={120} />}
            {data && (
                <div className="loop-kinds" role="group" aria-label="Kinds of loops">
                    {data.kinds.map((each) => (
                        <button
                            key={each.kind}
                            type="button"
                            className="loop-kind"
                            disabled={!each.found}
                            aria-pressed={only === each.kind}
                            title={each.help}
                            onClick={() => url.set({ metric: only === each.kind ? undefined : each.kind }, { replace: true })}
                        >
                            <b className={each.found ? "" : "muted"}>{exact(each.found)}</b>
                            <span>{each.title}</span>
                            <span className="muted">{each.found ? money(each.cost) : "none"}</span>
                        </button>
                    ))}
                </div>
            )}
            {data && !found.length && <p className="muted table-note">Nothing was done over and over {trace ? "in this trace" : "in this range"}. Looked for: {data.kinds.map((each) => each.help.toLowerCase()).join("; ")}.</p>}
            <ul>
                {shown.map((each) => (
                    <li key={`${each.kind}${each.first_span_id}${each.last_span_id}`}>
                        <Go href={url.trace(each.trace_id, { span: each.first_span_id })} title="Open the trace where it begins">
                            <Icon name="loop" className="warn" />
                            <span className="grow cut">
                                <b>{visible(each.agent ?? "?")}</b> {told(each)}
                            </span>
                            <span className="loop-number">{duration(each.duration)}</span>
                            <span className="loop-number">{count(each.total_tokens)} tokens</span>
                            <span className="loop-number" title={moneyExact(each.cost)}>{money(each.cost)}</span>
                            <span className="muted loop-number"><Moment ns={each.start} relative /></span>
                        </Go>
                    </li>
                ))}
            </ul>
            {found.length > FEW && (
                <button type="button" className="button bare models-more" onClick={() => setAll(!all)}>
                    {all ? "Fewer" : `${found.length - FEW} more`}
                </button>
            )}
        </section>
    );
}
