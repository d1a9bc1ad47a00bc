/* SPDX-License-Identifier: Apache-2.0 */
/* Makes an answer a widget of a dashboard: of one there is, or of a new one. */
import { useEffect, useRef, useState } from "react";
import type { Question } from "../../api/ask";
import { addWidget, createDashboard, useDashboards } from "../../api/dashboards";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import "../../components/dialog.css";
import { Icon } from "../../components/icon";
import { clip, oneLine, visible } from "../../format/text";
import { stages } from "../../language/lex";
import type { View } from "../../results/shape";
import { followingRange } from "../dashboards/fill";

/** A first title: what is computed, as it is written. */
function titleOf(query: string): string {
    const all = stages(query);
    const stage = all.find(({ command }) => command === "stats") ?? all[all.length - 1];
    return clip(oneLine(query.slice(stage.from, stage.to)).replace(/^stats /i, ""), 80);
}

export function AddToDashboard({ question, view }: { question: Question; view: View }) {
    const [open, setOpen] = useState(false);
    return (
        <>
            <button type="button" className="button small" onClick={() => setOpen(true)}>
                <Icon name="dashboards" small /> To a dashboard
            </button>
            {open && <AddForm question={question} view={view} close={() => setOpen(false)} />}
        </>
    );
}

function AddForm({ question, view, close }: { question: Question; view: View; close: () => void }) {
    const url = useUrl();
    const dialog = useRef<HTMLDialogElement>(null);
    const list = useDashboards(question.project);
    const own = list.data?.dashboards.filter(({ builtin }) => !builtin) ?? [];
    const [target, setTarget] = useState("");
    const [name, setName] = useState("");
    const [title, setTitle] = useState(() => titleOf(question.query));
    const follows = followingRange(question.query);
    const [follow, setFollow] = useState(true);
    const [problem, setProblem] = useState("");
    const [done, setDone] = useState<string | null>(null);
    useEffect(() => {
        dialog.current?.showModal();
        dialog.current?.querySelector<HTMLInputElement>("input")?.focus();
    }, []);
    const add = async () => {
        try {
            const id = target || (await createDashboard(question.project, { version: 1, title: name.trim() || "New dashboard", widgets: [] })).id;
            setTarget(id);
            await addWidget(question.project, id, {
                view,
                query: follow && follows ? follows : question.query,
                ...(title.trim() && { title: title.trim() }),
                ...(question.source !== "spans" && { source: question.source }),
            });
            setDone(id);
        } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
        }
    };
    return (
        <dialog ref={dialog} className="dialog add-form" aria-labelledby="add-title" onClose={close}>
            <form
                method="dialog"
                onSubmit={(event) => {
                    event.preventDefault();
                    void add();
                }}
            >
                <header>
                    <h1 id="add-title">Put it on a dashboard</h1>
                    <button type="button" className="button bare icon" onClick={close} aria-label="Close">
                        <Icon name="close" />
                    </button>
                </header>
                {done ? (
                    <div className="dialog-body" role="status">
                        <p>It is there, at the end.</p>
                    </div>
                ) : (
                    <div className="dialog-body">
                        <label>
                            Title of the widget
                            <input className="input" value={title} maxLength={120} onChange={(event) => setTitle(event.target.value)} />
                        </label>
                        <label>
                            Dashboard
                            <select className="input" value={target} onChange={(event) => setTarget(event.target.value)}>
                                <option value="">A new one</option>
                                {own.map((each) => (
                                    <option key={each.id} value={each.id}>
                                        {clip(oneLine(each.title), 100)}
                                    </option>
                                ))}
                            </select>
                        </label>
                        {!target && (
                            <label>
                                Its title
                                <input className="input" value={name} maxLength={120} placeholder="New dashboard" onChange={(event) => setName(event.target.value)} />
                            </label>
                        )}
                        {follows && (
                            <label className="check">
                                <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
                                Let bin() follow the time range
                            </label>
                        )}
                    </div>
                )}
                <footer className="row">
                    <span className="grow bad" role="alert">
                        {visible(problem)}
                    </span>
                    <button type="button" className="button" onClick={close}>
                        {done ? "Stay here" : "Cancel"}
                    </button>
                    {done ? (
                        <Go className="button primary" href={url.dashboard(done)}>
                            Open the dashboard
                        </Go>
                    ) : (
                        <button type="submit" className="button primary">
                            Add
                        </button>
                    )}
                </footer>
            </form>
        </dialog>
    );
}
