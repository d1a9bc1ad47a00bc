/* SPDX-License-Identifier: Apache-2.0 */
/* A section of the Overview: a heading, and content that is asked for when it comes near the window. */
import { type ReactNode, useEffect, useRef, useState } from "react";

const AHEAD = "400px";

/** True from the first time the element is within a screenful of being seen. */
function useNear() {
    const ref = useRef<HTMLElement>(null);
    const [near, setNear] = useState(false);
    useEffect(() => {
        if (near || !ref.current) return;
        const observer = new IntersectionObserver((entries) => entries.some((each) => each.isIntersecting) && setNear(true), { rootMargin: AHEAD });
        observer.observe(ref.current);
        return () => observer.disconnect();
    }, [near]);
    return [ref, near] as const;
}

interface SectionProps {
    title: string;
    about: string;
    height: number;
    children: (near: boolean) => ReactNode;
}

/** `height`: what it takes up before it is known, so that what stands below does not jump. */
export function Section({ title, about, height, children }: SectionProps) {
    const [ref, near] = useNear();
    return (
        <section ref={ref} className="overview-section" aria-label={title} style={near ? undefined : { minHeight: height }}>
            <header className="section-head">
                <h2>{title}</h2>
                <p className="muted">{about}</p>
            </header>
            {children(near)}
        </section>
    );
}
