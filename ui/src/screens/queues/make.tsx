/* SPDX-License-Identifier: Apache-2.0 */
/* A new queue: its name, and which questions it asks; a question that does not exist yet is made beside it. */
import { useState } from "react";
import { createQueue, createScoreConfig, type NewScoreConfig, type ScoreConfig, useScoreConfigs } from "../../api/annotate";
import { useUrl } from "../../app/url";
import { clip, oneLine, visible } from "../../format/text";
import { queueHref } from "../../url/href";
import { Dialog } from "../datasets/dialog";

export function MakeQueue({ close }: { close: () => void }) {
    const url = useUrl();
    const list = useScoreConfigs(url.project);
    const configs = (list.data?.configs ?? []).filter((each) => !each.archived);
    const [name, setName] = useState("");
    const [description, setDescription] = useState("");
    const [chosen, setChosen] = useState<string[]>([]);
    const toggle = (id: string) => setChosen(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
    const submit = async () => {
        const { id } = await createQueue(url.project, { name: name.trim(), ...(description.trim() && { description: description.trim() }), score_configs: chosen });
        url.go(queueHref(url.project, id));
    };
    return (
        <Dialog title="New annotation queue" action="Make it" close={close} submit={submit} disabled={!name.trim() || !chosen.length}>
            <label>
                Name
                <input className="input" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
            </label>
            <label>
                Description
                <input className="input" value={description} maxLength={2000} onChange={(event) => setDescription(event.target.value)} />
            </label>
            <fieldset className="queue-configs">
                <legend>What is asked of each item</legend>
                {list.data && !configs.length && <p className="muted">This project has no score configs yet: make the first question below.</p>}
                {configs.map((each) => (
                    <label key={each.id} className="row">
                        <input type="checkbox" checked={chosen.includes(each.id)} onChange={() => toggle(each.id)} />
                        <span className="cut">{clip(oneLine(each.name), 60)}</span>
                        <span className="muted cut">{kindOf(each)}</span>
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
