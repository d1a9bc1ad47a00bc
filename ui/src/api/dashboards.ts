/* SPDX-License-Identifier: Apache-2.0 */
/* Dashboards as docs/dashboards.md describes them, and the questions about them. */
import { useQuery } from "@tanstack/react-query";
import type { View } from "../results/shape";
import type { Unit } from "../results/units";
import { ApiError, apiUrl, getJson, sendJson } from "./client";
import { queryClient } from "./queries";
import type { Ns } from "./types";

export interface Place {
    x: number;
    y: number;
    w: number;
    h: number;
}

export interface Widget extends Place {
    id: string;
    title?: string;
    view: View;
    source?: string;
    query: string;
    unit?: NonNullable<Unit>;
}

export interface Variable {
    name: string;
    label?: string;
    source?: string;
    field: string;
    default?: string;
}

export interface Dashboard {
    version: 1;
    title: string;
    description?: string;
    variables?: Variable[];
    widgets: Widget[];
}

export interface DashboardEntry {
    id: string;
    builtin: boolean;
    title: string;
    description: string;
    widgets: number;
    revision: number | null;
    updated: Ns | null;
}

export interface StoredDashboard {
    id: string;
    builtin: boolean;
    revision: number | null;
    updated: Ns | null;
    dashboard: Dashboard;
}

export function useDashboards(project: string) {
    return useQuery({
        queryKey: ["dashboards", project],
        queryFn: ({ signal }) => getJson<{ dashboards: DashboardEntry[] }>("/api/v1/dashboards", { project }, signal),
    });
}

const path = (id: string) => `/api/v1/dashboards/${encodeURIComponent(id)}`;

export function useDashboard(project: string, id: string) {
    return useQuery({
        queryKey: ["dashboard", project, id],
        queryFn: ({ signal }) => getJson<StoredDashboard>(path(id), { project }, signal),
        staleTime: 10_000,
    });
}

/** After any change the lists and the dashboard are asked for again. */
async function changed<T>(project: string, id: string, made: Promise<T>): Promise<T> {
    const result = await made;
    await Promise.all([queryClient.invalidateQueries({ queryKey: ["dashboards", project] }), queryClient.invalidateQueries({ queryKey: ["dashboard", project, id] })]);
    return result;
}

interface Saved {
    id: string;
    revision: number;
}

export function createDashboard(project: string, dashboard: unknown): Promise<Saved> {
    return changed(project, "", sendJson<Saved>("POST", apiUrl("/api/v1/dashboards", { project }), dashboard));
}

export function updateDashboard(project: string, id: string, revision: number, dashboard: Dashboard): Promise<Saved> {
    return changed(project, id, sendJson<Saved>("PUT", apiUrl(path(id), { project, revision }), dashboard));
}

export function deleteDashboard(project: string, id: string): Promise<unknown> {
    return changed(project, id, sendJson("DELETE", apiUrl(path(id), { project }), undefined));
}

/** Puts one more widget at the end; once more from the newest state when somebody else was quicker. */
export async function addWidget(project: string, id: string, widget: Omit<Widget, "id" | keyof Place>, again = true): Promise<void> {
    const stored = await getJson<StoredDashboard>(path(id), { project });
    const { dashboard } = stored;
    const end = dashboard.widgets.reduce((most, each) => Math.max(most, each.y + each.h), 0);
    const place = { x: 0, y: end, w: widget.view === "number" ? 3 : 6, h: widget.view === "number" ? 2 : 5 };
    const next = { ...dashboard, widgets: [...dashboard.widgets, { id: freshId(dashboard.widgets), ...widget, ...place }] };
    try {
        await updateDashboard(project, id, stored.revision ?? 1, next);
    } catch (error) {
        if (!again || !(error instanceof ApiError) || error.code !== 409) throw error;
        await addWidget(project, id, widget, false);
    }
}

export function freshId(widgets: readonly { id: string }[]): string {
    const taken = new Set(widgets.map(({ id }) => id));
    let number = widgets.length + 1;
    while (taken.has(`w${number}`)) number += 1;
    return `w${number}`;
}
