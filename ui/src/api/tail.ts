/* SPDX-License-Identifier: Apache-2.0 */
/* The live tail: rows in rounds, over connections that come and go. */
import { ApiError, apiUrl, openStream, type Query } from "./client";
import { EventReader } from "./events";
import type { Invocation } from "./models";
import type { LogRow } from "./types";

export type LiveSpan = Invocation;
export type LiveRow = { kind: "span"; key: string; span: LiveSpan } | { kind: "log"; key: string; log: LogRow };

export type TailState = { is: "joining" } | { is: "live" } | { is: "away"; why: string } | { is: "refused"; why: string };

interface TailListener {
    /** Oldest first, and how many there were besides. */
    round: (rows: LiveRow[], skipped: number) => void;
    state: (state: TailState) => void;
}

/* The server says something every 15 seconds. */
const SILENCE_MS = 40_000;
const PATIENCE_MS = [500, 1_000, 2_000, 5_000, 10_000];

let logs = 0;

export function liveRow(event: string, data: string): LiveRow | null {
    if (event === "span") {
        const span = JSON.parse(data) as LiveSpan;
        return { kind: "span", key: `${span.trace_id}/${span.span_id}`, span };
    }
    if (event === "log") {
        logs += 1;
        return { kind: "log", key: `log/${logs}`, log: JSON.parse(data) as LogRow };
    }
    return null;
}

/** Follows until the function it gives is called. Comes back after what it heard last. */
export function followTail(query: Query, listener: TailListener): () => void {
    const over = new AbortController();
    let last: string | undefined;
    let failures = 0;

    const connection = async () => {
        const silence = new AbortController();
        const stop = AbortSignal.any([over.signal, silence.signal]);
        let timer = window.setTimeout(() => silence.abort(), SILENCE_MS);
        try {
            const body = await openStream(apiUrl("/api/v1/tail", { ...query, after: last }), stop);
            const bytes = body.pipeThrough(new TextDecoderStream()).getReader();
            const reader = new EventReader();
            let rows: LiveRow[] = [];
            for (;;) {
                const { done, value } = await bytes.read();
                if (done) return;
                clearTimeout(timer);
                timer = window.setTimeout(() => silence.abort(), SILENCE_MS);
                for (const { event, id, data } of reader.push(value)) {
                    if (event === "open") {
                        failures = 0;
                        listener.state({ is: "live" });
                    } else if (event === "mark") {
                        const { skipped } = JSON.parse(data) as { skipped: number };
                        if (rows.length || skipped) listener.round(rows, skipped);
                        rows = [];
                    } else {
                        const row = liveRow(event, data);
                        if (row) rows.push(row);
                    }
                    if (id) last = id;
                }
            }
        } finally {
            clearTimeout(timer);
        }
    };

    const run = async () => {
        listener.state({ is: "joining" });
        while (!over.signal.aborted) {
            let why = "The connection ended.";
            try {
                await connection();
            } catch (error) {
                if (over.signal.aborted) return;
                if (error instanceof ApiError && error.code >= 400 && error.code < 500) return listener.state({ is: "refused", why: error.message });
                if (error instanceof ApiError) why = error.message;
            }
            if (over.signal.aborted) return;
            listener.state({ is: "away", why });
            await pause(PATIENCE_MS[Math.min(failures, PATIENCE_MS.length - 1)], over.signal);
            failures += 1;
        }
    };
    void run();
    return () => over.abort();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((done) => {
        const timer = setTimeout(done, ms);
        signal.addEventListener("abort", () => {
            clearTimeout(timer);
            done();
        });
    });
}
