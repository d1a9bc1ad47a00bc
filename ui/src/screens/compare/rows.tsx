/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of both traces in one list; a row is a pair, or a step that only one of them has. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import type { TraceShape } from "../../api/types";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { changedRows, type Comparison, type Difference, type PairRow, rowDiffers } from "../../compare/traces";
import { Icon, kindIcon } from "../../components/icon";
import { count, duration, exact, known, money } from "../../format/number";
import { clip, oneLine, shortModel } from "../../format/text";
import { Delta } from "./delta";

const ROW = 30;
const DEEPEST = 10;

interface Props {
    made: Comparison;
    a: TraceShape;
    b: TraceShape;
    selected: number;
    select: (row: number) => void;
}

export function PairList({ made, a, b, selected, select }: Props) {
    const url = useUrl();
    const only = url.search.view === "changes";
    const scroller = useRef<HTMLDivElement>(null);
    const shown = useMemo(() => (only ? changedRows(made.rows) : made.rows.map((_, at) => at)), [made, only]);
    const place = useMemo(() => new Map(shown.map((row, at) => [row, at])), [shown]);
    const list = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 10, useFlushSync: false });
    useEffect(() => {
        const at = place.get(selected);
        if (at !== undefined) list.scrollToIndex(at, { align: "auto" });
    }, [selected, place]);
    const move = (step: number) => (event: KeyboardEvent) => {
        if ((event.target as HTMLElement).closest(".compare-right")) return false;
        const at = Math.max(0, Math.min(shown.length - 1, (place.get(selected) ?? -1) + step));
        if (shown.length) select(shown[at]);
        return true;
    };
    const toggle = () => url.set({ view: only ? undefined : "changes" }, { replace: true });
    useKeys({ j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1), Home: move(-Infinity), End: move(Infinity), o: toggle });
    return (
        <>
            <div className="row compare-bar">
                <button type="button" className="button small" aria-pressed={only} onClick={toggle} title="Leave out what is the same (o)">
                    Only differences
                </button>
                <span className="muted">{exact(shown.length)} of {exact(made.rows.length)} steps</span>
            </div>
            <div className="pair-head pair-grid" aria-hidden="true">
                <span>Step</span><span className="n">A</span><span className="n">B</span><span className="n">Change</span><span className="n pair-tokens">Tokens</span><span className="n pair-cost">Cost</span>
            </div>
            <div ref={scroller} className="pair-rows" role="listbox" aria-label="Steps of both traces" tabIndex={0} aria-activedescendant={selected >= 0 ? `pair-${selected}` : undefined}>
                <div style={{ height: list.getTotalSize() }} className="pair-space" role="presentation">
                    {list.getVirtualItems().map((item) => {
                        const at = shown[item.index];
                        return <Pair key={at} id={`pair-${at}`} row={made.rows[at]} a={a} b={b} top={item.start} selected={at === selected} first={at === made.first} select={() => select(at)} />;
                    })}
                </div>
            </div>
        </>
    );
}

const WORDS: Record<Difference, string> = { name: "renamed", model: "other model", status: "other outcome", error: "other error" };

interface PairProps {
    id: string;
    row: PairRow;
    a: TraceShape;
    b: TraceShape;
    top: number;
    selected: boolean;
    first: boolean;
    select: () => void;
}

function Pair({ id, row, a, b, top, selected, first, select }: PairProps) {
    const [own, span] = row.b >= 0 ? [b, row.b] : [a, row.a];
    const alone = row.a < 0 ? "b" : row.b < 0 ? "a" : "";
    const number = (shape: TraceShape, at: number, column: "duration" | "total_tokens" | "cost") => (at < 0 ? null : known(shape.spans[column][at]));
    const failed = (shape: TraceShape, at: number) => at >= 0 && shape.spans.status[at] === 2;
    const text = (shape: TraceShape, at: number, column: "name_s" | "model_s") => (at < 0 ? "" : clip(oneLine(shape.strings[shape.spans[column][at]] ?? ""), 120));
    const both = !alone;
    const oldName = both && row.differs.includes("name") ? text(a, row.a, "name_s") : "";
    const oldModel = both && row.differs.includes("model") ? text(a, row.a, "model_s") : "";
    return (
        <div
            id={id}
            role="option"
            aria-selected={selected}
            className={`pair-row pair-grid k-${own.spans.kind[span]} ${alone ? `only-${alone}` : ""} ${rowDiffers(row) ? "differs" : ""} ${selected ? "selected" : ""} ${first ? "first" : ""}`}
            style={{ transform: `translateY(${top}px)` }}
            onClick={select}
        >
            <span className="pair-name" style={{ paddingLeft: Math.min(DEEPEST, row.depth) * 14 }}>
                <span className="pair-mark" aria-label={alone === "a" ? "only in A" : alone === "b" ? "only in B" : undefined}>{alone === "a" ? "−" : alone === "b" ? "+" : rowDiffers(row) ? "≠" : ""}</span>
                <Icon name={kindIcon(own.spans.kind[span])} small className="kind" />
                {oldName && <s className="cut muted">{oldName}</s>}
                <span className="cut">{text(own, span, "name_s")}</span>
                {oldModel && <span className="muted cut pair-models">{shortModel(oldModel)} → {shortModel(text(b, row.b, "model_s"))}</span>}
                {row.differs.filter((each) => each !== "name" && each !== "model").map((each) => (
                    <span key={each} className={`tag ${failed(b, row.b) ? "error" : "warn"}`}>{each === "status" ? (failed(b, row.b) ? "fails in B" : "fails in A") : WORDS[each]}</span>
                ))}
                {!row.differs.length && (failed(a, row.a) || failed(b, row.b)) && <Icon name="error" small className="bad" />}
                {first && <span className="tag accent">parts here</span>}
            </span>
            <span className="n muted">{row.a >= 0 ? duration(number(a, row.a, "duration")) : ""}</span>
            <span className="n muted">{row.b >= 0 ? duration(number(b, row.b, "duration")) : ""}</span>
            <span className="n">{both && <Delta a={number(a, row.a, "duration")} b={number(b, row.b, "duration")} show={duration} />}</span>
            <span className="n pair-tokens">{both && <Delta a={number(a, row.a, "total_tokens")} b={number(b, row.b, "total_tokens")} show={count} />}</span>
            <span className="n pair-cost">{both && <Delta a={number(a, row.a, "cost")} b={number(b, row.b, "cost")} show={money} />}</span>
        </div>
    );
}
