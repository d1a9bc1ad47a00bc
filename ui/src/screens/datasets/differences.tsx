/* SPDX-License-Identifier: Apache-2.0 */
/* Each measure of each run beside the baseline's: the mean difference, its interval, and whether it is more than chance. */
import type { Comparison, Difference, Measure, Run } from "../../api/datasets";
import { useUrl } from "../../app/url";
import { StackedTable } from "../../components/stacked-table";
import { clip, oneLine } from "../../format/text";
import { NONE } from "../../format/number";
import { probability, signed, verdict, worded } from "./words";

const WIDTH = 160;

/** The interval on a line with no difference in its middle; `reach` is half of what the line spans. */
function Interval({ difference, reach, tone }: { difference: Difference; reach: number; tone: string }) {
    const { low, high, mean } = difference;
    if (low === null || high === null || mean === null) return null;
    const x = (value: number) => WIDTH / 2 + (reach > 0 ? (value / reach) * (WIDTH / 2 - 6) : 0);
    return (
        <svg className={`interval ${tone}`} viewBox={`0 0 ${WIDTH} 18`} aria-hidden="true">
            <path className="axis" d={`M${WIDTH / 2} 1V17`} />
            <path className="bar" d={`M${x(low).toFixed(1)} 9H${x(high).toFixed(1)}`} />
            <circle className="point" cx={x(mean).toFixed(1)} cy="9" r="3.500" />
        </svg>
    );
}

function meanOf(run: Run | undefined, { name, kind }: Measure): number | null {
    return run?.measures.find((each) => each.name === name && each.kind === kind)?.mean ?? null;
}

export function Differences({ data, lower }: { data: Comparison; lower: string[] }) {
    const [baseline, ...others] = data.runs;
    return (
        <section className="panel table-panel" aria-label="Differences">
            <header className="row">
                <h2>{others.length ? "Differences from the baseline" : "Means"}</h2>
                <span className="muted grow">
                    {others.length > 0 && "Paired by item: permutation test, Holm-corrected; intervals 95 %, by bootstrap."}
                    {data.scores_left_out && " Only the first 30 scores are compared."}
                </span>
            </header>
            <div className="table-scroll" tabIndex={0} role="region" aria-label="Differences table">
                <StackedTable>
                    <thead>
                        <tr>
                            <th scope="col">Measure</th>
                            <th scope="col" className="n">{clip(oneLine(baseline?.name ?? ""), 40)}</th>
                            {others.length > 0 && (
                                <>
                                    <th scope="col">Run</th>
                                    <th scope="col" className="n">Mean</th>
                                    <th scope="col" className="n">Difference</th>
                                    <th scope="col">95 % interval</th>
                                    <th scope="col" className="n" title="Probability of a difference this large by chance, corrected for the number of measures">p</th>
                                    <th scope="col">Verdict</th>
                                    <th scope="col" className="n">Better</th>
                                    <th scope="col" className="n">Worse</th>
                                    <th scope="col" className="n">Same</th>
                                </>
                            )}
                        </tr>
                    </thead>
                    <tbody>
                        {data.differences.map((measure) => (
                            <Rows key={`${measure.kind} ${measure.name}`} measure={measure} data={data} lower={lower} />
                        ))}
                    </tbody>
                </StackedTable>
            </div>
        </section>
    );
}

function Name({ measure, lower }: { measure: Measure; lower: string[] }) {
    const url = useUrl();
    const name = clip(oneLine(measure.name), 40);
    if (measure.kind !== "score") return <>{name}</>;
    const turn = () => {
        const next = measure.lower_is_better ? lower.filter((each) => each !== measure.name) : [...lower, measure.name];
        url.set({ lower: next.join(",") || undefined }, { replace: true });
    };
    return (
        <span className="row">
            {name}
            <button type="button" className="button bare small" aria-pressed={measure.lower_is_better} onClick={turn} title="Which way is better?">
                {measure.lower_is_better ? "lower is better" : "higher is better"}
            </button>
        </span>
    );
}

function Rows({ measure, data, lower }: { measure: Measure; data: Comparison; lower: string[] }) {
    const reach = Math.max(0, ...measure.runs.flatMap(({ low, high }) => [Math.abs(low ?? 0), Math.abs(high ?? 0)]));
    const before = worded(measure.kind, meanOf(data.runs[0], measure));
    if (!measure.runs.length)
        return (
            <tr>
                <th scope="row"><Name measure={measure} lower={lower} /></th>
                <td className="n">{before}</td>
            </tr>
        );
    return (
        <>
            {measure.runs.map((difference, at) => (
                <tr key={difference.run}>
                    <th scope="row">{at === 0 && <Name measure={measure} lower={lower} />}</th>
                    <td className="n">{at === 0 ? before : ""}</td>
                    <Compared measure={measure} difference={difference} run={data.runs[at + 1]} reach={reach} />
                </tr>
            ))}
        </>
    );
}

function Compared({ measure, difference, run, reach }: { measure: Measure; difference: Difference; run: Run; reach: number }) {
    const found = verdict(difference, measure.lower_is_better);
    const tone = found === "worse" ? "bad" : found === "better" ? "good" : "muted";
    const interval = difference.low === null ? NONE : `${signed(measure.kind, difference.low)} to ${signed(measure.kind, difference.high)}`;
    return (
        <>
            <td>{clip(oneLine(run.name), 40)}</td>
            <td className="n">{worded(measure.kind, meanOf(run, measure))}</td>
            <td className={`n ${tone}`} title={`over ${difference.pairs} items that both have`}>{signed(measure.kind, difference.mean)}</td>
            <td>
                <span className="row" title={interval}>
                    <Interval difference={difference} reach={reach} tone={found ?? ""} />
                    <span className="sr">{interval}</span>
                </span>
            </td>
            <td className="n" title={`without the correction ${probability(difference.p)}`}>{probability(difference.p_adjusted)}</td>
            <td className={tone}>{found ? `significantly ${found}` : difference.mean === null ? "not in both" : "no more than chance"}</td>
            <td className="n">{difference.better}</td>
            <td className="n">{difference.worse}</td>
            <td className="n">{difference.same}</td>
        </>
    );
}
