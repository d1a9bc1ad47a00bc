/* SPDX-License-Identifier: Apache-2.0 */
/* span_json: see span_json.h. */
#include "query/span_json.h"

#include "normalise/value_json.h"

struct writer {
    struct json_out *out;
    const struct content_source *contents;
    struct arena *arena;
};

static void write_id(struct json_out *out, const char *key, const uint8_t *id, size_t size)
{
    char hex[2 * TRACE_ID_BYTES + 1];
    if (id_is_zero(id, size))
        return;
    str_hex_encode(id, size, hex);
    json_out_text(out, key, hex);
}

static void write_attributes(const struct writer *writer, const struct attributes *attributes)
{
    const struct value map = {.type = VALUE_MAP, .map = {attributes->items, attributes->count}};
    value_write_json(writer->out, "attributes", &map, writer->contents, writer->arena);
}

static void write_events(const struct writer *writer, const struct span *span)
{
    json_out_array(writer->out, "events");
    for (size_t i = 0; i < span->event_count; i++) {
        const struct span_event *event = &span->events[i];
        json_out_object(writer->out, NULL);
        json_out_int(writer->out, "timeUnixNano", (int64_t)event->time_ns);
        json_out_str(writer->out, "name", event->name.ptr ? event->name : STR(""));
        write_attributes(writer, &event->attributes);
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
}

static void write_links(const struct writer *writer, const struct span *span)
{
    json_out_array(writer->out, "links");
    for (size_t i = 0; i < span->link_count; i++) {
        const struct span_link *link = &span->links[i];
        json_out_object(writer->out, NULL);
        write_id(writer->out, "traceId", link->trace_id, TRACE_ID_BYTES);
        write_id(writer->out, "spanId", link->span_id, SPAN_ID_BYTES);
        write_attributes(writer, &link->attributes);
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
}

static void write_origin(const struct writer *writer, const struct batch *batch,
                         const struct span *span)
{
    json_out_object(writer->out, "resource");
    if (span->resource < batch->resource_count)
        write_attributes(writer, &batch->resources[span->resource].attributes);
    json_out_end_object(writer->out);
    json_out_object(writer->out, "scope");
    if (span->scope < batch->scope_count) {
        const struct scope *scope = &batch->scopes[span->scope];
        json_out_str(writer->out, "name", scope->name.ptr ? scope->name : STR(""));
        json_out_str(writer->out, "version", scope->version.ptr ? scope->version : STR(""));
    }
    json_out_end_object(writer->out);
}

void span_write_json(struct json_out *out, const struct batch *batch, const struct span *span,
                     const struct content_source *contents, struct arena *arena)
{
    static const char *const kinds[] = {"UNSPECIFIED", "INTERNAL", "SERVER",
                                        "CLIENT",      "PRODUCER", "CONSUMER"};
    static const char *const codes[] = {"UNSET", "OK", "ERROR"};
    const struct writer writer = {out, contents, arena};
    json_out_object(out, NULL);
    write_id(out, "traceId", span->trace_id, TRACE_ID_BYTES);
    write_id(out, "spanId", span->span_id, SPAN_ID_BYTES);
    write_id(out, "parentSpanId", span->parent_id, SPAN_ID_BYTES);
    json_out_str(out, "name", span->name.ptr ? span->name : STR(""));
    json_out_text(out, "kind", span->kind < 6 ? kinds[span->kind] : kinds[0]);
    json_out_int(out, "startTimeUnixNano", (int64_t)span->start_ns);
    json_out_int(out, "endTimeUnixNano", (int64_t)span->end_ns);
    json_out_int(out, "durationNano", (int64_t)(span->end_ns - span->start_ns));
    json_out_object(out, "status");
    json_out_text(out, "code", codes[span->status]);
    if (span->status_message.len)
        json_out_str(out, "message", span->status_message);
    json_out_end_object(out);
    write_attributes(&writer, &span->attributes);
    write_origin(&writer, batch, span);
    write_events(&writer, span);
    write_links(&writer, span);
    if (span->trace_state.len)
        json_out_str(out, "traceState", span->trace_state);
    json_out_end_object(out);
}
