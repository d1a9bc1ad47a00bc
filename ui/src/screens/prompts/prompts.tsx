/* SPDX-License-Identifier: Apache-2.0 */
/* All prompts of a project: those kept here, and those that calls name without being kept here. */
import { useMemo, useState } from "react";
import { type PromptEntry, type PromptUsage, usePrompts, usePromptUsage } from "../../api/prompts";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { CopyButton, Failure, Moment, Skeleton } from "../../components/pieces";
import { StackedTable } from "../../components/stacked-table";
import { Topbar } from "../../components/topbar";
import { exact, money, moneyExact, percent } from "../../format/number";
import { clip, oneLine, visible } from "../../format/text";
import { is } from "../../url/filters";
import { PromptForm } from "./form";
import { snippets } from "./snippets";
import "./prompts.css";

interface Row {
    name: string;
    entry: PromptEntry | null;
    calls: number;
    errors: number;
    cost: number;
}

function rowsOf(entries: readonly PromptEntry[], usages: readonly PromptUsage[]): Row[] {
    const rows = new Map<string, Row>(entries.map((entry) => [entry.name, { name: entry.name, entry, calls: 0, errors: 0, cost: 0 }]));
    for (const usage of usages) {
        const row = rows.get(usage.prompt) ?? { name: usage.prompt, entry: null, calls: 0, errors: 0, cost: 0 };
        rows.set(usage.prompt, { ...row, calls: row.calls + usage.calls, errors: row.errors + usage.errors, cost: row.cost + usage.cost });
    }
    return [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export default function PromptsScreen() {
    const url = useUrl();
    const list = usePrompts(url.project);
    const usage = usePromptUsage({ ...url, filters: [] });
    const [search, setSearch] = useState("");
    const rows = useMemo(() => rowsOf(list.data?.prompts ?? [], usage.data?.versions ?? []), [list.data, usage.data]);
    const wanted = search.trim().toLowerCase();
    const shown = rows.filter(({ name, entry }) => !wanted || [name, ...(entry?.tags ?? []), ...Object.keys(entry?.labels ?? {})].some((text) => text.toLowerCase().includes(wanted)));
    const making = url.search.edit === "1";
    const begin = () => url.set({ edit: "1" });
    useKeys({ n: begin });
    return (
        <>
            <Topbar title="Prompts">
                <button type="button" className="button primary" onClick={begin} title="New prompt (n)">
                    <Icon name="event" small /> New prompt
                </button>
                {rows.length > 0 && <input className="input" type="search" placeholder="Name, label or tag" aria-label="Find a prompt" value={search} onChange={(event) => setSearch(event.target.value)} />}
            </Topbar>
            <div className="scroll">
                <div className="overview prompts-page">
                    {making && <PromptForm from={null} close={() => url.set({ edit: undefined }, { replace: true })} saved={(name, version) => url.go(url.prompt(name, { a: String(version) }))} />}
                    {list.error && <Failure error={list.error} retry={() => list.refetch()} what="The prompts" />}
                    {list.isPending && <Skeleton height={320} />}
                    {list.data && !rows.length && !making && <Teach begin={begin} />}
                    {rows.length > 0 && (
                        <section className="panel table-panel" aria-label="Prompts">
                            <div className="table-scroll" tabIndex={0} role="region" aria-label="Prompts table">
                                <StackedTable className="prompts-table">
                                    <thead>
                                        <tr>
                                            <th scope="col">Prompt</th>
                                            <th scope="col" className="n">Versions</th>
                                            <th scope="col">Labels</th>
                                            <th scope="col">Tags</th>
                                            <th scope="col" className="n">Calls</th>
                                            <th scope="col" className="n">Failed</th>
                                            <th scope="col" className="n">Cost</th>
                                            <th scope="col" className="n">Changed</th>
                                        </tr>
                                    </thead>
                                    <tbody>
                                        {shown.map((row) => (
                                            <Line key={row.name} row={row} />
                                        ))}
                                    </tbody>
                                </StackedTable>
                            </div>
                            {!shown.length && <p className="muted table-note">No prompt's name, label or tag contains “{visible(search.trim())}”.</p>}
                        </section>
                    )}
                </div>
            </div>
        </>
    );
}

function Line({ row }: { row: Row }) {
    const url = useUrl();
    const { name, entry } = row;
    const href = url.prompt(name);
    const at = name.lastIndexOf("/") + 1;
    return (
        <tr
            className="link-row"
            onClick={(event) => {
                if (!event.defaultPrevented && !event.metaKey && !event.ctrlKey && !getSelection()?.toString()) url.go(href);
            }}
        >
            <td>
                <Go href={href} className="cut prompt-name" title={oneLine(name)}>
                    {at > 0 && <span className="muted">{oneLine(name.slice(0, at))}</span>}
                    {clip(oneLine(name.slice(at)), 120)}
                </Go>
                {entry?.type === "chat" && <span className="tag">chat</span>}
                {!entry && <span className="tag warn" title="Calls name this prompt, but it is not kept here">in calls only</span>}
            </td>
            <td className="n">{entry ? exact(entry.versions.length) : "–"}</td>
            <td>
                <span className="row prompt-labels">
                    {Object.entries(entry?.labels ?? {}).filter(([label]) => label !== "latest").map(([label, version]) => (
                        <span key={label} className={`tag ${label === "production" ? "accent" : ""}`}>{visible(label)} · v{version}</span>
                    ))}
                </span>
            </td>
            <td className="cut muted">{clip(oneLine((entry?.tags ?? []).join(", ")), 80)}</td>
            <td className="n">{row.calls ? <Go className="num" href={url.traces([is("prompt", name)])}>{exact(row.calls)}</Go> : "–"}</td>
            <td className={`n ${row.errors ? "bad" : ""}`} title={exact(row.errors)}>{row.calls ? percent(row.errors / row.calls) : "–"}</td>
            <td className="n" title={moneyExact(row.cost)}>{row.calls ? money(row.cost) : "–"}</td>
            <td className="n">{entry ? <Moment ns={entry.updated} relative /> : "–"}</td>
        </tr>
    );
}

function Teach({ begin }: { begin: () => void }) {
    const [python, typescript] = snippets({ name: "support-reply", type: "text", label: "production", version: 1, variables: ["question"], placeholders: [] });
    return (
        <div className="prompts-teach">
            <div className="empty">
                <h2>No prompts yet</h2>
                <p>Keep the words your application sends to models here: each change is a version, a label such as production says which one is used, and every call tells which version it came from. So when quality drops, you see which words did it.</p>
                <button type="button" className="button primary" onClick={begin}>
                    <Icon name="event" small /> Write the first prompt
                </button>
            </div>
            <div className="prompts-teach-code">
                {[python, typescript].map(({ id, label, code }) => (
                    <section key={id} className="panel">
                        <header className="row">
                            <h2 className="grow">{label}</h2>
                            <CopyButton text={code} what={`the ${label} lines`} />
                        </header>
                        <pre tabIndex={0} aria-label={`${label} lines`}>{code}</pre>
                    </section>
                ))}
            </div>
        </div>
    );
}
