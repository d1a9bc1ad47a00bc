/* SPDX-License-Identifier: Apache-2.0 */
/* The project's key pairs: make one, whose secret is shown this once, and revoke those that leaked or left. */
import { type FormEvent, useState } from "react";
import { type KeyPair, makeKeyPair, revokeKey, useKeyPairs } from "../../api/keys";
import { CopyButton, Failure } from "../../components/pieces";
import { clip, oneLine, visible } from "../../format/text";
import { ago, nsToMs } from "../../format/time";

interface Props {
    project: string;
    /** The pair that was made here last; the lines above hold it, too. */
    pair: KeyPair | null;
    made: (pair: KeyPair | null) => void;
}

export function Keys({ project, pair, made }: Props) {
    const keys = useKeyPairs(project);
    const [note, setNote] = useState("");
    const [problem, setProblem] = useState<string | null>(null);
    const run = async (work: () => Promise<void>) => {
        setProblem(null);
        try {
            await work();
        } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
        }
    };
    const create = (event: FormEvent) => {
        event.preventDefault();
        void run(async () => {
            made(await makeKeyPair(project, note));
            setNote("");
        });
    };
    const [doomed, setDoomed] = useState<string | null>(null); // asked for once: a second press revokes
    const revoke = (key: string) => {
        setDoomed(doomed === key ? null : key);
        if (doomed !== key) return;
        void run(async () => {
            await revokeKey(project, key);
            if (key === pair?.public_key) made(null);
        });
    };
    return (
        <section className="panel keys" aria-label="Keys">
            <h2>Keys of this project</h2>
            {keys.error && <Failure error={keys.error} retry={() => keys.refetch()} what="The list of keys" />}
            <div className="table-scroll" tabIndex={0} role="region" aria-label="Keys table">
                <table className="table">
                    <thead>
                        <tr>
                            <th scope="col">Public key</th>
                            <th scope="col">What it is for</th>
                            <th scope="col">Made</th>
                            <th scope="col"><span className="sr">Actions</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {(keys.data?.keys ?? []).map((key) => (
                            <tr key={key.public_key}>
                                <th scope="row" className="mono">{clip(visible(key.public_key), 64)}</th>
                                <td>{clip(oneLine(key.note), 80)}</td>
                                <td className="muted">{ago(nsToMs(key.created))}</td>
                                <td className="n">
                                    <button type="button" className="button small" onClick={() => revoke(key.public_key)} aria-label={`Revoke ${key.public_key}`}>
                                        {doomed === key.public_key ? "Really revoke? What uses it is refused" : "Revoke"}
                                    </button>
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
            <form className="row" onSubmit={create}>
                <input className="input grow" value={note} onChange={(event) => setNote(event.target.value)} maxLength={200} placeholder="What it is for" aria-label="What the key is for" />
                <button type="submit" className="button">
                    Make a key
                </button>
            </form>
            {problem && <p className="bad" role="alert">{visible(problem)}</p>}
            {pair && (
                <p role="status">
                    The secret is shown this once: <code className="mono">{pair.secret_key}</code> <CopyButton text={pair.secret_key} what="the secret key" />
                </p>
            )}
        </section>
    );
}
