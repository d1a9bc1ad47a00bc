/* SPDX-License-Identifier: Apache-2.0 */
/* Why the server refused a question: in its words, at its place, with what it proposes one key away. */
import { adviceOf, type Catalogue, type Fault } from "../../api/ask";
import { ApiError } from "../../api/client";
import { Icon } from "../../components/icon";
import { Failure } from "../../components/pieces";
import { clip, visible } from "../../format/text";
import { stages } from "../../language/lex";
import "./query.css";

interface Props {
    error: Error;
    fault: Fault | null;
    text: string;
    /** What is known about commands, to show how the faulty one is written. */
    commands?: Catalogue["commands"];
    retry: () => void;
    fix?: () => boolean;
    goTo: (at: number) => void;
}

export function Problem({ error, fault, text, commands, retry, fix, goTo }: Props) {
    if (!(error instanceof ApiError) || error.code !== 400) {
        return (
            <div className="panel">
                <Failure error={error} retry={retry} what="The answer" />
            </div>
        );
    }
    const advice = adviceOf(error);
    const stage = fault ? stages(text).find(({ from, to }) => fault.from >= from && fault.from <= to) : undefined;
    const named = (word: string | undefined) => commands?.find(({ name }) => name.toLowerCase() === word?.toLowerCase());
    const command = named(stage?.command) ?? named(advice.fix);
    const line = fault ? (text.split("\n")[fault.line - 1] ?? "") : "";
    return (
        <section className="panel note query-problem" role="alert" aria-label="Problem">
            <Icon name="error" />
            <div className="grow">
                <strong>{visible(error.message)}</strong>
                {advice.expected && <p>Expected {visible(advice.expected)}.</p>}
                {advice.suggestion && !advice.fix && <p>{visible(advice.suggestion)}</p>}
                {fault && (
                    <p className="muted">
                        <button type="button" className="link" onClick={() => goTo(fault.from)}>
                            Line {fault.line}, column {fault.column}
                        </button>
                        {line && <code> {visible(clip(line.trim(), 160))}</code>}
                    </p>
                )}
                {command && (
                    <p className="muted">
                        <code>{visible(command.syntax)}</code> {visible(command.description)}
                    </p>
                )}
            </div>
            {advice.fix && fix && (
                <button type="button" className="button small primary" onClick={fix} title="Alt Enter in the editor">
                    Replace with {visible(clip(advice.fix, 60))}
                </button>
            )}
        </section>
    );
}
