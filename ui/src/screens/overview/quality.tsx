/* SPDX-License-Identifier: Apache-2.0 */
/* Quality: what was blocked, withheld or malformed, how long answers are, what scores say; each against the week before. */
import { type OutcomeCounts, type Quality, type QualityScore, useQuality } from "../../api/sections";
import { GIVERS } from "../../api/scores";
import { useUrl } from "../../app/url";
import { condenseMeans } from "../../components/chart-data";
import { Go } from "../../components/go";
import { Failure, Skeleton, Sparkline } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { change, count, exact, percent, plural } from "../../format/number";
import { visible } from "../../format/text";
import { Tile } from "./tiles";

interface Share {
    label: string;
    part: keyof OutcomeCounts;
    whole: keyof OutcomeCounts;
    filter: string;
    color: string;
    none: string;
    of: string;
}

const SHARES: Share[] = [
    { label: "Blocked by guardrails", part: "blocked", whole: "guarded", filter: "outcome=blocked", color: "var(--pink-fill)", none: "no guardrail was asked", of: "check" },
    { label: "Withheld by content filters", part: "filtered", whole: "calls", filter: "outcome=filtered", color: "var(--violet-fill)", none: "no model was asked", of: "model call" },
];

const WEEK = "week before";

function Shares({ quality }: { quality: Quality }) {
    const url = useUrl();
    const { now, baseline, values } = quality;
    const rate = (counts: OutcomeCounts, part: keyof OutcomeCounts, whole: keyof OutcomeCounts) => (counts[whole] ? counts[part] / counts[whole] : null);
    const passed = (counts: OutcomeCounts) => (counts.structured ? 1 - counts.unformed / counts.structured : null);
    return (
        <div className="tiles quality-tiles">
            {SHARES.map(({ label, part, whole, filter, color, none, of }) => {
                const share = rate(now, part, whole), before = rate(baseline, part, whole);
                return (
                    <Tile key={label} label={label} value={percent(share)} title={`${exact(now[part])} of ${exact(now[whole])}. Open them`} href={url.traces([filter])} now={share} before={before} was={percent(before)} better="lower" values={values[part]} color={color} past={WEEK}>
                        {now[whole] ? <Go className="num muted" href={url.traces([filter])}>{exact(now[part])} of {plural(now[whole], of)}</Go> : <span className="muted">{none}</span>}
                    </Tile>
                );
            })}
            <Tile
                label="Answers of the form asked for" value={percent(passed(now))} title="Of the calls that asked for JSON: those that gave it" href={url.traces(["outcome=structured"])}
                now={passed(now)} before={passed(baseline)} was={percent(passed(baseline))} better="higher" values={values.structured} color="var(--accent-fill)" past={WEEK}
            >
                {now.structured ? <Go className="num muted" href={url.traces(["outcome=structured"])}>{exact(now.structured - now.unformed)} of {plural(now.structured, "call")}</Go> : <span className="muted">no model was asked for JSON</span>}
            </Tile>
            <Tile
                label="Schema failures" value={exact(now.form_failures)} title="Texts of models that could not be read as what was asked for" href={url.traces(["outcome=invalid"])}
                now={now.form_failures} before={null} was="" better="lower" values={values.form_failures} color="var(--error-fill)" past={WEEK}
            >
                <Go className="num muted" href={url.traces(["outcome=invalid"])}>{exact(baseline.form_failures)} in the seven days before</Go>
            </Tile>
        </div>
    );
}

function driftWords(drift: number | null, baseline: number): { text: string; tone: string } {
    if (drift === null) return { text: baseline ? "too few answers to compare" : "no week before it", tone: "" };
    if (drift < 0.1) return { text: "as usual", tone: "good" };
    return drift < 0.25 ? { text: "shifted", tone: "warn" } : { text: "much changed", tone: "bad" };
}

function Lengths({ lengths }: { lengths: Quality["lengths"] }) {
    const url = useUrl();
    const { text, tone } = driftWords(lengths.drift, lengths.baseline_answers);
    const share = (part: number, whole: number) => (whole ? part / whole : 0);
    const most = Math.max(0.01, ...lengths.classes.map((each) => Math.max(share(each.answers, lengths.answers), share(each.baseline, lengths.baseline_answers))));
    return (
        <section className="panel lengths" aria-label="Length of answers">
            <header>
                <h3>Length of answers</h3>
                <span className={`verdict ${tone}`} title={lengths.drift === null ? undefined : `Population stability index ${lengths.drift.toFixed(3)} against the seven days before: below 0.1 little, above 0.25 much`}>{text}{lengths.drift !== null && `, drift ${lengths.drift.toFixed(2)}`}</span>
            </header>
            {lengths.classes.length === 0 ? (
                <p className="muted worth-none">No answers with a known length in this range.</p>
            ) : (
                <>
                    <ol className="lengths-bars">
                        {lengths.classes.map((each) => {
                            const now = share(each.answers, lengths.answers), before = share(each.baseline, lengths.baseline_answers);
                            const words = `${each.from} to ${each.to - 1} tokens: ${exact(each.answers)} answers, ${percent(now)}; usually ${percent(before)}`;
                            return (
                                <li key={each.from}>
                                    <Go href={url.traces(["kind=llm", `output_tokens>=${each.from}`, `output_tokens<${each.to}`])} title={words} aria-label={words}>
                                        <span className="lengths-pair" aria-hidden="true">
                                            <i className="usual" style={{ height: `${(100 * before) / most}%` }} />
                                            <i className="now" style={{ height: `${(100 * now) / most}%` }} />
                                        </span>
                                        <span className="muted" aria-hidden="true">{count(each.from)}</span>
                                    </Go>
                                </li>
                            );
                        })}
                    </ol>
                    <p className="lengths-foot muted">
                        <span><i className="now" /> now: p50 {count(lengths.p50)}, p95 {count(lengths.p95)} tokens</span>
                        <span><i className="usual" /> week before: {lengths.baseline_answers ? `p50 ${count(lengths.baseline_p50)}, p95 ${count(lengths.baseline_p95)}` : "no answers"}</span>
                    </p>
                </>
            )}
        </section>
    );
}

function ScoreRow({ score }: { score: QualityScore }) {
    const url = useUrl();
    const shown = (mean: number | null) => (mean === null ? "–" : score.type === "boolean" ? percent(mean) : String(Number(mean.toFixed(2))));
    const share = change(score.mean, score.baseline_mean);
    const query = `filter name = ${JSON.stringify(score.name)} and source = ${JSON.stringify(score.source)}\n| fields @timestamp, value, comment, traceId\n| sort value asc\n| limit 200`;
    return (
        <tr>
            <th scope="row">
                <Go className="num cut" href={url.href("query", { source: "scores", query })} title="Open them, lowest first">{visible(score.name)}</Go> <span className="muted">{GIVERS[score.source]}</span>
            </th>
            <td className="n">{exact(score.count)}</td>
            <td className="n"><b>{shown(score.mean)}</b></td>
            <td className="n muted">{shown(score.baseline_mean)}</td>
            <td className="n muted">{share === null ? "–" : Math.abs(share) < 0.005 ? "unchanged" : `${share > 0 ? "▲" : "▼"} ${percent(Math.abs(share))}`}</td>
            <td><Sparkline values={condenseMeans(score.means, 48)} color="var(--accent)" width={56} height={22} fill={false} /></td>
        </tr>
    );
}

function Scores({ scores }: { scores: QualityScore[] }) {
    const order = { feedback: 0, annotation: 1, eval: 2, api: 3 };
    const rows = [...scores].sort((a, b) => Number(b.count > 0) - Number(a.count > 0) || order[a.source] - order[b.source] || b.count - a.count).slice(0, 10);
    return (
        <section className="panel table-panel" aria-label="Feedback and judges">
            <header className="row wrap">
                <h3>Feedback and judges</h3>
                <span className="muted">choose one to see what it was lowest for</span>
            </header>
            {rows.length === 0 ? (
                <p className="muted worth-none">No scores in this range. Send them with <code>POST /api/v1/scores</code>, a Langfuse SDK, or as OpenTelemetry evaluation events.</p>
            ) : (
                <div className="table-scroll" tabIndex={0} role="region" aria-label="Scores table">
                    <StackedTable>
                        <thead>
                            <tr>
                                <th scope="col">Score</th>
                                <th scope="col" className="n">Given</th>
                                <th scope="col" className="n">Mean</th>
                                <th scope="col" className="n">Week before</th>
                                <th scope="col" className="n">Change</th>
                                <th scope="col">Over time</th>
                            </tr>
                        </thead>
                        <tbody>{rows.map((score) => <ScoreRow key={`${score.source}/${score.type}/${score.name}`} score={score} />)}</tbody>
                    </StackedTable>
                </div>
            )}
        </section>
    );
}

export function QualitySection({ filters, seen }: { filters: string[]; seen: boolean }) {
    const url = useUrl();
    const quality = useQuality({ ...url, filters }, seen);
    if (!seen) return null;
    if (quality.error) return <Failure error={quality.error} retry={() => quality.refetch()} what="This section" />;
    if (!quality.data) return <Skeleton height={360} />;
    return (
        <>
            <Shares quality={quality.data} />
            <div className="charts">
                <Lengths lengths={quality.data.lengths} />
                <Scores scores={quality.data.scores} />
            </div>
        </>
    );
}
