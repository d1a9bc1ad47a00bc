/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overview: is something wrong, and where. Six numbers against the period before and what is usual, then three
 * sections: operational health, cost and usage, quality. Every number is a link; what is not in sight is not asked for.
 */
import { useMemo } from "react";
import { useHealth } from "../../api/sections";
import { useOverview, useProjects, useUnpriced } from "../../api/queries";
import type { Overview } from "../../api/types";
import { useUrl } from "../../app/url";
import { FilterBar } from "../../components/filter-bar";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { OVERVIEW_FIELDS, usable } from "../../url/filters";
import { plural } from "../../format/number";
import { visible } from "../../format/text";
import { nsToMs } from "../../format/time";
import { NothingHere } from "../setup/empty";
import { HealthCharts } from "./health";
import { QualitySection } from "./quality";
import { Section } from "./section";
import { SpendSection } from "./spend";
import { Tiles } from "./tiles";
import { Worth } from "./worth";

export interface Shown {
    data: Overview;
    times: number[];
    stepMs: number;
}

export default function OverviewScreen() {
    const url = useUrl();
    const filters = useMemo(() => usable(url.filters, OVERVIEW_FIELDS), [url.filters]);
    const overview = useOverview({ ...url, filters });
    const health = useHealth({ ...url, filters }, overview.data !== undefined);
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const data = overview.data;
    const shown = useMemo<Shown | null>(() => (data ? { data, times: data.times.map(nsToMs), stepMs: nsToMs(data.step) } : null), [data]);
    const quiet = data && data.totals.spans === 0 && data.totals.requests === 0;
    return (
        <>
            <Topbar title="Overview">{project?.demo && <span className="tag accent">demo data, not yours</span>}</Topbar>
            {project && project.first_span === null ? (
                <NothingHere project={project} />
            ) : (
                <div className="scroll">
                    <div className={`overview ${overview.isPlaceholderData ? "stale" : ""}`}>
                        <FilterBar fields={OVERVIEW_FIELDS} placeholder="Filter by service or environment" />
                        <UnpricedNotice />
                        {overview.error && <Failure error={overview.error} retry={() => overview.refetch()} what="The overview" />}
                        {quiet && project ? (
                            <NothingHere project={project} />
                        ) : shown ? (
                            <>
                                <Tiles {...shown} health={health.data} />
                                <Section title="Operational health" about="Does it answer, how fast, and what fails; what is usual are the seven days before" height={900}>
                                    {() => (
                                        <>
                                            {health.error && <Failure error={health.error} retry={() => health.refetch()} what="What is usual" />}
                                            <HealthCharts shown={shown} health={health.data} />
                                            <Worth />
                                        </>
                                    )}
                                </Section>
                                <Section title="Cost and usage" about="What it costs, and who spends it" height={1100}>
                                    {(seen) => <SpendSection shown={shown} filters={filters} seen={seen} />}
                                </Section>
                                <Section title="Quality" about="Are the answers any good; compared with the seven days before" height={480}>
                                    {(seen) => <QualitySection filters={filters} seen={seen} />}
                                </Section>
                            </>
                        ) : (
                            !overview.error && <Waiting />
                        )}
                    </div>
                </div>
            )}
        </>
    );
}

function UnpricedNotice() {
    const url = useUrl();
    const { data } = useUnpriced(url);
    if (!data?.models.length) return null;
    const shown = data.models.slice(0, 4);
    return (
        <div className="unpriced" role="status">
            <Icon name="warning" />
            <span>
                {plural(data.models.length, "model")} without a price, so the cost below is a lower bound:{" "}
                {shown.map((each, at) => (
                    <span key={`${each.provider}/${each.model}`}>
                        {at > 0 && ", "}
                        <Go className="plain" href={url.traces([`model=${each.model ?? ""}`])}>
                            {visible(each.model ?? "(no name)")}
                        </Go>{" "}
                        <span className="muted">
                            ({plural(each.calls, "call")}
                            {each.model && <>, <Go className="plain" href={url.href("settings", { from: undefined, to: undefined, live: undefined, model: each.model })}>set its price</Go></>})
                        </span>
                    </span>
                ))}
                {data.models.length > shown.length && ` and ${data.models.length - shown.length} more`}
            </span>
        </div>
    );
}

function Waiting() {
    return (
        <>
            <div className="tiles">
                {Array.from({ length: 6 }, (_, at) => (
                    <Skeleton key={at} height={104} />
                ))}
            </div>
            <div className="charts">
                {Array.from({ length: 6 }, (_, at) => (
                    <Skeleton key={at} height={236} />
                ))}
            </div>
        </>
    );
}
