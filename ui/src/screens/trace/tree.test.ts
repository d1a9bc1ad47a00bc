import { describe, expect, it } from "vitest";
import type { TraceShape } from "../../api/types";
import { ancestors, buildTree, criticalPath, extent, nextFailed, ownTimes, ticks, visibleSpans } from "./tree";

function spans(rows: [parent: number, start: number, duration: number, status?: number][]): TraceShape["spans"] {
    const n = rows.length;
    const none = new Array(n).fill(-1);
    return {
        count: n,
        id: rows.map((_, at) => at.toString(16).padStart(16, "0")),
        parent: rows.map((row) => row[0]),
        missing_parent: new Array(n).fill(0),
        start: rows.map((row) => row[1]),
        duration: rows.map((row) => row[2]),
        status: rows.map((row) => row[3] ?? 1),
        kind: new Array(n).fill("span"),
        name_s: none, op_s: none, error_kind_s: none, model_s: none, provider_s: none, tool_s: none, agent_s: none, service_s: none,
        ttft: none, input_tokens: none, output_tokens: none, cache_read_tokens: none, reasoning_tokens: none, total_tokens: none, cost: none,
        flags: new Array(n).fill(0),
    };
}

describe("tree", () => {
    it("orders parents before children, siblings by start", () => {
        const tree = buildTree(spans([[-1, 0, 100], [0, 1, 10], [1, 2, 3], [0, 20, 10], [1, 5, 1]]));
        expect([...tree.order]).toEqual([0, 1, 2, 4, 3]);
        expect([...tree.depth]).toEqual([0, 1, 2, 1, 2]);
        expect(tree.after[tree.order[1]]).toBe(4);
        expect([...visibleSpans(tree, new Set([1]))]).toEqual([0, 1, 3]);
        expect(ancestors(tree, 4)).toEqual([1, 0]);
    });

    it("shows spans in a ring instead of losing them", () => {
        const tree = buildTree(spans([[-1, 0, 1], [2, 1, 1], [1, 2, 1], [3, 3, 1]]));
        expect([...tree.order].sort()).toEqual([0, 1, 2, 3]);
        expect(tree.depth[1]).toBe(0);
        expect(tree.depth[2]).toBe(1);
    });

    it("finds what made the request fail, not what it survived", () => {
        const data = spans([[-1, 0, 100, 2], [0, 1, 10, 2], [0, 20, 70, 2], [2, 30, 50, 1], [2, 81, 8, 2]]);
        const tree = buildTree(data);
        expect(tree.origin).toBe(4);
        expect(tree.failedInside[0]).toBe(3);
        expect(nextFailed(tree, data, 4, 1)).toBe(0);
        expect(nextFailed(tree, data, 4, -1)).toBe(2);
        expect(buildTree(spans([[-1, 0, 9, 1], [0, 1, 2, 1], [1, 1, 1, 2]])).origin).toBe(2);
        expect(buildTree(spans([[-1, 0, 9]])).origin).toBe(-1);
    });

    it("marks the path that decided the duration", () => {
        const data = spans([[-1, 0, 100e6], [0, 0, 40e6], [0, 0, 20e6], [0, 41e6, 59e6], [3, 50e6, 50e6]]);
        expect([...criticalPath(buildTree(data), data)]).toEqual([1, 1, 0, 1, 1]);
    });

    it("tells who took the time of that path by itself", () => {
        const data = spans([[-1, 0, 100e6], [0, 0, 40e6], [0, 0, 20e6], [0, 41e6, 59e6], [3, 50e6, 50e6]]);
        data.name_s = [0, 1, 1, 2, 1];
        expect(ownTimes(buildTree(data), data)).toEqual([{ own: 90e6, count: 2, longest: 4 }, { own: 9e6, count: 1, longest: 3 }, { own: 1e6, count: 1, longest: 0 }]);
        expect(ownTimes(buildTree(spans([])), spans([]))).toEqual([]);
    });

    it("builds 50,000 spans and 10,000 levels quickly", () => {
        const wide = buildTree(spans(Array.from({ length: 50_000 }, (_, at) => [at === 0 ? -1 : Math.floor((at - 1) / 20), at, 5] as [number, number, number])));
        expect(wide.order.length).toBe(50_000);
        const deep = buildTree(spans(Array.from({ length: 10_000 }, (_, at) => [at - 1, at, 5] as [number, number, number])));
        expect(deep.depth[9_999]).toBe(9_999);
    });

    it("ignores impossible times when it finds the extent", () => {
        const data = spans([[-1, 0, 100], [0, 10, -5], [0, 20, 1e18]]);
        data.flags[2] = 4;
        expect(extent(data, 4)).toEqual({ from: 0, to: 100 });
        expect(extent(spans([]), 4)).toEqual({ from: 0, to: 1e6 });
        expect(ticks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100]);
    });
});
