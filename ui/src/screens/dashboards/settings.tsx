/* SPDX-License-Identifier: Apache-2.0 */
/* A dashboard's title, description and variables. */
import { useEffect, useRef, useState } from "react";
import { SOURCES } from "../../api/ask";
import type { Dashboard, Variable } from "../../api/dashboards";
import "../../components/dialog.css";
import { Icon } from "../../components/icon";

interface Props {
    dashboard: Dashboard;
    save: (dashboard: Dashboard) => void;
    close: () => void;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/;

/** Why the variables cannot be kept, or null when they can. */
function variablesProblem(variables: readonly Variable[]): string | null {
    for (const { name, field } of variables) {
        if (!NAME.test(name)) return `“${name}” cannot be a variable: use letters, digits and _, beginning with a letter`;
        if (name === "interval") return "interval is always there and means the period that fits the time range";
        if (!field.trim()) return `${name} needs a field`;
        if (variables.filter((each) => each.name === name).length > 1) return `${name} is there twice`;
    }
    return null;
}

export function Settings({ dashboard, save, close }: Props) {
    const dialog = useRef<HTMLDialogElement>(null);
    const [title, setTitle] = useState(dashboard.title);
    const [description, setDescription] = useState(dashboard.description ?? "");
    const [variables, setVariables] = useState<Variable[]>(dashboard.variables ?? []);
    useEffect(() => {
        dialog.current?.showModal();
        dialog.current?.querySelector<HTMLInputElement>("input")?.focus();
    }, []);
    const problem = !title.trim() ? "A dashboard needs a title" : variablesProblem(variables);
    const patch = (at: number, change: Partial<Variable>) => setVariables(variables.map((each, index) => (index === at ? { ...each, ...change } : each)));
    const done = () => {
        if (problem) return;
        const tidy = variables.map(({ name, label, source, field, default: usual }) => ({ name, field: field.trim(), ...(label?.trim() && { label: label.trim() }), ...(source && source !== "spans" && { source }), ...(usual && { default: usual }) }));
        save({ ...dashboard, title: title.trim(), description: description.trim(), variables: tidy });
        close();
    };
    return (
        <dialog ref={dialog} className="dialog board-settings" aria-labelledby="settings-title" onClose={close}>
            <form
                method="dialog"
                onSubmit={(event) => {
                    event.preventDefault();
                    done();
                }}
            >
                <header>
                    <h1 id="settings-title">Dashboard</h1>
                    <button type="button" className="button bare icon" onClick={close} aria-label="Close">
                        <Icon name="close" />
                    </button>
                </header>
                <div className="dialog-body">
                    <label>
                        Title
                        <input className="input" value={title} maxLength={120} onChange={(event) => setTitle(event.target.value)} />
                    </label>
                    <label>
                        Description
                        <input className="input" value={description} maxLength={500} onChange={(event) => setDescription(event.target.value)} />
                    </label>
                    <fieldset>
                        <legend>Variables</legend>
                        <p className="muted">
                            A query names one as <code>$name</code> in a filter of its own: <code>filter model = $model</code>.
                        </p>
                        {variables.map((variable, at) => (
                            <div key={at} className="variable-row">
                                <input className="input mono" aria-label="Name" placeholder="name" value={variable.name} onChange={(event) => patch(at, { name: event.target.value })} />
                                <input className="input" aria-label="Label" placeholder="Label" value={variable.label ?? ""} onChange={(event) => patch(at, { label: event.target.value })} />
                                <select className="input" aria-label="Source" value={variable.source ?? "spans"} onChange={(event) => patch(at, { source: event.target.value })}>
                                    {SOURCES.map((source) => (
                                        <option key={source}>{source}</option>
                                    ))}
                                </select>
                                <input className="input mono" aria-label="Field" placeholder="field" value={variable.field} onChange={(event) => patch(at, { field: event.target.value })} />
                                <input className="input" aria-label="Default" placeholder="all" value={variable.default ?? ""} onChange={(event) => patch(at, { default: event.target.value })} />
                                <button type="button" className="button bare icon" aria-label={`Remove the variable ${variable.name}`} onClick={() => setVariables(variables.filter((_, index) => index !== at))}>
                                    <Icon name="close" small />
                                </button>
                            </div>
                        ))}
                        <button type="button" className="button small" disabled={variables.length >= 20} onClick={() => setVariables([...variables, { name: "", field: "" }])}>
                            <Icon name="event" small /> Variable
                        </button>
                    </fieldset>
                </div>
                <footer className="row">
                    <span className="grow bad" role="status">
                        {problem ?? ""}
                    </span>
                    <button type="button" className="button" onClick={close}>
                        Cancel
                    </button>
                    <button type="submit" className="button primary" disabled={!!problem}>
                        Done
                    </button>
                </footer>
            </form>
        </dialog>
    );
}
