/* SPDX-License-Identifier: Apache-2.0 */
/* The list of sessions or users: one row each, with the sums of their traces. */
import type { ReactNode } from "react";
import type { Totals } from "../../api/people";
import { useProjects } from "../../api/queries";
import { useUrl } from "../../app/url";
import { FilterBar } from "../../components/filter-bar";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { Topbar } from "../../components/topbar";
import { count, duration, exact, money, moneyExact } from "../../format/number";
import { clip, oneLine, preview } from "../../format/text";
import { FIELDS } from "../../url/filters";
import { NothingHere } from "../setup/empty";
import "./people.css";

interface Listing<Row extends Totals> {
    title: string;
    noun: string;
    rows: Row[];
    /** The first column and where a row leads. */
    name: (row: Row) => string;
    href: (row: Row) => string;
    /** A column of its own, after the name. */
    other: { label: string; cell: (row: Row) => ReactNode };
    query: { isPending: boolean; isPlaceholderData: boolean; error: Error | null; hasNextPage: boolean; isFetchingNextPage: boolean; refetch: () => unknown; fetchNextPage: () => unknown };
}

const COLUMNS = [
    { id: "traces", label: "Traces" },
    { id: "errors", label: "Failed" },
    { id: "tokens", label: "Tokens" },
    { id: "cost", label: "Cost" },
    { id: "duration", label: "Lasted" },
] as const;

export function useOrder() {
    const { search } = useUrl();
    const known = ["last", ...COLUMNS.map(({ id }) => id)] as string[];
    return { sort: known.includes(search.sort ?? "") ? search.sort! : "last", order: search.order === "asc" ? "asc" : "desc" };
}

export function PeopleList<Row extends Totals>({ title, noun, rows, name, href, other, query }: Listing<Row>) {
    const url = useUrl();
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const empty = !query.isPending && !query.error && !rows.length;
    return (
        <>
            <Topbar title={title}>{project?.demo && <span className="tag accent">demo data, not yours</span>}</Topbar>
            {project && project.first_span === null ? (
                <NothingHere project={project} />
            ) : (
                <div className="scroll">
                    <div className={`overview ${query.isPlaceholderData ? "stale" : ""}`}>
                        <FilterBar fields={FIELDS.map((field) => field.name)} placeholder={`Filter the traces that count, by user, service, model, error…`} />
                        {query.error && <Failure error={query.error} retry={() => query.refetch()} what={`The ${noun}`} />}
                        {query.isPending && <Skeleton height={420} />}
                        {empty && project && <NothingHere project={project} what={noun} />}
                        {empty && project?.last_span && <Hint noun={noun} />}
                        {rows.length > 0 && (
                            <section className="panel people" aria-label={title}>
                                <div className="table-scroll" tabIndex={0} role="region" aria-label={`${title} table`}>
                                    <StackedTable className="people-table sorts">
                                        <thead>
                                            <tr>
                                                <th scope="col">{title.slice(0, -1)}</th>
                                                <th scope="col">Began with</th>
                                                <th scope="col">{other.label}</th>
                                                {COLUMNS.map((column) => (
                                                    <th key={column.id} scope="col" className="n">
                                                        <Sort id={column.id} label={column.label} />
                                                    </th>
                                                ))}
                                                <th scope="col" className="n people-when">
                                                    <Sort id="last" label="Last seen" />
                                                </th>
                                            </tr>
                                        </thead>
                                        <tbody>
                                            {rows.map((row) => (
                                                <Line key={name(row)} row={row} name={name(row)} href={href(row)} other={other.cell(row)} />
                                            ))}
                                        </tbody>
                                    </StackedTable>
                                </div>
                                {query.hasNextPage && (
                                    <button type="button" className="button bare models-more" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                                        {query.isFetchingNextPage ? "Loading…" : `More ${noun}`}
                                    </button>
                                )}
                            </section>
                        )}
                    </div>
                </div>
            )}
        </>
    );
}

function Hint({ noun }: { noun: string }) {
    return (
        <p className="empty muted">
            {noun === "users" ? "Spans say who asked with user.id, langfuse.user.id or enduser.id." : "Spans say which conversation they belong to with session.id, gen_ai.conversation.id or langfuse.session.id."}
        </p>
    );
}

function Sort({ id, label }: { id: string; label: string }) {
    const url = useUrl();
    const { sort, order } = useOrder();
    const here = sort === id;
    return (
        <button type="button" className="sort" aria-pressed={here} onClick={() => url.set({ sort: id === "last" ? undefined : id, order: here && order === "desc" ? "asc" : undefined }, { replace: true })}>
            {label} {here && <Icon name={order === "desc" ? "down" : "up"} small />}
        </button>
    );
}

function Line({ row, name, href, other }: { row: Totals; name: string; href: string; other: ReactNode }) {
    const url = useUrl();
    return (
        <tr
            className="link-row"
            onClick={(event) => {
                if (!event.defaultPrevented && !event.metaKey && !event.ctrlKey && !getSelection()?.toString()) url.go(href);
            }}
        >
            <th scope="row">
                <Go href={href} className="cut" title={oneLine(name)}>
                    {clip(oneLine(name), 80)}
                </Go>
            </th>
            <td className="text">
                <span className="cut muted" title={preview(row.input, 300)}>
                    {preview(row.input, 160) || "–"}
                </span>
            </td>
            <td className="cut told">{other}</td>
            <td className="n">{exact(row.traces)}</td>
            <td className={`n ${row.failed ? "bad" : ""}`}>{row.failed ? exact(row.failed) : "–"}</td>
            <td className="n" title={`${exact(row.input_tokens)} in, ${exact(row.output_tokens)} out`}>{count(row.total_tokens)}</td>
            <td className="n" title={moneyExact(row.cost)}>{money(row.cost)}</td>
            <td className="n" title={`${duration(row.busy)} of it busy`}>{duration(row.duration)}</td>
            <td className="n"><Moment ns={row.last} /></td>
        </tr>
    );
}
