/* SPDX-License-Identifier: Apache-2.0 */
import { useState } from "react";
import { useStatus } from "../../api/queries";
import type { Project } from "../../api/types";
import { CopyButton, Tabs } from "../../components/pieces";
import { keyNeeded, snippets } from "./snippets";
import "./setup.css";

export function Connect({ project }: { project: Project }) {
    const status = useStatus();
    const target = { origin: location.origin, publicKey: project.public_key, isDefault: project.name === "default", authRequired: status.data?.auth_required ?? false };
    const all = snippets(target);
    const [id, setId] = useState(all[0].id);
    const grpcPort = status.data?.grpc?.split(":").pop();
    const shown = all.find((each) => each.id === id) ?? all[0];
    return (
        <section className="panel connect-panel">
            <Tabs label="Language" tabs={all} at={shown.id} onPick={setId} />
            <div className="connect-code">
                <p className="muted">{shown.note}</p>
                <div className="code">
                    <CopyButton text={shown.code} what={`the ${shown.label} lines`}>
                        Copy
                    </CopyButton>
                    <pre tabIndex={0} aria-label={`${shown.label} lines`}>
                        {shown.code}
                    </pre>
                </div>
                <dl className="connect-facts">
                    <dt>OTLP over HTTP</dt>
                    <dd className="mono">{target.origin}/v1/traces</dd>
                    <dt>OTLP over gRPC</dt>
                    <dd className="mono">{grpcPort ? `${location.hostname}:${grpcPort}, or the HTTP port itself` : location.host}</dd>
                    <dt>Public key</dt>
                    <dd className="row">
                        <span className="mono">{project.public_key}</span> <CopyButton text={project.public_key} what="the public key" />
                    </dd>
                    <dt>Secret key</dt>
                    <dd>
                        {keyNeeded(target)
                            ? "Was printed when the project was made; only its hash is kept here. Put it into VITRINE_SECRET_KEY."
                            : "Not needed: this server takes spans without a key into the default project."}
                    </dd>
                </dl>
            </div>
        </section>
    );
}
