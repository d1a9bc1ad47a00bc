/* SPDX-License-Identifier: Apache-2.0 */
/* batch_dump: one line a record; members that are empty or zero are left out. */
#include "support/batch_dump.h"

#include <inttypes.h>

static void text(struct buf *out, struct str text)
{
    buf_add_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == '"' || c == '\\')
            buf_printf(out, "\\x%02x", c);
        else
            buf_add_byte(out, c);
    }
    buf_add_byte(out, '"');
}

static void named_text(struct buf *out, const char *name, struct str value)
{
    if (value.len == 0)
        return;
    buf_printf(out, " %s=", name);
    text(out, value);
}

static void hex(struct buf *out, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buf_printf(out, "%02x", ((const unsigned char *)bytes)[i]);
}

static void named_id(struct buf *out, const char *name, const uint8_t *id, size_t size)
{
    if (id_is_zero(id, size))
        return;
    buf_printf(out, " %s=", name);
    hex(out, id, size);
}

static void named_number(struct buf *out, const char *name, uint64_t number)
{
    if (number)
        buf_printf(out, " %s=%" PRIu64, name, number);
}

static void map(struct buf *out, const struct attribute *items, size_t count)
{
    buf_add_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        buf_add_str(out, i ? STR(", ") : STR(""));
        buf_add_str(out, items[i].key);
        buf_add_byte(out, '=');
        value_dump(&items[i].value, out);
    }
    buf_add_byte(out, '}');
}

void value_dump(const struct value *value, struct buf *out)
{
    switch (value->type) {
    case VALUE_NULL:
        buf_add_str(out, STR("null"));
        break;
    case VALUE_STRING:
        text(out, value->string);
        break;
    case VALUE_BOOL:
        buf_add_str(out, value->boolean ? STR("true") : STR("false"));
        break;
    case VALUE_INT:
        buf_printf(out, "%" PRId64, value->integer);
        break;
    case VALUE_DOUBLE:
        buf_printf(out, "%.17gd", value->number);
        break;
    case VALUE_BYTES:
        buf_add_str(out, STR("bytes:"));
        hex(out, value->string.ptr, value->string.len);
        break;
    case VALUE_ARRAY:
        buf_add_byte(out, '[');
        for (size_t i = 0; i < value->array.count; i++) {
            buf_add_str(out, i ? STR(", ") : STR(""));
            value_dump(&value->array.items[i], out);
        }
        buf_add_byte(out, ']');
        break;
    case VALUE_MAP:
        map(out, value->map.items, value->map.count);
        break;
    case VALUE_CONTENT:
        buf_printf(out, "content:%u/%u:%" PRIu64, value->content.segment, value->content.ordinal,
                   value->content.size_bytes);
        break;
    }
}

static void attributes(struct buf *out, const struct attributes *from, uint32_t dropped)
{
    buf_add_byte(out, ' ');
    map(out, from->items, from->count);
    named_number(out, "dropped", dropped);
    buf_add_byte(out, '\n');
}

static void resources(const struct batch *batch, struct buf *out)
{
    for (size_t i = 0; i < batch->resource_count; i++) {
        const struct resource *resource = &batch->resources[i];
        buf_printf(out, "resource %zu", i);
        named_text(out, "schema", resource->schema_url);
        attributes(out, &resource->attributes, resource->dropped_attributes);
    }
    for (size_t i = 0; i < batch->scope_count; i++) {
        const struct scope *scope = &batch->scopes[i];
        buf_printf(out, "scope %zu", i);
        named_text(out, "name", scope->name);
        named_text(out, "version", scope->version);
        named_text(out, "schema", scope->schema_url);
        attributes(out, &scope->attributes, scope->dropped_attributes);
    }
}

static void span_items(const struct span *span, struct buf *out)
{
    for (size_t i = 0; i < span->event_count; i++) {
        const struct span_event *event = &span->events[i];
        buf_add_str(out, STR("  event"));
        named_number(out, "time", event->time_ns);
        named_text(out, "name", event->name);
        attributes(out, &event->attributes, event->dropped_attributes);
    }
    for (size_t i = 0; i < span->link_count; i++) {
        const struct span_link *link = &span->links[i];
        buf_add_str(out, STR("  link"));
        named_id(out, "trace", link->trace_id, TRACE_ID_BYTES);
        named_id(out, "span", link->span_id, SPAN_ID_BYTES);
        named_text(out, "state", link->trace_state);
        named_number(out, "flags", link->flags);
        attributes(out, &link->attributes, link->dropped_attributes);
    }
}

static void span(const struct span *span, struct buf *out)
{
    static const char *const statuses[] = {"unset", "ok", "error"};
    buf_printf(out, "span resource=%u scope=%u", span->resource, span->scope);
    named_id(out, "trace", span->trace_id, TRACE_ID_BYTES);
    named_id(out, "span", span->span_id, SPAN_ID_BYTES);
    named_id(out, "parent", span->parent_id, SPAN_ID_BYTES);
    named_text(out, "name", span->name);
    named_text(out, "state", span->trace_state);
    named_number(out, "kind", span->kind);
    named_number(out, "start", span->start_ns);
    named_number(out, "end", span->end_ns);
    if (span->status)
        buf_printf(out, " status=%s", statuses[span->status]);
    named_text(out, "message", span->status_message);
    named_number(out, "flags", span->flags);
    named_number(out, "dropped_events", span->dropped_events);
    named_number(out, "dropped_links", span->dropped_links);
    attributes(out, &span->attributes, span->dropped_attributes);
    span_items(span, out);
}

static void log_record(const struct log_record *record, struct buf *out)
{
    buf_printf(out, "log resource=%u scope=%u", record->resource, record->scope);
    named_number(out, "time", record->time_ns);
    named_number(out, "observed", record->observed_ns);
    named_number(out, "severity", (uint64_t)record->severity);
    named_text(out, "text", record->severity_text);
    named_text(out, "event", record->event_name);
    named_id(out, "trace", record->trace_id, TRACE_ID_BYTES);
    named_id(out, "span", record->span_id, SPAN_ID_BYTES);
    named_number(out, "flags", record->flags);
    buf_add_str(out, STR(" body="));
    value_dump(&record->body, out);
    attributes(out, &record->attributes, record->dropped_attributes);
}

static void metric(const struct metric *metric, struct buf *out)
{
    static const char *const types[] = {"?", "gauge", "sum", "histogram", "exponential", "summary"};
    static const char *const temporalities[] = {"", " delta", " cumulative"};
    buf_printf(out, "metric resource=%u scope=%u %s%s%s", metric->resource, metric->scope,
               types[metric->type], temporalities[metric->temporality],
               metric->monotonic ? " monotonic" : "");
    named_text(out, "name", metric->name);
    named_text(out, "description", metric->description);
    named_text(out, "unit", metric->unit);
    attributes(out, &metric->metadata, 0);
}

static void doubles(struct buf *out, const char *name, const double *numbers, size_t count)
{
    if (count)
        buf_printf(out, " %s=", name);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%g", i ? "," : "", numbers[i]);
}

static void counts(struct buf *out, const char *name, const uint64_t *numbers, size_t count)
{
    if (count)
        buf_printf(out, " %s=", name);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%" PRIu64, i ? "," : "", numbers[i]);
}

static void buckets(const struct metric_point *point, struct buf *out)
{
    if (point->has_sum)
        buf_printf(out, " sum=%g", point->sum);
    if (point->has_min)
        buf_printf(out, " min=%g", point->min);
    if (point->has_max)
        buf_printf(out, " max=%g", point->max);
    counts(out, "buckets", point->buckets, point->bucket_count);
    doubles(out, "bounds", point->bounds, point->bound_count);
    doubles(out, "values", point->quantile_values, point->quantile_values ? point->bound_count : 0);
    if (point->scale)
        buf_printf(out, " scale=%d", point->scale);
    if (point->positive_offset || point->negative_offset)
        buf_printf(out, " offsets=%d,%d", point->positive_offset, point->negative_offset);
    counts(out, "negative", point->negative_buckets, point->negative_bucket_count);
    named_number(out, "zeros", point->zero_count);
    if (point->zero_threshold > 0)
        buf_printf(out, " threshold=%g", point->zero_threshold);
}

static void point(const struct metric_point *point, struct buf *out)
{
    buf_printf(out, "point metric=%u", point->metric);
    named_number(out, "start", point->start_ns);
    named_number(out, "time", point->time_ns);
    named_number(out, "flags", point->flags);
    if (point->is_int)
        buf_printf(out, " int=%" PRId64, point->integer);
    else
        buf_printf(out, " double=%g", point->number);
    named_number(out, "count", point->count);
    buckets(point, out);
    attributes(out, &point->attributes, 0);
    for (size_t i = 0; i < point->exemplar_count; i++) {
        const struct exemplar *exemplar = &point->exemplars[i];
        buf_printf(out, "  exemplar value=%g", exemplar->value);
        named_number(out, "time", exemplar->time_ns);
        named_id(out, "trace", exemplar->trace_id, TRACE_ID_BYTES);
        named_id(out, "span", exemplar->span_id, SPAN_ID_BYTES);
        attributes(out, &exemplar->attributes, 0);
    }
}

static void score(const struct score *score, struct buf *out)
{
    buf_printf(out, "score %.*s=", STR_ARGS(score->name));
    if (score->number == score->number)
        buf_printf(out, "%g", score->number);
    buf_printf(out, " text=%.*s type=%s source=%s", STR_ARGS(score->text),
               score_type_name(score->type), score_source_name(score->source));
    named_id(out, "trace", score->trace_id, TRACE_ID_BYTES);
    named_id(out, "span", score->span_id, SPAN_ID_BYTES);
    buf_printf(out, " session=%.*s run=%.*s%s\n", STR_ARGS(score->session),
               STR_ARGS(score->dataset_run), score->deleted ? " deleted" : "");
    attributes(out, &score->attributes, 0);
}

void batch_dump(const struct batch *batch, struct buf *out)
{
    resources(batch, out);
    for (size_t i = 0; i < batch->span_count; i++)
        span(&batch->spans[i], out);
    for (size_t i = 0; i < batch->log_count; i++)
        log_record(&batch->logs[i], out);
    for (size_t i = 0; i < batch->metric_count; i++)
        metric(&batch->metrics[i], out);
    for (size_t i = 0; i < batch->point_count; i++)
        point(&batch->points[i], out);
    for (size_t i = 0; i < batch->score_count; i++)
        score(&batch->scores[i], out);
}
