/* SPDX-License-Identifier: Apache-2.0 */
/* A section of the Overview: a heading, and content that is asked for when it comes into sight. */
import type { ReactNode } from "react";
import { useSeen } from "../../components/seen";

interface SectionProps {
    title: string;
    about: string;
    height: number;
    children: (seen: boolean) => ReactNode;
}

/** `height`: what it takes up before it is known, so that what stands below does not jump. */
export function Section({ title, about, height, children }: SectionProps) {
    const [ref, seen] = useSeen<HTMLElement>();
    return (
        <section ref={ref} className="overview-section" aria-label={title} style={seen ? undefined : { minHeight: height }}>
            <header className="section-head">
                <h2>{title}</h2>
                <p className="muted">{about}</p>
            </header>
            {children(seen)}
        </section>
    );
}
