/* SPDX-License-Identifier: Apache-2.0 */
/* The same questions over time, a colour a model. The one legend on top shows and hides models everywhere. */
import { type ReactNode, useMemo } from "react";
import type { ModelUsage } from "../../api/models";
import { useUrl } from "../../app/url";
import { Chart, type ChartSeries } from "../../components/chart";
import { ExplainLink, useExplainRange } from "../../components/explain-link";
import { count, duration, money } from "../../format/number";
import { visible } from "../../format/text";
import { absolute } from "../../url/range";
import { colorOf, filtersOf, keyOf, labelOf, type Shown } from "./shown";

type Value = keyof NonNullable<ModelUsage["values"]>;

interface PanelProps extends Shown {
    title: string;
    measure: string;
    /** The filters of what is explained, where they are not those of the traces behind a point. */
    explained?: string[];
    models: ModelUsage[];
    value: Value | "tokens";
    kind: "bars" | "lines";
    format: (value: number | null) => string;
    filters?: string[];
    sort?: string;
    empty: string;
}

function Panel({ data, times, stepMs, title, measure, models, value, kind, format, filters = [], explained = filters, sort, empty }: PanelProps) {
    const url = useUrl();
    const series = useMemo<ChartSeries[]>(
        () =>
            models.map((each) => ({
                key: keyOf(each),
                label: labelOf(each),
                color: colorOf(data, keyOf(each)),
                values:
                    value === "tokens"
                        ? (each.values?.input_tokens ?? []).map((input, at) => (input ?? 0) + (each.values?.output_tokens[at] ?? 0))
                        : (each.values?.[value] ?? []),
            })),
        [data, models, value],
    );
    const explain = useExplainRange(measure, explained);
    const silent = series.every((each) => each.values.every((number) => !number));
    const pick = (at: number, key: string | null) => {
        const model = models.find((each) => keyOf(each) === key) ?? (models.length === 1 ? models[0] : undefined);
        const bucket = absolute(times[at], times[at] + stepMs);
        url.go(url.traces([...(model ? filtersOf(model) : ["kind=llm"]), ...filters], { from: bucket.from, to: bucket.to, live: undefined, sort }));
    };
    return (
        <section className="panel chart-panel" aria-label={title}>
            <header>
                <h2>{title}</h2>
                {!silent && <ExplainLink measure={measure} filters={explained} />}
            </header>
            {silent ? (
                <p className="chart-empty muted">{empty}</p>
            ) : (
                <Chart
                    label={title}
                    times={times}
                    stepMs={stepMs}
                    series={series}
                    kind={kind}
                    format={format}
                    onZoom={(from, to) => {
                        const range = absolute(from, to);
                        url.set({ from: range.from, to: range.to });
                    }}
                    onExplain={explain}
                    onPick={pick}
                />
            )}
        </section>
    );
}

export function Charts({ children, ...shown }: Shown & { children: ReactNode }) {
    const url = useUrl();
    const hidden = useMemo(() => new Set((url.search.shut ?? "").split("|").filter(Boolean)), [url.search.shut]);
    const drawn = useMemo(() => shown.data.models.filter((each) => each.values), [shown.data]);
    const models = useMemo(() => drawn.filter((each) => !hidden.has(keyOf(each))), [drawn, hidden]);
    const toggle = (key: string, alone: boolean) => {
        const next = new Set(hidden);
        if (alone) drawn.forEach((each) => (keyOf(each) === key ? next.delete(keyOf(each)) : next.add(keyOf(each))));
        else if (!next.delete(key)) next.add(key);
        url.set({ shut: next.size && next.size < drawn.length ? [...next].join("|") : undefined }, { replace: true });
    };
    const own = { ...shown, models };
    return (
        <>
            {drawn.length > 1 && (
                <div className="models-legend" role="group" aria-label="Models in the charts">
                    {drawn.map((each) => {
                        const key = keyOf(each);
                        return (
                            <button
                                key={key}
                                type="button"
                                className="button small"
                                aria-pressed={!hidden.has(key)}
                                title={`Show or hide ${labelOf(each)}; with Shift, only it`}
                                onClick={(event) => toggle(key, event.shiftKey)}
                            >
                                <i className="model-key" style={{ background: colorOf(shown.data, key) }} />
                                {labelOf(each)} <span className="muted">{visible(each.provider ?? "")}</span>
                            </button>
                        );
                    })}
                    {shown.data.models.length > drawn.length && <span className="muted">the {drawn.length} called most of {shown.data.models.length}</span>}
                </div>
            )}
            <div className="charts">
                <Panel {...own} title="Calls" measure="llm_calls" value="calls" kind="bars" format={count} empty="No calls in this range." />
                <Panel {...own} title="Latency, p95" measure="llm_latency" value="latency_p95" kind="lines" format={duration} sort="duration" empty="No finished call in this range." />
                <Panel {...own} title="Time to first token, p95" measure="ttft" value="ttft_p95" kind="lines" format={duration} sort="ttft" empty="No streamed call in this range." />
                <Panel {...own} title="Throttled calls" measure="failures" value="throttles" kind="bars" format={count} filters={["error_kind=throttle"]} empty="No model refused a call for its rate." />
                <Panel {...own} title="Failed calls" measure="failures" value="errors" kind="bars" format={count} filters={["status=error"]} explained={["kind=llm"]} empty="No call failed in this range." />
                <Panel {...own} title="Tokens" measure="tokens" value="tokens" kind="bars" format={count} sort="tokens" empty="No tokens were counted in this range." />
                <Panel {...own} title="Cost" measure="cost" value="cost" kind="bars" format={money} sort="cost" empty="Nothing was spent in this range." />
                {children}
            </div>
        </>
    );
}
