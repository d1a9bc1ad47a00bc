/* SPDX-License-Identifier: Apache-2.0 */
/* Will we stay within budget: spent, what the month will have cost, and the day the money ends. */
import type { Budget } from "../../api/sections";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { money, moneyExact, percent } from "../../format/number";
import { nsToMs } from "../../format/time";
import { absolute } from "../../url/range";

/** Days of the budget are days in UTC, whatever zone the screen shows. */
const day = (ms: number) => new Date(ms).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const monthName = (ms: number) => new Date(ms).toLocaleDateString("en-GB", { month: "long", timeZone: "UTC" });

function verdict(budget: Budget): { text: string; tone: "good" | "bad" | "warn" | "" } {
    const { limit, spent, projected, runs_out } = budget;
    if (limit === null) return { text: "No budget is set", tone: "" };
    if (spent >= limit) return { text: "The budget is spent", tone: "bad" };
    if (runs_out) return { text: `Runs out on ${day(nsToMs(runs_out))}`, tone: "bad" };
    if (projected === null) return { text: "Nothing spent yet", tone: "" };
    return projected > 0.9 * limit ? { text: "Just within budget", tone: "warn" } : { text: "Within budget", tone: "good" };
}

function Bar({ budget, whole }: { budget: Budget; whole: number }) {
    const share = (nano: number) => `${Math.min(100, (100 * nano) / whole)}%`;
    return (
        <div className="budget-bar" aria-hidden="true">
            <i className="budget-projected" style={{ width: share(budget.projected ?? 0) }} />
            <i className="budget-spent" style={{ width: share(budget.spent) }} />
            {budget.limit !== null && <i className="budget-limit" style={{ left: share(budget.limit) }} />}
        </div>
    );
}

export function BudgetPanel({ budget }: { budget: Budget }) {
    const url = useUrl();
    const { text, tone } = verdict(budget);
    const from = nsToMs(budget.month_from), to = nsToMs(budget.month_to);
    const month = absolute(from, Math.min(to, Date.now() + 60e3));
    const basisDays = budget.basis_from ? (Date.now() - nsToMs(budget.basis_from)) / 86400e3 : 0;
    return (
        <section className="panel budget" aria-label="Budget">
            <header>
                <h3>{monthName(from)} against budget</h3>
                <span className={`verdict ${tone}`}>{text}</span>
            </header>
            <p className="budget-numbers">
                <Go className="num budget-now" href={url.traces([], { from: month.from, to: month.to, live: undefined, f: ["cost>0"], sort: "cost" })} title={`${moneyExact(budget.spent)} spent since ${day(from)}. Open the dearest`}>
                    {money(budget.spent)}
                </Go>
                <span className="muted">{budget.limit === null ? "spent so far" : `of ${money(budget.limit)} spent`}</span>
            </p>
            <Bar budget={budget} whole={Math.max(budget.limit ?? 0, budget.projected ?? 0, budget.spent, 1)} />
            <p className="budget-foot">
                {budget.projected !== null && budget.cost_a_day !== null ? (
                    <span title={`${moneyExact(budget.projected)}: what is spent, and for the rest of the month as much a day as ${basisDays >= 6.9 ? "the last seven days" : "the time since the first span"}. Days are UTC.`}>
                        Projected <b className={tone === "bad" ? "bad" : undefined}>{money(budget.projected)}</b> by {day(to - 1)}
                        {budget.limit !== null && `, ${percent(budget.projected / budget.limit)} of it`}, at {money(budget.cost_a_day)} a day
                    </span>
                ) : (
                    <span className="muted">A projection needs a first span.</span>
                )}
                <Go className="plain" href={url.href("settings")}>{budget.limit === null ? "Set a budget" : "Change"}</Go>
            </p>
        </section>
    );
}
