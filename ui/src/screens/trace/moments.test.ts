/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import type { TraceShape } from "../../api/types";
import { atWork, nextPoint, phaseOf, turningPoints } from "./moments";
import { buildTree } from "./tree";

/** [parent, start, duration] a span. */
function made(...rows: [number, number, number][]): TraceShape["spans"] {
    return { count: rows.length, parent: rows.map((row) => row[0]), start: rows.map((row) => row[1]), duration: rows.map((row) => row[2]), flags: rows.map(() => 0), status: rows.map(() => 1), kind: rows.map(() => "span") } as unknown as TraceShape["spans"];
}

const spans = made([-1, 0, 100], [0, 10, 30], [1, 15, 10], [0, 20, 40]);
const working = (at: number, most = 9) => atWork(buildTree(spans), spans, at, most);

describe("moments", () => {
    it("a span is before, running or past", () => {
        expect([5, 10, 39, 40].map((at) => phaseOf(spans, 1, at))).toEqual(["before", "running", "running", "past"]);
    });
    it("turning points stand once, in order, and are stepped through", () => {
        const points = turningPoints(spans);
        expect([...points]).toEqual([0, 10, 15, 20, 25, 40, 60, 100]);
        expect([nextPoint(points, 10, 1), nextPoint(points, 12, 1), nextPoint(points, 12, -1), nextPoint(points, 10, -1), nextPoint(points, 100, 1), nextPoint(points, 0, -1)]).toEqual([15, 15, 10, 0, 100, 0]);
    });
    it("at work are the innermost ones", () => {
        expect(working(5)).toEqual({ list: [0], count: 1 });
        expect(working(17)).toEqual({ list: [2], count: 1 });
        expect(working(22)).toEqual({ list: [2, 3], count: 2 });
        expect(working(22, 1)).toEqual({ list: [2], count: 2 });
        expect(working(100)).toEqual({ list: [], count: 0 });
    });
});
