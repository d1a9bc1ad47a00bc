/* SPDX-License-Identifier: Apache-2.0 */
/* How far a queue is, as a bar. */
import type { Queue } from "../../api/annotate";
import { exact } from "../../format/number";

export function Progress({ queue }: { queue: Queue }) {
    const total = queue.pending + queue.completed;
    return <progress className="queue-progress" value={queue.completed} max={total || 1} aria-label={`${exact(queue.completed)} of ${exact(total)} done`} title={`${exact(queue.completed)} of ${exact(total)} done`} />;
}
