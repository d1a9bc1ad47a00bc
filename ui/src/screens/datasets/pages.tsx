/* SPDX-License-Identifier: Apache-2.0 */
/* Which part of a long list is shown, and the way to its neighbours; the place is in the URL. */
import { useUrl } from "../../app/url";
import { exact } from "../../format/number";
import "./datasets.css";

export function Pages({ skip, size, total }: { skip: number; size: number; total: number }) {
    const url = useUrl();
    if (total <= size && skip === 0) return null;
    const to = (next: number) => url.set({ skip: next > 0 ? String(next) : undefined });
    return (
        <nav className="dataset-pages" aria-label="Pages">
            <button type="button" className="button small" disabled={skip === 0} onClick={() => to(skip - size)}>
                Before
            </button>
            <span className="muted">
                {exact(Math.min(skip + 1, total))} to {exact(Math.min(skip + size, total))} of {exact(total)}
            </span>
            <button type="button" className="button small" disabled={skip + size >= total} onClick={() => to(skip + size)}>
                Next
            </button>
        </nav>
    );
}
