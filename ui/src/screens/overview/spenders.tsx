/* SPDX-License-Identifier: Apache-2.0 */
/* Who spends, and whose spending rose: the answer to "what raised the cost" is its first row. */
import { type Spend, type SpenderKind, SPENDERS } from "../../api/sections";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Tabs } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { exact, money, moneyExact, plural } from "../../format/number";
import { visible } from "../../format/text";
import { is } from "../../url/filters";

const WORDS: Record<SpenderKind, { tab: string; field: string; of: string }> = {
    user: { tab: "Users", field: "user", of: "request" },
    tenant: { tab: "Tenants", field: "tenant", of: "request" },
    feature: { tab: "Features", field: "trace_name", of: "request" },
    prompt: { tab: "Prompts", field: "prompt", of: "call" },
    model: { tab: "Models", field: "model", of: "call" },
};

export function Spenders({ spend }: { spend: Spend }) {
    const url = useUrl();
    const kind = SPENDERS.find((each) => each === url.search.by) ?? "user";
    const rise = url.search.sort === "rise";
    const rows = spend.spenders[kind];
    const most = Math.max(1, ...rows.map((each) => (rise ? Math.abs(each.cost - each.previous) : each.cost)));
    return (
        <section className="panel table-panel spenders" aria-label="Who spends">
            <header>
                <h3>Who spends</h3>
                <span className="choice" role="group" aria-label="Order">
                    <button type="button" className="button small" aria-pressed={!rise} onClick={() => url.set({ sort: undefined }, { replace: true })}>Most</button>
                    <button type="button" className="button small" aria-pressed={rise} onClick={() => url.set({ sort: "rise" }, { replace: true })}>Rose most</button>
                </span>
            </header>
            <Tabs label="Spenders" tabs={SPENDERS.map((id) => ({ id, label: WORDS[id].tab }))} at={kind} onPick={(by) => url.set({ by: by === "user" ? undefined : by }, { replace: true })} />
            {rows.length === 0 ? (
                <p className="muted worth-none">Nothing was spent in this range or the one before.</p>
            ) : (
                <div className="table-scroll" tabIndex={0} role="region" aria-label="Spenders table">
                    <StackedTable>
                        <thead>
                            <tr>
                                <th scope="col">{WORDS[kind].tab.slice(0, -1)}</th>
                                <th scope="col" className="n">{kind === "prompt" || kind === "model" ? "Calls" : "Requests"}</th>
                                <th scope="col" className="n">A {WORDS[kind].of}</th>
                                <th scope="col" className="n">Before</th>
                                <th scope="col" className="n">Change</th>
                                <th scope="col" className="n">Cost</th>
                            </tr>
                        </thead>
                        <tbody>
                            {rows.map((each) => <Row key={each.value} each={each} kind={kind} share={Math.abs(rise ? each.cost - each.previous : each.cost) / most} />)}
                        </tbody>
                    </StackedTable>
                </div>
            )}
        </section>
    );
}

function Row({ each, kind, share }: { each: Spend["spenders"]["user"][number]; kind: SpenderKind; share: number }) {
    const url = useUrl();
    const change = each.cost - each.previous;
    const href = url.traces([is(WORDS[kind].field, each.value ?? "")], { sort: "cost" });
    return (
        <tr>
            <th scope="row">
                <Go className="num cut" href={href}>{each.value === null ? "(not named)" : visible(each.value)}</Go>
            </th>
            <td className="n" title={plural(each.count, WORDS[kind].of)}>{exact(each.count)}</td>
            <td className="n">{each.count ? money(each.cost / each.count) : "–"}</td>
            <td className="n muted">{money(each.previous)}</td>
            <td className={`n ${change > 0 ? "rose" : "muted"}`}>{change === 0 ? "–" : `${change > 0 ? "+" : "−"}${money(Math.abs(change))}`}</td>
            <td className="n">
                <span className="share" style={{ "--share": share } as React.CSSProperties}>
                    <Go className="num" href={href} title={`${moneyExact(each.cost)}. Open the dearest`}>{money(each.cost)}</Go>
                </span>
            </td>
        </tr>
    );
}
