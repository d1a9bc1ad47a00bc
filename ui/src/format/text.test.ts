import { describe, expect, it } from "vitest";
import { clip, oneLine, preview, shortModel, spoken, structured, visible } from "./text";

describe("text", () => {
    it("shows control characters instead of sending them", () => {
        expect(visible("a\u001b[31mred\u0000")).toBe("a␛[31mred␀");
        expect(visible("keep\ttabs\nand lines")).toBe("keep\ttabs\nand lines");
        expect(visible("\u009b")).toBe("⟦U+009B⟧");
    });

    it("names characters that reorder or hide text", () => {
        expect(visible("user\u202Etxt.exe")).toBe("user⟦U+202E⟧txt.exe");
        expect(visible("a\u200bb\ufeff")).toBe("a⟦U+200B⟧b⟦U+FEFF⟧");
        expect(visible("\u2066x\u2069")).toBe("⟦U+2066⟧x⟦U+2069⟧");
        expect(visible("\ud800x")).toBe("⟦U+D800⟧x");
        expect(visible("hi\u{E0041}\u{E0042}")).toBe("hi⟦U+E0041⟧⟦U+E0042⟧");
    });

    it("leaves emoji and scripts that need joiners alone", () => {
        expect(visible("👩‍💻 שלום नमस्ते")).toBe("👩‍💻 שלום नमस्ते");
    });

    it("makes one line of many", () => {
        expect(oneLine("  a\n\n b\tc ")).toBe("a b c");
        expect(clip("abcdef", 3)).toBe("abc…");
        expect(clip("a😀b", 2)).toBe("a…");
    });

    it("says JSON without its brackets, whole or cut, and leaves other text alone", () => {
        expect(spoken('{"city":"Oslo","days":[1,2]}')).toBe("city: Oslo, days: 1, 2");
        expect(spoken('[{"role":"user","content":"say \\"hi\\"\\nnow {x}')).toBe('role: user, content: say "hi" now {x}');
        expect(spoken("{not json")).toBe("{not json");
        expect(spoken("[1] Opening hours")).toBe("[1] Opening hours");
        expect(preview('{"a":"<b>\u202e"}', 40)).toBe("a: <b>⟦U+202E⟧");
        expect(preview(null, 40)).toBe("");
    });

    it("leaves the date out of a model's name", () => {
        expect(shortModel("claude-sonnet-4-5-20250929")).toBe("claude-sonnet-4-5");
        expect(shortModel("gpt-4o-mini-2024-07-18")).toBe("gpt-4o-mini");
        expect(shortModel("gpt-4o")).toBe("gpt-4o");
    });

    it("recognises JSON objects and lists only", () => {
        expect(structured('{"a":1}')).toEqual({ a: 1 });
        expect(structured("[1]")).toEqual([1]);
        expect(structured("12")).toBeUndefined();
        expect(structured("{not json")).toBeUndefined();
    });
});
