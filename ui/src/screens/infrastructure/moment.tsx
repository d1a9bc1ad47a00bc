/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics of hosts and servers around a moment, for the trace screen. */
import { useMemo } from "react";
import { type Scope, useMetrics } from "../../api/queries";
import { useUrl } from "../../app/url";
import { Skeleton } from "../../components/pieces";
import { panelsFor } from "./catalogue";
import { MetricPanel } from "./panels";
import "./infrastructure.css";

const MOST = 6;

export function MomentPanels({ from, to }: { from: string; to: string }) {
    const url = useUrl();
    const scope: Scope = { project: url.project, range: { from, to }, filters: [], live: false };
    const metrics = useMetrics(scope);
    const panels = useMemo(() => panelsFor(metrics.data?.metrics ?? []).slice(0, MOST), [metrics.data]);
    if (metrics.isPending) return <Skeleton height={120} />;
    if (!panels.length) return <p className="muted">No host or server sent metrics at that time.</p>;
    return (
        <div className="infra-grid narrow">
            {panels.map((panel) => (
                <MetricPanel key={panel.id} panel={panel} scope={scope} height={96} />
            ))}
        </div>
    );
}
