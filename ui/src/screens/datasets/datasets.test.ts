/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import { guess, itemsOf, readSheet } from "./import";
import { differing, probability, signed, typed, verdict } from "./words";

describe("files as items", () => {
    it("reads quoted CSV with line feeds, and knows columns by their names", () => {
        const sheet = readSheet("x.csv", '\ufeffid,question,Expected answer,level\n1,"What, ""exactly""\nis it?",Paris,2\n2,"{""a"": [1]}",,\n');
        const roles = guess(sheet.columns);
        expect(roles).toEqual({ id: "id", question: "input", "Expected answer": "expected_output", level: "" });
        expect(itemsOf(sheet, roles)).toEqual([
            { id: "1", input: 'What, "exactly"\nis it?', expected_output: "Paris" },
            { id: "2", input: { a: [1] }, expected_output: "" },
        ]);
    });
    it("keeps numbers of CSV as the texts they are, and puts several columns of a role together", () => {
        const sheet = readSheet("x.csv", "zip;city\n01099;Dresden\n");
        expect(itemsOf(sheet, { zip: "input", city: "input" })).toEqual([{ input: { zip: "01099", city: "Dresden" } }]);
        expect(guess(["zip", "city"])).toEqual({ zip: "input", city: "" });
    });
    it("reads JSONL with its types", () => {
        const sheet = readSheet("x.jsonl", '{"input": {"q": 1}, "expected_output": true}\n\n{"input": null}\n');
        expect(itemsOf(sheet, guess(sheet.columns))).toEqual([
            { input: { q: 1 }, expected_output: true },
            { input: null, expected_output: null },
        ]);
    });
    it("says which line is wrong", () => {
        expect(() => readSheet("x.jsonl", '{"a":1}\nnot json')).toThrow("line 2 is not JSON");
        expect(() => readSheet("x.jsonl", "[1]\n{}")).toThrow("line 1: expected an object");
        expect(() => readSheet("x.csv", "a,b\n1,2,3\n")).toThrow(/row 1/);
        expect(() => readSheet("x.csv", "a,b\n")).toThrow("no rows");
    });
});

describe("words", () => {
    it("tells what two texts share", () => {
        expect(differing("the cat sat", "the dog sat")).toEqual([
            { kind: "same", text: "the " },
            { kind: "gone", text: "cat" },
            { kind: "new", text: "dog" },
            { kind: "same", text: " sat" },
        ]);
        expect(differing("", "new")).toEqual([{ kind: "new", text: "new" }]);
        const long = "word ".repeat(700);
        expect(differing(long, "x").map(({ kind }) => kind)).toEqual(["gone", "new"]);
    });
    it("takes JSON as JSON and the rest as text", () => {
        expect([typed(" "), typed("[1]"), typed("3"), typed("Lima {"), typed('"3"')]).toEqual([null, [1], 3, "Lima {", "3"]);
    });
    it("says how much and which way", () => {
        const difference = { run: "r", pairs: 9, mean: -0.2, low: -0.3, high: -0.1, p: 0.01, p_adjusted: 0.02, significant: true, better: 1, worse: 5, same: 3 };
        expect([verdict(difference, false), verdict(difference, true), verdict({ ...difference, significant: false }, false)]).toEqual(["worse", "better", null]);
        expect([signed("score", -0.2), signed("latency", 2e9), signed("cost", null), probability(0.0004)]).toEqual(["−0.2", "+2 s", "–", "< 0.001"]);
    });
});
