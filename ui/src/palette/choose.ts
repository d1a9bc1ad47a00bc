/* SPDX-License-Identifier: Apache-2.0 */
/* Of all there is, what fits what was typed. */
import type { IconName } from "../components/icon";
import { fuzzy } from "./fuzzy";

export interface Item {
    id: string;
    group: string;
    label: string;
    detail?: string;
    icon: IconName;
    run: () => void | Promise<void>;
}

const FIRST = ["Open", "Screens", "Recent traces", "Dashboards", "Saved queries", "Models", "Agents", "Users", "Traces of", "Projects", "Time range", "Theme"];
const SHOWN_EACH = 6;
const SHOWN = 40;

/** What fits, the best first; groups stand together, in the order of their best. */
export function chosen(items: readonly Item[], typed: string): Item[] {
    const scored = items.flatMap((item) => {
        const score = Math.max(fuzzy(typed, item.label) ?? -Infinity, (fuzzy(typed, `${item.group} ${item.label}`) ?? -Infinity) - 6);
        return score === -Infinity ? [] : [{ item, score: item.group === "Open" ? Infinity : score }];
    });
    const groups = new Map<string, typeof scored>();
    for (const each of scored) groups.set(each.item.group, [...(groups.get(each.item.group) ?? []), each]);
    const best = (group: string) => Math.max(...groups.get(group)!.map(({ score }) => score));
    const order = [...groups.keys()].sort((a, b) => (typed ? best(b) - best(a) : 0) || FIRST.indexOf(a) - FIRST.indexOf(b));
    return order
        .flatMap((group) => groups.get(group)!.sort((a, b) => b.score - a.score).slice(0, group === "Screens" && !typed ? undefined : SHOWN_EACH))
        .slice(0, SHOWN)
        .map(({ item }) => item);
}
