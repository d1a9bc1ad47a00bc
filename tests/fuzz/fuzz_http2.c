/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_http2: the bytes of a connection behind the preface. */
#define _GNU_SOURCE
#include "fuzz/driver.h"
#include "fuzz/fuzz_net.h"

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* False when the session is past saving. */
static bool fuzz_net_feed(struct fuzz_net *net, const uint8_t *bytes, size_t len)
{
    ssize_t taken = nghttp2_session_mem_recv(net->h2.session, bytes, len);
    return taken >= 0 && !net->h2.doomed;
}

static int fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz_net *net = fuzz_net_new();
    const uint8_t *out;
    bool alive = fuzz_net_feed(net, (const uint8_t *)preface, sizeof preface - 1);
    /* In pieces of changing size, as a network brings them. */
    for (size_t at = 0, step = 1; alive && at < size; step = step * 3 % 61 + 1) {
        size_t len = size - at < step ? size - at : step;
        alive = fuzz_net_feed(net, data + at, len);
        at += len;
        while (alive && nghttp2_session_mem_send(net->h2.session, &out) > 0)
            ;
    }
    fuzz_net_free(net);
    return 0;
}

static ssize_t read_nothing(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void)session, (void)id, (void)room, (void)source, (void)context;
    memcpy(out, "\0\0\0\0\3abc", 8);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return 8;
}

static void seed_request(const char *method, const char *path, const char *type, bool has_body)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *client;
    struct buf bytes = {0};
    const uint8_t *out;
    nghttp2_data_provider provider = {.read_callback = read_nothing};
#define NV(name, value)                                                                            \
    {(uint8_t *)(name), (uint8_t *)(uintptr_t)(value), strlen(name), strlen(value), 0}
    nghttp2_nv headers[] = {
        NV(":method", method),         NV(":scheme", "http"),         NV(":path", path),
        NV(":authority", "localhost"), NV("content-type", type),      NV("grpc-timeout", "1S"),
        NV("grpc-encoding", "gzip"),   NV("accept-encoding", "gzip"), NV("origin", "http://a")};
    must(nghttp2_session_callbacks_new(&callbacks) == 0);
    must(nghttp2_session_client_new(&client, callbacks, NULL) == 0);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(client, 0, NULL, 0);
    for (int i = 0; i < 2; i++)
        nghttp2_submit_request(client, NULL, headers, sizeof headers / sizeof headers[0],
                               has_body ? &provider : NULL, NULL);
    nghttp2_submit_ping(client, 0, NULL);
    nghttp2_submit_rst_stream(client, 0, 1, NGHTTP2_CANCEL);
    for (ssize_t len; (len = nghttp2_session_mem_send(client, &out)) > 0;)
        buf_add(&bytes, out, (size_t)len);
    fuzz_seed(bytes.ptr + sizeof preface - 1, bytes.len - (sizeof preface - 1));
    nghttp2_session_del(client);
    buf_done(&bytes);
}

static void fuzz_seeds(void)
{
    log_set_level(LOG_OFF);
    seed_request("POST", "/echo", "application/grpc", true);
    seed_request("POST", "/refuse?a=b%20c", "application/grpc", true);
    seed_request("POST", "/echo", "application/json", true);
    seed_request("GET", "/a/%41/c/d?a=1", "text/plain", false);
    seed_request("OPTIONS", "/echo", "text/plain", false);
}
