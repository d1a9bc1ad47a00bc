/* SPDX-License-Identifier: Apache-2.0 */
/* All datasets of a project: what there is to try a program on, and how often that was done. */
import { useState } from "react";
import { createDataset, useDatasets } from "../../api/datasets";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { Code } from "../../components/code";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { Topbar } from "../../components/topbar";
import { exact } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { datasetHref } from "../../url/href";
import { Dialog } from "../../components/dialog";
import { datasetLines } from "../setup/snippets";
import { useTarget } from "../setup/target";
import "./datasets.css";

export default function DatasetsScreen() {
    const url = useUrl();
    const list = useDatasets(url.project);
    const target = useTarget(url.project);
    const [making, setMaking] = useState(false);
    useKeys({ n: () => setMaking(true) });
    return (
        <>
            <Topbar timeless title="Datasets">
                <button type="button" className="button primary" onClick={() => setMaking(true)} title="New dataset (n)">
                    <Icon name="event" small /> New
                </button>
            </Topbar>
            <div className="scroll">
                <div className="datasets">
                    {list.error && <Failure error={list.error} retry={() => list.refetch()} what="The datasets" />}
                    {list.isPending && <Skeleton height={160} />}
                    {list.data && !list.data.datasets.length && (
                        <div className="empty">
                            <h2>No datasets yet</h2>
                            <p>A dataset holds examples to try a program on. Make one here, put spans of a trace into it with “Add to dataset”, or write it with a Langfuse SDK:</p>
                            {target && <Code label="lines for the shell and Python" text={datasetLines(target)} />}
                            <button type="button" className="button primary" onClick={() => setMaking(true)}>
                                <Icon name="event" small /> Make the first dataset
                            </button>
                        </div>
                    )}
                    {list.data && list.data.datasets.length > 0 && (
                        <section className="panel table-panel" aria-label="Datasets">
                            <div className="table-scroll" tabIndex={0} role="region" aria-label="Datasets table">
                                <StackedTable>
                                    <thead>
                                        <tr>
                                            <th scope="col">Dataset</th>
                                            <th scope="col" className="n">Items</th>
                                            <th scope="col" className="n">Runs</th>
                                            <th scope="col">Description</th>
                                            <th scope="col">Made</th>
                                        </tr>
                                    </thead>
                                    <tbody>
                                        {list.data.datasets.map((each) => (
                                            <tr key={each.id}>
                                                <th scope="row">
                                                    <Go className="plain" href={datasetHref(url.project, each.id)}>
                                                        {clip(oneLine(each.name), 100)}
                                                    </Go>
                                                </th>
                                                <td className="n">{exact(each.items)}</td>
                                                <td className="n">{exact(each.runs)}</td>
                                                <td className="text">
                                                    <span className="cut">{clip(oneLine(each.description ?? ""), 160)}</span>
                                                </td>
                                                <td>
                                                    <Moment ns={each.created} relative />
                                                </td>
                                            </tr>
                                        ))}
                                    </tbody>
                                </StackedTable>
                            </div>
                        </section>
                    )}
                </div>
            </div>
            {making && <Make close={() => setMaking(false)} />}
        </>
    );
}

function Make({ close }: { close: () => void }) {
    const url = useUrl();
    const [name, setName] = useState("");
    const [description, setDescription] = useState("");
    const submit = async () => {
        const { id } = await createDataset(url.project, { name: name.trim(), ...(description.trim() && { description: description.trim() }) });
        url.go(datasetHref(url.project, id, "items"));
    };
    return (
        <Dialog title="New dataset" action="Make it" close={close} submit={submit} disabled={!name.trim()}>
            <label>
                Name
                <input className="input" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
            </label>
            <label>
                Description
                <input className="input" value={description} maxLength={2000} onChange={(event) => setDescription(event.target.value)} />
            </label>
        </Dialog>
    );
}
