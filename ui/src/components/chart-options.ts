/* SPDX-License-Identifier: Apache-2.0 */
/* Turns our chart into uPlot's options: axes, bars and lines, the shared cursor, tooltip, zoom and click. */
import uPlot from "uplot";
import { clockTime, dayName, span as spanText, type Zone } from "../format/time";
import { duration } from "../format/number";
import { layerAt } from "./chart-data";
import type { ChartProps, ChartSeries } from "./chart";

interface Setup {
    element: HTMLElement;
    latest: { current: ChartProps };
    zone: Zone;
    dark: boolean;
    stacked: boolean;
    width: number;
    height: number;
    compact: boolean;
    /** The pointer went down on this chart and not on one that shares its cursor; with Shift held. */
    pressed?: "plain" | "shift";
}

/* Each look at a computed style makes the browser work out all styles that wait, so what a theme answered is kept. */
const resolved = new Map<string, string>();

function once(key: string, resolve: () => string): string {
    const known = resolved.get(key) ?? resolve();
    resolved.set(key, known);
    return known;
}

/** Canvas needs real colours: lets the browser resolve a `var(--x)` in the current theme. */
function resolveColor({ element, dark }: Setup, color: string): string {
    return once(`${color} ${dark ? "dark" : "light"}`, () => {
        const probe = document.createElement("span");
        probe.style.color = color;
        element.append(probe);
        const found = getComputedStyle(probe).color;
        probe.remove();
        return found;
    });
}

function faded(color: string, alpha: number): string {
    const parts = /^rgba?\(([^)]+)\)$/.exec(color)?.[1].split(/[,\s/]+/).slice(0, 3);
    return parts ? `rgba(${parts.join(",")},${alpha})` : color;
}

/* Steps of a duration axis, in ns: decimal below a second, then as clocks count. */
const TIME_STEPS = [
    ...[1e3, 1e4, 1e5, 1e6, 1e7, 1e8].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
    ...[1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 43200, 86400].map((s) => s * 1e9),
    ...[2, 5, 10, 20, 50, 100, 500, 1000, 10_000, 1e5, 1e6].map((d) => d * 86400e9),
];

function axes(setup: Setup): uPlot.Axis[] {
    const { element, latest, zone, compact } = setup;
    const text = resolveColor(setup, "var(--text-3)");
    const grid = resolveColor(setup, "var(--line)");
    const font = once("font", () => `11px ${getComputedStyle(element).fontFamily}`);
    const xLabels = (_: uPlot, splits: number[]) => {
        let day = "";
        return splits.map((split) => {
            const ms = split * 1000;
            const name = dayName(ms, zone);
            const clock = clockTime(ms, zone);
            const fresh = name !== day;
            day = name;
            return clock === "00:00" || (fresh && splits.length > 1 && splits[1] - splits[0] >= 86400) ? name : clock;
        });
    };
    return [
        { stroke: text, font, grid: { show: false }, ticks: { show: false }, size: compact ? 20 : 24, gap: 4, space: 64, values: xLabels },
        {
            stroke: text,
            font,
            grid: { stroke: grid, width: 1 },
            ticks: { show: false },
            size: compact ? 44 : 64,
            gap: 6,
            space: compact ? 22 : 32,
            values: (_, splits) => splits.map((split) => latest.current.format(split)),
            ...(latest.current.format === duration ? { incrs: TIME_STEPS } : {}),
        },
    ];
}

function drawn(setup: Setup): uPlot.Series[] {
    const { latest, stacked } = setup;
    const { kind, series, filled } = latest.current;
    const bars = uPlot.paths.bars!({ size: [0.82, 60], align: 1, gap: 1 });
    return series.map((each, at) => {
        const stroke = resolveColor(setup, each.color);
        if (kind === "bars") return { label: each.label, stroke: undefined, fill: stroke, width: 0, paths: bars, points: { show: false } };
        const alone = series.length === 1 && !stacked;
        return {
            label: each.label,
            stroke,
            width: at === 0 ? 1.8 : 1.5,
            fill: stacked ? faded(stroke, 0.85) : alone || filled ? faded(stroke, filled ? 0.2 : 0.12) : undefined,
            points: { show: false },
            dash: each.dashed ? [6, 4] : undefined,
            spanGaps: false,
        };
    });
}

export function chartOptions(setup: Setup): uPlot.Options {
    const { latest, stacked, width, height, zone } = setup;
    const { times, stepMs, kind } = latest.current;
    const end = times[times.length - 1] + stepMs;
    /* In a stack the tallest sum is drawn first, so that lower layers stay visible in front of it. */
    const order = stacked ? drawn(setup).reverse() : drawn(setup);
    return {
        width,
        height,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        scales: {
            x: { time: true, range: () => [times[0] / 1000, end / 1000] },
            y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
        },
        axes: axes(setup),
        series: [{}, ...order],
        cursor: {
            sync: { key: "vitrine" },
            drag: { x: true, y: false, setScale: false, dist: 5 },
            points: { show: kind === "lines", size: 6 },
            y: false,
            dataIdx: (_, __, closest, xValue) => (kind === "bars" ? barIndex(times, stepMs, xValue * 1000) : closest),
        },
        hooks: {
            init: [(u) => attach(u, setup)],
            setSelect: [(u) => zoomed(u, setup)],
        },
        plugins: [tooltip(setup, zone)],
    };
}

/* Bars start at their bucket's time, so the bucket is found by division, not by the nearest edge. */
function barIndex(times: number[], stepMs: number, ms: number): number {
    return Math.max(0, Math.min(times.length - 1, Math.floor((ms - times[0]) / stepMs)));
}

function zoomed(u: uPlot, setup: Setup): void {
    const { latest, pressed } = setup;
    setup.pressed = undefined;
    const { left, width } = u.select;
    if (width < 5) return;
    const from = u.posToVal(left, "x") * 1000;
    const to = u.posToVal(left + width, "x") * 1000;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    const { onZoom, onExplain } = latest.current;
    if (pressed) (pressed === "shift" && onExplain ? onExplain : onZoom)?.(from, to);
}

function attach(u: uPlot, setup: Setup): void {
    const { latest, stacked } = setup;
    let downAt = 0;
    u.over.addEventListener("mousedown", (event) => {
        downAt = event.clientX;
        setup.pressed = event.shiftKey ? "shift" : "plain";
    });
    u.over.addEventListener("click", (event) => {
        const at = u.cursor.idx;
        if (Math.abs(event.clientX - downAt) > 4 || at === null || at === undefined) return;
        const { series, onPick } = latest.current;
        const value = u.posToVal(u.cursor.top ?? 0, "y");
        const layer = stacked ? layerAt(series.map((each) => each.values), at, value) : nearest(series, at, value);
        onPick?.(at, layer === null ? null : series[layer].key);
    });
}

function nearest(series: ChartSeries[], at: number, value: number): number | null {
    let best: number | null = null;
    let distance = Infinity;
    series.forEach((each, index) => {
        const own = each.values[at];
        if (own === null || own === undefined || Math.abs(own - value) >= distance) return;
        distance = Math.abs(own - value);
        best = index;
    });
    return best;
}

function tooltip({ element, latest, stacked }: Setup, zone: Zone): uPlot.Plugin {
    const box = document.createElement("div");
    box.className = "chart-tip";
    box.hidden = true;
    const show = (u: uPlot) => {
        const { series, times, stepMs, format } = latest.current;
        const at = u.cursor.idx;
        const own = u.cursor.event !== null && u.cursor.event !== undefined && u.over.matches(":hover");
        const keyed = element.matches(":focus-visible");
        if (at === null || at === undefined || (u.cursor.left ?? -1) < 0 || !(own || keyed)) {
            box.hidden = true;
            return;
        }
        const rows = stacked ? [...series].reverse() : series;
        box.replaceChildren(heading(spanText(times[at], times[at] + stepMs, zone)), ...rows.map((each) => line(each, format(each.values[at]))));
        box.hidden = false;
        const left = u.over.offsetLeft + (u.cursor.left ?? 0);
        const flip = left + box.offsetWidth + 24 > element.clientWidth;
        box.style.transform = `translate(${Math.max(0, flip ? left - box.offsetWidth - 14 : left + 14)}px, 6px)`;
    };
    return {
        hooks: {
            init: (u) => {
                element.append(box);
                u.over.addEventListener("mouseleave", () => {
                    box.hidden = true;
                });
            },
            setCursor: show,
            destroy: () => box.remove(),
        },
    };
}

function heading(text: string): HTMLElement {
    const made = document.createElement("div");
    made.className = "chart-tip-time";
    made.textContent = text;
    return made;
}

function line(series: ChartSeries, value: string): HTMLElement {
    const row = document.createElement("div");
    const key = document.createElement("i");
    const label = document.createElement("span");
    const number = document.createElement("b");
    key.style.background = series.color;
    label.textContent = series.label;
    number.textContent = value;
    row.append(key, label, number);
    return row;
}
