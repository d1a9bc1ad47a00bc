/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import { binCells, cellOf, centre, correlationWords, kappaWords, keyOf, keyText, labelCell, number } from "./words";

describe("a score in the address", () => {
    it("comes back as it was, whatever its name", () => {
        for (const name of ["helpful", "a:b", "=~", "two\nlines"]) expect(keyOf(keyText({ name, type: "boolean", source: "eval" }))).toEqual({ name, type: "boolean", source: "eval" });
        expect(keyOf("numeric::helpful")).toEqual({ name: "helpful", type: "numeric", source: "" });
    });
    it("is nothing when it cannot be one", () => {
        for (const text of [undefined, "", "helpful", "odd::x", "numeric:rumour:x", "numeric::"]) expect(keyOf(text)).toBeNull();
    });
    it("keeps cells, the last of which has no end", () => {
        expect(cellOf(labelCell("0~1"))).toEqual({ value: "0~1" });
        expect(binCells([{ from: 0, to: 0.5, count: 1 }, { from: 0.5, to: 1, count: 2 }]).map(cellOf)).toEqual([{ min: "0", below: "0.5" }, { min: "0.5", below: undefined }]);
        expect(cellOf("-3~-1")).toEqual({ min: "-3", below: "-1" });
        expect(cellOf(undefined)).toEqual({});
    });
});

describe("numbers in words", () => {
    it("says where a score lies", () => {
        const empty = { name: "x", median: null, min: null, max: null, histogram: [], sources: [], counts: [], means: [], categories: [] };
        expect(centre({ ...empty, type: "boolean", count: 4, mean: 0.25 })).toBe("25 % yes");
        expect(centre({ ...empty, type: "numeric", count: 4, mean: 1 / 3 })).toBe("0.333");
        expect(centre({ ...empty, type: "categorical", count: 4, mean: null, categories: [{ value: "kind", count: 3 }] })).toBe("kind 75 %");
        expect(number(1234567)).toBe("1230000");
    });
    it("says how large an agreement is", () => {
        expect([-0.1, 0.1, 0.5, 0.8, 1].map(kappaWords)).toEqual(["worse than chance", "slight", "moderate", "almost perfect", "almost perfect"]);
        expect([0, 0.2, -0.4, 0.9].map(correlationWords)).toEqual(["none to speak of", "weak", "medium, opposed", "strong"]);
        expect(kappaWords(null)).toBe("chance explains it all");
    });
});
