/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the trace away, after asking once, and goes back to the list when it is gone. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deleteTrace } from "../../api/queries";
import type { TraceShape } from "../../api/types";
import { lastList } from "../../app/lists";
import { useUrl } from "../../app/url";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import { plural } from "../../format/number";
import { clip, oneLine } from "../../format/text";
import { Dialog } from "../datasets/dialog";

export function DeleteTrace({ shape: { trace } }: { shape: TraceShape }) {
    const url = useUrl();
    const client = useQueryClient();
    const [doomed, setDoomed] = useState(false);
    const remove = async () => {
        await deleteTrace(url.project, trace.trace_id);
        url.go(lastList(url.project)?.href ?? url.href("traces"));
        void client.invalidateQueries({ predicate: ({ queryKey }) => !queryKey.includes(trace.trace_id) });
    };
    return (
        <>
            <Menu label={<Icon name="more" />} name="More about this trace" className="button bare icon" align="right">
                {(close) => (
                    <button
                        type="button"
                        className="item bad"
                        onClick={() => {
                            close();
                            setDoomed(true);
                        }}
                    >
                        Delete the trace…
                    </button>
                )}
            </Menu>
            {doomed && (
                <Dialog title="Delete this trace?" action="Delete it" close={() => setDoomed(false)} submit={remove}>
                    <p>
                        <strong>{clip(oneLine(trace.name), 80)}</strong> goes with {plural(trace.spans, "span")}, its logs and its scores, and its cost and tokens leave every total. There is no way back.
                    </p>
                </Dialog>
            )}
        </>
    );
}
