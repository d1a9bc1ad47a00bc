/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patience: who is sent away, once a second: connections that are idle, heads that do not come,
 * bodies and readers that are slower than SLOW_BYTES_PER_SEC, requests whose sender left halfway,
 * calls whose own time is over.
 */
#include "net/net_private.h"

#include <sys/socket.h>

int64_t net__idle_ns(const struct server *server)
{
    return server->options.idle_seconds * NS_PER_SEC;
}

int64_t net__head_ns(const struct server *server)
{
    int seconds = server->options.idle_seconds;
    return (seconds < HEAD_SECONDS ? seconds : HEAD_SECONDS) * NS_PER_SEC;
}

/* A body may take the grace time and then must keep a modest pace; so must somebody who reads our
 * answer. */
static bool is_slow(const struct exchange *exchange, size_t bytes)
{
    int64_t waited = exchange->loop->now_ns - exchange->phase_since_ns;
    int64_t allowed =
        net__head_ns(exchange->server) + (int64_t)(bytes / SLOW_BYTES_PER_SEC) * NS_PER_SEC;
    return waited > allowed;
}

static void end_slow(struct exchange *exchange, enum status status, const char *message)
{
    net__count_refusal(REFUSED_SLOW);
    if (exchange->request.protocol == PROTOCOL_HTTP1)
        net__h1_kill(exchange, status, message);
    else
        net__h2_give_up(exchange, status, message);
}

static void sweep_exchange(struct exchange *exchange)
{
    struct loop *loop = exchange->loop;
    if (exchange->deadline_ns && exchange->deadline_ns <= loop->now_ns &&
        exchange->phase != PHASE_SENDING) {
        net__h2_give_up(exchange, STATUS_TIMEOUT, "the time given in grpc-timeout is over");
        return;
    }
    bool is_incomplete = exchange->phase == PHASE_HEAD || exchange->phase == PHASE_BODY;
    if (is_incomplete && !exchange->ready && exchange->request.protocol == PROTOCOL_HTTP1 &&
        net__h1_has_left(exchange->carrier))
        shutdown(exchange->carrier->fd, SHUT_RDWR);
    else if (exchange->phase == PHASE_HEAD && is_slow(exchange, 0))
        end_slow(exchange, STATUS_TIMEOUT, "the request's headers took too long to arrive");
    else if (exchange->phase == PHASE_BODY && is_slow(exchange, exchange->received_bytes))
        end_slow(exchange, STATUS_TIMEOUT, "the request's body arrives too slowly");
    else if (exchange->phase == PHASE_SENDING &&
             (exchange->stream ? net__stream_is_stuck(exchange)
                               : is_slow(exchange, net__reply_len(exchange))))
        end_slow(exchange, STATUS_CANCELLED, NULL);
    else if (exchange->deadline_ns && exchange->deadline_ns < loop->next_sweep_ns)
        loop->next_sweep_ns = exchange->deadline_ns;
}

static void sweep_connection(struct connection *connection)
{
    struct loop *loop = connection->loop;
    if (connection->kind == KIND_HTTP1)
        net__h1_sweep(connection);
    else if (connection->kind == KIND_HTTP2)
        net__h2_sweep(connection);
    else if (loop->now_ns - connection->since_ns > net__head_ns(loop->server))
        net__close_new(connection);
}

void net__sweep(struct loop *loop)
{
    struct exchange *next_exchange;
    struct connection *next;
    if (loop->now_ns < loop->next_sweep_ns)
        return;
    loop->next_sweep_ns = loop->now_ns + NS_PER_SEC;
    for (struct exchange *exchange = loop->exchanges; exchange; exchange = next_exchange) {
        next_exchange = exchange->next;
        sweep_exchange(exchange);
    }
    for (struct connection *connection = loop->connections; connection; connection = next) {
        next = connection->next;
        sweep_connection(connection);
    }
    if (loop == loop->server->loops && loop->server->accept_paused)
        net__accept_resume(loop->server);
}
