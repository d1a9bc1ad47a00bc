/* SPDX-License-Identifier: Apache-2.0 */
/* Cost and usage: the month against its budget, what a success costs, the last thirty days, who spends. */
import { useMemo } from "react";
import { useSpend, type Spend } from "../../api/sections";
import type { Values } from "../../api/types";
import { useUrl } from "../../app/url";
import { sum } from "../../components/chart-data";
import { Failure, Skeleton } from "../../components/pieces";
import { count, exact, money, moneyExact } from "../../format/number";
import { nsToMs } from "../../format/time";
import { BudgetPanel } from "./budget";
import { Panel, type PanelSeries } from "./charts";
import { Models } from "./models";
import type { Shown } from "./overview";
import { Spenders } from "./spenders";
import { Tile } from "./tiles";

const DAY_MS = 86400e3;

function fromOverview({ data }: Shown) {
    const line = (key: string, label: string, color: string, values: Values): PanelSeries => ({ key, label, color, values, total: count(sum(values)), filters: () => [] });
    const less = (whole: Values, part: Values): Values => whole.map((value, at) => (value === null ? null : Math.max(0, value - (part[at] ?? 0))));
    return {
        tokens: [
            line("cache_read", "cached input", "var(--accent-fill)", data.tokens.cache_read),
            line("input", "uncached input", "var(--blue-fill)", less(data.tokens.input, data.tokens.cache_read)),
            line("output", "answers", "var(--violet-fill)", less(data.tokens.output, data.tokens.reasoning)),
            line("reasoning", "reasoning", "var(--pink-fill)", data.tokens.reasoning),
        ],
        cost: [{ key: "cost", label: "spent", color: "var(--amber-fill)", values: data.cost, total: money(data.totals.cost), filters: () => ["cost>0"] }] as PanelSeries[],
    };
}

function Success({ spend, unpriced }: { spend: Spend; unpriced: boolean }) {
    const url = useUrl();
    const { tasks } = spend;
    const each = tasks.cost_values.map((cost, at) => (tasks.succeeded_values[at] ? (cost ?? 0) / tasks.succeeded_values[at]! : null));
    const rule = `What all requests of the range cost, failed ones included, by the number that succeeded${tasks.scored ? `. ${exact(tasks.scored)} were judged by the score of the settings, the others by their root` : ""}`;
    return (
        <Tile
            label="Cost of a successful task" value={`${money(tasks.cost_per_success)}${unpriced ? "+" : ""}`} title={`${moneyExact(tasks.cost_per_success)}: ${rule}`}
            href={url.traces(["status=ok"], { sort: "cost" })} now={tasks.cost_per_success} before={tasks.previous.cost_per_success} was={money(tasks.previous.cost_per_success)}
            better="lower" values={each} color="var(--amber-fill)"
        >
            <span className="muted">{exact(tasks.succeeded)} of {exact(tasks.tasks)} tasks succeeded</span>
            <span className="muted">{money(tasks.tasks ? tasks.cost / tasks.tasks : null)} a task, successful or not</span>
        </Tile>
    );
}

export function SpendSection({ shown, filters, seen }: { shown: Shown; filters: string[]; seen: boolean }) {
    const url = useUrl();
    const spend = useSpend({ ...url, filters }, seen, url.search.sort === "rise" ? "rise" : undefined);
    const series = useMemo(() => fromOverview(shown), [shown.data]);
    const days = useMemo(() => {
        if (!spend.data) return null;
        const { times, cost } = spend.data.days;
        const total = sum(cost) ?? 0;
        return { times: times.map(nsToMs), series: [{ key: "day", label: "spent in 30 days", color: "var(--amber-fill)", values: cost, total: money(total), filters: () => ["cost>0"], href: url.traces(["cost>0"], { from: "-30d", to: undefined, live: undefined, sort: "cost" }) }] as PanelSeries[] };
    }, [spend.data, url.project]);
    if (!seen) return null;
    const at = { times: shown.times, stepMs: shown.stepMs };
    return (
        <>
            {spend.error && <Failure error={spend.error} retry={() => spend.refetch()} what="This section" />}
            {spend.data && days ? (
                <div className="spend-top">
                    <BudgetPanel budget={spend.data.budget} />
                    <Success spend={spend.data} unpriced={shown.data.totals.unpriced_calls > 0} />
                </div>
            ) : (
                !spend.error && <Skeleton height={140} />
            )}
            <div className="charts three">
                {days && <Panel times={days.times} stepMs={DAY_MS} title="Spend by day" kind="bars" series={days.series} format={money} sort="cost" empty="Nothing was spent in the last 30 days." />}
                <Panel {...at} title="Cost" measure="cost" kind="bars" series={series.cost} format={money} sort="cost" empty="Nothing was spent in this range." />
                <Panel {...at} title="Tokens" measure="tokens" kind="bars" series={series.tokens} format={count} sort="tokens" empty="No tokens were counted in this range." />
            </div>
            {spend.data && <Spenders spend={spend.data} />}
            <Models {...shown} />
        </>
    );
}
