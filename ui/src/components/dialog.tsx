/* SPDX-License-Identifier: Apache-2.0 */
/* A form that opens over the screen: a heading, fields, and a foot that says what went wrong. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { visible } from "../format/text";
import "./dialog.css";
import { Icon } from "./icon";

interface Props {
    title: string;
    action: string;
    close: () => void;
    /** What it does; throws in words. Closes when it is done. */
    submit: () => Promise<unknown>;
    disabled?: boolean;
    children: ReactNode;
}

export function Dialog({ title, action, close, submit, disabled, children }: Props) {
    const dialog = useRef<HTMLDialogElement>(null);
    const [problem, setProblem] = useState("");
    const [busy, setBusy] = useState(false);
    useEffect(() => {
        dialog.current?.showModal();
        dialog.current?.querySelector<HTMLElement>("input:not([type=file]), textarea, select")?.focus();
    }, []);
    const send = async () => {
        setBusy(true);
        setProblem("");
        try {
            await submit();
            close();
        } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
            setBusy(false);
        }
    };
    return (
        <dialog ref={dialog} className="dialog form-dialog" aria-label={title} onClose={close}>
            <form
                method="dialog"
                onSubmit={(event) => {
                    event.preventDefault();
                    void send();
                }}
            >
                <header>
                    <h1>{title}</h1>
                    <button type="button" className="button bare icon" onClick={close} aria-label="Close">
                        <Icon name="close" />
                    </button>
                </header>
                <div className="dialog-body">{children}</div>
                <footer className="row">
                    <span className="grow bad" role="alert">
                        {visible(problem)}
                    </span>
                    <button type="button" className="button" onClick={close}>
                        Cancel
                    </button>
                    <button type="submit" className="button primary" disabled={busy || disabled}>
                        {action}
                    </button>
                </footer>
            </form>
        </dialog>
    );
}
