/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the screens into dist/: one page, hashed files, nothing inline, because the server sends
 * a Content-Security-Policy that allows scripts and styles from itself only.
 * `npm run dev` proxies the API to VITRINE_URL (default: the mock of `npm run dev:mock`).
 */
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const server = process.env.VITRINE_URL ?? "http://127.0.0.1:5180";

/*
 * Chromium compiles what says so as a whole beside the page's main thread while it arrives; else the first render compiles its
 * functions one by one, a third of the time that a small screen takes. Large libraries of which a screen uses little are left alone.
 */
const COMPILED_AHEAD_BYTES = 100_000;
const compiledAhead: Plugin = {
    name: "compiled-ahead",
    generateBundle: {
        order: "post",
        handler(_, bundle) {
            for (const file of Object.values(bundle))
                if (file.type === "chunk" && (file.isEntry || file.code.length < COMPILED_AHEAD_BYTES)) file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
        },
    },
};

export default defineConfig({
    plugins: [react(), compiledAhead],
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
