/* SPDX-License-Identifier: Apache-2.0 */
/* The project's key pairs: make one, whose secret is shown this once, and revoke those that leaked or left. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { getJson, sendJson } from "../../api/client";
import { CopyButton, Failure } from "../../components/pieces";
import { clip, oneLine, visible } from "../../format/text";
import { ago, nsToMs } from "../../format/time";

interface Key {
    public_key: string;
    note: string;
    created: string;
}

interface Pair {
    public_key: string;
    secret_key: string;
}

const address = (project: string, key = "") => `/api/v1/keys${key && `/${encodeURIComponent(key)}`}?project=${encodeURIComponent(project)}`;

export function Keys({ project }: { project: string }) {
    const keys = useQuery({ queryKey: ["keys", project], queryFn: ({ signal }) => getJson<{ keys: Key[] }>("/api/v1/keys", { project }, signal) });
    const [note, setNote] = useState("");
    const [made, setMade] = useState<Pair | null>(null);
    const [problem, setProblem] = useState<string | null>(null);
    const run = async (work: () => Promise<void>) => {
        setProblem(null);
        try {
            await work();
        } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
        }
        await keys.refetch();
    };
    const create = (event: FormEvent) => {
        event.preventDefault();
        void run(async () => {
            setMade(await sendJson<Pair>("POST", address(project), { note }));
            setNote("");
        });
    };
    const [doomed, setDoomed] = useState<string | null>(null); // asked for once: a second press revokes
    const revoke = (key: string) => {
        setDoomed(doomed === key ? null : key);
        if (doomed === key) void run(() => sendJson("DELETE", address(project, key), undefined));
    };
    return (
        <section className="card" aria-label="Keys">
            <h2>Keys of this project</h2>
            {keys.error && <Failure error={keys.error} retry={() => keys.refetch()} what="The list of keys" />}
            <table className="plain">
                <tbody>
                    {(keys.data?.keys ?? []).map((key) => (
                        <tr key={key.public_key}>
                            <td className="mono">{clip(visible(key.public_key), 64)}</td>
                            <td>{clip(oneLine(key.note), 80)}</td>
                            <td className="muted">{ago(nsToMs(key.created))}</td>
                            <td>
                                <button type="button" className="button small" onClick={() => revoke(key.public_key)} aria-label={`Revoke ${key.public_key}`}>
                                    {doomed === key.public_key ? "Really revoke? What uses it is refused" : "Revoke"}
                                </button>
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
            <form className="row" onSubmit={create}>
                <input className="input" value={note} onChange={(event) => setNote(event.target.value)} maxLength={200} placeholder="What it is for" aria-label="What the key is for" />
                <button type="submit" className="button">
                    Make a key
                </button>
            </form>
            {problem && <p className="bad">{visible(problem)}</p>}
            {made && (
                <p role="status">
                    The secret is shown this once: <code className="mono">{made.secret_key}</code> <CopyButton text={made.secret_key} what="the secret key" />
                </p>
            )}
        </section>
    );
}
