/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an element was in sight yet: what stands further down is neither asked for nor drawn. */
import { type RefObject, useEffect, useRef, useState } from "react";

/** Becomes true when any of the element is seen, and stays so. */
export function useSeen<T extends HTMLElement>(): [RefObject<T | null>, boolean] {
    const element = useRef<T>(null);
    const [seen, setSeen] = useState(false);
    useEffect(() => {
        if (seen || !element.current) return;
        const observer = new IntersectionObserver((entries) => entries.some((each) => each.isIntersecting) && setSeen(true));
        observer.observe(element.current);
        return () => observer.disconnect();
    }, [seen]);
    return [element, seen];
}
