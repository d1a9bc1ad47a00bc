/* SPDX-License-Identifier: Apache-2.0 */
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import type { Screen } from "../../url/href";

export function Nobody({ noun, list }: { noun: string; list: Screen }) {
    const url = useUrl();
    return (
        <div className="empty">
            <h2>No trace names this {noun}</h2>
            <p>Its traces may have been dropped by retention, or the address is of another project.</p>
            <Go className="button" href={url.href(list)}>All {list}</Go>
        </div>
    );
}
