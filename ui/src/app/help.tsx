/* SPDX-License-Identifier: Apache-2.0 */
import { useEffect, useRef } from "react";
import { Icon } from "../components/icon";
import { HELP } from "./keys";

export function Help({ close }: { close: () => void }) {
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => dialog.current?.showModal(), []);
    return (
        <dialog ref={dialog} className="help" aria-labelledby="help-title" onClose={close} onClick={(event) => event.target === dialog.current && close()}>
            <header>
                <h1 id="help-title">Keyboard</h1>
                <button type="button" className="button bare icon" onClick={close} aria-label="Close">
                    <Icon name="close" />
                </button>
            </header>
            <div className="help-body">
                {HELP.map(({ title, keys }) => (
                    <section key={title}>
                        <h3>{title}</h3>
                        <dl>
                            {keys.map(([combo, meaning]) => (
                                <div key={combo}>
                                    <dt>
                                        {combo.split(/\s+/).map((key) => (/^[…,]$/.test(key) || key.length > 6 ? <span key={key}>{key}</span> : <kbd key={key}>{key}</kbd>))}
                                    </dt>
                                    <dd>{meaning}</dd>
                                </div>
                            ))}
                        </dl>
                    </section>
                ))}
            </div>
        </dialog>
    );
}
