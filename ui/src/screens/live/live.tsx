/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live: spans and log records as they come in. The list holds still while it is paused, scrolled or
 * has a chosen row, and says how many wait; it never grows beyond what one looks through.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState } from "react";
import { useProjects } from "../../api/queries";
import { followTail, type LiveRow, type TailState } from "../../api/tail";
import { useKeys } from "../../app/keys";
import { useStable } from "../../app/stable";
import { useUrl } from "../../app/url";
import { FilterBar } from "../../components/filter-bar";
import { Icon } from "../../components/icon";
import { Topbar } from "../../components/topbar";
import { exact } from "../../format/number";
import { visible } from "../../format/text";
import { FIELDS, filterProblem } from "../../url/filters";
import { NothingHere } from "../setup/empty";
import { arrive, EMPTY, type Feed, KEPT, release } from "./feed";
import { hrefOf, Row } from "./row";
import "./live.css";

const SOURCES = [
    { id: "spans", label: "Spans" },
    { id: "logs", label: "Logs" },
    { id: "all", label: "Both" },
];
/* Those of a trace as a whole are known only when it is over. */
const SPAN_FIELDS = FIELDS.map(({ name }) => name).filter((name) => name !== "spans" && name !== "trace_name");
const BOTH_FIELDS = ["service", "environment", "trace_id"];
const ROW = 34;

export default function LiveScreen() {
    const url = useUrl();
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const source = SOURCES.find(({ id }) => id === url.search.source)?.id ?? "spans";
    const fields = source === "spans" ? SPAN_FIELDS : BOTH_FIELDS;
    const usable = url.filters.filter((filter) => filterProblem(filter, fields) === null);
    const [paused, setPaused] = useState(false);
    const [still, setStill] = useState(false);
    const { feed, state, letIn, clear } = useTail(url.project, source, usable, paused || still);
    const toggle = () => {
        if (paused) letIn();
        setPaused(!paused);
    };
    useKeys({ p: toggle, " ": toggle, x: clear });
    if (project?.first_span === null) {
        return (
            <>
                <Topbar title="Live" timeless />
                <NothingHere project={project} />
            </>
        );
    }
    return (
        <>
            <Topbar title="Live" timeless>
                <Connection state={state} paused={paused} />
                <span className="grow" />
                <span className="muted nowrap wide-only">
                    {exact(feed.total)} shown
                    {feed.skipped > 0 && <span title="They came faster than a screen can tell them; all of them are in the Traces list"> · {exact(feed.skipped)} left out</span>}
                </span>
            </Topbar>
            <div className="live">
                <div className="row live-bar">
                    <button type="button" className="button live-pause" aria-pressed={paused} onClick={toggle} title={paused ? "Go on (p)" : "Hold still (p)"}>
                        <Icon name={paused ? "play" : "pause"} small /> {paused ? "Go on" : "Pause"}
                    </button>
                    <div className="segments" role="group" aria-label="What is shown">
                        {SOURCES.map(({ id, label }) => (
                            <button key={id} type="button" className="button" aria-pressed={id === source} onClick={() => url.set({ source: id === "spans" ? undefined : id }, { replace: true })}>
                                {label}
                            </button>
                        ))}
                    </div>
                    <div className="grow">
                        <FilterBar fields={fields} placeholder={source === "spans" ? "Filter: kind=llm, status=error, service=shop, duration>2s …" : "Filter: service=shop, trace_id=…"} />
                    </div>
                    <button type="button" className="button" onClick={clear} disabled={!feed.rows.length} title="Empty the list (x)">
                        Clear
                    </button>
                </div>
                {state.is === "refused" ? (
                    <p className="note" role="alert">
                        <Icon name="error" /> {visible(state.why)}
                    </p>
                ) : (
                    <LiveList feed={feed} paused={paused} setStill={setStill} letIn={letIn} goOn={toggle} />
                )}
            </div>
        </>
    );
}

function useTail(project: string, source: string, filters: string[], held: boolean) {
    const [feed, setFeed] = useState<Feed>(EMPTY);
    const [state, setState] = useState<TailState>({ is: "joining" });
    const take = useStable((rows: LiveRow[], skipped: number) => setFeed((now) => arrive(now, rows, skipped, held)));
    const asked = JSON.stringify(filters);
    useEffect(() => {
        setFeed(EMPTY);
        return followTail({ project, source, f: JSON.parse(asked) as string[], limit: 100 }, { round: take, state: setState });
    }, [project, source, asked, take]);
    const letIn = useCallback(() => setFeed(release), []);
    const clear = useCallback(() => setFeed(EMPTY), []);
    return { feed, state, letIn, clear };
}

function Connection({ state, paused }: { state: TailState; paused: boolean }) {
    const words = state.is === "live" ? (paused ? "paused" : "live") : state.is === "joining" ? "joining…" : state.is === "away" ? "connecting again…" : "not possible";
    const dot = state.is === "live" ? (paused ? "" : "running") : state.is === "joining" ? "" : "error";
    return (
        <span className="tag live-state" role="status" title={state.is === "away" ? visible(state.why) : undefined}>
            <i className={`dot ${dot}`} /> {words}
        </span>
    );
}

const SPAN_HEADS = [["Time"], ["What"], ["Service", "live-service"], ["Model or tool", "live-model"], ["Took", "n"], ["Tokens", "n live-tokens"], ["Cost", "n live-cost"], ["Question → answer", "live-text"]];
const LOG_HEADS = [["Time"], ["Severity and event"], ["Service", "live-service"], ["What it says", "live-body"]];

function Heads({ logs }: { logs: boolean }) {
    return (
        <div className="live-heads" role="row">
            {(logs ? LOG_HEADS : SPAN_HEADS).map(([label, look = ""]) => (
                <span key={label} role="columnheader" className={look}>
                    {label}
                </span>
            ))}
        </div>
    );
}

interface ListProps {
    feed: Feed;
    paused: boolean;
    setStill: (still: boolean) => void;
    letIn: () => void;
    goOn: () => void;
}

function LiveList({ feed, paused, setStill, letIn, goOn }: ListProps) {
    const url = useUrl();
    const scroller = useRef<HTMLDivElement>(null);
    const [chosen, setChosen] = useState<string | null>(null);
    const [scrolled, setScrolled] = useState(false);
    const { rows } = feed;
    const active = chosen === null ? -1 : rows.findIndex(({ key }) => key === chosen);
    const list = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 10, getItemKey: (at) => rows[at].key, useFlushSync: false });
    useEffect(() => setStill(scrolled || active >= 0), [scrolled, active >= 0]);
    const choose = (at: number) => {
        setChosen(rows[Math.max(0, Math.min(rows.length - 1, at))]?.key ?? null);
        list.scrollToIndex(Math.max(0, at));
    };
    const toTop = () => {
        setChosen(null);
        setScrolled(false);
        scroller.current?.scrollTo({ top: 0 });
        if (paused) goOn();
        else letIn();
    };
    useKeys({
        j: () => choose(active + 1),
        k: () => choose(active - 1),
        ArrowDown: () => choose(active + 1),
        ArrowUp: () => choose(active - 1),
        Home: toTop,
        Enter: () => {
            const href = active >= 0 ? hrefOf(rows[active], url) : null;
            return href ? url.go(href) : false;
        },
        Escape: () => (active >= 0 || scrolled ? toTop() : false),
    });
    if (!rows.length && !feed.came) {
        return (
            <div className="empty live-empty">
                <span className="live-beat" aria-hidden="true"><Icon name="live" /></span>
                <h2>Waiting for the next {url.search.source === "logs" ? "log record" : "span"}</h2>
                <p>{url.filters.length ? "Only what holds all filters comes in here." : "Whatever your applications send appears here within a second."}</p>
            </div>
        );
    }
    return (
        <div className="live-main">
            {feed.came > 0 && (
                <button type="button" className="button primary small live-waiting" onClick={toTop}>
                    <Icon name="up" small /> {exact(feed.came)} waiting
                </button>
            )}
            <div
                ref={scroller}
                className="live-rows panel"
                role="grid"
                aria-label="What came in, newest first"
                aria-rowcount={rows.length + 1}
                aria-activedescendant={active >= 0 ? `live-${active}` : undefined}
                tabIndex={0}
                onScroll={(event) => setScrolled(event.currentTarget.scrollTop > 4)}
            >
                <Heads logs={url.search.source === "logs"} />
                <div style={{ height: list.getTotalSize() }} className="live-space" role="rowgroup">
                    {list.getVirtualItems().map((item) => (
                        <Row key={item.key} row={rows[item.index]} id={`live-${item.index}`} top={item.start} active={item.index === active} />
                    ))}
                </div>
            </div>
            {rows.length >= KEPT && <p className="muted live-kept">The newest {exact(KEPT)} are kept here; older ones are in the lists.</p>}
        </div>
    );
}
