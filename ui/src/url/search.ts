/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The query string is the screen's whole state. It is kept as flat text so that people can read and
 * edit it: `?from=-6h&f=status=error&f=model=gpt-4o&sort=cost`. Defaults are left out.
 */
import { DEFAULT_RANGE, type Range } from "./range";

export interface Search {
    from?: string;
    to?: string;
    live?: string;
    f?: string[];
    sort?: string;
    order?: string;
    cols?: string;
    facets?: string;
    span?: string;
    tab?: string;
    q?: string;
    shut?: string;
    metric?: string;
    by?: string;
    /** Infrastructure: the only host that is shown. */
    host?: string;
    query?: string;
    source?: string;
    view?: string;
    edit?: string;
    /** Values of a dashboard's variables, `name=value`. */
    v?: string[];
    /** The two sides of a comparison. */
    a?: string;
    b?: string;
    /** The part of two scores whose traces are listed: `=label` or `from~below`. */
    acell?: string;
    bcell?: string;
    /** The run whose graph is shown; of a dataset the runs compared, the baseline first, by commas. */
    run?: string;
    /** Scores of which lower is better, by commas. */
    lower?: string;
    /** Rows left out before the first one shown. */
    skip?: string;
    agent?: string;
    /** The item of an annotation queue that is looked at. */
    item?: string;
    /** A moment of a trace, ms since its start. */
    t?: string;
    /** What is explained, where (`from~to`), and against what. */
    measure?: string;
    at?: string;
    base?: string;
    /** The model whose price is to be set. */
    model?: string;
}

const SINGLE = [
    "from", "to", "live", "sort", "order", "cols", "facets", "span", "tab", "q", "shut", "metric", "by", "host",
    "query", "source", "view", "edit",
    "a", "b", "acell", "bcell", "agent", "run", "lower", "skip", "item", "t",
    "measure", "at", "base", "model",
] as const;

export function parseSearch(source: string): Search {
    const params = new URLSearchParams(source);
    const search: Search = {};
    for (const key of SINGLE) {
        const value = params.get(key);
        if (value) search[key] = value;
    }
    const filters = params.getAll("f").filter(Boolean);
    if (filters.length) search.f = filters;
    const values = params.getAll("v").filter((each) => each.includes("="));
    if (values.length) search.v = values;
    return search;
}

export function stringifySearch(search: Search): string {
    const pairs: string[] = [];
    const add = (key: string, value: string) => pairs.push(`${key}=${readable(value)}`);
    const range = rangeOf(search);
    if (range.from !== DEFAULT_RANGE.from || range.to !== DEFAULT_RANGE.to) {
        add("from", range.from);
        if (range.to !== "now") add("to", range.to);
    }
    for (const filter of search.f ?? []) add("f", filter);
    for (const value of search.v ?? []) add("v", value);
    for (const key of SINGLE) {
        const value = search[key];
        if (value && key !== "from" && key !== "to") add(key, value);
    }
    return pairs.length ? `?${pairs.join("&")}` : "";
}

export function rangeOf(search: Search): Range {
    return { from: search.from ?? DEFAULT_RANGE.from, to: search.to ?? DEFAULT_RANGE.to };
}

/** Percent-encodes only what a query value must: `=`, `:`, `,`, `/`, `|`… stay readable. */
function readable(value: string): string {
    return encodeURIComponent(value).replace(/%(3D|3A|2C|2F|40|24|3B)/g, (code) => decodeURIComponent(code));
}
