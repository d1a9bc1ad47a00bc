/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A time chart. All charts of a screen share one cursor; dragging zooms the screen's time range,
 * with Shift it asks what that stretch is made of;
 * clicking (or Enter on a focused chart) opens what is behind the point. Drawn by uPlot on a canvas,
 * so it is made anew when data, theme or zone change, which takes a few milliseconds, and not before it is seen.
 */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Values } from "../api/types";
import { useDark, usePrefs } from "../app/prefs";
import { span as spanText } from "../format/time";
import { chartOptions } from "./chart-options";
import { stack } from "./chart-data";
import { useSeen } from "./seen";

export interface ChartSeries {
    key: string;
    label: string;
    color: string;
    values: Values;
    /** Of lines: a target or what is usual, beside what was measured. */
    dashed?: boolean;
}

export interface ChartProps {
    label: string;
    times: number[];
    stepMs: number;
    series: ChartSeries[];
    kind: "bars" | "lines";
    /** Lines on top of each other, as areas; bars always are. */
    stacked?: boolean;
    /** Lines with their area shaded. */
    filled?: boolean;
    format: (value: number | null) => string;
    height?: number;
    compact?: boolean;
    onZoom?: (fromMs: number, toMs: number) => void;
    /** Asked what a stretch is made of: dragged with Shift, or `x` on a focused chart. */
    onExplain?: (fromMs: number, toMs: number) => void;
    onPick?: (at: number, key: string | null) => void;
}

export function Chart(props: ChartProps) {
    const { times, stepMs, series, kind, height = 168, label, format, compact, filled } = props;
    const [host, seen] = useSeen<HTMLDivElement>();
    const plot = useRef<uPlot | null>(null);
    const latest = useRef(props);
    latest.current = props;
    const dark = useDark();
    const { zone } = usePrefs();
    const [said, setSaid] = useState("");
    const stacked = (kind === "bars" || !!props.stacked) && series.length > 1;

    useEffect(() => {
        const element = host.current;
        if (!seen || !element || !times.length) return;
        const own = series.map((each) => each.values);
        const values = stacked ? stack(own).reverse() : own;
        const data = [times.map((ms) => ms / 1000), ...values] as uPlot.AlignedData;
        /* Told the width when all is laid out; to ask here would lay the page out again for every chart. */
        const observer = new ResizeObserver(([{ contentRect }]) => {
            const width = Math.max(120, Math.round(contentRect.width));
            if (!plot.current) plot.current = new uPlot(chartOptions({ element, latest, zone, dark, stacked, width, height, compact: !!compact }), data, element);
            else if (width !== plot.current.width) plot.current.setSize({ width, height });
        });
        observer.observe(element);
        return () => {
            observer.disconnect();
            plot.current?.destroy();
            plot.current = null;
        };
    }, [seen, times, series, stepMs, kind, stacked, filled, height, zone, dark, compact]);

    const move = (event: KeyboardEvent) => {
        const chart = plot.current;
        if (!chart) return;
        const at = chart.cursor.idx ?? times.length - 1;
        if (event.key === "Enter") latest.current.onPick?.(at, null);
        else if (event.key === "x" && latest.current.onExplain) latest.current.onExplain(times[at], times[at] + stepMs);
        else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
            const next = Math.max(0, Math.min(times.length - 1, at + (event.key === "ArrowLeft" ? -1 : 1)));
            chart.setCursor({ left: chart.valToPos((times[next] + stepMs / 2) / 1000, "x"), top: 8 });
            const words = series.map((each) => `${each.label} ${format(each.values[next])}`).join(", ");
            setSaid(`${spanText(times[next], times[next] + stepMs, zone)}: ${words}`);
        } else return;
        event.preventDefault();
        event.stopPropagation();
    };

    return (
        <div className="chart">
            <div
                ref={host}
                className="chart-host"
                style={{ height }}
                tabIndex={0}
                role="group"
                aria-roledescription="chart"
                aria-label={`${label}. Arrow keys move the cursor${props.onPick ? ", Enter opens what is behind it" : ""}${props.onExplain ? ", x explains it" : ""}.`}
                onKeyDown={move}
            />
            <span className="sr" role="status">
                {said}
            </span>
        </div>
    );
}
