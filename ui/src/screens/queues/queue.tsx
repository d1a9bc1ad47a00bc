/* SPDX-License-Identifier: Apache-2.0 */
/* One annotation queue: its items, or, with one of them in the URL, the place where it is judged. */
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { deleteQueue, useQueue } from "../../api/annotate";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { DeleteMenu } from "../../components/delete-menu";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { exact, plural } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { queueHref } from "../../url/href";
import { QueueForm } from "./form";
import { Items } from "./items";
import { Assigned } from "./people";
import { Progress } from "./progress";
import { Work } from "./work";
import "./queues.css";

export default function QueueScreen() {
    const { queueId = "" } = useParams({ strict: false }) as { queueId?: string };
    const url = useUrl();
    const queue = useQueue(url.project, queueId);
    const { data } = queue;
    const item = url.search.item;
    const [editing, setEditing] = useState(false);
    useKeys({ e: () => !item && setEditing(true) });
    const remove = async () => {
        await deleteQueue(url.project, queueId);
        url.go(url.href("queues"));
    };
    return (
        <>
            <Topbar timeless title={data ? clip(oneLine(data.name), 80) : "Queue"}>
                {data && (
                    <span className="row">
                        <Progress queue={data} />
                        <span className="muted nowrap">
                            {exact(data.completed)} of {exact(data.pending + data.completed)} done
                        </span>
                    </span>
                )}
                <Go className="button bare" href={item ? queueHref(url.project, queueId) : url.href("queues")}>
                    <Icon name="left" small /> {item ? "All items" : "All queues"}
                </Go>
                {!item && data && (
                    <button type="button" className="button" onClick={() => setEditing(true)} title="Name, questions and people (e)">
                        Edit
                    </button>
                )}
                {!item && data && (
                    <DeleteMenu what="the queue" remove={remove}>
                        <strong>{clip(oneLine(data.name), 80)}</strong> goes with {plural(data.pending + data.completed, "item")}. The scores given in it stay.
                    </DeleteMenu>
                )}
            </Topbar>
            {editing && data && <QueueForm queue={data} close={() => setEditing(false)} />}
            {queue.error && <Failure error={queue.error} retry={() => queue.refetch()} what="The queue" />}
            {queue.isPending && <Skeleton height={160} />}
            {data && item && <Work key={data.id} queue={data} itemId={item} />}
            {data && !item && (
                <div className="scroll">
                    <div className="queues">
                        {data.description && <p className="muted">{visible(clip(data.description, 2000))}</p>}
                        {data.people.length > 0 && <p className="muted">Assigned to <Assigned people={data.people} /></p>}
                        <Items queue={data} />
                    </div>
                </div>
            )}
        </>
    );
}
