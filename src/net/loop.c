/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: one net thread. It owns its connections; other threads leave replies and new connections in
 * its inbox.
 *
 * A round: wait, let the ready ones work, take the inbox, run libmicrohttpd (its own epoll set is
 * one descriptor in ours), write what HTTP/2 gathered, and see who is too slow.
 */
#define _GNU_SOURCE
#include "net/net_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum { EVENTS_MAX = 128 };

static _Thread_local struct loop *current_loop;

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

bool net__loop_watch(struct loop *loop, int fd, struct watch *watch, uint32_t events, int operation)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(loop->epoll_fd, operation, fd, &event) == 0;
}

/* --- connections ------------------------------------------------------------------------- */

static void link_connection(struct loop *loop, struct connection *connection)
{
    connection->previous = NULL;
    connection->next = loop->connections;
    if (connection->next)
        connection->next->previous = connection;
    loop->connections = connection;
}

void net__connection_bury(struct connection *connection)
{
    struct loop *loop = connection->loop;
    must(!connection->closed);
    connection->closed = true;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        loop->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    connection->next = loop->graveyard;
    loop->graveyard = connection;
    atomic_fetch_sub(&loop->connection_count, 1);
    atomic_fetch_sub(&loop->server->connection_count, 1);
    net__count_open(-1);
}

void net__close_new(struct connection *connection)
{
    close(connection->fd);
    net__connection_bury(connection);
}

/* The first bytes tell the protocol. Nothing is consumed; edge-triggered, as the bytes stay. */
static void peek(struct watch *watch, uint32_t events)
{
    (void)events;
    struct connection *connection = (struct connection *)watch;
    char bytes[sizeof preface - 1];
    if (connection->closed || connection->kind != KIND_NEW)
        return;
    ssize_t got = recv(connection->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (got <= 0) {
        net__close_new(connection);
    } else if (memcmp(bytes, preface, (size_t)got) != 0) {
        net__loop_watch(connection->loop, connection->fd, NULL, 0, EPOLL_CTL_DEL);
        net__h1_adopt(connection);
    } else if ((size_t)got == sizeof bytes) {
        net__h2_adopt(connection);
    }
}

static void welcome(struct loop *loop, struct connection *connection)
{
    connection->loop = loop;
    connection->watch.ready = peek;
    connection->since_ns = loop->now_ns;
    link_connection(loop, connection);
    if (!net__loop_watch(loop, connection->fd, &connection->watch, EPOLLIN | EPOLLRDHUP | EPOLLET,
                         EPOLL_CTL_ADD))
        net__close_new(connection);
}

static void discard(struct connection *connection)
{
    close(connection->fd);
    atomic_fetch_sub(&connection->loop->connection_count, 1);
    atomic_fetch_sub(&connection->loop->server->connection_count, 1);
    net__count_open(-1);
    free(connection);
}

/* --- the inbox --------------------------------------------------------------------------- */

static void wake_up(struct loop *loop)
{
    uint64_t one = 1;
    while (write(loop->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static bool inbox_is_empty(const struct loop *loop)
{
    return !loop->inbox_connections && !loop->inbox_replies && !loop->inbox_streams;
}

void net__loop_give(struct loop *loop, struct connection *connection)
{
    connection->loop = loop;
    atomic_fetch_add(&loop->connection_count, 1);
    pthread_mutex_lock(&loop->lock);
    bool gone = loop->gone;
    bool first = inbox_is_empty(loop);
    if (!gone) {
        connection->next = loop->inbox_connections;
        loop->inbox_connections = connection;
    }
    pthread_mutex_unlock(&loop->lock);
    if (gone)
        discard(connection);
    else if (first)
        wake_up(loop);
}

void net__loop_reply(struct exchange *exchange)
{
    struct loop *loop = exchange->loop;
    if (loop == current_loop) {
        if (exchange->dispatching) {
            exchange->ready = true;
        } else {
            exchange->next_reply = loop->replies;
            loop->replies = exchange;
        }
        return;
    }
    /* Once the loop has the reply it may end, and the server with it, before we are done here. */
    struct server *server = exchange->server;
    atomic_fetch_add(&server->references, 1);
    pthread_mutex_lock(&loop->lock);
    bool gone = loop->gone;
    bool first = inbox_is_empty(loop);
    if (!gone) {
        exchange->next_reply = loop->inbox_replies;
        loop->inbox_replies = exchange;
    }
    pthread_mutex_unlock(&loop->lock);
    if (gone)
        net__exchange_drop(exchange);
    else if (first)
        wake_up(loop);
    net__server_unref(server);
}

bool net__loop_tell(struct loop *loop, struct stream *stream)
{
    pthread_mutex_lock(&loop->lock);
    bool first = inbox_is_empty(loop), gone = loop->gone;
    bool added = !gone && net__stream_enqueue(stream, &loop->inbox_streams);
    pthread_mutex_unlock(&loop->lock);
    if (added && first)
        wake_up(loop);
    return !gone;
}

void net__loop_stop(struct loop *loop, int64_t deadline_ns)
{
    pthread_mutex_lock(&loop->lock);
    loop->inbox_stop = true;
    loop->inbox_deadline_ns = deadline_ns;
    wake_up(loop);
    pthread_mutex_unlock(&loop->lock);
}

static void deliver(struct exchange *replies)
{
    struct exchange *next;
    for (struct exchange *exchange = replies; exchange; exchange = next) {
        next = exchange->next_reply;
        exchange->ready = true;
        if (exchange->stream && exchange->loop->stopping)
            net__stream_finish(exchange);
        if (!exchange->carrier)
            net__exchange_drop(exchange);
        else if (exchange->request.protocol == PROTOCOL_HTTP1)
            net__h1_reply(exchange);
        else
            net__h2_reply(exchange);
    }
}

static void begin_stop(struct loop *loop, int64_t deadline_ns)
{
    struct connection *next;
    loop->stopping = true;
    loop->stop_deadline_ns = deadline_ns;
    if (loop == loop->server->loops)
        net__listeners_close(loop->server);
    for (struct exchange *exchange = loop->exchanges; exchange; exchange = exchange->next) {
        if (exchange->stream)
            net__stream_finish(exchange);
    }
    for (struct connection *connection = loop->connections; connection; connection = next) {
        next = connection->next;
        if (connection->kind == KIND_NEW)
            net__close_new(connection);
        else if (connection->kind == KIND_HTTP2)
            net__h2_goodbye(connection);
    }
}

static void take_inbox(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct exchange *replies = loop->inbox_replies;
    struct connection *connections = loop->inbox_connections, *next;
    struct stream *streams = loop->inbox_streams;
    bool stop = loop->inbox_stop && !loop->stopping;
    int64_t deadline_ns = loop->inbox_deadline_ns;
    loop->inbox_replies = NULL;
    loop->inbox_connections = NULL;
    loop->inbox_streams = NULL;
    net__stream_taken(streams);
    pthread_mutex_unlock(&loop->lock);
    for (; connections; connections = next) {
        next = connections->next;
        if (loop->stopping)
            discard(connections);
        else
            welcome(loop, connections);
    }
    deliver(replies);
    net__stream_deliver(streams);
    if (stop)
        begin_stop(loop, deadline_ns);
}

/* --- the thread -------------------------------------------------------------------------- */

static int wait_ms(struct loop *loop)
{
    int64_t until = loop->next_sweep_ns;
    if (loop->replies || loop->mhd_due)
        return 0;
    int64_t mhd_ms = net__h1_wait_ms(loop);
    if (mhd_ms == 0)
        return 0;
    if (!loop->connections && !loop->stopping &&
        !(loop == loop->server->loops && loop->server->accept_paused))
        return -1;
    if (loop->stopping && loop->stop_deadline_ns < until)
        until = loop->stop_deadline_ns;
    int64_t left_ms = (until - loop->now_ns + NS_PER_MS - 1) / NS_PER_MS;
    return left_ms < 0 ? 0 : left_ms > 1000 ? 1000 : (int)left_ms;
}

static void on_wake(struct watch *watch, uint32_t events)
{
    (void)events;
    struct loop *loop = (struct loop *)((char *)watch - offsetof(struct loop, wake));
    uint64_t count;
    while (read(loop->wake_fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
}

static void free_graveyard(struct loop *loop)
{
    struct connection *next;
    for (struct connection *connection = loop->graveyard; connection; connection = next) {
        next = connection->next;
        free(connection);
    }
    loop->graveyard = NULL;
}

static bool is_finished(const struct loop *loop)
{
    if (!loop->stopping)
        return false;
    if (loop->now_ns >= loop->stop_deadline_ns)
        return true;
    if (loop->exchanges)
        return false;
    for (const struct connection *connection = loop->connections; connection;
         connection = connection->next) {
        if (connection->kind != KIND_HTTP1)
            return false;
    }
    return true;
}

static void close_all(struct loop *loop)
{
    struct connection *next;
    for (struct connection *connection = loop->connections; connection; connection = next) {
        next = connection->next;
        if (connection->kind == KIND_NEW)
            net__close_new(connection);
        else if (connection->kind == KIND_HTTP2)
            net__h2_close(connection);
    }
    net__h1_stop(loop);
    pthread_mutex_lock(&loop->lock);
    loop->gone = true;
    struct exchange *replies = loop->inbox_replies;
    struct connection *connections = loop->inbox_connections;
    loop->inbox_replies = NULL;
    loop->inbox_connections = NULL;
    struct stream *streams = loop->inbox_streams;
    loop->inbox_streams = NULL;
    net__stream_taken(streams);
    pthread_mutex_unlock(&loop->lock);
    deliver(replies);
    net__stream_deliver(streams);
    deliver(loop->replies);
    loop->replies = NULL;
    for (; connections; connections = next) {
        next = connections->next;
        discard(connections);
    }
    free_graveyard(loop);
}

static void flush_all(struct loop *loop)
{
    while (loop->flushing)
        net__h2_flush(loop->flushing); /* takes it off the chain */
}

void net__loop_enter(struct loop *loop)
{
    current_loop = loop;
}

static void *run(void *argument)
{
    struct loop *loop = argument;
    struct epoll_event events[EVENTS_MAX];
    net__loop_enter(loop);
    loop->now_ns = clock_mono_ns();
    while (!is_finished(loop)) {
        int count = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, wait_ms(loop));
        loop->now_ns = clock_mono_ns();
        for (int i = 0; i < count; i++) {
            struct watch *watch = events[i].data.ptr;
            watch->ready(watch, events[i].events);
        }
        take_inbox(loop);
        struct exchange *replies = loop->replies;
        loop->replies = NULL;
        deliver(replies);
        net__h1_run(loop);
        net__sweep(loop);
        flush_all(loop);
        free_graveyard(loop);
    }
    close_all(loop);
    net__loop_enter(NULL);
    return NULL;
}

enum status net__loop_start(struct loop *loop, struct server *server, struct error *error)
{
    loop->server = server;
    pthread_mutex_init(&loop->lock, NULL);
    loop->wake.ready = on_wake;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->scratch = malloc(SCRATCH_BYTES);
    loop->out = malloc(OUT_BYTES);
    if (loop->epoll_fd < 0 || loop->wake_fd < 0 || !loop->scratch || !loop->out ||
        !net__loop_watch(loop, loop->wake_fd, &loop->wake, EPOLLIN, EPOLL_CTL_ADD))
        return fail(error, STATUS_INTERNAL, "cannot make a net thread: %s", strerror(errno));
    if (net__h1_start(loop, error) != STATUS_OK)
        return error->status;
    int failed = pthread_create(&loop->thread, NULL, run, loop);
    if (failed)
        return fail(error, STATUS_INTERNAL, "cannot start a net thread: %s", strerror(failed));
    pthread_setname_np(loop->thread, "net");
    loop->thread_runs = true;
    return STATUS_OK;
}

void net__loop_join(struct loop *loop)
{
    if (loop->thread_runs)
        pthread_join(loop->thread, NULL);
    else if (loop->mhd)
        net__h1_stop(loop);
    loop->thread_runs = false;
}

void net__loop_done(struct loop *loop)
{
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    free(loop->scratch);
    free(loop->out);
    pthread_mutex_destroy(&loop->lock);
}
