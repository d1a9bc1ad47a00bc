/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs side by side. First whether each score, latency and cost differs by more than chance, then the
 * items, regressions first, each with what was expected and what each run answered.
 */
import { useParams } from "@tanstack/react-router";
import { COMPARED_A_PAGE, type ComparedItem, type Comparison, type Measure, type Result, useComparison, useDataset } from "../../api/datasets";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { exact, plural } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { datasetHref } from "../../url/href";
import { Differences } from "./differences";
import { Pages } from "./pages";
import { differing, head, payload, worded } from "./words";
import "./datasets.css";

const CHANGES: Record<ComparedItem["change"], { label: string; tag: string }> = {
    regressed: { label: "regressed", tag: "tag error" },
    improved: { label: "improved", tag: "tag accent" },
    same: { label: "the same", tag: "tag" },
    none: { label: "not compared", tag: "tag" },
};

export default function CompareScreen() {
    const { datasetId = "" } = useParams({ strict: false }) as { datasetId?: string };
    const url = useUrl();
    const runs = (url.search.run ?? "").split(",").filter(Boolean);
    const lower = (url.search.lower ?? "").split(",").filter(Boolean);
    const skip = Number(url.search.skip) || 0;
    const dataset = useDataset(url.project, datasetId);
    const comparison = useComparison(url.project, datasetId, runs, lower, skip);
    const { data } = comparison;
    return (
        <>
            <Topbar timeless title={dataset.data ? clip(oneLine(dataset.data.name), 80) : "Runs"}>
                <Go className="button bare" href={datasetHref(url.project, datasetId)}>
                    <Icon name="left" small /> All runs
                </Go>
            </Topbar>
            <div className="scroll">
                <div className="datasets">
                    {!runs.length && <p className="empty">Choose runs on the dataset’s screen.</p>}
                    {comparison.error && <Failure error={comparison.error} retry={() => comparison.refetch()} what="The comparison" />}
                    {comparison.isPending && runs.length > 0 && <Skeleton height={260} />}
                    {data && (
                        <>
                            {data.runs.length > 1 && <Summary data={data} />}
                            <Differences data={data} lower={lower} />
                            <Items data={data} skip={skip} />
                        </>
                    )}
                </div>
            </div>
        </>
    );
}

function Summary({ data: { changes, runs } }: { data: Comparison }) {
    const parts: [string, number, string][] = [
        ["Regressed", changes.regressed, changes.regressed ? "bad" : ""],
        ["Improved", changes.improved, changes.improved ? "good" : ""],
        ["The same", changes.same, ""],
        ["Not in both", changes.none, ""],
    ];
    return (
        <dl className="verdicts" aria-label={`Items of ${plural(runs.length, "run")}`}>
            {parts.map(([label, value, tone]) => (
                <div key={label} className="panel">
                    <dt>{label}</dt>
                    <dd className={tone}>{exact(value)}</dd>
                </div>
            ))}
        </dl>
    );
}

function Items({ data, skip }: { data: Comparison; skip: number }) {
    return (
        <section className="compared" aria-label="Items">
            {data.items.map((item) => (
                <Item key={item.id} item={item} data={data} />
            ))}
            <Pages skip={skip} size={COMPARED_A_PAGE} total={data.total} />
        </section>
    );
}

function Item({ item, data }: { item: ComparedItem; data: Comparison }) {
    const { label, tag } = CHANGES[item.change];
    const baseline = item.runs[0];
    const several = data.runs.length > 1;
    return (
        <article className="panel compared-item" aria-label={`Item ${oneLine(item.id)}`}>
            <header>
                {several && <span className={tag}>{label}</span>}
                <span className="mono muted">{clip(oneLine(item.id), 60)}</span>
            </header>
            <div className="compared-texts">
                <Cell title="Input" text={payload(item.input)} />
                <Cell title="Expected" text={payload(item.expected_output)} />
                {data.runs.map((run, at) => (
                    <Answer key={run.id} name={run.name} note={several && at === 0 ? "baseline" : ""} result={item.runs[at]} before={at > 0 && baseline ? head(baseline.output) : null} values={at > 0 && baseline ? baseline.values : null} measures={data.differences} />
                ))}
            </div>
        </article>
    );
}

function Cell({ title, text }: { title: string; text: string }) {
    return (
        <div className="compared-text">
            <h3>{title}</h3>
            {text ? <pre tabIndex={0} aria-label={title}>{visible(clip(text, 4000))}</pre> : <p className="muted">none</p>}
        </div>
    );
}

interface AnswerProps {
    name: string;
    note: string;
    result: Result | null;
    /** What the baseline answered and scored; null for the baseline itself. */
    before: string | null;
    values: (number | null)[] | null;
    measures: Measure[];
}

function Answer({ name, note, result, before, values, measures }: AnswerProps) {
    const url = useUrl();
    const title = clip(oneLine(name), 60);
    return (
        <div className="compared-text">
            <h3>
                <span className="cut">{title}</span>
                {note && <span className="tag">{note}</span>}
                {result?.error && <span className="tag error">failed</span>}
                {result && result.times > 1 && <span className="tag" title="Numbers are the mean of all">{result.times} times</span>}
                <span className="grow" />
                {result?.found && (
                    <Go className="plain" href={url.trace(result.trace_id, result.span_id ? { span: result.span_id } : {})}>
                        Trace
                    </Go>
                )}
            </h3>
            {!result && <p className="muted">not in this run</p>}
            {result && !result.found && <p className="muted">its trace is not there (any more)</p>}
            {result?.found && <Output text={head(result.output)} before={before} name={title} />}
            {result && <Values result={result} values={values} measures={measures} />}
        </div>
    );
}

function Output({ text, before, name }: { text: string; before: string | null; name: string }) {
    if (!text) return <p className="muted">no output</p>;
    const label = `What ${name} answered`;
    if (before === null || before === text) return <pre tabIndex={0} aria-label={label}>{visible(clip(text, 4000))}</pre>;
    return (
        <pre tabIndex={0} aria-label={label}>
            {differing(clip(before, 4000), clip(text, 4000)).map(({ kind, text: piece }, at) =>
                kind === "same" ? <span key={at}>{visible(piece)}</span> : kind === "gone" ? <del key={at}>{visible(piece)}</del> : <ins key={at}>{visible(piece)}</ins>,
            )}
        </pre>
    );
}

function Values({ result, values, measures }: { result: Result; values: (number | null)[] | null; measures: Measure[] }) {
    return (
        <p className="compared-values">
            {measures.map(({ name, kind, lower_is_better }, at) => {
                const value = result.values[at];
                const was = values?.[at] ?? null;
                if (value === null) return null;
                const by = was === null ? 0 : value - was;
                const tone = by === 0 || kind !== "score" ? "" : by > 0 !== lower_is_better ? "good" : "bad";
                return (
                    <span key={`${kind} ${name}`} title={was === null ? undefined : `baseline ${worded(kind, was)}`}>
                        {clip(oneLine(name), 30)} <b className={tone}>{worded(kind, value)}</b>
                    </span>
                );
            })}
        </p>
    );
}
