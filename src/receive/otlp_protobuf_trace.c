/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_protobuf_trace: Span, with its events, links and status. */
#include "receive/otlp_protobuf.h"

static const struct otlp_fields span_fields = {{
    [1] = {"traceId", PROTOBUF_BYTES},
    [2] = {"spanId", PROTOBUF_BYTES},
    [3] = {"traceState", PROTOBUF_BYTES},
    [4] = {"parentSpanId", PROTOBUF_BYTES},
    [5] = {"name", PROTOBUF_BYTES},
    [6] = {"kind", PROTOBUF_VARINT},
    [7] = {"startTimeUnixNano", PROTOBUF_FIXED64},
    [8] = {"endTimeUnixNano", PROTOBUF_FIXED64},
    [9] = {"attributes", PROTOBUF_BYTES},
    [10] = {"droppedAttributesCount", PROTOBUF_VARINT},
    [11] = {"events", PROTOBUF_BYTES},
    [12] = {"droppedEventsCount", PROTOBUF_VARINT},
    [13] = {"links", PROTOBUF_BYTES},
    [14] = {"droppedLinksCount", PROTOBUF_VARINT},
    [15] = {"status", PROTOBUF_BYTES},
    [16] = {"flags", PROTOBUF_FIXED32},
}};

static const struct otlp_fields event_fields = {{
    [1] = {"timeUnixNano", PROTOBUF_FIXED64},
    [2] = {"name", PROTOBUF_BYTES},
    [3] = {"attributes", PROTOBUF_BYTES},
    [4] = {"droppedAttributesCount", PROTOBUF_VARINT},
}};

static bool read_event(struct otlp *otlp, struct str message, struct span_event *event)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct otlp_counts counts;
    *event = (struct span_event){0};
    if (!otlp_count(otlp, message, &counts) ||
        !otlp_attributes_room(otlp, counts.of[3], &event->attributes))
        return false;
    while (protobuf_next(&reader, &field)) {
        bool is_fine = true;
        switch (otlp_tag(&field)) {
        case TAG(1, FIXED64):
            event->time_ns = field.integer;
            break;
        case TAG(2, BYTES):
            is_fine = otlp_text(otlp, field.bytes, &event->name);
            break;
        case TAG(3, BYTES):
            is_fine = otlp_attribute(otlp, field.bytes, &event->attributes);
            break;
        case TAG(4, VARINT):
            event->dropped_attributes = (uint32_t)field.integer;
            break;
        default:
            is_fine = otlp_skip(otlp, &field, &event_fields);
        }
        if (!is_fine)
            return false;
    }
    return true;
}

static const struct otlp_fields link_fields = {{
    [1] = {"traceId", PROTOBUF_BYTES},
    [2] = {"spanId", PROTOBUF_BYTES},
    [3] = {"traceState", PROTOBUF_BYTES},
    [4] = {"attributes", PROTOBUF_BYTES},
    [5] = {"droppedAttributesCount", PROTOBUF_VARINT},
    [6] = {"flags", PROTOBUF_FIXED32},
}};

static bool link_field(struct otlp *otlp, const struct protobuf_field *field,
                       struct span_link *link)
{
    switch (otlp_tag(field)) {
    case TAG(1, BYTES):
        return otlp_id_or_none(otlp, field->bytes, link->trace_id, TRACE_ID_BYTES, "traceId");
    case TAG(2, BYTES):
        return otlp_id_or_none(otlp, field->bytes, link->span_id, SPAN_ID_BYTES, "spanId");
    case TAG(3, BYTES):
        return otlp_text(otlp, field->bytes, &link->trace_state);
    case TAG(4, BYTES):
        return otlp_attribute(otlp, field->bytes, &link->attributes);
    case TAG(5, VARINT):
        link->dropped_attributes = (uint32_t)field->integer;
        return true;
    case TAG(6, FIXED32):
        link->flags = (uint32_t)field->integer;
        return true;
    default:
        return otlp_skip(otlp, field, &link_fields);
    }
}

static bool read_link(struct otlp *otlp, struct str message, struct span_link *link)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct otlp_counts counts;
    *link = (struct span_link){0};
    if (!otlp_count(otlp, message, &counts) ||
        !otlp_attributes_room(otlp, counts.of[4], &link->attributes))
        return false;
    while (protobuf_next(&reader, &field))
        if (!link_field(otlp, &field, link))
            return false;
    return true;
}

static bool read_status(struct otlp *otlp, struct str message, struct span *span)
{
    static const struct otlp_fields fields = {
        {[2] = {"message", PROTOBUF_BYTES}, [3] = {"code", PROTOBUF_VARINT}}};
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    while (protobuf_next(&reader, &field)) {
        switch (otlp_tag(&field)) {
        case TAG(2, BYTES):
            if (!otlp_text(otlp, field.bytes, &span->status_message))
                return false;
            break;
        case TAG(3, VARINT):
            span->status = otlp_span_status((int64_t)field.integer);
            break;
        default:
            if (!otlp_skip(otlp, &field, &fields))
                return false;
        }
    }
    return otlp_ended(otlp, &reader);
}

static bool make_room(struct otlp *otlp, struct str message, struct span *span)
{
    struct otlp_counts counts;
    if (!otlp_count(otlp, message, &counts) ||
        !otlp_attributes_room(otlp, counts.of[9], &span->attributes) ||
        !otlp_limit(otlp, counts.of[11], OTLP_EVENTS_MAX, "events") ||
        !otlp_limit(otlp, counts.of[13], OTLP_EVENTS_MAX, "links"))
        return false;
    if (counts.of[11]) {
        span->events = otlp_array(otlp, counts.of[11], sizeof *span->events);
        if (!span->events)
            return false;
    }
    if (counts.of[13])
        span->links = otlp_array(otlp, counts.of[13], sizeof *span->links);
    return !counts.of[13] || span->links;
}

static bool add_event(struct otlp *otlp, struct str message, struct span *span)
{
    if (!read_event(otlp, message, &span->events[span->event_count]))
        return otlp_at(otlp, "events[%zu]", span->event_count);
    span->event_count++;
    return true;
}

static bool add_link(struct otlp *otlp, struct str message, struct span *span)
{
    if (!read_link(otlp, message, &span->links[span->link_count]))
        return otlp_at(otlp, "links[%zu]", span->link_count);
    span->link_count++;
    return true;
}

static bool span_field(struct otlp *otlp, const struct protobuf_field *field, struct span *span)
{
    switch (otlp_tag(field)) {
    case TAG(1, BYTES):
        return otlp_id(otlp, field->bytes, span->trace_id, TRACE_ID_BYTES, "traceId");
    case TAG(2, BYTES):
        return otlp_id(otlp, field->bytes, span->span_id, SPAN_ID_BYTES, "spanId");
    case TAG(3, BYTES):
        return otlp_text(otlp, field->bytes, &span->trace_state);
    case TAG(4, BYTES):
        return otlp_id_or_none(otlp, field->bytes, span->parent_id, SPAN_ID_BYTES, "parentSpanId");
    case TAG(5, BYTES):
        return otlp_text(otlp, field->bytes, &span->name);
    case TAG(6, VARINT):
        span->kind = otlp_span_kind((int64_t)field->integer);
        return true;
    case TAG(7, FIXED64):
        span->start_ns = field->integer;
        return true;
    case TAG(8, FIXED64):
        span->end_ns = field->integer;
        return true;
    case TAG(9, BYTES):
        return otlp_attribute(otlp, field->bytes, &span->attributes);
    case TAG(10, VARINT):
        span->dropped_attributes = (uint32_t)field->integer;
        return true;
    case TAG(11, BYTES):
        return add_event(otlp, field->bytes, span);
    case TAG(12, VARINT):
        span->dropped_events = (uint32_t)field->integer;
        return true;
    case TAG(13, BYTES):
        return add_link(otlp, field->bytes, span);
    case TAG(14, VARINT):
        span->dropped_links = (uint32_t)field->integer;
        return true;
    case TAG(15, BYTES):
        /* Members are set one by one, so a second status continues the first. */
        return read_status(otlp, field->bytes, span) || otlp_at(otlp, "status");
    case TAG(16, FIXED32):
        span->flags = (uint32_t)field->integer;
        return true;
    default:
        return otlp_skip(otlp, field, &span_fields);
    }
}

static bool read_span(struct otlp *otlp, struct str message, struct span *span)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    bool has_trace = false, has_span = false;
    if (!make_room(otlp, message, span))
        return false;
    while (protobuf_next(&reader, &field)) {
        if (!span_field(otlp, &field, span))
            return false;
        has_trace |= field.number == 1;
        has_span |= field.number == 2;
    }
    if (!has_trace)
        return otlp_id(otlp, STR_NONE, span->trace_id, TRACE_ID_BYTES, "traceId");
    if (!has_span)
        return otlp_id(otlp, STR_NONE, span->span_id, SPAN_ID_BYTES, "spanId");
    return otlp_check_ids(otlp, span);
}

bool otlp_protobuf_span(struct otlp *otlp, struct str message)
{
    struct span *span = batch_add_span(otlp->batch);
    if (!span)
        return otlp_full(otlp);
    span->resource = otlp->resource;
    span->scope = otlp->scope;
    if (read_span(otlp, message, span))
        return true;
    batch_drop_span(otlp->batch);
    return false;
}
