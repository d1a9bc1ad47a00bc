/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stylesheet comes with the first screen that imports it and then stays for all others. So how a screen looks must not
 * depend on which one was open before: what it uses it loads, and no other sheet styles the same class.
 */
/// <reference types="node" />
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((each) => /\.(css|tsx?)$/.test(each) && !/\.test\.ts$/.test(each));
const texts = new Map(files.map((each) => [each, readFileSync(root + each, "utf8")]));
const sheets = files.filter((each) => each.endsWith(".css"));

/** The path that `from` means by `to`, or null when it is a package's. */
function resolved(from: string, to: string): string | null {
    if (!to.startsWith(".")) return null;
    const parts = from.split("/").slice(0, -1);
    for (const step of to.split("/")) {
        if (step === "..") parts.pop();
        else if (step !== ".") parts.push(step);
    }
    const path = parts.join("/");
    return [path, `${path}.tsx`, `${path}.ts`].find((each) => texts.has(each)) ?? null;
}

const found = (from: string, pattern: RegExp) => [...(texts.get(from) ?? "").matchAll(pattern)].flatMap(([, to]) => resolved(from, to) ?? []);

/** Everything that is loaded with a file. */
function loaded(file: string, all = new Set<string>()): Set<string> {
    if (all.has(file)) return all;
    all.add(file);
    for (const each of found(file, /^(?:import (?!type )|export |\} )(?:[^"]* from )?"([^"]+)";/gm)) loaded(each, all);
    return all;
}

/** Classes that a sheet styles wherever they stand: the first of a selector, when it stands there alone. */
function styledBy(sheet: string): Set<string> {
    const text = (texts.get(sheet) ?? "").replace(/\/\*[^]*?\*\//g, "");
    const selectors = [...text.matchAll(/([^{};]+)\{/g)].flatMap(([, each]) => each.split(","));
    return new Set(selectors.flatMap((each) => /^\s*\.([\w-]+)(?![\w-]|\.)/.exec(each)?.[1] ?? []));
}

/** Classes that a file names: literals in a className, also within its expressions. */
function usedBy(file: string): Set<string> {
    const names = [...(texts.get(file) ?? "").matchAll(/className=(?:"([^"]*)"|\{(`[^`]*`|[^}]*)\})/g)].flatMap(([, plain, code = ""]) => [
        plain ?? "", code.startsWith("`") ? code.slice(1, -1).replace(/[\w-]*\$\{[^}]*\}[\w-]*/g, " ") : "", ...[...code.matchAll(/"([^"]*)"/g)].map(([, each]) => each),
    ]);
    return new Set(names.flatMap((each) => each.split(/\s+/)).filter(Boolean));
}

const always = loaded("main.tsx");
const styled = new Map(sheets.map((sheet) => [sheet, styledBy(sheet)]));
const styling = (name: string) => [...styled].flatMap(([sheet, names]) => (names.has(name) ? [sheet] : []));
const used = new Map(files.map((file) => [file, [...usedBy(file)].map((name) => [name, styling(name)] as const).filter(([, places]) => places.length)]));

describe("stylesheets", () => {
    it("reads both kinds of files, and finds what main loads", () => {
        expect(styledBy("styles/base.css")).toContain("button");
        expect(usedBy("app/frame.tsx")).toContain("frame-main");
        expect([...always]).toEqual(expect.arrayContaining(["styles/base.css", "screens/overview/overview.css"]));
    });

    it("style each class in one place, or in one beside those of styles/", () => {
        const names = new Set([...styled.values()].flatMap((each) => [...each]));
        const twice = [...names].map((name) => [name, styling(name).filter((sheet) => !sheet.startsWith("styles/"))] as const).filter(([, places]) => places.length > 1);
        expect(twice).toEqual([]);
    });

    it("are loaded by every screen that uses them", () => {
        const roots = files.flatMap((file) => found(file, /import\("([^"]+)"\)/g));
        const missing = new Set<string>();
        for (const screen of new Set(roots)) {
            const there = new Set([...loaded(screen), ...always]);
            for (const file of there)
                for (const [name, places] of used.get(file) ?? []) if (!places.some((sheet) => there.has(sheet))) missing.add(`${file}: ${name} of ${places.join(", ")}`);
        }
        expect([...missing]).toEqual([]);
    });
});
