/* SPDX-License-Identifier: Apache-2.0 */
/* The trace as a file: its shape, or every span as it was sent. */
import { useState } from "react";
import { apiUrl, sendForFile } from "../../api/client";
import type { TraceShape } from "../../api/types";
import { useUrl } from "../../app/url";
import { saveFile } from "../../components/files";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import { exact } from "../../format/number";
import { visible } from "../../format/text";

/* As many rows as the query language gives. */
const MOST = 10_000;

export function DownloadTrace({ shape: { trace } }: { shape: TraceShape }) {
    const url = useUrl();
    const [state, setState] = useState("");
    const whole = async () => {
        setState("Preparing …");
        const body = { query: `fields @message | filter trace_id = "${trace.trace_id}" | sort @timestamp asc | limit ${MOST}`, from: String(BigInt(trace.start) - 60_000_000_000n), to: String(BigInt(trace.end) + 60_000_000_000n), limit: MOST, format: "ndjson" };
        try {
            const rows = await (await sendForFile(apiUrl("/api/v1/query", { project: url.project }), body, "application/x-ndjson")).text();
            const spans = rows.split("\n").filter(Boolean).map((line) => (JSON.parse(line) as { "@message": string })["@message"]);
            saveFile(new Blob([`{"trace_id":"${trace.trace_id}","spans":[\n`, spans.join(",\n"), "\n]}\n"], { type: "application/json" }), `trace-${trace.trace_id}-spans.json`);
            setState("");
        } catch (error) {
            setState(error instanceof Error ? error.message : String(error));
        }
    };
    return (
        <>
            {state && <span className="muted" role="status">{visible(state)}</span>}
            <Menu label={<><Icon name="download" small /> JSON</>} name="Download the trace" className="button bare" align="right">
                {(close) => (
                    <>
                        <a className="item" href={apiUrl(`/api/v1/traces/${trace.trace_id}`, { project: url.project })} download={`trace-${trace.trace_id}.json`} onClick={close}>
                            Its shape: times, tokens, cost
                        </a>
                        <button
                            type="button"
                            className="item"
                            onClick={() => {
                                close();
                                void whole();
                            }}
                        >
                            {trace.spans > MOST ? `The first ${exact(MOST)} spans, as they were sent` : "All spans with their content, as they were sent"}
                        </button>
                    </>
                )}
            </Menu>
        </>
    );
}
