/* SPDX-License-Identifier: Apache-2.0 */
/* The runs over a dataset with their means. Ticked ones are compared; the oldest of them is the baseline. */
import { useState } from "react";
import { type Dataset, deleteRun, type Run, RUNS_A_PAGE, type RunScore, useRuns } from "../../api/datasets";
import { useUrl } from "../../app/url";
import { DeleteMenu } from "../../components/delete-menu";
import { Go } from "../../components/go";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { exact, plural } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { datasetHref } from "../../url/href";
import { Pages } from "./pages";
import { worded } from "./words";

const MOST = 6;

export function Runs({ dataset }: { dataset: Dataset }) {
    const url = useUrl();
    const skip = Number(url.search.skip) || 0;
    const runs = useRuns(url.project, dataset.id, skip);
    const [ticked, setTicked] = useState<string[]>([]);
    const list = runs.data?.runs ?? [];
    const toggle = (id: string) => setTicked(ticked.includes(id) ? ticked.filter((each) => each !== id) : [...ticked, id].slice(-MOST));
    /* The oldest first: what was there before is the baseline. */
    const chosen = list.filter(({ id }) => ticked.includes(id)).reverse();
    const compared = chosen.length ? chosen : list.slice(0, 2).reverse();
    if (runs.error) return <Failure error={runs.error} retry={() => runs.refetch()} what="The runs" />;
    if (runs.isPending) return <Skeleton height={160} />;
    if (!list.length) {
        return (
            <div className="empty">
                <h2>No runs yet</h2>
                <p>
                    Run an experiment over it with a Langfuse SDK: <code>dataset.run_experiment(…)</code>, or link each item’s trace by hand.
                </p>
            </div>
        );
    }
    const names = [...new Map(list.flatMap(({ measures }) => measures.map(({ name, kind }) => [`${kind} ${name}`, { name, kind }] as const))).values()];
    return (
        <section className="panel table-panel" aria-label="Runs">
            <header className="row">
                <h2>Runs</h2>
                <span className="muted grow">Tick two or more to see them side by side; the oldest is the baseline.</span>
                {compared.length > 1 && (
                    <Go className="button small primary" href={datasetHref(url.project, dataset.id, "compare", { run: compared.map(({ id }) => id).join(",") })}>
                        {chosen.length ? `Compare ${chosen.length}` : "Compare the newest two"}
                    </Go>
                )}
            </header>
            <div className="table-scroll" tabIndex={0} role="region" aria-label="Runs table">
                <StackedTable>
                    <thead>
                        <tr>
                            <th scope="col"><span className="sr">Compare</span></th>
                            <th scope="col">Run</th>
                            <th scope="col" className="n">Items</th>
                            <th scope="col" className="n">Failed</th>
                            {names.map(({ name, kind }) => (
                                <th key={`${kind} ${name}`} scope="col" className="n" title={kind === "score" ? "Mean of the score" : "Mean of an item"}>
                                    {clip(oneLine(name), 40)}
                                </th>
                            ))}
                            <th scope="col">Of the run</th>
                            <th scope="col">When</th>
                            <th scope="col"><span className="sr">More</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {list.map((run) => (
                            <Row key={run.id} dataset={dataset} run={run} names={names} own={(runs.data?.run_scores ?? []).filter((score) => score.run === run.id)} on={ticked.includes(run.id)} toggle={() => toggle(run.id)} />
                        ))}
                    </tbody>
                </StackedTable>
            </div>
            <Pages skip={skip} size={RUNS_A_PAGE} total={runs.data?.total ?? 0} />
        </section>
    );
}

interface RowProps {
    dataset: Dataset;
    run: Run;
    names: { name: string; kind: Run["measures"][number]["kind"] }[];
    own: RunScore[];
    on: boolean;
    toggle: () => void;
}

function Row({ dataset, run, names, own, on, toggle }: RowProps) {
    const url = useUrl();
    const name = clip(oneLine(run.name), 80);
    return (
        <tr>
            <td>
                <input type="checkbox" checked={on} onChange={toggle} aria-label={`Compare ${name}`} />
            </td>
            <th scope="row" title={oneLine(run.description ?? "")}>
                <Go className="plain" href={datasetHref(url.project, dataset.id, "compare", { run: run.id })}>
                    {name}
                </Go>
            </th>
            <td className="n" title={run.found < run.items ? `The traces of ${run.items - run.found} are not there` : undefined}>
                {exact(run.items)}
                {run.found < run.items && <span className="muted"> ({exact(run.found)} found)</span>}
            </td>
            <td className={`n ${run.errors ? "bad" : ""}`}>{exact(run.errors)}</td>
            {names.map(({ name: measure, kind }) => {
                const mean = run.measures.find((each) => each.name === measure && each.kind === kind);
                return (
                    <td key={`${kind} ${measure}`} className="n" title={mean ? `of ${mean.count} items` : undefined}>
                        {worded(kind, mean?.mean)}
                    </td>
                );
            })}
            <td>
                <span className="cut">{own.map((score) => `${clip(oneLine(score.name), 30)} ${score.value === null ? clip(oneLine(score.text ?? ""), 30) : worded("score", score.value)}`).join(" · ")}</span>
            </td>
            <td>
                <Moment ns={run.created} relative />
            </td>
            <td>
                <DeleteMenu what="the run" name={name} small remove={() => deleteRun(url.project, dataset.id, run.id)}>
                    <strong>{name}</strong> goes with its {plural(run.items, "result")}. Its traces stay.
                </DeleteMenu>
            </td>
        </tr>
    );
}
