/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_grpc: the body of a gRPC call, frames and compression, brought in pieces. The first byte
 * says which encoding is announced and how the body is cut; the rest is the body.
 */
#define _GNU_SOURCE
#include "fuzz/driver.h"
#include "fuzz/fuzz_net.h"
#include "wire/grpc.h"

static const char *const encodings[] = {"identity", "gzip", "deflate", "zstd"};

static struct exchange *begin(struct fuzz_net *net, const char *encoding)
{
    struct exchange *exchange = net__exchange_new(&net->connection, PROTOCOL_HTTP2);
    must(exchange);
    exchange->request.method = STR("POST");
    exchange->target = STR("/echo");
    net__add_header(exchange, STR("host"), STR("localhost"));
    net__add_header(exchange, STR("content-type"), STR("application/grpc"));
    net__add_header(exchange, STR("grpc-encoding"), str_from(encoding));
    net__begin(exchange);
    must(!exchange->ready && exchange->phase == PHASE_BODY);
    return exchange;
}

static int fuzz_one(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct fuzz_net *net = fuzz_net_new();
    struct exchange *exchange = begin(net, encodings[data[0] & 3]);
    size_t step = (size_t)(data[0] >> 2) + 1;
    bool more = true;
    for (size_t at = 1; more && at < size; at += step)
        more = net__body(exchange, data + at, size - at < step ? size - at : step);
    if (more)
        net__finish(exchange);
    must(exchange->ready);
    struct grpc_trailers trailers = net__grpc_trailers(exchange);
    must(trailers.status.len > 0);
    /* A message is taken only when it is all there and nothing follows it. */
    struct grpc_frame frame;
    bool whole = size >= 1 + GRPC_FRAME_BYTES && grpc_frame_parse(data + 1, &frame) &&
                 frame.length == size - 1 - GRPC_FRAME_BYTES;
    must(exchange->response.status != STATUS_OK || whole);
    must(exchange->response.status == STATUS_OK || trailers.message.len > 0);
    if (exchange->response.status == STATUS_OK && !frame.compressed)
        must(str_equal(buf_str(&exchange->response.body),
                       (struct str){(const char *)data + 6, frame.length}));
    fuzz_net_free(net);
    int64_t ns;
    grpc_timeout_parse((struct str){(const char *)data, size}, &ns);
    return 0;
}

static void seed(uint8_t choice, bool compressed, struct str message)
{
    struct buf bytes = {0};
    buf_add_byte(&bytes, choice);
    grpc_frame_write(&bytes, message);
    bytes.ptr[1] = compressed;
    fuzz_seed(bytes.ptr, bytes.len);
    buf_done(&bytes);
}

static void fuzz_seeds(void)
{
    struct buf packed = {0};
    log_set_level(LOG_OFF);
    compress_gzip(STR("a message, a message, a message"), &packed, NULL);
    seed(0, false, STR("a message"));
    seed(1 | 3 << 2, true, buf_str(&packed));
    seed(2 | 60 << 2, true, STR("\x78\x9c\x4b\x04\x00\x00\x62\x00\x62")); /* "a" */
    seed(3 | 9 << 2, true, STR("\x28\xb5\x2f\xfd\x20\x01\x09\x00\x00\x61"));
    seed(0, false, STR(""));
    buf_done(&packed);
}
