/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import type { ScoreConfig } from "../../api/annotate";
import { choicesOf, isScale, readNumber } from "./answers";

const config = (more: Partial<ScoreConfig>): ScoreConfig => ({ id: "c", name: "n", description: null, type: "numeric", archived: false, min: null, max: null, categories: [], ...more });

describe("what can be answered", () => {
    it("a scale of few whole numbers is buttons whose keys are the numbers", () => {
        expect(choicesOf(config({ min: 0, max: 5 })).map(({ key, value }) => [key, value])).toEqual([["0", 0], ["1", 1], ["2", 2], ["3", 3], ["4", 4], ["5", 5]]);
        expect(choicesOf(config({ min: -1, max: 10 })).length).toBe(0);
        expect(choicesOf(config({ min: 1, max: 10 })).at(-1)).toEqual({ key: "", label: "10", value: 10 });
        for (const each of [{ min: 0, max: 1 }, { min: 0.5, max: 3 }, { min: 0 }, {}]) expect(isScale(config(each))).toBe(false);
    });

    it("categories have the first nine digits, yes and no the first two, texts none", () => {
        const categories = Array.from({ length: 11 }, (_, at) => ({ label: `l${at}`, value: at }));
        expect(choicesOf(config({ type: "categorical", categories })).map(({ key }) => key).join("")).toBe("123456789");
        expect(choicesOf(config({ type: "boolean" })).map(({ value }) => value)).toEqual([true, false]);
        expect(choicesOf(config({ type: "text" }))).toEqual([]);
    });

    it("a number out of its bounds is said in words", () => {
        expect(readNumber(config({ min: 0, max: 5 }), "3.5")).toBe(3.5);
        expect(readNumber(config({ min: 0, max: 5 }), "6")).toBe("Expected at most 5");
        expect(readNumber(config({ min: 0 }), "-1")).toBe("Expected at least 0");
        for (const text of ["", " ", "x", "1e999"]) expect(readNumber(config({}), text)).toBe("Expected a number");
    });
});
