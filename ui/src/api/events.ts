/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-sent events, read by fetch: unlike EventSource it hears why it was refused, and waits with
 * growing patience. What is at most `LINE_MAX` long is understood, whatever pieces it comes in.
 */
interface ServerEvent {
    event: string;
    id?: string;
    data: string;
}

const LINE_MAX = 4 << 20;

/** A machine that takes text as it comes and gives the events that are complete. */
export class EventReader {
    private rest = "";
    private event: Partial<ServerEvent> = {};

    push(text: string): ServerEvent[] {
        const done: ServerEvent[] = [];
        const lines = (this.rest + text).split("\n");
        this.rest = lines.pop() ?? "";
        if (this.rest.length > LINE_MAX) throw new Error("an event is too long");
        for (const line of lines) {
            if (line === "" || line === "\r") {
                if (this.event.data !== undefined) done.push({ event: this.event.event ?? "message", id: this.event.id, data: this.event.data });
                this.event = {};
                continue;
            }
            const colon = line.indexOf(":");
            if (colon === 0) continue;
            const field = colon < 0 ? line : line.slice(0, colon);
            const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1)).replace(/\r$/, "");
            if (field === "data") this.event.data = this.event.data === undefined ? value : `${this.event.data}\n${value}`;
            else if (field === "event") this.event.event = value;
            else if (field === "id") this.event.id = value;
        }
        return done;
    }
}
