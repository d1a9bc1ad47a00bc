import { afterEach, describe, expect, it, vi } from "vitest";
import type { Question } from "./ask";
import { askTogether } from "./together";

const question = (query: string, more: Partial<Question> = {}): Question => ({ project: "p", query, source: "spans", range: { from: "-1h", to: "now" }, ...more });
const running = () => new AbortController().signal;

/** A server that answers with the text of each item as its number; queries with `refused` in them are refused. */
function serve() {
    const queries: string[] = [];
    vi.stubGlobal("fetch", async (_url: string, { body }: { body: string }) => {
        const { query } = JSON.parse(body) as { query: string };
        queries.push(query);
        if (query.includes("refused")) return new Response(JSON.stringify({ error: { status: "invalid", message: "no" } }), { status: 400 });
        const [items, by] = query.slice(query.indexOf("stats ") + 6).split(" by ");
        const parts = items.split(", ").map((item) => item.split(" as "));
        const names = [...(by ? [by] : []), ...parts.map(([, name]) => name)];
        const row = [...(by ? ["key"] : []), ...parts.map(([text]) => text)];
        return new Response(JSON.stringify({ columns: names.map((name) => ({ name, type: "any" })), rows: [row] }));
    });
    return queries;
}

describe("questions of one moment", () => {
    afterEach(() => vi.unstubAllGlobals());

    it("are one where they count the same groups, and each gets its own columns", async () => {
        const queries = serve();
        const answers = await Promise.all([
            askTogether(question("filter a | stats count(*) as n"), running()),
            askTogether(question("filter a | stats max(x) as most"), running()),
            askTogether(question("filter a | stats max(x) as most by k"), running()),
            askTogether(question("filter a | stats count(*) as n, min(x) as least by k"), running()),
            askTogether(question("filter a | stats count(*) as n by k", { range: { from: "-2h", to: "now" } }), running()),
            askTogether(question("fields a"), running()),
        ]);
        expect(queries).toHaveLength(4);
        expect(answers.slice(0, 5).map(({ columns, rows }) => [columns.map(({ name }) => name), rows])).toEqual([
            [["n"], [["count(*)"]]],
            [["most"], [["max(x)"]]],
            [["k", "most"], [["key", "max(x)"]]],
            [["k", "n", "least"], [["key", "count(*)", "min(x)"]]],
            [["k", "n"], [["key", "count(*)"]]],
        ]);
    });

    it("are asked alone when together they are refused, so that only one says so", async () => {
        serve();
        const [good, bad] = await Promise.allSettled([askTogether(question("stats count(*) as n"), running()), askTogether(question("stats refused(x) as m"), running())]);
        expect(good).toMatchObject({ status: "fulfilled", value: { rows: [["count(*)"]] } });
        expect(bad).toMatchObject({ status: "rejected", reason: { message: "no" } });
    });
});
