/* SPDX-License-Identifier: Apache-2.0 */
import { memo } from "react";
import { FLAG, type TraceShape } from "../../api/types";
import { Icon, kindIcon } from "../../components/icon";
import { count, duration, exact, known, money, NONE } from "../../format/number";
import { clip, oneLine, shortModel } from "../../format/text";
import type { Phase } from "./moments";
import type { Window } from "./ruler";
import type { Tree } from "./tree";

const INDENT = 14;

interface Props {
    shape: TraceShape;
    tree: Tree;
    span: number;
    top: number;
    indent: number;
    /** The nesting level, when it can no longer be seen from the indentation. */
    level: number | null;
    window: Window;
    selected: boolean;
    collapsed: boolean;
    dimmed: boolean;
    found: boolean;
    /** How it stands at the moment that is replayed. */
    phase: Phase | null;
    select: (span: number) => void;
    fold: (span: number, shut: boolean) => void;
}

export const SpanRow = memo(function SpanRow(props: Props) {
    const { shape, tree, span, top, indent, level, selected, collapsed, dimmed, found, phase, select, fold } = props;
    const { spans, strings } = shape;
    const failed = spans.status[span] === 2;
    const inside = tree.failedInside[span];
    const has = tree.children[span] > 0;
    const kind = spans.kind[span];
    const model = shortModel(strings[spans.model_s[span]] ?? "");
    const name = clip(oneLine(strings[spans.name_s[span]] ?? ""), 160);
    return (
        <div
            id={`span-${span}`}
            className={`span-row span-grid k-${kind} ${selected ? "selected" : ""} ${dimmed ? "dimmed" : ""} ${found ? "found" : ""} ${failed ? "failed" : ""} ${phase ? `now-${phase}` : ""}`}
            role="treeitem"
            aria-level={tree.depth[span] + 1}
            aria-expanded={has ? !collapsed : undefined}
            aria-selected={selected}
            style={{ transform: `translateY(${top}px)` }}
            onClick={() => select(span)}
            onDoubleClick={() => has && fold(span, !collapsed)}
        >
            <div className="span-name" style={{ paddingLeft: indent * INDENT, "--indent": indent } as React.CSSProperties}>
                {has ? (
                    <button type="button" className="twist" tabIndex={-1} aria-label={collapsed ? "Expand" : "Collapse"} onClick={(event) => { event.stopPropagation(); fold(span, !collapsed); }}>
                        <Icon name={collapsed ? "right" : "down"} small />
                    </button>
                ) : (
                    <span className="twist" />
                )}
                {level !== null && <span className="level" title={`Nesting level ${level}`}>{level}</span>}
                <Icon name={kindIcon(kind)} small className="kind" />
                <span className="cut" title={name}>{name}</span>
                {failed && <Icon name="error" small className="bad" />}
                {failed && <span className="sr">failed</span>}
                {collapsed && has && <span className="tag">{exact(tree.after[span] - tree.position[span] - 1)}</span>}
                {!failed && inside > 0 && collapsed && <span className="tag error">{exact(inside)} failed</span>}
                {model && !name.includes(model) && <span className="cut muted span-model">{clip(oneLine(model), 60)}</span>}
                {spans.missing_parent[span] ? <span className="tag" title="Its parent has not arrived">parent missing</span> : null}
            </div>
            <Bar {...props} failed={failed} />
            <span className="n muted span-tokens">{tokens(spans, span)}</span>
            <span className="n muted span-cost">{cost(spans, span)}</span>
        </div>
    );
});

function tokens(spans: TraceShape["spans"], span: number): string {
    const total = known(spans.total_tokens[span]);
    if (total === null) return "";
    return spans.flags[span] & FLAG.summary ? `Σ ${count(total)}` : count(total);
}

function cost(spans: TraceShape["spans"], span: number): string {
    if (spans.flags[span] & FLAG.unpriced) return NONE;
    const total = known(spans.cost[span]);
    return total === null || (total === 0 && !(spans.flags[span] & FLAG.billed)) ? "" : money(total);
}

function Bar({ shape: { spans }, span, window, failed }: Props & { failed: boolean }) {
    const length = window.to - window.from;
    const own = Math.max(0, spans.duration[span]);
    const share = (at: number) => Math.max(0, Math.min(100, ((at - window.from) / length) * 100));
    const strange = (spans.flags[span] & FLAG.implausible) !== 0 || spans.duration[span] < 0;
    const left = share(spans.start[span]);
    const right = strange ? left : share(spans.start[span] + own);
    const ttft = known(spans.ttft[span]);
    /* A mark for the first token needs a bar wide enough to be marked. */
    const first = ttft !== null && right - left > 2 ? Math.min(100, (ttft / own) * 100) : null;
    const outside = spans.start[span] > window.to || spans.start[span] + own < window.from;
    return (
        <div className="span-time">
            <div className="span-track">
                {!outside && (
                    <i className={`bar ${failed ? "failed" : ""}`} style={{ left: `${left}%`, width: `${Math.max(0, right - left)}%` }}>
                        {first !== null && <b style={{ left: `${first}%` }} title={`First token after ${duration(ttft)}`} />}
                    </i>
                )}
                <span style={{ left: `${right}%` }} title={strange ? "The sender's times cannot be right" : undefined}>
                    {strange && "⚠ "}
                    {duration(spans.duration[span])}
                </span>
            </div>
        </div>
    );
}
