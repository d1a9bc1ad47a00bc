/* SPDX-License-Identifier: Apache-2.0 */
/* How good it was: the scores of the trace or of one span as small labels, and one's own opinion of the trace. */
import { useState } from "react";
import { feedbackId, type Score, useFeedback } from "../../api/scores";
import type { TraceShape } from "../../api/types";
import { useUrl } from "../../app/url";
import { Icon } from "../../components/icon";
import { clip, oneLine, visible } from "../../format/text";
import { fullMoment, nsToMs } from "../../format/time";
import { usePrefs } from "../../app/prefs";

const SOURCES: Record<Score["source"], string> = { api: "sent by a program", eval: "by an evaluator", annotation: "by a reviewer", feedback: "by the user" };

const number = (value: number) => (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4))));

function worded(score: Score): string {
    if (score.type === "boolean") return score.value ? "yes" : "no";
    if (score.type === "numeric") return (score.number === null ? "–" : number(score.number)) + (score.text ? ` (${clip(oneLine(score.text), 20)})` : "");
    return clip(oneLine(score.text ?? ""), 40);
}

function Label({ score }: { score: Score }) {
    const { zone } = usePrefs();
    const lines = [`${SOURCES[score.source] ?? score.source}${score.author ? `, ${visible(score.author)}` : ""} · ${fullMoment(nsToMs(score.time), zone)}`, score.comment && visible(score.comment), score.type === "text" && score.text && visible(score.text)];
    return (
        <span className="score-label" title={lines.filter(Boolean).join("\n")}>
            <span className="muted">{clip(oneLine(score.name), 40)}</span> <b>{worded(score)}</b>
            {score.comment && <Icon name="llm" small />}
        </span>
    );
}

const SHOWN = 12;

export function Labels({ scores }: { scores: Score[] }) {
    return (
        <>
            {scores.slice(0, SHOWN).map((score) => (
                <Label key={score.id} score={score} />
            ))}
            {scores.length > SHOWN && <span className="muted">and {scores.length - SHOWN} more</span>}
        </>
    );
}

/** Of one span; nothing when it has none. */
export function SpanScores({ shape, spanId }: { shape: TraceShape; spanId: string }) {
    const scores = (shape.scores ?? []).filter((score) => score.span_id === spanId);
    return scores.length ? <p className="scores" aria-label="Scores of this span"><Labels scores={scores} /></p> : null;
}

export function TraceScores({ shape }: { shape: TraceShape }) {
    const id = feedbackId(shape.trace.trace_id);
    const own = (shape.scores ?? []).find((score) => score.id === id);
    const others = (shape.scores ?? []).filter((score) => score.span_id === null && score.id !== id);
    const below = (shape.scores ?? []).filter((score) => score.span_id !== null).length;
    return (
        <div className="scores" role="group" aria-label="Scores of this trace">
            <Feedback shape={shape} own={own} />
            <Labels scores={others} />
            {below > 0 && <span className="muted">{below} on its spans</span>}
        </div>
    );
}

function Feedback({ shape, own }: { shape: TraceShape; own: Score | undefined }) {
    const url = useUrl();
    const feedback = useFeedback(url.project, shape.trace.trace_id);
    const good = own ? own.value === true : null;
    const [text, setText] = useState<string | null>(null);
    const comment = text ?? own?.comment ?? "";
    const give = (wanted: boolean) => feedback.mutate({ good: good === wanted ? null : wanted, comment: good === wanted ? "" : comment }, { onSuccess: () => setText(null) });
    return (
        <form
            className="feedback"
            onSubmit={(event) => {
                event.preventDefault();
                if (good !== null) feedback.mutate({ good, comment: comment.trim() }, { onSuccess: () => setText(null) });
            }}
        >
            <Thumb up pressed={good === true} busy={feedback.isPending} onClick={() => give(true)} />
            <Thumb up={false} pressed={good === false} busy={feedback.isPending} onClick={() => give(false)} />
            {good !== null && (
                <input
                    aria-label="Why"
                    placeholder="Why? Enter keeps it"
                    value={comment}
                    maxLength={4000}
                    onChange={(event) => setText(event.target.value)}
                    onKeyDown={(event) => event.stopPropagation()}
                />
            )}
            {feedback.error && <span className="tag error" role="alert">{clip(oneLine(feedback.error.message), 80)}</span>}
        </form>
    );
}

function Thumb({ up, pressed, busy, onClick }: { up: boolean; pressed: boolean; busy: boolean; onClick: () => void }) {
    const what = up ? "Good" : "Bad";
    return (
        <button type="button" className={`button icon small bare thumb ${pressed ? (up ? "good" : "bad") : ""}`} aria-pressed={pressed} aria-label={what} title={pressed ? `${what}: click to take it back` : `This was ${what.toLowerCase()}`} disabled={busy} onClick={onClick}>
            <Icon name={up ? "thumbUp" : "thumbDown"} small />
        </button>
    );
}
