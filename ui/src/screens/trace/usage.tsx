/* SPDX-License-Identifier: Apache-2.0 */
/* Where the money went: tokens by kind, the rule that read them, and each price line multiplied out. */
import type { Cost, SpanDetail, Usage } from "../../api/types";
import { duration, exact, moneyExact, money, percent } from "../../format/number";
import { visible } from "../../format/text";
import { Section } from "./message";

const KINDS: [keyof Usage, string][] = [
    ["input", "Input"],
    ["cache_read", "of it read from a cache"],
    ["cache_write", "of it written to a cache"],
    ["audio_in", "of it audio"],
    ["output", "Output"],
    ["reasoning", "of it reasoning"],
    ["audio_out", "of it audio"],
    ["total", "Total"],
];

export function UsageAndCost({ detail }: { detail: SpanDetail }) {
    return (
        <div className="content">
            <CostTable cost={detail.cost} />
            <UsageTable usage={detail.usage} />
            <Timing detail={detail} />
        </div>
    );
}

const SOURCES: Record<Cost["source"], string> = {
    computed: "computed from the price book",
    given: "as the sender reported it",
    unpriced: "no price is known for this model",
    none: "not billed here",
};

function CostTable({ cost }: { cost: Cost | null }) {
    if (!cost || cost.source === "none") {
        return (
            <Section title="Cost">
                <p className="muted">{cost?.reason ? visible(cost.reason) : "This span made no billed call; its children's cost is counted there."}</p>
            </Section>
        );
    }
    return (
        <Section title="Cost">
            <p className="cost-total">
                {cost.source === "unpriced" ? <span className="tag warn">unpriced</span> : <b title={moneyExact(cost.total)}>{money(cost.total)}</b>}{" "}
                <span className="muted">
                    {SOURCES[cost.source]}
                    {cost.reason && `: ${visible(cost.reason)}`}
                </span>
            </p>
            {cost.lines && cost.lines.length > 0 && (
                <table className="lines">
                    <thead>
                        <tr><th scope="col">Component</th><th scope="col" className="n">Tokens</th><th scope="col" className="n">Price per million</th><th scope="col" className="n">Cost</th></tr>
                    </thead>
                    <tbody>
                        {cost.lines.map((line, at) => (
                            <tr key={at}>
                                <th scope="row">{visible(line.component.replaceAll("_", " "))}</th>
                                <td className="n">{exact(line.tokens)}</td>
                                <td className="n">{moneyExact(line.price_per_million)}</td>
                                <td className="n">{moneyExact(line.cost)}</td>
                            </tr>
                        ))}
                    </tbody>
                    <tfoot>
                        <tr><th scope="row">Total</th><td /><td /><td className="n">{moneyExact(cost.total)}</td></tr>
                    </tfoot>
                </table>
            )}
            {(cost.entry || cost.tier) && (
                <p className="rule">
                    Price book entry <code>{visible(cost.entry ?? "–")}</code>
                    {cost.tier && <>, tier <code>{visible(cost.tier)}</code></>}
                </p>
            )}
        </Section>
    );
}

function UsageTable({ usage }: { usage: Usage | null }) {
    if (!usage) {
        return (
            <Section title="Tokens">
                <p className="muted">The sender reported no usage for this span.</p>
            </Section>
        );
    }
    const whole = usage.total ?? (usage.input ?? 0) + (usage.output ?? 0);
    return (
        <Section title="Tokens">
            <table className="lines">
                <tbody>
                    {KINDS.filter(([key]) => usage[key] !== null && usage[key] !== undefined && !(usage[key] === 0 && key !== "input" && key !== "output")).map(([key, label]) => (
                        <tr key={key} className={label.startsWith("of it") ? "part" : key === "total" ? "sum" : ""}>
                            <th scope="row">{label}</th>
                            <td className="n">{exact(usage[key] as number)}</td>
                            <td className="n muted">{whole > 0 ? percent((usage[key] as number) / whole) : ""}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
            {(usage.rule || usage.basis) && (
                <p className="rule">
                    Read by the rule <code>{visible(usage.rule ?? "–")}</code>
                    {usage.basis && <>: input counted <code>{visible(usage.basis)}</code> of cached tokens</>}
                </p>
            )}
        </Section>
    );
}

function Timing({ detail: { timing, duration: whole } }: { detail: SpanDetail }) {
    return (
        <Section title="Timing">
            <dl className="facts">
                <div><dt>Duration</dt><dd>{duration(whole)}</dd></div>
                {timing?.ttft !== null && timing?.ttft !== undefined && <div><dt>First token</dt><dd>{duration(timing.ttft)} <span className="muted">{percent(timing.ttft / whole)} of the call</span></dd></div>}
                {timing?.tokens_per_second !== null && timing?.tokens_per_second !== undefined && <div><dt>Output speed</dt><dd>{timing.tokens_per_second.toFixed(1)} tokens/s</dd></div>}
            </dl>
        </Section>
    );
}
