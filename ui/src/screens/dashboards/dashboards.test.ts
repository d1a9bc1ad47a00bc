import { describe, expect, it } from "vitest";
import { moved, resized, settle, stepped } from "./grid";
import { fillIn, followingRange, intervalOf } from "./fill";

const item = (id: string, x: number, y: number, w = 6, h = 4) => ({ id, x, y, w, h });
const places = (items: { id: string; x: number; y: number }[]) => Object.fromEntries(items.map(({ id, x, y }) => [id, `${x},${y}`]));

describe("the grid", () => {
    const four = [item("a", 0, 0), item("b", 6, 0), item("c", 0, 4), item("d", 6, 4)];

    it("leaves no gaps and no overlaps", () => {
        expect(places(settle([item("a", 0, 3), item("b", 0, 5), item("c", 9, 50)]))).toEqual({ a: "0,0", b: "0,4", c: "6,0" });
    });

    it("moves others out of the way of the one that is held", () => {
        expect(places(moved(four, "c", 0, 0))).toEqual({ a: "0,4", b: "6,0", c: "0,0", d: "6,4" });
        expect(places(moved(four, "a", 6, 0))).toEqual({ a: "6,0", b: "6,4", c: "0,0", d: "6,8" });
        expect(places(moved(four, "a", 99, -5)).a).toBe("6,0");
    });

    it("grows within its bounds", () => {
        const wide = resized(four, "a", 12, 5);
        expect(wide[0]).toMatchObject({ w: 12, h: 5 });
        expect(places(wide)).toEqual({ a: "0,0", b: "6,5", c: "0,5", d: "6,9" });
        expect(resized(four, "b", 40, 0)[1]).toMatchObject({ w: 6, h: 2 });
    });

    it("goes one place further with each key", () => {
        expect(places(stepped(four, "a", 0, 1))).toEqual({ a: "0,4", b: "6,0", c: "0,0", d: "6,4" });
        expect(places(stepped(four, "c", 0, -1)).c).toBe("0,0");
        expect(places(stepped(four, "a", -1, 0)).a).toBe("0,0");
    });
});

describe("variables", () => {
    const query = 'filter kind = "llm" # cost of $model\n| filter model = $model\n| stats count(*) by bin($interval)';

    it("become quoted values, whatever they hold", () => {
        expect(fillIn(query, { model: 'x" or 1=1 | limit 1' }, "5m")).toBe('filter kind = "llm" # cost of $model\n| filter model = "x\\" or 1=1 | limit 1"\n| stats count(*) by bin(5m)');
    });

    it("take their filter with them when nothing is chosen", () => {
        expect(fillIn(query, {}, "1h")).toBe('filter kind = "llm" # cost of $model\n| stats count(*) by bin(1h)');
        expect(fillIn("filter a = $a", {}, "1h")).toBe("");
        expect(fillIn('filter a = "$a"', {}, "1h")).toBe('filter a = "$a"');
    });

    it("take the place of a length of steps", () => {
        expect(followingRange("stats count(*) by bin( 5m ), a")).toBe("stats count(*) by bin($interval), a");
        expect(followingRange("stats count(*)")).toBeNull();
    });

    it("cut a range into about a hundred pieces", () => {
        expect(intervalOf({ from: "-1h", to: "now" })).toBe("1m");
        expect(intervalOf({ from: "-24h", to: "now" })).toBe("15m");
        expect(intervalOf({ from: "-30d", to: "now" })).toBe("12h");
        expect(intervalOf({ from: "-3000d", to: "now" })).toBe("7d");
    });
});
