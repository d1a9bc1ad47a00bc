/* SPDX-License-Identifier: Apache-2.0 */
/* A result in the view that was chosen, or the first that fits it. Used by the Query screen and by every widget. */
import type { Question } from "../api/ask";
import { BarPlot, HeatPlot, HistogramPlot, NumberPlot, PiePlot, type PlotProps, SeriesPlot } from "./plots";
import { Patterns } from "./patterns";
import { type Order, ResultTable } from "./table";
import { isSeries, type View } from "./shape";
import "./results.css";

interface Props extends PlotProps {
    view: View;
    question: Question;
    ask: (query: string) => string;
    order: Order | null;
    setOrder: (order: Order | null) => void;
    keyboard?: boolean;
}

export function ResultView(props: Props) {
    const { result, view } = props;
    const time = result.columns.findIndex(({ type }) => type === "time");
    switch (view) {
        case "line":
        case "area":
        case "stacked":
            return <SeriesPlot {...props} />;
        case "bar":
            return isSeries(result, time) ? <SeriesPlot {...props} /> : <BarPlot {...props} />;
        case "number":
            return <NumberPlot {...props} />;
        case "pie":
            return <PiePlot {...props} />;
        case "histogram":
            return <HistogramPlot {...props} />;
        case "heatmap":
            return <HeatPlot {...props} />;
        case "pattern":
            return <Patterns result={result} question={props.question} ask={props.ask} />;
        default:
            return <ResultTable {...props} units={props.units} />;
    }
}
