import { describe, expect, it } from "vitest";
import { chosenValues, describeFilter, escapeValue, filterProblem, is, parseFilter, splitValues, toggleValue, withFilter } from "./filters";
import { momentMs, shifted, valid, widened } from "./range";
import { parseSearch, stringifySearch } from "./search";

const NOW = Date.parse("2025-11-21T12:00:00Z");

describe("URL state", () => {
    it("survives a round trip, filters in order", () => {
        const search = { from: "-6h", f: ["status=error", "model=gpt-4o|o3", "name~a&b=c d+e", "user="], sort: "cost", span: "00ff" };
        expect(parseSearch(stringifySearch(search))).toEqual(search);
    });

    it("leaves defaults out and stays readable", () => {
        expect(stringifySearch({})).toBe("");
        expect(stringifySearch({ from: "-24h", to: "now" })).toBe("");
        expect(stringifySearch({ from: "2025-11-21T10:00:00Z", to: "2025-11-21T11:00:00Z", f: ["status=error"] })).toBe(
            "?from=2025-11-21T10:00:00Z&to=2025-11-21T11:00:00Z&f=status=error",
        );
    });

    it("reads every way of writing a moment", () => {
        expect(momentMs("now", NOW)).toBe(NOW);
        expect(momentMs("-15m", NOW)).toBe(NOW - 15 * 60e3);
        expect(momentMs("2025-11-21T12:00:00Z", 0)).toBe(NOW);
        expect(momentMs(String(NOW / 1000), 0)).toBe(NOW);
        expect(momentMs(String(NOW), 0)).toBe(NOW);
        expect(momentMs(`${NOW}000000`, 0)).toBe(NOW);
        expect(momentMs("yesterday-ish", NOW)).toBeNaN();
        expect(valid({ from: "now", to: "-1h" }, NOW)).toBe(false);
    });

    it("moves and widens a range, never past now", () => {
        const hour = { from: "2025-11-21T08:00:00Z", to: "2025-11-21T09:00:00Z" };
        expect(shifted(hour, -1, NOW)).toEqual({ from: "2025-11-21T07:00:00Z", to: "2025-11-21T08:00:00Z" });
        expect(shifted({ from: "-1h", to: "now" }, 1, NOW)).toEqual({ from: "-1h", to: "now" });
        expect(widened({ from: "2025-11-21T11:00:00Z", to: "2025-11-21T12:00:00Z" }, NOW).to).toBe("2025-11-21T12:00:00Z");
    });
});

describe("filters", () => {
    it("finds the operator, longest first", () => {
        expect(parseFilter("duration>=2s")).toEqual({ field: "duration", op: ">=", value: "2s" });
        expect(parseFilter("name~a>b")).toEqual({ field: "name", op: "~", value: "a>b" });
        expect(parseFilter("nonsense")).toBeNull();
        expect(filterProblem("colour=red")).toMatch(/colour/);
        expect(filterProblem("cost>0.05")).toBeNull();
    });

    it("ticks and unticks facet values in place", () => {
        let filters = toggleValue(["status=error"], "model", "a");
        expect(filters).toEqual(["status=error", "model=a"]);
        filters = toggleValue(filters, "model", "b");
        expect(chosenValues(filters, "model")).toEqual(["a", "b"]);
        filters = toggleValue(toggleValue(filters, "model", "a"), "model", "b");
        expect(filters).toEqual(["status=error"]);
        expect(withFilter(filters, "status=error")).toEqual(filters);
    });

    it("reads aloud", () => {
        expect(describeFilter("model=a|b")).toEqual({ field: "Model", op: "is", value: "a or b" });
        expect(describeFilter("user=")).toEqual({ field: "User", op: "is absent", value: "" });
    });
});

it("values with bars and backslashes come back as they were", () => {
    const odd = ["a|b", "c\\", "\\|", "d\\e", "", "||"].filter(Boolean);
    expect(splitValues(odd.map(escapeValue).join("|"))).toEqual(odd);
    expect(splitValues("")).toEqual([""]);
    expect(chosenValues([is("user", "a|b\\")], "user")).toEqual(["a|b\\"]);
});
