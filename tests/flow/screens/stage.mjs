// SPDX-License-Identifier: Apache-2.0
// What every test of the screens needs: a server (VITRINE_URL, or the built binary on a fresh
// directory), Debian's Chromium, and pages that collect everything they must not do.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Api } from '../support/api.mjs';
import { eventually, patience_ms } from '../support/eventually.mjs';
import { binary, startServer } from '../support/server.mjs';

const modules = fileURLToPath(new URL('../../../ui/node_modules', import.meta.url));
export const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell';

// False, or why the screens cannot be tested here.
export function cannot() {
    if (!process.env.VITRINE_URL && !existsSync(binary)) return `${binary} is not built`;
    if (!existsSync(`${modules}/playwright-core`)) return 'ui/node_modules is missing: tools/ui installs it';
    return existsSync(chromium) ? false : `${chromium} is missing`;
}

// Registers before and after; `stage.url`, `stage.api` and `stage.browser` are there inside the tests.
export function setStage({ fresh = false } = {}) {
    const stage = {};
    if (cannot()) return stage;
    before(async () => {
        const { launch, openPage } = await import('../../../ui/dev/browser.mjs');
        const given = process.env.VITRINE_URL;
        if (given && !fresh) {
            stage.url = given.replace(/\/$/, '');
        } else {
            stage.server = await startServer();
            stage.url = stage.server.url;
        }
        stage.api = new Api(stage.url, { project: 'default' });
        stage.browser = await launch();
        stage.indexed = () => eventually(async () => assert.equal((await stage.api.status()).index.caught_up, true, 'the index is behind'));
        stage.open = async (path, options = {}) => {
            const opened = await openPage(stage.browser, { origin: stage.url, ...options });
            opened.page.setDefaultTimeout(patience_ms);
            await opened.page.goto(stage.url + path);
            await settled(opened.page);
            return opened;
        };
    });
    after(async () => {
        await stage.browser?.close();
        await stage.server?.close();
    });
    return stage;
}

// The demo project of the server under test, filled with its day of traffic unless it is already.
export async function fillDemo(stage) {
    const filled = spawnSync(binary, ['demo', '--url', stage.url, '--hours', '24', '--if-empty'], { encoding: 'utf8' });
    assert.equal(filled.status, 0, filled.stderr);
    await stage.indexed();
}

// The screen has drawn what it asked for: no placeholder is left.
export async function settled(page) {
    await page.waitForFunction(() => document.querySelector('main')?.childElementCount && !document.querySelector('.skeleton, .pane-busy'));
}

export function quiet(complaints) {
    assert.deepEqual(complaints, [], 'the page complained');
}

// The other theme without loading the page again; no colour is halfway when it returns.
export async function inTheme(page, colorScheme) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((each) => each instanceof CSSTransition).map((each) => each.finished)));
    await settled(page);
}

// Nothing moves any more: lists that measure their rows have found a place for each.
export function still(page) {
    return page.evaluate(async () => {
        const places = () => [...document.querySelectorAll('[data-index], .chart-host, h2')].reduce((sum, element) => sum + element.getBoundingClientRect().top, 0);
        for (let same = 0, before = NaN, frames = 0; same < 3 && frames < 120; frames += 1) {
            await new Promise((done) => requestAnimationFrame(done));
            const now = places();
            same = now === before ? same + 1 : 0;
            before = now;
        }
    });
}

// What axe-core holds against the page as it stands: serious things only. Of a theme alone its colours can be wrong.
export async function serious(page, { onlyColours = false } = {}) {
    if (!(await page.evaluate(() => !!globalThis.axe))) await page.evaluate(readFileSync(`${modules}/axe-core/axe.min.js`, 'utf8'));
    const runOnly = onlyColours ? { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } : ['wcag2a', 'wcag2aa', 'wcag21aa'];
    const { violations } = await page.evaluate((only) => globalThis.axe.run(document, { runOnly: only, resultTypes: ['violations'] }), runOnly);
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]);
}

// What a reader of a page this wide cannot reach: what stands right of the window, unless something around it scrolls or cuts it;
// and what makes a whole screen scroll sideways.
export function sticksOut(page) {
    return page.evaluate(() => {
        const kept = (element) => element && element !== document.body && (getComputedStyle(element).overflowX !== 'visible' || kept(element.parentElement));
        return [...document.querySelectorAll('body *')]
            .filter((element) => {
                if (element.matches('.scroll') && element.scrollWidth > element.clientWidth + 1) return true;
                const { right, width, height } = element.getBoundingClientRect();
                return width && height && right > innerWidth + 1 && !kept(element.parentElement);
            })
            .slice(0, 3)
            .map((element) => element.outerHTML.slice(0, 120));
    });
}

// Opens the screen and lets axe-core look: nothing serious may be found, and a narrow page must not scroll sideways.
export async function accessible(stage, path, options = {}) {
    const { page, complaints, context } = await stage.open(path, options);
    assert.deepEqual(await serious(page), [], path);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is wider than the window`);
    quiet(complaints);
    await context.close();
}

// The longest task of the page's main thread while `work` runs, in ms of its own CPU: what else the machine does adds nothing to it.
export async function longestTask(stage, page, work) {
    await stage.browser.startTracing(page, { categories: ['toplevel'], screenshots: false });
    let events;
    try {
        await work();
    } finally {
        events = JSON.parse((await stage.browser.stopTracing()).toString()).traceEvents;
    }
    const main = new Set(events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`));
    const tasks = events.filter(({ name, pid, tid, tdur }) => name.endsWith('RunTask') && tdur !== undefined && main.has(`${pid} ${tid}`));
    assert.ok(tasks.length > 10, `the trace holds ${tasks.length} tasks of the page`);
    return Math.max(...tasks.map(({ tdur }) => tdur)) / 1000;
}

// The same of work that can be done again, up to three times until it is below `most`: what the code takes it takes each time, a
// collection of garbage or a second in which the machine is slow does not come each time.
export async function longestTaskOf(stage, page, most, work) {
    let least = Infinity;
    for (let time = 0; time < 3 && least >= most; time += 1) least = Math.min(least, await longestTask(stage, page, work));
    return least;
}
