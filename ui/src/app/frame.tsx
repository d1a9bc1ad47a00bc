/* SPDX-License-Identifier: Apache-2.0 */
/* The frame around every screen: rail on the left, banners on top, the screen in the middle. */
import { type ErrorComponentProps, Outlet, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { queryClient } from "../api/queries";
import { Skeleton } from "../components/pieces";
import { shifted } from "../url/range";
import { Banners } from "./banners";
import { Help } from "./help";
import { useKeys } from "./keys";
import { type Theme, setPref, usePrefs } from "./prefs";
import { Rail, SCREENS } from "./rail";
import { useUrl } from "./url";

const Palette = lazy(() => import("../palette/palette"));

const NEXT_THEME: Record<Theme, Theme> = { system: "dark", dark: "light", light: "system" };

export function Frame() {
    const url = useUrl();
    const [help, setHelp] = useState(false);
    const [palette, setPalette] = useState(false);
    const { theme } = usePrefs();
    const { pathname } = useLocation();
    const main = useRef<HTMLElement>(null);
    useEffect(() => {
        const screen = pathname.split("/")[3];
        const label = SCREENS.find(({ id }) => id === screen)?.label ?? (screen === "compare" ? "Compare" : "vitrine");
        document.title = `${label} · ${url.project} · vitrine`;
    }, [pathname, url.project]);
    useEffect(() => {
        /* Before any editor sees it, and from within one. */
        const toggle = (event: KeyboardEvent) => {
            if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
            event.preventDefault();
            event.stopPropagation();
            setHelp(false);
            setPalette((open) => !open);
        };
        window.addEventListener("keydown", toggle, true);
        return () => window.removeEventListener("keydown", toggle, true);
    }, []);
    const shift = (by: number) => {
        const range = shifted(url.range, by);
        url.set({ from: range.from, to: range.to });
    };
    useKeys({
        "?": () => setHelp(!help),
        "g o": () => url.go(url.href("overview")),
        "g p": () => url.go(url.href("prompts")),
        "g c": () => url.go(url.href("scores")),
        "g t": () => url.go(url.href("traces")),
        "g v": () => url.go(url.href("live")),
        "g a": () => url.go(url.href("agents")),
        "g i": () => url.go(url.href("models")),
        "g e": () => url.go(url.href("sessions")),
        "g u": () => url.go(url.href("users")),
        "g l": () => url.go(url.href("logs")),
        "g m": () => url.go(url.href("metrics")),
        "g n": () => url.go(url.href("infrastructure")),
        "g q": () => url.go(url.href("query")),
        "g x": () => url.go(url.href("explain")),
        "g d": () => url.go(url.href("dashboards")),
        "g y": () => url.go(url.href("datasets")),
        "g w": () => url.go(url.href("queues")),
        "g s": () => url.go(url.href("setup")),
        "g ,": () => url.go(url.href("settings")),
        "/": () => focusFilter(main.current),
        "[": () => shift(-0.5),
        "]": () => shift(0.5),
        r: () => void queryClient.invalidateQueries(),
        d: () => setPref("theme", NEXT_THEME[theme]),
    });
    return (
        <div className="frame">
            <a className="skip" href="#main">
                Skip to the content
            </a>
            <Rail openHelp={() => setHelp(true)} openPalette={() => setPalette(true)} />
            <div className="frame-main">
                <Banners />
                <main id="main" ref={main} tabIndex={-1}>
                    <Suspense fallback={<Skeleton className="frame-wait" height={200} />}>
                        <Outlet />
                    </Suspense>
                </main>
            </div>
            {palette && (
                <Suspense fallback={null}>
                    <Palette close={() => setPalette(false)} />
                </Suspense>
            )}
            {help && <Help close={() => setHelp(false)} />}
        </div>
    );
}

function focusFilter(root: HTMLElement | null): boolean {
    const box = root?.querySelector<HTMLInputElement>("[data-filter-box]");
    box?.focus();
    box?.select();
    return !!box;
}

export function Crashed({ error }: ErrorComponentProps) {
    return (
        <div className="empty" role="alert">
            <h2>This screen failed</h2>
            <p className="mono">{error instanceof Error ? error.message : String(error)}</p>
            <button type="button" className="button" onClick={() => location.reload()}>
                Load it again
            </button>
        </div>
    );
}
