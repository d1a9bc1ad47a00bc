/* SPDX-License-Identifier: Apache-2.0 */
/* What messages have in common: each pattern with its changing parts marked, how many there are, and samples on demand. */
import { useState } from "react";
import type { Cell, QueryResult, Question } from "../api/ask";
import { useAnswer } from "../api/ask";
import { useUrl } from "../app/url";
import { Go } from "../components/go";
import { Icon } from "../components/icon";
import { Failure, Moment, Skeleton } from "../components/pieces";
import { exact, percent } from "../format/number";
import { clip, oneLine, visible } from "../format/text";
import { behindPattern } from "../language/behind";
import { asNumber, cellText } from "./shape";
import { pointerHref } from "./table";

const VARIABLE = /(<[^<>\s]{1,40}-\d+>)/;

/** The pattern as text, its changing parts as tokens; odd pieces of the split are the tokens. */
function PatternText({ text }: { text: string }) {
    return (
        <code className="pattern-text">
            {clip(text, 2000).split(VARIABLE).map((piece, at) => (at % 2 ? <b key={at}>{visible(piece.slice(1, -1))}</b> : <span key={at}>{visible(piece)}</span>))}
        </code>
    );
}

interface Props {
    result: QueryResult;
    question: Question;
    /** The address of another query over the same range. */
    ask: (query: string) => string;
}

const find = (result: QueryResult, pattern: RegExp) => result.columns.findIndex(({ name }) => pattern.test(name));

export function Patterns({ result, question, ask }: Props) {
    const at = { pattern: find(result, /^@pattern$/i), count: find(result, /^@?(sampleCount|count)$/i), ratio: find(result, /^@ratio$/i), severity: find(result, /^@severityLabel$/i) };
    const others = result.columns.flatMap((column, index) => (Object.values(at).includes(index) || column.name.startsWith("@") ? [] : [index]));
    const most = Math.max(0, ...result.rows.map((row) => asNumber(row[at.count]) ?? 0));
    return (
        <ol className="patterns scroll" aria-label="Patterns">
            {result.rows.map((row, index) => (
                <Pattern key={index} row={row} at={at} most={most} more={others.map((each) => `${result.columns[each].name} ${cellText(row[each])}`)} question={question} ask={ask} />
            ))}
        </ol>
    );
}

function Pattern({ row, at, most, more, question, ask }: { row: Cell[]; at: Record<"pattern" | "count" | "ratio" | "severity", number>; most: number; more: string[]; question: Question; ask: Props["ask"] }) {
    const [open, setOpen] = useState(false);
    const text = cellText(row[at.pattern] ?? null);
    const count = at.count >= 0 ? asNumber(row[at.count]) : null;
    const ratio = at.ratio >= 0 ? asNumber(row[at.ratio]) : null;
    const severity = at.severity >= 0 && row[at.severity] ? cellText(row[at.severity]) : null;
    const behind = behindPattern(question.query, text);
    return (
        <li className="pattern">
            <div className="pattern-line">
                <span className="pattern-count" title={`${exact(count)} samples`}>
                    <b>{exact(count)}</b>
                    <i style={{ width: `${most && count ? (count / most) * 100 : 0}%` }} />
                </span>
                <span className="pattern-ratio muted">{percent(ratio)}</span>
                <div className="grow">
                    {severity && <span className={`tag ${/error|fatal|critical/i.test(severity) ? "error" : /warn/i.test(severity) ? "warn" : ""}`}>{clip(oneLine(severity), 30)}</span>} <PatternText text={text} />
                    {more.length > 0 && <p className="muted">{more.map((each) => clip(oneLine(each), 80)).join(", ")}</p>}
                </div>
                {behind && (
                    <button type="button" className="button bare small" aria-expanded={open} onClick={() => setOpen(!open)}>
                        <Icon name={open ? "down" : "right"} small /> Samples
                    </button>
                )}
            </div>
            {open && behind && <Samples question={{ ...question, query: behind, limit: 5 }} href={ask(behind)} />}
        </li>
    );
}

function Samples({ question, href }: { question: Question; href: string }) {
    const url = useUrl();
    const answer = useAnswer(question);
    if (answer.error) return <Failure error={answer.error} retry={() => answer.refetch()} what="The samples" />;
    if (!answer.data) return <Skeleton height={60} />;
    const { rows, pointers } = answer.data;
    return (
        <div className="samples">
            <ul>
                {rows.map((row, at) => {
                    const trace = pointerHref(url.trace, pointers?.[at]);
                    const words = clip(oneLine(cellText(row[1] ?? null)), 500);
                    return (
                        <li key={at}>
                            <span className="muted">{row[0] !== null && /^\d+$/.test(String(row[0])) ? <Moment ns={String(row[0])} /> : "–"}</span>
                            {trace ? <Go className="plain mono" href={trace}>{words}</Go> : <span className="mono">{words}</span>}
                        </li>
                    );
                })}
                {!rows.length && <li className="muted">No sample was found in this range.</li>}
            </ul>
            <Go className="plain" href={href}>
                Ask for all of them
            </Go>
        </div>
    );
}
