/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http2: nghttp2 sessions on our loops, for HTTP/2 with prior knowledge and for gRPC.
 *
 * Windows are wide, since a batch of spans is often larger than the 64 KiB that HTTP/2 starts with:
 * what bounds memory is the count of all bodies, not the window. Frames are gathered and written
 * once a round.
 *
 * Callbacks of nghttp2 never close the connection; they mark it, and the flush at the end of the
 * round does.
 */
#define _GNU_SOURCE
#include "net/net_private.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/http2_private.h"

enum {
    STREAMS_MAX = 256,
    STREAM_WINDOW_BYTES = 16 << 20,
    CONNECTION_WINDOW_BYTES = 64 << 20,
    FRAME_BYTES_MAX = 1 << 20,
    READS_A_ROUND = 8,
    /* Floods. A burst, and what is forgiven a second. */
    RESETS_BURST = 1000,
    RESETS_A_SECOND = 200,
    CONTROLS_BURST = 10000,
    CONTROLS_A_SECOND = 2000,
    ACKS_WAITING_MAX = 1000,
    SETTINGS_ENTRIES_MAX = 32,
};

static struct exchange *exchange_of(nghttp2_session *session, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data(session, stream_id);
}

void net__h2_mark(struct connection *connection)
{
    struct h2 *h2 = connection->h2;
    if (h2->is_flushing)
        return;
    h2->is_flushing = true;
    h2->next_flushing = connection->loop->flushing;
    connection->loop->flushing = connection;
}

static void spend(struct connection *connection, struct bucket *bucket, int burst, int a_second)
{
    int64_t now_ns = connection->loop->now_ns;
    bucket->spent -= (double)(now_ns - bucket->last_ns) / (double)NS_PER_SEC * a_second;
    if (bucket->spent < 0)
        bucket->spent = 0;
    bucket->last_ns = now_ns;
    if (++bucket->spent <= burst || connection->h2->doomed)
        return;
    net__count_refusal(REFUSED_FLOOD);
    connection->h2->doomed = true;
    nghttp2_session_terminate_session(connection->h2->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* --- requests ---------------------------------------------------------------------------- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct connection *connection = context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct exchange *exchange = net__exchange_new(connection, PROTOCOL_HTTP2);
    if (!exchange)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    exchange->stream_id = frame->hd.stream_id;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, exchange);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name_ptr,
                     size_t name_len, const uint8_t *value_ptr, size_t value_len, uint8_t flags,
                     void *context)
{
    struct exchange *exchange = exchange_of(session, frame->hd.stream_id);
    struct str name = {(const char *)name_ptr, name_len};
    struct str value = {(const char *)value_ptr, value_len};
    (void)flags;
    (void)context;
    if (!exchange || exchange->phase != PHASE_HEAD || exchange->ready)
        return 0; /* trailers mean nothing to us */
    struct arena *arena = &exchange->request.arena;
    if (str_equal(name, STR(":method")) && value.len <= 32) {
        exchange->request.method = arena_copy(arena, value);
    } else if (str_equal(name, STR(":path"))) {
        exchange->head_bytes += value.len;
        if (exchange->head_bytes > exchange->server->options.header_bytes_max)
            exchange->head_too_large = true;
        else
            exchange->target = arena_copy(arena, value);
    } else if (str_equal(name, STR(":authority"))) {
        net__add_header(exchange, STR("host"), value);
    } else if (name.len > 0 && name.ptr[0] != ':') {
        net__add_header(exchange, name, value);
    }
    return 0;
}

static void reply_if_ready(struct exchange *exchange)
{
    if (exchange->ready && exchange->phase != PHASE_SENDING)
        net__h2_reply(exchange);
}

static void head_complete(nghttp2_session *session, struct exchange *exchange)
{
    net__begin(exchange);
    struct str expect = request_header(&exchange->request, STR("expect"));
    if (!exchange->ready && str_equal_nocase(expect, STR("100-continue"))) {
        nghttp2_nv proceed = {(uint8_t *)":status", (uint8_t *)"100", 7, 3, NGHTTP2_NV_FLAG_NONE};
        nghttp2_submit_headers(session, NGHTTP2_FLAG_NONE, exchange->stream_id, NULL, &proceed, 1,
                               NULL);
    }
    reply_if_ready(exchange);
}

/* Frames that cost the sender nothing and carry nothing for us. */
static bool is_only_work(const nghttp2_frame *frame)
{
    switch (frame->hd.type) {
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PRIORITY:
    case NGHTTP2_WINDOW_UPDATE:
        return true;
    case NGHTTP2_DATA:
        return frame->hd.length == 0 && !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    default:
        return false;
    }
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct connection *connection = context;
    struct h2 *h2 = connection->h2;
    connection->since_ns = connection->loop->now_ns;
    if (frame->hd.type == NGHTTP2_RST_STREAM)
        spend(connection, &h2->resets, RESETS_BURST, RESETS_A_SECOND);
    else if (is_only_work(frame))
        spend(connection, &h2->controls, CONTROLS_BURST, CONTROLS_A_SECOND);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct exchange *exchange = exchange_of(session, frame->hd.stream_id);
    if (!exchange)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        head_complete(session, exchange);
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) && exchange->phase == PHASE_BODY &&
        !exchange->ready) {
        net__finish(exchange);
        reply_if_ready(exchange);
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *bytes,
                   size_t len, void *context)
{
    struct exchange *exchange = exchange_of(session, stream_id);
    (void)flags;
    (void)context;
    if (exchange && exchange->phase == PHASE_BODY && !exchange->ready &&
        !net__body(exchange, bytes, len))
        reply_if_ready(exchange);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t code,
                           void *context)
{
    struct exchange *exchange = exchange_of(session, stream_id);
    (void)code;
    (void)context;
    nghttp2_session_set_stream_user_data(session, stream_id, NULL);
    if (exchange)
        net__exchange_detach(exchange);
    return 0;
}

/* An answer that came before the end of the request: tell the sender to keep the rest. */
static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    (void)context;
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
        nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0)
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  NGHTTP2_NO_ERROR);
    return 0;
}

/* --- the connection ---------------------------------------------------------------------- */

void net__h2_close(struct connection *connection)
{
    struct loop *loop = connection->loop;
    struct h2 *h2 = connection->h2;
    struct exchange *next;
    for (struct exchange *exchange = loop->exchanges; exchange; exchange = next) {
        next = exchange->next;
        if (exchange->carrier == connection)
            net__exchange_detach(exchange);
    }
    for (struct connection **at = &loop->flushing; h2->is_flushing && *at;
         at = &(*at)->h2->next_flushing) {
        if (*at == connection) {
            *at = h2->next_flushing;
            break;
        }
    }
    nghttp2_session_del(h2->session);
    free(h2->pending);
    free(h2);
    connection->h2 = NULL;
    /* Unread bytes would turn the close into a reset, and our last words could be lost. */
    shutdown(connection->fd, SHUT_WR);
    while (recv(connection->fd, loop->scratch, SCRATCH_BYTES, MSG_DONTWAIT) == SCRATCH_BYTES)
        ;
    close(connection->fd);
    net__connection_bury(connection);
}

/* False: the socket is full or broken. */
static bool send_pending(struct connection *connection)
{
    struct h2 *h2 = connection->h2;
    while (h2->pending_at < h2->pending_len) {
        ssize_t sent = send(connection->fd, h2->pending + h2->pending_at,
                            h2->pending_len - h2->pending_at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            h2->broken = errno != EAGAIN && errno != EWOULDBLOCK;
            return false;
        }
        h2->pending_at += (size_t)sent;
    }
    h2->pending_at = h2->pending_len = 0;
    return true;
}

static bool keep_pending(struct h2 *h2, const uint8_t *bytes, size_t len)
{
    if (len > h2->pending_capacity) {
        uint8_t *grown = realloc(h2->pending, len);
        if (!grown)
            return false;
        h2->pending = grown;
        h2->pending_capacity = len;
    }
    if (len)
        memcpy(h2->pending, bytes, len);
    h2->pending_at = 0;
    h2->pending_len = len;
    return true;
}

/* Gathers frames into the loop's buffer; what the socket does not take is kept. False: nothing more
 * can be written now. */
static bool send_gathered(struct connection *connection, bool *out_idle)
{
    struct h2 *h2 = connection->h2;
    uint8_t *out = connection->loop->out;
    size_t len = 0;
    const uint8_t *frame;
    *out_idle = false;
    while (len < OUT_BYTES - 32 * 1024) { /* a frame we send has at most 16 KiB and its head */
        ssize_t got = nghttp2_session_mem_send(h2->session, &frame);
        if (got < 0) {
            h2->broken = true;
            return false;
        }
        if (got == 0) {
            *out_idle = true;
            break;
        }
        must((size_t)got <= OUT_BYTES - len);
        memcpy(out + len, frame, (size_t)got);
        len += (size_t)got;
    }
    size_t sent = 0;
    while (sent < len) {
        ssize_t now = send(connection->fd, out + sent, len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0) {
            h2->broken = (errno != EAGAIN && errno != EWOULDBLOCK) ||
                         !keep_pending(h2, out + sent, len - sent);
            return false;
        }
        sent += (size_t)now;
    }
    return true;
}

static void wait_writable(struct connection *connection, bool wanted)
{
    struct h2 *h2 = connection->h2;
    if (h2->waits_writable == wanted)
        return;
    h2->waits_writable = wanted;
    net__loop_watch(connection->loop, connection->fd, &connection->watch,
                    EPOLLIN | EPOLLRDHUP | (wanted ? EPOLLOUT : 0u), EPOLL_CTL_MOD);
}

void net__h2_flush(struct connection *connection)
{
    struct h2 *h2 = connection->h2;
    bool idle = false;
    must(connection->loop->flushing == connection);
    connection->loop->flushing = h2->next_flushing;
    h2->is_flushing = false;
    bool room = send_pending(connection);
    while (room && !idle)
        room = send_gathered(connection, &idle);
    bool over =
        nghttp2_session_want_read(h2->session) == 0 && nghttp2_session_want_write(h2->session) == 0;
    bool left = h2->leaving && connection->active_count == 0;
    if (h2->broken || h2->doomed || h2->peer_closed || (room && (over || left)))
        net__h2_close(connection);
    else
        wait_writable(connection, !room);
}

static void on_ready(struct watch *watch, uint32_t events)
{
    struct connection *connection = (struct connection *)watch;
    if (connection->closed)
        return;
    struct h2 *h2 = connection->h2;
    uint8_t *scratch = connection->loop->scratch;
    net__h2_mark(connection);
    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
        return;
    for (int i = 0; i < READS_A_ROUND && !h2->doomed; i++) {
        ssize_t got = recv(connection->fd, scratch, SCRATCH_BYTES, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return;
        if (got <= 0) {
            h2->peer_closed = true;
            return;
        }
        if (nghttp2_session_mem_recv(h2->session, scratch, (size_t)got) < 0) {
            h2->doomed = true;
            return;
        }
        if (got < SCRATCH_BYTES)
            return;
    }
}

nghttp2_session *net__h2_session_new(struct connection *connection)
{
    const struct server_options *options = &connection->loop->server->options;
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    nghttp2_session *session = NULL;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, FRAME_BYTES_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)options->header_bytes_max},
    };
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0)
        goto done;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
    nghttp2_option_set_max_outbound_ack(option, ACKS_WAITING_MAX);
    nghttp2_option_set_max_settings(option, SETTINGS_ENTRIES_MAX);
    nghttp2_option_set_no_closed_streams(option, 1);
    if (nghttp2_session_server_new2(&session, callbacks, connection, option) != 0)
        goto done;
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                            sizeof settings / sizeof settings[0]);
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW_BYTES);
done:
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return session;
}

void net__h2_adopt(struct connection *connection)
{
    struct h2 *h2 = calloc(1, sizeof *h2);
    connection->h2 = h2;
    if (h2)
        h2->session = net__h2_session_new(connection);
    if (!h2 || !h2->session ||
        !net__loop_watch(connection->loop, connection->fd, &connection->watch, EPOLLIN | EPOLLRDHUP,
                         EPOLL_CTL_MOD)) {
        if (h2)
            nghttp2_session_del(h2->session);
        free(h2);
        close(connection->fd);
        net__connection_bury(connection);
        return;
    }
    connection->kind = KIND_HTTP2;
    connection->watch.ready = on_ready;
    connection->since_ns = connection->loop->now_ns;
    net__count_connection(PROTOCOL_HTTP2);
    on_ready(&connection->watch, EPOLLIN);
}

void net__h2_goodbye(struct connection *connection)
{
    nghttp2_session *session = connection->h2->session;
    if (!connection->h2->leaving)
        nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR,
                              NULL, 0);
    connection->h2->leaving = true;
    net__h2_mark(connection);
}

void net__h2_sweep(struct connection *connection)
{
    struct loop *loop = connection->loop;
    int64_t idle_ns = loop->now_ns - connection->since_ns;
    if (connection->active_count > 0 || idle_ns <= net__idle_ns(loop->server))
        return;
    if (connection->h2->leaving) /* it has not read the goodbye either */
        net__h2_close(connection);
    else
        net__h2_goodbye(connection);
}
