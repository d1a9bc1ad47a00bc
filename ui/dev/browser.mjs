/* SPDX-License-Identifier: Apache-2.0 */
/* The one way screens are opened by scripts and tests: Debian's Chromium, with nothing of its own on the network. */
import { chromium } from "playwright-core";

export function launch() {
    return chromium.launch({
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
        headless: true,
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
}

/** A page that collects what it must not do: errors on the console, refused content, foreign requests. */
export async function openPage(browser, { width = 1440, height = 900, theme = "dark", origin } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, timezoneId: "Europe/Berlin", locale: "en-GB" });
    const page = await context.newPage();
    const complaints = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("dialog", (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
    });
    page.on("request", (request) => origin && !request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()) && complaints.push(`foreign request: ${request.url()}`));
    return { page, complaints, context };
}
