/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What belongs to the reader and not to the screen: theme, time zone and name. Kept in the browser, and
 * deliberately not in the URL, so that a shared link looks right to whoever opens it.
 */
import { useSyncExternalStore } from "react";
import type { Zone } from "../format/time";

export type Theme = "system" | "dark" | "light";

interface Prefs {
    theme: Theme;
    zone: Zone;
    /** Who comments and judges; empty: nobody said. */
    name: string;
}

function stored(key: string): string | null {
    try {
        return localStorage.getItem(`vitrine.${key}`);
    } catch {
        return null;
    }
}

function store(key: string, value: string): void {
    try {
        localStorage.setItem(`vitrine.${key}`, value);
    } catch {
        /* Forbidden storage only means the choice lasts as long as the page. */
    }
}

const theme = stored("theme");
let prefs: Prefs = {
    theme: theme === "dark" || theme === "light" ? theme : "system",
    zone: stored("zone") === "utc" ? "utc" : "local",
    name: stored("name") ?? "",
};
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function setPref<K extends keyof Prefs>(key: K, value: Prefs[K]): void {
    prefs = { ...prefs, [key]: value };
    store(key, value);
    applyTheme();
    for (const listener of listeners) listener();
}

export function usePrefs(): Prefs {
    return useSyncExternalStore(subscribe, () => prefs);
}

export function applyTheme(): void {
    const root = document.documentElement;
    if (prefs.theme === "system") delete root.dataset.theme;
    else root.dataset.theme = prefs.theme;
}

const darkQuery = matchMedia("(prefers-color-scheme: dark)");

/** The theme in effect; changes when the choice or the system's theme does. */
export function useDark(): boolean {
    const { theme: choice } = usePrefs();
    const system = useSyncExternalStore(
        (listener) => {
            darkQuery.addEventListener("change", listener);
            return () => darkQuery.removeEventListener("change", listener);
        },
        () => darkQuery.matches,
    );
    return choice === "system" ? system : choice === "dark";
}
