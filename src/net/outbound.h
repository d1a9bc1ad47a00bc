/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbound: HTTP requests that we make, on one thread of their own (libcurl multi). Connections are
 * reused.
 *
 * Only http:// and https:// URLs; redirects are not followed. HTTP/1.1: libcurl 7.88 (Debian 12)
 * fails when it reuses a connection that began with HTTP/2 prior knowledge (curl issue 10634).
 * Threads  outbound_send() from any. `done` runs on the outbound thread and must not wait.
 * Limits   at most in_flight_max requests, else STATUS_BUSY; an answer larger than
 * response_bytes_max fails with STATUS_TOO_LARGE.
 */
#pragma once

#include "net/http.h"

struct outbound;

struct outbound_options {
    size_t in_flight_max;     /* 0: 64 */
    int connections_per_host; /* 0: 8 */
};

struct outbound_response {
    enum status status; /* OK: an answer came, whatever it says; else `error` tells */
    int http_status;
    struct str body;         /* until `done` returns */
    struct str content_type; /* the same */
    int retry_after_s;       /* 0: not given */
    int64_t elapsed_ns;
    struct error error;
};

struct outbound_request {
    const char *method; /* NULL: POST with a body, GET without */
    const char *url;
    const struct header *headers;
    size_t header_count;
    struct str body;           /* stays the caller's until `done`; all else is copied */
    int timeout_ms;            /* 0: 30,000 */
    size_t response_bytes_max; /* 0: 16 MiB */
    /* Called exactly once, unless outbound_send() fails. */
    void (*done)(void *context, const struct outbound_response *response);
    void *context;
};

enum status outbound_start(const struct outbound_options *options, struct outbound **out_outbound,
                           struct error *error);
enum status outbound_send(struct outbound *outbound, const struct outbound_request *request,
                          struct error *error);
/* What is in flight is called back with STATUS_CANCELLED. NULL is fine. */
void outbound_stop(struct outbound *outbound);
