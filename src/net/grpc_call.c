/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc_call: a unary gRPC call is an HTTP/2 POST whose body is one framed message, and whose answer
 * ends with trailers. The frame's head is taken off as it arrives, so that the message lands in
 * memory of its exact size and a length over the limit is refused at once.
 *
 * A message that is too large is INVALID_ARGUMENT, not RESOURCE_EXHAUSTED: several exporters retry
 * the latter with or without RetryInfo, and the same bytes will not get smaller.
 */
#include "net/net_private.h"

#include "wire/grpc.h"

bool net__is_grpc(const struct exchange *exchange)
{
    if (exchange->request.protocol != PROTOCOL_HTTP2)
        return false;
    struct str type = request_header(&exchange->request, STR("content-type"));
    struct str prefix = STR("application/grpc");
    return str_starts_nocase(type, prefix) &&
           (type.len == prefix.len || type.ptr[prefix.len] == '+' || type.ptr[prefix.len] == ';');
}

enum status net__grpc_begin(struct exchange *exchange, struct error *error)
{
    struct request *request = &exchange->request;
    struct str timeout = request_header(request, STR("grpc-timeout"));
    int64_t timeout_ns;
    if (encoding_parse(request_header(request, STR("grpc-encoding")), &exchange->encoding, NULL) !=
        STATUS_OK) {
        net__count_refusal(REFUSED_ENCODING);
        return fail(error, STATUS_UNIMPLEMENTED,
                    "grpc-encoding is not one of gzip, deflate, zstd and identity");
    }
    if (!timeout.ptr)
        return STATUS_OK;
    if (!grpc_timeout_parse(timeout, &timeout_ns))
        return fail(error, STATUS_INVALID,
                    "grpc-timeout must be up to eight digits and one of H, M, S, m, u, n");
    if (__builtin_add_overflow(exchange->loop->now_ns, timeout_ns, &exchange->deadline_ns))
        exchange->deadline_ns = 0;
    else if (exchange->deadline_ns < exchange->loop->next_sweep_ns)
        exchange->loop->next_sweep_ns = exchange->deadline_ns;
    return STATUS_OK;
}

static bool frame_head_complete(struct exchange *exchange)
{
    struct grpc_frame frame;
    size_t limit = exchange->server->options.body_bytes_max;
    if (!grpc_frame_parse(exchange->frame_head, &frame)) {
        net__refuse(exchange, STATUS_INVALID,
                    "the first byte of a gRPC frame is 0 or 1; this one is %u",
                    exchange->frame_head[0]);
    } else if (frame.length > limit) {
        net__count_refusal(REFUSED_BODY);
        net__refuse(exchange, STATUS_TOO_LARGE, "the message says %u bytes; at most %zu are read",
                    frame.length, limit);
    } else if (frame.compressed && exchange->encoding == ENCODING_IDENTITY) {
        net__refuse(exchange, STATUS_INVALID,
                    "the message is marked as compressed but grpc-encoding names no compression");
    } else {
        exchange->frame_compressed = frame.compressed;
        exchange->frame_length = frame.length;
        exchange->body_expected = frame.length;
        return true;
    }
    return false;
}

bool net__grpc_body(struct exchange *exchange, const uint8_t **bytes, size_t *len)
{
    while (*len > 0 && exchange->frame_head_len < GRPC_FRAME_BYTES) {
        exchange->frame_head[exchange->frame_head_len++] = *(*bytes)++;
        --*len;
        if (exchange->frame_head_len == GRPC_FRAME_BYTES && !frame_head_complete(exchange))
            return false;
    }
    if (*len > 0 && *len > exchange->frame_length - exchange->body_len) {
        net__refuse(exchange, STATUS_INVALID,
                    "bytes follow the message: this method takes exactly one");
        return false;
    }
    return true;
}

enum status net__grpc_finish(struct exchange *exchange, struct error *error)
{
    if (exchange->frame_head_len == 0)
        return fail(error, STATUS_INVALID, "the request has no message");
    if (exchange->frame_head_len < GRPC_FRAME_BYTES || exchange->body_len < exchange->frame_length)
        return fail(error, STATUS_INVALID, "the message ends early: %zu of its %u bytes arrived",
                    exchange->body_len, exchange->frame_length);
    return STATUS_OK;
}

static struct str in_arena(struct exchange *exchange, struct buf *buf)
{
    struct str text = buf->failed ? STR_NONE : arena_copy(&exchange->request.arena, buf_str(buf));
    buf_done(buf);
    return text;
}

struct grpc_trailers net__grpc_trailers(struct exchange *exchange)
{
    const struct response *response = &exchange->response;
    int code = status_grpc(response->status);
    struct str text = str_from(response->error.text);
    struct grpc_trailers trailers = {
        .status = arena_printf(&exchange->request.arena, "%d", code),
    };
    if (response->status == STATUS_OK)
        return trailers;
    if (text.len == 0)
        text = str_from(status_name(response->status));
    struct buf message = {0}, status = {0}, details = {0};
    grpc_message_write(&message, text);
    grpc_status_write(&status, code, text, exchange->retry_ms);
    grpc_base64_write(&details, buf_str(&status));
    trailers.message = in_arena(exchange, &message);
    trailers.details = in_arena(exchange, &details);
    buf_done(&status);
    return trailers;
}
