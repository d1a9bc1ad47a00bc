/* SPDX-License-Identifier: Apache-2.0 */
/* Puts what a span was asked and answered into a dataset, to be tried again. */
import { useState } from "react";
import { createDataset, useDatasets, writeItems } from "../../api/datasets";
import type { Message, SpanDetail } from "../../api/types";
import { useUrl } from "../../app/url";
import { Icon } from "../../components/icon";
import { clip, oneLine } from "../../format/text";
import { Dialog } from "../../components/dialog";
import { Payloads } from "./item-form";
import { head, payload, typed } from "./words";

/** Messages as programs write them: role and content. */
function spoken(messages: Message[]): unknown {
    const said = messages.map(({ role, parts }) => ({ role, content: parts.map((part) => head(part.text ?? null)).join("\n") }));
    return said.length === 1 && said[0].role === "assistant" ? said[0].content : said;
}

function textsOf({ input, output, messages, system }: SpanDetail) {
    const asked = [...(system.length ? [{ role: "system", parts: system }] : []), ...messages.input];
    return {
        input: messages.input.length ? payload(spoken(asked)) : head(input),
        expected_output: messages.output.length ? payload(spoken(messages.output)) : head(output),
        metadata: "",
    };
}

export function AddToDataset({ detail }: { detail: SpanDetail | undefined }) {
    const [open, setOpen] = useState(false);
    return (
        <>
            <button type="button" className="button small bare" disabled={!detail} onClick={() => setOpen(true)} title="Keep what went in and came out as an item of a dataset">
                <Icon name="datasets" small /> Add to dataset
            </button>
            {open && detail && <Form detail={detail} close={() => setOpen(false)} />}
        </>
    );
}

function Form({ detail, close }: { detail: SpanDetail; close: () => void }) {
    const url = useUrl();
    const list = useDatasets(url.project);
    const datasets = list.data?.datasets ?? [];
    const [target, setTarget] = useState("");
    const [name, setName] = useState("");
    const [texts, setTexts] = useState(() => textsOf(detail));
    const submit = async () => {
        const id = target || (await createDataset(url.project, { name: name.trim() })).id;
        setTarget(id);
        const item = { input: typed(texts.input), expected_output: typed(texts.expected_output), metadata: typed(texts.metadata) };
        await writeItems(url.project, id, [{ ...item, source_trace_id: detail.trace_id, source_span_id: detail.span_id }]);
    };
    return (
        <Dialog title="Add to a dataset" action="Add" close={close} submit={submit} disabled={!target && !name.trim()}>
            <label>
                Dataset
                <select className="input" value={target} onChange={(event) => setTarget(event.target.value)}>
                    <option value="">A new one</option>
                    {datasets.map((each) => (
                        <option key={each.id} value={each.id}>
                            {clip(oneLine(each.name), 100)}
                        </option>
                    ))}
                </select>
            </label>
            {!target && (
                <label>
                    Its name
                    <input className="input" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
                </label>
            )}
            <Payloads texts={texts} set={(patch) => setTexts({ ...texts, ...patch })} />
        </Dialog>
    );
}
