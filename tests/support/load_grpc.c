/* SPDX-License-Identifier: Apache-2.0 */
/* load over gRPC: nghttp2 on a blocking socket, a few calls at the same time on each connection. */
#include "support/load.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/grpc.h"

enum { CALLS_MAX = 64 };

struct grpc_call {
    bool busy, answered_ok;
    struct buf message, frame;
    size_t sent, spans;
};

struct grpc_load {
    const struct wire_options *options;
    struct source *source;
    struct tally *tally;
    nghttp2_session *session;
    int fd;
    size_t busy;
    bool at_end;
    struct grpc_call calls[CALLS_MAX];
};

static ssize_t give_body(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
                         uint32_t *flags, nghttp2_data_source *from, void *context)
{
    struct grpc_call *call = from->ptr;
    size_t left = call->frame.len - call->sent, take = left < room ? left : room;
    (void)session, (void)id, (void)context;
    memcpy(out, call->frame.ptr + call->sent, take);
    call->sent += take;
    if (call->sent == call->frame.len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)take;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    struct grpc_load *load = context;
    struct grpc_call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    struct str key = {(const char *)name, name_len}, text = {(const char *)value, value_len};
    (void)flags;
    if (!call)
        return 0;
    if (str_equal(key, STR("grpc-status")))
        call->answered_ok = str_equal(text, STR("0"));
    if (str_equal(key, STR("grpc-message")) && text.len)
        tally_trouble(load->tally, "gRPC: %.*s", (int)(text.len > 200 ? 200 : text.len), text.ptr);
    return 0;
}

/* The reply message is empty unless something was refused: five bytes of frame, no more. */
static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t len, void *context)
{
    struct grpc_load *load = context;
    (void)session, (void)flags, (void)id, (void)bytes;
    if (len > GRPC_FRAME_BYTES)
        tally_trouble(load->tally, "gRPC: partial success, %zu bytes", len);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    struct grpc_load *load = context;
    struct grpc_call *call = nghttp2_session_get_stream_user_data(session, id);
    if (!call)
        return 0;
    if (code != 0 || !call->answered_ok) {
        tally_trouble(load->tally, "gRPC: a call failed, HTTP/2 error %u", code);
    } else {
        load->tally->spans += call->spans;
        load->tally->bytes += call->message.len;
        load->tally->requests++;
    }
    call->busy = false;
    load->busy--;
    return 0;
}

static void submit(struct grpc_load *load)
{
#define PAIR(name, value)                                                                          \
    {                                                                                              \
        (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, sizeof(value) - 1, 0              \
    }
    static const nghttp2_nv headers[] = {
        PAIR(":method", "POST"),
        PAIR(":scheme", "http"),
        PAIR(":authority", "127.0.0.1"),
        PAIR(":path", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
        PAIR("content-type", "application/grpc"),
        PAIR("te", "trailers"),
    };
#undef PAIR
    size_t i = 0, claim = tally_claim(load->tally, load->options->batch);
    while (load->calls[i].busy)
        i++;
    struct grpc_call *call = &load->calls[i];
    buf_clear(&call->message);
    buf_clear(&call->frame);
    call->spans = claim ? load->source->next(load->source, claim, &call->message) : 0;
    if (!call->spans) {
        load->at_end = true;
        return;
    }
    grpc_frame_write(&call->frame, buf_str(&call->message));
    call->sent = 0;
    call->answered_ok = false;
    const nghttp2_data_provider body = {.source = {.ptr = call}, .read_callback = give_body};
    if (nghttp2_submit_request(load->session, NULL, headers, sizeof headers / sizeof *headers,
                               &body, call) < 0) {
        tally_trouble(load->tally, "nghttp2_submit_request failed");
        return;
    }
    call->busy = true;
    load->busy++;
}

static bool send_all(struct grpc_load *load)
{
    const uint8_t *bytes;
    ssize_t len;
    while ((len = nghttp2_session_mem_send(load->session, &bytes)) > 0)
        while (len > 0) {
            ssize_t sent = send(load->fd, bytes, (size_t)len, MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR)
                continue;
            if (sent <= 0)
                return false;
            bytes += sent;
            len -= sent;
        }
    return len == 0;
}

static void run_session(struct grpc_load *load)
{
    uint8_t bytes[65536];
    while (!load->tally->failures) {
        while (!load->at_end && !load->tally->failures && load->busy < load->options->in_flight)
            submit(load);
        if (!load->busy)
            return;
        if (!send_all(load)) {
            tally_trouble(load->tally, "send: %s", strerror(errno));
            return;
        }
        ssize_t got = recv(load->fd, bytes, sizeof bytes, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || nghttp2_session_mem_recv(load->session, bytes, (size_t)got) != got) {
            tally_trouble(load->tally, "the connection broke: %s", strerror(errno));
            return;
        }
    }
}

void load_grpc(const struct wire_options *options, struct source *source, struct tally *tally)
{
    struct grpc_load *load = calloc(1, sizeof *load);
    nghttp2_session_callbacks *callbacks = NULL;
    if (!load || nghttp2_session_callbacks_new(&callbacks) != 0) {
        tally_trouble(tally, "no memory");
        free(load);
        return;
    }
    load->options = options;
    load->source = source;
    load->tally = tally;
    load->fd = load_connect(options, tally);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    if (load->fd >= 0 && nghttp2_session_client_new(&load->session, callbacks, load) == 0) {
        nghttp2_submit_settings(load->session, NGHTTP2_FLAG_NONE, NULL, 0);
        run_session(load);
        nghttp2_session_del(load->session);
    }
    nghttp2_session_callbacks_del(callbacks);
    if (load->fd >= 0)
        close(load->fd);
    for (size_t i = 0; i < CALLS_MAX; i++) {
        buf_done(&load->calls[i].message);
        buf_done(&load->calls[i].frame);
    }
    free(load);
}
