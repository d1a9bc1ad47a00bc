/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_write: see otlp_write.h. Lengths of the small messages are computed, those of large ones are
 * known. */
#include "cli/otlp_write.h"

#include <string.h>

#include "wire/protobuf.h"

static size_t varint_size(uint64_t number)
{
    size_t size = 1;
    while (number >>= 7)
        size++;
    return size;
}

static size_t bytes_size(size_t len) /* of a field with a number below 16 */
{
    return 1 + varint_size(len) + len;
}

static void begin(struct buf *out, uint32_t field, size_t len)
{
    buf_add_varint(out, (uint64_t)field << 3 | PROTOBUF_BYTES);
    buf_add_varint(out, len);
}

/* KeyValue up to its AnyValue of so many bytes, which the caller adds. */
static void begin_attribute(struct buf *out, uint32_t field, const char *key, size_t value_len)
{
    begin(out, field, bytes_size(strlen(key)) + bytes_size(value_len));
    protobuf_write_bytes(out, 1, str_from(key));
    begin(out, 2, value_len);
}

void otlp_str(struct buf *out, uint32_t field, const char *key, struct str text)
{
    begin_attribute(out, field, key, bytes_size(text.len));
    protobuf_write_bytes(out, 1, text);
}

void otlp_text(struct buf *out, uint32_t field, const char *key, const char *text)
{
    otlp_str(out, field, key, str_from(text));
}

void otlp_int(struct buf *out, uint32_t field, const char *key, int64_t number)
{
    begin_attribute(out, field, key, 1 + varint_size((uint64_t)number));
    protobuf_write_varint(out, 3, (uint64_t)number);
}

void otlp_double(struct buf *out, uint32_t field, const char *key, double number)
{
    begin_attribute(out, field, key, 9);
    protobuf_write_double(out, 4, number);
}

void otlp_bool(struct buf *out, uint32_t field, const char *key, bool boolean)
{
    begin_attribute(out, field, key, 2);
    protobuf_write_varint(out, 2, boolean);
}

void otlp_strs(struct buf *out, uint32_t field, const char *key, const struct str *items,
               size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += bytes_size(bytes_size(items[i].len));
    begin_attribute(out, field, key, bytes_size(len));
    begin(out, 5, len);
    for (size_t i = 0; i < count; i++) {
        begin(out, 1, bytes_size(items[i].len));
        protobuf_write_bytes(out, 1, items[i]);
    }
}

void otlp_event(struct buf *events, int64_t time_ns, const char *name, struct str attributes)
{
    begin(events, 11, 9 + bytes_size(strlen(name)) + attributes.len);
    protobuf_write_fixed64(events, 1, (uint64_t)time_ns);
    protobuf_write_bytes(events, 2, str_from(name));
    buf_add_str(events, attributes);
}

void otlp_span(struct buf *spans, struct otlp_span *span)
{
    struct buf head = {0};
    protobuf_write_bytes(&head, 1, (struct str){(const char *)span->trace_id, 16});
    protobuf_write_bytes(&head, 2, (struct str){(const char *)span->id, 8});
    if (span->has_parent)
        protobuf_write_bytes(&head, 4, (struct str){(const char *)span->parent_id, 8});
    protobuf_write_bytes(&head, 5, str_from(span->name));
    protobuf_write_varint(&head, 6, (uint64_t)span->kind);
    protobuf_write_fixed64(&head, 7, (uint64_t)span->start_ns);
    protobuf_write_fixed64(&head, 8, (uint64_t)span->end_ns);
    if (span->status != OTLP_STATUS_UNSET) {
        struct str message = str_from(span->message);
        begin(&head, 15, 2 + (message.len ? bytes_size(message.len) : 0));
        if (message.len)
            protobuf_write_bytes(&head, 2, message);
        protobuf_write_varint(&head, 3, (uint64_t)span->status);
    }
    begin(spans, 2, head.len + span->attributes.len + span->events.len);
    buf_add_str(spans, buf_str(&head));
    buf_add_str(spans, buf_str(&span->attributes));
    buf_add_str(spans, buf_str(&span->events));
    spans->failed |= head.failed || span->attributes.failed || span->events.failed;
    buf_done(&head);
    buf_done(&span->attributes);
    buf_done(&span->events);
}

void otlp_log(struct buf *logs, const struct otlp_log *log)
{
    struct buf record = {0};
    protobuf_write_fixed64(&record, 1, (uint64_t)log->time_ns);
    protobuf_write_varint(&record, 2, (uint64_t)log->severity);
    protobuf_write_bytes(&record, 3, str_from(log->severity_text));
    begin(&record, 5, bytes_size(log->body.len));
    protobuf_write_bytes(&record, 1, log->body);
    buf_add_str(&record, log->attributes);
    if (log->trace_id)
        protobuf_write_bytes(&record, 9, (struct str){(const char *)log->trace_id, 16});
    if (log->span_id)
        protobuf_write_bytes(&record, 10, (struct str){(const char *)log->span_id, 8});
    protobuf_write_fixed64(&record, 11, (uint64_t)log->time_ns);
    if (log->event_name)
        protobuf_write_bytes(&record, 12, str_from(log->event_name));
    protobuf_write_bytes(logs, 2, buf_str(&record));
    logs->failed |= record.failed;
    buf_done(&record);
}

void otlp_metric(struct buf *metrics, enum otlp_metric_kind kind, const char *name,
                 const char *unit, struct str points)
{
    enum { DELTA = 1 };
    size_t tail = kind == OTLP_GAUGE ? 0 : kind == OTLP_SUM ? 4 : 2;
    size_t data = points.len + tail;
    begin(metrics, 2, bytes_size(strlen(name)) + bytes_size(strlen(unit)) + bytes_size(data));
    protobuf_write_bytes(metrics, 1, str_from(name));
    protobuf_write_bytes(metrics, 3, str_from(unit));
    begin(metrics, (uint32_t)kind, data);
    buf_add_str(metrics, points);
    if (kind != OTLP_GAUGE)
        protobuf_write_varint(metrics, 2, DELTA);
    if (kind == OTLP_SUM)
        protobuf_write_varint(metrics, 3, 1); /* monotonic */
}

void otlp_number(struct buf *points, int64_t start_ns, int64_t time_ns, double value,
                 struct str attributes)
{
    begin(points, 1, 27 + attributes.len);
    protobuf_write_fixed64(points, 2, (uint64_t)start_ns);
    protobuf_write_fixed64(points, 3, (uint64_t)time_ns);
    protobuf_write_double(points, 4, value);
    buf_add_str(points, attributes);
}

void otlp_histogram(struct buf *points, int64_t start_ns, int64_t time_ns, const double *bounds,
                    const uint64_t *counts, size_t bound_count, double sum, struct str attributes)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= bound_count; i++)
        count += counts[i];
    begin(points, 1,
          36 + bytes_size(8 * (bound_count + 1)) + bytes_size(8 * bound_count) + attributes.len);
    protobuf_write_fixed64(points, 2, (uint64_t)start_ns);
    protobuf_write_fixed64(points, 3, (uint64_t)time_ns);
    protobuf_write_fixed64(points, 4, count);
    protobuf_write_double(points, 5, sum);
    begin(points, 6, 8 * (bound_count + 1));
    for (size_t i = 0; i <= bound_count; i++)
        buf_add_u64(points, counts[i]);
    begin(points, 7, 8 * bound_count);
    buf_add(points, bounds, 8 * bound_count); /* doubles are little-endian where we run */
    buf_add_str(points, attributes);
}

void otlp_group(struct buf *request, struct str resource_attributes, const char *scope,
                const char *scope_version, struct str items)
{
    size_t scope_len = bytes_size(strlen(scope)) + bytes_size(strlen(scope_version));
    size_t group = bytes_size(scope_len) + items.len;
    begin(request, 1, bytes_size(resource_attributes.len) + bytes_size(group));
    protobuf_write_bytes(request, 1, resource_attributes);
    begin(request, 2, group);
    begin(request, 1, scope_len);
    protobuf_write_bytes(request, 1, str_from(scope));
    protobuf_write_bytes(request, 2, str_from(scope_version));
    buf_add_str(request, items);
}
