/* SPDX-License-Identifier: Apache-2.0 */
/* A result as a picture: series over time, groups, shares, a distribution, a heat map, or simply a number. */
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Cell, QueryResult } from "../api/ask";
import { usePrefs } from "../app/prefs";
import { Chart, type ChartProps } from "../components/chart";
import { Go } from "../components/go";
import { exact, percent } from "../format/number";
import { clip, oneLine } from "../format/text";
import { span as spanText } from "../format/time";
import { tableNumber } from "./cells";
import { columnValues, groupsOf, histogramOf, type Line, layoutOf, type SeriesData, seriesOf, type View } from "./shape";
import { formatOf, type Unit, unitName } from "./units";

export const COLORS = ["var(--accent-fill)", "var(--blue-fill)", "var(--violet-fill)", "var(--amber-fill)", "var(--pink-fill)", "var(--orange-fill)", "var(--cyan)", "var(--lime)", "var(--slate-fill)", "var(--error-fill)", "var(--ok)", "var(--text-3)"];

export interface PlotProps {
    result: QueryResult;
    units: Unit[];
    compact?: boolean;
    zoom?: (fromMs: number, toMs: number) => void;
    explain?: (fromMs: number, toMs: number) => void;
    /** The rows behind a group, as an address. */
    behind?: (row: Cell[]) => string | null;
    /** A point of a series was chosen: its group (null: all of them) and its bucket. */
    pick?: (row: Cell[] | null, fromMs: number, toMs: number) => void;
}

const label = (text: string, length = 80) => clip(oneLine(text), length) || "(empty)";

/** The height there is for a picture; the picture follows when the frame changes. */
function Filling({ least, children }: { least: number; children: (height: number) => ReactNode }) {
    const box = useRef<HTMLDivElement>(null);
    const [height, setHeight] = useState(0);
    useLayoutEffect(() => {
        const element = box.current!;
        const measure = () => setHeight(Math.max(least, Math.floor(element.clientHeight)));
        measure();
        const observer = new ResizeObserver(measure);
        observer.observe(element);
        return () => observer.disconnect();
    }, [least]);
    return (
        <div ref={box} className="filling">
            {height > 0 && children(height)}
        </div>
    );
}

function Legend({ lines, hidden, off, toggle, format }: { lines: { key: string; label: string; color: string; total?: number }[]; hidden: number; off: ReadonlySet<string>; toggle: (key: string, alone: boolean) => void; format?: (value: number) => string }) {
    if (lines.length < 2 && !hidden) return null;
    return (
        <ul className="legend plot-legend" aria-label="Legend">
            {lines.map((line) => (
                <li key={line.key}>
                    <button type="button" aria-pressed={!off.has(line.key)} title={`${label(line.label, 300)}: click to hide or show, Shift-click for this one alone`} onClick={(event) => toggle(line.key, event.shiftKey)}>
                        <i style={{ background: line.color }} />
                        <span className="cut">{label(line.label, 60)}</span>
                        {line.total !== undefined && format && <b>{format(line.total)}</b>}
                    </button>
                </li>
            ))}
            {hidden > 0 && <li className="muted">and {exact(hidden)} smaller not drawn</li>}
        </ul>
    );
}

function useHidden(): [ReadonlySet<string>, (key: string, alone: boolean, all: readonly string[]) => void] {
    const [off, setOff] = useState<ReadonlySet<string>>(new Set());
    return [
        off,
        (key, alone, all) => {
            if (alone) {
                const others = all.filter((each) => each !== key);
                setOff(others.every((each) => off.has(each)) && !off.has(key) ? new Set() : new Set(others));
                return;
            }
            const next = new Set(off);
            if (!next.delete(key)) next.add(key);
            setOff(next);
        },
    ];
}

/** Measures that do not share a unit get a chart each, one above the other, with one cursor. */
function panels(data: SeriesData, { result, units }: PlotProps): { title: string; unit: Unit; lines: Line[] }[] {
    const { keys, numbers } = layoutOf(result);
    const mixed = new Set(numbers.map((at) => (units[at] === "tokens" ? null : units[at]))).size > 1 || (keys.length > 0 && numbers.length > 1);
    if (!mixed) return [{ title: "", unit: units[numbers[0]] ?? null, lines: data.lines }];
    return numbers.map((at) => ({ title: result.columns[at].name, unit: units[at] ?? null, lines: data.lines.filter((line) => line.column === at) })).filter(({ lines }) => lines.length);
}

export function SeriesPlot(props: PlotProps & { view: View }) {
    const { result, view, compact, zoom, explain, pick } = props;
    const data = useMemo(() => seriesOf(result), [result]);
    const [off, toggle] = useHidden();
    const made = useMemo(() => (data ? panels(data, props) : []), [data, props.units]);
    if (!data) return <p className="plot-empty muted">There is no series to draw.</p>;
    return (
        <div className="plots">
            {made.map((panel) => (
                <SeriesPanel key={panel.title} {...panel} data={data} view={view} compact={compact} zoom={zoom} explain={explain} pick={pick && ((at, line) => pick(line ? result.rows[line.row] : null, data.times[at], data.times[at] + data.stepMs))} off={off} toggle={(key, alone) => toggle(key, alone, panel.lines.map((line) => line.key))} />
            ))}
        </div>
    );
}

interface PanelProps {
    title: string;
    unit: Unit;
    lines: Line[];
    data: SeriesData;
    view: View;
    compact?: boolean;
    zoom?: ChartProps["onZoom"];
    explain?: ChartProps["onExplain"];
    pick?: (at: number, line: Line | undefined) => void;
    off: ReadonlySet<string>;
    toggle: (key: string, alone: boolean) => void;
}

function SeriesPanel({ title, unit, lines, data, view, compact, zoom, explain, pick, off, toggle }: PanelProps) {
    const format = formatOf(unit);
    const coloured = useMemo(() => lines.map((line, at) => ({ key: line.key, label: label(line.label), color: COLORS[at % COLORS.length], values: line.values })), [lines]);
    const shown = useMemo(() => coloured.filter(({ key }) => !off.has(key)), [coloured, off]);
    return (
        <section className="plot" aria-label={title || undefined}>
            {title && <h3 className="plot-title">{label(title)}</h3>}
            <Filling least={compact ? 60 : 120}>
                {(height) =>
                    shown.length ? (
                        <Chart
                            key={unit ?? "plain"}
                            label={title || shown.map((each) => each.label).join(", ")}
                            times={data.times}
                            stepMs={data.stepMs}
                            series={shown}
                            kind={view === "bar" ? "bars" : "lines"}
                            stacked={view === "stacked"}
                            filled={view === "area"}
                            format={format}
                            height={height}
                            compact={compact}
                            onZoom={zoom}
                            onExplain={explain}
                            onPick={pick && ((at, key) => pick(at, lines.length === 1 ? lines[0] : lines.find((line) => line.key === key)))}
                        />
                    ) : (
                        <p className="plot-empty muted">Every series is hidden. Choose one in the legend.</p>
                    )
                }
            </Filling>
            <Legend lines={coloured} hidden={data.hidden} off={off} toggle={toggle} />
        </section>
    );
}

export function NumberPlot({ result, units, compact }: PlotProps) {
    const { keys, numbers } = layoutOf(result);
    const tiles = result.rows.slice(0, keys.length ? 12 : 1).flatMap((row) =>
        numbers.map((at) => {
            const group = keys.map((key) => String(row[key] ?? "–")).join(" · ");
            const name = result.columns[at].name;
            return { name: group ? (numbers.length > 1 ? `${group} ${name}` : group) : name, unit: units[at], cell: row[at] };
        }),
    );
    return (
        <dl className={`numbers ${compact ? "compact" : ""} ${tiles.length > 4 ? "many" : ""}`}>
            {tiles.map(({ name, unit, cell }, at) => {
                const value = typeof cell === "number" ? cell : cell === null ? null : Number(cell);
                return (
                    <div key={at}>
                        <dt title={label(name, 300)}>{label(name, 60)}</dt>
                        <dd title={cell === null ? "not known" : `${String(cell)} ${unitName(unit)}`}>{formatOf(unit)(value)}</dd>
                    </div>
                );
            })}
        </dl>
    );
}

export function BarPlot({ result, units, behind }: PlotProps) {
    const { groups, numbers } = useMemo(() => groupsOf(result), [result]);
    const most = numbers.map((_, at) => Math.max(0, ...groups.map(({ values }) => Math.abs(values[at] ?? 0))));
    const columns = `fit-content(36%) ${numbers.map(() => "minmax(90px, 1fr)").join(" ")}`;
    return (
        <div className="bars scroll" tabIndex={0} role="region" aria-label="Bars">
            <table className="bar-grid" style={{ gridTemplateColumns: columns }}>
                <thead>
                    <tr>
                        <th scope="col">
                            <span className="sr">Group</span>
                        </th>
                        {numbers.map((at) => (
                            <th key={at} scope="col" title={label(result.columns[at].name, 300)}>
                                {label(result.columns[at].name, 60)}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {groups.map((group, row) => {
                        const href = behind?.(result.rows[row]);
                        return (
                            <tr key={row}>
                                <th scope="row" title={label(group.label, 300)}>
                                    {href ? (
                                        <Go className="num cut" href={href}>
                                            {label(group.label)}
                                        </Go>
                                    ) : (
                                        <span className="cut">{label(group.label)}</span>
                                    )}
                                </th>
                                {group.values.map((value, at) => (
                                    <td key={at} title={value === null ? "not known" : String(value)}>
                                        {value !== null && <i style={{ width: `calc((100% - 76px) * ${most[at] ? Math.abs(value) / most[at] : 0})`, background: COLORS[at % COLORS.length] }} />}
                                        <span>{value === null ? "–" : tableNumber(value, units[numbers[at]])}</span>
                                    </td>
                                ))}
                            </tr>
                        );
                    })}
                </tbody>
            </table>
        </div>
    );
}


interface Slice {
    label: string;
    value: number;
    color: string;
}

function slicesOf(result: QueryResult, most: number): Slice[] {
    const { groups } = groupsOf(result);
    const some = groups.map(({ label: name, values }) => ({ label: name, value: Math.max(0, values[0] ?? 0) })).filter(({ value }) => value > 0).sort((a, b) => b.value - a.value);
    const kept = some.length > most ? some.slice(0, most - 1) : some;
    const rest = some.slice(kept.length).reduce((sum, { value }) => sum + value, 0);
    const all = rest > 0 ? [...kept, { label: `${some.length - kept.length} others`, value: rest }] : kept;
    return all.map((slice, at) => ({ ...slice, color: rest > 0 && at === all.length - 1 ? "var(--text-3)" : COLORS[at % COLORS.length] }));
}

function arc(from: number, to: number): string {
    const point = (share: number, radius: number) => `${(50 + radius * Math.sin(share * 2 * Math.PI)).toFixed(3)} ${(50 - radius * Math.cos(share * 2 * Math.PI)).toFixed(3)}`;
    const end = to - from > 0.99999 ? from + 0.99999 : to;
    const large = end - from > 0.5 ? 1 : 0;
    return `M${point(from, 48)}A48 48 0 ${large} 1 ${point(end, 48)}L${point(end, 30)}A30 30 0 ${large} 0 ${point(from, 30)}Z`;
}

export function PiePlot({ result, units, compact }: PlotProps) {
    const slices = useMemo(() => slicesOf(result, compact ? 6 : 10), [result, compact]);
    const { numbers } = layoutOf(result);
    const total = slices.reduce((sum, { value }) => sum + value, 0);
    if (!total) return <p className="plot-empty muted">There is nothing to share out.</p>;
    let at = 0;
    return (
        <div className="pie">
            <svg viewBox="0 0 100 100" role="img" aria-label={slices.map((slice) => `${label(slice.label)} ${percent(slice.value / total)}`).join(", ")}>
                {slices.map((slice, index) => {
                    const from = at;
                    at += slice.value / total;
                    return (
                        <path key={index} d={arc(from, at)} fill={slice.color}>
                            <title>{`${label(slice.label)}: ${tableNumber(slice.value, units[numbers[0]])}, ${percent(slice.value / total)}`}</title>
                        </path>
                    );
                })}
            </svg>
            <ul className="pie-legend">
                {slices.map((slice, index) => (
                    <li key={index}>
                        <i style={{ background: slice.color }} />
                        <span className="cut" title={label(slice.label, 300)}>
                            {label(slice.label)}
                        </span>
                        <b>{tableNumber(slice.value, units[numbers[0]])}</b>
                        <span className="muted">{percent(slice.value / total)}</span>
                    </li>
                ))}
            </ul>
        </div>
    );
}

export function HistogramPlot({ result, units, compact }: PlotProps) {
    const { numbers } = layoutOf(result);
    const [column, setColumn] = useState(numbers[0]);
    const chosen = numbers.includes(column) ? column : numbers[0];
    const buckets = useMemo(() => histogramOf(columnValues(result, chosen), compact ? 16 : 32), [result, chosen, compact]);
    if (!buckets.length) return <p className="plot-empty muted">There are no numbers to count.</p>;
    const most = Math.max(...buckets.map(({ count }) => count));
    const format = formatOf(units[chosen] ?? null);
    /* Where each class begins, as often as there is room to say it. */
    const every = Math.ceil(buckets.length / (compact ? 4 : 12));
    const named = (at: number) => at % every === 0 && (every === 1 || buckets.length - at > every / 2);
    return (
        <div className="histogram-plot">
            {numbers.length > 1 && (
                <select className="input" aria-label="Column" value={chosen} onChange={(event) => setColumn(Number(event.target.value))}>
                    {numbers.map((at) => (
                        <option key={at} value={at}>
                            {label(result.columns[at].name, 60)}
                        </option>
                    ))}
                </select>
            )}
            <p className="histogram-most muted" aria-hidden="true">
                most {exact(most)}
            </p>
            <div className="histogram-bars" role="img" aria-label={`${label(result.columns[chosen].name)}: ${buckets.map(({ from, to, count }) => `${format(from)} to ${format(to)} ${count}`).join(", ")}`}>
                {buckets.map(({ from, to, count }, at) => (
                    <div key={at} title={`${format(from)} – ${format(to)}: ${exact(count)}`}>
                        <i style={{ height: `${(count / most) * 100}%`, minHeight: count ? 2 : 0 }} />
                    </div>
                ))}
            </div>
            <div className="histogram-scale muted" aria-hidden="true">
                {buckets.map(({ from }, at) => (
                    <span key={at}>{named(at) ? format(from) : ""}</span>
                ))}
                <span>{format(buckets[buckets.length - 1].to)}</span>
            </div>
        </div>
    );
}

const CELLS_MAX = 90;

/** Neighbouring buckets added up, until they can be told apart. */
function condensed(data: SeriesData): { times: number[]; stepMs: number; rows: { label: string; values: (number | null)[] }[] } {
    const every = Math.ceil(data.times.length / CELLS_MAX);
    const times = data.times.filter((_, at) => at % every === 0);
    const rows = data.lines.map((line) => ({
        label: line.label,
        values: times.map((_, at) => line.values.slice(at * every, (at + 1) * every).reduce((sum, value) => (value === null ? sum : (sum ?? 0) + value), null)),
    }));
    if (rows.every((row) => Number.isFinite(Number(row.label)))) rows.sort((a, b) => Number(b.label) - Number(a.label));
    return { times, stepMs: data.stepMs * every, rows };
}

export function HeatPlot({ result, units }: PlotProps) {
    const { zone } = usePrefs();
    const made = useMemo(() => {
        const data = seriesOf(result);
        return data && condensed(data);
    }, [result]);
    if (!made) return <p className="plot-empty muted">There is no series to draw.</p>;
    const { times, stepMs, rows } = made;
    const most = Math.max(0, ...rows.flatMap(({ values }) => values.map((value) => value ?? 0)));
    const format = formatOf(units[layoutOf(result).numbers[0]] ?? null);
    return (
        <div className="heat">
            <div className="heat-rows" style={{ maxHeight: rows.length * 42 }}>
                {rows.map((row, at) => (
                    <div key={at} className="heat-row">
                        <span className="cut" title={label(row.label, 300)}>
                            {label(row.label)}
                        </span>
                        <svg viewBox={`0 0 ${times.length} 1`} preserveAspectRatio="none" role="img" aria-label={`${label(row.label)}: most ${format(Math.max(0, ...row.values.map((value) => value ?? 0)))}`}>
                            {row.values.map((value, slot) => (
                                <rect key={slot} x={slot + 0.04} y={0} width={0.92} height={1} fill={value ? "var(--accent-fill)" : "var(--hover)"} fillOpacity={value && most ? 0.12 + 0.88 * (value / most) : 1}>
                                    <title>{`${label(row.label)}, ${spanText(times[slot], times[slot] + stepMs, zone)}: ${format(value)}`}</title>
                                </rect>
                            ))}
                        </svg>
                    </div>
                ))}
            </div>
            <div className="heat-scale muted" aria-hidden="true">
                <span>{spanText(times[0], times[times.length - 1] + stepMs, zone)}</span>
                <span className="heat-key">
                    0 <i /> {format(most)}
                </span>
            </div>
        </div>
    );
}
