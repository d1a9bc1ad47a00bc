/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scores: what each says over time and how it is spread, and how far two of them agree. `a` is the score looked at,
 * `b` the one it is compared with, `acell` and `bcell` the part of them whose traces are listed.
 */
import { type ScoreKey, useScoreSummaries } from "../../api/score-analytics";
import { useProjects } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Failure, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { Compare } from "./compare";
import { Detail } from "./detail";
import { ScoreTable } from "./table";
import { Teach } from "./teach";
import { comparable, keyOf } from "./words";
import "./scores.css";

export default function ScoresScreen() {
    const url = useUrl();
    const summaries = useScoreSummaries(url);
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const scores = summaries.data?.scores ?? [];
    const first = scores[0];
    const a: ScoreKey | null = keyOf(url.search.a) ?? (first ? { name: first.name, type: first.type, source: "" } : null);
    const b = keyOf(url.search.b);
    return (
        <>
            <Topbar title="Scores">{project?.demo && <span className="tag accent">demo data, not yours</span>}</Topbar>
            <div className="scroll">
                <div className={`overview score-screen ${summaries.isPlaceholderData ? "stale" : ""}`}>
                    {summaries.error && <Failure error={summaries.error} retry={() => summaries.refetch()} what="The scores" />}
                    {summaries.isPending && <Skeleton height={260} />}
                    {summaries.data && !scores.length && <Teach ever={!!project && project.last_span !== null} />}
                    {summaries.data && scores.length > 0 && <ScoreTable scores={scores} chosen={a} />}
                    {a && scores.length > 0 && <Detail key={url.search.a} a={a} b={b} scores={scores} />}
                    {a && b && scores.length > 0 && comparable(a.type) && comparable(b.type) && <Compare a={a} b={b} />}
                </div>
            </div>
        </>
    );
}
