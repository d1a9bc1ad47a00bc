/* SPDX-License-Identifier: Apache-2.0 */
/* What scores say together, and two of them against each other. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getJson } from "./client";
import type { Scope } from "./queries";
import type { Score } from "./scores";
import type { Ns, Values } from "./types";

export type ScoreType = Score["type"];
export type ScoreSource = Score["source"];

/** A score by its name and type, of one source or of all. */
export interface ScoreKey {
    name: string;
    type: ScoreType;
    source: ScoreSource | "";
}

export interface Bin {
    from: number;
    to: number;
    count: number;
}

export interface ScoreSummary {
    name: string;
    type: ScoreType;
    count: number;
    mean: number | null;
    median: number | null;
    min: number | null;
    max: number | null;
    categories: { value: string; count: number }[];
    histogram: Bin[];
    sources: { source: ScoreSource; count: number; mean: number | null }[];
    counts: number[];
    means: Values;
}

export interface ScoreSummaries {
    start: Ns;
    step: number;
    steps: number;
    scores: ScoreSummary[];
}

export interface Side extends Omit<ScoreKey, "source" | "type"> {
    type: ScoreType | null;
    source: ScoreSource | null;
    count: number;
}

export interface NumberAgreement {
    mean_a: number | null;
    mean_b: number | null;
    pearson: number | null;
    pearson_low: number | null;
    pearson_high: number | null;
    spearman: number | null;
    mae: number | null;
    rmse: number | null;
    a_edges: number[];
    b_edges: number[];
    grid: number[][];
}

interface LabelAgreement {
    agreement: number | null;
    by_chance: number | null;
    kappa: number | null;
    f1_macro: number | null;
    f1_weighted: number | null;
    each: { value: string; in_a: number; in_b: number; in_both: number; precision: number | null; recall: number | null; f1: number | null }[];
    matrix: number[][];
}

export interface ScoreComparison {
    a: Side;
    b: Side;
    kind: "none" | "numbers" | "labels" | "groups";
    pairs: number;
    used: number;
    numbers?: NumberAgreement;
    labels?: LabelAgreement;
    groups?: { value: string; count: number; mean: number | null; median: number | null; min: number | null; max: number | null }[];
}

interface ScorePair {
    trace_id: string | null;
    span_id: string | null;
    session: string | null;
    dataset_run: string | null;
    time: Ns;
    a: number | string;
    b: number | string;
}

/** Part of what a score says: numbers from … below …, or a label. */
export interface Cell {
    min?: string;
    below?: string;
    value?: string;
}

const common = ({ project, range }: Scope) => ({ project, from: range.from, to: range.to });
const slowly = (scope: Scope) => scope.live && Math.max(scope.live, 15_000);

/** Of all scores, or of one. */
export function useScoreSummaries(scope: Scope, key?: ScoreKey) {
    const query = { ...common(scope), ...key };
    return useQuery({
        queryKey: ["score-summaries", query],
        queryFn: ({ signal }) => getJson<ScoreSummaries>("/api/v1/scores/summary", query, signal),
        refetchInterval: slowly(scope),
        placeholderData: keepPreviousData,
    });
}

export function useScores(scope: Scope, key: ScoreKey, cell: Cell) {
    const query = { ...common(scope), ...key, ...cell, limit: 50 };
    return useQuery({
        queryKey: ["scores", query],
        queryFn: ({ signal }) => getJson<{ scores: (Score & { session: string | null; dataset_run: string | null })[]; next: string | null }>("/api/v1/scores", query, signal),
        refetchInterval: slowly(scope),
        placeholderData: keepPreviousData,
    });
}

function sides(scope: Scope, a: ScoreKey, b: ScoreKey, byTrace: boolean) {
    return { ...common(scope), a: a.name, a_type: a.type, a_source: a.source, b: b.name, b_type: b.type, b_source: b.source, on: byTrace ? "trace" : undefined };
}

export function useScoreComparison(scope: Scope, a: ScoreKey, b: ScoreKey, byTrace: boolean) {
    const query = sides(scope, a, b, byTrace);
    return useQuery({
        queryKey: ["score-comparison", query],
        queryFn: ({ signal }) => getJson<ScoreComparison>("/api/v1/scores/compare", query, signal),
        refetchInterval: slowly(scope),
        placeholderData: keepPreviousData,
    });
}

export function useScorePairs(scope: Scope, a: ScoreKey, b: ScoreKey, byTrace: boolean, cells: [Cell, Cell], sort: "time" | "difference") {
    const query = {
        ...sides(scope, a, b, byTrace), sort, limit: 50,
        a_min: cells[0].min, a_below: cells[0].below, a_value: cells[0].value,
        b_min: cells[1].min, b_below: cells[1].below, b_value: cells[1].value,
    };
    return useQuery({
        queryKey: ["score-pairs", query],
        queryFn: ({ signal }) => getJson<{ pairs: ScorePair[]; more: boolean }>("/api/v1/scores/pairs", query, signal),
        refetchInterval: slowly(scope),
        placeholderData: keepPreviousData,
    });
}
