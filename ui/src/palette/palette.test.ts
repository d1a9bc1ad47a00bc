/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import { chosen, type Item } from "./choose";
import { fuzzy } from "./fuzzy";
import { idOf } from "./ids";

describe("fuzzy", () => {
    it("takes letters in order, and beginnings of words first", () => {
        expect(fuzzy("ovv", "Overview")).not.toBeNull();
        expect(fuzzy("vwo", "Overview")).toBeNull();
        expect(fuzzy("", "anything")).toBe(0);
        expect(fuzzy("cs", "claude-sonnet")!).toBeGreaterThan(fuzzy("cs", "xcxsx")!);
        expect(fuzzy("trace", "Traces")!).toBeGreaterThan(fuzzy("trace", "Recent treble space")!);
    });
});

describe("ids", () => {
    it("are told from each other in any form", () => {
        const hex = "0af7651916cd43dd8448eb211c80319c";
        const uuid = "0af76519-16cd-43dd-8448-eb211c80319c";
        expect(idOf(` ${hex.toUpperCase()} `)).toEqual({ kind: "trace", id: hex });
        expect(idOf(uuid)).toEqual({ kind: "trace", id: hex });
        expect(idOf("1-0af76519-16cd43dd8448eb211c80319c")).toEqual({ kind: "trace", id: hex });
        expect(idOf(`https://there.example/p/default/traces/${hex}?span=1`)).toEqual({ kind: "trace", id: hex });
        expect(idOf("b7ad6b7169203331")).toEqual({ kind: "span", id: "b7ad6b7169203331" });
        expect(idOf("run-2026-11-21-0042")).toEqual({ kind: "foreign", id: "run-2026-11-21-0042" });
    });
    it("are not words", () => {
        for (const text of ["", "overview", "gpt-4o", "how to connect", "conversations"]) expect(idOf(text)).toBeNull();
    });
});

it("groups stand together, the best fitting one first", () => {
    const item = (group: string, label: string): Item => ({ id: `${group}:${label}`, group, label, icon: "link", run: () => {} });
    const items = [item("Screens", "Overview"), item("Screens", "Models"), item("Models", "gpt-4o"), item("Theme", "Theme: dark"), item("Models", "gpt-4o-mini")];
    expect(chosen(items, "gpt").map(({ label }) => label)).toEqual(["gpt-4o", "gpt-4o-mini"]);
    expect(chosen(items, "models")[0].label).toBe("Models");
    expect(chosen(items, "zzz")).toEqual([]);
    expect(chosen(items, "").map(({ group }) => group)).toEqual(["Screens", "Screens", "Models", "Models", "Theme"]);
});
