/* SPDX-License-Identifier: Apache-2.0 */
/* The version of a prompt that a call was made with, when it says so. */
import type { SpanDetail } from "../../api/types";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Icon } from "../../components/icon";
import { clip, oneLine } from "../../format/text";

export function PromptLink({ detail }: { detail: SpanDetail }) {
    const url = useUrl();
    const text = (name: string) => {
        const value = detail.fields.find((field) => field.name === name)?.value;
        return value === undefined || value === null ? "" : String(value);
    };
    const [name, version] = [text("prompt"), text("prompt_version")];
    if (!name) return null;
    return (
        <p className="prompt-link">
            <Go className="plain" href={url.prompt(name, { a: version })} title="This version beside the others">
                <Icon name="prompts" small /> {clip(oneLine(name), 120)}{version && ` v${clip(oneLine(version), 20)}`}
            </Go>
        </p>
    );
}
