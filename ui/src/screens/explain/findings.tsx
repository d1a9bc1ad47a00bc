/* SPDX-License-Identifier: Apache-2.0 */
/* What stands out, strongest first: shares now and before, how much of the change, since when, and examples. */
import type { ExplainedValue, Explanation } from "../../api/explain";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Moment } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { count, duration, exact, moneyExact, percent } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { fieldInfo } from "../../url/filters";
import type { Range } from "../../url/range";
import type { Search } from "../../url/search";
import { amountText, type Finding, findings, type Measure } from "./measures";

interface Props {
    explanation: Explanation;
    measure: Measure;
    at: Range;
    stale: boolean;
}

export function Findings({ explanation, measure, at, stale }: Props) {
    const found = findings(explanation.values);
    return (
        <section className={`panel table-panel explain-found ${stale ? "stale" : ""}`} aria-label="What it is made of">
            <header>
                <h2>
                    <Headline explanation={explanation} measure={measure} />
                </h2>
            </header>
            {found.length ? (
                <div className="table-scroll" tabIndex={0} role="region" aria-label="What it is made of, table">
                    <StackedTable className="explain-table">
                        <thead>
                            <tr>
                                <th scope="col" className="n">
                                    <span className="sr">Rank</span>
                                </th>
                                <th scope="col">{explanation.falls ? "Less of" : "More of"}</th>
                                <th scope="col" title="What part of the whole it is: above in the chosen stretch, below in the baseline">Share now and before</th>
                                <th scope="col" className="n">Now</th>
                                <th scope="col" className="n" title="What as long a time of the baseline has">Expected</th>
                                <th scope="col" className="n" title="Its own change by that of the whole: more than 100 % where others fell">Of the change</th>
                                <th scope="col">Since</th>
                                <th scope="col">Examples</th>
                            </tr>
                        </thead>
                        <tbody>
                            {found.map((finding, place) => (
                                <Row key={finding.head.filters.join()} finding={finding} place={place} explanation={explanation} measure={measure} at={at} />
                            ))}
                        </tbody>
                    </StackedTable>
                </div>
            ) : (
                <p className="explain-none muted">
                    <strong>Nothing stands out.</strong> {explanation.now.spans + explanation.baseline.spans === 0 ? "There is nothing of this in either time." : `${exact(explanation.compared)} values were compared; the change is spread over them as before, or too small to tell from chance.`}
                </p>
            )}
            <p className="explain-note muted">
                {exact(explanation.compared)} values of 19 dimensions were compared; shown is what chance gives less than once in a hundred such questions.
                {explanation.sample < 1 && ` Values were counted in ${percent(explanation.sample)} of the spans, their amounts are estimates.`}
            </p>
        </section>
    );
}

/** "54 failed calls, 42 more than in as long a time before". */
function Headline({ explanation, measure }: Pick<Props, "explanation" | "measure">) {
    const { now, baseline, scale, change, threshold } = explanation;
    const expected = baseline.amount * scale;
    const text = (amount: number) => amountText(explanation, Math.round(amount));
    return (
        <>
            {text(now.amount)} {measure.noun}
            {threshold !== null && ` (over ${duration(threshold)})`}
            {now.of !== undefined && now.of > 0 && <span className="muted"> of {count(now.of)}</span>}, {change >= 0 ? `${text(change)} more` : `${text(-change)} less`} than the {text(expected)} of as long a time in the baseline
        </>
    );
}

/** What a value is called: "Prompt support-reply, version 8". */
function labelOf(value: ExplainedValue): { dimension: string; text: string } {
    const text = value.value === null ? "(none)" : clip(oneLine(value.value), 80);
    const second = value.second_value ? `, version ${clip(oneLine(value.second_value), 40)}` : "";
    return { dimension: fieldInfo(value.dimension)?.label ?? value.dimension, text: text + second };
}

interface RowProps extends Omit<Props, "stale"> {
    finding: Finding;
    place: number;
}

function Row({ finding: { head, also }, place, explanation, measure, at }: RowProps) {
    const url = useUrl();
    /* What lacks now is seen in the baseline. */
    const range = explanation.falls ? { from: explanation.baseline.from, to: explanation.baseline.to } : at;
    const extra: Search = { from: range.from, to: range.to, live: undefined, sort: measure.sort };
    const behind = (value: ExplainedValue) => url.traces([...value.filters, ...(measure.filters?.(explanation) ?? [])], extra);
    const { dimension, text } = labelOf(head);
    const expected = head.baseline_amount * explanation.scale;
    const precise = (amount: number) => (explanation.unit === "usd" ? moneyExact(amount) : exact(amount));
    return (
        <tr>
            <td className="n muted spare">{place + 1}</td>
            <th scope="row">
                <Go className="explain-value" href={behind(head)} title="Open the traces">
                    <span className="muted">{dimension}</span> {text}
                </Go>
                {also.length > 0 && (
                    <span className="explain-also muted">
                        the same as{" "}
                        {also.slice(0, 5).map((value, index) => (
                            <span key={value.filters.join()}>
                                {index > 0 && ", "}
                                <Go className="plain" href={behind(value)} title={labelOf(value).dimension}>
                                    {labelOf(value).text}
                                </Go>
                            </span>
                        ))}
                        {also.length > 5 && ` and ${also.length - 5} more`}
                    </span>
                )}
            </th>
            <td>
                <Shares now={head.share} before={head.baseline_share} />
            </td>
            <td className="n" title={precise(head.amount)}>
                {amountText(explanation, head.amount)}
                <Rate amount={head.spans} of={head.of} />
            </td>
            <td className="n" title={`${precise(head.baseline_amount)} in all of the baseline`}>
                {amountText(explanation, Math.round(expected))}
                <Rate amount={head.baseline_spans} of={head.baseline_of} />
            </td>
            <td className="n" title={`G = ${head.strength.toFixed(1)}, by chance ${head.chance.toExponential(0)}`}>
                {percent(head.change_share)}
            </td>
            <td className="told">
                <Moment ns={head.first} />
            </td>
            <td>
                <span className="row explain-examples">
                    <Go className="plain" href={url.trace(head.first_example.trace_id, { span: head.first_example.span_id ?? undefined })}>
                        first
                    </Go>
                    <Go className="plain" href={url.trace(head.biggest_example.trace_id, { span: head.biggest_example.span_id ?? undefined })}>
                        {explanation.unit === "count" ? "latest" : explanation.unit === "slow" ? "slowest" : "largest"}
                    </Go>
                    <Go className="button small bare" href={behind(head)}>
                        Traces <Icon name="right" small />
                    </Go>
                </span>
            </td>
        </tr>
    );
}

/** "77 % of 62": how many of those that could have. */
function Rate({ amount, of }: { amount: number; of: number | undefined }) {
    if (of === undefined || of <= 0) return null;
    return <span className="explain-rate muted">{percent(Math.min(1, amount / of))} of {count(of)}</span>;
}

function Shares({ now, before }: { now: number | null; before: number | null }) {
    const bar = (share: number | null, kind: string) => (
        <span className={`explain-bar ${kind}`}>
            <i style={{ "--share": share ?? 0 } as React.CSSProperties} />
            <b>{percent(share)}</b>
        </span>
    );
    return (
        <span className="explain-shares">
            {bar(now, "now")}
            {bar(before, "before")}
        </span>
    );
}
