/* SPDX-License-Identifier: Apache-2.0 */
/* The head of one session's or user's page: who, and all their traces added up. */
import type { ReactNode } from "react";
import type { Totals } from "../../api/people";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { CopyButton, Moment } from "../../components/pieces";
import { count, duration, exact, money, moneyExact, plural } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { is } from "../../url/filters";
import type { Screen } from "../../url/href";

interface Props {
    list: Screen;
    noun: "session" | "user";
    name: string;
    totals: Totals;
    children?: ReactNode;
}

export function PeopleHead({ list, noun, name, totals, children }: Props) {
    const url = useUrl();
    const all = { from: "1970-01-02", f: [is(noun, name)] };
    return (
        <header className="people-head">
            <div className="trace-head-bar">
                <Go className="button icon bare" href={url.href(list)} aria-label={`All ${list}`} title={`All ${list}`}>
                    <Icon name="left" />
                </Go>
                <span className="muted">{noun === "user" ? "User" : "Session"}</span>
                <h1 className="cut" title={oneLine(name)}>{clip(oneLine(name), 120)}</h1>
                {noun === "user" && <span className="muted" title="Everything that is kept of them, whatever range the lists show">all time</span>}
                <span className="grow" />
                <CopyButton text={name} what={`the ${noun}'s id`} small={false}>Id</CopyButton>
                <CopyButton text={() => location.href} what="the link to this screen" small={false}>Link</CopyButton>
            </div>
            <dl className="totals">
                <Total label="Traces">
                    <Go className="plain" href={url.href("traces", all)}>{exact(totals.traces)}</Go>
                </Total>
                <Total label="Failed">
                    {totals.failed ? <Go className="plain bad" href={url.href("traces", { ...all, f: [...all.f, "status=error"] })}>{exact(totals.failed)}</Go> : "0"}
                </Total>
                <Total label="Cost" title={moneyExact(totals.cost)}>
                    {money(totals.cost)} {totals.unpriced > 0 && <span className="tag warn">{plural(totals.unpriced, "call")} unpriced</span>}
                </Total>
                <Total label="Tokens" title={`${exact(totals.input_tokens)} in, ${exact(totals.output_tokens)} out`}>{count(totals.total_tokens)}</Total>
                <Total label="Calls">
                    {count(totals.llm_calls)} <span className="muted">model</span> {count(totals.tool_calls)} <span className="muted">tool</span>
                </Total>
                <Total label="First"><Moment ns={totals.first} /></Total>
                <Total label="Last"><Moment ns={totals.last} /></Total>
                <Total label="Busy" title="The durations of its traces, added up">{duration(totals.busy)}</Total>
                {children}
            </dl>
        </header>
    );
}

export function Total({ label, title, children }: { label: string; title?: string; children: ReactNode }) {
    return (
        <div className="total" title={title}>
            <dt>{label}</dt>
            <dd>{children}</dd>
        </div>
    );
}
