/* SPDX-License-Identifier: Apache-2.0 */
/* One value of a result as people read it, with the exact one in its title. Text is always inert. */
import type { Cell, Column } from "../api/ask";
import { Moment } from "../components/pieces";
import { exact, NONE } from "../format/number";
import { clip, oneLine } from "../format/text";
import { asNumber, cellText } from "./shape";
import { formatOf, type Unit } from "./units";

let broken: Intl.NumberFormat | undefined;

/** Tables show whole and large numbers to the unit and others to three digits; durations, money and bytes as everywhere else. */
export function tableNumber(value: number, unit: Unit): string {
    if (unit && unit !== "tokens") return formatOf(unit)(value);
    if (Number.isInteger(value) || Math.abs(value) >= 1e3) return exact(value);
    broken ??= new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
    return broken.format(value);
}

export function isNumeric(column: Column): boolean {
    return column.type === "integer" || column.type === "number";
}

export function CellView({ cell, column, unit }: { cell: Cell; column: Column; unit: Unit }) {
    if (cell === null || cell === undefined) return <span className="muted">{NONE}</span>;
    if (column.type === "time" && /^-?\d{1,19}$/.test(String(cell))) return <Moment ns={String(cell)} />;
    const number = isNumeric(column) || (unit && column.type === "any") ? asNumber(cell) : null;
    if (number !== null) return <span title={String(cell)}>{tableNumber(number, unit)}</span>;
    const text = oneLine(clip(cellText(cell), 600));
    return text ? <span className="cut" title={clip(text, 400)}>{clip(text, 300)}</span> : <span className="muted">(empty)</span>;
}
