/* SPDX-License-Identifier: Apache-2.0 */
/* Small things the agent screens share. */
import { exact } from "../../format/number";

export function share(sum: number, of: number): number | null {
    return of ? sum / of : null;
}

/** Says so when not all runs were looked into; exact numbers need no words. */
export function Covered({ covered, of, what }: { covered: number; of: number; what: string }) {
    if (covered >= of) return null;
    return (
        <span className="muted">
            {what} of the newest {exact(covered)} of {exact(of)} runs
        </span>
    );
}
