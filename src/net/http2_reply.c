/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http2_reply: answers in HTTP/2 frames. A gRPC answer is headers, one framed message and trailers;
 * a gRPC error is trailers only. The exchange outlives its stream's frames, so bodies are read from
 * it in place.
 */
#define _GNU_SOURCE
#include "net/http2_private.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wire/grpc.h"

struct headers {
    nghttp2_nv items[32];
    size_t count;
};

static void add(struct headers *headers, struct str name, struct str value)
{
    must(headers->count < sizeof headers->items / sizeof headers->items[0]);
    headers->items[headers->count++] =
        (nghttp2_nv){(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len,
                     value.len, NGHTTP2_NV_FLAG_NONE};
}

static struct str date_text(void)
{
    static _Thread_local char text[32];
    static _Thread_local time_t written;
    time_t now = time(NULL);
    struct tm parts;
    if (now != written && gmtime_r(&now, &parts)) {
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        written = now;
    }
    return str_from(text);
}

static void add_grpc_trailers(struct headers *headers, const struct grpc_trailers *trailers)
{
    add(headers, STR("grpc-status"), trailers->status);
    if (trailers->message.ptr)
        add(headers, STR("grpc-message"), trailers->message);
    if (trailers->details.ptr)
        add(headers, STR("grpc-status-details-bin"), trailers->details);
}

/* From the page cache, as a rule: it was written a moment ago. */
static ssize_t read_file(struct exchange *exchange, uint8_t *out, size_t room, uint32_t *flags)
{
    const struct response *response = &exchange->response;
    size_t left = (size_t)response->file_bytes - exchange->sent;
    ssize_t got = pread(response->file, out, room < left ? room : left, (off_t)exchange->sent);
    if (got <= 0) /* cut short behind our back: the stream is reset, not ended */
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    exchange->sent += (size_t)got;
    if ((int64_t)exchange->sent >= response->file_bytes)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return got;
}

static void submit_trailers(nghttp2_session *session, struct exchange *exchange, uint32_t *flags)
{
    struct headers headers = {.count = 0};
    const struct header *trailers;
    size_t count = net__stream_trailers(exchange, &trailers);
    for (size_t i = 0; i < count; i++)
        add(&headers, trailers[i].name, trailers[i].value);
    if (count &&
        nghttp2_submit_trailer(session, exchange->stream_id, headers.items, headers.count) == 0)
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
}

static ssize_t read_stream(nghttp2_session *session, struct exchange *exchange, uint8_t *out,
                           size_t room, uint32_t *flags)
{
    bool ended;
    size_t got = net__stream_take(exchange, out, room, &ended);
    if (!got && atomic_load(&exchange->request.cancelled))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (ended) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        submit_trailers(session, exchange, flags);
    }
    return got || ended ? (ssize_t)got : NGHTTP2_ERR_DEFERRED;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream_id, uint8_t *out, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct exchange *exchange = source->ptr;
    if (exchange->stream)
        return read_stream(session, exchange, out, room, flags);
    if (exchange->response.file_bytes)
        return read_file(exchange, out, room, flags);
    struct str body = net__reply_body(exchange);
    bool is_grpc = exchange->request.protocol == PROTOCOL_GRPC;
    size_t prefix = is_grpc ? GRPC_FRAME_BYTES : 0, written = 0;
    (void)context;
    while (exchange->sent < prefix && written < room)
        out[written++] = exchange->frame_head[exchange->sent++];
    if (exchange->sent >= prefix) {
        size_t left = body.len - (exchange->sent - prefix);
        size_t len = left < room - written ? left : room - written;
        if (len)
            memcpy(out + written, body.ptr + (exchange->sent - prefix), len);
        exchange->sent += len;
        written += len;
    }
    if (exchange->sent < prefix + body.len)
        return (ssize_t)written;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (is_grpc) {
        struct grpc_trailers trailers = net__grpc_trailers(exchange);
        struct headers headers = {.count = 0};
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        add_grpc_trailers(&headers, &trailers);
        nghttp2_submit_trailer(session, stream_id, headers.items, headers.count);
    }
    return (ssize_t)written;
}

static void add_grpc_head(struct headers *headers)
{
    add(headers, STR(":status"), STR("200"));
    add(headers, STR("content-type"), STR("application/grpc"));
    add(headers, STR("grpc-accept-encoding"), STR("identity,gzip,deflate,zstd"));
    add(headers, STR("date"), date_text());
}

static int submit_grpc(nghttp2_session *session, struct exchange *exchange)
{
    struct headers headers = {.count = 0};
    nghttp2_data_provider provider = {.source.ptr = exchange, .read_callback = read_body};
    add_grpc_head(&headers);
    if (exchange->response.status != STATUS_OK) {
        struct grpc_trailers trailers = net__grpc_trailers(exchange);
        add_grpc_trailers(&headers, &trailers);
        return nghttp2_submit_response(session, exchange->stream_id, headers.items, headers.count,
                                       NULL);
    }
    size_t len = net__reply_body(exchange).len;
    uint8_t head[GRPC_FRAME_BYTES] = {0, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
                                      (uint8_t)(len >> 8), (uint8_t)len};
    memcpy(exchange->frame_head, head, sizeof head);
    return nghttp2_submit_response(session, exchange->stream_id, headers.items, headers.count,
                                   &provider);
}

static int submit_plain(nghttp2_session *session, struct exchange *exchange)
{
    struct headers headers = {.count = 0};
    nghttp2_data_provider provider = {.source.ptr = exchange, .read_callback = read_body};
    struct arena *arena = &exchange->request.arena;
    struct response *response = &exchange->response;
    size_t len = net__reply_len(exchange);
    const char *type = net__reply_type(exchange);
    add(&headers, STR(":status"), arena_printf(arena, "%d", exchange->http_status));
    add(&headers, STR("date"), date_text());
    if (type) {
        add(&headers, STR("content-type"), str_from(type));
        if (!exchange->stream)
            add(&headers, STR("content-length"), arena_printf(arena, "%zu", len));
    }
    for (size_t i = 0; i < response->header_count; i++) {
        struct str name = arena_copy(arena, response->headers[i].name);
        for (size_t k = 0; k < name.len; k++) /* RFC 9113: names are lower case */
            if (name.ptr[k] >= 'A' && name.ptr[k] <= 'Z')
                ((char *)(uintptr_t)name.ptr)[k] += 'a' - 'A';
        add(&headers, name, response->headers[i].value);
    }
    for (size_t i = 0; i < exchange->extra_count; i++)
        add(&headers, exchange->extra[i].name, exchange->extra[i].value);
    bool no_body = !type || exchange->is_head || (len == 0 && !exchange->stream);
    return nghttp2_submit_response(session, exchange->stream_id, headers.items, headers.count,
                                   no_body ? NULL : &provider);
}

void net__h2_reply(struct exchange *exchange)
{
    struct connection *connection = exchange->carrier;
    nghttp2_session *session = connection->h2->session;
    bool is_grpc = exchange->request.protocol == PROTOCOL_GRPC;
    net__exchange_phase(exchange, PHASE_SENDING);
    net__count_reply(exchange);
    net__count_bytes(exchange->received_bytes, exchange->is_head ? 0 : net__reply_len(exchange));
    if ((is_grpc ? submit_grpc(session, exchange) : submit_plain(session, exchange)) != 0)
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, exchange->stream_id,
                                  NGHTTP2_INTERNAL_ERROR);
    net__h2_mark(connection);
}

void net__h2_resume(struct exchange *exchange)
{
    struct connection *connection = exchange->carrier;
    /* Refused when the stream waits for the reader's window: then it goes on by itself. */
    nghttp2_session_resume_data(connection->h2->session, exchange->stream_id);
    net__h2_mark(connection);
}

/* The handler may be writing to the exchange at this moment, so nothing of it is used. */
static void answer_for_handler(struct exchange *exchange, enum status status, const char *message)
{
    nghttp2_session *session = exchange->carrier->h2->session;
    struct buf code = {0};
    struct headers headers = {.count = 0};
    buf_printf(&code, "%d", status_grpc(status));
    struct grpc_trailers trailers = {.status = buf_str(&code), .message = str_from(message)};
    add_grpc_head(&headers);
    add_grpc_trailers(&headers, &trailers);
    nghttp2_submit_response(session, exchange->stream_id, headers.items, headers.count, NULL);
    nghttp2_session_set_stream_user_data(session, exchange->stream_id, NULL);
    buf_done(&code);
    net__exchange_detach(exchange);
}

void net__h2_give_up(struct exchange *exchange, enum status status, const char *message)
{
    struct connection *connection = exchange->carrier;
    net__h2_mark(connection);
    if (exchange->phase == PHASE_SENDING) {
        nghttp2_submit_rst_stream(connection->h2->session, NGHTTP2_FLAG_NONE, exchange->stream_id,
                                  NGHTTP2_CANCEL);
    } else if (exchange->phase == PHASE_HEAD) { /* in the middle of a header block: past saving */
        connection->h2->doomed = true;
    } else if (exchange->phase == PHASE_BODY) {
        exchange->http_status = 408;
        net__refuse(exchange, status, "%s", message);
        net__h2_reply(exchange);
    } else {
        answer_for_handler(exchange, status, message);
    }
}
