/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve: the JSON API of docs/api.md, the screens, health and metrics. One file an API area; the
 * routes are rows in routes.def.
 *
 * Threads  handlers run on the query pool, except health and metrics (inline).
 * Errors   worded as docs/api.md says; a question asked before the index is open gets 503 with
 * Retry-After.
 */
#pragma once

#include "base/pool.h"
#include "control/control.h"
#include "media/media.h"
#include "net/http.h"
#include "query/query.h"
#include "search/index.h"

struct serve_status {
    bool accepting;
    char reason[160];         /* why not */
    bool caught_up;           /* everything acknowledged is in the index */
    int64_t lag_ns;           /* age of the oldest record that is not */
    uint64_t indexed_records; /* since start */
    int64_t started_ns;
    struct journal_stats journal;
    struct search_index_stats search;
};

struct serve_options {
    struct control *control;
    struct media *media;
    /* NULL until the index is open. */
    const struct query *(*query)(void *context);
    void (*get_status)(void *context, struct serve_status *out_status);
    void *context;
    const char *answers; /* directory for large answers and results of jobs, empty at start */
    struct pool *asks;   /* for questions that may take seconds */
    struct jobs *jobs;   /* questions that may take minutes */
    struct tail *tail;   /* who follows what comes in */
    bool auth_required;
    /* What to print in "point your SDK here": "http://127.0.0.1:4318". Set once the port is known.
     */
    const char *(*base_url)(void *context);
    /* The address that is gRPC's own, "127.0.0.1:4317"; "" when there is none. */
    const char *(*grpc_address)(void *context);
};

/* `options` must outlive the server. */
size_t serve_routes(const struct serve_options *options, struct route *out_routes, size_t max);
