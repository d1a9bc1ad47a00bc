/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: from a complete head to a call of the route's handler, the same for every protocol.
 *
 * Refusals come as early as they can: a size that is announced is refused before a byte of it is
 * read. Memory of all bodies together is counted in server->bodies_bytes; whoever does not fit
 * hears "busy".
 */
#include "net/net_private.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ARENA_BYTES_MAX = 256 << 20,
    CHUNKED_START_BYTES = 16 * 1024,
    /* Of an announced size so much is given on credit; the rest as bytes arrive. */
    CREDIT_BYTES = 1 << 20,
};

struct exchange *net__exchange_new(struct connection *carrier, enum protocol protocol)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    struct loop *loop = carrier->loop;
    exchange->server = loop->server;
    exchange->loop = loop;
    exchange->carrier = carrier;
    exchange->content_length = -1;
    exchange->retry_ms = -1;
    exchange->request.protocol = protocol;
    exchange->request.owner = exchange;
    exchange->request.limit_bytes = loop->server->options.inflated_bytes_max;
    exchange->request.arrival_ns = clock_now_ns();
    arena_init(&exchange->request.arena, ARENA_BYTES_MAX);
    exchange->request.peer =
        arena_copy(&exchange->request.arena, str_from(carrier->peer)); /* outlives the carrier */
    exchange->request.peer_is_loopback = carrier->peer_is_loopback;
    exchange->next = loop->exchanges;
    if (exchange->next)
        exchange->next->previous = exchange;
    loop->exchanges = exchange;
    carrier->active_count++;
    atomic_fetch_add(&loop->server->references, 1);
    net__exchange_phase(exchange, PHASE_HEAD);
    return exchange;
}

static void unlink_exchange(struct exchange *exchange)
{
    if (exchange->previous)
        exchange->previous->next = exchange->next;
    else if (exchange->loop->exchanges == exchange)
        exchange->loop->exchanges = exchange->next;
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    exchange->next = exchange->previous = NULL;
}

static void let_go(struct exchange *exchange)
{
    if (exchange->carrier) {
        exchange->carrier->active_count--;
        exchange->carrier->since_ns = exchange->loop->now_ns;
    }
    exchange->carrier = NULL;
}

void net__exchange_free(struct exchange *exchange)
{
    net__stream_detach(exchange);
    let_go(exchange);
    unlink_exchange(exchange);
    atomic_fetch_sub(&exchange->server->bodies_bytes, exchange->reserved_bytes);
    free(exchange->body);
    buf_done(&exchange->response.body);
    if (exchange->response.file_bytes)
        close(exchange->response.file);
    arena_done(&exchange->request.arena);
    struct server *server = exchange->server;
    free(exchange);
    net__server_unref(server);
}

void net__exchange_detach(struct exchange *exchange)
{
    bool handled = exchange->phase == PHASE_HANDLING && !exchange->ready;
    let_go(exchange);
    unlink_exchange(exchange);
    if (handled)
        atomic_store(&exchange->request.cancelled, true);
    else
        net__exchange_drop(exchange);
}

void net__exchange_drop(struct exchange *exchange)
{
    atomic_store(&exchange->request.cancelled, true);
    if (!net__stream_abandon(exchange))
        net__exchange_free(exchange);
}

void net__exchange_phase(struct exchange *exchange, enum phase phase)
{
    exchange->phase = phase;
    exchange->phase_since_ns = exchange->loop->now_ns;
}

void net__refuse(struct exchange *exchange, enum status status, const char *format, ...)
{
    struct error error = {.status = status};
    va_list args;
    va_start(args, format);
    vsnprintf(error.text, sizeof error.text, format, args);
    va_end(args);
    exchange->dispatching = true;
    request_reply_error(&exchange->request, &error);
    exchange->dispatching = false;
}

static bool reserve(struct exchange *exchange, size_t bytes)
{
    struct server *server = exchange->server;
    size_t before = atomic_fetch_add(&server->bodies_bytes, bytes);
    if (before + bytes > server->options.bodies_bytes_max) {
        atomic_fetch_sub(&server->bodies_bytes, bytes);
        net__count_refusal(REFUSED_MEMORY);
        return false;
    }
    exchange->reserved_bytes += bytes;
    return true;
}

void net__add_header(struct exchange *exchange, struct str name, struct str value)
{
    struct arena *arena = &exchange->request.arena;
    exchange->head_bytes += name.len + value.len + 32; /* as RFC 9113 counts */
    if (exchange->head_bytes > exchange->server->options.header_bytes_max)
        exchange->head_too_large = true;
    if (exchange->head_too_large)
        return;
    char *lower = arena_alloc(arena, name.len + 1);
    struct str copy = arena_copy(arena, value);
    struct header **headers = &exchange->request.headers;
    if (!lower || !copy.ptr ||
        !arena_grow(arena, headers, exchange->request.header_count, &exchange->header_capacity)) {
        exchange->head_too_large = true;
        return;
    }
    for (size_t i = 0; i < name.len; i++)
        lower[i] = (char)tolower((unsigned char)name.ptr[i]);
    (*headers)[exchange->request.header_count++] =
        (struct header){.name = {lower, name.len}, .value = copy};
}

/* --- the head ---------------------------------------------------------------------------- */

static bool split_target(struct exchange *exchange)
{
    struct str target = exchange->target;
    struct request *request = &exchange->request;
    if (str_equal(target, STR("*")))
        target = STR("/");
    if (target.len && target.ptr[0] != '/') { /* "GET http://host/path", as proxies ask */
        size_t authority = str_find(target, STR("://"));
        if (authority == target.len)
            return false;
        target = str_sub(target, authority + 3, target.len);
        target = str_sub(target, str_find_byte(target, '/'), target.len);
        if (target.len == 0)
            target = STR("/");
    }
    size_t question = str_find_byte(target, '?');
    struct str raw = str_sub(target, 0, question);
    request->query = question < target.len ? str_sub(target, question + 1, target.len) : STR("");
    request->path = net__percent_decode(raw, false, &request->arena);
    return request->path.ptr && net__path_split(raw, &request->arena, &exchange->path);
}

static bool host_is_local(struct str host, const char *const *more)
{
    size_t end =
        host.len && host.ptr[0] == '[' ? str_find_byte(host, ']') + 1 : str_find_byte(host, ':');
    struct str name = str_sub(host, 0, end);
    if (str_ends(name, STR(".")))
        name.len--;
    if (str_equal_nocase(name, STR("localhost")) || str_equal(name, STR("[::1]")) ||
        str_equal(name, STR("127.0.0.1")))
        return true;
    for (size_t i = 0; more && more[i]; i++) {
        if (str_equal_nocase(name, str_from(more[i])))
            return true;
    }
    return false;
}

static enum status check_host(struct exchange *exchange, struct error *error)
{
    bool is_ingest = exchange->route && exchange->route->route->is_ingest;
    if (is_ingest || !exchange->carrier->on_loopback)
        return STATUS_OK;
    struct str host = request_header(&exchange->request, STR("host"));
    if (host_is_local(host, exchange->server->options.hosts))
        return STATUS_OK;
    net__count_refusal(REFUSED_HOST);
    return fail(error, STATUS_FORBIDDEN,
                "this port answers to localhost only; add the host name to the configuration to "
                "reach it by another");
}

static enum status read_framing(struct exchange *exchange, struct error *error)
{
    struct request *request = &exchange->request;
    struct str length = request_header(request, STR("content-length"));
    size_t length_count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        length_count += str_equal(request->headers[i].name, STR("content-length"));
    bool chunked = request_header(request, STR("transfer-encoding")).ptr != NULL;
    exchange->has_transfer_encoding = chunked;
    uint64_t bytes;
    if ((length.ptr && chunked) || length_count > 1)
        return fail(error, STATUS_INVALID,
                    "a request has one Content-Length or a Transfer-Encoding, not more");
    if (length.ptr) {
        if (!str_to_u64(length, &bytes) || bytes > INT64_MAX)
            return fail(error, STATUS_INVALID, "Content-Length must be a whole number");
        exchange->content_length = (int64_t)bytes;
    } else if (request->protocol == PROTOCOL_HTTP1 && !chunked) {
        exchange->content_length = 0;
    }
    return STATUS_OK;
}

static enum status read_encoding(struct exchange *exchange, struct error *error)
{
    if (exchange->request.protocol == PROTOCOL_GRPC)
        return net__grpc_begin(exchange, error);
    struct str name = request_header(&exchange->request, STR("content-encoding"));
    if (encoding_parse(name, &exchange->encoding, error) == STATUS_OK)
        return STATUS_OK;
    net__count_refusal(REFUSED_ENCODING);
    return fail(error, STATUS_INVALID,
                "Content-Encoding is not one of gzip, deflate, zstd and identity");
}

static bool set_capacity(struct exchange *exchange, size_t capacity)
{
    if (!reserve(exchange, capacity - exchange->body_capacity)) {
        net__refuse(exchange, STATUS_BUSY, "too many request bodies in memory at this moment");
        return false;
    }
    char *body = realloc(exchange->body, capacity);
    if (!body) {
        net__refuse(exchange, STATUS_BUSY, "no memory for the request body");
        return false;
    }
    exchange->body = body;
    exchange->body_capacity = capacity;
    return true;
}

/* Room for `need` bytes of a body of `expected` (0: unknown). A size that is announced and small is
 * allocated once and exactly. */
static bool grow_body(struct exchange *exchange, size_t need, size_t expected)
{
    size_t capacity = exchange->body_capacity;
    size_t limit = expected ? expected : exchange->server->options.body_bytes_max;
    if (need <= capacity)
        return true;
    if (capacity == 0)
        capacity = expected ? CREDIT_BYTES : CHUNKED_START_BYTES;
    while (capacity < need)
        capacity *= expected ? 4 : 2;
    return set_capacity(exchange, capacity < limit ? capacity : limit);
}

static void refuse_body_size(struct exchange *exchange)
{
    net__count_refusal(REFUSED_BODY);
    net__refuse(exchange, STATUS_TOO_LARGE, "the request body is larger than %zu bytes",
                exchange->server->options.body_bytes_max);
}

static enum status check_head(struct exchange *exchange, struct str *out_allow, struct error *error)
{
    struct request *request = &exchange->request;
    if (!split_target(exchange))
        return fail(error, STATUS_INVALID, "the request's path is not a valid one");
    if (!net__percent_valid(request->query))
        return fail(
            error, STATUS_INVALID,
            "the query has a %% that is not followed by two hexadecimal digits (or is %%00)");
    if (net__is_grpc(exchange))
        request->protocol = PROTOCOL_GRPC;
    enum status routed = net__route(&exchange->server->router, request->method, &exchange->path,
                                    &request->arena, &exchange->route, out_allow, error);
    struct error other;
    enum status status = check_host(exchange, &other);
    if (status == STATUS_OK)
        status = read_framing(exchange, &other);
    if (status != STATUS_OK) {
        *error = other;
        return status;
    }
    if (routed != STATUS_OK)
        return routed;
    const struct server_options *options = &exchange->server->options;
    if (options->authorise)
        status =
            options->authorise(options->authorise_context, request, exchange->route->route, error);
    return status == STATUS_OK ? read_encoding(exchange, error) : status;
}

void net__begin(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    struct error error = {0};
    struct str allow = STR_NONE;
    exchange->is_head = str_equal(request->method, STR("HEAD"));
    if (exchange->head_too_large) {
        net__count_refusal(REFUSED_HEAD);
        exchange->http_status = 431;
        net__refuse(exchange, STATUS_TOO_LARGE, "the request's headers take more than %zu bytes",
                    exchange->server->options.header_bytes_max);
        return;
    }
    enum status status = check_head(exchange, &allow, &error);
    if (status == STATUS_METHOD && str_equal(request->method, STR("OPTIONS"))) {
        net__preflight(exchange, allow);
    } else if (status != STATUS_OK) {
        if (status == STATUS_METHOD)
            net__extra_header(exchange, STR("allow"), allow);
        net__refuse(exchange, status, "%s", error.text);
    } else if (exchange->content_length > (int64_t)exchange->server->options.body_bytes_max) {
        refuse_body_size(exchange);
    } else {
        if (exchange->content_length > 0 && request->protocol != PROTOCOL_GRPC)
            exchange->body_expected = (size_t)exchange->content_length;
        net__exchange_phase(exchange, PHASE_BODY);
    }
}

/* --- the body ---------------------------------------------------------------------------- */

bool net__body(struct exchange *exchange, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    size_t limit = exchange->server->options.body_bytes_max;
    exchange->received_bytes += len;
    if (exchange->request.protocol == PROTOCOL_GRPC && !net__grpc_body(exchange, &from, &len))
        return false;
    if (len > limit - exchange->body_len) {
        refuse_body_size(exchange);
        return false;
    }
    if (exchange->body_expected && len > exchange->body_expected - exchange->body_len) {
        net__refuse(exchange, STATUS_INVALID, "the request body is longer than announced");
        return false;
    }
    if (len == 0)
        return true;
    if (!grow_body(exchange, exchange->body_len + len, exchange->body_expected))
        return false;
    memcpy(exchange->body + exchange->body_len, from, len);
    exchange->body_len += len;
    return true;
}

/* The size is not known beforehand, so that much is reserved as decompress() may come to use. */
static enum status inflate_body(struct exchange *exchange, struct error *error)
{
    struct buf out = {0};
    struct str packed = {exchange->body, exchange->body_len};
    enum status status =
        decompress(exchange->encoding, packed, exchange->request.limit_bytes, &out, error);
    if (status == STATUS_TOO_LARGE)
        net__count_refusal(REFUSED_INFLATED);
    else if (status == STATUS_INVALID)
        net__count_refusal(REFUSED_ENCODING);
    if (status == STATUS_OK && !reserve(exchange, out.len))
        status = fail(error, STATUS_BUSY, "too many request bodies in memory at this moment");
    if (status != STATUS_OK) {
        buf_done(&out);
        return status;
    }
    free(exchange->body);
    exchange->body = out.ptr;
    exchange->body_len = out.len;
    exchange->body_capacity = out.capacity;
    return STATUS_OK;
}

static void run_on_pool(void *context)
{
    struct exchange *exchange = context;
    const struct route *route = exchange->route->route;
    if (atomic_load(&exchange->request.cancelled)) {
        struct error error;
        fail(&error, STATUS_CANCELLED, "the sender went away");
        request_reply_error(&exchange->request, &error);
        return;
    }
    route->handle(&exchange->request, route->context);
}

static void dispatch(struct exchange *exchange)
{
    const struct route *route = exchange->route->route;
    net__exchange_phase(exchange, PHASE_HANDLING);
    if (route->inline_) {
        exchange->dispatching = true;
        route->handle(&exchange->request, route->context);
        exchange->dispatching = false;
    } else if (pool_submit(exchange->server->options.pool, run_on_pool, exchange) != STATUS_OK) {
        net__count_refusal(REFUSED_BUSY);
        net__refuse(exchange, STATUS_BUSY, "too many questions are waiting for an answer");
    }
}

void net__finish(struct exchange *exchange)
{
    struct error error = {0};
    enum status status = STATUS_OK;
    if (exchange->content_length >= 0 && exchange->request.protocol != PROTOCOL_GRPC &&
        exchange->received_bytes != (size_t)exchange->content_length)
        status = fail(&error, STATUS_INVALID, "the request body is shorter than Content-Length");
    if (status == STATUS_OK && exchange->request.protocol == PROTOCOL_GRPC)
        status = net__grpc_finish(exchange, &error);
    bool packed = exchange->encoding != ENCODING_IDENTITY && exchange->body_len > 0 &&
                  (exchange->request.protocol != PROTOCOL_GRPC || exchange->frame_compressed);
    if (status == STATUS_OK && packed)
        status = inflate_body(exchange, &error);
    if (status != STATUS_OK) {
        net__refuse(exchange, status, "%s", error.text);
        return;
    }
    exchange->request.body = (struct str){exchange->body, exchange->body_len};
    dispatch(exchange);
}
