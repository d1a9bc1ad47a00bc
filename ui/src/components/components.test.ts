import { describe, expect, it } from "vitest";
import { condense, layerAt, stack, sum } from "./chart-data";
import { suggestFields, suggestValues } from "./suggest";

describe("chart data", () => {
    it("stacks from the bottom and finds the layer under the pointer", () => {
        const layers = [[1, null, 3], [2, 2, 0]];
        expect(stack(layers)).toEqual([[1, 0, 3], [3, 2, 3]]);
        expect(layerAt(layers, 0, 0.5)).toBe(0);
        expect(layerAt(layers, 0, 2.5)).toBe(1);
        expect(layerAt(layers, 0, 9)).toBeNull();
        expect(layerAt(layers, 2, 2)).toBe(0);
    });

    it("keeps unknown apart from zero", () => {
        expect(sum([null, null])).toBeNull();
        expect(sum([null, 0])).toBe(0);
        expect(condense([1, 1, null, null], 2)).toEqual([2, null]);
    });
});

describe("filter suggestions", () => {
    it("offers fields by name or label, and the word itself as a name", () => {
        expect(suggestFields("mod")[0].text).toBe("model=");
        expect(suggestFields("latency")[0].text).toBe("duration>");
        expect(suggestFields("checkout").at(-1)).toMatchObject({ text: "name~checkout", done: true });
        expect(suggestFields("", ["service"]).map(({ text }) => text)).toEqual(["service="]);
    });

    it("offers values for the last of several alternatives", () => {
        const values = [{ value: "gpt-4o", count: 3 }, { value: "o3", count: 1 }, { value: null, count: 9 }];
        expect(suggestValues({ field: "model", op: "=", value: "o3|gp" }, values)).toEqual([{ label: "gpt-4o", text: "model=o3|gpt-4o", count: 3, done: true }]);
    });
});
