/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions asked in the same moment that count the same groups are asked as one: the server goes over the records
 * once, and their numbers are of one instant. Should that one fail, each is asked alone and told its own mistake.
 */
import { finalStats, sharedStats, type Stats } from "../language/stats";
import { askAlone, type Question, type QueryResult, SQL } from "./ask";

const TOGETHER_MAX = 12;

interface Waiting {
    question: Question;
    stats: Stats;
    signal: AbortSignal;
    done: (result: QueryResult | Promise<QueryResult>) => void;
}

let waiting: Waiting[] = [];

export function askTogether(question: Question, signal: AbortSignal): Promise<QueryResult> {
    const stats = question.source === SQL ? null : finalStats(question.query);
    if (!stats) return askAlone(question, signal);
    return new Promise((done) => {
        if (!waiting.length) setTimeout(askAll);
        waiting.push({ question, stats, signal, done });
    });
}

function askAll() {
    const groups = new Map<string, Waiting[]>();
    for (const each of waiting) {
        const { project, source, range, limit } = each.question;
        const key = JSON.stringify([project, source, range.from, range.to, limit, each.stats.before, each.stats.by]);
        groups.set(key, [...(groups.get(key) ?? []), each]);
    }
    waiting = [];
    for (const group of groups.values()) {
        for (let at = 0; at < group.length; at += TOGETHER_MAX) askGroup(group.slice(at, at + TOGETHER_MAX));
    }
}

function askGroup(group: readonly Waiting[]) {
    const alone = ({ question, signal }: Waiting) => askAlone(question, signal);
    if (group.length === 1) return group[0].done(alone(group[0]));
    const all = group.map(({ stats }) => stats);
    const answer = askAlone({ ...group[0].question, query: sharedStats(all) }, whenAll(group.map(({ signal }) => signal)));
    answer.then(
        (result) => group.forEach((each, at) => each.done(partOf(result, all, at))),
        () => group.forEach((each) => each.done(alone(each))),
    );
}

/** Nobody waits any more. */
function whenAll(signals: readonly AbortSignal[]): AbortSignal {
    const stop = new AbortController();
    const look = () => signals.every(({ aborted }) => aborted) && stop.abort();
    for (const signal of signals) signal.addEventListener("abort", look);
    look();
    return stop.signal;
}

/** The keys and the items of one of the queries, named as it names them. */
export function partOf(result: QueryResult, all: readonly Stats[], at: number): QueryResult {
    const count = (stats: readonly Stats[]) => stats.reduce((sum, { items }) => sum + items.length, 0);
    const keys = result.columns.length - count(all);
    const from = keys + count(all.slice(0, at));
    const own = all[at].items;
    return {
        ...result,
        columns: [...result.columns.slice(0, keys), ...own.map(({ name }, i) => ({ ...result.columns[from + i], name }))],
        rows: result.rows.map((row) => [...row.slice(0, keys), ...row.slice(from, from + own.length)]),
    };
}
