/* SPDX-License-Identifier: Apache-2.0 */
/* What values there are, how often, and a tick to keep only those. Counts are of traces. */
import { useState } from "react";
import { useFacets } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Icon } from "../../components/icon";
import { Failure, Skeleton } from "../../components/pieces";
import { count, exact } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { chosenValues, fieldInfo, toggleValue } from "../../url/filters";

const GROUPS = ["status", "error_kind", "model", "service", "environment", "name", "agent", "tool", "user", "provider", "kind"];
const FEW = 6;

export function FacetPanel() {
    const url = useUrl();
    const shut = new Set((url.search.shut ?? "provider,kind").split(","));
    const open = GROUPS.filter((field) => !shut.has(field));
    const facets = useFacets(url, open.join(","), 30, open.length > 0);
    const fold = (field: string) => {
        if (shut.has(field)) shut.delete(field);
        else shut.add(field);
        url.set({ shut: [...shut].join(",") || "none" }, { replace: true });
    };
    return (
        <aside className="facets" aria-label="Filter by value">
            {facets.error && <Failure error={facets.error} retry={() => facets.refetch()} what="The values" />}
            {facets.isLoading && Array.from({ length: 5 }, (_, at) => <Skeleton key={at} height={72} className="facet-wait" />)}
            {(facets.data || !open.length) &&
                GROUPS.map((field) => {
                    const group = facets.data?.facets[field];
                    const chosen = chosenValues(url.filters, field);
                    if (!shut.has(field) && !group?.values.length && !chosen.length) return null;
                    return <Group key={field} field={field} values={withChosen(group?.values ?? [], chosen)} shut={shut.has(field)} fold={() => fold(field)} />;
                })}
        </aside>
    );
}

type Value = { value: string | null; count: number };

/** A ticked value stays in the list even when nothing matches it any more. */
function withChosen(values: Value[], chosen: string[]): Value[] {
    const missing = chosen.filter((each) => !values.some(({ value }) => (value ?? "") === each));
    return [...missing.map((value) => ({ value, count: 0 })), ...values];
}

function Group({ field, values, shut, fold }: { field: string; values: Value[]; shut: boolean; fold: () => void }) {
    const url = useUrl();
    const [all, setAll] = useState(false);
    const chosen = chosenValues(url.filters, field);
    const most = Math.max(1, ...values.map((each) => each.count));
    const shown = all ? values : values.slice(0, FEW);
    const toggle = (value: string) => {
        const next = toggleValue(url.filters, field, value);
        url.set({ f: next.length ? next : undefined });
    };
    return (
        <section className="facet">
            <h2>
                <button type="button" aria-expanded={!shut} onClick={fold}>
                    <Icon name={shut ? "right" : "down"} small />
                    {fieldInfo(field)?.label ?? field}
                    {chosen.length > 0 && <span className="tag accent">{chosen.length}</span>}
                </button>
            </h2>
            {!shut && (
                <ul>
                    {shown.map((each) => {
                        const value = each.value ?? "";
                        const on = chosen.includes(value);
                        return (
                            <li key={value}>
                                <button type="button" role="checkbox" aria-checked={on} onClick={() => toggle(value)} title={`${oneLine(value) || "none"}: ${exact(each.count)} traces`}>
                                    <i className="facet-bar" style={{ width: `${(each.count / most) * 100}%` }} />
                                    <span className="box">{on && <Icon name="check" small />}</span>
                                    <span className="cut grow">{clip(oneLine(value), 80) || <em>none</em>}</span>
                                    <span className="facet-count">{count(each.count)}</span>
                                </button>
                            </li>
                        );
                    })}
                    {values.length > FEW && (
                        <li>
                            <button type="button" className="facet-all muted" onClick={() => setAll(!all)}>
                                {all ? "Fewer" : `${values.length - FEW} more`}
                            </button>
                        </li>
                    )}
                </ul>
            )}
        </section>
    );
}
