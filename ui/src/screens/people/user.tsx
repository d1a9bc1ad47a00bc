/* SPDX-License-Identifier: Apache-2.0 */
/* What one user lived through: their sums, their sessions, and the traces that went wrong or cost most. */
import { useParams } from "@tanstack/react-router";
import { type UserRow, useSessions, useTotals } from "../../api/people";
import { useTopTraces } from "../../api/queries";
import type { TraceRow } from "../../api/types";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { duration, exact, money, moneyExact } from "../../format/number";
import { clip, oneLine, preview } from "../../format/text";
import { is } from "../../url/filters";
import { PeopleHead, Total } from "./head";
import { Nobody } from "./nobody";
import "./people.css";

const ALWAYS = { from: "1970-01-02", to: "now" };

export default function UserScreen() {
    const { userId = "" } = useParams({ strict: false }) as { userId?: string };
    const url = useUrl();
    const totals = useTotals("user", url.project, userId);
    const row = totals.data as UserRow | null | undefined;
    const scope = { project: url.project, range: ALWAYS, filters: [is("user", userId)], live: url.live };
    const sessions = useSessions(scope, "last", "desc");
    const failed = useTopTraces({ ...scope, filters: [...scope.filters, "status=error"] }, "start", 8);
    const dearest = useTopTraces(scope, "cost", 8);
    if (totals.error) return <Failure error={totals.error} retry={() => totals.refetch()} what="The user" />;
    if (row === null) return <Nobody noun="user" list="users" />;
    const rows = sessions.data?.pages.flatMap((page) => page.sessions) ?? [];
    return (
        <div className="people-page">
            {row ? (
                <PeopleHead list="users" noun="user" name={userId} totals={row}>
                    <Total label="Sessions">{exact(row.sessions)}</Total>
                </PeopleHead>
            ) : (
                <Skeleton height={92} />
            )}
            <div className="people-body scroll">
                <div className="overview people-user">
                    {failed.data && failed.data.traces.length > 0 && <Traces title="What failed lately" rows={failed.data.traces} />}
                    <section className="panel people" aria-label="Sessions">
                        <h2>Sessions</h2>
                        <div className="table-scroll" tabIndex={0} role="region" aria-label="Sessions table">
                            <StackedTable>
                                <thead>
                                    <tr>
                                        <th scope="col">Session</th>
                                        <th scope="col">Began with</th>
                                        <th scope="col" className="n">Traces</th>
                                        <th scope="col" className="n">Failed</th>
                                        <th scope="col" className="n">Cost</th>
                                        <th scope="col" className="n">Last</th>
                                    </tr>
                                </thead>
                                <tbody>
                                    {rows.map((each) => (
                                        <tr key={each.session}>
                                            <th scope="row"><Go href={url.session(each.session)} className="cut" title={oneLine(each.session)}>{clip(oneLine(each.session), 40)}</Go></th>
                                            <td className="text"><span className="cut muted">{preview(each.input, 120) || "–"}</span></td>
                                            <td className="n">{exact(each.traces)}</td>
                                            <td className={`n ${each.failed ? "bad" : ""}`}>{each.failed ? exact(each.failed) : "–"}</td>
                                            <td className="n" title={moneyExact(each.cost)}>{money(each.cost)}</td>
                                            <td className="n"><Moment ns={each.last} /></td>
                                        </tr>
                                    ))}
                                </tbody>
                            </StackedTable>
                        </div>
                        {!sessions.isPending && !rows.length && <p className="muted table-note">None of their traces names a session.</p>}
                        {sessions.hasNextPage && (
                            <button type="button" className="button bare models-more" onClick={() => void sessions.fetchNextPage()}>More sessions</button>
                        )}
                    </section>
                    {dearest.data && <Traces title="What cost most" rows={dearest.data.traces} />}
                </div>
            </div>
        </div>
    );
}

function Traces({ title, rows }: { title: string; rows: TraceRow[] }) {
    const url = useUrl();
    return (
        <section className="panel people" aria-label={title}>
            <h2>{title}</h2>
            <div className="table-scroll" tabIndex={0} role="region" aria-label={`${title} table`}>
                <StackedTable>
                    <thead>
                        <tr>
                            <th scope="col">Trace</th>
                            <th scope="col">Asked</th>
                            <th scope="col">Ended</th>
                            <th scope="col" className="n">Latency</th>
                            <th scope="col" className="n">Cost</th>
                            <th scope="col" className="n">When</th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows.map((each) => (
                            <tr key={each.trace_id}>
                                <th scope="row"><Go href={url.trace(each.trace_id)} className="cut">{clip(oneLine(each.name), 60)}</Go></th>
                                <td className="text"><span className="cut muted">{preview(each.input, 120) || "–"}</span></td>
                                <td className={each.status === "error" ? "bad" : ""}>{each.status === "error" ? (each.error_kind ?? "failed").replace("_", " ") : "ok"}</td>
                                <td className="n">{duration(each.duration)}</td>
                                <td className="n" title={moneyExact(each.cost)}>{money(each.cost)}</td>
                                <td className="n"><Moment ns={each.start} /></td>
                            </tr>
                        ))}
                    </tbody>
                </StackedTable>
            </div>
        </section>
    );
}
