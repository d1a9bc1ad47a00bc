/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of every screen in both themes, for looking at: node dev/shots.mjs http://127.0.0.1:5180/ /tmp/shots [name] */
import { mkdir } from "node:fs/promises";
import { launch, openPage } from "./browser.mjs";

const [base = "http://127.0.0.1:5180/", out = "/tmp/shots", only] = process.argv.slice(2);
const get = async (path) => (await fetch(new URL(path, base))).json();
const first = async (query) => (await get(`/api/v1/traces?project=demo&limit=1&${query}`)).traces[0]?.trace_id;
const failed = await first("f=status%3Derror&f=kind%3Dagent");
const rag = await first("f=kind%3Dretriever&f=status%3Dok");
const big = await first("sort=spans");
const deep = await first("f=service%3Drecursor");
const screens = {
    overview: ["/p/demo/overview", 1440, 1640],
    traces: ["/p/demo/traces", 1440, 900],
    "traces-filtered": ["/p/demo/traces?f=status=error&sort=duration", 1440, 900],
    "trace-failed": [`/p/demo/traces/${failed}`, 1440, 900],
    "trace-rag": [`/p/demo/traces/${rag}`, 1440, 900],
    "trace-usage": [`/p/demo/traces/${failed}?tab=usage`, 1440, 900],
    "trace-fields": [`/p/demo/traces/${failed}?tab=fields`, 1440, 900],
    "trace-big": [`/p/demo/traces/${big}`, 1440, 900],
    "trace-deep": [`/p/demo/traces/${deep}`, 1440, 900],
    empty: ["/p/default/overview", 1440, 900],
    logs: ["/p/demo/logs", 1440, 900],
    metrics: ["/p/demo/metrics", 1440, 900],
    "phone-overview": ["/p/demo/overview", 390, 844],
    "phone-trace": [`/p/demo/traces/${failed}`, 390, 844],
};

await mkdir(out, { recursive: true });
const browser = await launch();
for (const theme of ["dark", "light"]) {
    for (const [name, [path, width, height]] of Object.entries(screens)) {
        if (only && !name.startsWith(only)) continue;
        const { page, complaints, context } = await openPage(browser, { width, height, theme, origin: new URL(base).origin });
        await page.goto(new URL(path, base).href);
        await page.waitForFunction(() => document.querySelector("main") && !document.querySelector(".skeleton"), null, { timeout: 20_000 }).catch(() => console.log(name, "still waiting"));
        await page.waitForTimeout(250);
        await page.screenshot({ path: `${out}/${name}-${theme}.png` });
        if (complaints.length) console.log(name, theme, complaints);
        await context.close();
    }
}
await browser.close();
