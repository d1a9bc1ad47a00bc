/* SPDX-License-Identifier: Apache-2.0 */
/* content: a reply stays small however large the span is; the rest comes by byte range. */
#include "serve/content.h"

#include <stdio.h>

#include "wire/utf8.h"

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
