/* SPDX-License-Identifier: Apache-2.0 */
/* One dashboard: looked at, or arranged as a draft that is saved as a whole or dropped. */
import { useBlocker, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { createDashboard, type Dashboard, deleteDashboard, freshId, type StoredDashboard, updateDashboard, useDashboard, type Widget } from "../../api/dashboards";
import { useProjects } from "../../api/queries";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { saveFile } from "../../components/files";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import { Failure, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { visible } from "../../format/text";
import { NothingHere } from "../setup/empty";
import { Board } from "./board";
import { settle } from "./grid";
import { Settings } from "./settings";
import { useValues, Variables } from "./variables";
import { WidgetForm } from "./widget-form";
import "./dashboards.css";

export default function DashboardScreen() {
    const { dashboardId = "" } = useParams({ strict: false }) as { dashboardId?: string };
    const url = useUrl();
    const stored = useDashboard(url.project, dashboardId);
    const projects = useProjects();
    const here = projects.data?.projects.find((each) => each.name === url.project);
    if (stored.data) return <Opened key={stored.data.id} stored={stored.data} empty={here?.first_span === null} />;
    return (
        <>
            <Topbar title="Dashboard" />
            {stored.error ? (
                <div className="dashboards">
                    <Failure error={stored.error} retry={() => stored.refetch()} what="The dashboard" />
                    <Go className="plain" href={url.href("dashboards")}>
                        All dashboards
                    </Go>
                </div>
            ) : (
                <Skeleton className="frame-wait" height={320} />
            )}
        </>
    );
}

function Opened({ stored, empty }: { stored: StoredDashboard; empty: boolean }) {
    const url = useUrl();
    const editing = url.search.edit === "1" && !stored.builtin;
    const [draft, setDraft] = useState<Dashboard>(stored.dashboard);
    const [base, setBase] = useState(stored);
    const [problem, setProblem] = useState<Error | null>(null);
    const [form, setForm] = useState<Widget | null>(null);
    const [settings, setSettings] = useState(false);
    const dirty = draft !== base.dashboard;
    /* What came from the server replaces the draft only while nothing was changed here. */
    useEffect(() => {
        if (stored !== base && !dirty) {
            setBase(stored);
            setDraft(stored.dashboard);
        }
    }, [stored, base, dirty]);
    /* A new time range or variable keeps the draft; another screen would drop it. */
    useBlocker({
        shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname && !confirm("Leave without saving what was changed here?"),
        enableBeforeUnload: () => dirty,
    });
    const variables = draft.variables ?? [];
    const values = useValues(variables);
    const setWidgets = (widgets: Widget[]) => setDraft((before) => ({ ...before, widgets }));
    const edit = (on: boolean) => url.set({ edit: on ? "1" : undefined }, { replace: true });

    const save = async () => {
        try {
            const { revision } = await updateDashboard(url.project, stored.id, base.revision ?? 1, draft);
            setBase({ ...base, revision, dashboard: draft });
            setProblem(null);
            edit(false);
        } catch (error) {
            setProblem(error as Error);
        }
    };
    const drop = () => {
        setDraft(base.dashboard);
        setProblem(null);
        edit(false);
    };
    const copy = async () => {
        try {
            const { id } = await createDashboard(url.project, { ...draft, title: `Copy of ${draft.title}`.slice(0, 120) });
            url.go(url.dashboard(id, { edit: "1" }));
        } catch (error) {
            setProblem(error as Error);
        }
    };
    const remove = async () => {
        try {
            await deleteDashboard(url.project, stored.id);
            url.go(url.href("dashboards"));
        } catch (error) {
            setProblem(error as Error);
        }
    };
    const keep = (widget: Widget) => {
        const known = draft.widgets.some(({ id }) => id === widget.id);
        setWidgets(known ? draft.widgets.map((each) => (each.id === widget.id ? { ...widget, x: each.x, y: each.y, w: each.w, h: each.h } : each)) : settle([...draft.widgets, widget]));
    };
    const bottom = () => draft.widgets.reduce((most, { y, h }) => Math.max(most, y + h), 0);
    const fresh = (): Widget => ({ id: freshId(draft.widgets), title: "", view: "line", query: "stats count(*) as spans by bin($interval)", x: 0, y: bottom(), w: 6, h: 5 });
    useKeys({
        e: () => (stored.builtin || editing ? false : edit(true)),
        a: () => (editing ? setForm(fresh()) : false),
        Escape: () => (editing && !dirty ? edit(false) : false),
    });

    return (
        <>
            <Topbar title={visible(draft.title)}>
                {stored.builtin && <span className="tag">built in</span>}
                {editing ? (
                    <>
                        <button type="button" className="button" onClick={() => setForm(fresh())} title="Add a widget (a)">
                            <Icon name="event" small /> Widget
                        </button>
                        <button type="button" className="button" onClick={() => setSettings(true)}>
                            <Icon name="system" small /> Settings
                        </button>
                        <button type="button" className="button" onClick={drop}>
                            {dirty ? "Discard" : "Close"}
                        </button>
                        <button type="button" className="button primary" onClick={() => void save()} disabled={!dirty}>
                            Save
                        </button>
                    </>
                ) : (
                    <>
                        {stored.builtin ? (
                            <button type="button" className="button" onClick={() => void copy()}>
                                <Icon name="copy" small /> Save a copy
                            </button>
                        ) : (
                            <button type="button" className="button" onClick={() => edit(true)} title="Edit (e)">
                                <Icon name="system" small /> Edit
                            </button>
                        )}
                        <Menu label={<Icon name="more" />} name="More" className="button icon">
                            {(close) => (
                                <>
                                    <Go className="item" href={url.href("dashboards")}>
                                        <Icon name="left" small /> All dashboards
                                    </Go>
                                    <button
                                        type="button"
                                        className="item"
                                        onClick={() => {
                                            close();
                                            saveFile(new Blob([`${JSON.stringify(base.dashboard, null, 2)}\n`], { type: "application/json" }), `${draft.title.replace(/[^\w-]+/g, "-").toLowerCase() || "dashboard"}.json`);
                                        }}
                                    >
                                        <Icon name="download" small /> Export as JSON
                                    </button>
                                    {!stored.builtin && (
                                        <>
                                            <button type="button" className="item" onClick={() => (close(), void copy())}>
                                                <Icon name="copy" small /> Save a copy
                                            </button>
                                            <button type="button" className="item" onClick={() => (close(), confirm(`Remove the dashboard “${draft.title}”?`) && void remove())}>
                                                <Icon name="close" small /> Remove
                                            </button>
                                        </>
                                    )}
                                </>
                            )}
                        </Menu>
                    </>
                )}
            </Topbar>
            {empty && !editing ? (
                <NothingOn />
            ) : (
                <div className="scroll">
                    <div className="dashboard">
                        {problem && (
                            <div className="panel">
                                <Failure error={problem} what="The change" />
                            </div>
                        )}
                        {(draft.description || variables.length > 0) && (
                            <div className="dashboard-head">
                                <Variables variables={variables} values={values} />
                                {draft.description && <p className="muted">{visible(draft.description)}</p>}
                            </div>
                        )}
                        {draft.widgets.length ? (
                            <Board
                                widgets={draft.widgets}
                                values={values}
                                actions={
                                    editing
                                        ? {
                                              arrange: setWidgets,
                                              edit: setForm,
                                              duplicate: (widget) => setWidgets(settle([...draft.widgets, { ...widget, id: freshId(draft.widgets), y: bottom() }])),
                                              remove: (widget) => setWidgets(settle(draft.widgets.filter(({ id }) => id !== widget.id))),
                                          }
                                        : undefined
                                }
                            />
                        ) : (
                            <div className="empty panel">
                                <h2>Nothing on it yet</h2>
                                <p>A widget shows the answer to a query. Write one here, or ask on the Query screen and put the answer on this dashboard.</p>
                                <div className="row">
                                    <button type="button" className="button primary" onClick={() => (edit(true), setForm(fresh()))}>
                                        Add a widget
                                    </button>
                                    <Go className="button" href={url.href("query")}>
                                        Ask something
                                    </Go>
                                </div>
                            </div>
                        )}
                    </div>
                </div>
            )}
            {form && <WidgetForm widget={form} values={values} save={keep} close={() => setForm(null)} />}
            {settings && <Settings dashboard={draft} save={setDraft} close={() => setSettings(false)} />}
        </>
    );
}

function NothingOn() {
    const url = useUrl();
    const projects = useProjects();
    const here = projects.data?.projects.find((each) => each.name === url.project);
    return here ? <NothingHere project={here} what="rows" /> : null;
}
