/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_net: an HTTP/2 connection of net without a socket or a thread: bytes go into the session,
 * what it wants to send is thrown away or given to a client session. Routes answer at once, so
 * nothing outlives a round.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "net/http2_private.h"

static void fuzz_echo(struct request *request, void *context)
{
    struct response response = {.status = STATUS_OK};
    (void)context;
    must(request->body.len <= request->limit_bytes);
    must(request_param(request, STR("a")).len <= request->query.len);
    buf_add_str(&response.body, request->body);
    request_reply(request, &response);
}

static void fuzz_refuse(struct request *request, void *context)
{
    struct error error;
    (void)context;
    fail(&error, STATUS_BUSY, "not now: %.*s", STR_ARGS(str_sub(request->path, 0, 100)));
    request_reply_error(request, &error);
}

static const struct route fuzz_routes[] = {
    {"POST", "/echo", fuzz_echo, NULL, true, false, false, true},
    {"GET", "/a/{b}/{c*}", fuzz_echo, NULL, true, false, false, false},
    {"POST", "/refuse", fuzz_refuse, NULL, true, false, false, true},
};

struct fuzz_net {
    struct server server;
    struct loop loop;
    struct connection connection;
    struct h2 h2;
};

static struct fuzz_net *fuzz_net_new(void)
{
    struct fuzz_net *net = calloc(1, sizeof *net);
    must(net);
    net->server.options = (struct server_options){.header_bytes_max = 4096,
                                                  .body_bytes_max = 16384,
                                                  .inflated_bytes_max = 65536,
                                                  .bodies_bytes_max = 262144,
                                                  .idle_seconds = 10};
    atomic_store(&net->server.references, 1);
    must(net__router_init(&net->server.router, fuzz_routes,
                          sizeof fuzz_routes / sizeof fuzz_routes[0], NULL) == STATUS_OK);
    net->loop.server = &net->server;
    net->loop.now_ns = 1;
    net->loop.next_sweep_ns = INT64_MAX;
    net->connection.loop = &net->loop;
    net->connection.kind = KIND_HTTP2;
    net->connection.on_loopback = true;
    net->connection.h2 = &net->h2;
    net->h2.session = net__h2_session_new(&net->connection);
    must(net->h2.session);
    net__loop_enter(&net->loop);
    return net;
}

static void fuzz_net_free(struct fuzz_net *net)
{
    while (net->loop.exchanges)
        net__exchange_detach(net->loop.exchanges);
    nghttp2_session_del(net->h2.session);
    net__loop_enter(NULL);
    /* Every exchange gave back what it held. */
    must(atomic_load(&net->server.references) == 1);
    must(atomic_load(&net->server.bodies_bytes) == 0);
    must(net->connection.active_count == 0);
    net__router_done(&net->server.router);
    free(net);
}
