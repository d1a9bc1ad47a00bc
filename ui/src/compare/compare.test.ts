/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import type { TraceShape } from "../api/types";
import { type Step, sequence } from "./sequence";
import { changedRows, compareTraces } from "./traces";
import { diffTexts } from "./words";

/** The length of a longest common subsequence, the plain way. */
function longest(a: string, b: string): number {
    const row = new Array<number>(b.length + 1).fill(0);
    for (const x of a) {
        let corner = 0;
        for (let at = 1; at <= b.length; at += 1) {
            const above = row[at];
            row[at] = x === b[at - 1] ? corner + 1 : Math.max(above, row[at - 1]);
            corner = above;
        }
    }
    return row[b.length];
}

function check(a: string, b: string, steps: Step[]): number {
    expect(steps.filter((step) => step.a >= 0).map((step) => a[step.a]).join("")).toBe(a);
    expect(steps.filter((step) => step.b >= 0).map((step) => b[step.b]).join("")).toBe(b);
    const common = steps.filter((step) => step.a >= 0 && step.b >= 0);
    for (const step of common) expect(a[step.a]).toBe(b[step.b]);
    return common.length;
}

describe("two sequences", () => {
    it("keep as much in common as can be", () => {
        let seed = 7;
        const below = (limit: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % limit;
        const text = () => Array.from({ length: below(30) }, () => "abcd"[below(4)]).join("");
        for (let n = 0; n < 300; n += 1) {
            const [a, b] = [text(), text()];
            expect(check(a, b, sequence([...a], [...b])!)).toBe(longest(a, b));
        }
    });
    it("that differ too much have no answer, quickly", () => {
        const numbers = (from: number) => Array.from({ length: 50_000 }, (_, at) => at + from);
        expect(sequence(numbers(0), numbers(50_000), 500)).toBeNull();
        expect(sequence(numbers(0), numbers(3))).toHaveLength(50_003);
    });
});

describe("two texts", () => {
    it("differ by words", () => {
        expect(diffTexts("The parcel arrives on Monday.", "The parcel comes on Monday!")).toEqual([
            { text: "The parcel ", in: "both" }, { text: "arrives", in: "a" }, { text: "comes", in: "b" }, { text: " on Monday", in: "both" }, { text: ".", in: "a" }, { text: "!", in: "b" },
        ]);
        expect(diffTexts("", "new")).toEqual([{ text: "new", in: "b" }]);
        expect(diffTexts("same", "same")).toEqual([{ text: "same", in: "both" }]);
    });
    it("keep every character of both, whatever is in them", () => {
        const [a, b] = ["a\u202eb 漢字 <script> 1 2 3".repeat(40), "a b 漢語 <img> 1 3\n".repeat(40)];
        const pieces = diffTexts(a, b);
        expect(pieces.filter((each) => each.in !== "b").map((each) => each.text).join("")).toBe(a);
        expect(pieces.filter((each) => each.in !== "a").map((each) => each.text).join("")).toBe(b);
    });
    it("of megabytes are replaced as a whole", () => {
        expect(diffTexts("x".repeat(3e6), "y".repeat(3e6)).map((each) => each.in)).toEqual(["a", "b"]);
        const distinct = (mark: string) => Array.from({ length: 5000 }, (_, at) => `${mark}${at}`).join(" ");
        expect(diffTexts(distinct("p"), distinct("q")).map((each) => each.in)).toEqual(["a", "b"]);
    });
});

interface Node {
    kind?: string;
    name: string;
    model?: string;
    failed?: boolean;
    below?: Node[];
}

/** A shape from nested objects. */
function shape(...nodes: Node[]): TraceShape {
    const strings: string[] = [];
    const at = (text?: string) => (text === undefined ? -1 : strings.includes(text) ? strings.indexOf(text) : strings.push(text) - 1);
    const spans = { count: 0, id: [] as string[], parent: [] as number[], start: [] as number[], duration: [] as number[], name_s: [] as number[], kind: [] as string[], status: [] as number[], error_kind_s: [] as number[], model_s: [] as number[] };
    const add = (node: Node, parent: number) => {
        const own = spans.count;
        spans.count += 1;
        spans.id.push(`s${own}`);
        spans.parent.push(parent);
        spans.start.push(own);
        spans.duration.push(1);
        spans.name_s.push(at(node.name));
        spans.kind.push(node.kind ?? "span");
        spans.status.push(node.failed ? 2 : 1);
        spans.error_kind_s.push(-1);
        spans.model_s.push(at(node.model));
        for (const each of node.below ?? []) add(each, own);
    };
    for (const node of nodes) add(node, -1);
    return { strings, spans } as unknown as TraceShape;
}

const name = (of: TraceShape, span: number) => (span < 0 ? "–" : of.strings[of.spans.name_s[span]]);
const told = (a: TraceShape, b: TraceShape) => compareTraces(a, b).rows.map((row) => `${"  ".repeat(row.depth)}${name(a, row.a)} | ${name(b, row.b)}${row.differs.length ? ` ! ${row.differs}` : ""}`);

describe("two traces", () => {
    const llm = (model: string, failed = false): Node => ({ kind: "llm", name: `chat ${model}`, model, failed });
    const tool = (named: string, ...below: Node[]): Node => ({ kind: "tool", name: named, below });
    it("that are equal have no divergence", () => {
        const one = shape({ name: "agent", below: [llm("m"), tool("search"), llm("m")] });
        expect(compareTraces(one, one)).toMatchObject({ first: -1, differences: 0, coarse: false });
    });
    it("are aligned over steps that one of them has besides", () => {
        const a = shape({ name: "agent", below: [llm("m"), tool("search"), llm("m")] });
        const b = shape({ name: "agent", below: [llm("m"), tool("lookup", { name: "http" }), tool("search"), llm("m", true)] });
        expect(told(a, b)).toEqual(["agent | agent", "  chat m | chat m", "  – | lookup", "    – | http", "  search | search", "  chat m | chat m ! status"]);
        const comparison = compareTraces(a, b);
        expect(comparison).toMatchObject({ first: 2, differences: 3 });
        expect(comparison.rows[0].inside).toBe(3);
        expect(changedRows(comparison.rows)).toEqual([0, 2, 3, 5]);
    });
    it("numbers and the model in a name do not part them; the model is told", () => {
        const a = shape({ name: "step 3", below: [llm("gpt-4o")] });
        const b = shape({ name: "step 41", below: [llm("gpt-5")] });
        expect(told(a, b)).toEqual(["step 3 | step 41", "  chat gpt-4o | chat gpt-5 ! model"]);
    });
    it("what was renamed is still a pair, by its kind", () => {
        const a = shape({ name: "agent", below: [tool("get_weather"), { kind: "retriever", name: "docs" }] });
        const b = shape({ name: "agent", below: [tool("weather"), llm("m")] });
        expect(told(a, b)).toEqual(["agent | agent", "  get_weather | weather ! name", "  docs | –", "  – | chat m"]);
    });
    it("one without spans is all additions", () => {
        expect(told(shape(), shape({ name: "root", below: [tool("x")] }))).toEqual(["– | root", "  – | x"]);
    });
    it("50,000 spans cost moments, and lists too different are paired by order", () => {
        const many = (prefix: string) => shape({ name: "root", below: Array.from({ length: 20_000 }, (_, at) => ({ name: `${prefix}${String.fromCharCode(97 + (at % 26))}${String.fromCharCode(97 + ((at * 7) % 26))}` })) });
        const begun = performance.now();
        const comparison = compareTraces(many("x"), many("y"));
        expect(comparison.coarse).toBe(true);
        expect(comparison.rows).toHaveLength(20_001);
        expect(performance.now() - begun).toBeLessThan(5_000);
    });
    it("any depth", () => {
        let node: Node = { name: "end" };
        for (let level = 0; level < 3_000; level += 1) node = { name: "level", below: [node] };
        const deep = shape(node);
        expect(compareTraces(deep, deep).rows.at(-1)?.depth).toBe(3_000);
    });
});
