/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_protobuf_logs: LogRecord. */
#include "receive/otlp_protobuf.h"

static const struct otlp_fields fields = {{
    [1] = {"timeUnixNano", PROTOBUF_FIXED64},
    [2] = {"severityNumber", PROTOBUF_VARINT},
    [3] = {"severityText", PROTOBUF_BYTES},
    [5] = {"body", PROTOBUF_BYTES},
    [6] = {"attributes", PROTOBUF_BYTES},
    [7] = {"droppedAttributesCount", PROTOBUF_VARINT},
    [8] = {"flags", PROTOBUF_FIXED32},
    [9] = {"traceId", PROTOBUF_BYTES},
    [10] = {"spanId", PROTOBUF_BYTES},
    [11] = {"observedTimeUnixNano", PROTOBUF_FIXED64},
    [12] = {"eventName", PROTOBUF_BYTES},
}};

static bool log_field(struct otlp *otlp, const struct protobuf_field *field,
                      struct log_record *record, struct str *body)
{
    switch (otlp_tag(field)) {
    case TAG(1, FIXED64):
        record->time_ns = field->integer;
        return true;
    case TAG(2, VARINT):
        record->severity = (int32_t)field->integer;
        return true;
    case TAG(3, BYTES):
        return otlp_text(otlp, field->bytes, &record->severity_text);
    case TAG(5, BYTES):
        return otlp_merge(otlp, body, field->bytes);
    case TAG(6, BYTES):
        return otlp_attribute(otlp, field->bytes, &record->attributes);
    case TAG(7, VARINT):
        record->dropped_attributes = (uint32_t)field->integer;
        return true;
    case TAG(8, FIXED32):
        record->flags = (uint32_t)field->integer;
        return true;
    case TAG(9, BYTES):
        return otlp_id_or_none(otlp, field->bytes, record->trace_id, TRACE_ID_BYTES, "traceId");
    case TAG(10, BYTES):
        return otlp_id_or_none(otlp, field->bytes, record->span_id, SPAN_ID_BYTES, "spanId");
    case TAG(11, FIXED64):
        record->observed_ns = field->integer;
        return true;
    case TAG(12, BYTES):
        return otlp_text(otlp, field->bytes, &record->event_name);
    default:
        return otlp_skip(otlp, field, &fields);
    }
}

static bool read_log(struct otlp *otlp, struct str message, struct log_record *record)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct otlp_counts counts;
    struct str body = STR_NONE;
    if (!otlp_count(otlp, message, &counts) ||
        !otlp_attributes_room(otlp, counts.of[6], &record->attributes))
        return false;
    while (protobuf_next(&reader, &field))
        if (!log_field(otlp, &field, record, &body))
            return false;
    return otlp_value(otlp, body, 1, &record->body) || otlp_at(otlp, "body");
}

bool otlp_protobuf_log(struct otlp *otlp, struct str message)
{
    struct log_record *record = batch_add_log(otlp->batch);
    if (!record)
        return otlp_full(otlp);
    record->resource = otlp->resource;
    record->scope = otlp->scope;
    if (read_log(otlp, message, record))
        return true;
    batch_drop_log(otlp->batch);
    return false;
}
