/* SPDX-License-Identifier: Apache-2.0 */
/* Scores as the API gives them, and giving one. What was just given shows at once: the index follows a moment later. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { apiUrl, sendJson } from "./client";
import type { Ns, TraceShape } from "./types";

export interface Score {
    id: string;
    name: string;
    type: "numeric" | "categorical" | "boolean" | "text" | "correction";
    value: number | boolean | string | null;
    number: number | null;
    text: string | null;
    source: "api" | "eval" | "annotation" | "feedback";
    trace_id: string | null;
    span_id: string | null;
    author: string | null;
    comment: string | null;
    time: Ns;
}

/** Who gave it, in a word. */
export const GIVERS: Record<Score["source"], string> = { feedback: "feedback", eval: "judge", annotation: "reviewer", api: "program" };

const FEEDBACK = "feedback";

/** One opinion a trace given on this screen: a later one replaces it. */
export const feedbackId = (traceId: string) => `screen-feedback-${traceId}`;

const AFTER_MS = 1500;

/** `good` null takes the opinion back. */
export function useFeedback(project: string, traceId: string) {
    const client = useQueryClient();
    const key = ["trace", project, traceId];
    const id = feedbackId(traceId);
    return useMutation({
        mutationFn: ({ good, comment }: { good: boolean | null; comment: string }) =>
            good === null
                ? sendJson("DELETE", apiUrl(`/api/v1/scores/${encodeURIComponent(id)}`, { project }), undefined)
                : sendJson("POST", apiUrl("/api/v1/scores", { project }), { id, name: FEEDBACK, value: good, trace_id: traceId, source: "annotation", comment: comment || undefined }),
        onSuccess: (_, { good, comment }) => {
            client.setQueryData<TraceShape>(key, (shape) => {
                if (!shape) return shape;
                const others = (shape.scores ?? []).filter((score) => score.id !== id);
                if (good === null) return { ...shape, scores: others };
                const given: Score = { id, name: FEEDBACK, type: "boolean", value: good, number: Number(good), text: null, source: "annotation", trace_id: traceId, span_id: null, author: null, comment: comment || null, time: `${Date.now()}000000` };
                return { ...shape, scores: [given, ...others] };
            });
            setTimeout(() => void client.invalidateQueries({ queryKey: key }), AFTER_MS);
        },
    });
}
