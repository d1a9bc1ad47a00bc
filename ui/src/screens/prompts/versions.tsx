/* SPDX-License-Identifier: Apache-2.0 */
/* Versions side by side: one row each, and how each measure changed against the version before. */
import type { PromptUsage, PromptVersion } from "../../api/prompts";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Moment } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { change, count, duration, exact, money, percent } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { is } from "../../url/filters";

interface VersionRow {
    /** As calls name it; a number for versions that are kept here. */
    version: string;
    kept: PromptVersion | null;
    usage: PromptUsage | null;
}

const order = (version: string) => (/^\d+$/.test(version) ? Number(version) : -1);

/** Newest first: versions kept here, and those that only calls know. */
export function joined(kept: readonly PromptVersion[], usages: readonly PromptUsage[]): VersionRow[] {
    const rows = new Map<string, VersionRow>(kept.map((each) => [String(each.version), { version: String(each.version), kept: each, usage: null }]));
    for (const usage of usages) {
        const version = usage.version ?? "";
        rows.set(version, { version, kept: rows.get(version)?.kept ?? null, usage });
    }
    return [...rows.values()].sort((a, b) => order(b.version) - order(a.version) || (a.version < b.version ? 1 : -1));
}

interface Measure {
    label: string;
    title?: string;
    of: (usage: PromptUsage) => number | null;
    format: (value: number | null) => string;
    better: "lower" | "higher" | "neither";
}

const perCall = (value: number, { calls }: PromptUsage) => (calls ? value / calls : null);

const MEASURES: Measure[] = [
    { label: "Failed", of: (each) => perCall(each.errors, each), format: percent, better: "lower" },
    { label: "p50", title: "Latency, median", of: (each) => each.latency_p50, format: duration, better: "lower" },
    { label: "p95", title: "Latency, 95th percentile", of: (each) => each.latency_p95, format: duration, better: "lower" },
    { label: "Tokens in", title: "Input tokens a call", of: (each) => perCall(each.input_tokens, each), format: count, better: "neither" },
    { label: "Tokens out", title: "Output tokens a call", of: (each) => perCall(each.output_tokens, each), format: count, better: "neither" },
    { label: "Cost of 1,000", title: "Cost of a thousand calls", of: (each) => (each.unpriced_calls && !each.cost ? null : perCall(each.cost * 1000, each)), format: money, better: "lower" },
];

const SCORES_SHOWN = 4;

/** The scores told most, a column each. What a score's direction means only its owner knows; up is taken as better. */
function scoreMeasures(rows: readonly VersionRow[]): Measure[] {
    const told = new Map<string, number>();
    for (const { usage } of rows) for (const { name, count: times } of usage?.scores ?? []) told.set(name ?? "", (told.get(name ?? "") ?? 0) + times);
    return [...told].sort((a, b) => b[1] - a[1]).slice(0, SCORES_SHOWN).map(([name]) => ({
        label: name,
        title: `Mean of the score ${name}`,
        of: ({ scores }) => scores.find((score) => (score.name ?? "") === name)?.mean ?? null,
        format: (value) => (value === null ? "–" : value.toFixed(2)),
        better: "higher",
    }));
}

export function VersionTable({ name, rows, chosen, more }: { name: string; rows: VersionRow[]; chosen: number | null; more: boolean }) {
    const url = useUrl();
    const measures = [...MEASURES, ...scoreMeasures(rows)];
    /* A change is against the next older version that was called, kept here or not. */
    const before = (at: number) => rows.slice(at + 1).find(({ usage }) => usage)?.usage ?? null;
    return (
        <section className="panel table-panel" aria-label="Versions">
            <header className="row wrap">
                <h2>Versions</h2>
                <span className="muted">▲ ▼ against the version that was called before it</span>
            </header>
            <div className="table-scroll" tabIndex={0} role="region" aria-label="Versions table">
                <StackedTable className="versions-table">
                    <thead>
                        <tr>
                            <th scope="col">Version</th>
                            <th scope="col">What for</th>
                            <th scope="col" className="n">Calls</th>
                            {measures.map(({ label, title }) => (
                                <th key={label} scope="col" className="n" title={visible(title ?? label)}>{clip(oneLine(label), 24)}</th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {rows.map((row, at) => (
                            <tr key={row.version} aria-current={row.kept && row.kept.version === chosen ? "true" : undefined} className={row.kept ? "link-row" : ""} onClick={(event) => {
                                if (row.kept && !event.defaultPrevented && !getSelection()?.toString()) url.set({ a: row.version, edit: undefined });
                            }}>
                                <th scope="row">
                                    <span className="row">
                                        {row.kept ? <Go className="plain" href={url.prompt(name, { ...url.search, a: row.version, edit: undefined })}>v{row.version}</Go> : <span title="Named by calls, not kept here">{row.version ? `v${clip(oneLine(row.version), 20)}` : "no version"}</span>}
                                        {row.kept?.labels.map((label) => (
                                            <span key={label} className={`tag ${label === "production" ? "accent" : ""}`}>{visible(label)}</span>
                                        ))}
                                    </span>
                                </th>
                                <td className="text">
                                    <span className="cut" title={visible(row.kept?.message ?? "")}>{clip(oneLine(row.kept?.message ?? ""), 120) || "–"}</span>
                                    {row.kept && <span className="under"><Moment ns={row.kept.created} relative /></span>}
                                </td>
                                <td className="n">
                                    {row.usage ? <Go className="num" href={url.traces([is("prompt", name), is("prompt_version", row.version)])} title="The traces of this version">{exact(row.usage.calls)}</Go> : "–"}
                                </td>
                                {measures.map((measure) => (
                                    <Cell key={measure.label} measure={measure} usage={row.usage} before={row.usage && before(at)} />
                                ))}
                            </tr>
                        ))}
                    </tbody>
                </StackedTable>
            </div>
            {more && <p className="muted table-note">Only the newest 500 versions are shown.</p>}
        </section>
    );
}

/* Below a twentieth nothing is said; what got worse by more than that is coloured. */
function Cell({ measure, usage, before }: { measure: Measure; usage: PromptUsage | null; before: PromptUsage | null }) {
    const value = usage && measure.of(usage);
    const share = before && change(value, measure.of(before));
    const told = share !== null && Math.abs(share) >= 0.05;
    const tone = !told || measure.better === "neither" ? "" : share > 0 === (measure.better === "higher") ? "good" : "bad";
    return (
        <td className={`n ${tone}`}>
            {measure.format(value)}
            {told && <span className={`under ${tone}`}>{share > 0 ? "▲" : "▼"} {percent(Math.abs(share))}</span>}
        </td>
    );
}
