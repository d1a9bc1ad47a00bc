/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table whose rows become blocks where there is no room for its columns: the row's header, the figures (classes `n` and `told`) each
 * after its column's heading, then what is `text`. What is `spare` is left out there. The headings are said once, in the table's head.
 */
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { NONE } from "../format/number";
import "./stacked-table.css";

export function StackedTable({ className = "", children }: { className?: string; children: ReactNode }) {
    const table = useRef<HTMLTableElement>(null);
    useLayoutEffect(() => {
        const { tHead, tBodies } = table.current!;
        const headings = [...tHead!.rows[0].cells].map((cell) => cell.textContent.trim());
        for (const row of tBodies[0].rows) {
            for (const [at, cell] of [...row.cells].entries()) {
                cell.dataset.label = headings[at];
                cell.toggleAttribute("data-nothing", cell.textContent === NONE);
            }
        }
    });
    return (
        <table ref={table} className={`table stacked ${className}`}>
            {children}
        </table>
    );
}
