/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import { diffLines } from "./diff";
import { snippets } from "./snippets";
import { flat, inputs, pieces } from "./words";

const told = (lines: ReturnType<typeof diffLines>) => lines.map(({ kind, runs }) => `${{ same: " ", gone: "-", new: "+" }[kind]}${runs.map((run) => (run.changed ? `<${run.text}>` : run.text)).join("")}`);

describe("what changed", () => {
    it("by lines, and by words within lines that stand against each other", () => {
        expect(told(diffLines("a\nBe brief and warm.\nz", "a\nBe kind and warm!\nnew\nz"))).toEqual([" a", "-Be <brief> and warm<.>", "+Be <kind> and warm<!>", "+<new>", " z"]);
    });
    it("nothing, everything, and one side empty", () => {
        expect(told(diffLines("x\ny", "x\ny"))).toEqual([" x", " y"]);
        expect(told(diffLines("x", "y"))).toEqual(["-<x>", "+<y>"]);
        expect(told(diffLines("", "y"))).toEqual(["-", "+<y>"]);
    });
    it("both sides give their texts back, whatever they are", () => {
        const alphabet = ["a", "b", " ", "\n", "é", "{{x}}", ".", "🙏"];
        for (let seed = 1; seed <= 200; seed += 1) {
            const text = (salt: number) => Array.from({ length: (seed * salt) % 23 }, (_, at) => alphabet[(seed * 7919 + at * salt * 31 + ((at * at) % 5)) % alphabet.length]).join("");
            const [before, after] = [text(7), text(11)];
            const side = (kind: "gone" | "new") => diffLines(before, after).filter((line) => line.kind === "same" || line.kind === kind).map((line) => line.runs.map((run) => run.text).join("")).join("\n");
            expect([side("gone"), side("new")]).toEqual([before, after]);
        }
    });
    it("long texts without anything in common are replaced as a whole, at once", () => {
        const before = Array.from({ length: 5000 }, (_, at) => `a${at}`).join("\n");
        const began = performance.now();
        expect(diffLines(before, before.replaceAll("a", "b"))).toHaveLength(10_000);
        expect(performance.now() - began).toBeLessThan(1000);
    });
});

describe("a prompt's pieces", () => {
    it("variables, references and what only looks like them", () => {
        const found = pieces("Hi {{ who }}, @@@langfusePrompt:name=a/b c|label=production@@@ {x} {{}} @@@langfusePrompt:label=x|name=a@@@");
        expect(found.filter(({ kind }) => kind !== "text").map(({ kind, text, name }) => [kind, text, name])).toEqual([
            ["variable", "{{ who }}", undefined],
            ["reference", "@@@langfusePrompt:name=a/b c|label=production@@@", "a/b c"],
            ["variable", "{{}}", undefined],
        ]);
        expect(found.map(({ text }) => text).join("")).toContain("{x}");
    });
    it("what an application must give, each once", () => {
        expect(inputs([{ role: "user", content: "{{a}} {{ b }} {{a}}" }, { type: "placeholder", name: "history" }])).toEqual({ variables: ["a", "b"], placeholders: ["history"] });
        expect(flat([{ role: "system", content: "x" }, { type: "placeholder", name: "h" }])).toBe("[system]\nx\n\n[placeholder h]");
    });
});

describe("use from an SDK", () => {
    it("names are quoted, however they are written", () => {
        const [python, typescript] = snippets({ name: 'a "b"\\/c', type: "chat", label: "production", version: 3, variables: ["who"], placeholders: ["history"] });
        expect(python.code).toContain('get_prompt("a \\"b\\"\\\\/c", type="chat")');
        expect(python.code).toContain('compile(who="…", history=[])');
        expect(typescript.code).toContain('prompt.get("a \\"b\\"\\\\/c", { type: "chat" })');
        const [other] = snippets({ name: "x", type: "text", label: null, version: 3, variables: [], placeholders: [] });
        expect(other.code).toContain('get_prompt("x", version=3)');
    });
});
