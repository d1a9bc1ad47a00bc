/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One prompt: its versions with what calls made of each, so that a version that made things worse
 * stands out; the words of one version, and what changed since another; labels, and a new version.
 */
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { usePrompts, usePromptUsage, usePromptVersions, usePromptWords } from "../../api/prompts";
import { useKeys } from "../../app/keys";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { Failure, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { clip, oneLine, visible } from "../../format/text";
import { PromptForm } from "./form";
import { joined, VersionTable } from "./versions";
import { VersionView } from "./version";
import "./prompts.css";

const number = (text: string | undefined) => (text && /^\d+$/.test(text) ? Number(text) : null);

export default function PromptScreen() {
    const { promptName: name = "" } = useParams({ strict: false }) as { promptName?: string };
    const url = useUrl();
    const list = usePrompts(url.project);
    const { prompts = [], total = 0 } = list.data ?? {};
    const kept = total > prompts.length || prompts.some((each) => each.name === name);
    const versions = usePromptVersions(url.project, name, kept);
    const usage = usePromptUsage({ ...url, filters: [] }, name);
    const rows = useMemo(() => joined(versions.data?.versions ?? [], usage.data?.versions ?? []), [versions.data, usage.data]);
    const missing = list.data !== undefined && !kept;
    const newest = versions.data?.versions[0]?.version ?? null;
    const chosen = number(url.search.a) ?? newest;
    const words = usePromptWords(url.project, name, versions.data ? chosen : null);
    const editing = url.search.edit === "1" && words.data !== undefined;
    const edit = () => url.set({ edit: "1" });
    useKeys({ e: edit });
    return (
        <>
            <Topbar title={clip(oneLine(name), 120)}>
                <Go className="button bare" href={url.href("prompts")} aria-label="All prompts">
                    <Icon name="left" small /> Prompts
                </Go>
                {versions.data && <span className="tag">{versions.data.type}</span>}
                {versions.data?.tags.map((tag) => <span key={tag} className="tag">{clip(oneLine(tag), 40)}</span>)}
                <span className="grow" />
                {versions.data && (
                    <button type="button" className="button primary" onClick={edit} disabled={!words.data} title="New version (e)">
                        <Icon name="event" small /> New version
                    </button>
                )}
            </Topbar>
            <div className="scroll">
                <div className="overview prompts-page">
                    {list.error && <Failure error={list.error} retry={() => list.refetch()} what="The prompts" />}
                    {versions.error && <Failure error={versions.error} retry={() => versions.refetch()} what="The prompt" />}
                    {missing && (
                        <p className="panel table-note">
                            This project keeps no prompt of this name.{rows.length > 0 && " Calls name it, so their numbers are here; the words are where your application got them."}
                        </p>
                    )}
                    {((versions.isPending && !missing && !list.error) || usage.isPending) && <Skeleton height={220} />}
                    {rows.length > 0 && <VersionTable name={name} rows={rows} chosen={chosen} more={versions.data?.more ?? false} />}
                    {usage.error && <Failure error={usage.error} retry={() => usage.refetch()} what="What calls made of it" />}
                    {editing && <PromptForm from={words.data} close={() => url.set({ edit: undefined }, { replace: true })} saved={(_, version) => url.go(url.prompt(name, { a: String(version) }))} />}
                    {versions.data && words.isPending && <Skeleton height={200} />}
                    {words.error && <Failure error={words.error} retry={() => words.refetch()} what={`Version ${chosen}`} />}
                    {!editing && words.data && versions.data && <VersionView words={words.data} versions={versions.data.versions} />}
                    {versions.data && versions.data.used_by.length > 0 && (
                        <section className="panel prompt-uses" aria-label="Used by">
                            <h2>Put into other prompts</h2>
                            <ul>
                                {versions.data.used_by.map((use) => (
                                    <li key={`${use.name}@${use.version}@${use.by_label}@${use.by_version}`}>
                                        <Go className="plain" href={url.prompt(use.name, { a: String(use.version) })}>{visible(use.name)} v{use.version}</Go>
                                        <span className="muted"> by {use.by_label ? `label ${visible(use.by_label)}` : `version ${use.by_version}`}</span>
                                    </li>
                                ))}
                            </ul>
                        </section>
                    )}
                </div>
            </div>
        </>
    );
}
