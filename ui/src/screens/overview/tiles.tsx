/* SPDX-License-Identifier: Apache-2.0 */
/* The six numbers. Each says what it was in the period before, and whether the change is good. */
import type { ReactNode } from "react";
import type { Health } from "../../api/sections";
import type { Values } from "../../api/types";
import { useUrl } from "../../app/url";
import { condense } from "../../components/chart-data";
import { Go } from "../../components/go";
import { Sparkline } from "../../components/pieces";
import { nsToMs } from "../../format/time";
import { change, count, duration, exact, money, moneyExact, percent } from "../../format/number";
import type { Shown } from "./overview";

type Better = "lower" | "higher" | "neither";

interface TileProps {
    label: string;
    value: string;
    title: string;
    href: string;
    now: number | null;
    before: number | null | undefined;
    /** What `before` reads as; empty: nothing is compared. */
    was: string;
    better: Better;
    values: Values;
    color: string;
    /** What `before` is of. */
    past?: string;
    children?: ReactNode;
}

export function Tile({ label, value, title, href, now, before, was, better, values, color, past = "period before", children }: TileProps) {
    return (
        <section className="tile panel" aria-label={`${label}, in total`}>
            <Go href={href} className="tile-main" title={title}>
                <span className="tile-label">{label}</span>
                <span className="tile-value">{value}</span>
            </Go>
            <Sparkline values={condense(values, 48)} color={color} width={110} height={30} />
            <div className="tile-foot">
                {was && <Change now={now} before={before ?? null} was={was} better={better} past={past} />}
                {children}
            </div>
        </section>
    );
}

function Usual({ title, children }: { title: string; children: ReactNode }) {
    return <span className="muted" title={title}>{children}</span>;
}

function perMinute(rate: number): string {
    return Number.isFinite(rate) ? count(rate < 10 ? Math.round(rate * 100) / 100 : rate) : "–";
}

function Change({ now, before, was, better, past }: { now: number | null; before: number | null; was: string; better: Better; past: string }) {
    const share = change(now, before);
    if (share === null) return <span className="muted">{before === 0 && now ? "new" : "no earlier data"}</span>;
    const small = Math.abs(share) < 0.005;
    const tone = small || better === "neither" ? "" : share > 0 === (better === "higher") ? "good" : "bad";
    return (
        <span className={`change ${tone}`} title={`In the ${past}: ${was}`}>
            {small ? "unchanged" : `${share > 0 ? "▲" : "▼"} ${share > 9.995 ? `×${count(share + 1)}` : percent(Math.abs(share))}`} <span className="muted">vs {past}</span>
        </span>
    );
}

export function Tiles({ data, stepMs, health }: Shown & { health: Health | undefined }) {
    const url = useUrl();
    const { totals: now, previous: before } = data;
    const rate = now.requests ? now.errors / now.requests : null;
    const rateBefore = before?.requests ? before.errors / before.requests : null;
    const tokens = now.input_tokens + now.output_tokens;
    const tokensBefore = before && before.input_tokens + before.output_tokens;
    const tokenValues = data.tokens.input.map((value, at) => (value ?? 0) + (data.tokens.output[at] ?? 0));
    const minutes = (data.requests.length * stepMs) / 60e3;
    const usual = health?.baseline.from ? health.baseline : null;
    const usualMinutes = usual ? (nsToMs(usual.to!) - nsToMs(usual.from!)) / 60e3 : 0;
    const target = health?.target;
    const slow = (ns: number | null) => (ns === null ? [] : [`duration>=${Math.floor(ns / 1e6)}ms`]);
    const late = (ns: number | null) => (ns === null ? [] : [`ttft>=${Math.floor(ns / 1e6)}ms`]);
    return (
        <div className="tiles">
            <Tile
                label="Requests" value={count(now.requests)} title={`${exact(now.requests)} requests. Open them`} href={url.traces([])}
                now={now.requests} before={before?.requests} was={exact(before?.requests)} better="neither" values={data.requests} color="var(--accent)"
            >
                <span className="muted"><Go className="num" href={url.traces(["kind=llm"])}>{count(now.llm_calls)} model</Go>, <Go className="num" href={url.traces(["kind=tool"])}>{count(now.tool_calls)} tool calls</Go></span>
                <Usual title="Requests a minute in the seven days before">{perMinute(now.requests / minutes)} a minute{usual && `, usually ${perMinute(usual.requests / usualMinutes)}`}</Usual>
            </Tile>
            <Tile
                label="Error rate" value={percent(rate)} title="Open the failed requests" href={url.traces(["status=error"])}
                now={rate} before={rateBefore} was={percent(rateBefore)} better="lower" values={data.errors} color="var(--error-fill)"
            >
                <Go className="num muted" href={url.traces(["status=error"])}>{exact(now.errors)} failed</Go>
                <Usual title="In the seven days before">{usual ? `usually ${percent(usual.requests ? usual.errors / usual.requests : null)}` : "no week before it"}</Usual>
            </Tile>
            <Tile
                label="Latency p95" value={duration(now.latency.p95)} title="Open the slowest 5 %" href={url.traces(slow(now.latency.p95), { sort: "duration" })}
                now={now.latency.p95} before={before?.latency.p95} was={duration(before?.latency.p95)} better="lower" values={data.latency.p95} color="var(--violet-fill)"
            >
                <span className="muted"><Go className="num" href={url.traces(slow(now.latency.p50), { sort: "duration" })}>p50 {duration(now.latency.p50)}</Go> · <Go className="num" href={url.traces(slow(now.latency.p99), { sort: "duration" })}>p99 {duration(now.latency.p99)}</Go></span>
                {target?.latency ? (
                    <Go className={`num ${(now.latency.p95 ?? 0) > target.latency ? "bad" : "good"}`} href={url.traces([`duration>=${Math.ceil(target.latency / 1e6)}ms`], { sort: "duration" })} title={`${exact(target.over)} of ${exact(target.measured)} requests took longer than ${duration(target.latency)}`}>
                        {percent(target.measured ? target.over / target.measured : null)} over the {duration(target.latency)} target
                    </Go>
                ) : (
                    <Usual title="In the seven days before">{usual ? `usually ${duration(usual.latency_p95)}` : "no week before it"}</Usual>
                )}
            </Tile>
            <Tile
                label="First token p95" value={duration(now.ttft.p95)} title="Open those that started late" href={url.traces(late(now.ttft.p95), { sort: "ttft" })}
                now={now.ttft.p95} before={before?.ttft.p95} was={duration(before?.ttft.p95)} better="lower" values={data.ttft.p95} color="var(--blue-fill)"
            >
                <span className="muted"><Go className="num" href={url.traces(late(now.ttft.p50), { sort: "ttft" })}>p50 {duration(now.ttft.p50)}</Go> · <Go className="num" href={url.traces(late(now.ttft.p99), { sort: "ttft" })}>p99 {duration(now.ttft.p99)}</Go></span>
            </Tile>
            <Tile
                label="Tokens" value={count(tokens)} title={`${exact(tokens)} tokens. Open the largest requests`} href={url.traces([], { sort: "tokens" })}
                now={tokens} before={tokensBefore} was={count(tokensBefore)} better="neither" values={tokenValues} color="var(--cyan)"
            >
                <span className="muted" title={`${exact(now.cache_read_tokens)} of the input was read from a cache; ${exact(now.reasoning_tokens)} of the output was reasoning`}>
                    {count(now.input_tokens)} in · {count(now.output_tokens)} out
                </span>
            </Tile>
            <Tile
                label="Cost" value={money(now.cost)} title={`${moneyExact(now.cost)}. Open the dearest requests`} href={url.traces([], { sort: "cost" })}
                now={now.cost} before={before?.cost} was={money(before?.cost)} better="lower" values={data.cost} color="var(--amber-fill)"
            >
                <span className="muted">{money(now.requests ? now.cost / now.requests : null)} a request{now.unpriced_calls ? " or more" : ""}</span>
            </Tile>
        </div>
    );
}
