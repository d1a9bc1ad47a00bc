/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply: what the handler left open is filled here, on the thread that answers: errors in words,
 * Retry-After, CORS for ingest, gzip. Sending is the carrier's.
 */
#include "net/net_private.h"

#include <stdlib.h>

#include "wire/grpc.h"
#include "wire/json.h"

enum { GZIP_BYTES_MIN = 1024 };

#define REPLIES(protocol, text)                                                                    \
    COUNTER(protocol##_2xx, "vitrine_http_requests_total", "protocol=\"" text "\",class=\"2xx\"",  \
            "Requests answered");                                                                  \
    COUNTER(protocol##_3xx, "vitrine_http_requests_total", "protocol=\"" text "\",class=\"3xx\"",  \
            "Requests answered");                                                                  \
    COUNTER(protocol##_4xx, "vitrine_http_requests_total", "protocol=\"" text "\",class=\"4xx\"",  \
            "Requests answered");                                                                  \
    COUNTER(protocol##_5xx, "vitrine_http_requests_total", "protocol=\"" text "\",class=\"5xx\"",  \
            "Requests answered")
REPLIES(http1, "http1");
REPLIES(http2, "http2");
REPLIES(grpc, "grpc");

void net__count_reply(const struct exchange *exchange)
{
    static struct counter *const counters[][4] = {
        [PROTOCOL_HTTP1] = {&http1_2xx, &http1_3xx, &http1_4xx, &http1_5xx},
        [PROTOCOL_HTTP2] = {&http2_2xx, &http2_3xx, &http2_4xx, &http2_5xx},
        [PROTOCOL_GRPC] = {&grpc_2xx, &grpc_3xx, &grpc_4xx, &grpc_5xx},
    };
    int class = exchange->http_status / 100;
    if (class >= 2 && class <= 5)
        counter_add(counters[exchange->request.protocol][class - 2], 1);
}

void response_header(struct response *response, struct str name, struct str value)
{
    must(response->header_count < sizeof response->headers / sizeof response->headers[0]);
    response->headers[response->header_count++] = (struct header){name, value};
}

void net__extra_header(struct exchange *exchange, struct str name, struct str value)
{
    must(exchange->extra_count < EXTRA_HEADERS_MAX);
    exchange->extra[exchange->extra_count++] = (struct header){name, value};
}

static bool has_header(const struct exchange *exchange, struct str name)
{
    for (size_t i = 0; i < exchange->response.header_count; i++) {
        if (str_equal_nocase(exchange->response.headers[i].name, name))
            return true;
    }
    return false;
}

struct str net__reply_body(const struct exchange *exchange)
{
    if (exchange->response.static_body.ptr)
        return exchange->response.static_body;
    struct str body = buf_str(&exchange->response.body);
    return body.ptr ? body : STR("");
}

size_t net__reply_len(const struct exchange *exchange)
{
    return exchange->response.file_bytes ? (size_t)exchange->response.file_bytes
                                         : net__reply_body(exchange).len;
}

static bool may_have_body(const struct exchange *exchange)
{
    return exchange->http_status >= 200 && exchange->http_status != 204 &&
           exchange->http_status != 304;
}

const char *net__reply_type(const struct exchange *exchange)
{
    if (!may_have_body(exchange))
        return NULL;
    return exchange->response.content_type ? exchange->response.content_type : "application/json";
}

/* The names Langfuse's clients know errors by; newer ones look at the code. */
static void word_langfuse(struct json_out *out, int http_status)
{
    static const struct {
        int status;
        const char *name, *code;
    } names[] = {{401, "UnauthorizedError", "authentication_failed"},
                 {403, "ForbiddenError", "access_denied"},
                 {404, "LangfuseNotFoundError", "resource_not_found"},
                 {405, "MethodNotAllowedError", "method_not_allowed"},
                 {409, "LangfuseConflictError", "conflict"},
                 {413, "PayloadTooLargeError", "unprocessable_content"},
                 {503, "ServiceUnavailableError", "internal_error"}};
    const char *name = http_status < 500 ? "InvalidRequestError" : "InternalServerError";
    const char *code = http_status < 500 ? "invalid_request" : "internal_error";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].status == http_status) {
            name = names[i].name;
            code = names[i].code;
        }
    json_out_text(out, "error", name);
    json_out_text(out, "code", code);
}

/* google.rpc.Status for senders of protobuf, as OTLP asks; JSON for everybody else. */
static void word_error(struct exchange *exchange)
{
    struct response *response = &exchange->response;
    struct str text = str_from(response->error.text);
    struct str type = request_header(&exchange->request, STR("content-type"));
    if (text.len == 0)
        text = str_from(status_name(response->status));
    if (exchange->route && exchange->route->route->is_ingest &&
        str_starts_nocase(type, STR("application/x-protobuf"))) {
        response->content_type = "application/x-protobuf";
        grpc_status_write(&response->body, status_grpc(response->status), text, -1);
        return;
    }
    struct json_out out = json_out(&response->body);
    response->content_type = "application/json";
    json_out_object(&out, NULL);
    if (str_starts(exchange->request.path, STR("/api/public/"))) {
        json_out_str(&out, "message", text);
        word_langfuse(&out, exchange->http_status);
        json_out_end_object(&out);
        return;
    }
    json_out_object(&out, "error");
    json_out_text(&out, "status", status_name(response->status));
    json_out_str(&out, "message", text);
    json_out_end_object(&out);
    json_out_end_object(&out);
}

static void advise_retry(struct exchange *exchange)
{
    switch (exchange->response.status) {
    case STATUS_BUSY:
    case STATUS_IO:
        exchange->retry_ms = 1000;
        break;
    case STATUS_FULL:
        exchange->retry_ms = 10000;
        break;
    default:
        return;
    }
    if (!has_header(exchange, STR("retry-after")))
        net__extra_header(exchange, STR("retry-after"),
                          exchange->retry_ms == 1000 ? STR("1") : STR("10"));
}

static bool accepts_gzip(const struct request *request)
{
    struct str rest = request_header(request, STR("accept-encoding")), item, name;
    while (rest.len > 0 && str_take(&rest, ',', &item)) {
        if (!str_take(&item, ';', &name) || !str_equal_nocase(str_trim(name), STR("gzip")))
            continue;
        struct str weight = str_trim(item);
        double number;
        return !str_starts_nocase(weight, STR("q=")) ||
               !str_to_double(str_sub(weight, 2, weight.len), &number) || number > 0;
    }
    return false;
}

static bool is_text(struct str type)
{
    return str_starts(type, STR("application/json")) || str_starts(type, STR("text/")) ||
           str_starts(type, STR("application/javascript")) || str_starts(type, STR("image/svg"));
}

static void shrink(struct exchange *exchange)
{
    struct response *response = &exchange->response;
    struct str body = net__reply_body(exchange);
    const char *type = net__reply_type(exchange);
    struct buf packed = {0};
    if (!type || response->file_bytes || !is_text(str_from(type)) || body.len <= GZIP_BYTES_MIN ||
        has_header(exchange, STR("content-encoding")))
        return;
    net__extra_header(exchange, STR("vary"), STR("accept-encoding"));
    if (!accepts_gzip(&exchange->request) || compress_gzip(body, &packed, NULL) != STATUS_OK) {
        buf_done(&packed);
        return;
    }
    buf_done(&response->body);
    response->body = packed;
    response->static_body = STR_NONE;
    net__extra_header(exchange, STR("content-encoding"), STR("gzip"));
}

static void word_reply(struct exchange *exchange, const struct response *given)
{
    exchange->response = *given;
    struct response *response = &exchange->response;
    if (exchange->http_status == 0)
        exchange->http_status =
            response->http_status ? response->http_status : status_http(response->status);
    advise_retry(exchange);
    if (exchange->request.protocol == PROTOCOL_GRPC) {
        exchange->http_status = status_http(response->status); /* for the counters only */
        return;
    }
    if (response->status != STATUS_OK && response->body.len == 0 && !response->static_body.ptr)
        word_error(exchange);
    if (response->body.failed) { /* half an answer would look like a whole one */
        buf_done(&response->body);
        response->body.failed = false;
        response->static_body = STR("{\"error\":{\"status\":\"internal\","
                                    "\"message\":\"the answer did not fit into memory\"}}");
        response->content_type = "application/json";
        exchange->http_status = 500;
    }
    if (exchange->http_status == 401 && !has_header(exchange, STR("www-authenticate")))
        net__extra_header(exchange, STR("www-authenticate"), STR("Bearer realm=\"vitrine\""));
    if (exchange->route && exchange->route->route->is_ingest &&
        request_header(&exchange->request, STR("origin")).ptr) {
        net__extra_header(exchange, STR("access-control-allow-origin"), STR("*"));
        net__extra_header(exchange, STR("access-control-expose-headers"), STR("Retry-After"));
    }
    shrink(exchange);
}

void request_reply(struct request *request, struct response *response)
{
    struct exchange *exchange = request->owner;
    must(!atomic_exchange(&exchange->answered, true));
    word_reply(exchange, response);
    response->body = (struct buf){0}; /* taken, as is the file */
    response->file_bytes = 0;
    net__loop_reply(exchange);
}

void request_reply_error(struct request *request, const struct error *error)
{
    struct response response = {.status = error->status, .error = *error};
    must(error->status != STATUS_OK);
    request_reply(request, &response);
}

/* Header names only: what a browser asks for is repeated, so it must not be able to say anything
 * else. */
static bool is_header_list(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        bool fits = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                    (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == ',' ||
                    byte == ' ';
        if (!fits)
            return false;
    }
    return text.len > 0 && text.len <= 1024;
}

void net__preflight(struct exchange *exchange, struct str allow)
{
    struct request *request = &exchange->request;
    struct response response = {.status = STATUS_OK, .http_status = 204};
    response_header(&response, STR("allow"), allow);
    if (exchange->route->route->is_ingest) {
        struct str asked = request_header(request, STR("access-control-request-headers"));
        if (!is_header_list(asked))
            asked = STR("authorization, content-type, content-encoding");
        response_header(&response, STR("access-control-allow-methods"), allow);
        response_header(&response, STR("access-control-allow-headers"), asked);
        response_header(&response, STR("access-control-max-age"), STR("86400"));
        /* Chrome asks this before a public page may reach a private address. */
        if (request_header(request, STR("access-control-request-private-network")).ptr)
            response_header(&response, STR("access-control-allow-private-network"), STR("true"));
    }
    exchange->dispatching = true;
    request_reply(request, &response);
    exchange->dispatching = false;
}
