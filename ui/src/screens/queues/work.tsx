/* SPDX-License-Identifier: Apache-2.0 */
/* The place where an item is judged: what it is at left, what is asked of it at right, by mouse or by keys. */
import { useLayoutEffect, useRef, useState } from "react";
import { type PlacedItem, type Subject, useComments, useQueueItem, type WholeQueue } from "../../api/annotate";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { Comments, YourName } from "../../components/comments";
import { Icon } from "../../components/icon";
import { Failure, Skeleton } from "../../components/pieces";
import { exact } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { choicesOf } from "./answers";
import { Judged } from "./judged";
import { Question } from "./question";
import { type Judging, useJudging } from "./judging";

export function Work({ queue, itemId }: { queue: WholeQueue; itemId: string }) {
    const url = useUrl();
    const item = useQueueItem(url.project, queue.id, itemId);
    const judging = useJudging(queue);
    const to = (id: string | null | undefined) => id && url.set({ item: id });
    useKeys({
        j: () => void to(item.data?.next),
        k: () => void to(item.data?.previous),
        c: () => void (item.data && judging.complete(item.data)),
        u: () => void judging.undo(),
        Escape: () => url.set({ item: undefined }),
    });
    if (item.error) return <Failure error={item.error} retry={() => item.refetch()} what="The item" />;
    if (!item.data) return <Skeleton height={160} />;
    return (
        <div
            className="work"
            onKeyDown={(event) => {
                if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
                /* What is being typed is an answer, too. */
                if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
                void judging.complete(item.data);
            }}
        >
            <section className="judged" aria-label="What is judged">
                <Judged key={itemId} item={item.data} />
            </section>
            <section className="judge" aria-label="Judgement">
                <nav className="row" aria-label="Items">
                    <button type="button" className="button icon small" disabled={!item.data.previous} onClick={() => to(item.data.previous)} aria-label="Previous item" title="Previous item (k)">
                        <Icon name="left" small />
                    </button>
                    <span className="muted nowrap">
                        {exact(item.data.position)} of {exact(item.data.total)}
                    </span>
                    <button type="button" className="button icon small" disabled={!item.data.next} onClick={() => to(item.data.next)} aria-label="Next item" title="Next item (j)">
                        <Icon name="right" small />
                    </button>
                    <span className="grow" />
                    <YourName />
                </nav>
                <Questions key={itemId} queue={queue} item={item.data} judging={judging} />
                {judging.problem && <p className="bad" role="alert">{visible(judging.problem)}</p>}
                <Foot item={item.data} judging={judging} />
                <OfItem item={item.data} />
            </section>
        </div>
    );
}

/** One of them is marked: digits answer it, and the next that is open is marked then. */
function Questions({ queue, item, judging }: { queue: WholeQueue; item: PlacedItem; judging: Judging }) {
    const configs = queue.configs.filter((each) => !each.archived);
    const answers = configs.map((config) => judging.answerTo(item, config));
    const open = answers.findIndex((answer) => !answer);
    const [at, setAt] = useState(Math.max(open, 0));
    const answered = answers.filter(Boolean).length;
    const before = useRef(answered);
    /* Before the answer is seen, so that the next key is one for the next question. What was just taken back is to be answered anew. */
    useLayoutEffect(() => {
        if (open >= 0 && (answers[at] || answered < before.current)) setAt(open);
        before.current = answered;
    }, [answered]);
    const press = (key: string) => {
        const config = configs[at];
        const choice = config && choicesOf(config).find((each) => each.key === key);
        if (choice) judging.give(item, config, { value: choice.value, comment: answers[at]?.comment ?? "" });
    };
    useKeys(Object.fromEntries("0123456789".split("").map((key) => [key, () => press(key)])));
    return (
        <>
            {configs.map((config, index) => (
                <Question key={config.id} config={config} answer={answers[index]} active={index === at} activate={() => setAt(index)} give={(answer) => judging.give(item, config, answer)} />
            ))}
            {!configs.length && <p className="muted">All score configs of this queue are archived: only comments are left.</p>}
            <p className="muted" role="status">
                {answered} of {configs.length} answered{item.status === "completed" ? `, completed${item.author ? ` by ${clip(oneLine(item.author), 60)}` : ""}` : ""}
            </p>
        </>
    );
}

function Foot({ item, judging }: { item: PlacedItem; judging: Judging }) {
    const done = item.status === "completed";
    return (
        <div className="row">
            <button type="button" className="button" disabled={!judging.canUndo} onClick={() => void judging.undo()} title="Undo the last answer or completion (u)">
                <Icon name="undo" small /> Undo
            </button>
            <span className="grow" />
            {done ? (
                <button type="button" className="button" disabled={judging.busy} onClick={() => void judging.reopen(item)}>
                    Open it again
                </button>
            ) : (
                <button type="button" className="button primary" disabled={judging.busy} onClick={() => void judging.complete(item)} title="Complete, and on to the next that waits (c, Ctrl Enter)">
                    <Icon name="check" small /> Complete
                </button>
            )}
        </div>
    );
}

function OfItem({ item }: { item: PlacedItem }) {
    const session = item.kind === "session" ? (item.session ?? "") : null;
    if (session !== null) return <Beside about={{ session }} all={{ session }} />;
    if (!item.trace_id) return null;
    const about: Subject = { trace_id: item.trace_id, ...(item.span_id && { span_id: item.span_id }) };
    return <Beside about={about} all={{ trace_id: item.trace_id }} spanId={item.span_id} />;
}

function Beside({ about, all, spanId = null }: { about: Subject; all: { trace_id: string } | { session: string }; spanId?: string | null }) {
    const url = useUrl();
    const list = useComments(url.project, all);
    return <Comments named title="Comments" about={about} comments={(list.data?.comments ?? []).filter((each) => each.span_id === spanId)} />;
}
