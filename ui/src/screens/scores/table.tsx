/* SPDX-License-Identifier: Apache-2.0 */
/* Every score of the range, a row each. */
import { type ScoreKey, type ScoreSummary } from "../../api/score-analytics";
import { GIVERS } from "../../api/scores";
import { useUrl } from "../../app/url";
import { condenseMeans } from "../../components/chart-data";
import { Go } from "../../components/go";
import { Sparkline } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { exact } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { screenHref } from "../../url/href";
import { centre, keyText } from "./words";

/** The address of the screen with another score looked at. */
function useScoreHref() {
    const url = useUrl();
    return (key: ScoreKey) => screenHref(url.project, "scores", { ...url.search, a: keyText(key), b: undefined, acell: undefined, bcell: undefined });
}

/** Shares of categories or bins of numbers, as small bars. */
function Spread({ score }: { score: ScoreSummary }) {
    const yes = Math.round((score.mean ?? 0) * score.count);
    const counts = score.type === "boolean" ? [score.count - yes, yes] : score.histogram.length ? score.histogram.map((bin) => bin.count) : score.categories.map((each) => each.count);
    const most = Math.max(1, ...counts);
    return (
        <span className="spread" aria-hidden="true">
            {counts.slice(0, 12).map((count, at) => <i key={at} style={{ height: `${Math.max(count ? 8 : 0, (100 * count) / most)}%` }} />)}
        </span>
    );
}

export function ScoreTable({ scores, chosen }: { scores: ScoreSummary[]; chosen: ScoreKey | null }) {
    const href = useScoreHref();
    return (
        <section className="panel" aria-label="Scores">
            <div className="table-scroll scores-table" tabIndex={0} role="region" aria-label="Scores table">
                <StackedTable>
                    <thead>
                        <tr>
                            <th scope="col">Score</th>
                            <th scope="col">Type</th>
                            <th scope="col">Given by</th>
                            <th scope="col" className="n">Count</th>
                            <th scope="col" className="n">Says</th>
                            <th scope="col">Spread</th>
                            <th scope="col">Over time</th>
                        </tr>
                    </thead>
                    <tbody>
                        {scores.map((score) => (
                            <tr key={`${score.type}/${score.name}`} className={score.name === chosen?.name && score.type === chosen.type ? "here" : ""}>
                                <th scope="row">
                                    <Go href={href({ name: score.name, type: score.type, source: "" })} className="cut" title={visible(score.name)}>{clip(oneLine(score.name), 60)}</Go>
                                </th>
                                <td className="muted">{score.type}</td>
                                <td>
                                    <span className="scores-sources">
                                        {score.sources.map(({ source, count }) => (
                                            <Go key={source} href={href({ name: score.name, type: score.type, source })} className="tag" title={`${exact(count)} by ${GIVERS[source]}: look at these alone`}>
                                                {GIVERS[source]} {exact(count)}
                                            </Go>
                                        ))}
                                    </span>
                                </td>
                                <td className="n">{exact(score.count)}</td>
                                <td className="n"><b>{clip(oneLine(centre(score)), 40)}</b></td>
                                <td><Spread score={score} /></td>
                                <td><Sparkline values={condenseMeans(score.type === "categorical" || score.type === "text" ? score.counts : score.means, 60)} width={120} height={22} fill={false} /></td>
                            </tr>
                        ))}
                    </tbody>
                </StackedTable>
            </div>
        </section>
    );
}
