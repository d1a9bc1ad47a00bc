/* SPDX-License-Identifier: Apache-2.0 */
/* One colour a kind of error, the same on every screen. */
const COLORS: Record<string, string> = {
    throttle: "var(--amber)",
    timeout: "var(--orange)",
    content_filter: "var(--pink)",
    cancelled: "var(--slate)",
    client: "var(--blue)",
    server: "var(--error-fill)",
    tool: "var(--violet)",
};

export function errorColor(kind: string): string {
    return COLORS[kind] ?? "var(--text-3)";
}
