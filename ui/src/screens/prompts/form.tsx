/* SPDX-License-Identifier: Apache-2.0 */
/* A new prompt, or a new version that begins with the words of another. Versions never change once they are kept. */
import { useMemo, useRef, useState } from "react";
import { createVersion, type PromptContent, type PromptType, type PromptWords, useProtectedLabels } from "../../api/prompts";
import { useUrl } from "../../app/url";
import { Icon } from "../../components/icon";
import { visible } from "../../format/text";
import { WordsEditor } from "./editor";
import { inputs } from "./words";

/** A message, or a place for others, with a key of its own so that it can be moved. */
interface Block {
    key: number;
    role: string;
    text: string;
    placeholder: boolean;
    /** What else the message says; kept. */
    rest: object;
}

interface Props {
    from: PromptWords | null;
    close: () => void;
    saved: (name: string, version: number) => void;
}

const ROLES = ["system", "user", "assistant", "developer", "tool"];

function blocksOf(content: PromptContent): Omit<Block, "key">[] {
    if (typeof content === "string") return [{ role: "", text: content, placeholder: false, rest: {} }];
    return content.map(({ role = "", content: text = "", name, type, ...rest }) =>
        type === "placeholder" ? { role: "", text: name ?? "", placeholder: true, rest } : { role, text, placeholder: false, rest: { ...rest, ...(name !== undefined && { name }), ...(type !== undefined && { type }) } },
    );
}

function contentOf(type: PromptType, blocks: readonly Block[]): PromptContent {
    if (type === "text") return blocks[0]?.text ?? "";
    return blocks.map(({ role, text, placeholder, rest }) => (placeholder ? { ...rest, type: "placeholder", name: text } : { ...rest, role, content: text }));
}

function parsed(config: string): { value: unknown } | null {
    try {
        return { value: JSON.parse(config || "{}") };
    } catch {
        return null;
    }
}

export function PromptForm({ from, close, saved }: Props) {
    const url = useUrl();
    const next = useRef(0);
    const keyed = (blocks: Omit<Block, "key">[]) => blocks.map((block) => ({ ...block, key: next.current++ }));
    const [name, setName] = useState(from?.name ?? "");
    const [type, setType] = useState<PromptType>(from?.type ?? "text");
    const [blocks, setBlocks] = useState<Block[]>(() => keyed(blocksOf(from?.prompt ?? "")));
    const [config, setConfig] = useState(() => JSON.stringify(from?.config ?? {}, null, 2));
    const [message, setMessage] = useState("");
    const [production, setProduction] = useState(false);
    const [problem, setProblem] = useState("");
    const [busy, setBusy] = useState(false);
    const content = contentOf(type, blocks);
    const wanted = useMemo(() => inputs(content), [type, blocks]);
    const patch = (key: number, change: Partial<Block>) => setBlocks((now) => now.map((each) => (each.key === key ? { ...each, ...change } : each)));
    const move = (at: number, by: number) => setBlocks((now) => now.map((each, n) => (n === at ? (now[at + by] ?? each) : n === at + by ? now[at] : each)));
    const settings = parsed(config);
    const wrong = !name.trim() ? "A prompt needs a name" : !settings ? "Config is not JSON" : type === "chat" && !blocks.length ? "A chat needs a message" : null;
    const kept = useProtectedLabels(url.project);
    const save = async () => {
        if (wrong || !settings) return;
        const moves = production && Boolean(from) && kept.includes("production");
        if (moves && !confirm(`“production” is protected. Move it to the new version of ${name.trim()}?`)) return;
        setBusy(true);
        try {
            const { version } = await createVersion(url.project, { name: name.trim(), type, prompt: content, config: settings.value, labels: production ? ["production"] : [], ...(message.trim() && { commitMessage: message.trim() }) }, moves);
            saved(name.trim(), version);
        } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
            setBusy(false);
        }
    };
    const switchTo = (to: PromptType) => {
        setType(to);
        setBlocks(keyed(to === "chat" ? [{ role: "system", text: blocks[0]?.text ?? "", placeholder: false, rest: {} }] : [{ role: "", text: blocks.map(({ text }) => text).join("\n\n"), placeholder: false, rest: {} }]));
    };
    return (
        <section className="panel prompt-form" aria-label={from ? "New version" : "New prompt"}>
            <form
                onSubmit={(event) => {
                    event.preventDefault();
                    void save();
                }}
            >
                <header className="row">
                    <h2 className="grow">{from ? `New version, from version ${from.version}` : "New prompt"}</h2>
                    <button type="button" className="button bare icon" onClick={close} aria-label="Close without keeping">
                        <Icon name="close" />
                    </button>
                </header>
                {!from && (
                    <div className="row prompt-form-head">
                        <label className="grow">
                            Name
                            <input className="input" value={name} maxLength={255} placeholder="support/reply" autoFocus onChange={(event) => setName(event.target.value)} />
                        </label>
                        <fieldset className="row joined-set">
                            <legend className="sr">Type</legend>
                            {(["text", "chat"] as const).map((each) => (
                                <button key={each} type="button" className="button" aria-pressed={type === each} onClick={() => each !== type && switchTo(each)}>{each === "text" ? "Text" : "Chat"}</button>
                            ))}
                        </fieldset>
                    </div>
                )}
                {type === "text" ? (
                    <WordsEditor key={blocks[0]?.key} label="The prompt's words" text={blocks[0]?.text ?? ""} change={(text) => blocks[0] && patch(blocks[0].key, { text })} />
                ) : (
                    <ol className="prompt-blocks">
                        {blocks.map((block, at) => (
                            <li key={block.key}>
                                <div className="row">
                                    {block.placeholder ? (
                                        <label className="row grow">
                                            Placeholder
                                            <input className="input mono" value={block.text} aria-label={`Placeholder ${at + 1}`} onChange={(event) => patch(block.key, { text: event.target.value })} />
                                        </label>
                                    ) : (
                                        <select className="input" aria-label={`Role of message ${at + 1}`} value={block.role} onChange={(event) => patch(block.key, { role: event.target.value })}>
                                            {[...new Set([...ROLES, block.role])].map((role) => <option key={role} value={role}>{visible(role)}</option>)}
                                        </select>
                                    )}
                                    <span className="grow" />
                                    <button type="button" className="button bare small icon" aria-label={`Move message ${at + 1} up`} disabled={at === 0} onClick={() => move(at, -1)}><Icon name="up" small /></button>
                                    <button type="button" className="button bare small icon" aria-label={`Move message ${at + 1} down`} disabled={at === blocks.length - 1} onClick={() => move(at, 1)}><Icon name="down" small /></button>
                                    <button type="button" className="button bare small icon" aria-label={`Remove message ${at + 1}`} onClick={() => setBlocks(blocks.filter(({ key }) => key !== block.key))}><Icon name="close" small /></button>
                                </div>
                                {!block.placeholder && <WordsEditor label={`Message ${at + 1}`} text={block.text} change={(text) => patch(block.key, { text })} />}
                            </li>
                        ))}
                        <li className="row">
                            <button type="button" className="button small" onClick={() => setBlocks([...blocks, ...keyed([{ role: "user", text: "", placeholder: false, rest: {} }])])}><Icon name="event" small /> Message</button>
                            <button type="button" className="button small" onClick={() => setBlocks([...blocks, ...keyed([{ role: "", text: "history", placeholder: true, rest: {} }])])}><Icon name="event" small /> Placeholder</button>
                        </li>
                    </ol>
                )}
                <p className="muted prompt-wanted">
                    {wanted.variables.length || wanted.placeholders.length ? (
                        <>The application fills {[...wanted.variables, ...wanted.placeholders].map((each) => <code key={each}>{visible(each)}</code>)}</>
                    ) : (
                        <>Write <code>{"{{name}}"}</code> where the application fills something in, <code>@@@langfusePrompt:name=other|label=production@@@</code> where another text prompt goes.</>
                    )}
                </p>
                <details>
                    <summary>Config</summary>
                    <textarea className="input mono prompt-config" aria-label="Config as JSON" rows={5} value={config} aria-invalid={!settings} onChange={(event) => setConfig(event.target.value)} spellCheck={false} />
                </details>
                <footer className="row">
                    <input className="input grow" aria-label="What this version is for" placeholder="What is this version for?" maxLength={500} value={message} onChange={(event) => setMessage(event.target.value)} />
                    <label className="row">
                        <input type="checkbox" checked={production} onChange={(event) => setProduction(event.target.checked)} /> production
                    </label>
                    <button type="submit" className="button primary" disabled={Boolean(wrong) || busy}>{from ? "Keep as a new version" : "Keep"}</button>
                </footer>
                {(problem || (wrong && name)) && <p className="bad" role="alert">{visible(problem || wrong || "")}</p>}
            </form>
        </section>
    );
}
