import { describe, expect, it } from "vitest";
import { behindGroup, behindPattern, patternRegex } from "./behind";
import { spot } from "./complete";
import { fieldName, lex, lexSql, quote, stages } from "./lex";
import { finalStats, sharedStats } from "./stats";

const kinds = (text: string) => lex(text).map(({ kind, text: word }) => `${kind}:${word}`);

describe("the cut of a query", () => {
    it("tells commands, functions, fields, words and values apart", () => {
        expect(kinds("stats pct(duration, 95) as p by bin(5m)")).toEqual(["command:stats", "function:pct", "operator:(", "field:duration", "operator:,", "number:95", "operator:)", "word:as", "field:p", "word:by", "function:bin", "operator:(", "number:5m", "operator:)"]);
    });

    it("knows a pattern from a division", () => {
        expect(kinds("filter a / 2 > b")[2]).toBe("operator:/");
        expect(kinds("filter a like /x\\/y|z/ | limit 1")).toContain("regex:/x\\/y|z/");
        expect(kinds("parse @message /(?<u>a b)/")[2]).toBe("regex:/(?<u>a b)/");
    });

    it("survives what is half typed", () => {
        for (const text of ["filter a = \"b", "filter `a", "| | |", "stats (", "parse @message /x", "\\", "filter a like /", "🙂 $", "#"]) {
            const tokens = lex(text);
            expect(tokens.every((token) => token.to > token.from)).toBe(true);
            expect(tokens[tokens.length - 1].to).toBe(text.length);
        }
    });

    it("cuts commands at pipes that are not inside brackets, strings or comments", () => {
        const text = "filter a = \"x|y\" # not | here\n| join type=left (SOURCE s | limit 2) | stats count(*)";
        expect(stages(text).map(({ command }) => command)).toEqual(["filter", "join", "stats"]);
    });

    it("writes values and names so that they read back the same", () => {
        expect(["plain", "a\"b\\c", "two\nlines\t", ""].map(quote)).toEqual(['"plain"', '"a\\"b\\\\c"', '"two\\nlines\\t"', '""']);
        expect(fieldName("input.tokens")).toBe("input.tokens");
        expect(fieldName("detail-type")).toBe("`detail-type`");
        expect(fieldName("in")).toBe("`in`");
    });
});

describe("where the cursor is", () => {
    const at = (text: string) => {
        const { kind, word, field, command } = spot(text.replace("‸", ""), text.indexOf("‸"));
        return { kind, word, field, command };
    };

    it("wants a command at the start and after a pipe", () => {
        expect(at("‸")).toMatchObject({ kind: "command" });
        expect(at("sta‸")).toMatchObject({ kind: "command", word: "sta" });
        expect(at("filter a = 1 | so‸")).toMatchObject({ kind: "command", word: "so" });
    });

    it("wants fields and functions inside a command", () => {
        expect(at("stats avg(du‸")).toMatchObject({ kind: "expression", word: "du", command: "stats" });
        expect(at("filter ‸")).toMatchObject({ kind: "expression", command: "filter" });
    });

    it("wants values after a comparison, in a list, and inside an open string", () => {
        expect(at("filter model = ‸")).toMatchObject({ kind: "value", field: "model" });
        expect(at("filter model = \"gpt‸")).toMatchObject({ kind: "value", field: "model", word: "gpt" });
        expect(at("filter model in [\"a\", \"b‸")).toMatchObject({ kind: "value", field: "model", word: "b" });
        expect(at("filter `a-b` not like '‸")).toMatchObject({ kind: "value", field: "a-b" });
    });

    it("keeps quiet in comments, numbers, other strings and new names", () => {
        expect(at("# fil‸")).toMatchObject({ kind: "nothing" });
        expect(at("limit 1‸")).toMatchObject({ kind: "nothing" });
        expect(at("parse @message \"a ‸")).toMatchObject({ kind: "nothing" });
        expect(at("stats count(*) as ‸")).toMatchObject({ kind: "nothing" });
    });

    it("knows names made earlier", () => {
        const text = "stats count(*) as calls by model | sort ";
        expect(spot(text, text.length).aliases).toEqual(["calls"]);
    });
});

describe("what is behind a number", () => {
    const columns = [{ name: "bin(5m)", type: "time" as const }, { name: "model", type: "text" as const }, { name: "count(*)", type: "integer" as const }];

    it("is the query up to stats, narrowed to the group", () => {
        const query = 'filter status = "error" | stats count(*) by bin(5m), model | sort model';
        expect(behindGroup(query, "spans", columns, ["0", 'a"b', 3])).toBe('filter status = "error"\n| filter model = "a\\"b"\n| fields @timestamp, name, model, status, duration, cost');
        expect(behindGroup(query, "spans", columns, ["0", null, 3])).toContain("filter not ispresent(model)");
        expect(behindGroup("stats count(*) by tolower(name) as n", "logs", [{ name: "n", type: "text" }], ["x"])).toBe('filter tolower(name) = "x"\n| fields @timestamp, @message');
    });

    it("is not guessed at", () => {
        expect(behindGroup("stats count(*) as c by model | stats max(c) by model", "spans", columns, ["0", "x", 1])).toBeNull();
        expect(behindGroup("fields a", "spans", columns, [])).toBeNull();
        expect(behindGroup("stats count(*) by other", "spans", columns, ["0", "x", 1])).toBeNull();
    });

    it("turns a pattern back into what matches it", () => {
        expect(patternRegex("took <Number-1> ms (a/b) for <UUID-2>")).toBe("/took .*? ms \\(a\\/b\\) for .*?/");
        expect(behindPattern('filter level = "error" | pattern @message', "x <a-1>")).toBe('filter level = "error"\n| filter @message like /x .*?/\n| fields @timestamp, @message\n| sort @timestamp desc');
    });
});

describe("queries that count the same groups", () => {
    it("become one, with every item of theirs behind the keys", () => {
        const one = finalStats("filter a = \"x|y\" # of us\n| stats pct(duration, 95) as p95 by bin(5m) as t, model")!;
        const other = finalStats("filter a = \"x|y\" | stats count(*) as calls, pct(greatest(ttft, 1), 95) as p95 by bin(5m) as t,model")!;
        expect([one.by, other.by]).toEqual(Array(2).fill("bin(5m) as `t`, model"));
        expect(sharedStats([one, other])).toBe('filter a = "x|y" # of us\n| stats pct(duration, 95) as shared_0, count(*) as shared_1, pct(greatest(ttft, 1), 95) as shared_2 by bin(5m) as `t`, model');
        expect(sharedStats([finalStats("stats count(*) as a")!, finalStats("stats sum(cost) as b")!])).toBe("stats count(*) as shared_0, sum(cost) as shared_1");
    });

    it("are only those whose items mean the same beside others", () => {
        for (const query of ["stats count(*)", "stats count(*) as a | sort a", "stats count(*) as a, a * 2 as b", "stats sum(a) / sum(b) as c", "fields a", "stats", "", "stats (count(*)) as a", "stats count(*) as"]) expect(finalStats(query)).toBeNull();
    });
});

describe("SQL", () => {
    it("gets its colours, whatever is half typed", () => {
        expect(lexSql("SELECT count(*) FROM spans -- all").map(({ kind }) => kind)).toEqual(["command", "function", "operator", "operator", "operator", "command", "field", "comment"]);
        expect(lexSql("'it''s' 1.5e3 \"a b\"").map(({ kind }) => kind)).toEqual(["string", "number", "field"]);
        for (const text of ["'", "/* a", "\"x", "SELECT '", ".", "🙂"]) expect(lexSql(text).length).toBeGreaterThan(0);
    });
});
