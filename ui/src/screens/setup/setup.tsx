/* SPDX-License-Identifier: Apache-2.0 */
/* Connect: the same lines as on an empty project, for the day the second application comes. */
import { useState } from "react";
import type { KeyPair } from "../../api/keys";
import { useProjects } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Failure, Skeleton } from "../../components/pieces";
import { ago, nsToMs } from "../../format/time";
import { Connect } from "./connect";
import { Keys } from "./keys";

export default function SetupScreen() {
    const url = useUrl();
    const [pair, setPair] = useState<KeyPair | null>(null);
    const projects = useProjects(2_000);
    const project = projects.data?.projects.find((each) => each.name === url.project);
    return (
        <>
            <header className="topbar">
                <h1>Connect an application</h1>
            </header>
            <div className="scroll">
                <div className="connect">
                    {projects.error && <Failure error={projects.error} retry={() => projects.refetch()} what="The project" />}
                    {!project && !projects.error && <Skeleton height={320} />}
                    {project && (
                        <>
                            <div className="waiting-line" role="status">
                                <i className={`dot ${project.last_span ? "ok" : "running"}`} />
                                {project.last_span ? `Newest span: ${ago(nsToMs(project.last_span))}` : "Waiting for the first span …"}
                            </div>
                            <Connect project={project} pair={pair} made={setPair} />
                            <Keys project={project.name} pair={pair} made={setPair} />
                        </>
                    )}
                </div>
            </div>
        </>
    );
}
