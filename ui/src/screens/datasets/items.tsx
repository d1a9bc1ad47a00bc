/* SPDX-License-Identifier: Apache-2.0 */
/* The items of a dataset: looked at, changed, archived, added by hand or from a file. */
import { useState } from "react";
import { type Dataset, type DatasetItem, ITEMS_A_PAGE, useItems, writeItems } from "../../api/datasets";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { exact } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { ImportForm } from "./import-form";
import { ItemForm } from "./item-form";
import { Pages } from "./pages";
import { payload } from "./words";

export function Items({ dataset }: { dataset: Dataset }) {
    const url = useUrl();
    const skip = Number(url.search.skip) || 0;
    const archived = url.search.view === "all";
    const items = useItems(url.project, dataset.id, skip, archived);
    const [editing, setEditing] = useState<DatasetItem | "new" | null>(null);
    const [importing, setImporting] = useState(false);
    const [problem, setProblem] = useState<Error | null>(null);
    const archive = (item: DatasetItem) =>
        writeItems(url.project, dataset.id, [{ id: item.id, status: item.status === "active" ? "archived" : "active" }]).then(() => setProblem(null), setProblem);
    const list = items.data?.items ?? [];
    return (
        <section className="panel table-panel" aria-label="Items">
            <header className="row">
                <h2 className="grow">Items</h2>
                {dataset.archived > 0 && (
                    <button type="button" className="button small bare" aria-pressed={archived} onClick={() => url.set({ view: archived ? undefined : "all", skip: undefined }, { replace: true })}>
                        Show {exact(dataset.archived)} archived
                    </button>
                )}
                <button type="button" className="button small" onClick={() => setImporting(true)}>
                    <Icon name="document" small /> From a file
                </button>
                <button type="button" className="button small primary" onClick={() => setEditing("new")}>
                    <Icon name="event" small /> Add
                </button>
            </header>
            {problem && <p className="note bad" role="alert">{visible(problem.message)}</p>}
            {items.error && <Failure error={items.error} retry={() => items.refetch()} what="The items" />}
            {items.isPending && <Skeleton height={160} />}
            {items.data && !list.length && <p className="empty">No items yet.</p>}
            {list.length > 0 && (
                <div className="table-scroll" tabIndex={0} role="region" aria-label="Items table">
                    <table className="table">
                        <thead>
                            <tr>
                                <th scope="col">Input</th>
                                <th scope="col">Expected output</th>
                                <th scope="col">Id</th>
                                <th scope="col">Changed</th>
                                <th scope="col"><span className="sr">Change</span></th>
                            </tr>
                        </thead>
                        <tbody>
                            {list.map((item) => (
                                <Row key={item.id} item={item} edit={() => setEditing(item)} archive={() => void archive(item)} />
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
            <Pages skip={skip} size={ITEMS_A_PAGE} total={items.data?.total ?? 0} />
            {editing && <ItemForm dataset={dataset.id} item={editing === "new" ? undefined : editing} close={() => setEditing(null)} />}
            {importing && <ImportForm dataset={dataset.id} close={() => setImporting(false)} />}
        </section>
    );
}

function Row({ item, edit, archive }: { item: DatasetItem; edit: () => void; archive: () => void }) {
    const url = useUrl();
    const shown = (value: unknown) => clip(oneLine(payload(value)), 120);
    return (
        <tr>
            <td>
                <span className="cut" title={clip(visible(payload(item.input)), 2000)}>{shown(item.input) || "–"}</span>
            </td>
            <td>
                <span className="cut" title={clip(visible(payload(item.expected_output)), 2000)}>{shown(item.expected_output) || "–"}</span>
            </td>
            <td>
                <span className="cut mono">{clip(oneLine(item.id), 40)}</span>
                {item.status === "archived" && <span className="tag">archived</span>}
            </td>
            <td>
                <Moment ns={item.updated} relative />
            </td>
            <td>
                <span className="row">
                    {item.source_trace_id && (
                        <Go className="button bare small" href={url.trace(item.source_trace_id, item.source_span_id ? { span: item.source_span_id } : {})}>
                            Trace
                        </Go>
                    )}
                    <button type="button" className="button bare small" onClick={edit} aria-label={`Edit ${clip(oneLine(item.id), 60)}`}>
                        Edit
                    </button>
                    <button type="button" className="button bare small" onClick={archive} aria-label={`${item.status === "active" ? "Archive" : "Restore"} ${clip(oneLine(item.id), 60)}`}>
                        {item.status === "active" ? "Archive" : "Restore"}
                    </button>
                </span>
            </td>
        </tr>
    );
}
