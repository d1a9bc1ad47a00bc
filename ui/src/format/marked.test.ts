import { describe, expect, it } from "vitest";
import { marked } from "./marked";

const shown = (text: string, places: [number, number][]) => marked(text, places).map(({ text: piece, on }) => (on ? `[${piece}]` : piece)).join("");

describe("marked", () => {
    it("counts bytes, as the server does", () => {
        expect(shown("the order", [[4, 9]])).toBe("the [order]");
        expect(shown("a🎉b", [[1, 5]])).toBe("a[🎉]b");
        expect(shown("نعم لا", [[7, 11]])).toBe("نعم [لا]");
    });

    it("leaves out places that are none", () => {
        expect(shown("abc", [[2, 9], [1, 1], [0, 1], [0, 2]])).toBe("[a]bc");
        expect(shown("", [[0, 1]])).toBe("");
        expect(shown("\ufeffx", [])).toBe("\ufeffx");
    });
});
