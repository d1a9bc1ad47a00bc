/* SPDX-License-Identifier: Apache-2.0 */
/* The routes: one project in front, one screen behind it. Screens beyond the first paint load when asked for. */
import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { lazy } from "react";
import { screenHref } from "../url/href";
import { parseSearch, type Search, stringifySearch } from "../url/search";
import { OverviewScreen } from "../screens/overview/overview";
import { TraceScreen } from "../screens/trace/trace";
import { TracesScreen } from "../screens/traces/traces";
import { Crashed, Frame } from "./frame";
import { HomeScreen, NotFound } from "./home";

const Logs = lazy(() => import("../screens/logs/logs"));
const Live = lazy(() => import("../screens/live/live"));
const Compare = lazy(() => import("../screens/compare/compare"));
const Infrastructure = lazy(() => import("../screens/infrastructure/infrastructure"));
const Agents = lazy(() => import("../screens/agents/agents"));
const Models = lazy(() => import("../screens/models/models"));
const Metrics = lazy(() => import("../screens/metrics/metrics"));
const QueryPage = lazy(() => import("../screens/query/query"));
const Explain = lazy(() => import("../screens/explain/explain"));
const Dashboards = lazy(() => import("../screens/dashboards/dashboards"));
const DashboardPage = lazy(() => import("../screens/dashboards/dashboard"));
const Prompts = lazy(() => import("../screens/prompts/prompts"));
const PromptPage = lazy(() => import("../screens/prompts/prompt"));
const Scores = lazy(() => import("../screens/scores/scores"));
const Datasets = lazy(() => import("../screens/datasets/datasets"));
const DatasetPage = lazy(() => import("../screens/datasets/dataset"));
const CompareRuns = lazy(() => import("../screens/datasets/compare"));
const Queues = lazy(() => import("../screens/queues/queues"));
const QueuePage = lazy(() => import("../screens/queues/queue"));
const Sessions = lazy(() => import("../screens/people/sessions"));
const Session = lazy(() => import("../screens/people/session"));
const Users = lazy(() => import("../screens/people/users"));
const User = lazy(() => import("../screens/people/user"));
const ProjectSettings = lazy(() => import("../screens/settings/settings"));
const Setup = lazy(() => import("../screens/setup/setup"));

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

const screen = (path: string, component: () => React.ReactNode) => createRoute({ getParentRoute: () => project, path, component });

export const router = createRouter({
    routeTree: root.addChildren([
        home,
        project.addChildren([
            projectHome,
            screen("overview", OverviewScreen),
            screen("traces", TracesScreen),
            screen("traces/$traceId", TraceScreen),
            screen("live", () => <Live />),
            screen("compare", () => <Compare />),
            screen("models", () => <Models />),
            screen("agents", () => <Agents />),
            screen("prompts", () => <Prompts />),
            screen("prompts/$promptName", () => <PromptPage />),
            screen("scores", () => <Scores />),
            screen("sessions", () => <Sessions />),
            screen("sessions/$sessionId", () => <Session />),
            screen("users", () => <Users />),
            screen("users/$userId", () => <User />),
            screen("logs", () => <Logs />),
            screen("metrics", () => <Metrics />),
            screen("infrastructure", () => <Infrastructure />),
            screen("query", () => <QueryPage />),
            screen("explain", () => <Explain />),
            screen("dashboards", () => <Dashboards />),
            screen("dashboards/$dashboardId", () => <DashboardPage />),
            screen("datasets", () => <Datasets />),
            screen("datasets/$datasetId", () => <DatasetPage part="runs" />),
            screen("datasets/$datasetId/items", () => <DatasetPage part="items" />),
            screen("datasets/$datasetId/compare", () => <CompareRuns />),
            screen("queues", () => <Queues />),
            screen("queues/$queueId", () => <QueuePage />),
            screen("setup", () => <Setup />),
            screen("settings", () => <ProjectSettings />),
        ]),
    ]),
    parseSearch: (source) => parseSearch(source) as Record<string, unknown>,
    stringifySearch: (search) => stringifySearch(search as Search),
    defaultPreload: false,
    scrollRestoration: false,
    defaultErrorComponent: Crashed,
});
