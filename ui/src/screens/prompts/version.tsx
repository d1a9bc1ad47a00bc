/* SPDX-License-Identifier: Apache-2.0 */
/* The words of one version, what changed since another, its settings, and how an application asks for it. */
import { useState } from "react";
import { useComments } from "../../api/annotate";
import { deleteVersion, type PromptContent, type PromptVersion, type PromptWords, usePromptWords, useProtectedLabels } from "../../api/prompts";
import { useUrl } from "../../app/url";
import { Code } from "../../components/code";
import { Comments } from "../../components/comments";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { CopyButton, Failure, Skeleton, Tabs } from "../../components/pieces";
import { visible } from "../../format/text";
import { diffLines, type DiffLine } from "./diff";
import { Labels } from "./labels";
import { snippets } from "./snippets";
import { flat, inputs, isPlaceholder, pieces } from "./words";
import "../setup/setup.css";

const TABS = [
    { id: "words", label: "Words" }, { id: "changes", label: "Changes" }, { id: "config", label: "Config" }, { id: "use", label: "Use it" }, { id: "comments", label: "Comments" },
] as const;
type Tab = (typeof TABS)[number]["id"];

export function VersionView({ words, versions }: { words: PromptWords; versions: PromptVersion[] }) {
    const url = useUrl();
    const tab = TABS.find(({ id }) => id === url.search.tab)?.id ?? "words";
    const [problem, setProblem] = useState<Error | null>(null);
    const kept = useProtectedLabels(url.project).filter((label) => words.labels.includes(label));
    const remove = () => {
        const lost = kept.length ? ` It has the protected label “${kept.join("”, “")}”.` : "";
        if (!confirm(`Delete version ${words.version} of ${words.name}?${lost} Applications that ask for it by number get an error.`)) return;
        deleteVersion(url.project, words.name, words.version).then(() => url.set({ a: undefined, b: undefined }, { replace: true }), setProblem);
    };
    return (
        <section className="panel version" aria-label={`Version ${words.version}`}>
            <header className="row">
                <h2>Version {words.version}</h2>
                <Labels words={words} failed={setProblem} />
                <span className="grow" />
                <CopyButton text={typeof words.prompt === "string" ? words.prompt : JSON.stringify(words.prompt, null, 2)} what="the words" />
                <button type="button" className="button bare small" onClick={remove}>Delete</button>
            </header>
            {words.message && <p className="version-message">{visible(words.message)}</p>}
            {problem && <p className="bad version-message" role="alert">{visible(problem.message)}</p>}
            <Tabs<Tab>
                label="About this version"
                tabs={[...TABS]}
                at={tab}
                onPick={(id) => url.set({ tab: id === "words" ? undefined : id }, { replace: true })}
            />
            <div className="version-body" role="tabpanel">
                {tab === "words" && <Words words={words} />}
                {tab === "changes" && <Changes words={words} versions={versions} />}
                {tab === "config" && <pre className="prompt-text" tabIndex={0}>{visible(JSON.stringify(words.config, null, 2))}</pre>}
                {tab === "use" && <Use words={words} />}
                {tab === "comments" && <OfVersion key={words.id} id={words.id} version={words.version} />}
            </div>
        </section>
    );
}

function OfVersion({ id, version }: { id: string; version: number }) {
    const url = useUrl();
    const list = useComments(url.project, { prompt_id: id });
    if (list.error) return <Failure error={list.error} retry={() => list.refetch()} what="The comments" />;
    if (!list.data) return <Skeleton height={80} />;
    return <Comments title={`On version ${version}`} about={{ prompt_id: id }} comments={list.data.comments} />;
}

function Words({ words }: { words: PromptWords }) {
    const [filled, setFilled] = useState(false);
    const content = filled && words.resolved !== null ? words.resolved : words.prompt;
    return (
        <>
            {words.references.length > 0 && (
                <div className="row prompt-filled">
                    <button type="button" className="button small" aria-pressed={filled} disabled={words.resolved === null} onClick={() => setFilled(!filled)}>
                        With what it refers to
                    </button>
                    {words.problem && <span className="bad">{visible(words.problem)}</span>}
                </div>
            )}
            <Content content={content} />
        </>
    );
}

export function Content({ content }: { content: PromptContent }) {
    if (typeof content === "string") return <Text text={content} />;
    return (
        <ol className="prompt-messages">
            {content.map((message, at) => (
                <li key={at}>
                    {isPlaceholder(message) ? (
                        <p className="prompt-placeholder">
                            <Icon name="sessions" small /> messages of <b>{visible(message.name ?? "")}</b> come here
                        </p>
                    ) : (
                        <>
                            <h3>{visible(message.role ?? "")}</h3>
                            <Text text={message.content ?? ""} />
                        </>
                    )}
                </li>
            ))}
        </ol>
    );
}

function Text({ text }: { text: string }) {
    const url = useUrl();
    return (
        <pre className="prompt-text" tabIndex={0} dir="auto">
            {pieces(text).map((piece) =>
                piece.kind === "text" ? visible(piece.text) : piece.kind === "variable" ? (
                    <mark key={piece.from} className="prompt-variable">{visible(piece.text)}</mark>
                ) : (
                    <Go key={piece.from} className="prompt-reference" href={url.prompt(piece.name ?? "")}>{visible(piece.text)}</Go>
                ),
            )}
        </pre>
    );
}

function Changes({ words, versions }: { words: PromptWords; versions: PromptVersion[] }) {
    const url = useUrl();
    const others = versions.filter(({ version }) => version !== words.version);
    const asked = others.find(({ version }) => String(version) === url.search.b)?.version;
    const against = asked ?? others.find(({ version }) => version < words.version)?.version ?? others[0]?.version ?? null;
    const other = usePromptWords(url.project, words.name, against);
    if (against === null) return <p className="muted">There is no other version.</p>;
    if (other.error) return <Failure error={other.error} what={`Version ${against}`} />;
    if (!other.data || other.data.version !== against) return <Skeleton height={120} />;
    const [before, after] = against < words.version ? [other.data, words] : [words, other.data];
    const config = (each: PromptWords) => JSON.stringify(each.config, null, 2);
    return (
        <>
            <label className="row prompt-against">
                Against
                <select className="input" value={against} onChange={(event) => url.set({ b: event.target.value }, { replace: true })}>
                    {others.map(({ version }) => <option key={version} value={version}>version {version}</option>)}
                </select>
                <span className="muted">version {before.version} → version {after.version}</span>
            </label>
            <Diff label="Changed words" lines={diffLines(flat(before.prompt), flat(after.prompt))} />
            {config(before) !== config(after) && (
                <>
                    <h3>Config</h3>
                    <Diff label="Changed config" lines={diffLines(config(before), config(after))} />
                </>
            )}
        </>
    );
}

const SIGNS = { same: " ", gone: "−", new: "+" };
const SAID = { same: "", gone: "gone: ", new: "new: " };

function Diff({ lines, label }: { lines: DiffLine[]; label: string }) {
    if (lines.every(({ kind }) => kind === "same")) return <p className="muted">The words are the same.</p>;
    return (
        <div className="diff mono" role="region" aria-label={label} tabIndex={0}>
            {lines.map((line, at) => (
                <div key={at} className={`diff-line ${line.kind}`}>
                    <span className="diff-sign" aria-hidden="true">{SIGNS[line.kind]}</span>
                    <span className="sr">{SAID[line.kind]}</span>
                    <span className="diff-text" dir="auto">
                        {line.runs.map((run, n) => (!run.changed ? <span key={n}>{visible(run.text)}</span> : line.kind === "gone" ? <del key={n}>{visible(run.text)}</del> : <ins key={n}>{visible(run.text)}</ins>))}
                    </span>
                </div>
            ))}
        </div>
    );
}

function Use({ words }: { words: PromptWords }) {
    const url = useUrl();
    const [id, setId] = useState("python");
    const label = words.labels.find((each) => each === "production") ?? words.labels.find((each) => each !== "latest") ?? null;
    const all = snippets({ name: words.name, type: words.type, label, version: words.version, ...inputs(words.resolved ?? words.prompt) });
    const shown = all.find((each) => each.id === id) ?? all[0];
    return (
        <>
            <Tabs label="Language" tabs={all} at={shown.id} onPick={setId} />
            <Code label={`${shown.label} lines`} text={shown.code} />
            <p className="muted">
                The SDK finds this server by <code>LANGFUSE_BASE_URL={location.origin}</code> and the project's key pair, <Go className="plain" href={url.href("setup")}>as Connect shows</Go>.
            </p>
        </>
    );
}
