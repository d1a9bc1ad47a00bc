/* SPDX-License-Identifier: Apache-2.0 */
/* An answer: which views it has, what it cost to find, and the answer itself. */
import { useMemo } from "react";
import { type Cell, type FieldEntry, type Question, type QueryResult, SQL } from "../../api/ask";
import { useUrl } from "../../app/url";
import { useExplainRange } from "../../components/explain-link";
import { Icon } from "../../components/icon";
import { Tabs } from "../../components/pieces";
import { bytes, duration, exact } from "../../format/number";
import { visible } from "../../format/text";
import { behindGroup } from "../../language/behind";
import { measuredBy } from "../../language/measured";
import { type View, VIEW_LABELS, viewsOf } from "../../results/shape";
import type { Order } from "../../results/table";
import { columnUnits, sqlUnits } from "../../results/units";
import { ResultView } from "../../results/view";
import { absolute } from "../../url/range";
import { AddToDashboard } from "./add";
import { Download } from "./download";

interface Props {
    question: Question;
    result: QueryResult;
    fields?: readonly FieldEntry[];
}

export function Answer({ question, result, fields }: Props) {
    const url = useUrl();
    const { search } = url;
    const isSql = question.source === SQL;
    const views = useMemo(() => viewsOf(result), [result]);
    const view = views.includes(search.view as View) ? (search.view as View) : views[0];
    const units = useMemo(() => (isSql ? sqlUnits(result.columns) : columnUnits(question.query, result.columns, fields)), [isSql, question.query, result, fields]);
    const order: Order | null = search.sort ? { column: search.sort, descending: search.order !== "asc" } : null;
    const source = result.source || question.source;
    const explain = useExplainRange(isSql ? undefined : measuredBy(question.query, source));
    const hrefOf = (query: string) => url.href("query", { query, source: source === "spans" ? undefined : source });
    const behind = useMemo(() => {
        const known = new Map<Cell[], string | null>();
        return (row: Cell[]) => {
            if (!known.has(row)) known.set(row, behindGroup(question.query, source, result.columns, row));
            const query = known.get(row);
            return query ? hrefOf(query) : null;
        };
    }, [question, result, source, url]);
    return (
        <section className={`panel query-answer view-${view}`} aria-label="Answer">
            <header className="row">
                <Tabs label="View" tabs={views.map((id) => ({ id, label: VIEW_LABELS[id] }))} at={view} onPick={(id) => url.set({ view: id === views[0] ? undefined : id }, { replace: true })} />
                <span className="grow" />
                <Statistics result={result} />
                {!isSql && <AddToDashboard question={question} view={view} />}
                <Download question={question} />
            </header>
            {result.warnings?.map((warning, at) => (
                <p key={at} className="answer-note" role="status">
                    <Icon name="warning" small /> {visible(warning)}
                </p>
            ))}
            {result.truncated && (
                <p className="answer-note" role="status">
                    <Icon name="warning" small /> There are more rows than the {exact(result.rows.length)} shown. A download as CSV, NDJSON or Parquet has up to 1,000,000; a narrower question shows the rest.
                </p>
            )}
            <div className="answer-body">
                {result.rows.length ? (
                    <ResultView
                        result={result}
                        units={units}
                        view={view}
                        question={question}
                        ask={hrefOf}
                        behind={behind}
                        pick={(row, fromMs, toMs) => {
                            const query = behindGroup(question.query, source, result.columns, row);
                            const range = absolute(fromMs, toMs);
                            if (query) url.go(url.href("query", { query, source: source === "spans" ? undefined : source, from: range.from, to: range.to, live: undefined }));
                        }}
                        order={order}
                        setOrder={(next) => url.set({ sort: next?.column, order: next && !next.descending ? "asc" : undefined }, { replace: true })}
                        keyboard
                        explain={explain}
                        zoom={(from, to) => {
                            const range = absolute(from, to);
                            url.set({ from: range.from, to: range.to });
                        }}
                    />
                ) : (
                    <Nothing result={result} />
                )}
            </div>
        </section>
    );
}

const USED: Record<string, string> = { rollups: "from rollups", index: "from the index", journal: "from index and journal" };

function Statistics({ result }: { result: QueryResult }) {
    const { rows_scanned, bytes_scanned, elapsed_ms, used } = result.statistics ?? {};
    const parts = [
        `${exact(result.rows.length)} ${result.rows.length === 1 ? "row" : "rows"}`,
        rows_scanned !== null && rows_scanned !== undefined && `${exact(rows_scanned)} scanned`,
        bytes_scanned ? `${bytes(bytes_scanned)} read` : null,
        elapsed_ms !== null && elapsed_ms !== undefined && duration(elapsed_ms * 1e6),
        used && (USED[used] ?? visible(used)),
    ].filter(Boolean);
    return (
        <p className="statistics muted" role="status">
            {parts.map((part, at) => (
                <span key={at}>{part}</span>
            ))}
        </p>
    );
}

function Nothing({ result }: { result: QueryResult }) {
    const scanned = result.statistics?.rows_scanned;
    return (
        <div className="empty">
            <h2>No row matches</h2>
            <p>{scanned ? `${exact(scanned)} rows were looked at in this time range; none holds for every condition.` : "There is nothing of this source in this time range. Look further back, or ask another source."}</p>
        </div>
    );
}
