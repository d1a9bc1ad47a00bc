/* SPDX-License-Identifier: Apache-2.0 */
/* net_http2_client: a blocking HTTP/2 client on nghttp2, for the tests of net. */
#pragma once

#include <nghttp2/nghttp2.h>

#include "net_fixture.h"

struct call {
    int status;
    int grpc_status;    /* -1: none came */
    struct buf headers; /* "name: value\n", trailers too */
    struct buf body;
    bool closed;
    uint32_t error_code;
    struct str to_send; /* the request's body */
    bool keep_open;     /* never ends the request */
};

struct client {
    int fd;
    nghttp2_session *session;
    bool gone;       /* the server closed, or the session broke */
    uint32_t goaway; /* error code + 1; 0: none */
    uint32_t window, streams_max;
};

static int client_on_header(nghttp2_session *session, const nghttp2_frame *frame,
                            const uint8_t *name, size_t name_len, const uint8_t *value,
                            size_t value_len, uint8_t flags, void *context)
{
    struct call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    struct str key = {(const char *)name, name_len}, text = {(const char *)value, value_len};
    int64_t number = -1;
    (void)flags;
    (void)context;
    if (!call)
        return 0;
    str_to_i64(text, &number);
    if (str_equal(key, STR(":status")))
        call->status = (int)number;
    if (str_equal(key, STR("grpc-status")))
        call->grpc_status = (int)number;
    buf_printf(&call->headers, "%.*s: %.*s\n", STR_ARGS(key), STR_ARGS(text));
    return 0;
}

static int client_on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                          size_t len, void *context)
{
    struct call *call = nghttp2_session_get_stream_user_data(session, id);
    (void)flags;
    (void)context;
    if (call)
        buf_add(&call->body, bytes, len);
    return 0;
}

static int client_on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    struct call *call = nghttp2_session_get_stream_user_data(session, id);
    (void)context;
    if (call) {
        call->closed = true;
        call->error_code = code;
    }
    return 0;
}

static int client_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct client *client = context;
    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        client->goaway = frame->goaway.error_code + 1;
    for (size_t i = 0; frame->hd.type == NGHTTP2_SETTINGS && i < frame->settings.niv; i++) {
        if (frame->settings.iv[i].settings_id == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE)
            client->window = frame->settings.iv[i].value;
        if (frame->settings.iv[i].settings_id == NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
            client->streams_max = frame->settings.iv[i].value;
    }
    return 0;
}

static ssize_t client_read(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
                           uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct call *call = source->ptr;
    size_t len = call->to_send.len < room ? call->to_send.len : room;
    (void)session;
    (void)id;
    (void)context;
    if (len == 0 && call->keep_open)
        return NGHTTP2_ERR_DEFERRED;
    if (len)
        memcpy(out, call->to_send.ptr, len);
    call->to_send = str_sub(call->to_send, len, call->to_send.len);
    if (call->to_send.len == 0 && !call->keep_open)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

static void h2_start(struct client *client, const struct fixture *fixture)
{
    nghttp2_session_callbacks *callbacks;
    *client = (struct client){.fd = client_connect(fixture)};
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, client_on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, client_on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, client_on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, client_on_frame);
    nghttp2_option *option;
    nghttp2_option_new(&option);
    nghttp2_option_set_max_send_header_block_length(option, 1 << 20);
    nghttp2_session_client_new2(&client->session, callbacks, client, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, NULL, 0);
    nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, 0, 8 << 20);
}

static void h2_end(struct client *client)
{
    nghttp2_session_del(client->session);
    close(client->fd);
}

static void h2_write(struct client *client)
{
    const uint8_t *bytes;
    ssize_t len;
    while (!client->gone && (len = nghttp2_session_mem_send(client->session, &bytes)) > 0)
        client->gone = !client_send(client->fd, bytes, (size_t)len);
}

/* Writes what there is and reads once. */
static void h2_turn(struct client *client)
{
    static uint8_t bytes[65536];
    h2_write(client);
    ssize_t got = recv(client->fd, bytes, sizeof bytes, 0);
    if (got <= 0 || nghttp2_session_mem_recv(client->session, bytes, (size_t)got) < 0)
        client->gone = true;
    h2_write(client);
}

static inline void h2_wait(struct client *client, struct call *call)
{
    while (!call->closed && !client->gone)
        h2_turn(client);
}

/* `headers` are pairs, ended by NULL. */
static inline int32_t h2_submit(struct client *client, struct call *call, const char *method,
                                const char *path, const char *const *headers, struct str body)
{
    nghttp2_nv items[16];
    size_t count = 0;
    const char *fixed[] = {":method", method,       ":path",     path, ":scheme",
                           "http",    ":authority", "localhost", NULL};
    nghttp2_data_provider provider = {.source.ptr = call, .read_callback = client_read};
    for (int pass = 0; pass < 2; pass++) {
        const char *const *pairs = pass ? headers : fixed;
        for (; pairs && *pairs; pairs += 2)
            items[count++] =
                (nghttp2_nv){(uint8_t *)(uintptr_t)pairs[0], (uint8_t *)(uintptr_t)pairs[1],
                             strlen(pairs[0]), strlen(pairs[1]), NGHTTP2_NV_FLAG_NONE};
    }
    bool keep_open = call->keep_open;
    *call = (struct call){.grpc_status = -1, .to_send = body, .keep_open = keep_open};
    int32_t id = nghttp2_submit_request(client->session, NULL, items, count,
                                        body.ptr || keep_open ? &provider : NULL, call);
    assert_true(id > 0);
    return id;
}

static inline void call_done(struct call *call)
{
    buf_done(&call->headers);
    buf_done(&call->body);
}

static inline bool call_has(struct call *call, const char *text)
{
    return str_contains(buf_str(&call->headers), str_from(text));
}

static inline struct call h2_ask(struct client *client, const char *method, const char *path,
                                 const char *const *headers, struct str body)
{
    struct call call = {0};
    h2_submit(client, &call, method, path, headers, body);
    h2_wait(client, &call);
    return call;
}
