/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import type { ExplainedValue } from "../../api/explain";
import { rangeOfText, rangeText } from "../../url/range";
import { bumpOf, shiftOf } from "./bump";
import { findings } from "./measures";

describe("the bump of a curve", () => {
    it("is the stretch around the peak, over a dip of one step", () => {
        expect(bumpOf([1, 2, 1, 1, 9, 12, 2, 11, 8, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1])).toEqual([4, 9]);
    });
    it("may be a single step, at an end, or beside gaps", () => {
        expect(bumpOf([0, 0, 0, 0, 0, 0, 30])).toEqual([6, 7]);
        expect(bumpOf([null, null, null, null, 5, null, null, null])).toEqual([4, 5]);
    });
    it("is not in what is flat or empty", () => {
        expect(bumpOf([])).toBeNull();
        expect(bumpOf([3, 3, 3, 3])).toBeNull();
        expect(bumpOf([null, null])).toBeNull();
    });
});

describe("the moment since which a curve is higher", () => {
    const level = (height: number, steps: number) => Array.from({ length: steps }, (_, at) => height + (at % 3));
    it("is found where the level changes", () => {
        expect(shiftOf([...level(5, 20), ...level(20, 15)])).toBe(20);
    });
    it("is nowhere in a level curve, in one peak, or in one that falls", () => {
        expect(shiftOf(level(5, 40))).toBeNull();
        expect(shiftOf([...level(5, 20), 60, ...level(5, 20)])).toBeNull();
        expect(shiftOf([...level(20, 20), ...level(5, 15)])).toBeNull();
        expect(shiftOf([])).toBeNull();
    });
});

it("values for the same spans are one finding", () => {
    const value = (dimension: string, same_as: number | null) => ({ dimension, same_as }) as ExplainedValue;
    const found = findings([value("model", null), value("tenant", null), value("provider", 0)]);
    expect(found.map(({ head, also }) => [head.dimension, also.map((each) => each.dimension)])).toEqual([["model", ["provider"]], ["tenant", []]]);
});

it("a stretch comes back from the address as it was", () => {
    const range = { from: "2026-11-20T14:00:00Z", to: "2026-11-20T14:45:00Z" };
    expect(rangeOfText(rangeText(range))).toEqual(range);
    for (const text of [undefined, "", "~", "a~b", `${rangeText(range)}~x`, `${range.to}~${range.from}`]) expect(rangeOfText(text)).toBeNull();
});
