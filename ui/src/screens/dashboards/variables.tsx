/* SPDX-License-Identifier: Apache-2.0 */
/* The choices above a dashboard: each variable's most frequent values of this time range. They stand in the address. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { valuesOf } from "../../api/ask";
import type { Variable } from "../../api/dashboards";
import { type Url, useUrl } from "../../app/url";
import { clip, oneLine } from "../../format/text";
import type { Values } from "./fill";

/** `v=model=gpt-4o`; `v=model=` is a choice too: all, where the variable has a default. */
export function chosenValues(search: Url["search"], variables: readonly Variable[]): Values {
    const chosen = new Map((search.v ?? []).map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]));
    return Object.fromEntries(variables.map(({ name, default: usual }) => [name, (chosen.get(name) ?? usual) || undefined]));
}

export function useValues(variables: readonly Variable[]): Values {
    const { search } = useUrl();
    const text = JSON.stringify([search.v, variables]);
    return useMemo(() => chosenValues(search, variables), [text]);
}

export function Variables({ variables, values }: { variables: readonly Variable[]; values: Values }) {
    if (!variables.length) return null;
    return (
        <div className="row variables" role="group" aria-label="Variables">
            {variables.map((variable) => (
                <Choice key={variable.name} variable={variable} value={values[variable.name]} />
            ))}
        </div>
    );
}

function Choice({ variable, value }: { variable: Variable; value: string | undefined }) {
    const url = useUrl();
    const { project, range } = url;
    const source = variable.source ?? "spans";
    const choices = useQuery({
        queryKey: ["values", project, source, variable.field, range.from, range.to],
        queryFn: ({ signal }) => valuesOf(project, source, variable.field, range, signal),
        staleTime: 60_000,
        retry: false,
    });
    const known = choices.data ?? [];
    const options = value && !known.some((each) => each.value === value) ? [{ value, count: 0 }, ...known] : known;
    const choose = (next: string) => {
        const others = (url.search.v ?? []).filter((each) => !each.startsWith(`${variable.name}=`));
        const usual = (variable.default ?? "") === next;
        const v = usual ? others : [...others, `${variable.name}=${next}`];
        url.set({ v: v.length ? v : undefined });
    };
    return (
        <label className="row">
            <span className="muted">{clip(oneLine(variable.label || variable.name), 40)}</span>
            <select className="input" value={value ?? ""} onChange={(event) => choose(event.target.value)} title={choices.error ? choices.error.message : `The ${options.length} most frequent`}>
                <option value="">All</option>
                {options.slice(0, 200).map((each) => (
                    <option key={each.value} value={each.value}>
                        {clip(oneLine(each.value), 80)}
                    </option>
                ))}
            </select>
        </label>
    );
}
