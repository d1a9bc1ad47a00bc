/* SPDX-License-Identifier: Apache-2.0 */
/* Puts what is on the screen into an annotation queue, for somebody to judge. */
import { useState } from "react";
import { addToQueue, type Subject, useQueues } from "../../api/annotate";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import { clip, oneLine, visible } from "../../format/text";
import { queueHref } from "../../url/href";

/** `small`: where room is scarce, without words. */
export function AddToQueue({ subject, what, small }: { subject: Subject; what: string; small?: boolean }) {
    return (
        <Menu label={<><Icon name="queues" small /> {!small && "To a queue"}</>} name={`Put this ${what} into an annotation queue`} title={`Have somebody judge this ${what}`} className={`button bare ${small ? "small icon" : ""}`} align="right">
            {() => <Choice subject={subject} />}
        </Menu>
    );
}

function Choice({ subject }: { subject: Subject }) {
    const url = useUrl();
    const list = useQueues(url.project);
    const [said, setSaid] = useState<Record<string, string>>({});
    const add = async (id: string) => {
        const done = (words: string) => setSaid((before) => ({ ...before, [id]: words }));
        try {
            done((await addToQueue(url.project, id, subject)).added ? "added" : "waits there already");
        } catch (error) {
            done(error instanceof Error ? error.message : String(error));
        }
    };
    const queues = list.data?.queues ?? [];
    return (
        <>
            <div className="head">{list.isPending ? "Queues …" : list.error ? "The queues could not be loaded" : queues.length ? "Queues" : "There is no queue yet"}</div>
            {queues.map((each) => (
                <div key={each.id} className="row">
                    <button type="button" className="item grow" onClick={() => void add(each.id)}>
                        <span className="grow cut">{clip(oneLine(each.name), 60)}</span>
                        <span className="muted nowrap" role="status">{said[each.id] ? visible(said[each.id]) : `${each.pending} waiting`}</span>
                    </button>
                    {said[each.id] && (
                        <Go className="button small bare icon" href={queueHref(url.project, each.id)} aria-label={`Open the queue ${oneLine(each.name)}`}>
                            <Icon name="right" small />
                        </Go>
                    )}
                </div>
            ))}
            {list.data && !queues.length && (
                <Go className="item" href={url.href("queues")}>
                    Make one
                </Go>
            )}
        </>
    );
}
