/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_protobuf_histograms: data points of histograms with explicit and with exponential buckets.
 */
#include "receive/otlp_metrics.h"

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
        otlp_set_double(field->integer, &point->sum, &point->has_sum);
        return true;
    case TAG(6, BYTES):
    case TAG(7, BYTES):
        return otlp_check_packed(otlp, field, PROTOBUF_FIXED64,
                                 histogram_fields.at[field->number].name);
    case TAG(6, FIXED64):
    case TAG(7, FIXED64):
        return true;
    case TAG(8, BYTES):
        return otlp_exemplar(otlp, field->bytes, point);
    case TAG(9, BYTES):
        return otlp_attribute(otlp, field->bytes, &point->attributes);
    case TAG(10, VARINT):
        point->flags = (uint32_t)field->integer;
        return true;
    case TAG(11, FIXED64):
        otlp_set_double(field->integer, &point->min, &point->has_min);
        return true;
    case TAG(12, FIXED64):
        otlp_set_double(field->integer, &point->max, &point->has_max);
        return true;
    default:
        return otlp_skip(otlp, field, &histogram_fields);
    }
}

bool otlp_histogram_point(struct otlp *otlp, struct str message, struct metric_point *point)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    if (!otlp_point_room(otlp, message, point, 9, 8))
        return false;
    while (protobuf_next(&reader, &field))
        if (!histogram_field(otlp, &field, point))
            return false;
    return otlp_numbers(otlp, message, 6, PROTOBUF_FIXED64, "bucketCounts", &point->buckets,
                        &point->bucket_count) &&
           otlp_numbers(otlp, message, 7, PROTOBUF_FIXED64, "explicitBounds", &point->bounds,
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
            is_fine = otlp_check_packed(otlp, &field, PROTOBUF_VARINT, "bucketCounts");
        else if (otlp_tag(&field) != TAG(2, VARINT))
            is_fine = otlp_skip(otlp, &field, &fields);
        if (!is_fine)
            return false;
    }
    return otlp_ended(otlp, &reader) &&
           otlp_numbers(otlp, message, 2, PROTOBUF_VARINT, "bucketCounts", out_buckets, out_count);
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
        otlp_set_double(field->integer, &point->sum, &point->has_sum);
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
        otlp_set_double(field->integer, &point->min, &point->has_min);
        return true;
    case TAG(13, FIXED64):
        otlp_set_double(field->integer, &point->max, &point->has_max);
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
        return otlp_exemplar(otlp, field->bytes, point);
    default:
        return exponential_number(field, point) || otlp_skip(otlp, field, &exponential_fields);
    }
}

bool otlp_exponential_point(struct otlp *otlp, struct str message, struct metric_point *point)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct halves halves = {STR_NONE, STR_NONE};
    if (!otlp_point_room(otlp, message, point, 1, 11))
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
