/* SPDX-License-Identifier: Apache-2.0 */
/* The answer as a file, made by the server: more rows than a screen loads. */
import { useState } from "react";
import { asked, type Question } from "../../api/ask";
import { sendForFile } from "../../api/client";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import { visible } from "../../format/text";
import { saveFile } from "../../components/files";

const FORMATS = [
    { id: "csv", label: "CSV", type: "text/csv", rows: 1_000_000, failure: /(?:^|\r\n)#error,(.*)\r\n$/s },
    { id: "json", label: "JSON", type: "application/json", rows: 100_000, failure: undefined },
    { id: "ndjson", label: "NDJSON, a row a line", type: "application/x-ndjson", rows: 1_000_000, failure: /(?:^|\n)\{"error":(.*)\}\n$/ },
    { id: "parquet", label: "Parquet", type: "application/vnd.apache.parquet", rows: 1_000_000, failure: undefined },
] as const;

type Format = (typeof FORMATS)[number];

/** A large answer is sent while it is made; one that failed on the way says so in its last line. */
async function failureOf(file: Blob, format: Format): Promise<string | undefined> {
    return format.failure?.exec(await file.slice(-4096).text())?.[1];
}

export function Download({ question }: { question: Question }) {
    const [state, setState] = useState("");
    const get = async (format: Format) => {
        setState(`Preparing ${format.label} …`);
        const { url, body } = asked({ ...question, limit: format.rows });
        try {
            const file = await sendForFile(url, { ...body, format: format.id }, format.type);
            const failure = await failureOf(file, format);
            if (failure) throw new Error(`The answer broke off: ${failure}`);
            saveFile(file, `${question.project}-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-")}.${format.id}`);
            setState("");
        } catch (error) {
            setState(error instanceof Error ? error.message : String(error));
        }
    };
    return (
        <>
            {state && (
                <span className="muted" role="status">
                    {visible(state)}
                </span>
            )}
            <Menu label={<><Icon name="download" small /> Download</>} name="Download the answer" className="button small" align="right">
                {(close) =>
                    FORMATS.map((format) => (
                        <button
                            key={format.id}
                            type="button"
                            className="item"
                            onClick={() => {
                                close();
                                void get(format);
                            }}
                        >
                            {format.label}
                        </button>
                    ))
                }
            </Menu>
        </>
    );
}
