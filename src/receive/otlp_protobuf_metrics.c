/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_protobuf_metrics: Metric and what its five types have in common.
 *
 * The record of the walk is a metric, but what is refused and counted are its points: a point that
 * cannot be read is refused by name, a metric that cannot be read takes all its points with it.
 */
#include "receive/otlp_metrics.h"

static const struct otlp_fields metric_fields = {{
    [1] = {"name", PROTOBUF_BYTES},
    [2] = {"description", PROTOBUF_BYTES},
    [3] = {"unit", PROTOBUF_BYTES},
    [5] = {"gauge", PROTOBUF_BYTES},
    [7] = {"sum", PROTOBUF_BYTES},
    [9] = {"histogram", PROTOBUF_BYTES},
    [10] = {"exponentialHistogram", PROTOBUF_BYTES},
    [11] = {"summary", PROTOBUF_BYTES},
    [12] = {"metadata", PROTOBUF_BYTES},
}};

/* By field number of the oneof. */
static const struct kind {
    enum metric_type type;
    bool (*read_point)(struct otlp *otlp, struct str message, struct metric_point *point);
} kinds[] = {
    [5] = {METRIC_GAUGE, otlp_number_point},
    [7] = {METRIC_SUM, otlp_number_point},
    [9] = {METRIC_HISTOGRAM, otlp_histogram_point},
    [10] = {METRIC_EXPONENTIAL, otlp_exponential_point},
    [11] = {METRIC_SUMMARY, otlp_summary_point},
};

/* The oneof as it came: the last member counts, and the same member again continues. */
struct data {
    uint32_t number; /* 0: none */
    struct str message;
};

static bool choose_data(struct otlp *otlp, const struct protobuf_field *field, struct data *data)
{
    if (data->number == field->number)
        return otlp_merge(otlp, &data->message, field->bytes);
    *data = (struct data){field->number, field->bytes};
    return true;
}

static bool metric_field(struct otlp *otlp, const struct protobuf_field *field,
                         struct metric *metric, struct data *data)
{
    switch (otlp_tag(field)) {
    case TAG(1, BYTES):
        return otlp_text(otlp, field->bytes, &metric->name);
    case TAG(2, BYTES):
        return otlp_text(otlp, field->bytes, &metric->description);
    case TAG(3, BYTES):
        return otlp_text(otlp, field->bytes, &metric->unit);
    case TAG(5, BYTES):
    case TAG(7, BYTES):
    case TAG(9, BYTES):
    case TAG(10, BYTES):
    case TAG(11, BYTES):
        return choose_data(otlp, field, data);
    case TAG(12, BYTES):
        return otlp_attribute(otlp, field->bytes, &metric->metadata) || otlp_at(otlp, "metadata");
    default:
        return otlp_skip(otlp, field, &metric_fields);
    }
}

static bool read_metric(struct otlp *otlp, struct str message, struct metric *metric,
                        struct data *out_data)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct otlp_counts counts;
    if (!otlp_count(otlp, message, &counts) ||
        !otlp_attributes_room(otlp, counts.of[12], &metric->metadata))
        return false;
    while (protobuf_next(&reader, &field))
        if (!metric_field(otlp, &field, metric, out_data))
            return false;
    metric->type = kinds[out_data->number].type;
    return otlp_check_metric(otlp, metric);
}

/* Temporality and monotonicity; the points are only looked at. */
static bool read_data_head(struct otlp *otlp, const struct data *data, struct metric *metric)
{
    static const struct otlp_fields with_temporality = {{
        [1] = {"dataPoints", PROTOBUF_BYTES},
        [2] = {"aggregationTemporality", PROTOBUF_VARINT},
        [3] = {"isMonotonic", PROTOBUF_VARINT},
    }};
    static const struct otlp_fields plain = {{[1] = {"dataPoints", PROTOBUF_BYTES}}};
    bool is_plain = metric->type == METRIC_GAUGE || metric->type == METRIC_SUMMARY;
    struct protobuf_reader reader = protobuf_reader(data->message);
    struct protobuf_field field;
    while (protobuf_next(&reader, &field)) {
        uint32_t tag = otlp_tag(&field);
        if (tag == TAG(1, BYTES))
            continue;
        if (tag == TAG(2, VARINT) && !is_plain)
            metric->temporality = otlp_temporality((int64_t)field.integer);
        else if (tag == TAG(3, VARINT) && metric->type == METRIC_SUM)
            metric->monotonic = field.integer != 0;
        else if (!otlp_skip(otlp, &field, is_plain ? &plain : &with_temporality))
            return false;
    }
    return otlp_ended(otlp, &reader);
}

static bool read_point(struct otlp *otlp, const struct data *data, struct str message, size_t index)
{
    struct metric_point *point = batch_add_point(otlp->batch);
    if (!point)
        return otlp_full(otlp);
    point->metric = (uint32_t)(otlp->batch->metric_count - 1);
    if (kinds[data->number].read_point(otlp, message, point))
        return true;
    batch_drop_point(otlp->batch);
    otlp_at(otlp, "dataPoints[%zu]", index);
    return otlp_at(otlp, "%s", metric_fields.at[data->number].name);
}

static bool read_points(struct otlp *otlp, const struct data *data)
{
    struct protobuf_reader reader = protobuf_reader(data->message);
    struct protobuf_field field;
    size_t index = 0;
    while (protobuf_next(&reader, &field)) {
        if (otlp_tag(&field) != TAG(1, BYTES))
            continue;
        if (!read_point(otlp, data, field.bytes, index++) && !otlp_reject(otlp))
            return false;
    }
    return true;
}

/* A metric that is refused stands for its points, or for one when they cannot be counted. */
static size_t points_of(const struct data *data)
{
    struct protobuf_reader reader = protobuf_reader(data->message);
    struct protobuf_field field;
    size_t count = 0;
    while (protobuf_next(&reader, &field))
        count += otlp_tag(&field) == TAG(1, BYTES);
    return count ? count : 1;
}

bool otlp_protobuf_metric(struct otlp *otlp, struct str message)
{
    struct batch *batch = otlp->batch;
    size_t before = batch->point_count;
    struct data data = {0};
    struct metric *metric = batch_add_metric(batch);
    if (!metric)
        return otlp_full(otlp);
    metric->resource = otlp->resource;
    metric->scope = otlp->scope;
    bool is_fine = read_metric(otlp, message, metric, &data);
    if (is_fine && !read_data_head(otlp, &data, metric))
        is_fine = otlp_at(otlp, "%s", metric_fields.at[data.number].name);
    if (!is_fine)
        otlp->stands_for = points_of(&data);
    if (is_fine)
        is_fine = read_points(otlp, &data);
    batch->metric_count -= batch->point_count == before;
    return is_fine;
}
