/* SPDX-License-Identifier: Apache-2.0 */
/* A CSV or JSONL file as items. Columns are told by their names; what none of them says stays out. */
import Papa from "papaparse";
import type { ItemChange } from "../../api/datasets";
import { typed } from "./words";

export type Role = "input" | "expected_output" | "metadata" | "id" | "";

export interface Sheet {
    columns: string[];
    rows: Record<string, unknown>[];
}

const ROWS_MAX = 10_000;

function readJsonl(text: string): Sheet {
    const rows: Record<string, unknown>[] = [];
    text.split(/\r?\n/).forEach((line, at) => {
        if (!line.trim()) return;
        let row: unknown;
        try {
            row = JSON.parse(line);
        } catch {
            throw new Error(`line ${at + 1} is not JSON`);
        }
        if (typeof row !== "object" || row === null || Array.isArray(row)) throw new Error(`line ${at + 1}: expected an object`);
        rows.push(row as Record<string, unknown>);
    });
    return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows };
}

function readCsv(text: string): Sheet {
    const { data, errors, meta } = Papa.parse<Record<string, unknown>>(text.replace(/^\ufeff/, ""), { header: true, skipEmptyLines: "greedy", delimitersToGuess: [",", ";", "\t"] });
    const wrong = errors.find(({ code }) => code !== "UndetectableDelimiter");
    if (wrong) throw new Error(`row ${(wrong.row ?? 0) + 1}: ${wrong.message}`);
    return { columns: meta.fields ?? [], rows: data };
}

export function readSheet(name: string, text: string): Sheet {
    const sheet = /\.(jsonl|ndjson)$/i.test(name) || text.trimStart().startsWith("{") ? readJsonl(text) : readCsv(text);
    if (!sheet.rows.length) throw new Error("the file has no rows");
    if (sheet.rows.length > ROWS_MAX) throw new Error(`the file has ${sheet.rows.length} rows, at most ${ROWS_MAX} are taken at once`);
    return sheet;
}

const KNOWN: [Role, RegExp][] = [
    ["id", /^id$/i],
    ["expected_output", /^(expected|answer|target|reference|label|ground)/i],
    ["metadata", /^meta/i],
    ["input", /^(input|question|prompt|query|text)/i],
];

/** What a column most likely is, by its name. */
export function guess(columns: string[]): Record<string, Role> {
    const roles: Record<string, Role> = {};
    for (const column of columns) roles[column] = KNOWN.find(([, name]) => name.test(column.trim()))?.[0] ?? "";
    if (columns.length && !Object.values(roles).includes("input")) {
        const first = columns.find((column) => !roles[column]);
        if (first !== undefined) roles[first] = "input";
    }
    return roles;
}

/** Cells of CSV are texts; those that are JSON are taken as such, except of what stands alone as a number or word. */
function cell(value: unknown): unknown {
    if (typeof value !== "string") return value;
    return /^\s*[[{]/.test(value) ? typed(value) : value;
}

/** Several columns of one role become an object of them. */
function gathered(row: Record<string, unknown>, columns: string[]): unknown {
    if (!columns.length) return undefined;
    if (columns.length === 1) return cell(row[columns[0]]) ?? null;
    return Object.fromEntries(columns.map((column) => [column, cell(row[column]) ?? null]));
}

export function itemsOf({ columns, rows }: Sheet, roles: Record<string, Role>): ItemChange[] {
    const of = (role: Role) => columns.filter((column) => roles[column] === role);
    const [ids, input, expected, metadata] = [of("id"), of("input"), of("expected_output"), of("metadata")];
    return rows.map((row) => {
        const id = ids.length ? String(row[ids[0]] ?? "").trim() : "";
        return {
            ...(id && { id }),
            ...(input.length && { input: gathered(row, input) }),
            ...(expected.length && { expected_output: gathered(row, expected) }),
            ...(metadata.length && { metadata: gathered(row, metadata) }),
        };
    });
}
