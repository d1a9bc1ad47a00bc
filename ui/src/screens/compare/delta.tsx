/* SPDX-License-Identifier: Apache-2.0 */
import type { ReactNode } from "react";
import { percent } from "../../format/number";

/** From a to b; loud when it is a fifth or more. */
export function Delta({ a, b, show }: { a: number | null; b: number | null; show: (value: number) => ReactNode }) {
    if (a === null || b === null || a === b) return <span className="muted">{a === b && a !== null ? "=" : ""}</span>;
    const change = b - a;
    const share = a !== 0 ? change / Math.abs(a) : null;
    const loud = share === null || Math.abs(share) >= 0.2;
    const sign = change > 0 ? "+" : "−";
    return (
        <span className={`delta ${loud ? "loud" : ""}`} title={share === null ? undefined : `${sign}${percent(Math.abs(share))}`}>
            {sign}
            {show(Math.abs(change))}
        </span>
    );
}
