/* SPDX-License-Identifier: Apache-2.0 */
/* A callback whose identity never changes and that always runs its newest version, so that rows can be memoised. */
import { useCallback, useLayoutEffect, useRef } from "react";

export function useStable<Args extends unknown[], Result>(action: (...args: Args) => Result): (...args: Args) => Result {
    const latest = useRef(action);
    useLayoutEffect(() => {
        latest.current = action;
    });
    return useCallback((...args: Args) => latest.current(...args), []);
}
