/* SPDX-License-Identifier: Apache-2.0 */
/* The span as it was sent, as JSON. */
import { useQuery } from "@tanstack/react-query";
import { apiUrl, getContent } from "../../api/client";
import { useUrl } from "../../app/url";
import { LongText } from "../../components/long-text";
import { Failure, Skeleton } from "../../components/pieces";

const HEAD = 64 * 1024;

export function Raw({ traceId, spanId }: { traceId: string; spanId: string }) {
    const url = useUrl();
    const href = apiUrl(`/api/v1/traces/${traceId}/spans/${spanId}/content`, { path: "raw", project: url.project });
    const raw = useQuery({ queryKey: ["raw", href], queryFn: () => getContent(href, 0, HEAD), staleTime: 60_000 });
    if (raw.error) return <Failure error={raw.error} retry={() => raw.refetch()} what="The record" />;
    if (!raw.data) return <Skeleton height={200} />;
    const { text, total, end } = raw.data;
    return (
        <div className="content">
            <LongText text={end < total ? { head: text, bytes: total, href } : text} what="the span as it was sent" mono open />
        </div>
    );
}
