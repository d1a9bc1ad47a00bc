/* SPDX-License-Identifier: Apache-2.0 */
/* "More about this …" with one thing in it: to delete it, after asking once what goes with it. */
import { type ReactNode, useState } from "react";
import { Dialog } from "./dialog";
import { Icon } from "./icon";
import { Menu } from "./menu";

interface Props {
    /** What it is: "the trace". */
    what: string;
    /** For readers of one row among many; else "this trace" will do. */
    name?: string;
    small?: boolean;
    /** What goes with it, and what stays. */
    children: ReactNode;
    remove: () => Promise<unknown>;
}

export function DeleteMenu({ what, name, small, children, remove }: Props) {
    const [doomed, setDoomed] = useState(false);
    const one = what.replace(/^the /, "this ").replace(/ with .*/, "");
    return (
        <>
            <Menu label={<Icon name="more" small={small} />} name={`More about ${name ?? one}`} className={`button bare icon ${small ? "small" : ""}`} align="right">
                {(close) => (
                    <button
                        type="button"
                        className="item bad"
                        onClick={() => {
                            close();
                            setDoomed(true);
                        }}
                    >
                        Delete {what}…
                    </button>
                )}
            </Menu>
            {doomed && (
                <Dialog title={`Delete ${one}?`} action="Delete it" close={() => setDoomed(false)} submit={remove}>
                    <p>{children}</p>
                </Dialog>
            )}
        </>
    );
}
