/* SPDX-License-Identifier: Apache-2.0 */
/* What people wrote beside something, oldest first, and a place to write. Texts are shown as they are, never as markup. */
import { useState } from "react";
import { addComment, type Comment, COMMENT_LENGTH, type Commented, deleteComment } from "../api/annotate";
import { setPref, usePrefs } from "../app/prefs";
import { useUrl } from "../app/url";
import { visible } from "../format/text";
import { Icon } from "./icon";
import { Moment } from "./pieces";
import "./comments.css";

interface Props {
    title: string;
    about: Commented;
    comments: Comment[];
    /** The screen asks for the writer's name elsewhere. */
    named?: boolean;
}

export function Comments({ title, about, comments, named }: Props) {
    const url = useUrl();
    const [problem, setProblem] = useState("");
    const remove = (id: string) => void deleteComment(url.project, id).catch((error: Error) => setProblem(error.message));
    return (
        <section className="comments" aria-label={title}>
            <h3>
                {title} {comments.length > 0 && <span className="muted">{comments.length}</span>}
            </h3>
            {comments.map((comment) => (
                <article key={comment.id} className="comment" aria-label={`Comment by ${visible(comment.author ?? "somebody")}`}>
                    <header>
                        <b>{visible(comment.author ?? "Somebody")}</b> <Moment ns={comment.created} relative />
                        <span className="grow" />
                        <button type="button" className="button small bare icon" onClick={() => remove(comment.id)} aria-label="Delete this comment" title="Delete this comment">
                            <Icon name="close" small />
                        </button>
                    </header>
                    <p>{visible(comment.content)}</p>
                </article>
            ))}
            <Write title={title} about={about} named={named} fail={setProblem} />
            {problem && <p className="bad" role="alert">{visible(problem)}</p>}
        </section>
    );
}

function Write({ title, about, named, fail }: { title: string; about: Commented; named?: boolean; fail: (problem: string) => void }) {
    const url = useUrl();
    const { name } = usePrefs();
    const [text, setText] = useState("");
    const [busy, setBusy] = useState(false);
    const send = async () => {
        if (!text.trim() || busy) return;
        setBusy(true);
        fail("");
        try {
            await addComment(url.project, about, text, name.trim());
            setText("");
        } catch (error) {
            fail(error instanceof Error ? error.message : String(error));
        }
        setBusy(false);
    };
    return (
        <form
            className="comment-write"
            onSubmit={(event) => {
                event.preventDefault();
                void send();
            }}
        >
            <textarea
                className="input"
                aria-label={`Write: ${title.toLowerCase()}`}
                placeholder="Write a comment. Ctrl Enter sends it"
                value={text}
                maxLength={COMMENT_LENGTH}
                rows={2}
                onChange={(event) => setText(event.target.value)}
                onKeyDown={(event) => {
                    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                        event.preventDefault();
                        void send();
                    }
                }}
            />
            <div className="row">
                {!named && <YourName />}
                <span className="grow" />
                <button type="submit" className="button small primary" disabled={busy || !text.trim()}>
                    Comment
                </button>
            </div>
        </form>
    );
}

/** Whose word it is: kept in this browser, for comments and for scores. */
export function YourName() {
    const { name } = usePrefs();
    return <input className="input your-name" aria-label="Your name" placeholder="Your name" value={name} maxLength={60} onChange={(event) => setPref("name", event.target.value)} />;
}
