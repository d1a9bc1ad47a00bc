/* SPDX-License-Identifier: Apache-2.0 */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries";
import { applyTheme } from "./app/prefs";
import { loadScreen, router } from "./app/router";
/* Of what stands on many screens; the last word, where both weigh the same, has the base. */
import "uplot/dist/uPlot.min.css";
import "./components/filter-bar.css";
import "./components/long-text.css";
import "./components/comments.css";
import "./components/stored-media.css";
import "./components/transcript.css";
import "./screens/setup/setup.css";
import "./screens/overview/overview.css";
import "./screens/trace/trace.css";
import "./screens/traces/traces.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/chart.css";

applyTheme();
loadScreen(location.pathname);
createRoot(document.getElementById("root")!).render(
    <StrictMode>
        <QueryClientProvider client={queryClient}>
            <RouterProvider router={router} />
        </QueryClientProvider>
    </StrictMode>,
);
