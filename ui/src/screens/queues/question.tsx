/* SPDX-License-Identifier: Apache-2.0 */
/* One question about an item: the answers its score config takes, and why. */
import { useEffect, useRef, useState } from "react";
import type { Answer, ScoreConfig } from "../../api/annotate";
import { Icon } from "../../components/icon";
import { clip, oneLine, visible } from "../../format/text";
import { choicesOf, readNumber } from "./answers";

interface Props {
    config: ScoreConfig;
    answer: Answer | null;
    active: boolean;
    activate: () => void;
    give: (answer: Answer | null) => void;
}

export function Question({ config, answer, active, activate, give }: Props) {
    const choices = choicesOf(config);
    const own = useRef<HTMLFieldSetElement>(null);
    useEffect(() => {
        if (active) own.current?.scrollIntoView({ block: "nearest" });
    }, [active]);
    const name = clip(oneLine(config.name), 60);
    const say = (value: Answer["value"]) => give({ value, comment: answer?.comment ?? "" });
    return (
        <fieldset ref={own} className={`question ${active ? "active" : ""}`} onFocus={activate}>
            <legend>
                {name} {answer && <Icon name="check" small className="good" />}
            </legend>
            {config.description && <p className="muted">{visible(clip(config.description, 500))}</p>}
            {choices.length > 0 && (
                <div className="row wrap">
                    {choices.map((choice) => (
                        <button key={choice.label} type="button" className="button small" aria-pressed={answer?.value === choice.value} onClick={() => say(choice.value)}>
                            {active && choice.key && config.type !== "numeric" && <kbd>{choice.key}</kbd>} {clip(oneLine(choice.label), 60)}
                        </button>
                    ))}
                </div>
            )}
            {config.type === "numeric" && <Typed config={config} name={name} value={answer?.value} say={say} />}
            {config.type === "text" && <Typed config={config} name={name} value={answer?.value} say={say} />}
            {answer && (
                <div className="row">
                    <Field key={answer.comment} label={`Why ${name}`} placeholder="Why? Enter keeps it" value={answer.comment} keep={(comment) => give({ ...answer, comment })} />
                    <button type="button" className="button small bare" onClick={() => give(null)} aria-label={`Take the answer to ${name} back`}>
                        Clear
                    </button>
                </div>
            )}
        </fieldset>
    );
}

function Typed({ config, name, value, say }: { config: ScoreConfig; name: string; value: Answer["value"] | undefined; say: (value: Answer["value"]) => void }) {
    const [problem, setProblem] = useState("");
    const keep = (text: string) => {
        const read = config.type === "numeric" ? readNumber(config, text) : text;
        const wrong = config.type === "numeric" && typeof read === "string" ? read : "";
        setProblem(wrong);
        if (!wrong) say(read);
    };
    const range = config.min !== null && config.max !== null ? `${config.min} to ${config.max}` : config.type === "numeric" ? "a number" : "a text";
    return (
        <>
            <Field key={String(value ?? "")} label={name} placeholder={range} value={String(value ?? "")} numeric={config.type === "numeric"} keep={keep} needed />
            {problem && <p className="bad" role="alert">{problem}</p>}
        </>
    );
}

/** Kept when it is left or Enter is pressed; a needed one that is empty says nothing. */
function Field({ label, placeholder, value, numeric, needed, keep }: { label: string; placeholder: string; value: string; numeric?: boolean; needed?: boolean; keep: (text: string) => void }) {
    return (
        <input
            className="input grow"
            aria-label={label}
            placeholder={placeholder}
            defaultValue={value}
            inputMode={numeric ? "decimal" : "text"}
            maxLength={numeric ? 40 : 4000}
            onBlur={({ target }) => {
                const text = target.value.trim();
                if (text !== value && (text || !needed)) keep(text);
            }}
            onKeyDown={(event) => {
                if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.currentTarget.blur();
            }}
        />
    );
}
