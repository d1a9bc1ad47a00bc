/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the screens into dist/: one page, hashed files, nothing inline, because the server sends
 * a Content-Security-Policy that allows scripts and styles from itself only.
 * `npm run dev` proxies the API to VITRINE_URL (default: the mock of `npm run dev:mock`).
 */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.VITRINE_URL ?? "http://127.0.0.1:5180";

export default defineConfig({
    plugins: [react()],
    build: {
        outDir: "dist",
        target: ["chrome123", "firefox120", "safari17.5"],
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        sourcemap: false,
        chunkSizeWarningLimit: 900,
    },
    server: { proxy: { "/api": server, "/healthz": server } },
});
