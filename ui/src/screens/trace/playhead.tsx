/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The playhead: a moment of the trace, to look at it as it was then. It can be dragged, stepped from
 * one turning point to the next, or played; a long trace plays in a quarter of a minute. Whoever
 * prefers less motion gets steps instead of a moving line. The moment is in the URL once it rests.
 */
import { useEffect, useMemo, useRef, useState } from "react";
import type { TraceShape } from "../../api/types";
import { useKeys } from "../../app/keys";
import { useStable } from "../../app/stable";
import { useUrl } from "../../app/url";
import { Icon, kindIcon } from "../../components/icon";
import { duration, exact } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { atWork, nextPoint, turningPoints } from "./moments";
import type { Window } from "./ruler";
import type { Tree } from "./tree";

const LONGEST_PLAY_S = 15;
const FRAMES_A_SECOND = 15;
const STEP_MS = 700;

interface Playhead {
    /** ns since the trace's start; null: there is none, all of the trace is shown. */
    at: number | null;
    playing: boolean;
    move: (at: number) => void;
    toggle: () => void;
    step: (by: 1 | -1) => void;
    off: () => void;
}

export function usePlayhead(shape: TraceShape, whole: Window): Playhead {
    const url = useUrl();
    const wanted = url.search.t === undefined ? null : Number(url.search.t) * 1e6;
    const [at, setAt] = useState<number | null>(wanted !== null && Number.isFinite(wanted) ? wanted : null);
    const [playing, setPlaying] = useState(false);
    const points = useMemo(() => turningPoints(shape.spans), [shape]);
    const clamp = (moment: number) => Math.max(whole.from, Math.min(whole.to, moment));
    useEffect(() => {
        if (playing) return;
        const text = at === null ? undefined : String(Math.round(at / 1e3) / 1e3);
        if (text === url.search.t) return;
        const timer = setTimeout(() => url.set({ t: text }, { replace: true }), 250);
        return () => clearTimeout(timer);
    }, [at, playing, url]);
    const advance = useStable((seconds: number, still: boolean) => {
        const from = at ?? whole.from;
        const length = (whole.to - whole.from) / 1e9;
        const next = still ? nextPoint(points, from, 1) : from + seconds * 1e9 * Math.max(1, length / LONGEST_PLAY_S);
        setAt(clamp(next));
        if (next >= whole.to) setPlaying(false);
    });
    useEffect(() => {
        if (!playing) return;
        const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
        let last = performance.now();
        const timer = setInterval(() => {
            const now = performance.now();
            advance((now - last) / 1e3, still);
            last = now;
        }, still ? STEP_MS : 1e3 / FRAMES_A_SECOND);
        return () => clearInterval(timer);
    }, [playing, advance]);
    return {
        at,
        playing,
        move: (moment) => {
            setPlaying(false);
            setAt(clamp(moment));
        },
        toggle: () => {
            if (!playing && (at === null || at >= whole.to)) setAt(whole.from);
            setPlaying(!playing);
        },
        step: (by) => {
            setPlaying(false);
            setAt(clamp(nextPoint(points, at ?? (by > 0 ? whole.from - 1 : whole.to), by)));
        },
        off: () => {
            setPlaying(false);
            setAt(null);
        },
    };
}

export function PlayheadBar({ head, shape, tree, whole, select }: { head: Playhead; shape: TraceShape; tree: Tree; whole: Window; select: (span: number) => void }) {
    const { at, playing } = head;
    const slider = useRef<HTMLInputElement>(null);
    useKeys({ " ": head.toggle, ",": () => head.step(-1), ".": () => head.step(1), Escape: () => (at === null ? false : head.off()) });
    if (at === null) {
        return (
            <button type="button" className="button small bare play-begin" onClick={head.toggle} title="Replay the trace (space)">
                <Icon name="play" small /> Replay
            </button>
        );
    }
    const length = whole.to - whole.from;
    return (
        <div className="playhead" role="group" aria-label="Replay">
            <button type="button" className="button small icon" onClick={head.toggle} aria-label={playing ? "Pause" : "Play"} title={playing ? "Pause (space)" : "Play (space)"}>
                <Icon name={playing ? "pause" : "play"} small />
            </button>
            <button type="button" className="button small icon bare" onClick={() => head.step(-1)} aria-label="To the moment before" title="To the moment before (,)">
                <Icon name="left" small />
            </button>
            <button type="button" className="button small icon bare" onClick={() => head.step(1)} aria-label="To the next moment" title="To the next moment (.)">
                <Icon name="right" small />
            </button>
            <input
                ref={slider}
                type="range"
                min={0}
                max={1000}
                step={1}
                value={Math.round(((at - whole.from) / length) * 1000)}
                onChange={(event) => head.move(whole.from + (Number(event.target.value) / 1000) * length)}
                aria-label="Moment of the trace"
                aria-valuetext={`${duration(at - whole.from)} of ${duration(length)}`}
            />
            <span className="playhead-time">
                {duration(at - whole.from)} <span className="muted">of {duration(length)}</span>
            </span>
            <AtWork shape={shape} tree={tree} at={at} select={select} />
            <button type="button" className="button small icon bare" onClick={head.off} aria-label="End the replay" title="End the replay (Esc)">
                <Icon name="close" small />
            </button>
        </div>
    );
}

function AtWork({ shape, tree, at, select }: { shape: TraceShape; tree: Tree; at: number; select: (span: number) => void }) {
    const { list, count } = useMemo(() => atWork(tree, shape.spans, at, 3), [tree, shape, at]);
    const { spans, strings } = shape;
    return (
        <span className="at-work" aria-label="At work at this moment">
            {list.map((span) => (
                <button key={span} type="button" className={`tag k-${spans.kind[span]}`} onClick={() => select(span)} title="Select this span">
                    <Icon name={kindIcon(spans.kind[span])} small className="kind" /> <span className="cut">{clip(oneLine(strings[spans.name_s[span]] ?? ""), 40)}</span>
                </button>
            ))}
            {count > list.length && <span className="muted nowrap">+{exact(count - list.length)}</span>}
            {!count && <span className="muted nowrap">nothing at work</span>}
        </span>
    );
}
