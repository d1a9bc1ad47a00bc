/* SPDX-License-Identifier: Apache-2.0 */
/* Traces worth opening now: the latest failures, the slowest and the dearest of the range. */
import type { ReactNode } from "react";
import { useTopTraces } from "../../api/queries";
import type { TraceRow } from "../../api/types";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { duration, money } from "../../format/number";
import { oneLine, preview } from "../../format/text";

interface ListProps {
    title: string;
    sort: string;
    filters?: string[];
    value: (trace: TraceRow) => ReactNode;
    none: string;
}

function List({ title, sort, filters = [], value, none }: ListProps) {
    const url = useUrl();
    const top = useTopTraces({ ...url, filters: [...url.filters, ...filters] }, sort, 6);
    return (
        <section className="panel worth" aria-label={title}>
            <header>
                <h3>{title}</h3>
                <Go className="plain" href={url.traces(filters, { sort: sort === "start" ? undefined : sort })}>
                    All <Icon name="right" small />
                </Go>
            </header>
            {top.error && <Failure error={top.error} retry={() => top.refetch()} what="This list" />}
            {!top.data && !top.error && <Skeleton height={190} />}
            {top.data?.traces.length === 0 && <p className="muted worth-none">{none}</p>}
            <ul>
                {top.data?.traces.map((trace) => (
                    <li key={trace.trace_id}>
                        <Go href={url.trace(trace.trace_id)}>
                            <i className={`dot ${trace.state === "running" ? "running" : trace.status}`} />
                            <span className="worth-name">
                                <span className="cut">{oneLine(trace.name)}</span>
                                <span className="cut muted">{preview(trace.input, 160)}</span>
                            </span>
                            <span className="worth-value">
                                {value(trace)}
                                <span className="muted">
                                    <Moment ns={trace.start} relative />
                                </span>
                            </span>
                        </Go>
                    </li>
                ))}
            </ul>
        </section>
    );
}

export function Worth() {
    return (
        <div className="worths">
            <List
                title="Latest failures"
                sort="start"
                filters={["status=error"]}
                value={(trace) => <span className="bad">{trace.error_kind && trace.error_kind !== "unknown" ? trace.error_kind.replace("_", " ") : "failed"}</span>}
                none="Nothing failed in this range."
            />
            <List title="Slowest" sort="duration" value={(trace) => duration(trace.duration)} none="No traces in this range." />
            <List title="Dearest" sort="cost" filters={["cost>0"]} value={(trace) => money(trace.cost)} none="Nothing was spent in this range." />
        </div>
    );
}
