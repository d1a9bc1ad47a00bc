/* SPDX-License-Identifier: Apache-2.0 */
/* The calls themselves, with what was asked and answered; a row opens its span. */
import { type Invocation, useInvocations } from "../../api/models";
import type { Scope } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Failure, Moment, Skeleton, Tabs } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { count, duration, exact, money, moneyExact } from "../../format/number";
import { clip, oneLine, preview, visible } from "../../format/text";

const TABS = [
    { id: "latest", label: "Latest", sort: "start", filters: [] },
    { id: "failed", label: "Failed", sort: "start", filters: ["status=error"] },
    { id: "throttled", label: "Throttled", sort: "start", filters: ["error_kind=throttle"] },
    { id: "slowest", label: "Slowest", sort: "duration", filters: [] },
    { id: "dearest", label: "Dearest", sort: "cost", filters: ["cost>0"] },
    { id: "longest", label: "Most tokens", sort: "tokens", filters: [] },
];

export function Calls({ scope }: { scope: Scope }) {
    const url = useUrl();
    const tab = TABS.find(({ id }) => id === url.search.tab) ?? TABS[0];
    const list = useInvocations({ ...scope, filters: [...scope.filters, ...tab.filters] }, tab.sort);
    const rows = list.data?.pages.flatMap((page) => page.invocations) ?? [];
    const total = list.data?.pages[0]?.total;
    return (
        <section className="panel calls" aria-label="Calls">
            <header className="row">
                <h2>Calls</h2>
                <span className="muted" role="status">{total === undefined ? "" : total >= 100_000 ? "more than 100,000" : exact(total)}</span>
            </header>
            <Tabs tabs={TABS} at={tab.id} onPick={(id) => url.set({ tab: id === "latest" ? undefined : id }, { replace: true })} label="Which calls" />
            {list.error && <Failure error={list.error} retry={() => list.refetch()} what="The calls" />}
            {list.isPending && <Skeleton height={300} />}
            {list.data && !rows.length && <p className="muted table-note">No such call in this range.</p>}
            {rows.length > 0 && (
                <div className={`table-scroll ${list.isPlaceholderData ? "stale" : ""}`} tabIndex={0} role="region" aria-label="Calls table">
                    <StackedTable className="calls-table">
                        <thead>
                            <tr>
                                <th scope="col">Time</th>
                                <th scope="col">Model</th>
                                <th scope="col" className="calls-text">Prompt and answer</th>
                                <th scope="col" className="n">Latency</th>
                                <th scope="col" className="n">First token</th>
                                <th scope="col" className="n">In</th>
                                <th scope="col" className="n">Out</th>
                                <th scope="col" className="n">Cost</th>
                            </tr>
                        </thead>
                        <tbody>
                            {rows.map((each) => (
                                <Row key={each.span_id + each.trace_id} each={each} />
                            ))}
                        </tbody>
                    </StackedTable>
                </div>
            )}
            {list.hasNextPage && (
                <button type="button" className="button bare models-more" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                    {list.isFetchingNextPage ? "Loading…" : "More calls"}
                </button>
            )}
        </section>
    );
}

function Row({ each }: { each: Invocation }) {
    const url = useUrl();
    const href = url.trace(each.trace_id, { span: each.span_id });
    const exactName = each.model_version && each.model_version !== each.model ? each.model_version : null;
    const cached = each.cache_read_tokens ? `, ${exact(each.cache_read_tokens)} from a cache` : "";
    return (
        <tr
            className={`link-row ${each.status}`}
            onClick={(event) => {
                if (!event.defaultPrevented && !event.metaKey && !event.ctrlKey && !getSelection()?.toString()) url.go(href);
            }}
        >
            <td><Moment ns={each.start} /></td>
            <td title={visible([exactName ?? each.model, each.provider, each.service].filter(Boolean).join(" · "))}>
                <span className="cut calls-model">{visible(each.model ?? "–")}</span>
            </td>
            <td className="calls-text lead">
                <Go href={href} title="Open this call in its trace">
                    <span className="cut">{preview(each.input, 200) || <span className="muted">{visible(each.name ?? "(no prompt was sent)")}</span>}</span>
                    {each.status === "error" ? (
                        <span className="cut bad">{visible((each.error_kind ?? "failed").replace("_", " "))}{each.error_type ? ` · ${clip(oneLine(each.error_type), 80)}` : ""}</span>
                    ) : (
                        <span className="cut muted">{preview(each.output, 200) || "–"}</span>
                    )}
                </Go>
            </td>
            <td className="n">{duration(each.duration)}</td>
            <td className="n">{duration(each.ttft)}</td>
            <td className="n" title={`${exact(each.input_tokens)} tokens${cached}`}>{count(each.input_tokens)}</td>
            <td className="n" title={`${exact(each.output_tokens)} tokens${each.reasoning_tokens ? `, ${exact(each.reasoning_tokens)} of them reasoning` : ""}`}>{count(each.output_tokens)}</td>
            <td className="n" title={moneyExact(each.cost)}>{each.unpriced ? <span className="tag warn">unpriced</span> : money(each.cost)}</td>
        </tr>
    );
}
