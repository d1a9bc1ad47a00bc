/* SPDX-License-Identifier: Apache-2.0 */
/* One item, made or changed: what goes in, what should come out, and what else there is to know. */
import { useState } from "react";
import { type DatasetItem, type ItemChange, writeItems } from "../../api/datasets";
import { useUrl } from "../../app/url";
import { Dialog } from "../../components/dialog";
import { payload, typed } from "./words";

interface Props {
    dataset: string;
    /** The item that is changed; none for a new one. */
    item?: DatasetItem;
    close: () => void;
}

export function ItemForm({ dataset, item, close }: Props) {
    const url = useUrl();
    const [texts, setTexts] = useState({ input: payload(item?.input), expected_output: payload(item?.expected_output), metadata: payload(item?.metadata) });
    const set = (patch: Partial<typeof texts>) => setTexts({ ...texts, ...patch });
    /* A text that nobody touched keeps its type. */
    const value = (key: keyof typeof texts) => (item && texts[key] === payload(item[key]) ? item[key] : typed(texts[key]));
    const submit = () => {
        const change: ItemChange = { id: item?.id, input: value("input"), expected_output: value("expected_output"), metadata: value("metadata") };
        return writeItems(url.project, dataset, [change]);
    };
    return (
        <Dialog title={item ? "Change the item" : "New item"} action={item ? "Change" : "Add"} close={close} submit={submit}>
            <p className="muted">JSON is kept as JSON, anything else as a text.</p>
            <Payloads texts={texts} set={set} />
        </Dialog>
    );
}

interface PayloadsProps {
    texts: { input: string; expected_output: string; metadata: string };
    set: (patch: Partial<PayloadsProps["texts"]>) => void;
}

export function Payloads({ texts, set }: PayloadsProps) {
    return (
        <>
            <label>
                Input
                <textarea value={texts.input} rows={5} onChange={(event) => set({ input: event.target.value })} />
            </label>
            <label>
                Expected output
                <textarea value={texts.expected_output} rows={4} onChange={(event) => set({ expected_output: event.target.value })} />
            </label>
            <label>
                Metadata
                <textarea value={texts.metadata} rows={2} onChange={(event) => set({ metadata: event.target.value })} />
            </label>
        </>
    );
}
