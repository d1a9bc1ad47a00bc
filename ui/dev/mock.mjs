/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for the server while working on the screens: docs/api.md over generated data, and the
 * built screens from dist/ under the server's Content-Security-Policy. `npm run dev:mock [port]`.
 * Flow tests never use it: they run against the real server.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { makeTraces } from "./mock-data.mjs";
import { facets, filtered, histogram, logs, metricSeries, METRICS, overview, series, shape, unpriced } from "./mock-query.mjs";
import { spanDetail } from "./mock-span.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const traces = makeTraces(Date.now(), Number(process.env.MOCK_TRACES ?? 9000));
const byId = new Map(traces.map((trace) => [trace.id, trace]));
const CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const projects = [
    { id: 1, name: "default", title: "Default", demo: false, public_key: "pk-vt-4c1f9a0e77d24b", first_span: null, last_span: null },
    { id: 2, name: "demo", title: "Demo shop", demo: true, public_key: "pk-vt-demo00000000", first_span: traces.at(-1).row.start, last_span: traces[0].row.end },
];

const SORTS = { start: (row) => Number(BigInt(row.start) / 1000n), duration: (row) => row.duration, cost: (row) => row.cost, tokens: (row) => row.total_tokens, ttft: (row) => row.ttft ?? -1, errors: (row) => row.errors, spans: (row) => row.spans };

function list(query) {
    const rows = filtered(traces, query).map((trace) => trace.row);
    const key = SORTS[query.get("sort") ?? "start"];
    if (!key) throw Object.assign(new Error("sort: expected start, duration, cost, tokens, ttft, errors or spans"), { code: 400 });
    const sign = query.get("order") === "asc" ? 1 : -1;
    rows.sort((a, b) => sign * (key(a) - key(b)));
    const limit = Number(query.get("limit") ?? 50);
    const at = Number(query.get("cursor") ?? 0);
    return { traces: rows.slice(at, at + limit), next: at + limit < rows.length ? String(at + limit) : null, total: rows.length };
}

function content(query, reply) {
    const total = 10 * 1024 * 1024;
    const offset = Number(query.get("offset") ?? 0);
    const length = Math.min(Number(query.get("length") ?? 65536), total - offset);
    reply.writeHead(206, { "content-type": "text/plain; charset=utf-8", "content-range": `bytes ${offset}-${offset + length - 1}/${total}` });
    reply.end("A".repeat(length));
}

function api(path, query, reply) {
    const empty = (query.get("project") ?? "default") !== "demo";
    const known = empty ? [] : traces;
    const at = path.split("/").slice(3);
    const trace = at[0] === "traces" && at[1] ? byId.get(at[1]) : null;
    if (at[0] === "traces" && at[1] && !trace) throw Object.assign(new Error("trace_id: there is no such trace in this project"), { code: 404 });
    const answers = {
        projects: () => ({ projects }),
        status: () => ({ version: "0.1.0", uptime: process.uptime() * 1e9, auth_required: false, accepting: true, reason: null, index: { open: true, caught_up: true, lag_ns: 0 }, journal: { bytes: 1e8, segments: 3, raw_bytes: 4e9 }, disk: { free: 9e10 } }),
        traces: () => (!trace ? (empty ? { traces: [], next: null, total: 0 } : list(query)) : at[2] ? spanDetail(trace, trace.spans.find(({ id }) => id === at[3])) : shape(trace)),
        overview: () => overview(known, query),
        series: () => series(known, query),
        histogram: () => histogram(known, query),
        facets: () => facets(known, query),
        unpriced: () => unpriced(known),
        logs: () => logs(known),
        metrics: () => (at[1] === "series" ? metricSeries(query) : { metrics: empty ? [] : METRICS }),
    };
    if (at[4] === "content") return content(query, reply);
    const answer = answers[at[0]];
    if (!answer) throw Object.assign(new Error(`there is no ${path}`), { code: 404 });
    reply.writeHead(200, { "content-type": "application/json" });
    return reply.end(JSON.stringify(answer()));
}

async function file(path, reply) {
    const wanted = normalize(path).replace(/^(\.\.[/\\])+/, "");
    const name = extname(wanted) ? wanted : "index.html";
    const body = await readFile(join(dist, name));
    reply.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream", "content-security-policy": CSP, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
    reply.end(body);
}

const server = createServer(async (request, reply) => {
    const url = new URL(request.url, "http://mock");
    try {
        if (url.pathname.startsWith("/api/")) api(url.pathname, url.searchParams, reply);
        else await file(url.pathname, reply);
    } catch (error) {
        reply.writeHead(error.code === 400 || error.code === 404 ? error.code : error.code === "ENOENT" ? 404 : 500, { "content-type": "application/json" });
        reply.end(JSON.stringify({ error: { status: "failed", message: error.message } }));
    }
});
server.listen(Number(process.argv[2] ?? 5180), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
