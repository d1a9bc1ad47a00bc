/* SPDX-License-Identifier: Apache-2.0 */
/* Before the first question: examples that answer something here, and what was asked before. */
import { lex, lexSql } from "../../language/lex";
import { SQL } from "../../api/ask";
import { clip, oneLine, visible } from "../../format/text";
import { ago } from "../../format/time";
import { pastQueries } from "./history";
import { useExamples } from "./recall";

interface Props {
    project: string;
    pick: (query: string, source: string) => void;
}

/** A query in the editor's colours, as text nodes. */
function QueryText({ text, sql = false }: { text: string; sql?: boolean }) {
    const shown = clip(text, 600);
    const pieces: { kind: string; text: string }[] = [];
    let at = 0;
    for (const token of sql ? lexSql(shown) : lex(shown)) {
        if (token.from > at) pieces.push({ kind: "", text: shown.slice(at, token.from) });
        pieces.push({ kind: token.kind, text: token.text });
        at = token.to;
    }
    if (at < shown.length) pieces.push({ kind: "", text: shown.slice(at) });
    return <code className="query-text">{pieces.map((piece, index) => (piece.kind ? <span key={index} className={`q-${piece.kind}`}>{visible(piece.text)}</span> : visible(piece.text)))}</code>;
}

export function Start({ project, pick }: Props) {
    const examples = useExamples(project);
    const past = pastQueries(project).slice(0, 6);
    return (
        <div className="query-start scroll">
            <section aria-labelledby="examples-title">
                <h2 id="examples-title">Begin with one of these</h2>
                <ul className="examples">
                    {examples.map((example) => (
                        <li key={example.title}>
                            <button type="button" className="panel example" onClick={() => pick(example.query, example.source)}>
                                <span className="row">
                                    <strong className="grow">{example.title}</strong>
                                    {example.source !== "spans" && <span className="tag">{example.source}</span>}
                                </span>
                                <QueryText text={example.query} sql={example.source === SQL} />
                            </button>
                        </li>
                    ))}
                </ul>
            </section>
            {past.length > 0 && (
                <section aria-labelledby="past-title">
                    <h2 id="past-title">Asked here before</h2>
                    <ul className="past">
                        {past.map((each) => (
                            <li key={each.at}>
                                <button type="button" onClick={() => pick(each.query, each.source)}>
                                    <code className="cut">{clip(oneLine(each.query), 200)}</code>
                                    <span className="muted nowrap">{ago(each.at)}</span>
                                </button>
                            </li>
                        ))}
                    </ul>
                </section>
            )}
        </div>
    );
}
