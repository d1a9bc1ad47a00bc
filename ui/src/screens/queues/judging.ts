/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is answered, completed and undone while somebody works through a queue. Answers are scores, kept at once; the
 * index follows a moment later, so what was given here counts before what the server tells.
 */
import { useRef, useState } from "react";
import { type Answer, answerId, giveAnswer, type PlacedItem, type QueueItem, type ScoreConfig, setItem, type WholeQueue } from "../../api/annotate";
import { usePrefs } from "../../app/prefs";
import { useUrl } from "../../app/url";

type Step = { item: QueueItem } & ({ config: ScoreConfig; before: Answer | null } | { completed: true });

export interface Judging {
    problem: string;
    busy: boolean;
    canUndo: boolean;
    answerTo: (item: PlacedItem, config: ScoreConfig) => Answer | null;
    give: (item: PlacedItem, config: ScoreConfig, answer: Answer | null) => void;
    complete: (item: PlacedItem) => Promise<void>;
    reopen: (item: PlacedItem) => Promise<void>;
    undo: () => Promise<void>;
}

export function useJudging(queue: WholeQueue): Judging {
    const url = useUrl();
    const author = usePrefs().name.trim();
    const [given, setGiven] = useState<Record<string, Answer | null>>({});
    const [steps, setSteps] = useState<Step[]>([]);
    const [problem, setProblem] = useState("");
    const [busy, setBusy] = useState(false);
    /* What is on its way to the server, in the order it was given; false once one of them failed. */
    const sending = useRef<Promise<boolean>>(Promise.resolve(true));

    const fail = (error: unknown) => setProblem(error instanceof Error ? error.message : String(error));

    const answerTo = (item: PlacedItem, config: ScoreConfig): Answer | null => {
        const id = answerId(item.id, config.id);
        if (id in given) return given[id];
        const score = item.scores.find((each) => each.id === id);
        return score && score.value !== null ? { value: score.value, comment: score.comment ?? "" } : null;
    };

    const keep = (item: QueueItem, config: ScoreConfig, answer: Answer | null, before: Answer | null) => {
        const id = answerId(item.id, config.id);
        setGiven((all) => ({ ...all, [id]: answer }));
        setProblem("");
        sending.current = sending.current.then(() => giveAnswer(url.project, queue.id, item, config, answer, author)).then(
            () => true,
            (error: unknown) => {
                setGiven((all) => ({ ...all, [id]: before }));
                fail(error);
                return false;
            },
        );
    };

    const give = (item: PlacedItem, config: ScoreConfig, answer: Answer | null) => {
        const before = answerTo(item, config);
        setSteps((all) => [...all, { item, config, before }]);
        keep(item, config, answer, before);
    };

    /** Undefined: it could not be done, and the problem says why. */
    const set = async (item: QueueItem, status: QueueItem["status"]): Promise<PlacedItem | undefined> => {
        if (busy) return undefined;
        setBusy(true);
        try {
            if (!(await sending.current)) return undefined;
            const placed = await setItem(url.project, queue.id, item.id, status, author);
            setProblem("");
            return placed;
        } catch (error) {
            fail(error);
            return undefined;
        } finally {
            sending.current = Promise.resolve(true);
            setBusy(false);
        }
    };

    const complete = async (item: PlacedItem) => {
        const placed = item.status === "completed" ? undefined : await set(item, "completed");
        if (!placed) return;
        setSteps((all) => [...all, { item, completed: true }]);
        url.set({ item: placed.next_pending ?? undefined });
    };

    const reopen = async (item: PlacedItem) => void (await set(item, "pending"));

    const undo = async () => {
        const step = steps[steps.length - 1];
        if (!step || busy) return;
        if ("config" in step) keep(step.item, step.config, step.before, given[answerId(step.item.id, step.config.id)] ?? null);
        else if (!(await set(step.item, "pending"))) return;
        setSteps((all) => all.slice(0, -1));
        url.set({ item: step.item.id });
    };

    return { problem, busy, canUndo: steps.length > 0, answerTo, give, complete, reopen, undo };
}
