/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server: sockets, and what comes in on them.
 *
 * Every listening port speaks HTTP/1.1, HTTP/2 with prior knowledge and gRPC: the first bytes of a
 * connection tell. HTTP/1.1 goes to libmicrohttpd, HTTP/2 to nghttp2; both fill struct request and
 * one router serves them.
 *
 * Threads  `threads` net threads, and the pool given for routes that are not inline.
 * Limits   those of struct server_options; each is answered in words: 413, 431, 503 with
 * Retry-After, or RESOURCE_EXHAUSTED with RetryInfo.
 */
#pragma once

#include "base/pool.h"
#include "net/http.h"

struct server;

struct server_options {
    const struct route *routes;
    size_t route_count;
    struct pool *pool;
    int threads;               /* 0: one a core, at most 4 */
    size_t header_bytes_max;   /* 0: 64 KiB */
    size_t body_bytes_max;     /* 0: 64 MiB, compressed or not */
    size_t inflated_bytes_max; /* 0: 64 MiB */
    size_t bodies_bytes_max;   /* of all requests together; beyond: 503. 0: 256 MiB */
    size_t connections_max;    /* 0: 1024 */
    int idle_seconds;          /* 0: 120 */
    /* Ports bound to loopback answer only to Host names that mean this machine, so that no web page
     * can reach them through a name of its own. Further names to accept; NULL-terminated; NULL:
     * none. */
    const char *const *hosts;
    /* Decides whose request it is: sets project_id or fails. Called on a net thread before the body
     * is read. */
    enum status (*authorise)(void *context, struct request *request, const struct route *route,
                             struct error *error);
    void *authorise_context;
};

enum status server_start(const struct server_options *options, struct server **out_server,
                         struct error *error);
/* "127.0.0.1:4318", "[::1]:0", ":4318" (all addresses). Port 0 picks one. May be called several
 * times. */
enum status server_listen(struct server *server, struct str address, struct error *error,
                          char out_bound[64]);
/* Stops accepting, lets requests in flight end (at most timeout_ms), then closes everything. */
void server_stop(struct server *server, int timeout_ms);
