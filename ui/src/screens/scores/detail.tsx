/* SPDX-License-Identifier: Apache-2.0 */
/* One score: over time, how it is spread, and the newest of them, each a click from its trace. */
import { useMemo } from "react";
import { type ScoreKey, type ScoreSummaries, type ScoreSummary, useScoreSummaries } from "../../api/score-analytics";
import { GIVERS } from "../../api/scores";
import { useUrl } from "../../app/url";
import { Chart, type ChartSeries } from "../../components/chart";
import { Failure, Skeleton } from "../../components/pieces";
import { count, exact, percent } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { nsToMs } from "../../format/time";
import { absolute } from "../../url/range";
import { Given } from "./given";
import { binCells, centre, comparable, isLabel, keyText, labelCell, number } from "./words";

interface DetailProps {
    a: ScoreKey;
    b: ScoreKey | null;
    scores: ScoreSummary[];
}

export function Detail({ a, b, scores }: DetailProps) {
    const url = useUrl();
    const own = useScoreSummaries(url, a);
    const score = own.data?.scores[0];
    return (
        <section className="overview-section" aria-label={visible(a.name)}>
            <header className="section-head">
                <h2>{clip(oneLine(a.name), 80)}</h2>
                <span className="muted">{a.type}{score ? `, ${exact(score.count)} given` : ""}</span>
                <Choices a={a} b={b} scores={scores} />
            </header>
            {own.error && <Failure error={own.error} retry={() => own.refetch()} what="The score" />}
            {own.isPending && <Skeleton height={236} />}
            {own.data && !score && <p className="muted section-note">It was not given in this time range{a.source && ` by ${GIVERS[a.source]}`}.</p>}
            {own.data && score && (
                <>
                    <div className="charts">
                        <Trend data={own.data} score={score} />
                        <Distribution score={score} />
                    </div>
                    {!b && <Given a={a} />}
                </>
            )}
        </section>
    );
}

function Choices({ a, b, scores }: DetailProps) {
    const url = useUrl();
    const same = scores.find((each) => each.name === a.name && each.type === a.type);
    const others = scores.filter(({ type }) => comparable(type)).flatMap(({ name, type, sources }) => {
        const all: ScoreKey[] = sources.length > 1 ? [{ name, type, source: "" }] : [];
        return [...all, ...sources.map(({ source }) => ({ name, type, source }))].filter((key) => key.name !== a.name || key.type !== a.type || (a.source && key.source && key.source !== a.source));
    });
    const chosen = b ? keyText(b) : "";
    return (
        <span className="scores-choices">
            <label>
                Given by
                <select className="input" value={a.source} onChange={(event) => url.set({ a: keyText({ ...a, source: event.target.value as ScoreKey["source"] }), acell: undefined, bcell: undefined })}>
                    <option value="">everyone</option>
                    {same?.sources.map(({ source }) => <option key={source} value={source}>{GIVERS[source]}</option>)}
                </select>
            </label>
            {comparable(a.type) && (
                <label>
                    Compare with
                    <select className="input" value={chosen} onChange={(event) => url.set({ a: keyText(a), b: event.target.value || undefined, acell: undefined, bcell: undefined })}>
                        <option value="">nothing</option>
                        {b && !others.some((key) => keyText(key) === chosen) && <option value={chosen}>{visible(b.name)}</option>}
                        {others.map((key) => <option key={keyText(key)} value={keyText(key)}>{clip(oneLine(key.name), 60)}{key.source && ` (${GIVERS[key.source]})`}</option>)}
                    </select>
                </label>
            )}
        </span>
    );
}

function Trend({ data, score }: { data: ScoreSummaries; score: ScoreSummary }) {
    const url = useUrl();
    const rate = score.type === "boolean";
    const numeric = rate || score.type === "numeric";
    const shown = useMemo(() => {
        const start = nsToMs(data.start), stepMs = data.step * 1000;
        const label = rate ? "share of yes" : numeric ? "mean" : "given";
        const series: ChartSeries[] = [{ key: label, label, color: "var(--accent)", values: numeric ? score.means : score.counts }];
        return { times: Array.from({ length: data.steps }, (_, at) => start + at * stepMs), stepMs, series };
    }, [data, score, numeric, rate]);
    return (
        <section className="panel chart-panel" aria-label="Over time">
            <header>
                <h3>{rate ? "Share of yes over time" : numeric ? "Mean over time" : "Given over time"}</h3>
                <span className="muted">{centre(score)}</span>
            </header>
            <Chart
                {...shown} label={`${visible(score.name)} over time`} kind={numeric ? "lines" : "bars"} format={rate ? percent : numeric ? number : count}
                onZoom={(from, to) => {
                    const range = absolute(from, to);
                    url.set({ from: range.from, to: range.to });
                }}
            />
        </section>
    );
}

interface Bar {
    label: string;
    words: string;
    count: number;
    cell: string;
}

function barsOf(score: ScoreSummary): Bar[] {
    if (score.type === "boolean") {
        const yes = Math.round((score.mean ?? 0) * score.count);
        return [{ label: "no", words: "no", count: score.count - yes, cell: labelCell("false") }, { label: "yes", words: "yes", count: yes, cell: labelCell("true") }];
    }
    if (isLabel(score.type)) return score.categories.map((each) => ({ label: clip(oneLine(each.value), 14), words: visible(each.value), count: each.count, cell: labelCell(each.value) }));
    const cells = binCells(score.histogram);
    return score.histogram.map((bin, at) => ({ label: number(bin.from), words: `${number(bin.from)} to ${number(bin.to)}`, count: bin.count, cell: cells[at] }));
}

function Distribution({ score }: { score: ScoreSummary }) {
    const url = useUrl();
    const bars = barsOf(score);
    const most = Math.max(1, ...bars.map((bar) => bar.count));
    const told = bars.reduce((sum, bar) => sum + bar.count, 0);
    return (
        <section className="panel lengths" aria-label="Distribution">
            <header>
                <h3>How it is spread</h3>
                {score.type === "numeric" && <span className="muted">{number(score.min)} to {number(score.max)}, median {number(score.median)}</span>}
                {told < score.count && bars.length > 0 && <span className="muted">{exact(score.count - told)} more in rarer categories</span>}
            </header>
            {bars.length === 0 ? (
                <p className="muted worth-none">Texts are read, not counted: they are listed below.</p>
            ) : (
                <ol className="lengths-bars">
                    {bars.map((bar) => (
                        <li key={bar.cell}>
                            <button
                                type="button" className="score-bar" aria-pressed={url.search.acell === bar.cell} title={`${bar.words}: ${exact(bar.count)}, ${percent(bar.count / score.count)}. List them`}
                                aria-label={`${bar.words}: ${exact(bar.count)}`} onClick={() => url.set({ acell: url.search.acell === bar.cell ? undefined : bar.cell, bcell: undefined, b: undefined })}
                            >
                                <span className="lengths-pair" aria-hidden="true"><i className="now" style={{ height: `${(100 * bar.count) / most}%` }} /></span>
                                <span className="muted cut" aria-hidden="true">{bar.label}</span>
                            </button>
                        </li>
                    ))}
                </ol>
            )}
        </section>
    );
}
