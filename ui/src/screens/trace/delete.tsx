/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the trace away, after asking once, and goes back to the list when it is gone. */
import { useQueryClient } from "@tanstack/react-query";
import { deleteTrace } from "../../api/queries";
import type { TraceShape } from "../../api/types";
import { lastList } from "../../app/lists";
import { useUrl } from "../../app/url";
import { DeleteMenu } from "../../components/delete-menu";
import { plural } from "../../format/number";
import { clip, oneLine } from "../../format/text";

export function DeleteTrace({ shape: { trace } }: { shape: TraceShape }) {
    const url = useUrl();
    const client = useQueryClient();
    const remove = async () => {
        await deleteTrace(url.project, trace.trace_id);
        url.go(lastList(url.project)?.href ?? url.href("traces"));
        void client.invalidateQueries({ predicate: ({ queryKey }) => !queryKey.includes(trace.trace_id) });
    };
    return (
        <DeleteMenu what="the trace" remove={remove}>
            <strong>{clip(oneLine(trace.name), 80)}</strong> goes with {plural(trace.spans, "span")}, its logs and its scores, and its cost and tokens leave every total. There is no way back.
        </DeleteMenu>
    );
}
