/* SPDX-License-Identifier: Apache-2.0 */
/* Two scores of the same things: how far they agree, where they do not, and the pairs behind each number. */
import { type NumberAgreement, type ScoreComparison, type ScoreKey, useScoreComparison } from "../../api/score-analytics";
import { GIVERS } from "../../api/scores";
import { useUrl } from "../../app/url";
import { Failure, Skeleton, Tabs } from "../../components/pieces";
import { exact, NONE, percent, plural } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { Grid } from "./matrix";
import { Pairs } from "./pairs";
import { binCell, correlationWords, kappaWords, labelCell, number } from "./words";

const nameOf = (key: ScoreKey): string => clip(oneLine(key.name), 40) + (key.source ? ` (${GIVERS[key.source]})` : "");

export function Compare({ a, b }: { a: ScoreKey; b: ScoreKey }) {
    const url = useUrl();
    const byTrace = url.search.by === "trace";
    const comparison = useScoreComparison(url, a, b, byTrace);
    const data = comparison.data;
    const names: [string, string] = [nameOf(a), nameOf(b)];
    return (
        <section className="overview-section" aria-label="Comparison">
            <header className="section-head">
                <h2>{names[0]} against {names[1]}</h2>
                {data && <span className="muted">{plural(data.pairs, "pair")}</span>}
                <Tabs
                    label="What is paired" at={byTrace ? "trace" : "subject"} onPick={(id) => url.set({ by: id === "trace" ? "trace" : undefined, acell: undefined, bcell: undefined })}
                    tabs={[{ id: "subject", label: "Of the very same thing" }, { id: "trace", label: "Of the same trace" }]}
                />
            </header>
            {comparison.error && <Failure error={comparison.error} retry={() => comparison.refetch()} what="The comparison" />}
            {comparison.isPending && <Skeleton height={320} />}
            {data && data.pairs === 0 && <p className="muted section-note">{nothing(data, names, byTrace)}</p>}
            {data && data.pairs > 0 && (
                <div className={comparison.isPlaceholderData ? "stale" : ""}>
                    <Found data={data} names={names} />
                    <Pairs a={a} b={b} names={names} byTrace={byTrace} />
                </div>
            )}
        </section>
    );
}

function nothing({ a, b }: ScoreComparison, names: [string, string], byTrace: boolean): string {
    const missing = names.filter((_, at) => !(at ? b : a).count);
    if (missing.length) return `${missing.join(" and ")} was not given in this time range.`;
    return `Nothing was given both: ${names[0]} has ${exact(a.count)}, ${names[1]} ${exact(b.count)}.${byTrace ? "" : " One may be about a trace and the other about a part of it: pair them by trace."}`;
}

function Found({ data, names }: { data: ScoreComparison; names: [string, string] }) {
    return (
        <>
            {data.used < data.pairs && (
                <p className="muted section-note">
                    {data.kind === "numbers" ? `Worked out from a sample of ${exact(data.used)} pairs.` : `${plural(data.pairs - data.used, "pair")} of rarer categories left out.`}
                </p>
            )}
            {data.numbers && <Numbers numbers={data.numbers} pairs={data.pairs} names={names} />}
            {data.labels && <Labels data={data} names={names} />}
            {data.groups && <Groups data={data} names={names} />}
        </>
    );
}

function Fact({ label, value, words, title }: { label: string; value: string; words: string; title: string }) {
    return (
        <div className="panel tile score-fact" title={title}>
            <span className="tile-label">{label}</span>
            <span className="tile-value">{value}</span>
            <span className="tile-foot muted">{words}</span>
        </div>
    );
}

const FEW = 20;
const few = (pairs: number) => (pairs < FEW ? `only ${plural(pairs, "pair")}: little is proven` : "");

function Numbers({ numbers, pairs, names }: { numbers: NumberAgreement; pairs: number; names: [string, string] }) {
    const interval = numbers.pearson_low === null ? "" : `, 95 %: ${number(numbers.pearson_low)} to ${number(numbers.pearson_high)}`;
    const cells = (edges: number[]) => edges.slice(0, -1).map((from, at) => ({ cell: binCell(from, edges[at + 1], at === edges.length - 2), label: number(from), words: at === edges.length - 2 && edges[at + 1] === from ? number(from) : `${number(from)} to ${number(edges[at + 1])}` }));
    return (
        <div className="compare-scores">
            <div className="tiles score-facts">
                <Fact label="Pearson correlation" value={number(numbers.pearson)} words={few(pairs) || correlationWords(numbers.pearson) + interval} title="How near the pairs are to a straight line: 1 rising, −1 falling, 0 none" />
                <Fact label="Spearman correlation" value={number(numbers.spearman)} words={few(pairs) || correlationWords(numbers.spearman)} title="The same of their ranks: do they order things alike?" />
                <Fact label="Mean absolute error" value={number(numbers.mae)} words={`means ${number(numbers.mean_a)} and ${number(numbers.mean_b)}`} title="How far apart the two are on average, on the scale of the scores" />
                <Fact label="Root mean square error" value={number(numbers.rmse)} words="large distances weigh more" title="As the mean absolute error, with large distances weighing more" />
            </div>
            <Grid title="Where the pairs lie" names={names} rows={cells(numbers.a_edges)} columns={cells(numbers.b_edges)} counts={numbers.grid} />
        </div>
    );
}

function Labels({ data, names }: { data: ScoreComparison; names: [string, string] }) {
    const { agreement, by_chance, kappa, f1_macro, f1_weighted, each, matrix } = data.labels!;
    const yes = data.a.type === "boolean" && data.b.type === "boolean" ? each.find(({ value }) => value === "true") : undefined;
    const cells = each.map(({ value }) => ({ cell: labelCell(value), label: clip(oneLine(value), 16), words: visible(value) }));
    return (
        <div className="compare-scores">
            <div className="tiles score-facts">
                <Fact label="Agreement" value={percent(agreement)} words={`${percent(by_chance)} by chance alone`} title="Pairs in which both say the same" />
                <Fact label="Cohen’s kappa" value={number(kappa)} words={few(data.pairs) || kappaWords(kappa)} title="Agreement beyond chance: 1 always, 0 as chance has it" />
                {yes && <Fact label="F1 of yes" value={number(yes.f1)} words={`precision ${number(yes.precision)}, recall ${number(yes.recall)}`} title={`With ${names[0]} as what is true and ${names[1]} as what was said`} />}
                <Fact label="F1, all alike" value={number(f1_macro)} words="each category weighs the same" title="The mean of the categories’ F1" />
                {!yes && <Fact label="F1, weighted" value={number(f1_weighted)} words={`as often as ${names[0]} says it`} title="The categories’ F1, weighted by how often they are said" />}
            </div>
            <Grid title="Confusion matrix" names={names} rows={cells} columns={cells} counts={matrix} diagonal />
        </div>
    );
}

function Groups({ data, names }: { data: ScoreComparison; names: [string, string] }) {
    const url = useUrl();
    const labelsFirst = data.a.type === "categorical";
    const key = labelsFirst ? "acell" : "bcell";
    return (
        <section className="panel table-panel" aria-label="Numbers by category">
            <header><h3>{names[labelsFirst ? 1 : 0]} by {names[labelsFirst ? 0 : 1]}</h3></header>
            <div className="table-scroll" tabIndex={0} role="region" aria-label="Numbers by category, table">
                <table className="table">
                    <thead>
                        <tr>
                            <th scope="col">Category</th>
                            {["Pairs", "Mean", "Median", "Least", "Most"].map((label) => <th key={label} scope="col" className="n">{label}</th>)}
                        </tr>
                    </thead>
                    <tbody>
                        {data.groups!.map((group) => (
                            <tr key={group.value}>
                                <th scope="row">
                                    <button type="button" className="sort" aria-pressed={url.search[key] === labelCell(group.value)} onClick={() => url.set({ acell: undefined, bcell: undefined, [key]: labelCell(group.value) })}>
                                        {clip(oneLine(group.value), 60) || NONE}
                                    </button>
                                </th>
                                <td className="n">{exact(group.count)}</td>
                                <td className="n"><b>{number(group.mean)}</b></td>
                                <td className="n">{number(group.median)}</td>
                                <td className="n">{number(group.min)}</td>
                                <td className="n">{number(group.max)}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
        </section>
    );
}
