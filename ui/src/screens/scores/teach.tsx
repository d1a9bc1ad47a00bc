/* SPDX-License-Identifier: Apache-2.0 */
/* Where scores come from, while there are none. */
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Code } from "../../components/code";
import "../setup/setup.css";

export function Teach({ ever }: { ever: boolean }) {
    const url = useUrl();
    const { origin } = window.location;
    const body = JSON.stringify({ name: "helpful", value: true, trace_id: "…", source: "feedback" });
    const command = `curl '${origin}/api/v1/scores?project=${encodeURIComponent(url.project)}' -H 'content-type: application/json' \\\n  -d '${body}'`;
    return (
        <div className="empty scores-teach">
            <h2>No scores in this time range</h2>
            <p>A score says how good something was: a trace, a part of it, a session or a run over a dataset. People, judges and programs give them; this screen shows how they move, how they are spread and how far two of them agree.</p>
            <Code label="call" text={command} />
            <p className="muted">
                Langfuse’s SDKs (<code>create_score</code>, <code>score.create</code>), OpenTelemetry’s <code>gen_ai.evaluation.result</code> events and the thumbs on a trace make scores too.
                {ever ? " Or look further back." : " First come traces: "}
                {!ever && <Go className="plain" href={url.href("setup")}>connect an application</Go>}
            </p>
        </div>
    );
}
