/* SPDX-License-Identifier: Apache-2.0 */
/* A widget's own dialog: its query, its view, and what both together look like. */
import { useEffect, useMemo, useRef, useState } from "react";
import { faultOf, SOURCES, useAnswer } from "../../api/ask";
import type { Widget } from "../../api/dashboards";
import { useUrl } from "../../app/url";
import "../../components/dialog.css";
import { Icon } from "../../components/icon";
import { Skeleton } from "../../components/pieces";
import { VIEW_LABELS, VIEWS, type View } from "../../results/shape";
import { QueryEditor } from "../query/editor";
import { Problem } from "../query/problem";
import { fillIn, intervalOf, type Values } from "./fill";
import { WidgetResult } from "./widget";

const UNITS = [["", "as it follows from the query"], ["ms", "milliseconds"], ["s", "seconds"], ["usd", "dollars"], ["bytes", "bytes"], ["tokens", "tokens"], ["share", "share, as percent"]] as const;

interface Props {
    widget: Widget;
    values: Values;
    save: (widget: Widget) => void;
    close: () => void;
}

export function WidgetForm({ widget, values, save, close }: Props) {
    const url = useUrl();
    const dialog = useRef<HTMLDialogElement>(null);
    const [draft, setDraft] = useState(widget);
    const [asked, setAsked] = useState(widget);
    useEffect(() => {
        dialog.current?.showModal();
        dialog.current?.querySelector<HTMLInputElement>("input")?.focus();
    }, []);
    const { range, project } = url;
    const question = useMemo(() => {
        const query = fillIn(asked.query, values, intervalOf(range));
        return query ? { project, query, source: asked.source ?? "spans", range: { from: range.from, to: range.to } } : null;
    }, [asked, values, project, range.from, range.to]);
    const answer = useAnswer(question, false, true);
    /* Places in the filled-in text are places in the draft only where nothing was filled in. */
    const fault = question && question.query === draft.query ? faultOf(answer.error, question.query) : null;
    const change = (patch: Partial<Widget>) => setDraft((before) => ({ ...before, ...patch }));
    const run = (query = draft.query) => setAsked({ ...draft, query });
    const done = () => {
        const { title, unit, source, ...rest } = draft;
        save({ ...rest, ...(title?.trim() && { title: title.trim() }), ...(unit && { unit }), ...(source && source !== "spans" && { source }) });
        close();
    };
    return (
        <dialog ref={dialog} className="dialog widget-form" aria-labelledby="widget-form-title" onClose={close}>
            <form
                method="dialog"
                onSubmit={(event) => {
                    event.preventDefault();
                    if (draft.query.trim()) done();
                }}
            >
                <header>
                    <h1 id="widget-form-title">Widget</h1>
                    <button type="button" className="button bare icon" onClick={close} aria-label="Close">
                        <Icon name="close" />
                    </button>
                </header>
                <div className="dialog-body">
                    <div className="widget-form-fields">
                        <label>
                            Title
                            <input className="input" value={draft.title ?? ""} maxLength={120} onChange={(event) => change({ title: event.target.value })} />
                        </label>
                        <label>
                            Shown as
                            <select className="input" value={draft.view} onChange={(event) => change({ view: event.target.value as View })}>
                                {VIEWS.map((view) => (
                                    <option key={view} value={view}>
                                        {VIEW_LABELS[view]}
                                    </option>
                                ))}
                            </select>
                        </label>
                        <label>
                            Source
                            <select className="input" value={draft.source ?? "spans"} onChange={(event) => change({ source: event.target.value })}>
                                {SOURCES.map((source) => (
                                    <option key={source}>{source}</option>
                                ))}
                            </select>
                        </label>
                        <label>
                            Numbers are
                            <select className="input" value={draft.unit ?? ""} onChange={(event) => change({ unit: (event.target.value || undefined) as Widget["unit"] })}>
                                {UNITS.map(([unit, words]) => (
                                    <option key={unit} value={unit}>
                                        {words}
                                    </option>
                                ))}
                            </select>
                        </label>
                    </div>
                    <div className="panel ask">
                        <QueryEditor project={project} source={draft.source ?? "spans"} range={range} text={draft.query} change={(query) => change({ query })} run={run} fix={() => false} fault={fault} />
                    </div>
                    <p className="muted">
                        <code>$interval</code> fits the time range; <code>$name</code> is a variable of this dashboard.
                    </p>
                    {answer.error && <Problem error={answer.error} fault={fault} text={draft.query} retry={() => answer.refetch()} goTo={() => undefined} />}
                    {!answer.error && (
                        <div className="panel widget-preview">
                            {answer.data && question ? <WidgetResult widget={draft} question={question} result={answer.data} /> : answer.isFetching ? <Skeleton height="100%" /> : null}
                        </div>
                    )}
                </div>
                <footer className="row">
                    <button type="button" className="button" onClick={() => run()} disabled={!draft.query.trim()}>
                        Preview <kbd>Ctrl ↵</kbd>
                    </button>
                    <span className="grow" />
                    <button type="button" className="button" onClick={close}>
                        Cancel
                    </button>
                    <button type="submit" className="button primary" disabled={!draft.query.trim()}>
                        Done
                    </button>
                </footer>
            </form>
        </dialog>
    );
}
