/* SPDX-License-Identifier: Apache-2.0 */
/* What a request was given to answer from: the documents of its last retrieval or ranking, told where the whole request is. */
import { useSpan } from "../../api/queries";
import type { TraceShape } from "../../api/types";
import { useUrl } from "../../app/url";
import { clip, oneLine } from "../../format/text";
import { Documents } from "./content";

/** The span whose documents came last to the model, or -1. */
function lastGiver({ spans }: TraceShape): number {
    for (let span = spans.count - 1; span > 0; span -= 1) if (spans.kind[span] === "retriever" || spans.kind[span] === "reranker") return span;
    return -1;
}

export function Given({ shape, select }: { shape: TraceShape; select: (span: number) => void }) {
    const giver = lastGiver(shape);
    return giver < 0 ? null : <From shape={shape} giver={giver} select={select} />;
}

function From({ shape: { trace, spans, strings }, giver, select }: { shape: TraceShape; giver: number; select: (span: number) => void }) {
    const url = useUrl();
    const detail = useSpan(url.project, trace.trace_id, spans.id[giver]).data;
    if (!detail?.documents.length) return null;
    return (
        <div className="content given">
            <Documents documents={detail.documents}>
                <p className="muted">
                    What the model was given last, by{" "}
                    <button type="button" className="link-button" onClick={() => select(giver)}>
                        {clip(oneLine(strings[spans.name_s[giver]] ?? ""), 60)}
                    </button>
                </p>
            </Documents>
        </div>
    );
}
