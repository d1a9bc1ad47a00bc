/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that point an application at this project, with its key filled in; a pair made here fills in its secret, too. */
import { useState } from "react";
import { type KeyPair, makeKeyPair } from "../../api/keys";
import { useStatus } from "../../api/queries";
import type { Project } from "../../api/types";
import { Code } from "../../components/code";
import { CopyButton, Tabs } from "../../components/pieces";
import { visible } from "../../format/text";
import { keyNeeded, snippets } from "./snippets";
import { useTarget } from "./target";
import "./setup.css";

interface Props {
    project: Project;
    pair: KeyPair | null;
    made: (pair: KeyPair) => void;
}

export function Connect({ project, pair, made }: Props) {
    const status = useStatus();
    const target = useTarget(project.name, pair);
    const [id, setId] = useState("env");
    if (!target) return null;
    const all = snippets(target);
    const grpcPort = status.data?.grpc?.split(":").pop();
    const shown = all.find((each) => each.id === id) ?? all[0];
    return (
        <section className="panel connect-panel" aria-label="Lines for your application">
            <Tabs label="Language" tabs={all} at={shown.id} onPick={setId} />
            <div className="connect-code" role="tabpanel" aria-label={shown.label}>
                <p className="muted">{shown.note}</p>
                <Code label={`${shown.label} lines`} text={shown.code} />
                <dl className="connect-facts">
                    <dt>OTLP over HTTP</dt>
                    <dd className="mono">{target.origin}/v1/traces</dd>
                    <dt>OTLP over gRPC</dt>
                    <dd className="mono">{grpcPort ? `${location.hostname}:${grpcPort}, or the HTTP port itself` : location.host}</dd>
                    <dt>Public key</dt>
                    <dd className="row">
                        <span className="mono">{target.publicKey}</span> <CopyButton text={target.publicKey} what="the public key" />
                    </dd>
                    <dt>Secret key</dt>
                    <dd>
                        <Secret project={project.name} pair={pair} needed={keyNeeded(target)} made={made} />
                    </dd>
                </dl>
            </div>
        </section>
    );
}

function Secret({ project, pair, needed, made }: { project: string; pair: KeyPair | null; needed: boolean; made: (pair: KeyPair) => void }) {
    const [problem, setProblem] = useState("");
    const fill = () => makeKeyPair(project, "from the Connect screen").then(made, (error: Error) => setProblem(error.message));
    if (pair) return <>In the lines above. It is told this once: copy them before you leave.</>;
    return (
        <span className="row wrap">
            {needed ? "Was told when its pair was made; only a hash is kept here." : "OpenTelemetry needs none here: spans without a key go into this project."}
            <button type="button" className="button small" onClick={() => void fill()}>
                Fill in a new pair
            </button>
            {problem && <span className="bad" role="alert">{visible(problem)}</span>}
        </span>
    );
}
