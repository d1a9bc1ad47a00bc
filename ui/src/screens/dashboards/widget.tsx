/* SPDX-License-Identifier: Apache-2.0 */
/* One widget: its query over the screen's time range, asked when it comes into sight, in the view it was given. */
import { type ReactNode, useMemo, useState } from "react";
import type { Widget } from "../../api/dashboards";
import { type Question, type QueryResult, useAnswer, useFields } from "../../api/ask";
import { askTogether } from "../../api/together";
import { useUrl } from "../../app/url";
import { useExplainRange } from "../../components/explain-link";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Skeleton } from "../../components/pieces";
import { useSeen } from "../../components/seen";
import { visible } from "../../format/text";
import { behindGroup } from "../../language/behind";
import { measuredBy } from "../../language/measured";
import type { Order } from "../../results/table";
import { columnUnits, type Unit } from "../../results/units";
import { ResultView } from "../../results/view";
import { absolute } from "../../url/range";
import { fillIn, intervalOf, type Values } from "./fill";

function useWidgetQuestion(widget: Widget, values: Values): Question | null {
    const { project, range } = useUrl();
    const { from, to } = range;
    return useMemo(() => {
        const query = fillIn(widget.query, values, intervalOf({ from, to }));
        return query ? { project, query, source: widget.source ?? "spans", range: { from, to }, limit: widget.view === "table" ? 1000 : undefined } : null;
    }, [project, widget.query, widget.source, widget.view, values, from, to]);
}

interface Props {
    widget: Widget;
    values: Values;
    /** Buttons in its head: a menu, or handles while it is being arranged. */
    tools?: ReactNode;
}

export function WidgetPanel({ widget, values, tools }: Props) {
    const url = useUrl();
    const [element, seen] = useSeen<HTMLDivElement>();
    const question = useWidgetQuestion(widget, values);
    const answer = useAnswer(seen ? question : null, url.live, true, askTogether);
    useFields(url.project, widget.source ?? "spans"); // beside the answer, not behind it
    const title = widget.title || widget.query.split("\n")[0];
    return (
        <section ref={element} className={`panel widget view-${widget.view} ${answer.isPlaceholderData ? "stale" : ""}`} aria-label={visible(title)}>
            <header className="row">
                <h2 className="grow cut" title={visible(title)}>
                    {visible(title)}
                </h2>
                {tools}
            </header>
            <div className="widget-body">
                {!question && <p className="plot-empty muted">Every command of this query depends on a variable without a value.</p>}
                {answer.error && !answer.data && <WidgetProblem error={answer.error} />}
                {seen && question && answer.isFetching && !answer.data && <Skeleton className="widget-wait" height="100%" />}
                {question && answer.data && <WidgetResult widget={widget} question={question} result={answer.data} />}
            </div>
        </section>
    );
}

function WidgetProblem({ error }: { error: Error }) {
    return (
        <div className="widget-problem" role="alert">
            <Icon name="error" />
            <p>{visible(error.message)}</p>
        </div>
    );
}

export function WidgetResult({ widget, question, result }: { widget: Widget; question: Question; result: QueryResult }) {
    const url = useUrl();
    const [order, setOrder] = useState<Order | null>(null);
    const source = result.source || question.source;
    const explain = useExplainRange(measuredBy(question.query, source));
    const fields = useFields(question.project, source).data;
    const units = useMemo<Unit[]>(
        () => columnUnits(question.query, result.columns, fields).map((unit, at) => (widget.unit && /^(integer|number|any)$/.test(result.columns[at].type) ? widget.unit : unit)),
        [question.query, result, fields, widget.unit],
    );
    const hrefOf = (query: string) => url.href("query", { query, source: source === "spans" ? undefined : source });
    if (!result.rows.length) return <p className="plot-empty muted">Nothing in this time range.</p>;
    return (
        <ResultView
            result={result}
            units={units}
            view={widget.view}
            question={question}
            ask={hrefOf}
            compact
            order={order}
            setOrder={setOrder}
            behind={(row) => {
                const query = behindGroup(question.query, source, result.columns, row);
                return query ? hrefOf(query) : null;
            }}
            pick={(row, fromMs, toMs) => {
                const query = behindGroup(question.query, source, result.columns, row);
                const range = absolute(fromMs, toMs);
                if (query) url.go(url.href("query", { query, source: source === "spans" ? undefined : source, from: range.from, to: range.to, live: undefined }));
            }}
            explain={explain}
            zoom={(from, to) => {
                const range = absolute(from, to);
                url.set({ from: range.from, to: range.to });
            }}
        />
    );
}

/** The address of a widget's question on the Query screen, with its variables filled in. */
export function AskLink({ widget, values, onClick }: { widget: Widget; values: Values; onClick?: () => void }) {
    const url = useUrl();
    const question = useWidgetQuestion(widget, values);
    if (!question) return null;
    return (
        <Go className="item" href={url.href("query", { query: question.query, source: question.source === "spans" ? undefined : question.source })} onClick={onClick}>
            <Icon name="query" small /> Open in Query
        </Go>
    );
}

/** What the bump of a widget's curve is made of, over all spans of the project. */
export function ExplainItem({ widget, values, onClick }: { widget: Widget; values: Values; onClick?: () => void }) {
    const url = useUrl();
    const question = useWidgetQuestion(widget, values);
    const measure = question && measuredBy(question.query, question.source);
    if (!measure) return null;
    return (
        <Go className="item" href={url.explain(measure)} onClick={onClick}>
            <Icon name="explain" small /> Explain the bump
        </Go>
    );
}
