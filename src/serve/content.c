/* SPDX-License-Identifier: Apache-2.0 */
/* content: the texts of a span in replies that stay small however large it is, and the route that
 * gives the rest by byte range. */
#include "serve/content.h"

#include <stdio.h>

#include "query/span_json.h"
#include "wire/utf8.h"

enum { PIECE_BYTES = 65536, PIECE_BYTES_MAX = 1 << 20 };

void content_writer_at(struct content_writer *writer, struct trace_key trace, int64_t span_id)
{
    struct str project = request_param(writer->request, STR("project"));
    uint8_t id[8];
    char high[17], low[17], span[17];
    id_bytes(trace.hi, id);
    str_hex_encode(id, sizeof id, high);
    id_bytes(trace.lo, id);
    str_hex_encode(id, sizeof id, low);
    id_bytes(span_id, id);
    str_hex_encode(id, sizeof id, span);
    snprintf(writer->base, sizeof writer->base, "/api/v1/traces/%s%s/spans/%s", high, low, span);
    if (project.len && project.len < 64)
        snprintf(writer->project, sizeof writer->project, "&project=%.*s", STR_ARGS(project));
}

void content_text(struct content_writer *writer, const char *key, struct str text, const char *path)
{
    char href[400];
    if (!text.ptr || text.len <= TEXT_HEAD_BYTES) {
        json_out_str(writer->out, key, text);
        return;
    }
    snprintf(href, sizeof href, "%s/content?path=%s%s", writer->base, path, writer->project);
    json_out_object(writer->out, key);
    json_out_str(writer->out, "head", utf8_clip(text, TEXT_HEAD_BYTES));
    json_out_int(writer->out, "bytes", (int64_t)text.len);
    json_out_text(writer->out, "href", href);
    json_out_end_object(writer->out);
}

void content_part(struct content_writer *writer, const struct part *part, const char *path)
{
    json_out_object(writer->out, NULL);
    json_out_text(writer->out, "type", part_type_name(part->type));
    if (part->text.ptr)
        content_text(writer, "text", part->text, path);
    const struct {
        const char *key;
        struct str text;
    } members[] = {
        {"id", part->id}, {"name", part->name}, {"mime", part->mime}, {"uri", part->uri}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (members[i].text.len)
            json_out_str(writer->out, members[i].key, utf8_clip(members[i].text, TEXT_HEAD_BYTES));
    json_out_end_object(writer->out);
}

enum status content_open(struct call *call, struct span_view *out_view)
{
    struct trace_key key;
    int64_t span_id;
    enum status status = param_trace_id(call, &key);
    if (status == STATUS_OK)
        status = param_span_id(call, &span_id);
    if (status == STATUS_OK)
        status = query_span(call->query, call->request->project_id, key, span_id,
                            &call->request->arena, out_view, &call->error);
    return status;
}

struct str content_raw(const struct span_view *view, struct arena *arena)
{
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    span_write_json(&out, view->batch, view->span, &view->contents, arena);
    struct str text = arena_copy(arena, buf_str(&buf));
    buf_done(&buf);
    return text;
}

static enum status write_content(struct call *call, const struct span_view *view)
{
    int64_t offset, length;
    struct str text = STR_NONE, path = request_param(call->request, STR("path"));
    enum status status = param_int(call, STR("offset"), 0, 0, INT64_MAX, &offset);
    if (status == STATUS_OK)
        status = param_int(call, STR("length"), PIECE_BYTES, 1, PIECE_BYTES_MAX, &length);
    if (status == STATUS_OK && str_equal(path, STR("raw")))
        text = content_raw(view, &call->request->arena);
    else if (status == STATUS_OK)
        status = span_view_text(view, path, &call->request->arena, &text, &call->error);
    if (status != STATUS_OK)
        return status;
    size_t from = (size_t)offset < text.len ? (size_t)offset : text.len;
    /* A start within a character moves on to the next one; the end is clipped likewise. */
    while (from < text.len && ((unsigned char)text.ptr[from] & 0xC0) == 0x80)
        from++;
    struct str piece = utf8_clip(str_sub(text, from, text.len), (size_t)length);
    response_header(&call->response, STR("content-range"),
                    arena_printf(&call->request->arena, "bytes %zu-%zu/%zu", from,
                                 piece.len ? from + piece.len - 1 : from, text.len));
    call->response.content_type = "text/plain; charset=utf-8";
    buf_add_str(&call->response.body, piece);
    return STATUS_OK;
}

void serve__content(struct request *request, void *context)
{
    struct call call;
    struct span_view view;
    if (!call_begin(&call, request, context))
        return;
    enum status status = content_open(&call, &view);
    if (status == STATUS_OK) {
        status = write_content(&call, &view);
        span_view_done(&view);
    }
    call_end(&call, status);
}
