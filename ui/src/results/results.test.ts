import { describe, expect, it } from "vitest";
import { adviceOf, charactersAt, faultOf, type Column, type FieldEntry, type QueryResult } from "../api/ask";
import { ApiError } from "../api/client";
import { asNumber, groupsOf, histogramOf, seriesOf, viewsOf } from "./shape";
import { columnUnits, formatOf } from "./units";

const column = (name: string, type: Column["type"]): Column => ({ name, type });
const result = (columns: Column[], rows: QueryResult["rows"], more: Partial<QueryResult> = {}): QueryResult => ({
    columns, rows, shape: "table", source: "spans", from: "0", to: String(5 * 60e9), statistics: {}, truncated: false, warnings: [], ...more,
});
const minute = (at: number) => String(at * 60e9);

describe("views", () => {
    it("picks a chart for a series, a number for one cell, bars for groups, a table for rows", () => {
        const series = result([column("bin(1m)", "time"), column("count(*)", "integer")], [[minute(1), 3]], { shape: "series" });
        expect(viewsOf(series)[0]).toBe("line");
        expect(viewsOf(result([column("count(*)", "integer")], [[7]]))[0]).toBe("number");
        expect(viewsOf(result([column("model", "text"), column("c", "integer")], [["a", 1], ["b", 2]]))[0]).toBe("bar");
        expect(viewsOf(result([column("name", "text"), column("duration", "number")], [["a", 1]], { pointers: ["t/s"] }))[0]).toBe("table");
        expect(viewsOf(result([column("@pattern", "text")], [["a <b-1>"]], { shape: "pattern" }))[0]).toBe("pattern");
        expect(viewsOf(result([column("c", "integer")], []))).toEqual(["table"]);
    });
});

describe("series", () => {
    it("fills silent buckets and splits groups, the largest first", () => {
        const made = seriesOf(
            result(
                [column("bin(1m)", "time"), column("model", "text"), column("count(*)", "integer")],
                [[minute(3), "b", 5], [minute(1), "a", 1], [minute(2), "b", "2"]],
                { shape: "series" },
            ),
        )!;
        expect(made.stepMs).toBe(60e3);
        expect(made.times.length).toBe(6);
        expect(made.lines.map(({ label }) => label)).toEqual(["b", "a"]);
        expect(made.lines[0].values).toEqual([null, null, 2, 5, null, null]);
    });

    it("takes the step from the column's name when there is one bucket", () => {
        expect(seriesOf(result([column("bin(5m)", "time"), column("c", "integer")], [["0", 1]], { shape: "series" }))!.stepMs).toBe(300e3);
    });

    it("never reads words as numbers", () => {
        expect([asNumber("12"), asNumber("1e3"), asNumber("0x10"), asNumber(""), asNumber("a"), asNumber(null)]).toEqual([12, 1000, null, null, null, null]);
        expect(groupsOf(result([column("m", "text"), column("n", "any")], [["a", "3"]])).groups[0].values).toEqual([3]);
    });
});

describe("histogram", () => {
    it("holds every value once, in steps people read", () => {
        const values = Array.from({ length: 100 }, (_, at) => at * 7.3);
        const buckets = histogramOf(values);
        expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(100);
        expect(buckets[1].to - buckets[1].from).toBe(50);
        const skewed = histogramOf([0, 3, 4, 4, 5, 6, 7, 900]);
        expect(skewed.map(({ from }) => from)).toEqual([0, 2, 5, 10, 20, 50, 100, 200, 500]);
        expect(skewed.map(({ count }) => count)).toEqual([1, 3, 3, 0, 0, 0, 0, 0, 1]);
        expect(histogramOf([4, 4])).toEqual([{ from: 4, to: 4, count: 2 }]);
        expect(histogramOf([])).toEqual([]);
    });
});

describe("units", () => {
    const fields: FieldEntry[] = [
        { name: "duration", type: "number", unit: "ms", description: null, aliases: ["InvocationLatency"] },
        { name: "cost", type: "number", unit: "usd", description: null },
        { name: "is_error", type: "boolean", unit: null, description: null },
        { name: "input_tokens", type: "integer", unit: "tokens", description: null },
    ];
    const units = (query: string, ...names: string[]) => columnUnits(query, names.map((name) => column(name, "number")), fields);

    it("follow fields through functions and names", () => {
        expect(units("fields duration, cost", "duration", "cost")).toEqual(["ms", "usd"]);
        expect(units("stats pct(InvocationLatency, 95), sum(cost) by model", "pct(InvocationLatency, 95)", "sum(cost)")).toEqual(["ms", "usd"]);
        expect(units("stats max(duration) as high, min(duration) as low, high - low as range", "range")).toEqual(["ms"]);
    });

    it("know that the mean of yes and no is a share", () => {
        expect(units("stats avg(is_error) as rate, sum(is_error) as errors", "rate", "errors")).toEqual(["share", null]);
    });

    it("end where arithmetic or counting makes another thing of it", () => {
        expect(units("stats sum(cost) / count(*) as each, count(cost) as n, count_distinct(duration) as d", "each", "n", "d")).toEqual([null, null, null]);
    });

    it("are read as people write them", () => {
        expect(formatOf("ms")(1234)).toBe("1.23 s");
        expect(formatOf("usd")(0.0042)).toBe("$0.0042");
        expect(formatOf("tokens")(12345)).toBe("12.3 k");
    });
});

describe("refusals", () => {
    it("point at characters although the server counts bytes", () => {
        const text = "filter name = 'é🙂' | stat";
        expect(charactersAt(text, 15)).toBe(15);
        expect(text.slice(charactersAt(text, 25))).toBe("stat");
        const error = new ApiError(400, "invalid", "no", { position: { offset: 25, line: 1, column: 22, length: 4 }, suggestion: "did you mean 'stats'?" });
        const fault = faultOf(error, text)!;
        expect(text.slice(fault.from, fault.to)).toBe("stat");
        expect(adviceOf(error).fix).toBe("stats");
        expect(adviceOf(new ApiError(400, "invalid", "no", { suggestion: "did you mean stats?" })).fix).toBe("stats");
        expect(faultOf(new ApiError(400, "invalid", "no"), text)).toBeNull();
    });
});
