/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the screen share: the reply, and which colour stands for which model. */
import type { ModelUsage, Models } from "../../api/models";
import { NONE } from "../../format/number";
import { visible } from "../../format/text";

export interface Shown {
    data: Models;
    times: number[];
    stepMs: number;
}

type Named = Pick<ModelUsage, "model" | "provider">;

const COLORS = ["accent", "violet", "amber", "blue", "pink", "orange", "slate"].map((name) => `var(--${name}-fill)`).concat("var(--lime)");

/** One text for one model of one provider, for addresses and keys. */
export function keyOf({ model, provider }: Named): string {
    return `${provider ?? ""}/${model ?? ""}`;
}

export function labelOf({ model }: Named): string {
    return visible(model ?? "(no model named)");
}

export function colorOf(data: Models, key: string): string {
    const at = data.models.findIndex((each) => keyOf(each) === key);
    return at >= 0 && at < COLORS.length ? COLORS[at] : "var(--text-3)";
}

/** The filters that lead to the calls of this model. */
export function filtersOf({ model, provider }: Named): string[] {
    return [`model=${model ?? ""}`, ...(provider ? [`provider=${provider}`] : [])];
}

export function perCall(value: number, calls: number): number | null {
    return calls ? value / calls : null;
}

export function speed(tokensPerSecond: number | null): string {
    if (tokensPerSecond === null) return NONE;
    return `${tokensPerSecond >= 100 ? Math.round(tokensPerSecond) : tokensPerSecond.toFixed(1)}/s`;
}
