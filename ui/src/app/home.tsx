/* SPDX-License-Identifier: Apache-2.0 */
/* `/` leads to the project with the newest data, so that a first visit lands on something to see. */
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { useProjects } from "../api/queries";
import type { Project } from "../api/types";
import { Go } from "../components/go";
import { Failure } from "../components/pieces";
import { screenHref } from "../url/href";

/** The reader's own data first; the demo only while there is nothing else. */
function homeProject(projects: readonly Project[]): Project | undefined {
    const used = projects.filter((each) => each.last_span !== null);
    const own = used.filter((each) => !each.demo);
    const newest = (own.length ? own : used).sort((a, b) => (BigInt(b.last_span!) > BigInt(a.last_span!) ? 1 : -1));
    return newest[0] ?? projects.find((each) => !each.demo) ?? projects[0];
}

export function HomeScreen() {
    const router = useRouter();
    const projects = useProjects();
    useEffect(() => {
        if (!projects.data) return;
        const first = homeProject(projects.data.projects);
        router.history.replace(screenHref(first?.name ?? "default", "overview"));
    }, [projects.data, router]);
    return projects.error ? <Failure error={projects.error} retry={() => projects.refetch()} what="The projects" /> : null;
}

export function NotFound() {
    return (
        <div className="empty">
            <h2>There is no such screen</h2>
            <p>The address may have been cut when it was copied.</p>
            <Go className="button" href="/">
                Go to the overview
            </Go>
        </div>
    );
}
