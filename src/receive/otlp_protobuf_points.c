/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_protobuf_points: the data points of the metric types, their lists of numbers and exemplars.
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

/* out_numbers is an array of uint64_t or double: eight bytes each. */
static bool collect(struct otlp *otlp, struct str message, uint32_t number, enum protobuf_wire wire,
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

static bool check_packed(struct otlp *otlp, const struct protobuf_field *field,
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

static bool add_exemplar(struct otlp *otlp, struct str message, struct metric_point *point)
{
    if (!read_exemplar(otlp, message, &point->exemplars[point->exemplar_count]))
        return otlp_at(otlp, "exemplars[%zu]", point->exemplar_count);
    point->exemplar_count++;
    return true;
}

/* Room for what is counted, by the numbers those fields have in this kind of point. */
static bool make_room(struct otlp *otlp, struct str message, struct metric_point *point,
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
        return add_exemplar(otlp, field->bytes, point);
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
    if (!make_room(otlp, message, point, 7, 5))
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

/* --- histogram ------------------------------------------------------------------------------ */

static const struct otlp_fields histogram_fields = {{
    [2] = {"startTimeUnixNano", PROTOBUF_FIXED64},
    [3] = {"timeUnixNano", PROTOBUF_FIXED64},
    [4] = {"count", PROTOBUF_FIXED64},
    [5] = {"sum", PROTOBUF_FIXED64},
    [6] = {"bucketCounts", PROTOBUF_BYTES},
    [7] = {"explicitBounds", PROTOBUF_BYTES},
    [8] = {"exemplars", PROTOBUF_BYTES},
    [9] = {"attributes", PROTOBUF_BYTES},
    [10] = {"flags", PROTOBUF_VARINT},
    [11] = {"min", PROTOBUF_FIXED64},
    [12] = {"max", PROTOBUF_FIXED64},
}};

static void set_double(uint64_t bits, double *out, bool *out_has)
{
    *out = protobuf_double(bits);
    *out_has = true;
}

static bool histogram_field(struct otlp *otlp, const struct protobuf_field *field,
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
        set_double(field->integer, &point->sum, &point->has_sum);
        return true;
    case TAG(6, BYTES):
    case TAG(7, BYTES):
        return check_packed(otlp, field, PROTOBUF_FIXED64, histogram_fields.at[field->number].name);
    case TAG(6, FIXED64):
    case TAG(7, FIXED64):
        return true;
    case TAG(8, BYTES):
        return add_exemplar(otlp, field->bytes, point);
    case TAG(9, BYTES):
        return otlp_attribute(otlp, field->bytes, &point->attributes);
    case TAG(10, VARINT):
        point->flags = (uint32_t)field->integer;
        return true;
    case TAG(11, FIXED64):
        set_double(field->integer, &point->min, &point->has_min);
        return true;
    case TAG(12, FIXED64):
        set_double(field->integer, &point->max, &point->has_max);
        return true;
    default:
        return otlp_skip(otlp, field, &histogram_fields);
    }
}

bool otlp_histogram_point(struct otlp *otlp, struct str message, struct metric_point *point)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    if (!make_room(otlp, message, point, 9, 8))
        return false;
    while (protobuf_next(&reader, &field))
        if (!histogram_field(otlp, &field, point))
            return false;
    return collect(otlp, message, 6, PROTOBUF_FIXED64, "bucketCounts", &point->buckets,
                   &point->bucket_count) &&
           collect(otlp, message, 7, PROTOBUF_FIXED64, "explicitBounds", &point->bounds,
                   &point->bound_count) &&
           otlp_check_histogram(otlp, point);
}

/* --- exponential histogram ------------------------------------------------------------------ */

static const struct otlp_fields exponential_fields = {{
    [1] = {"attributes", PROTOBUF_BYTES},
    [2] = {"startTimeUnixNano", PROTOBUF_FIXED64},
    [3] = {"timeUnixNano", PROTOBUF_FIXED64},
    [4] = {"count", PROTOBUF_FIXED64},
    [5] = {"sum", PROTOBUF_FIXED64},
    [6] = {"scale", PROTOBUF_VARINT},
    [7] = {"zeroCount", PROTOBUF_FIXED64},
    [8] = {"positive", PROTOBUF_BYTES},
    [9] = {"negative", PROTOBUF_BYTES},
    [10] = {"flags", PROTOBUF_VARINT},
    [11] = {"exemplars", PROTOBUF_BYTES},
    [12] = {"min", PROTOBUF_FIXED64},
    [13] = {"max", PROTOBUF_FIXED64},
    [14] = {"zeroThreshold", PROTOBUF_FIXED64},
}};

/* The two halves, joined from all their occurrences. */
struct halves {
    struct str positive, negative;
};

static bool read_buckets(struct otlp *otlp, struct str message, int32_t *out_offset,
                         uint64_t **out_buckets, size_t *out_count)
{
    static const struct otlp_fields fields = {
        {[1] = {"offset", PROTOBUF_VARINT}, [2] = {"bucketCounts", PROTOBUF_BYTES}}};
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    while (protobuf_next(&reader, &field)) {
        bool is_fine = true;
        if (otlp_tag(&field) == TAG(1, VARINT))
            *out_offset = (int32_t)protobuf_zigzag(field.integer);
        else if (otlp_tag(&field) == TAG(2, BYTES))
            is_fine = check_packed(otlp, &field, PROTOBUF_VARINT, "bucketCounts");
        else if (otlp_tag(&field) != TAG(2, VARINT))
            is_fine = otlp_skip(otlp, &field, &fields);
        if (!is_fine)
            return false;
    }
    return otlp_ended(otlp, &reader) &&
           collect(otlp, message, 2, PROTOBUF_VARINT, "bucketCounts", out_buckets, out_count);
}

static bool exponential_number(const struct protobuf_field *field, struct metric_point *point)
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
        set_double(field->integer, &point->sum, &point->has_sum);
        return true;
    case TAG(6, VARINT):
        point->scale = (int32_t)protobuf_zigzag(field->integer);
        return true;
    case TAG(7, FIXED64):
        point->zero_count = field->integer;
        return true;
    case TAG(10, VARINT):
        point->flags = (uint32_t)field->integer;
        return true;
    case TAG(12, FIXED64):
        set_double(field->integer, &point->min, &point->has_min);
        return true;
    case TAG(13, FIXED64):
        set_double(field->integer, &point->max, &point->has_max);
        return true;
    case TAG(14, FIXED64):
        point->zero_threshold = protobuf_double(field->integer);
        return true;
    default:
        return false;
    }
}

static bool exponential_field(struct otlp *otlp, const struct protobuf_field *field,
                              struct metric_point *point, struct halves *halves)
{
    switch (otlp_tag(field)) {
    case TAG(1, BYTES):
        return otlp_attribute(otlp, field->bytes, &point->attributes);
    case TAG(8, BYTES):
        return otlp_merge(otlp, &halves->positive, field->bytes);
    case TAG(9, BYTES):
        return otlp_merge(otlp, &halves->negative, field->bytes);
    case TAG(11, BYTES):
        return add_exemplar(otlp, field->bytes, point);
    default:
        return exponential_number(field, point) || otlp_skip(otlp, field, &exponential_fields);
    }
}

bool otlp_exponential_point(struct otlp *otlp, struct str message, struct metric_point *point)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct halves halves = {STR_NONE, STR_NONE};
    if (!make_room(otlp, message, point, 1, 11))
        return false;
    while (protobuf_next(&reader, &field))
        if (!exponential_field(otlp, &field, point, &halves))
            return false;
    if (!read_buckets(otlp, halves.positive, &point->positive_offset, &point->buckets,
                      &point->bucket_count))
        return otlp_at(otlp, "positive");
    if (!read_buckets(otlp, halves.negative, &point->negative_offset, &point->negative_buckets,
                      &point->negative_bucket_count))
        return otlp_at(otlp, "negative");
    return otlp_check_exponential(otlp, point);
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
        set_double(field->integer, &point->sum, &point->has_sum);
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
    if (!make_room(otlp, message, point, 7, 0) || !otlp_count(otlp, message, &counts) ||
        !quantile_room(otlp, counts.of[6], point))
        return false;
    while (protobuf_next(&reader, &field))
        if (!summary_field(otlp, &field, point))
            return false;
    return otlp_check_summary(otlp, point);
}
