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
    { id: "csv", label: "CSV", type: "text/csv" },
    { id: "json", label: "JSON", type: "application/json" },
    { id: "ndjson", label: "NDJSON, a row a line", type: "application/x-ndjson" },
    { id: "parquet", label: "Parquet", type: "application/vnd.apache.parquet" },
] as const;

/** As many rows as the language gives. */
const ROWS_MOST = 100_000;

export function Download({ question }: { question: Question }) {
    const [state, setState] = useState("");
    const get = async (format: (typeof FORMATS)[number]) => {
        setState(`Preparing ${format.label} …`);
        const { url, body } = asked({ ...question, limit: ROWS_MOST });
        try {
            const file = await sendForFile(url, { ...body, format: format.id }, format.type);
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
