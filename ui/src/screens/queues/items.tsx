/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a queue, in the order it came, and the way to begin. */
import { ITEMS_A_PAGE, type QueueItem, removeItem, useItemTraces, useQueueItems, type WholeQueue } from "../../api/annotate";
import type { TraceRow } from "../../api/types";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { exact } from "../../format/number";
import { clip, oneLine, preview } from "../../format/text";
import { queueHref } from "../../url/href";
import { Pages } from "../datasets/pages";

const VIEWS = [
    { id: "all", label: "All", status: undefined },
    { id: "pending", label: "Waiting", status: "pending" },
    { id: "completed", label: "Done", status: "completed" },
] as const;

/** What it is, in few words. */
export function nameOf(item: QueueItem): string {
    if (item.kind === "session") return oneLine(item.session ?? "");
    return item.kind === "trace" ? (item.trace_id ?? "") : `${item.span_id ?? ""}${item.trace_id ? "" : " (has not come yet)"}`;
}

export function Items({ queue }: { queue: WholeQueue }) {
    const url = useUrl();
    const view = VIEWS.find(({ id }) => id === url.search.view) ?? VIEWS[0];
    const skip = Math.max(0, Number(url.search.skip) || 0);
    const list = useQueueItems(url.project, queue.id, view.status, skip);
    const first = useQueueItems(url.project, queue.id, "pending", 0).data?.items[0];
    const traces = useItemTraces(url.project, list.data?.items ?? []);
    const begin = () => first && url.go(queueHref(url.project, queue.id, { item: first.id }));
    useKeys({ Enter: begin });
    if (list.error) return <Failure error={list.error} retry={() => list.refetch()} what="The items" />;
    if (!list.data) return <Skeleton height={160} />;
    if (!queue.pending && !queue.completed) return <NothingYet />;
    return (
        <section className="panel table-panel" aria-label="Items of the queue">
            <header className="row wrap">
                <button type="button" className="button primary" disabled={!first} onClick={begin} title="Judge the first that waits (Enter)">
                    <Icon name="play" small /> {queue.completed ? "Go on" : "Begin"}
                </button>
                {VIEWS.map(({ id, label }) => (
                    <button key={id} type="button" className="button small" aria-pressed={view.id === id} onClick={() => url.set({ view: id === "all" ? undefined : id, skip: undefined })}>
                        {label} <span className="muted">{exact(id === "all" ? queue.pending + queue.completed : queue[id])}</span>
                    </button>
                ))}
            </header>
            <div className="table-scroll" tabIndex={0} role="region" aria-label="Items table">
                <StackedTable>
                    <thead>
                        <tr>
                            <th scope="col">Item</th>
                            <th scope="col">Kind</th>
                            <th scope="col">State</th>
                            <th scope="col">By</th>
                            <th scope="col">Added</th>
                            <th scope="col"><span className="sr">Actions</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {list.data.items.map((each) => (
                            <tr key={each.id}>
                                <th scope="row">
                                    <Go className="plain" href={queueHref(url.project, queue.id, { item: each.id })} title={nameOf(each)}>
                                        <What item={each} trace={traces.get(each.trace_id ?? "")} />
                                    </Go>
                                </th>
                                <td>{each.kind === "observation" ? "span" : each.kind}</td>
                                <td>
                                    <i className={`dot ${each.status === "completed" ? "ok" : ""}`} /> {each.status === "completed" ? "done" : "waiting"}
                                </td>
                                <td>{clip(oneLine(each.author ?? ""), 60)}</td>
                                <td>
                                    <Moment ns={each.created} relative />
                                </td>
                                <td>
                                    <button type="button" className="button small bare icon" onClick={() => void removeItem(url.project, queue.id, each.id)} aria-label={`Take ${clip(nameOf(each), 40)} out of the queue`} title="Take it out of the queue; what was said of it stays">
                                        <Icon name="close" small />
                                    </button>
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </StackedTable>
            </div>
            {list.data.total === 0 && <p className="empty">{view.id === "pending" ? "Nothing waits: all is done." : "Nothing is done yet."}</p>}
            <Pages skip={skip} size={ITEMS_A_PAGE} total={list.data.total} />
        </section>
    );
}

/** The question it began with, else its id. */
function What({ item, trace }: { item: QueueItem; trace: TraceRow | undefined }) {
    const asked = preview(trace?.input ?? trace?.name, 90);
    return asked ? <span className="cut">{asked}</span> : <span className="mono">{clip(nameOf(item), 40)}</span>;
}

function NothingYet() {
    const url = useUrl();
    return (
        <div className="empty">
            <h2>Nothing is in this queue yet</h2>
            <p>Open a trace, one of its spans or a session and choose “To a queue” there, or add them with the annotationQueues calls of a Langfuse SDK.</p>
            <Go className="button" href={url.href("traces")}>
                To the traces
            </Go>
        </div>
    );
}
