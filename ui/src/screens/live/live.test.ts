/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import { EventReader } from "../../api/events";
import { type LiveRow, liveRow } from "../../api/tail";
import { arrive, EMPTY, KEPT, release } from "./feed";

const row = (name: string): LiveRow => ({ kind: "log", key: name, log: { time: "0", severity: null, severity_number: null, event: null, service: null, trace_id: null, span_id: null, body: name } });
const keys = (rows: readonly LiveRow[]) => rows.map(({ key }) => key);

describe("server-sent events", () => {
    const text = 'id: 1.2\nevent: open\ndata: {}\n\n: a comment\n\nevent: span\ndata: {"a":\ndata: 1}\n\ndata:x\r\n\r\nid: 1.3\n\nevent: mark\ndata: {}\n\n';
    const events = [
        { event: "open", id: "1.2", data: "{}" },
        { event: "span", id: undefined, data: '{"a":\n1}' },
        { event: "message", id: undefined, data: "x" },
        { event: "mark", id: undefined, data: "{}" },
    ];
    it("are the same in whatever pieces they come", () => {
        for (const size of [1, 2, 7, 1000]) {
            const reader = new EventReader();
            const read = [];
            for (let at = 0; at < text.length; at += size) read.push(...reader.push(text.slice(at, at + size)));
            expect(read).toEqual(events);
        }
    });
    it("have a longest line", () => {
        const reader = new EventReader();
        expect(() => { for (let n = 0; n < 100; n += 1) reader.push("x".repeat(100_000)); }).toThrow("too long");
    });
    it("become rows, or nothing when unknown", () => {
        expect(liveRow("span", '{"trace_id":"a","span_id":"b"}')).toMatchObject({ kind: "span", key: "a/b" });
        expect(liveRow("tomorrow", "{}")).toBeNull();
    });
});

describe("the feed", () => {
    it("shows the newest first and keeps a number of them", () => {
        let feed = arrive(EMPTY, [row("a"), row("b")], 0, false);
        feed = arrive(feed, [row("c")], 3, false);
        expect(keys(feed.rows)).toEqual(["c", "b", "a"]);
        expect(feed.skipped).toBe(3);
        feed = arrive(feed, Array.from({ length: KEPT + 50 }, (_, n) => row(`n${n}`)), 0, false);
        expect(feed.rows.length).toBe(KEPT);
        expect(feed.rows[0].key).toBe(`n${KEPT + 49}`);
        expect(feed.total).toBe(KEPT + 53);
    });
    it("a span told again stands once, at the top", () => {
        const feed = arrive(arrive(EMPTY, [row("a"), row("b")], 0, false), [row("a")], 0, false);
        expect(keys(feed.rows)).toEqual(["a", "b"]);
    });
    it("held still, it lets nothing in, counts what comes, and lets all in at once", () => {
        let feed = arrive(EMPTY, [row("a")], 0, false);
        feed = arrive(feed, [row("b"), row("c")], 0, true);
        feed = arrive(feed, [row("d")], 0, true);
        expect(keys(feed.rows)).toEqual(["a"]);
        expect(feed.came).toBe(3);
        feed = release(feed);
        expect(keys(feed.rows)).toEqual(["d", "c", "b", "a"]);
        expect(feed).toMatchObject({ came: 0, waiting: [], total: 4 });
    });
    it("what waits is bounded, and still counted", () => {
        const feed = arrive(EMPTY, Array.from({ length: KEPT * 2 }, (_, n) => row(`n${n}`)), 0, true);
        expect(feed.waiting.length).toBe(KEPT);
        expect(feed.came).toBe(KEPT * 2);
    });
});
