/* SPDX-License-Identifier: Apache-2.0 */
/* Questions in the query language: the request, the reply, and where a refusal points into the text. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Range } from "../url/range";
import { ApiError, apiUrl, getJson, sendJson } from "./client";
import type { Ns } from "./types";

export const SOURCES = ["spans", "traces", "logs", "metrics", "scores"] as const;
export type Source = (typeof SOURCES)[number];

export type Cell = string | number | boolean | null | object;

export interface Column {
    name: string;
    type: "integer" | "number" | "text" | "time" | "boolean" | "any";
    unit?: string | null;
}

export interface QueryResult {
    columns: Column[];
    rows: Cell[][];
    pointers?: (string | null)[] | null;
    shape: "table" | "series" | "pattern";
    source: string;
    from: Ns;
    to: Ns;
    statistics: { rows_matched?: number | null; rows_scanned?: number | null; bytes_scanned?: number | null; elapsed_ms?: number | null; used?: string | null };
    truncated: boolean;
    warnings: string[];
}

export interface Question {
    project: string;
    query: string;
    source: string;
    range: Range;
    limit?: number;
}

/** Where in the text the server saw a problem, as characters of the text that was sent. */
export interface Fault {
    from: number;
    to: number;
    line: number;
    column: number;
}

interface Refusal {
    position?: { offset: number; line: number; column: number; length: number };
    expected?: string | null;
    suggestion?: string | null;
}

/** The server counts bytes of UTF-8, an editor counts UTF-16. */
export function charactersAt(text: string, byteOffset: number): number {
    let bytes = 0;
    let at = 0;
    for (const char of text) {
        if (bytes >= byteOffset) break;
        const code = char.codePointAt(0)!;
        bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        at += char.length;
    }
    return at;
}

export function faultOf(error: Error | null, text: string): Fault | null {
    if (!(error instanceof ApiError)) return null;
    const { position } = error.detail as Refusal;
    if (!position) return null;
    const from = charactersAt(text, position.offset);
    const to = charactersAt(text, position.offset + Math.max(1, position.length));
    return { from, to: Math.max(to, Math.min(text.length, from + 1)), line: position.line, column: position.column };
}

/** The words of a refusal, and the text it proposes for the faulty place when it names one. */
export function adviceOf(error: Error): { expected?: string; suggestion?: string; fix?: string } {
    const { expected, suggestion } = error instanceof ApiError ? (error.detail as Refusal) : {};
    const quoted = suggestion ? /[`'"“‘]([^`'"”’\n]{1,80})[`'"”’]/.exec(suggestion)?.[1] : undefined;
    const fix = quoted ?? (suggestion ? /^did you mean (\S{1,80}?)\??$/.exec(suggestion)?.[1] : undefined);
    return { expected: expected || undefined, suggestion: suggestion || undefined, fix };
}

/** SQL is asked elsewhere, in the same words otherwise. */
export const SQL = "sql";

/** Where a question goes and what is sent there. */
export function asked({ project, query, source, range, limit }: Question): { url: string; body: object } {
    const common = { from: range.from, to: range.to, limit };
    if (source === SQL) return { url: apiUrl("/api/v1/sql", { project }), body: { sql: query, ...common } };
    return { url: apiUrl("/api/v1/query", { project }), body: { query, source, ...common } };
}

export const questionKey = (question: Question | null) => ["ask", question] as const;

type Ask = (question: Question, signal: AbortSignal) => Promise<QueryResult>;

export const askAlone: Ask = (question, signal) => {
    const { url, body } = asked(question);
    return sendJson<QueryResult>("POST", url, body, signal);
};

export function useAnswer(question: Question | null, live: number | false = false, keep = false, ask: Ask = askAlone) {
    return useQuery({
        queryKey: questionKey(question),
        queryFn: ({ signal }) => ask(question!, signal),
        enabled: question !== null,
        refetchInterval: live,
        staleTime: 10_000,
        placeholderData: keep ? keepPreviousData : undefined,
    });
}

export interface FieldEntry {
    name: string;
    type: string;
    unit: string | null;
    description: string | null;
    aliases?: string[];
    from?: string;
}

export interface Catalogue {
    fields: FieldEntry[];
    functions: { name: string; signature: string; description: string; aggregate: boolean }[];
    commands: { name: string; syntax: string; description: string }[];
}

export function useCatalogue(project: string, source: string) {
    return useQuery({
        queryKey: ["catalogue", project, source],
        queryFn: ({ signal }) => getJson<Catalogue>("/api/v1/fields", { project, source }, signal),
        staleTime: 60_000,
        retry: false,
        enabled: source !== SQL,
    });
}

/** The fields a source always has, for their units: quickly told, as no record is looked at. */
export function useFields(project: string, source: string) {
    return useQuery({
        queryKey: ["fields", project, source],
        queryFn: ({ signal }) => getJson<Catalogue>("/api/v1/fields", { project, source, attributes: 0 }, signal),
        select: ({ fields }) => fields,
        staleTime: Infinity,
        retry: false,
        enabled: source !== SQL,
    });
}

export async function valuesOf(project: string, source: string, field: string, range: Range, signal?: AbortSignal): Promise<{ value: string; count: number }[]> {
    const reply = await getJson<{ values?: { value: string | number | null; count: number }[] }>("/api/v1/fields", { project, source, values_of: field, from: range.from, to: range.to }, signal);
    return (reply.values ?? []).filter(({ value }) => value !== null).map(({ value, count }) => ({ value: String(value), count }));
}
