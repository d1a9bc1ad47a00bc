/* SPDX-License-Identifier: Apache-2.0 */
/* The routes: one project in front, one screen behind it. */
import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { Skeleton } from "../components/pieces";
import { screenHref } from "../url/href";
import { parseSearch, type Search, stringifySearch } from "../url/search";
import { Crashed, Frame } from "./frame";
import { HomeScreen, NotFound } from "./home";
import { later } from "./later";

const root = createRootRoute({ notFoundComponent: NotFound, errorComponent: Crashed });

const home = createRoute({ getParentRoute: () => root, path: "/", component: HomeScreen });

const project = createRoute({ getParentRoute: () => root, path: "/p/$project", component: Frame });

const projectHome = createRoute({
    getParentRoute: () => project,
    path: "/",
    beforeLoad: ({ params }) => {
        throw redirect({ href: screenHref(params.project, "overview") });
    },
});

const loaders = new Map<string, () => Promise<unknown>>();

/** A screen is code of its own, which loads when somebody goes there. */
function screen<Props extends object>(path: string, load: () => Promise<{ default: ComponentType<Props> }>, props = {} as Props) {
    const Screen = later(load, <Skeleton className="frame-wait" height={200} />);
    loaders.set(path, load);
    return createRoute({ getParentRoute: () => project, path, component: () => <Screen {...props} /> });
}

/** Begins to load the screen of this address; React, which asks for it again, may take its time to start. */
export function loadScreen(pathname: string): void {
    const parts = pathname.split("/").slice(3);
    const fits = (path: string) => {
        const own = path.split("/");
        return own.length === parts.length && own.every((part, at) => part.startsWith("$") || part === parts[at]);
    };
    for (const [path, load] of loaders) if (fits(path)) load().catch(() => undefined);
}

export const router = createRouter({
    routeTree: root.addChildren([
        home,
        project.addChildren([
            projectHome,
            screen("overview", () => import("../screens/overview/overview")),
            screen("traces", () => import("../screens/traces/traces")),
            screen("traces/$traceId", () => import("../screens/trace/trace")),
            screen("live", () => import("../screens/live/live")),
            screen("compare", () => import("../screens/compare/compare")),
            screen("models", () => import("../screens/models/models")),
            screen("agents", () => import("../screens/agents/agents")),
            screen("prompts", () => import("../screens/prompts/prompts")),
            screen("prompts/$promptName", () => import("../screens/prompts/prompt")),
            screen("scores", () => import("../screens/scores/scores")),
            screen("sessions", () => import("../screens/people/sessions")),
            screen("sessions/$sessionId", () => import("../screens/people/session")),
            screen("users", () => import("../screens/people/users")),
            screen("users/$userId", () => import("../screens/people/user")),
            screen("logs", () => import("../screens/logs/logs")),
            screen("metrics", () => import("../screens/metrics/metrics")),
            screen("infrastructure", () => import("../screens/infrastructure/infrastructure")),
            screen("query", () => import("../screens/query/query")),
            screen("explain", () => import("../screens/explain/explain")),
            screen("dashboards", () => import("../screens/dashboards/dashboards")),
            screen("dashboards/$dashboardId", () => import("../screens/dashboards/dashboard")),
            screen("datasets", () => import("../screens/datasets/datasets")),
            screen("datasets/$datasetId", () => import("../screens/datasets/dataset"), { part: "runs" }),
            screen("datasets/$datasetId/items", () => import("../screens/datasets/dataset"), { part: "items" }),
            screen("datasets/$datasetId/compare", () => import("../screens/datasets/compare")),
            screen("queues", () => import("../screens/queues/queues")),
            screen("queues/$queueId", () => import("../screens/queues/queue")),
            screen("setup", () => import("../screens/setup/setup")),
            screen("settings", () => import("../screens/settings/settings")),
        ]),
    ]),
    parseSearch: (source) => parseSearch(source) as Record<string, unknown>,
    stringifySearch: (search) => stringifySearch(search as Search),
    defaultPreload: false,
    scrollRestoration: false,
    defaultErrorComponent: Crashed,
});
