/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tree and timeline in one list. Only rows in sight exist, and a row is a few boxes, so 50,000 spans
 * scroll like fifty. Deep nesting indents relative to what is in sight, and says which level it is.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from "react";
import { FLAG, type SearchHit, type TraceShape } from "../../api/types";
import { useKeys } from "../../app/keys";
import { useStable } from "../../app/stable";
import { useUrl } from "../../app/url";
import { Icon } from "../../components/icon";
import { exact } from "../../format/number";
import { visible } from "../../format/text";
import { Snippet } from "../../components/snippet";
import { phaseOf } from "./moments";
import { Ruler, type Window } from "./ruler";
import { type Matches, useMatches } from "./search";
import { SpanRow } from "./span-row";
import { ancestors, criticalPath, extent, type Tree, visibleSpans } from "./tree";

const ROW = 28;
const DEEPEST = 10;

interface Props {
    shape: TraceShape;
    tree: Tree;
    selected: number;
    select: (span: number) => void;
    /** The moment it is shown at, in ns since its start. */
    head: number | null;
}

export const Waterfall = memo(function Waterfall({ shape, tree, selected, select, head }: Props) {
    const { spans } = shape;
    const url = useUrl();
    const [collapsed, setCollapsed] = useState<ReadonlySet<number>>(new Set());
    const [critical, setCritical] = useState(false);
    const whole = useMemo(() => extent(spans, FLAG.implausible), [spans]);
    const [zoom, setZoom] = useState<Window | null>(null);
    const shown = useMemo(() => visibleSpans(tree, collapsed), [tree, collapsed]);
    const path = useMemo(() => (critical ? criticalPath(tree, spans) : null), [critical, tree, spans]);
    const query = url.search.q ?? "";
    const matches = useMatches(shape, tree, query);
    const scroller = useRef<HTMLDivElement>(null);
    const list = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 8, useFlushSync: false });

    /* Brings the selection into view, opening what hides it. */
    useEffect(() => {
        if (selected < 0) return;
        const hiding = ancestors(tree, selected).filter((each) => collapsed.has(each));
        if (hiding.length) {
            const next = new Set(collapsed);
            for (const each of hiding) next.delete(each);
            setCollapsed(next);
            return;
        }
        const at = indexOf(shown, tree, selected);
        const near = list.getVirtualItems().some((item) => item.index === at);
        if (at >= 0) list.scrollToIndex(at, { align: near ? "auto" : "center" });
    }, [selected, tree, shown]);

    const fold = useStable((span: number, shut: boolean) => {
        const next = new Set(collapsed);
        if (shut) next.add(span);
        else next.delete(span);
        setCollapsed(next);
        if (shut && selected !== span && tree.position[selected] > tree.position[span] && tree.position[selected] < tree.after[span]) select(span);
    });
    const foldAll = () => {
        if (collapsed.size) return setCollapsed(new Set());
        const inner = [...tree.order].filter((span) => tree.children[span] > 0 && tree.depth[span] > 0);
        setCollapsed(new Set(inner));
        const up = ancestors(tree, selected);
        if (up.length > 1) select(up[up.length - 2]);
        return undefined;
    };
    const move = (step: number) => (event: globalThis.KeyboardEvent) => {
        if ((event.target as HTMLElement).closest(".trace-right, .menu")) return false;
        const at = indexOf(shown, tree, selected);
        select(shown[Math.max(0, Math.min(shown.length - 1, at + step))]);
        return true;
    };
    const sideways = (open: boolean) => (event: globalThis.KeyboardEvent) => {
        if ((event.target as HTMLElement).closest(".trace-right, .menu") || selected < 0) return false;
        const shut = collapsed.has(selected);
        const has = tree.children[selected] > 0;
        if (open && has) {
            if (shut) fold(selected, false);
            else select(tree.order[tree.position[selected] + 1]);
        } else if (!open) {
            if (has && !shut) fold(selected, true);
            else if (tree.parent[selected] >= 0) select(tree.parent[selected]);
        }
        return true;
    };
    useKeys({
        j: move(1),
        k: move(-1),
        ArrowDown: move(1),
        ArrowUp: move(-1),
        PageDown: move(20),
        PageUp: move(-20),
        Home: move(-Infinity),
        End: move(Infinity),
        ArrowRight: sideways(true),
        ArrowLeft: sideways(false),
        x: foldAll,
        p: () => setCritical(!critical),
    });

    const items = list.getVirtualItems();
    const base = indentBase(items.map((item) => tree.depth[shown[item.index]] ?? 0));
    const window = zoom ?? whole;
    const headAt = head === null || head < window.from || head > window.to ? null : ((head - window.from) / (window.to - window.from)) * 100;
    return (
        <div className={`waterfall ${headAt === null ? "" : "replayed"}`} style={{ "--head": `${headAt ?? 0}%` } as CSSProperties}>
            <div className="waterfall-bar">
                <SpanSearch matches={matches} selected={selected} select={select} />
                <button type="button" className="button small" onClick={foldAll} title="Expand or collapse everything (x)">
                    {collapsed.size ? "Expand all" : "Collapse all"}
                </button>
                <button type="button" className="button small" aria-pressed={critical} onClick={() => setCritical(!critical)} title="What decided the duration (p)">
                    Critical path
                </button>
                {zoom && (
                    <button type="button" className="button small" onClick={() => setZoom(null)}>
                        Whole time
                    </button>
                )}
            </div>
            {query !== "" && selected >= 0 && matches.hits.has(selected) && <Found hit={matches.hits.get(selected)!} />}
            <div className="waterfall-head span-grid">
                <span>{exact(spans.count)} {spans.count === 1 ? "span" : "spans"}</span>
                <Ruler window={window} whole={whole} zoom={setZoom} />
                <span className="n span-tokens">Tokens</span>
                <span className="n span-cost">Cost</span>
            </div>
            <div
                ref={scroller}
                className="waterfall-rows"
                role="tree"
                aria-label="Spans of the trace"
                tabIndex={0}
                aria-activedescendant={selected >= 0 ? `span-${selected}` : undefined}
            >
                <div style={{ height: list.getTotalSize() }} className="waterfall-space" role="presentation">
                    {items.map((item) => {
                        const span = shown[item.index];
                        return (
                            <SpanRow
                                key={span}
                                shape={shape}
                                tree={tree}
                                span={span}
                                top={item.start}
                                indent={Math.min(DEEPEST, tree.depth[span] - base)}
                                level={base > 0 || tree.depth[span] - base > DEEPEST ? tree.depth[span] : null}
                                window={window}
                                selected={span === selected}
                                collapsed={collapsed.has(span)}
                                dimmed={(path !== null && !path[span]) || (query !== "" && !matches.set.has(span))}
                                found={query !== "" && matches.set.has(span)}
                                phase={head === null ? null : phaseOf(spans, span, head)}
                                select={select}
                                fold={fold}
                            />
                        );
                    })}
                </div>
            </div>
        </div>
    );
});

/** The level that stands at the left edge: none is hidden while the tree is shallow. */
function indentBase(depths: number[]): number {
    let shallowest = Infinity;
    let deepest = 0;
    for (const depth of depths) {
        shallowest = Math.min(shallowest, depth);
        deepest = Math.max(deepest, depth);
    }
    return deepest <= DEEPEST ? 0 : Math.max(0, Math.min(shallowest, deepest - DEEPEST + 2) - 1);
}

/** Where a span stands among the visible ones; they are in tree order, so a binary search finds it. */
function indexOf(shown: Int32Array, tree: Tree, span: number): number {
    let low = 0;
    let high = shown.length - 1;
    const wanted = tree.position[span];
    while (low <= high) {
        const middle = (low + high) >> 1;
        const here = tree.position[shown[middle]];
        if (here === wanted) return middle;
        if (here < wanted) low = middle + 1;
        else high = middle - 1;
    }
    return -1;
}

/** Where in the selected span the text stands. */
function Found({ hit }: { hit: SearchHit }) {
    return (
        <p className="found-text">
            <span className="tag">{visible(hit.field)}</span> <Snippet hit={hit} />
        </p>
    );
}

function SpanSearch({ matches, selected, select }: { matches: Matches; selected: number; select: (span: number) => void }) {
    const url = useUrl();
    const [text, setText] = useState(url.search.q ?? "");
    useEffect(() => {
        if (text === (url.search.q ?? "")) return;
        const timer = setTimeout(() => url.set({ q: text || undefined }, { replace: true }), 150);
        return () => clearTimeout(timer);
    }, [text, url]);
    const at = matches.list.indexOf(selected);
    const go = (step: number) => {
        const n = matches.list.length;
        if (n) select(matches.list[at < 0 ? (step > 0 ? 0 : n - 1) : (at + step + n) % n]);
    };
    /* Enter right after typing asks for what is in the box, not for what was found so far. */
    const wanted = useRef(0);
    useEffect(() => {
        if (!wanted.current || matches.waiting || text !== (url.search.q ?? "")) return;
        go(wanted.current);
        wanted.current = 0;
    }, [matches.list, matches.waiting]);
    const onKey = (event: KeyboardEvent) => {
        const step = event.shiftKey ? -1 : 1;
        if (event.key === "Enter" && text !== (url.search.q ?? "")) {
            wanted.current = step;
            url.set({ q: text || undefined }, { replace: true });
        } else if (event.key === "Enter") go(step);
        else if (event.key === "Escape") {
            setText("");
            (event.target as HTMLElement).blur();
        } else return;
        event.preventDefault();
        event.stopPropagation();
    };
    return (
        <div className="span-search">
            <Icon name="search" small className="muted" />
            <input data-filter-box value={text} placeholder="Find in names and in all texts of the trace" aria-label="Find in the trace" spellCheck={false} onChange={(event) => setText(event.target.value)} onKeyDown={onKey} />
            {url.search.q && (
                <span className="muted nowrap" role="status">
                    {matches.problem ? <span className="bad" title={visible(matches.problem)}>in names only</span> : matches.waiting ? "looking into texts…" : null}{" "}
                    {matches.list.length === 0 ? (matches.waiting ? "" : "none") : at < 0 ? `${exact(matches.list.length)} found, Enter goes there` : `${at + 1} of ${exact(matches.list.length)}`}
                </span>
            )}
        </div>
    );
}
