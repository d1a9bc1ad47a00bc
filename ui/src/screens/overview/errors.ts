/* SPDX-License-Identifier: Apache-2.0 */
/* One colour a kind of error, the same on every screen. */
const COLORS: Record<string, string> = {
    throttle: "var(--amber-fill)",
    timeout: "var(--orange-fill)",
    content_filter: "var(--pink-fill)",
    cancelled: "var(--slate-fill)",
    client: "var(--blue-fill)",
    server: "var(--error-fill)",
    tool: "var(--violet-fill)",
};

export function errorColor(kind: string): string {
    return COLORS[kind] ?? "var(--text-3)";
}
