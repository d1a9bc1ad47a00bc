/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_protobuf_points: data points of gauges, sums and summaries, and the lists of numbers and
 * exemplars of all.
 *
 * Repeated numbers may be packed or not, and both in one message. Their field is collected in a
 * second walk over the point, when it is known how many there are.
 */
#include <string.h>

#include "receive/otlp_metrics.h"

/* --- lists of numbers ----------------------------------------------------------------------- */

static size_t packed_fixed64s(struct str bytes, uint64_t *out)
{
    size_t count = bytes.len / sizeof *out;
    if (out && count)
        memcpy(out, bytes.ptr, count * sizeof *out); /* little-endian, as are we */
    return count;
}

static size_t packed_varints(struct str bytes, uint64_t *out)
{
    struct protobuf_reader packed = protobuf_reader(bytes);
    uint64_t integer;
    size_t count = 0;
    while (protobuf_next_varint(&packed, &integer)) {
        if (out)
            out[count] = integer;
        count++;
    }
    return count;
}

static bool is_whole(struct str bytes, enum protobuf_wire wire)
{
    if (wire == PROTOBUF_FIXED64)
        return bytes.len % 8 == 0;
    return bytes.len == 0 || (uint8_t)bytes.ptr[bytes.len - 1] < 0x80;
}

/* Walks over the occurrences of one field; `out` NULL only counts. */
static size_t numbers(struct str message, uint32_t number, enum protobuf_wire wire, uint64_t *out)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    size_t count = 0;
    while (protobuf_next(&reader, &field)) {
        uint64_t *at = out ? out + count : NULL;
        if (field.number != number)
            continue;
        if (field.wire == wire) {
            if (at)
                *at = field.integer;
            count++;
        } else if (field.wire == PROTOBUF_BYTES) {
            count += wire == PROTOBUF_VARINT ? packed_varints(field.bytes, at)
                                             : packed_fixed64s(field.bytes, at);
        }
    }
    return count;
}

bool otlp_numbers(struct otlp *otlp, struct str message, uint32_t number, enum protobuf_wire wire,
                  const char *name, void *out_numbers, size_t *out_count)
{
    size_t count = numbers(message, number, wire, NULL);
    if (count == 0)
        return true;
    if (!otlp_limit(otlp, count, OTLP_BUCKETS_MAX, "items"))
        return otlp_at(otlp, "%s", name);
    uint64_t *items = otlp_array(otlp, count, sizeof *items);
    if (!items)
        return false;
    *out_count = numbers(message, number, wire, items);
    memcpy(out_numbers, &items, sizeof items);
    return true;
}

bool otlp_check_packed(struct otlp *otlp, const struct protobuf_field *field,
                       enum protobuf_wire wire, const char *name)
{
    if (is_whole(field->bytes, wire))
        return true;
    otlp_refuse(otlp, REJECT_SHAPE, "has %zu bytes, expected packed numbers of %s",
                field->bytes.len, wire == PROTOBUF_VARINT ? "varints" : "8 bytes");
    return otlp_at(otlp, "%s", name);
}

/* --- exemplars ------------------------------------------------------------------------------ */

static const struct otlp_fields exemplar_fields = {{
    [2] = {"timeUnixNano", PROTOBUF_FIXED64},
    [3] = {"asDouble", PROTOBUF_FIXED64},
    [4] = {"spanId", PROTOBUF_BYTES},
    [5] = {"traceId", PROTOBUF_BYTES},
    [6] = {"asInt", PROTOBUF_FIXED64},
    [7] = {"filteredAttributes", PROTOBUF_BYTES},
}};

static bool exemplar_field(struct otlp *otlp, const struct protobuf_field *field,
                           struct exemplar *exemplar)
{
    switch (otlp_tag(field)) {
    case TAG(2, FIXED64):
        exemplar->time_ns = field->integer;
        return true;
    case TAG(3, FIXED64):
        exemplar->value = protobuf_double(field->integer);
        return true;
    case TAG(4, BYTES):
        return otlp_id_or_none(otlp, field->bytes, exemplar->span_id, SPAN_ID_BYTES, "spanId");
    case TAG(5, BYTES):
        return otlp_id_or_none(otlp, field->bytes, exemplar->trace_id, TRACE_ID_BYTES, "traceId");
    case TAG(6, FIXED64):
        exemplar->value = (double)(int64_t)field->integer;
        return true;
    case TAG(7, BYTES):
        return otlp_attribute(otlp, field->bytes, &exemplar->attributes);
    default:
        return otlp_skip(otlp, field, &exemplar_fields);
    }
}

static bool read_exemplar(struct otlp *otlp, struct str message, struct exemplar *exemplar)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct otlp_counts counts;
    *exemplar = (struct exemplar){0};
    if (!otlp_count(otlp, message, &counts) ||
        !otlp_attributes_room(otlp, counts.of[7], &exemplar->attributes))
        return false;
    while (protobuf_next(&reader, &field))
        if (!exemplar_field(otlp, &field, exemplar))
            return false;
    return true;
}

bool otlp_exemplar(struct otlp *otlp, struct str message, struct metric_point *point)
{
    if (!read_exemplar(otlp, message, &point->exemplars[point->exemplar_count]))
        return otlp_at(otlp, "exemplars[%zu]", point->exemplar_count);
    point->exemplar_count++;
    return true;
}

bool otlp_point_room(struct otlp *otlp, struct str message, struct metric_point *point,
                     int attributes, int exemplars)
{
    struct otlp_counts counts;
    if (!otlp_count(otlp, message, &counts) ||
        !otlp_attributes_room(otlp, counts.of[attributes], &point->attributes))
        return false;
    size_t count = exemplars ? counts.of[exemplars] : 0;
    if (count == 0)
        return true;
    if (!otlp_limit(otlp, count, OTLP_EVENTS_MAX, "exemplars"))
        return false;
    point->exemplars = otlp_array(otlp, count, sizeof *point->exemplars);
    return point->exemplars != NULL;
}

/* --- gauge and sum -------------------------------------------------------------------------- */

static const struct otlp_fields number_fields = {{
    [2] = {"startTimeUnixNano", PROTOBUF_FIXED64},
    [3] = {"timeUnixNano", PROTOBUF_FIXED64},
    [4] = {"asDouble", PROTOBUF_FIXED64},
    [5] = {"exemplars", PROTOBUF_BYTES},
    [6] = {"asInt", PROTOBUF_FIXED64},
    [7] = {"attributes", PROTOBUF_BYTES},
    [8] = {"flags", PROTOBUF_VARINT},
}};

static bool number_field(struct otlp *otlp, const struct protobuf_field *field,
                         struct metric_point *point)
{
    switch (otlp_tag(field)) {
    case TAG(2, FIXED64):
        point->start_ns = field->integer;
        return true;
    case TAG(3, FIXED64):
        point->time_ns = field->integer;
        return true;
    case TAG(4, FIXED64):
        point->is_int = false;
        point->number = protobuf_double(field->integer);
        return true;
    case TAG(5, BYTES):
        return otlp_exemplar(otlp, field->bytes, point);
    case TAG(6, FIXED64):
        point->is_int = true;
        point->integer = (int64_t)field->integer;
        return true;
    case TAG(7, BYTES):
        return otlp_attribute(otlp, field->bytes, &point->attributes);
    case TAG(8, VARINT):
        point->flags = (uint32_t)field->integer;
        return true;
    default:
        return otlp_skip(otlp, field, &number_fields);
    }
}

bool otlp_number_point(struct otlp *otlp, struct str message, struct metric_point *point)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    bool has_value = false;
    if (!otlp_point_room(otlp, message, point, 7, 5))
        return false;
    while (protobuf_next(&reader, &field)) {
        if (!number_field(otlp, &field, point))
            return false;
        has_value |= field.number == 4 || field.number == 6;
    }
    point->number = point->is_int ? 0 : point->number;
    point->integer = point->is_int ? point->integer : 0;
    return otlp_check_number(otlp, point, has_value);
}

/* --- summary -------------------------------------------------------------------------------- */

static const struct otlp_fields summary_fields = {{
    [2] = {"startTimeUnixNano", PROTOBUF_FIXED64},
    [3] = {"timeUnixNano", PROTOBUF_FIXED64},
    [4] = {"count", PROTOBUF_FIXED64},
    [5] = {"sum", PROTOBUF_FIXED64},
    [6] = {"quantileValues", PROTOBUF_BYTES},
    [7] = {"attributes", PROTOBUF_BYTES},
    [8] = {"flags", PROTOBUF_VARINT},
}};

static bool add_quantile(struct otlp *otlp, struct str message, struct metric_point *point)
{
    static const struct otlp_fields fields = {
        {[1] = {"quantile", PROTOBUF_FIXED64}, [2] = {"value", PROTOBUF_FIXED64}}};
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    size_t index = point->bound_count;
    point->bounds[index] = point->quantile_values[index] = 0;
    while (protobuf_next(&reader, &field)) {
        if (otlp_tag(&field) == TAG(1, FIXED64))
            point->bounds[index] = protobuf_double(field.integer);
        else if (otlp_tag(&field) == TAG(2, FIXED64))
            point->quantile_values[index] = protobuf_double(field.integer);
        else if (!otlp_skip(otlp, &field, &fields))
            return otlp_at(otlp, "quantileValues[%zu]", index);
    }
    if (!otlp_ended(otlp, &reader))
        return otlp_at(otlp, "quantileValues[%zu]", index);
    point->bound_count++;
    return true;
}

static bool summary_field(struct otlp *otlp, const struct protobuf_field *field,
                          struct metric_point *point)
{
    switch (otlp_tag(field)) {
    case TAG(2, FIXED64):
        point->start_ns = field->integer;
        return true;
    case TAG(3, FIXED64):
        point->time_ns = field->integer;
        return true;
    case TAG(4, FIXED64):
        point->count = field->integer;
        return true;
    case TAG(5, FIXED64):
        otlp_set_double(field->integer, &point->sum, &point->has_sum);
        return true;
    case TAG(6, BYTES):
        return add_quantile(otlp, field->bytes, point);
    case TAG(7, BYTES):
        return otlp_attribute(otlp, field->bytes, &point->attributes);
    case TAG(8, VARINT):
        point->flags = (uint32_t)field->integer;
        return true;
    default:
        return otlp_skip(otlp, field, &summary_fields);
    }
}

static bool quantile_room(struct otlp *otlp, size_t count, struct metric_point *point)
{
    if (count == 0)
        return true;
    if (!otlp_limit(otlp, count, OTLP_BUCKETS_MAX, "quantileValues"))
        return false;
    point->bounds = otlp_array(otlp, count, sizeof *point->bounds);
    point->quantile_values =
        point->bounds ? otlp_array(otlp, count, sizeof *point->quantile_values) : NULL;
    return point->quantile_values != NULL;
}

bool otlp_summary_point(struct otlp *otlp, struct str message, struct metric_point *point)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct otlp_counts counts;
    if (!otlp_point_room(otlp, message, point, 7, 0) || !otlp_count(otlp, message, &counts) ||
        !quantile_room(otlp, counts.of[6], point))
        return false;
    while (protobuf_next(&reader, &field))
        if (!summary_field(otlp, &field, point))
            return false;
    return otlp_check_summary(otlp, point);
}
