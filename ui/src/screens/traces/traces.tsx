/* SPDX-License-Identifier: Apache-2.0 */
/* Traces: every request, filtered, sorted and paged by the server; the screen keeps only what it shows. */
import { useMemo } from "react";
import { useProjects, useTraces } from "../../api/queries";
import { useUrl } from "../../app/url";
import { FilterBar } from "../../components/filter-bar";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import { Failure } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { exact } from "../../format/number";
import { NothingHere } from "../setup/empty";
import { chosenColumns, COLUMNS, DEFAULT_COLUMNS } from "./columns";
import { FacetPanel } from "./facets";
import { Histogram } from "./histogram";
import { SearchBox, SearchHits } from "./search";
import { TraceTable } from "./table";

export default function TracesScreen() {
    const url = useUrl();
    const sort = url.search.sort ?? "start";
    const order = url.search.order ?? "desc";
    const list = useTraces(url, sort, order);
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const rows = useMemo(() => list.data?.pages.flatMap((page) => page.traces) ?? [], [list.data]);
    const columns = useMemo(() => chosenColumns(url.search.cols), [url.search.cols]);
    const total = list.data?.pages[0]?.total;
    if (project?.first_span === null) {
        return (
            <>
                <Topbar title="Traces" />
                <NothingHere project={project} />
            </>
        );
    }
    const searching = !!url.search.q;
    const shut = url.search.facets === "0";
    return (
        <>
            <Topbar title="Traces">{project?.demo && <span className="tag accent">demo data, not yours</span>}</Topbar>
            <div className="traces">
                <div className="row traces-bar">
                    <button
                        type="button"
                        className="button icon"
                        aria-pressed={!shut}
                        aria-label={shut ? "Show the filter panel" : "Hide the filter panel"}
                        title="Filter panel"
                        onClick={() => url.set({ facets: shut ? undefined : "0" }, { replace: true })}
                    >
                        <Icon name="columns" />
                    </button>
                    <SearchBox />
                    <div className="grow">
                        <FilterBar />
                    </div>
                    {!searching && <ColumnMenu />}
                </div>
                <div className={`traces-body ${shut ? "shut" : ""}`}>
                    {!shut && <FacetPanel />}
                    <div className="traces-main">
                        <Histogram total={total} loaded={rows.length} />
                        {searching && <SearchHits />}
                        {!searching && list.error && <Failure error={list.error} retry={() => list.refetch()} what="The traces" />}
                        {searching ? null : list.data && rows.length === 0 && project ? (
                            <NothingHere project={project} />
                        ) : (
                            <TraceTable
                                rows={rows}
                                columns={columns}
                                sort={sort}
                                order={order}
                                waiting={list.isPending}
                                stale={list.isPlaceholderData}
                                more={list.hasNextPage}
                                loadMore={() => !list.isFetchingNextPage && !list.isFetchNextPageError && void list.fetchNextPage()}
                            />
                        )}
                        <p className="sr" role="status">
                            {list.data && !searching ? `${exact(total ?? rows.length)} traces` : ""}
                        </p>
                    </div>
                </div>
            </div>
        </>
    );
}

function ColumnMenu() {
    const url = useUrl();
    const chosen = chosenColumns(url.search.cols).map(({ id }) => id);
    const toggle = (id: string) => {
        const next = chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id];
        const same = next.length === DEFAULT_COLUMNS.length && DEFAULT_COLUMNS.every((each) => next.includes(each));
        url.set({ cols: same ? undefined : next.join(",") }, { replace: true });
    };
    return (
        <Menu label={<>Columns <Icon name="down" small /></>} name="Choose columns" align="right">
            {() => (
                <>
                    {COLUMNS.filter(({ id }) => id !== "name").map(({ id, label }) => (
                        <button key={id} type="button" className="item" role="menuitemcheckbox" aria-checked={chosen.includes(id)} onClick={() => toggle(id)}>
                            <span className="tick">{chosen.includes(id) && <Icon name="check" small />}</span>
                            {label}
                        </button>
                    ))}
                    {url.search.cols && (
                        <button type="button" className="item" onClick={() => url.set({ cols: undefined }, { replace: true })}>
                            <span className="tick" /> As usual
                        </button>
                    )}
                </>
            )}
        </Menu>
    );
}
