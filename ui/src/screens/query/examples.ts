/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to start from; each answers something on the demo project as it stands. */
import { type Source, SQL } from "../../api/ask";

export interface Example {
    title: string;
    source: Source | typeof SQL;
    query: string;
}

export const EXAMPLES: Example[] = [
    { title: "Calls over time, by model", source: "spans", query: "filter kind = \"llm\"\n| stats count(*) as calls by bin(30m), model" },
    { title: "What each model costs", source: "spans", query: "filter billed = 1\n| stats sum(cost) as spent, count(*) as calls, pct(duration, 95) as p95 by model\n| sort spent desc" },
    { title: "Latency percentiles over time", source: "spans", query: "filter kind = \"llm\"\n| stats pct(duration, 50) as p50, pct(duration, 95) as p95, pct(duration, 99) as p99 by bin(30m)" },
    { title: "The slowest model calls", source: "spans", query: "filter kind = \"llm\"\n| fields @timestamp, name, model, duration, ttft, cost\n| sort duration desc\n| limit 50" },
    { title: "Which errors, how often", source: "spans", query: "filter status = \"error\"\n| stats count(*) as errors by error_kind, model\n| sort errors desc" },
    { title: "Which tool fails", source: "spans", query: "filter kind = \"tool\"\n| stats count(*) as calls, sum(status = \"error\") as failed, avg(duration) as mean by tool\n| sort failed desc" },
    { title: "Spend of the day", source: "spans", query: "filter billed = 1\n| stats sum(cost) as spent" },
    { title: "Who spends most", source: "traces", query: "stats sum(cost) as spent, count(*) as requests by user\n| sort spent desc\n| limit 20" },
    { title: "How long requests take", source: "traces", query: "fields @timestamp, name, duration, cost\n| sort duration desc\n| limit 1000" },
    { title: "Each user's dearest request, in SQL", source: SQL, query: "SELECT user_id, name, max(cost) AS cost, count(*) AS requests\nFROM traces WHERE user_id IS NOT NULL\nGROUP BY ALL ORDER BY cost DESC LIMIT 20" },
    { title: "What the logs have in common", source: "logs", query: "pattern @message" },
];
