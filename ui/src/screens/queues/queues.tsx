/* SPDX-License-Identifier: Apache-2.0 */
/* All annotation queues of a project: what waits to be judged, and how far each is. */
import { useState } from "react";
import { useQueues } from "../../api/annotate";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { Topbar } from "../../components/topbar";
import { exact } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { queueHref } from "../../url/href";
import { QueueForm } from "./form";
import { Assigned } from "./people";
import { Progress } from "./progress";
import "./queues.css";

export default function QueuesScreen() {
    const url = useUrl();
    const list = useQueues(url.project);
    const [making, setMaking] = useState(false);
    useKeys({ n: () => setMaking(true) });
    return (
        <>
            <Topbar timeless title="Queues">
                <button type="button" className="button primary" onClick={() => setMaking(true)} title="New queue (n)">
                    <Icon name="event" small /> New
                </button>
            </Topbar>
            <div className="scroll">
                <div className="queues">
                    {list.error && <Failure error={list.error} retry={() => list.refetch()} what="The queues" />}
                    {list.isPending && <Skeleton height={160} />}
                    {list.data && !list.data.queues.length && (
                        <div className="empty">
                            <h2>No annotation queues yet</h2>
                            <p>A queue is a list of traces, spans or sessions for people to judge, each by the same questions. Make one here, put things into it with “To a queue” on their screens or with a Langfuse SDK, and work through it by keyboard.</p>
                            <button type="button" className="button primary" onClick={() => setMaking(true)}>
                                <Icon name="event" small /> Make the first queue
                            </button>
                        </div>
                    )}
                    {list.data && list.data.queues.length > 0 && (
                        <section className="panel table-panel" aria-label="Annotation queues">
                            <div className="table-scroll" tabIndex={0} role="region" aria-label="Queues table">
                                <StackedTable>
                                    <thead>
                                        <tr>
                                            <th scope="col">Queue</th>
                                            <th scope="col" className="n">Waiting</th>
                                            <th scope="col" className="n">Done</th>
                                            <th scope="col">Progress</th>
                                            <th scope="col">Assigned to</th>
                                            <th scope="col">Description</th>
                                            <th scope="col">Made</th>
                                        </tr>
                                    </thead>
                                    <tbody>
                                        {list.data.queues.map((each) => (
                                            <tr key={each.id}>
                                                <th scope="row">
                                                    <Go className="plain" href={queueHref(url.project, each.id)}>
                                                        {clip(oneLine(each.name), 100)}
                                                    </Go>
                                                </th>
                                                <td className="n">{exact(each.pending)}</td>
                                                <td className="n">{exact(each.completed)}</td>
                                                <td>
                                                    <Progress queue={each} />
                                                </td>
                                                <td>
                                                    <Assigned people={each.people} />
                                                </td>
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
            {making && <QueueForm close={() => setMaking(false)} />}
        </>
    );
}
