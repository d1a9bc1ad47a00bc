/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model invocations: what each model did, how fast, how often it refused and what it cost; one model
 * against another or against its own past; and the calls themselves.
 */
import { useMemo } from "react";
import { useModels } from "../../api/models";
import { useProjects } from "../../api/queries";
import { useUrl } from "../../app/url";
import { FilterBar } from "../../components/filter-bar";
import { Failure, Skeleton } from "../../components/pieces";
import { Topbar } from "../../components/topbar";
import { nsToMs } from "../../format/time";
import { MODEL_FIELDS, usable } from "../../url/filters";
import { NothingHere } from "../setup/empty";
import { Calls } from "./calls";
import { Charts } from "./charts";
import { Compare } from "./compare";
import type { Shown } from "./shown";
import { Sizes } from "./sizes";
import { ModelTable } from "./table";
import "./calls.css";
import "./models.css";

export default function ModelsScreen() {
    const url = useUrl();
    const filters = useMemo(() => usable(url.filters, MODEL_FIELDS), [url.filters]);
    const scope = { ...url, filters };
    const models = useModels(scope);
    const projects = useProjects();
    const project = projects.data?.projects.find((each) => each.name === url.project);
    const data = models.data;
    const shown = useMemo<Shown | null>(() => (data ? { data, times: data.times.map(nsToMs), stepMs: nsToMs(data.step) } : null), [data]);
    return (
        <>
            <Topbar title="Models">{project?.demo && <span className="tag accent">demo data, not yours</span>}</Topbar>
            {project && project.first_span === null ? (
                <NothingHere project={project} />
            ) : (
                <div className="scroll">
                    <div className={`overview models ${models.isPlaceholderData ? "stale" : ""}`}>
                        <FilterBar fields={MODEL_FIELDS} placeholder="Filter by model, provider, service, environment, operation or prompt" />
                        {models.error && <Failure error={models.error} retry={() => models.refetch()} what="The models" />}
                        {shown && shown.data.models.length === 0 && project && <NothingHere project={project} what="model calls" />}
                        {shown && shown.data.models.length > 0 && (
                            <>
                                <ModelTable {...shown} />
                                <Compare {...shown} scope={scope} />
                                <Charts {...shown}>
                                    <Sizes {...shown} scope={scope} />
                                </Charts>
                                <Calls scope={scope} />
                            </>
                        )}
                        {!shown && !models.error && (
                            <>
                                <Skeleton height={260} />
                                <div className="charts">
                                    {Array.from({ length: 4 }, (_, at) => (
                                        <Skeleton key={at} height={236} />
                                    ))}
                                </div>
                            </>
                        )}
                    </div>
                </div>
            )}
        </>
    );
}
