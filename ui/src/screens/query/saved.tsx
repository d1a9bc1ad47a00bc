/* SPDX-License-Identifier: Apache-2.0 */
/* The project's own questions: one click brings one back, a name keeps the one in the editor. */
import { useState } from "react";
import { SQL } from "../../api/ask";
import { forgetQuery, isTaken, type SavedQuery, saveQuery, useSavedQueries } from "../../api/saved";
import { useUrl } from "../../app/url";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import { clip, oneLine, visible } from "../../format/text";

interface Props {
    project: string;
    draft: string;
    source: string;
    pick: (query: string, source: string, view?: string) => void;
}

const sourceOf = ({ language, source }: SavedQuery) => (language === "sql" ? SQL : (source ?? "spans"));

export function Saved(props: Props) {
    return (
        <Menu label={<><Icon name="task" small /> Saved</>} name="Saved queries" className="button bare">
            {(close) => <SavedList {...props} close={close} />}
        </Menu>
    );
}

function SavedList({ project, draft, source, pick, close }: Props & { close: () => void }) {
    const url = useUrl();
    const list = useSavedQueries(project);
    const [name, setName] = useState("");
    const [problem, setProblem] = useState("");
    const [taken, setTaken] = useState<SavedQuery | null>(null);
    const queries = list.data?.queries ?? [];
    const save = async (replace?: string) => {
        try {
            await saveQuery(project, { name: name.trim(), text: draft, ...(source === SQL ? { language: "sql", source: null } : { language: "query", source }), chart: url.search.view ? { view: url.search.view } : null }, replace);
            close();
        } catch (error) {
            if (!isTaken(error)) return setProblem(error instanceof Error ? error.message : String(error));
            const other = queries.find((each) => each.name === name.trim()) ?? null;
            setTaken(other);
            setProblem("There is one of this name.");
        }
    };
    return (
        <div className="saved">
            {list.error && <div className="head bad">{visible(list.error.message)}</div>}
            {list.data && !queries.length && <div className="head">No query is saved in this project yet.</div>}
            {queries.map((each) => (
                <div key={each.id} className="row saved-row">
                    <button
                        type="button"
                        className="item grow"
                        title={visible(each.text)}
                        onClick={() => {
                            close();
                            pick(each.text, sourceOf(each), each.chart?.view);
                        }}
                    >
                        <span className="grow cut">{clip(oneLine(each.name), 100)}</span>
                        {sourceOf(each) !== "spans" && <span className="tag">{visible(sourceOf(each))}</span>}
                    </button>
                    <button type="button" className="button bare small icon" aria-label={`Remove ${visible(each.name)}`} onClick={() => void forgetQuery(project, each.id).catch((error: Error) => setProblem(error.message))}>
                        <Icon name="close" small />
                    </button>
                </div>
            ))}
            <form
                className="row saved-form"
                onSubmit={(event) => {
                    event.preventDefault();
                    if (name.trim() && draft.trim()) void save(taken?.id);
                }}
            >
                <input
                    className="input grow"
                    value={name}
                    maxLength={120}
                    placeholder={draft.trim() ? "A name for the query in the editor" : "Write a query to save it"}
                    aria-label="Name"
                    disabled={!draft.trim()}
                    onChange={(event) => {
                        setName(event.target.value);
                        setTaken(null);
                        setProblem("");
                    }}
                />
                <button type="submit" className="button" disabled={!name.trim() || !draft.trim()}>
                    {taken ? "Replace it" : "Save"}
                </button>
            </form>
            {problem && (
                <p className="head bad" role="alert">
                    {visible(problem)}
                </p>
            )}
        </div>
    );
}
