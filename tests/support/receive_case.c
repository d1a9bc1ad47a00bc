/* SPDX-License-Identifier: Apache-2.0 */
/* receive_case: reads case files and plays net and journal for a receiver. */
#include "support/receive_case.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "support/batch_dump.h"

/* --- bytes ------------------------------------------------------------------------------- */

static bool add_quoted(struct str *text, struct buf *out)
{
    *text = str_sub(*text, 1, text->len);
    while (text->len && text->ptr[0] != '"') {
        uint8_t byte = (uint8_t)text->ptr[0];
        size_t used = 1;
        if (byte == '\\') {
            if (text->len < 4 || text->ptr[1] != 'x' ||
                !str_hex_decode(str_sub(*text, 2, 2), &byte, 1))
                return false;
            used = 4;
        }
        buf_add_byte(out, byte);
        *text = str_sub(*text, used, text->len);
    }
    *text = str_sub(*text, 1, text->len);
    return true;
}

static bool add_group(struct str *text, struct buf *out, int depth);

static bool add_braced(struct str *text, struct buf *out, int depth)
{
    struct buf inner = {0};
    *text = str_sub(*text, 1, text->len);
    bool is_fine = add_group(text, &inner, depth + 1);
    buf_add_varint(out, inner.len);
    buf_add_str(out, buf_str(&inner));
    buf_done(&inner);
    return is_fine;
}

static bool add_group(struct str *text, struct buf *out, int depth)
{
    while (text->len) {
        uint8_t byte;
        if (strchr(" \t\r\n", text->ptr[0])) {
            *text = str_sub(*text, 1, text->len);
        } else if (text->ptr[0] == '#') {
            *text = str_sub(*text, str_find_byte(*text, '\n'), text->len);
        } else if (text->ptr[0] == '"') {
            if (!add_quoted(text, out))
                return false;
        } else if (text->ptr[0] == '{') {
            if (!add_braced(text, out, depth))
                return false;
        } else if (text->ptr[0] == '}') {
            *text = str_sub(*text, 1, text->len);
            return depth > 0;
        } else if (str_hex_decode(str_sub(*text, 0, 2), &byte, 1)) {
            buf_add_byte(out, byte);
            *text = str_sub(*text, 2, text->len);
        } else {
            return false;
        }
    }
    return depth == 0;
}

bool receive_case_bytes(struct str text, struct buf *out)
{
    return add_group(&text, out, 0);
}

/* --- case files -------------------------------------------------------------------------- */

static bool take_line(struct str *rest, struct str prefix, struct str *out_line)
{
    struct str line, after = *rest;
    if (!str_starts(*rest, prefix) || !str_take_line(&after, &line))
        return false;
    *out_line = str_trim(str_sub(line, prefix.len, line.len));
    *rest = after;
    return true;
}

static enum status take_head(struct str *rest, struct receive_case *out, bool *out_bytes,
                             struct error *error)
{
    struct str line, name;
    if (!take_line(rest, STR(">"), &line) || !str_take(&line, ' ', &out->method))
        return fail(error, STATUS_INVALID, "expected > METHOD PATH");
    out->path = str_trim(line);
    while (take_line(rest, STR(">"), &line)) {
        str_take(&line, ':', &name);
        struct header header = {str_trim(name), str_trim(line)};
        if (str_equal(header.name, STR("body")))
            *out_bytes = true;
        else if (out->header_count < sizeof out->headers / sizeof *out->headers)
            out->headers[out->header_count++] = header;
        if (str_equal(header.name, STR("content-type")) &&
            str_contains(header.value, STR("protobuf")))
            *out_bytes = true;
    }
    return STATUS_OK;
}

static enum status take_body(struct str *rest, bool is_bytes, struct arena *arena,
                             struct receive_case *out, struct error *error)
{
    struct str from = *rest, line;
    while (rest->len && !str_starts(*rest, STR("< ")))
        str_take_line(rest, &line);
    if (!rest->len)
        return fail(error, STATUS_INVALID, "expected < STATUS");
    struct str text = {from.ptr, (size_t)(rest->ptr - from.ptr)};
    if (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    out->body = text;
    if (!is_bytes)
        return STATUS_OK;
    struct buf bytes = {0};
    bool is_fine = receive_case_bytes(text, &bytes);
    out->body = arena_copy(arena, buf_str(&bytes));
    buf_done(&bytes);
    return is_fine ? STATUS_OK : fail(error, STATUS_INVALID, "the body is not well written");
}

static void take_number(struct str line, const char *name, int *out)
{
    int64_t number;
    struct str word;
    if (str_take(&line, ' ', &word) && str_equal(word, str_from(name)) && str_to_i64(line, &number))
        *out = (int)number;
}

static enum status take_answer(struct str *rest, struct receive_case *out, struct error *error)
{
    struct str line;
    int64_t status;
    if (!take_line(rest, STR("<"), &line) || !str_to_i64(line, &status))
        return fail(error, STATUS_INVALID, "expected < STATUS");
    out->http_status = (int)status;
    while (rest->len && !str_starts(*rest, STR("== "))) {
        if (take_line(rest, STR("~"), &line)) {
            must(out->dump_count < sizeof out->dumps / sizeof *out->dumps);
            out->dumps[out->dump_count++] = line;
        } else if (take_line(rest, STR("="), &line)) {
            take_number(line, "kept", &out->kept);
            take_number(line, "rejected", &out->rejected);
            take_number(line, "repaired", &out->repaired);
        } else if (str_take_line(rest, &line) && line.len && line.ptr[0] != '#') {
            must(out->reply_count < sizeof out->replies / sizeof *out->replies);
            out->replies[out->reply_count++] = line;
        }
    }
    return STATUS_OK;
}

bool receive_case_next(struct str *rest, struct arena *arena, struct receive_case *out_case,
                       struct error *out_error)
{
    struct str line;
    bool is_bytes = false;
    *out_case = (struct receive_case){.kept = -1, .rejected = -1, .repaired = -1};
    *out_error = (struct error){0};
    while (rest->len && !str_starts(*rest, STR("== ")))
        str_take_line(rest, &line);
    if (!take_line(rest, STR("== "), &out_case->title))
        return false;
    if (take_head(rest, out_case, &is_bytes, out_error) == STATUS_OK &&
        take_body(rest, is_bytes, arena, out_case, out_error) == STATUS_OK)
        take_answer(rest, out_case, out_error);
    return true;
}

/* --- running ----------------------------------------------------------------------------- */

static const struct receive_limits no_limits;
static const struct receive_limits *limits_now;
static struct receive_result *result_now;

static void reply(struct request *request, struct response *response)
{
    struct receive_result *result = result_now;
    (void)request;
    result->replies++;
    result->status = response->status;
    result->http_status =
        response->http_status ? response->http_status : status_http(response->status);
    result->content_type = str_from(response->content_type);
    result->error = response->error;
    if (response->static_body.ptr)
        buf_add_str(&result->body, response->static_body);
    buf_add_str(&result->body, buf_str(&response->body));
    buf_done(&response->body);
}

static enum status append(void *context, const struct batch *batch,
                          void (*done)(void *context, enum status status,
                                       const struct error *error),
                          void *done_context, struct error *error)
{
    struct receive_result *result = context;
    result->appends++;
    if (limits_now->append_status != STATUS_OK)
        return fail(error, limits_now->append_status, "the queue is full");
    must(batch_record_count(batch) > 0);
    result->kept = batch_record_count(batch);
    result->rejected = batch->rejected_count;
    result->repaired = batch->repaired_texts;
    batch_dump(batch, &result->dump);
    struct error later = {.status = limits_now->durable_status, .text = "the write failed"};
    done(done_context, limits_now->durable_status, later.status ? &later : NULL);
    return STATUS_OK;
}

/* An exact copy on the heap, so that the sanitiser sees a read past the body. */
static void *take_copy(struct request *request)
{
    if (request->body.len == 0)
        return NULL;
    char *copy = malloc(request->body.len);
    memcpy(copy, request->body.ptr, request->body.len);
    request->body.ptr = copy;
    return copy;
}

static const struct route *find_route(const struct receive_options *options, struct str path,
                                      struct route routes[64])
{
    size_t count = receive_routes(options, routes, 64);
    if (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--; /* as the router forgives it */
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_from(routes[i].pattern), path))
            return &routes[i];
    return NULL;
}

void receive_run(enum protocol protocol, struct str path, const struct header *headers,
                 size_t header_count, struct str body, const struct receive_limits *limits,
                 struct receive_result *out_result)
{
    *out_result = (struct receive_result){0};
    limits_now = limits ? limits : &no_limits;
    result_now = out_result;
    struct receive_options options = {.append = append,
                                      .context = out_result,
                                      .batch_bytes_max = limits_now->batch_bytes,
                                      .reply = reply,
                                      .take_body = take_copy};
    struct route routes[64];
    struct request request = {.protocol = protocol,
                              .method = STR("POST"),
                              .path = path,
                              .headers = (struct header *)(uintptr_t)headers,
                              .header_count = header_count,
                              .body = body,
                              .limit_bytes = (size_t)64 << 20,
                              .project_id = 7,
                              .arrival_ns = 1};
    arena_init(&request.arena,
               limits_now->request_bytes ? limits_now->request_bytes : ARENA_NO_LIMIT);
    const struct route *route = find_route(&options, path, routes);
    if (route)
        route->handle(&request, route->context);
    else
        out_result->status = STATUS_NOT_FOUND;
    arena_done(&request.arena);
}

void receive_result_done(struct receive_result *result)
{
    buf_done(&result->body);
    buf_done(&result->dump);
}
