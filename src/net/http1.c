/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1: libmicrohttpd inside our loops.
 *
 * Each loop runs one daemon of its own without a thread or a port: connections are handed to it
 * after the first look, its epoll descriptor is one of ours, and everything happens on the loop's
 * thread. A request whose answer is not there yet is suspended.
 *
 * libmicrohttpd answers only before or after a body. A body refused on the way, or announced and
 * too large, is answered by us on the socket; then we read on for DRAIN_SECONDS, since a connection
 * that is closed with unread bytes is reset and the sender would not see the answer.
 */
#define _GNU_SOURCE
#include "net/net_private.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum {
    /* libmicrohttpd's memory of a connection: the head and what it keeps about it, and the read
       buffer. */
    POOL_EXTRA_BYTES = 16 * 1024,
    /* So much of a refused body is read before answering, which keeps the connection usable. */
    SWALLOW_BYTES_MAX = 256 * 1024,
    BACKSTOP_SECONDS = 5,
};

static void log_message(void *context, const char *format, va_list arguments)
{
    char text[200], quoted[LOG_QUOTE_BYTES];
    (void)context;
    vsnprintf(text, sizeof text, format, arguments);
    log_debug("net", "http1", "message=%s", log_quote(str_trim(str_from(text)), quoted));
}

static struct connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* --- answers ----------------------------------------------------------------------------- */

static void add_fields(struct MHD_Response *out, const struct header *headers, size_t count,
                       enum MHD_Result (*add)(struct MHD_Response *, const char *, const char *))
{
    char name[64], value[2048];
    for (size_t i = 0; i < count; i++) {
        if (headers[i].name.len >= sizeof name || headers[i].value.len >= sizeof value)
            continue;
        snprintf(name, sizeof name, "%.*s", STR_ARGS(headers[i].name));
        snprintf(value, sizeof value, "%.*s", STR_ARGS(headers[i].value));
        add(out, name, value);
    }
}

static void add_headers(struct MHD_Response *out, const struct header *headers, size_t count)
{
    add_fields(out, headers, count, MHD_add_response_header);
}

static void add_trailers(struct exchange *exchange)
{
    const struct header *trailers;
    size_t count = net__stream_trailers(exchange, &trailers);
    add_fields(exchange->streaming, trailers, count, MHD_add_response_footer);
}

/* Nothing to send yet: libmicrohttpd forgets the connection until there is. */
static ssize_t read_stream(void *context, uint64_t position, char *out, size_t room)
{
    struct exchange *exchange = context;
    bool ended;
    (void)position;
    size_t got = net__stream_take(exchange, out, room, &ended);
    if (got > 0)
        return (ssize_t)got;
    if (atomic_load(&exchange->request.cancelled))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (ended) {
        add_trailers(exchange);
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    exchange->suspended = true;
    MHD_suspend_connection(exchange->mhd);
    return 0;
}

static struct MHD_Response *make_response(struct exchange *exchange, bool has_body)
{
    enum { STREAM_BLOCK_BYTES = 16 * 1024 };
    struct response *response = &exchange->response;
    if (has_body && exchange->stream)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream,
                                                 exchange, NULL);
    if (has_body && response->file_bytes) {
        /* It closes its own. */
        int file = dup(response->file);
        return file < 0 ? NULL
                        : MHD_create_response_from_fd64((uint64_t)response->file_bytes, file);
    }
    /* The exchange outlives the sending: its buffer needs no other owner. */
    struct str body = net__reply_body(exchange);
    return MHD_create_response_from_buffer(has_body ? body.len : 0, (void *)(uintptr_t)body.ptr,
                                           MHD_RESPMEM_PERSISTENT);
}

static void watch_hangup(struct exchange *exchange);

static enum MHD_Result send_reply(struct exchange *exchange, struct MHD_Connection *mhd)
{
    struct response *response = &exchange->response;
    const char *type = net__reply_type(exchange);
    size_t len = net__reply_len(exchange);
    struct MHD_Response *out = make_response(exchange, type != NULL);
    if (!out)
        return MHD_NO;
    if (type)
        MHD_add_response_header(out, "Content-Type", type);
    add_headers(out, response->headers, response->header_count);
    add_headers(out, exchange->extra, exchange->extra_count);
    if (atomic_load(&exchange->server->stopping))
        MHD_add_response_header(out, "Connection", "close");
    net__exchange_phase(exchange, PHASE_SENDING);
    exchange->streaming = out;
    net__count_reply(exchange);
    net__count_bytes(exchange->received_bytes, type && !exchange->is_head ? len : 0);
    enum MHD_Result queued = MHD_queue_response(mhd, (unsigned)exchange->http_status, out);
    MHD_destroy_response(out);
    if (exchange->stream)
        watch_hangup(exchange);
    return queued;
}

static void write_head(struct buf *buf, int http_status, const char *type, size_t body_len)
{
    const char *reason = MHD_get_reason_phrase_for((unsigned)http_status);
    buf_printf(
        buf, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n",
        http_status, reason ? reason : "Refused", type ? type : "application/json", body_len);
}

/* Past libmicrohttpd, straight to the socket: only while it has nothing to send itself. */
static void answer_now(struct exchange *exchange)
{
    struct connection *connection = exchange->carrier;
    struct buf out = {0};
    struct str body = net__reply_body(exchange);
    write_head(&out, exchange->http_status, net__reply_type(exchange), body.len);
    for (size_t i = 0; i < exchange->extra_count; i++)
        buf_printf(&out, "%.*s: %.*s\r\n", STR_ARGS(exchange->extra[i].name),
                   STR_ARGS(exchange->extra[i].value));
    buf_add_str(&out, STR("\r\n"));
    buf_add_str(&out, body);
    if (!out.failed &&
        send(connection->fd, out.ptr, out.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)out.len)
        shutdown(connection->fd, SHUT_WR);
    buf_done(&out);
    net__count_reply(exchange);
    net__count_bytes(exchange->received_bytes, body.len);
    connection->draining = true;
    connection->drain_since_ns = exchange->loop->now_ns;
    net__exchange_phase(exchange, PHASE_BODY);
}

/* --- requests ---------------------------------------------------------------------------- */

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    (void)kind;
    net__add_header(context, (struct str){name, name_len},
                    (struct str){value ? value : "", value ? value_len : 0});
    return MHD_YES;
}

/* Called when the request line is there: the only moment at which the target is as it was sent. */
static void *begin_request(void *context, const char *target, struct MHD_Connection *mhd)
{
    struct connection *connection = connection_of(mhd);
    (void)context;
    if (!connection || connection->draining)
        return NULL;
    struct exchange *exchange = net__exchange_new(connection, PROTOCOL_HTTP1);
    if (!exchange)
        return NULL;
    exchange->mhd = mhd;
    exchange->target = arena_copy(&exchange->request.arena, str_from(target));
    exchange->head_bytes = exchange->target.len;
    if (exchange->head_bytes > exchange->server->options.header_bytes_max)
        exchange->head_too_large = true;
    return exchange;
}

static enum MHD_Result head_complete(struct exchange *exchange, const char *method,
                                     const char *version)
{
    struct MHD_Connection *mhd = exchange->mhd;
    exchange->request.method = arena_copy(&exchange->request.arena, str_from(method));
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, take_header, exchange);
    if (strcmp(version, "HTTP/1.1") == 0 && !request_header(&exchange->request, STR("host")).ptr &&
        !exchange->head_too_large)
        net__refuse(exchange, STATUS_INVALID, "an HTTP/1.1 request has a Host header");
    else
        net__begin(exchange);
    if (!exchange->ready)
        return MHD_YES;
    /* Refused. A sender that waits for 100 Continue has sent nothing yet. */
    if (request_header(&exchange->request, STR("expect")).ptr)
        return send_reply(exchange, mhd);
    bool small = !exchange->has_transfer_encoding && exchange->content_length <= SWALLOW_BYTES_MAX;
    net__exchange_phase(exchange, PHASE_BODY);
    if (!small)
        answer_now(exchange);
    return MHD_YES;
}

static void on_hangup(struct watch *watch, uint32_t events)
{
    struct connection *connection =
        (struct connection *)((char *)watch - offsetof(struct connection, hangup));
    if (!connection->watched || !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
        return;
    atomic_store(&connection->watched->request.cancelled, true);
    if (connection->watched->stream)
        net__h1_resume(connection->watched);
}

/* libmicrohttpd does not look at a suspended connection. For work that may take long, we do. */
static void watch_hangup(struct exchange *exchange)
{
    struct connection *connection = exchange->carrier;
    if ((exchange->route->route->inline_ && !exchange->stream) || connection->watched)
        return;
    connection->hangup.ready = on_hangup;
    if (net__loop_watch(exchange->loop, connection->fd, &connection->hangup, EPOLLRDHUP | EPOLLET,
                        EPOLL_CTL_ADD))
        connection->watched = exchange;
}

static void unwatch_hangup(struct connection *connection)
{
    if (connection->watched)
        net__loop_watch(connection->loop, connection->fd, NULL, 0, EPOLL_CTL_DEL);
    connection->watched = NULL;
}

static enum MHD_Result body_complete(struct exchange *exchange)
{
    if (!exchange->ready)
        net__finish(exchange);
    if (exchange->ready)
        return send_reply(exchange, exchange->mhd);
    exchange->suspended = true;
    MHD_suspend_connection(exchange->mhd);
    watch_hangup(exchange);
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **request_context)
{
    struct exchange *exchange = *request_context;
    (void)context;
    (void)url;
    if (!exchange)
        return MHD_NO;
    if (exchange->carrier->draining) {
        enum MHD_Result more = *upload_len > 0 ? MHD_YES : MHD_NO;
        *upload_len = 0;
        return more;
    }
    if (exchange->phase == PHASE_HEAD)
        return head_complete(exchange, method, version);
    if (exchange->phase == PHASE_BODY && *upload_len > 0) {
        size_t len = *upload_len;
        *upload_len = 0;
        if (!exchange->ready && !net__body(exchange, upload, len))
            answer_now(exchange);
        return MHD_YES;
    }
    if (exchange->phase == PHASE_BODY)
        return body_complete(exchange);
    return exchange->ready ? send_reply(exchange, mhd) : MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request_context,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *request_context;
    (void)context;
    (void)mhd;
    (void)code;
    *request_context = NULL;
    if (!exchange)
        return;
    unwatch_hangup(exchange->carrier);
    net__exchange_detach(exchange);
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct loop *loop = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        loop->adding->mhd = mhd;
        *socket_context = loop->adding;
        return;
    }
    struct connection *connection = *socket_context;
    *socket_context = NULL;
    if (!connection)
        return;
    /* A request of which only the first line came: its completion is not reported. */
    for (struct exchange *exchange = loop->exchanges, *next; exchange; exchange = next) {
        next = exchange->next;
        if (exchange->carrier == connection)
            net__exchange_detach(exchange);
    }
    net__connection_bury(connection);
}

/* --- the loop's side --------------------------------------------------------------------- */

static void on_ready(struct watch *watch, uint32_t events)
{
    struct loop *loop = (struct loop *)((char *)watch - offsetof(struct loop, mhd_watch));
    (void)events;
    loop->mhd_due = true;
}

enum status net__h1_start(struct loop *loop, struct error *error)
{
    const struct server_options *options = &loop->server->options;
    loop->mhd = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, on_request, loop, MHD_OPTION_EXTERNAL_LOGGER, log_message, loop,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->header_bytes_max + POOL_EXTRA_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)options->connections_max + 64,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)options->idle_seconds + BACKSTOP_SECONDS,
        MHD_OPTION_URI_LOG_CALLBACK, begin_request, loop, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        loop, MHD_OPTION_NOTIFY_CONNECTION, on_connection, loop, MHD_OPTION_END);
    if (!loop->mhd)
        return fail(error, STATUS_INTERNAL, "cannot start libmicrohttpd");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(loop->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    loop->mhd_watch.ready = on_ready;
    if (!info || !net__loop_watch(loop, info->epoll_fd, &loop->mhd_watch, EPOLLIN, EPOLL_CTL_ADD))
        return fail(error, STATUS_INTERNAL, "cannot watch libmicrohttpd");
    return STATUS_OK;
}

int64_t net__h1_wait_ms(struct loop *loop)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (MHD_get_timeout(loop->mhd, &timeout_ms) != MHD_YES)
        return -1;
    return timeout_ms > 1000 ? 1000 : (int64_t)timeout_ms;
}

void net__h1_run(struct loop *loop)
{
    if (!loop->mhd_due && net__h1_wait_ms(loop) != 0)
        return;
    loop->mhd_due = false;
    MHD_run(loop->mhd);
}

void net__h1_stop(struct loop *loop)
{
    for (struct exchange *exchange = loop->exchanges; exchange; exchange = exchange->next) {
        if (exchange->suspended)
            MHD_resume_connection(exchange->mhd);
        exchange->suspended = false;
    }
    MHD_stop_daemon(loop->mhd);
    loop->mhd = NULL;
}

void net__h1_adopt(struct connection *connection)
{
    struct loop *loop = connection->loop;
    struct sockaddr_in nobody = {.sin_family = AF_INET}; /* the daemon has no use for it */
    connection->kind = KIND_HTTP1;
    connection->since_ns = loop->now_ns;
    net__count_connection(PROTOCOL_HTTP1);
    loop->adding = connection;
    enum MHD_Result added =
        MHD_add_connection(loop->mhd, connection->fd, (struct sockaddr *)&nobody, sizeof nobody);
    loop->adding = NULL;
    loop->mhd_due = true;
    if (added != MHD_YES && !connection->closed)
        net__connection_bury(connection); /* the descriptor is closed already */
}

void net__h1_resume(struct exchange *exchange)
{
    if (exchange->suspended)
        MHD_resume_connection(exchange->mhd);
    exchange->suspended = false;
    exchange->loop->mhd_due = true;
}

void net__h1_reply(struct exchange *exchange)
{
    if (!exchange->stream) /* a stream is suspended again and again */
        unwatch_hangup(exchange->carrier);
    net__h1_resume(exchange);
}

void net__h1_kill(struct exchange *exchange, enum status status, const char *message)
{
    struct connection *connection = exchange->carrier;
    if (!connection->draining && exchange->phase != PHASE_SENDING && !exchange->ready) {
        exchange->http_status = status == STATUS_TIMEOUT ? 408 : 0;
        net__refuse(exchange, status, "%s", message);
        answer_now(exchange);
    } else {
        shutdown(connection->fd, SHUT_RDWR);
    }
}

bool net__h1_has_left(const struct connection *connection)
{
    char byte;
    return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void net__h1_sweep(struct connection *connection)
{
    struct loop *loop = connection->loop;
    int64_t limit_ns =
        connection->draining ? DRAIN_SECONDS * NS_PER_SEC : net__idle_ns(loop->server);
    int64_t since_ns = connection->draining ? connection->drain_since_ns : connection->since_ns;
    bool is_idle = connection->active_count == 0;
    if (((connection->draining || is_idle) && loop->now_ns - since_ns > limit_ns) ||
        (is_idle && net__h1_has_left(connection)))
        shutdown(connection->fd, SHUT_RDWR);
}
