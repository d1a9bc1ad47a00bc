/* SPDX-License-Identifier: Apache-2.0 */
/* Comments, score configs and annotation queues as docs/api.md describes them. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { apiUrl, getJson, sendJson } from "./client";
import { queryClient } from "./queries";
import type { Score } from "./scores";
import type { Ns, TraceRow } from "./types";

/** What is judged: a trace, one span of it, or a session. */
export type Subject = { trace_id: string; span_id?: string } | { session: string };

/* --- comments -------------------------------------------------------------------------------- */

export interface Comment {
    id: string;
    kind: "trace" | "observation" | "session" | "prompt";
    trace_id: string | null;
    span_id: string | null;
    session: string | null;
    content: string;
    author: string | null;
    created: Ns;
}

/** What is commented on: these, and a version of a prompt. */
export type Commented = Subject | { prompt_id: string };

export const COMMENT_LENGTH = 5000;

/** Of a trace: those on its spans, too. */
export function useComments(project: string, about: Commented) {
    return useQuery({
        queryKey: ["comments", project, about],
        queryFn: ({ signal }) => getJson<{ total: number; comments: Comment[] }>("/api/v1/comments", { project, ...about }, signal),
    });
}

const commentsChanged = (project: string) => queryClient.invalidateQueries({ queryKey: ["comments", project] });

export async function addComment(project: string, about: Commented, content: string, author: string): Promise<void> {
    await sendJson("POST", apiUrl("/api/v1/comments", { project }), { ...about, content, ...(author && { author }) });
    await commentsChanged(project);
}

export async function deleteComment(project: string, id: string): Promise<void> {
    await sendJson("DELETE", apiUrl(`/api/v1/comments/${encodeURIComponent(id)}`, { project }), undefined);
    await commentsChanged(project);
}

/* --- score configs --------------------------------------------------------------------------- */

export interface ScoreConfig {
    id: string;
    name: string;
    description: string | null;
    type: "numeric" | "categorical" | "boolean" | "text";
    archived: boolean;
    min: number | null;
    max: number | null;
    categories: { label: string; value: number }[];
}

export function useScoreConfigs(project: string) {
    return useQuery({ queryKey: ["score-configs", project], queryFn: ({ signal }) => getJson<{ configs: ScoreConfig[] }>("/api/v1/score_configs", { project }, signal) });
}

export interface NewScoreConfig {
    name: string;
    type: ScoreConfig["type"];
    min?: number;
    max?: number;
    labels?: string[];
}

/** Gives its id. */
export async function createScoreConfig(project: string, { name, type, min, max, labels }: NewScoreConfig): Promise<string> {
    const { id } = await sendJson<{ id: string }>("POST", apiUrl("/api/public/score-configs", { project }), {
        name, dataType: type.toUpperCase(), minValue: min, maxValue: max, categories: labels?.map((label, at) => ({ label, value: labels.length - 1 - at })),
    });
    await queryClient.invalidateQueries({ queryKey: ["score-configs", project] });
    return id;
}

/* --- queues ---------------------------------------------------------------------------------- */

export interface Queue {
    id: string;
    name: string;
    description: string | null;
    score_configs: string[];
    people: string[];
    pending: number;
    completed: number;
    created: Ns;
}

export interface WholeQueue extends Queue {
    configs: ScoreConfig[];
}

export interface QueueItem {
    id: string;
    status: "pending" | "completed";
    kind: "trace" | "observation" | "session";
    trace_id: string | null;
    span_id: string | null;
    session: string | null;
    author: string | null;
    completed: Ns | null;
    created: Ns;
}

export interface PlacedItem extends QueueItem {
    position: number;
    total: number;
    previous: string | null;
    next: string | null;
    next_pending: string | null;
    scores: Score[];
}

const path = (id: string, rest = "") => `/api/v1/queues/${encodeURIComponent(id)}${rest}`;
const itemPath = (id: string, item: string) => path(id, `/items/${encodeURIComponent(item)}`);

export function useQueues(project: string, enabled = true) {
    return useQuery({ queryKey: ["queues", project], queryFn: ({ signal }) => getJson<{ queues: Queue[] }>("/api/v1/queues", { project }, signal), enabled });
}

export function useQueue(project: string, id: string) {
    return useQuery({ queryKey: ["queues", project, id], queryFn: ({ signal }) => getJson<WholeQueue>(path(id), { project }, signal) });
}

export const ITEMS_A_PAGE = 50;

export function useQueueItems(project: string, id: string, status: string | undefined, skip: number) {
    return useQuery({
        queryKey: ["queues", project, id, "items", status, skip],
        queryFn: ({ signal }) => getJson<{ total: number; items: QueueItem[] }>(path(id, "/items"), { project, status, limit: ITEMS_A_PAGE, skip }, signal),
        placeholderData: keepPreviousData,
    });
}

/** What the traces of these items are about, by trace id; items may be older than any chosen range. */
export function useItemTraces(project: string, items: readonly QueueItem[]): ReadonlyMap<string, TraceRow> {
    const ids = [...new Set(items.flatMap(({ trace_id }) => trace_id ?? []))];
    const { data } = useQuery({
        enabled: ids.length > 0,
        queryKey: ["queues", project, "traces", ids],
        queryFn: ({ signal }) => getJson<{ traces: TraceRow[] }>("/api/v1/traces", { project, from: "-400d", f: `trace_id=${ids.join("|")}`, limit: ITEMS_A_PAGE }, signal),
    });
    return new Map(data?.traces.map((each) => [each.trace_id, each]));
}

export function useQueueItem(project: string, id: string, item: string) {
    return useQuery({ queryKey: ["queues", project, id, "item", item], queryFn: ({ signal }) => getJson<PlacedItem>(itemPath(id, item), { project }, signal) });
}

/** After any change everything about the project's queues is asked for again. */
async function changed<T>(project: string, made: Promise<T>): Promise<T> {
    const result = await made;
    await queryClient.invalidateQueries({ queryKey: ["queues", project] });
    return result;
}

interface QueueDraft {
    name: string;
    description?: string;
    score_configs: string[];
    people: string[];
}

export function createQueue(project: string, queue: QueueDraft): Promise<WholeQueue> {
    return changed(project, sendJson<WholeQueue>("POST", apiUrl("/api/v1/queues", { project }), queue));
}

export function updateQueue(project: string, id: string, queue: QueueDraft): Promise<WholeQueue> {
    return changed(project, sendJson<WholeQueue>("PUT", apiUrl(path(id), { project }), queue));
}

/** Only the list is asked for again: of what is gone nothing is left to be told. */
export async function deleteQueue(project: string, id: string): Promise<void> {
    await sendJson("DELETE", apiUrl(path(id), { project }), undefined);
    await queryClient.invalidateQueries({ queryKey: ["queues", project], exact: true });
}

export function addToQueue(project: string, id: string, subject: Subject): Promise<{ added: number }> {
    return changed(project, sendJson<{ added: number }>("POST", apiUrl(path(id, "/items"), { project }), { items: [subject] }));
}

/** Tells where it stands then, and what waits next; nobody waits for the rest to be asked for again. */
export async function setItem(project: string, id: string, item: string, status: QueueItem["status"], author: string): Promise<PlacedItem> {
    const placed = await sendJson<PlacedItem>("PATCH", apiUrl(itemPath(id, item), { project }), { status, ...(author && { author }) });
    void queryClient.invalidateQueries({ queryKey: ["queues", project] });
    return placed;
}

export function removeItem(project: string, id: string, item: string): Promise<unknown> {
    return changed(project, sendJson("DELETE", apiUrl(itemPath(id, item), { project }), undefined));
}

/* --- answers: one score an item and config, so that a second thought replaces the first -------- */

export interface Answer {
    value: number | boolean | string;
    comment: string;
}

export const answerId = (item: string, config: string) => `annotation-${item}-${config}`;

/** `answer` null takes it back. */
export function giveAnswer(project: string, queue: string, item: QueueItem, config: ScoreConfig, answer: Answer | null, author: string): Promise<unknown> {
    const id = answerId(item.id, config.id);
    if (!answer) return sendJson("DELETE", apiUrl(`/api/v1/scores/${encodeURIComponent(id)}`, { project }), undefined);
    const about = item.kind === "session" ? { session: item.session } : { trace_id: item.trace_id, span_id: item.span_id ?? undefined };
    return sendJson("POST", apiUrl("/api/v1/scores", { project }), {
        id, name: config.name, type: config.type, value: answer.value, source: "annotation", config_id: config.id, queue_id: queue,
        ...about, ...(answer.comment && { comment: answer.comment }), ...(author && { author }),
    });
}
