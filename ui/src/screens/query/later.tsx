/* SPDX-License-Identifier: Apache-2.0 */
/* What a question that took too long is offered: minutes instead of seconds, and where it is meanwhile. */
import { useState } from "react";
import type { Question } from "../../api/ask";
import { type Job, startJob } from "../../api/jobs";
import { Icon } from "../../components/icon";
import { duration, exact } from "../../format/number";
import { visible } from "../../format/text";

export function AskLater({ question, started }: { question: Question; started: (id: string) => void }) {
    const [problem, setProblem] = useState("");
    const start = () => startJob(question).then(started, (error: Error) => setProblem(error.message));
    return (
        <div className="panel note">
            <Icon name="clock" />
            <div className="grow">
                <strong>It can take its time in the background</strong>
                <p>The server answers for up to ten minutes there, one such question after the other.</p>
                {problem && <p className="bad">{visible(problem)}</p>}
            </div>
            <button type="button" className="button primary" onClick={() => void start()}>
                Ask in the background
            </button>
        </div>
    );
}

export function Working({ job, cancel }: { job: Job | undefined; cancel: () => void }) {
    const { rows, elapsed_ms } = job?.progress ?? {};
    return (
        <div className="empty panel" role="status">
            <h2>{job?.state === "running" ? "The server is working on it" : "Waiting for its turn"}</h2>
            <p>
                {elapsed_ms !== undefined && `${duration(Math.round(elapsed_ms / 1000) * 1e9)} so far`}
                {rows ? `, ${exact(rows)} rows found` : ""}
            </p>
            <button type="button" className="button" onClick={cancel}>
                <Icon name="close" small /> Cancel
            </button>
        </div>
    );
}
