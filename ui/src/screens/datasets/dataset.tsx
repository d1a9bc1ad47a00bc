/* SPDX-License-Identifier: Apache-2.0 */
/* One dataset: the runs over it, or its items. */
import { useParams } from "@tanstack/react-router";
import { deleteDataset, useDataset } from "../../api/datasets";
import { useUrl } from "../../app/url";
import { DeleteMenu } from "../../components/delete-menu";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { exact, plural } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { datasetHref } from "../../url/href";
import { Items } from "./items";
import { Runs } from "./runs";
import "./datasets.css";

export default function DatasetScreen({ part }: { part: "runs" | "items" }) {
    const { datasetId = "" } = useParams({ strict: false }) as { datasetId?: string };
    const url = useUrl();
    const dataset = useDataset(url.project, datasetId);
    const { data } = dataset;
    const remove = async () => {
        await deleteDataset(url.project, datasetId);
        url.go(url.href("datasets"));
    };
    return (
        <>
            <Topbar timeless title={data ? clip(oneLine(data.name), 80) : "Dataset"}>
                <Go className="button bare" href={url.href("datasets")}>
                    <Icon name="left" small /> All datasets
                </Go>
                {data && (
                    <DeleteMenu what="the dataset with its runs" remove={remove}>
                        <strong>{clip(oneLine(data.name), 80)}</strong> goes with {plural(data.items, "item")} and {plural(data.runs, "run")}. The traces of its runs stay.
                    </DeleteMenu>
                )}
            </Topbar>
            <div className="scroll">
                <div className="datasets">
                    {dataset.error && <Failure error={dataset.error} retry={() => dataset.refetch()} what="The dataset" />}
                    {dataset.isPending && <Skeleton height={160} />}
                    {data && (
                        <>
                            {data.description && <p className="muted">{visible(clip(data.description, 1000))}</p>}
                            <nav className="row" aria-label="Parts of the dataset">
                                <Go className="button small" aria-current={part === "runs" ? "page" : undefined} aria-pressed={part === "runs"} role="button" href={datasetHref(url.project, data.id)}>
                                    Runs <span className="muted">{exact(data.runs)}</span>
                                </Go>
                                <Go className="button small" aria-current={part === "items" ? "page" : undefined} aria-pressed={part === "items"} role="button" href={datasetHref(url.project, data.id, "items")}>
                                    Items <span className="muted">{exact(data.items)}</span>
                                </Go>
                            </nav>
                            {part === "runs" ? <Runs dataset={data} /> : <Items dataset={data} />}
                        </>
                    )}
                </div>
            </div>
        </>
    );
}
