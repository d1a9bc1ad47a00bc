/* SPDX-License-Identifier: Apache-2.0 */
/* The way from a chart to what its bump is made of: a link in its head, and Shift-drag on the chart. */
import { useUrl } from "../app/url";
import { absolute } from "../url/range";
import { Go } from "./go";
import { Icon } from "./icon";

export function ExplainLink({ measure, filters }: { measure: string; filters?: string[] }) {
    const url = useUrl();
    return (
        <Go className="button bare small explain-link" href={url.explain(measure, filters)} title="What is the highest bump made of? Shift-drag on the chart chooses another" aria-label="Explain the bump">
            <Icon name="explain" small /> Explain
        </Go>
    );
}

/** What a chart's `onExplain` does; nothing for a chart without a measure. */
export function useExplainRange(measure: string | undefined, filters?: string[]) {
    const url = useUrl();
    if (!measure) return undefined;
    return (fromMs: number, toMs: number) => url.go(url.explain(measure, filters, absolute(fromMs, toMs)));
}
