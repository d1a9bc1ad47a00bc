/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a queue is assigned to: names, as people write them beside their comments; there are no users here. */
import { useState } from "react";
import { usePrefs } from "../../app/prefs";
import { Icon } from "../../components/icon";
import { clip, oneLine } from "../../format/text";

/** The reader's own name first, as "you". */
export function Assigned({ people }: { people: string[] }) {
    const me = usePrefs().name.trim();
    const others = people.filter((each) => each !== me);
    return (
        <span className="cut">
            {others.length < people.length && <span className="tag accent">you</span>} {clip(oneLine(others.join(", ")), 160)}
        </span>
    );
}

export function People({ people, change }: { people: string[]; change: (people: string[]) => void }) {
    const me = usePrefs().name.trim();
    const [text, setText] = useState("");
    const add = (name: string) => {
        const trimmed = name.trim();
        if (trimmed && !people.includes(trimmed)) change([...people, trimmed]);
        setText("");
    };
    return (
        <fieldset className="queue-configs">
            <legend>Who is to answer</legend>
            <div className="row wrap">
                {people.map((each) => (
                    <span key={each} className="tag">
                        {clip(oneLine(each), 40)}
                        <button type="button" onClick={() => change(people.filter((other) => other !== each))} aria-label={`Take ${clip(oneLine(each), 40)} off`}>
                            <Icon name="close" small />
                        </button>
                    </span>
                ))}
                <input
                    className="input"
                    aria-label="Assign to"
                    placeholder={people.length ? "another name" : "a name; nobody: anybody"}
                    value={text}
                    maxLength={60}
                    onChange={(event) => setText(event.target.value)}
                    onBlur={() => add(text)}
                    onKeyDown={(event) => {
                        if (event.key !== "Enter") return;
                        event.preventDefault();
                        add(text);
                    }}
                />
                {me && !people.includes(me) && (
                    <button type="button" className="button small" onClick={() => add(me)}>
                        Me
                    </button>
                )}
            </div>
        </fieldset>
    );
}
