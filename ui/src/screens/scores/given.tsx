/* SPDX-License-Identifier: Apache-2.0 */
/* Scores as they were given, newest first; each row leads to what it is about. */
import { type ScoreKey, useScores } from "../../api/score-analytics";
import { GIVERS } from "../../api/scores";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { clip, oneLine } from "../../format/text";
import { cellOf, number } from "./words";

export interface Subject {
    trace_id: string | null;
    span_id: string | null;
    session: string | null;
    dataset_run: string | null;
}

/** What was scored, as a link where there is a page of it. */
export function SubjectLink({ subject }: { subject: Subject }) {
    const url = useUrl();
    if (subject.trace_id) return <Go href={url.trace(subject.trace_id, { span: subject.span_id ?? undefined })} className="mono">{subject.trace_id.slice(0, 12)}{subject.span_id ? " › a part of it" : ""}</Go>;
    if (subject.session) return <Go href={url.session(subject.session)}>session {clip(oneLine(subject.session), 40)}</Go>;
    return <span className="muted">run {clip(oneLine(subject.dataset_run ?? ""), 40)}</span>;
}

/** A part of the scores is listed: say so, and how to see all. */
export function CellNote({ words }: { words: string }) {
    const url = useUrl();
    return (
        <button type="button" className="button small" onClick={() => url.set({ acell: undefined, bcell: undefined })}>
            {words} <Icon name="close" small />
        </button>
    );
}

export function Given({ a }: { a: ScoreKey }) {
    const url = useUrl();
    const list = useScores(url, a, cellOf(url.search.acell));
    return (
        <section className="panel table-panel" aria-label="Scores given">
            <header className="row">
                <h3>{url.search.acell ? "Those of the bar" : "Newest"}</h3>
                {url.search.acell && <CellNote words="Show all" />}
            </header>
            {list.error && <Failure error={list.error} retry={() => list.refetch()} what="The list" />}
            {list.isPending && <Skeleton height={160} />}
            {list.data && (
                <div className={`table-scroll ${list.isPlaceholderData ? "stale" : ""}`} tabIndex={0} role="region" aria-label="Scores given, table">
                    <StackedTable>
                        <thead>
                            <tr>
                                <th scope="col">Of</th>
                                <th scope="col">Says</th>
                                <th scope="col">By</th>
                                <th scope="col">Comment</th>
                                <th scope="col" className="n">When</th>
                            </tr>
                        </thead>
                        <tbody>
                            {list.data.scores.map((score) => (
                                <tr key={score.id}>
                                    <td><SubjectLink subject={score} /></td>
                                    <td><b>{typeof score.value === "boolean" ? (score.value ? "yes" : "no") : typeof score.value === "number" ? number(score.value) : clip(oneLine(score.value ?? ""), 80)}</b></td>
                                    <td className="muted">{GIVERS[score.source]}{score.author ? `, ${clip(oneLine(score.author), 30)}` : ""}</td>
                                    <td className="text"><span className="cut muted">{clip(oneLine(score.comment ?? ""), 120) || "–"}</span></td>
                                    <td className="n"><Moment ns={score.time} /></td>
                                </tr>
                            ))}
                        </tbody>
                    </StackedTable>
                    {!list.data.scores.length && <p className="muted table-note">None in this time range.</p>}
                    {list.data.next && <p className="muted table-note">The 50 newest. Narrow the time range or click a bar for others.</p>}
                </div>
            )}
        </section>
    );
}
