/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explain a change: a curve with its bump chosen (by itself, until somebody drags over another one), and what
 * the bump is made of, strongest first. Every finding is a link to its traces.
 */
import { useMemo } from "react";
import { type Baseline, useCurve, useExplanation } from "../../api/explain";
import { useProjects } from "../../api/queries";
import type { Series } from "../../api/types";
import { usePrefs } from "../../app/prefs";
import { type Url, useUrl } from "../../app/url";
import { Chart, type ChartSeries } from "../../components/chart";
import { FilterBar } from "../../components/filter-bar";
import { Icon } from "../../components/icon";
import { Failure, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { nsToMs, span as spanText } from "../../format/time";
import { CURVE_FIELDS, usable } from "../../url/filters";
import { absolute, type Range, rangeMs, rangeOfText, rangeText } from "../../url/range";
import { NothingHere } from "../setup/empty";
import { bumpOf, shiftOf } from "./bump";
import { Findings } from "./findings";
import { type Measure, measureOf, MEASURES } from "./measures";
import "./explain.css";

const BASELINES = [
    { id: "rest", label: "the rest of the chart" },
    { id: "previous", label: "the time before, as long" },
    { id: "day", label: "the same time a day earlier" },
    { id: "week", label: "the same time a week earlier" },
] as const;

type BaselineId = (typeof BASELINES)[number]["id"];

/** "The rest" is what most people mean, unless hardly anything of the chart is left. */
function baselineId(url: Url, at: Range | null): BaselineId {
    const chosen = BASELINES.find((each) => each.id === url.search.base);
    if (chosen) return chosen.id;
    const whole = rangeMs(url.range);
    const part = at && rangeMs(at);
    return part && part.to - part.from > (whole.to - whole.from) * 0.8 ? "previous" : "rest";
}

function stepsOf(curve: Series): { times: number[]; stepMs: number } {
    return { times: curve.times.map(nsToMs), stepMs: nsToMs(curve.step) };
}

function pickBump(curve: Series | undefined): Range | null {
    const bump = curve?.series[0] && bumpOf(curve.series[0].values);
    if (!curve || !bump) return null;
    const { times, stepMs } = stepsOf(curve);
    return absolute(times[bump[0]], times[bump[1] - 1] + stepMs);
}

/** From where the curve runs higher on; suggested beside the bump. */
function pickShift(curve: Series | undefined): Range | null {
    const at = curve?.series[0] ? shiftOf(curve.series[0].values) : null;
    if (!curve || at === null) return null;
    const { times, stepMs } = stepsOf(curve);
    return absolute(times[at], times[times.length - 1] + stepMs);
}

export default function ExplainScreen() {
    const url = useUrl();
    const measure = measureOf(url.search.measure);
    const drawable = useMemo(() => usable(url.filters, CURVE_FIELDS), [url.filters]);
    const curve = useCurve({ ...url, filters: drawable }, measure.metric, !!measure.callsOnly);
    const picked = useMemo(() => pickBump(curve.data), [curve.data]);
    const shift = useMemo(() => pickShift(curve.data), [curve.data]);
    const chosen = rangeOfText(url.search.at);
    const at = chosen ?? picked;
    const base = baselineId(url, at);
    const baseline: Baseline = base === "rest" ? url.range : base;
    const explanation = useExplanation(url, measure.id, at, baseline);
    const project = useProjects().data?.projects.find((each) => each.name === url.project);
    return (
        <>
            <Topbar title="Explain a change">{project?.demo && <span className="tag accent">demo data, not yours</span>}</Topbar>
            {project && project.first_span === null ? (
                <NothingHere project={project} />
            ) : (
                <div className="scroll">
                    <div className="overview explain">
                        <FilterBar />
                        <section className="panel chart-panel" aria-label="What changed">
                            <Question measure={measure} base={base} />
                            {curve.error && <Failure error={curve.error} retry={() => curve.refetch()} what="The curve" />}
                            {!curve.data && !curve.error && <Skeleton height={190} />}
                            {curve.data && <Curve measure={measure} curve={curve.data} at={at} />}
                            <Chosen at={at} automatic={!chosen} shift={shift} hidden={url.filters.length - drawable.length} />
                        </section>
                        {explanation.error && <Failure error={explanation.error} retry={() => explanation.refetch()} what="The explanation" />}
                        {at && !explanation.data && !explanation.error && <Skeleton height={260} />}
                        {at && explanation.data && <Findings explanation={explanation.data} measure={measure} at={at} stale={explanation.isPlaceholderData} />}
                        {!at && curve.data && (
                            <p className="panel explain-none muted">Nothing sticks out of this curve. Drag over a part of it to ask what that part is made of, or choose another measure or a longer time.</p>
                        )}
                    </div>
                </div>
            )}
        </>
    );
}

function Question({ measure, base }: { measure: Measure; base: BaselineId }) {
    const url = useUrl();
    return (
        <header className="explain-question">
            <label>
                What
                <select className="input" value={measure.id} onChange={(event) => url.set({ measure: event.target.value, at: undefined })}>
                    {MEASURES.map((each) => (
                        <option key={each.id} value={each.id}>
                            {each.label}
                        </option>
                    ))}
                </select>
            </label>
            <label>
                against
                <select className="input" value={base} onChange={(event) => url.set({ base: event.target.value })}>
                    {BASELINES.map((each) => (
                        <option key={each.id} value={each.id}>
                            {each.label}
                        </option>
                    ))}
                </select>
            </label>
        </header>
    );
}

function Curve({ measure, curve, at }: { measure: Measure; curve: Series; at: Range | null }) {
    const url = useUrl();
    const chosen = at ? rangeText(at) : "";
    const drawn = useMemo(() => {
        const { times, stepMs } = stepsOf(curve);
        const bump = at ? rangeMs(at) : { from: 0, to: 0 };
        const values = curve.series[0]?.values ?? times.map(() => null);
        const inside = (step: number) => times[step] + stepMs > bump.from && times[step] < bump.to;
        const series: ChartSeries[] = [
            { key: "now", label: `${measure.label}, chosen`, color: "var(--amber-fill)", values: values.map((value, step) => (inside(step) ? value : null)) },
            { key: "rest", label: measure.label, color: "var(--slate-fill)", values: values.map((value, step) => (inside(step) ? null : value)) },
        ];
        return { times, stepMs, series };
    }, [curve, chosen, measure]);
    const choose = (from: number, to: number) => url.set({ at: rangeText(absolute(from, to)) });
    return (
        <Chart
            label={measure.label}
            {...drawn}
            kind="bars"
            format={measure.format}
            height={190}
            onZoom={choose}
            onExplain={choose}
            onPick={(step) => choose(drawn.times[step], drawn.times[step] + drawn.stepMs)}
        />
    );
}

function Chosen({ at, automatic, shift, hidden }: { at: Range | null; automatic: boolean; shift: Range | null; hidden: number }) {
    const url = useUrl();
    const { zone } = usePrefs();
    if (!at) return null;
    const { from, to } = rangeMs(at);
    return (
        <p className="explain-chosen muted">
            <i className="explain-key" /> <strong>{spanText(from, to, zone)}</strong>
            {automatic ? "the highest bump. Drag over the curve to choose another stretch." : "your choice."}
            {!automatic && (
                <button type="button" className="button small bare" onClick={() => url.set({ at: undefined })}>
                    <Icon name="retry" small /> The highest bump
                </button>
            )}
            {shift && rangeText(shift) !== rangeText(at) && (
                <button type="button" className="button small" onClick={() => url.set({ at: rangeText(shift) })} title="From here on the curve runs higher than before">
                    <Icon name="right" small /> All since {spanText(rangeMs(shift).from, rangeMs(shift).to, zone).split(" – ")[0]}
                </button>
            )}
            {hidden > 0 && <span>The curve is drawn without {hidden === 1 ? "one filter" : `${hidden} filters`} that only traces know; what follows holds all of them.</span>}
        </p>
    );
}
