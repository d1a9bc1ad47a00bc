/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Query: ask anything, see it in the shape it has. The address holds the question, the range and the view; the
 * text being written is the reader's until it is run.
 */
import { useEffect, useMemo, useRef, useState } from "react";
import { adviceOf, faultOf, type Question, questionKey, type QueryResult, SOURCES, SQL, useAnswer, useCatalogue } from "../../api/ask";
import { ApiError } from "../../api/client";
import { endJob, tookTooLong, useJob, useJobResult } from "../../api/jobs";
import { queryClient, useProjects } from "../../api/queries";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { Icon } from "../../components/icon";
import { Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { stages } from "../../language/lex";
import { NothingHere } from "../setup/empty";
import { Answer } from "./answer";
import { QueryEditor, type EditorHandle } from "./editor";
import { rememberQuery } from "./history";
import { AskLater, Working } from "./later";
import { Problem } from "./problem";
import { Recall } from "./recall";
import { Start } from "./start";
import "./query.css";

function leaveEditor(): boolean {
    const inside = document.activeElement?.closest<HTMLElement>(".editor-host, .editor-plain");
    inside?.blur();
    return !!inside;
}

/** A view chosen by hand outlives a change of filters, but not of what is computed. */
function keepsView(before: string, now: string): boolean {
    const computed = (text: string) => stages(text).filter(({ command }) => command === "stats" || command === "pattern").map(({ tokens }) => tokens.map((token) => token.text).join(" ")).join("|");
    return computed(before) === computed(now);
}

export default function QueryScreen() {
    const url = useUrl();
    const { project, search } = url;
    const asked = search.query ?? "";
    const [draft, setDraft] = useState(asked);
    const [source, setSource] = useState(search.source ?? "spans");
    const editor = useRef<EditorHandle>(null);
    useEffect(() => {
        setDraft(asked);
        setSource(search.source ?? "spans");
    }, [asked, search.source]);
    const { range, live } = url;
    const question = useMemo<Question | null>(() => (asked ? { project, query: asked, source: search.source ?? "spans", range: { from: range.from, to: range.to } } : null), [project, asked, search.source, range.from, range.to]);
    /* A job belongs to the question it was started for; another question leaves it behind. */
    const [later, setLater] = useState<{ id: string; question: Question } | null>(null);
    const jobId = later && later.question === question ? later.id : null;
    const direct = useAnswer(jobId ? null : question, live);
    const job = useJob(project, jobId);
    const fromJob = useJobResult(project, jobId !== null && job.data?.state === "done" ? jobId : null);
    const failed = job.data?.state === "failed" ? new ApiError(400, job.data.error?.status ?? "failed", job.data.error?.message ?? "The job failed", job.data.error ?? {}) : null;
    const answer = jobId ? { data: fromJob.data, error: job.error ?? failed ?? fromJob.error, isFetching: fromJob.isFetching, refetch: () => setLater(null) } : direct;
    const working = jobId !== null && !answer.data && !answer.error;
    const catalogue = useCatalogue(project, source);
    const projects = useProjects();
    const here = projects.data?.projects.find((each) => each.name === project);
    const fault = useMemo(() => (draft === asked ? faultOf(answer.error, asked) : null), [answer.error, asked, draft]);
    useEffect(() => {
        if (answer.data && question) rememberQuery(project, question.query, question.source);
    }, [answer.data, question, project]);

    const ask = (query: string, from = source, view?: string) => {
        setDraft(query);
        if (!query.trim()) return editor.current?.focus();
        if (query === asked && from === (search.source ?? "spans")) return void answer.refetch();
        const keep = keepsView(asked, query);
        url.set({ query, source: from === "spans" ? undefined : from, view: view ?? (keep ? search.view : undefined), sort: undefined, order: undefined });
    };
    const cancel = () => {
        if (jobId) void endJob(project, jobId).catch(() => undefined);
        setLater(null);
        void queryClient.cancelQueries({ queryKey: questionKey(question) });
    };
    const fix = () => {
        const advice = answer.error && fault ? adviceOf(answer.error).fix : undefined;
        if (!advice || !fault) return false;
        editor.current?.replace(fault.from, fault.to, advice);
        return true;
    };
    const pick = (query: string, from: string, view?: string) => {
        setSource(from);
        ask(query, from, view);
    };
    useKeys({ "/": () => editor.current?.focus(), i: () => editor.current?.focus(), Escape: () => leaveEditor() || (answer.isFetching || working ? cancel() : false) });
    if (here?.first_span === null) {
        return (
            <>
                <Topbar title="Query" />
                <NothingHere project={here} what="rows" />
            </>
        );
    }
    return (
        <>
            <Topbar title="Query">{here?.demo && <span className="tag accent">demo data, not yours</span>}</Topbar>
            <div className="query">
                <section className="panel ask" aria-label="Question">
                    <QueryEditor ref={editor} project={project} source={source} range={range} text={draft} change={setDraft} run={ask} fix={fix} fault={fault} />
                    <div className="row ask-bar">
                        <label className="row ask-source">
                            <span className="muted">from</span>
                            <select className="input" value={source} onChange={(event) => setSource(event.target.value)} title="What is asked; SOURCE in the text wins">
                                {SOURCES.map((each) => (
                                    <option key={each}>{each}</option>
                                ))}
                                <option value={SQL}>SQL</option>
                            </select>
                        </label>
                        <Recall project={project} draft={draft} source={source} pick={pick} />
                        <span className="grow" />
                        {answer.isFetching && question && !working ? (
                            <>
                                <Elapsed />
                                <button type="button" className="button" onClick={cancel} title="Stop asking (Esc)">
                                    <Icon name="close" small /> Cancel
                                </button>
                            </>
                        ) : null}
                        <button type="button" className="button primary" onClick={() => ask(draft)} disabled={!draft.trim()} title="Run (Ctrl Enter)">
                            Run <kbd>Ctrl ↵</kbd>
                        </button>
                    </div>
                </section>
                {answer.error && <Problem error={answer.error} fault={fault} text={asked} commands={catalogue.data?.commands} retry={() => answer.refetch()} fix={fault ? fix : undefined} goTo={(at) => editor.current?.goTo(at)} />}
                {question && tookTooLong(answer.error) && <AskLater question={question} started={(id) => setLater({ id, question })} />}
                {working && <Working job={job.data} cancel={cancel} />}
                {!question && <Start project={project} pick={pick} />}
                {question && !working && answer.isFetching && !answer.data && <Skeleton className="query-wait" height={240} />}
                {question && !working && !answer.isFetching && !answer.data && !answer.error && <Cancelled again={() => answer.refetch()} />}
                {question && answer.data && !answer.error && <Shown question={question} result={answer.data} />}
            </div>
        </>
    );
}

function Shown({ question, result }: { question: Question; result: QueryResult }) {
    const catalogue = useCatalogue(question.project, result.source || question.source);
    return <Answer question={question} result={result} fields={catalogue.data?.fields} />;
}

function Cancelled({ again }: { again: () => void }) {
    return (
        <div className="empty panel" role="status">
            <h2>Cancelled</h2>
            <p>The server was told to stop. Nothing was changed.</p>
            <button type="button" className="button" onClick={again}>
                Run it again
            </button>
        </div>
    );
}

/** Seconds since it began, from the first on: quick answers need no clock. */
function Elapsed() {
    const [seconds, setSeconds] = useState(0);
    useEffect(() => {
        const timer = setInterval(() => setSeconds((before) => before + 1), 1000);
        return () => clearInterval(timer);
    }, []);
    return (
        <span className="muted nowrap" role="status">
            {seconds > 0 ? `Running for ${seconds} s` : ""}
        </span>
    );
}
