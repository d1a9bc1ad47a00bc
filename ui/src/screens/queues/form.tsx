/* SPDX-License-Identifier: Apache-2.0 */
/* A queue, new or changed: its name, which questions it asks and who is to answer; a question that does not exist yet is made beside it. */
import { useState } from "react";
import { createQueue, createScoreConfig, type NewScoreConfig, type ScoreConfig, updateQueue, useScoreConfigs, type WholeQueue } from "../../api/annotate";
import { useUrl } from "../../app/url";
import { clip, oneLine, visible } from "../../format/text";
import { queueHref } from "../../url/href";
import { Dialog } from "../../components/dialog";
import { People } from "./people";

/** Without a queue a new one is made. */
export function QueueForm({ queue, close }: { queue?: WholeQueue; close: () => void }) {
    const url = useUrl();
    const list = useScoreConfigs(url.project);
    const [name, setName] = useState(queue?.name ?? "");
    const [description, setDescription] = useState(queue?.description ?? "");
    const [people, setPeople] = useState<string[]>(queue?.people ?? []);
    const [chosen, setChosen] = useState<string[]>(queue?.score_configs ?? []);
    const configs = (list.data?.configs ?? []).filter((each) => !each.archived || queue?.score_configs.includes(each.id));
    const toggle = (id: string) => setChosen(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
    const submit = async () => {
        const draft = { name: name.trim(), ...(description.trim() && { description: description.trim() }), score_configs: chosen, people };
        if (queue) await updateQueue(url.project, queue.id, draft);
        else url.go(queueHref(url.project, (await createQueue(url.project, draft)).id));
    };
    return (
        <Dialog title={queue ? "Edit the queue" : "New annotation queue"} action={queue ? "Keep" : "Make it"} close={close} submit={submit} disabled={!name.trim() || !chosen.length}>
            <label>
                Name
                <input className="input" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
            </label>
            <label>
                Description
                <input className="input" value={description} maxLength={2000} onChange={(event) => setDescription(event.target.value)} />
            </label>
            <People people={people} change={setPeople} />
            <fieldset className="queue-configs">
                <legend>What is asked of each item</legend>
                {list.data && !configs.length && <p className="muted">This project has no score configs yet: make the first question below.</p>}
                {configs.map((each) => (
                    <label key={each.id} className="row">
                        <input type="checkbox" checked={chosen.includes(each.id)} onChange={() => toggle(each.id)} />
                        <span className="cut">{clip(oneLine(each.name), 60)}</span>
                        <span className="muted cut">{kindOf(each)}{each.archived && ", archived"}</span>
                    </label>
                ))}
            </fieldset>
            <NewQuestion made={(id) => setChosen((before) => [...before, id])} />
        </Dialog>
    );
}

/** What answers it takes, in few words. */
function kindOf({ type, min, max, categories }: ScoreConfig): string {
    if (type === "boolean") return "yes or no";
    if (type === "text") return "a text";
    if (type === "categorical") return clip(oneLine(categories.map(({ label }) => label).join(", ")), 60);
    return min !== null && max !== null ? `${min} to ${max}` : min !== null ? `at least ${min}` : max !== null ? `at most ${max}` : "a number";
}

const TYPES: { id: ScoreConfig["type"]; label: string }[] = [
    { id: "boolean", label: "Yes or no" },
    { id: "categorical", label: "One of several" },
    { id: "numeric", label: "A number" },
    { id: "text", label: "A text" },
];

const bound = (text: string) => (text.trim() ? Number(text) : undefined);

function NewQuestion({ made }: { made: (id: string) => void }) {
    const url = useUrl();
    const [name, setName] = useState("");
    const [type, setType] = useState<ScoreConfig["type"]>("boolean");
    const [labels, setLabels] = useState("");
    const [min, setMin] = useState("");
    const [max, setMax] = useState("");
    const [problem, setProblem] = useState("");
    const make = async () => {
        const config: NewScoreConfig = { name: name.trim(), type };
        if (type === "categorical") config.labels = labels.split(",").map((each) => each.trim()).filter(Boolean);
        if (type === "numeric") Object.assign(config, { min: bound(min), max: bound(max) });
        try {
            made(await createScoreConfig(url.project, config));
            setName("");
            setLabels("");
            setProblem("");
        } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
        }
    };
    return (
        <fieldset className="queue-configs">
            <legend>A new question</legend>
            <div className="row wrap">
                <input className="input" aria-label="Question" placeholder="helpful" value={name} maxLength={35} onChange={(event) => setName(event.target.value)} />
                <select className="input" aria-label="Kind of answer" value={type} onChange={(event) => setType(event.target.value as ScoreConfig["type"])}>
                    {TYPES.map(({ id, label }) => (
                        <option key={id} value={id}>
                            {label}
                        </option>
                    ))}
                </select>
                {type === "categorical" && <input className="input" aria-label="Answers, by commas" placeholder="good, fair, poor" value={labels} onChange={(event) => setLabels(event.target.value)} />}
                {type === "numeric" && (
                    <>
                        <input className="input queue-bound" type="number" step="any" aria-label="From" placeholder="from" value={min} onChange={(event) => setMin(event.target.value)} />
                        <input className="input queue-bound" type="number" step="any" aria-label="To" placeholder="to" value={max} onChange={(event) => setMax(event.target.value)} />
                    </>
                )}
                <button type="button" className="button small" disabled={!name.trim()} onClick={() => void make()}>
                    Add the question
                </button>
            </div>
            {problem && <p className="bad" role="alert">{visible(problem)}</p>}
        </fieldset>
    );
}
