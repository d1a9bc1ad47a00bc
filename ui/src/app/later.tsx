/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A component whose code loads when it is first shown. What has loaded is drawn at once: React's Suspense holds back
 * whatever comes within 300 ms of its placeholder, which is longer than most screens take to load.
 */
import { type ComponentType, type ReactNode, useEffect, useState } from "react";

export function later<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>, meanwhile: ReactNode): ComponentType<Props> {
    let loaded: ComponentType<Props> | undefined;
    return function Later(props: Props) {
        const [{ Code, problem }, set] = useState<{ Code?: ComponentType<Props>; problem?: unknown }>({ Code: loaded });
        useEffect(() => {
            let here = true;
            if (!loaded)
                load().then(
                    ({ default: code }) => {
                        loaded = code;
                        if (here) set({ Code: code });
                    },
                    (reason: unknown) => here && set({ problem: reason }),
                );
            return () => {
                here = false;
            };
        }, []);
        if (problem) throw problem;
        return Code ? <Code {...props} /> : meanwhile;
    };
}
