/* SPDX-License-Identifier: Apache-2.0 */
/* The pairs themselves: those that differ most first, or the newest; of a cell, or all. */
import { type ScoreKey, useScorePairs } from "../../api/score-analytics";
import { useUrl } from "../../app/url";
import { Failure, Moment, Skeleton, Tabs } from "../../components/pieces";
import { clip, oneLine } from "../../format/text";
import { CellNote, SubjectLink } from "./given";
import { cellOf, number } from "./words";

const said = (value: number | string) => (typeof value === "number" ? number(value) : clip(oneLine(value), 60));

export function Pairs({ a, b, names, byTrace }: { a: ScoreKey; b: ScoreKey; names: [string, string]; byTrace: boolean }) {
    const url = useUrl();
    const sort = url.search.sort === "time" ? "time" : "difference";
    const within = !!(url.search.acell || url.search.bcell);
    const list = useScorePairs(url, a, b, byTrace, [cellOf(url.search.acell), cellOf(url.search.bcell)], sort);
    return (
        <section className="panel table-panel" aria-label="Pairs">
            <header className="row">
                <h3>{within ? "Pairs of the cell" : "Pairs"}</h3>
                {within && <CellNote words="Show all" />}
                <Tabs label="Order" at={sort} onPick={(id) => url.set({ sort: id === "time" ? "time" : undefined }, { replace: true })} tabs={[{ id: "difference", label: "Apart most" }, { id: "time", label: "Newest" }]} />
            </header>
            {list.error && <Failure error={list.error} retry={() => list.refetch()} what="The pairs" />}
            {list.isPending && <Skeleton height={160} />}
            {list.data && (
                <div className={`table-scroll ${list.isPlaceholderData ? "stale" : ""}`} tabIndex={0} role="region" aria-label="Pairs table">
                    <table className="table">
                        <thead>
                            <tr>
                                <th scope="col">Of</th>
                                <th scope="col" className="n">{names[0]}</th>
                                <th scope="col" className="n">{names[1]}</th>
                                <th scope="col" className="n">When</th>
                            </tr>
                        </thead>
                        <tbody>
                            {list.data.pairs.map((pair) => (
                                <tr key={`${pair.trace_id}/${pair.span_id}/${pair.session}/${pair.dataset_run}`}>
                                    <td><SubjectLink subject={pair} /></td>
                                    <td className="n"><b>{said(pair.a)}</b></td>
                                    <td className="n"><b>{said(pair.b)}</b></td>
                                    <td className="n"><Moment ns={pair.time} /></td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                    {list.data.more && <p className="muted table-note">The first 50. A cell above narrows them down.</p>}
                </div>
            )}
        </section>
    );
}
