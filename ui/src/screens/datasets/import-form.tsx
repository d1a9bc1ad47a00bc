/* SPDX-License-Identifier: Apache-2.0 */
/* Items from a CSV or JSONL file: which column is what, the first of them as they would be kept, then all in batches. */
import { useState } from "react";
import { writeItems } from "../../api/datasets";
import { useUrl } from "../../app/url";
import { plural } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { Dialog } from "../../components/dialog";
import { guess, itemsOf, readSheet, type Role, type Sheet } from "./import";

const ROLES: [Role, string][] = [
    ["", "left out"],
    ["input", "Input"],
    ["expected_output", "Expected output"],
    ["metadata", "Metadata"],
    ["id", "Id"],
];
const BATCH = 500;

export function ImportForm({ dataset, close }: { dataset: string; close: () => void }) {
    const url = useUrl();
    const [sheet, setSheet] = useState<Sheet | null>(null);
    const [roles, setRoles] = useState<Record<string, Role>>({});
    const [problem, setProblem] = useState("");
    const [done, setDone] = useState(0);
    const read = async (file: File | undefined) => {
        if (!file) return;
        setSheet(null);
        setProblem("");
        try {
            const next = readSheet(file.name, await file.text());
            setSheet(next);
            setRoles(guess(next.columns));
        } catch (error) {
            setProblem(`${file.name}: ${error instanceof Error ? error.message : String(error)}`);
        }
    };
    const items = sheet ? itemsOf(sheet, roles) : [];
    const submit = async () => {
        for (let at = done; at < items.length; at += BATCH) {
            try {
                await writeItems(url.project, dataset, items.slice(at, at + BATCH));
            } catch (error) {
                if (at > 0) throw new Error(`The first ${at} are in. ${error instanceof Error ? error.message : String(error)}`);
                throw error;
            }
            setDone(at + BATCH);
        }
    };
    return (
        <Dialog title="Items from a file" action={items.length ? `Add ${plural(items.length, "item")}` : "Add"} close={close} submit={submit} disabled={!items.length || !Object.values(roles).includes("input")}>
            <label className="drop">
                A CSV file with a header, or JSON objects, one a line
                <input className="input" type="file" accept=".csv,.tsv,.jsonl,.ndjson,text/csv,application/x-ndjson" onChange={(event) => void read(event.target.files?.[0])} />
            </label>
            {problem && <p className="bad" role="alert">{visible(problem)}</p>}
            {sheet && (
                <>
                    <div className="compared-texts">
                        {sheet.columns.map((column) => (
                            <label key={column}>
                                {clip(oneLine(column), 60)}
                                <select className="input" value={roles[column] ?? ""} onChange={(event) => setRoles({ ...roles, [column]: event.target.value as Role })}>
                                    {ROLES.map(([id, label]) => (
                                        <option key={id} value={id}>
                                            {label}
                                        </option>
                                    ))}
                                </select>
                            </label>
                        ))}
                    </div>
                    <p className="muted">The first of them as it will be kept:</p>
                    <pre tabIndex={0} aria-label="The first item">{visible(clip(JSON.stringify(items[0], null, 2), 2000))}</pre>
                </>
            )}
        </Dialog>
    );
}
