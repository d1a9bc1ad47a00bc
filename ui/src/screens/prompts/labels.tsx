/* SPDX-License-Identifier: Apache-2.0 */
/* The labels of a version: each can be taken off, a new one is taken from the version that has it. A protected one only
 * after a question, and by no program that does not say so. */
import { useState } from "react";
import { giveLabel, type PromptWords, protectLabels, takeLabel, useProtectedLabels } from "../../api/prompts";
import { useUrl } from "../../app/url";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import { visible } from "../../format/text";

const LABEL = /^[a-z0-9_.-]{1,36}$/;

export function Labels({ words, failed }: { words: PromptWords; failed: (error: Error | null) => void }) {
    const url = useUrl();
    const run = (made: Promise<unknown>) => made.then(() => failed(null), failed);
    const kept = useProtectedLabels(url.project);
    const sure = (label: string, what: string) => !kept.includes(label) || confirm(`“${label}” is protected. ${what}`);
    const give = (label: string) => sure(label, `Move it to version ${words.version} of ${words.name}?`) && run(giveLabel(url.project, words.name, words.version, label));
    const take = (label: string) => sure(label, `Take it off version ${words.version} of ${words.name}?`) && run(takeLabel(url.project, words.name, label));
    const protect = (label: string) => run(protectLabels(url.project, kept.includes(label) ? kept.filter((each) => each !== label) : [...kept, label]));
    return (
        <span className="row prompt-labels">
            {words.labels.map((label) => (
                <span key={label} className={`tag ${label === "production" ? "accent" : ""}`}>
                    {kept.includes(label) && <span title="Protected"><Icon name="lock" small /></span>}
                    {visible(label)}
                    {label !== "latest" && (
                        <button type="button" aria-label={`Take the label ${label} off`} title="Take off" onClick={() => void take(label)}>
                            <Icon name="close" small />
                        </button>
                    )}
                </span>
            ))}
            <Menu label={<><Icon name="event" small /> Label</>} name="Give this version a label" className="button bare small">
                {(close) => (
                    <>
                        <Give had={words.labels} give={(label) => { close(); void give(label); }} />
                        {words.labels.filter((label) => label !== "latest").map((label) => (
                            <button key={label} type="button" className="item" onClick={() => { close(); void protect(label); }}>
                                <Icon name="lock" small /> {kept.includes(label) ? `Stop protecting ${label}` : `Protect ${label}, in all prompts`}
                            </button>
                        ))}
                    </>
                )}
            </Menu>
        </span>
    );
}

function Give({ had, give }: { had: string[]; give: (label: string) => void }) {
    const [label, setLabel] = useState("");
    const bad = label && !LABEL.test(label);
    return (
        <div className="prompt-give">
            <div className="head">It is taken from the version that has it</div>
            {["production", "staging"].filter((each) => !had.includes(each)).map((each) => (
                <button key={each} type="button" className="item" onClick={() => give(each)}>{each}</button>
            ))}
            <form
                className="row"
                onSubmit={(event) => {
                    event.preventDefault();
                    if (label && !bad && label !== "latest") give(label);
                }}
            >
                <input className="input grow" value={label} maxLength={36} placeholder="Another label" aria-label="Another label" aria-invalid={Boolean(bad)} onChange={(event) => setLabel(event.target.value.toLowerCase())} />
                <button type="submit" className="button" disabled={!label || Boolean(bad) || label === "latest"}>Give</button>
            </form>
            {bad && <div className="head bad">Letters a–z, digits, _ - and .</div>}
        </div>
    );
}
