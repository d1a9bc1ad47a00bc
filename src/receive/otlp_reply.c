/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_reply: which encoding a request speaks, and the answer in the same one.
 *
 * Success is Export…ServiceResponse, with partial_success only when something was refused; an error
 * is google.rpc.Status. Over gRPC net puts the status into trailers, so an error has no body there.
 */
#include <stdio.h>

#include "receive/otlp.h"

static const char protobuf_type[] = "application/x-protobuf";
static const char json_type[] = "application/json";

enum status otlp_encoding(const struct request *request, enum otlp_encoding *out_encoding,
                          struct error *error)
{
    struct str rest = request_header(request, STR("content-type")), type = STR_NONE;
    str_take(&rest, ';', &type);
    type = str_trim(type);
    if (request->protocol == PROTOCOL_GRPC || str_equal_nocase(type, str_from(protobuf_type)) ||
        str_equal_nocase(type, STR("application/protobuf")))
        *out_encoding = OTLP_PROTOBUF;
    else if (str_equal_nocase(type, str_from(json_type)))
        *out_encoding = OTLP_JSON;
    else if (type.len == 0)
        return fail(error, STATUS_UNSUPPORTED, "content-type is missing, expected %s or %s",
                    protobuf_type, json_type);
    else
        return fail(error, STATUS_UNSUPPORTED, "content-type is %.*s, expected %s or %s",
                    (int)(type.len < 80 ? type.len : 80), type.ptr, protobuf_type, json_type);
    return STATUS_OK;
}

/* Three reasons were kept; say how many there were. */
static struct str refused_words(const struct batch *batch, char *out, size_t size)
{
    int len =
        snprintf(out, size, "%s%s", batch->rejected.text, batch->rejected_count > 3 ? "; ..." : "");
    return (struct str){out, len > 0 ? (size_t)len : 0};
}

static void write_success_protobuf(const struct batch *batch, struct str words, struct buf *out)
{
    if (batch->rejected_count == 0)
        return;
    struct buf partial = {0};
    protobuf_write_varint(&partial, 1, batch->rejected_count);
    protobuf_write_bytes(&partial, 2, words);
    protobuf_write_bytes(out, 1, buf_str(&partial));
    out->failed |= partial.failed;
    buf_done(&partial);
}

static void write_success_json(const struct batch *batch, const char *rejected, struct str words,
                               struct buf *buf)
{
    struct json_out out = json_out(buf);
    json_out_object(&out, NULL);
    if (batch->rejected_count) {
        json_out_object(&out, "partialSuccess");
        json_out_int_text(&out, rejected, (int64_t)batch->rejected_count);
        json_out_str(&out, "errorMessage", words);
        json_out_end_object(&out);
    }
    json_out_end_object(&out);
}

static void write_error(enum otlp_encoding encoding, enum status status, struct str words,
                        struct buf *buf)
{
    if (encoding == OTLP_PROTOBUF) {
        protobuf_write_varint(buf, 1, (uint64_t)status_grpc(status));
        protobuf_write_bytes(buf, 2, words);
        return;
    }
    struct json_out out = json_out(buf);
    json_out_object(&out, NULL);
    json_out_int(&out, "code", status_grpc(status));
    json_out_str(&out, "message", words);
    json_out_end_object(&out);
}

void otlp_reply(struct request *request, const struct batch *batch, enum status status,
                const struct error *error, struct response *out_response)
{
    const struct otlp_shape *shape = otlp_shape_of(request);
    enum otlp_encoding encoding = OTLP_JSON; /* when the sender speaks neither */
    char words[sizeof batch->rejected.text + 8];
    otlp_encoding(request, &encoding, NULL);
    out_response->content_type = encoding == OTLP_JSON ? json_type : protobuf_type;
    if (status != STATUS_OK) {
        if (request->protocol != PROTOCOL_GRPC)
            write_error(encoding, status, str_from(error->text), &out_response->body);
    } else if (encoding == OTLP_PROTOBUF) {
        write_success_protobuf(batch, refused_words(batch, words, sizeof words),
                               &out_response->body);
    } else {
        write_success_json(batch, shape ? shape->rejected : "rejectedSpans",
                           refused_words(batch, words, sizeof words), &out_response->body);
    }
}
