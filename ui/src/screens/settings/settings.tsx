/* SPDX-License-Identifier: Apache-2.0 */
/* What the project is held against. An empty field means: not set. The server's refusals name the field and stand at it. */
import { type FormEvent, useEffect, useState } from "react";
import { ApiError } from "../../api/client";
import { saveSettings, type Settings, useSettings } from "../../api/sections";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Failure, Skeleton } from "../../components/pieces";
import { visible } from "../../format/text";
import { Prices } from "./prices";
import "./settings.css";

interface Draft {
    latency: string; /* seconds */
    budget: string; /* dollars */
    score: string;
    least: string;
}

const draftOf = (settings: Settings): Draft => ({
    latency: settings.latency_target === null ? "" : String(settings.latency_target / 1e9),
    budget: settings.monthly_budget === null ? "" : String(settings.monthly_budget / 1e9),
    score: settings.success_score?.name ?? "",
    least: settings.success_score ? String(settings.success_score.least) : "",
});

/** A number as people type it, in the API's unit; a text that is none goes to the server, which says what it expected. */
const scaled = (text: string, unit: number): number | null => (text.trim() === "" ? null : ((Number.isFinite(Number(text)) ? Math.round(Number(text) * unit) : text) as number));

function settingsOf(draft: Draft): Omit<Settings, "updated"> {
    const name = draft.score.trim();
    return {
        latency_target: scaled(draft.latency, 1e9),
        monthly_budget: scaled(draft.budget, 1e9),
        success_score: name ? { name, least: draft.least.trim() === "" ? 0.5 : ((Number.isFinite(Number(draft.least)) ? Number(draft.least) : draft.least) as number) } : null,
    };
}

/* In the units of the form, for what the API says in its own. */
const EXPECTED: Record<keyof Draft, string> = {
    latency: "Expected seconds between 0.001 and 86400.",
    budget: "Expected dollars above 0, at most 100 million.",
    score: "Expected a score’s name of at most 500 bytes.",
    least: "Expected a number.",
};

function fieldOf(error: unknown): keyof Draft | null {
    if (!(error instanceof ApiError)) return null;
    const at = error.message.split(":")[0];
    return ({ latency_target: "latency", monthly_budget: "budget", "success_score.name": "score", "success_score.least": "least" } as Record<string, keyof Draft>)[at] ?? null;
}

export default function SettingsScreen() {
    const url = useUrl();
    const settings = useSettings(url.project);
    return (
        <>
            <header className="topbar">
                <h1>Settings</h1>
            </header>
            <div className="scroll">
                <div className="settings">
                    {settings.error && <Failure error={settings.error} retry={() => settings.refetch()} what="The settings" />}
                    {!settings.data && !settings.error && <Skeleton height={320} />}
                    {settings.data && <Form key={url.project} settings={settings.data} />}
                    <Prices key={`prices ${url.project}`} />
                </div>
            </div>
        </>
    );
}

function Form({ settings }: { settings: Settings }) {
    const url = useUrl();
    const [draft, setDraft] = useState(() => draftOf(settings));
    const [state, setState] = useState<"" | "saving" | "saved">("");
    const [error, setError] = useState<unknown>(null);
    const changed = JSON.stringify(draft) !== JSON.stringify(draftOf(settings));
    useEffect(() => setDraft(draftOf(settings)), [settings.updated]);
    const set = (patch: Partial<Draft>) => {
        setDraft({ ...draft, ...patch });
        setState("");
    };
    const save = async (event: FormEvent) => {
        event.preventDefault();
        setState("saving");
        setError(null);
        try {
            await saveSettings(url.project, settingsOf(draft));
            setState("saved");
        } catch (cause) {
            setError(cause);
            setState("");
        }
    };
    const wrong = fieldOf(error);
    const field = (id: keyof Draft, label: string, unit: string, placeholder: string, help: string, numeric = true) => (
        <div className="setting">
            <label htmlFor={`setting-${id}`}>{label}</label>
            <span className="setting-box">
                <input
                    id={`setting-${id}`} className="input" value={draft[id]} placeholder={placeholder} inputMode={numeric ? "decimal" : undefined} autoComplete="off" spellCheck={false}
                    aria-invalid={wrong === id} aria-describedby={`setting-${id}-help`} onChange={(event) => set({ [id]: event.target.value })}
                />
                <span className="muted">{unit}</span>
            </span>
            <p id={`setting-${id}-help`} className={wrong === id ? "bad" : "muted"}>{wrong === id ? EXPECTED[id] : help}</p>
        </div>
    );
    return (
        <form className="panel settings-form" aria-label="Settings of the project" onSubmit={save}>
            <fieldset>
                <legend>Targets</legend>
                {field("latency", "Latency target", "seconds", "not set", "95 % of requests should take no longer. The Overview shows p95 against it, and how many missed it.")}
                {field("budget", "Monthly budget", "dollars", "not set", "Of a calendar month in UTC. The Overview projects the month’s end and says when the budget runs out.")}
            </fieldset>
            <fieldset>
                <legend>Success</legend>
                {field("score", "Score that says success", "", "not set", "A request succeeds when its root does not fail and, where it was given this score, the score is high enough.", false)}
                {field("least", "At least", "", "0.5", "The lowest score that counts as success; of yes-or-no scores yes is 1.")}
            </fieldset>
            {error !== null && !wrong && <p className="bad" role="alert">{visible(error instanceof Error ? error.message : String(error))}</p>}
            <footer>
                <button type="submit" className="button primary" disabled={!changed || state === "saving"}>Save</button>
                <span role="status" className="muted">{state === "saved" && !changed ? "Saved." : ""}</span>
                <Go className="plain" href={url.href("overview")}>To the Overview</Go>
            </footer>
        </form>
    );
}
