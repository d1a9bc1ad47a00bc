/* SPDX-License-Identifier: Apache-2.0 */
/* Lines to take along: shown as they are, with a button that copies them. */
import { visible } from "../format/text";
import { CopyButton } from "./pieces";

export function Code({ label, text }: { label: string; text: string }) {
    return (
        <div className="code">
            <CopyButton text={text} what={`the ${label}`}>
                Copy
            </CopyButton>
            <pre tabIndex={0} aria-label={label}>
                {visible(text)}
            </pre>
        </div>
    );
}
