/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json_metrics: Metric, its five types and their points. A bad point costs only itself. */
#include "receive/otlp_json.h"

static const char *const temporality_names[] = {"AGGREGATION_TEMPORALITY_UNSPECIFIED",
                                                "AGGREGATION_TEMPORALITY_DELTA",
                                                "AGGREGATION_TEMPORALITY_CUMULATIVE"};
static const struct otlp_enum temporalities = {temporality_names, 3};

static bool number_list(struct otlp *otlp, const struct json *json, const char *name,
                        const struct json **out_list, size_t *out_count, uint64_t **out_items)
{
    if (!otlp_get_list(otlp, json, name, OTLP_BUCKETS_MAX, out_list))
        return false;
    *out_count = *out_list ? (*out_list)->count : 0;
    if (*out_count == 0)
        return true;
    *out_items = otlp_array(otlp, *out_count, sizeof **out_items);
    return *out_items != NULL;
}

static bool get_counts(struct otlp *otlp, const struct json *json, const char *name,
                       uint64_t **out_counts, size_t *out_count)
{
    const struct json *list;
    if (!number_list(otlp, json, name, &list, out_count, out_counts))
        return false;
    for (size_t i = 0; i < *out_count; i++)
        if (!otlp_as_u64(&list->items[i], &(*out_counts)[i])) {
            otlp_refuse(otlp, REJECT_SHAPE, "is %s, expected a whole number, not negative",
                        otlp_json_type(&list->items[i]));
            return otlp_at(otlp, "%s[%zu]", name, i);
        }
    return true;
}

static bool get_bounds(struct otlp *otlp, const struct json *json, const char *name,
                       double **out_bounds, size_t *out_count)
{
    const struct json *list;
    uint64_t *items = NULL;
    if (!number_list(otlp, json, name, &list, out_count, &items))
        return false;
    *out_bounds = (double *)items; /* fresh memory, as large */
    for (size_t i = 0; i < *out_count; i++)
        if (!otlp_as_double(&list->items[i], &(*out_bounds)[i])) {
            otlp_refuse(otlp, REJECT_SHAPE, "is %s, expected a number",
                        otlp_json_type(&list->items[i]));
            return otlp_at(otlp, "%s[%zu]", name, i);
        }
    return true;
}

/* asInt wins when both are there: it says more. */
static bool read_value(struct otlp *otlp, const struct json *json, double *out_number,
                       int64_t *out_integer, bool *out_is_int, bool *out_has)
{
    const struct json *integer = otlp_member(json, "asInt");
    if (!otlp_get_double(otlp, json, "asDouble", out_number, out_has))
        return false;
    if (!integer)
        return true;
    if (!json_int(integer, out_integer)) {
        otlp_refuse(otlp, REJECT_SHAPE, "is %s, expected a whole number of 64 bits",
                    otlp_json_type(integer));
        return otlp_at(otlp, "asInt");
    }
    *out_number = 0;
    *out_is_int = *out_has = true;
    return true;
}

static bool read_exemplar(struct otlp *otlp, const struct json *json, struct exemplar *exemplar)
{
    int64_t integer = 0;
    bool is_int = false, has = false;
    *exemplar = (struct exemplar){0};
    if (!otlp_is_object(otlp, json) ||
        !read_value(otlp, json, &exemplar->value, &integer, &is_int, &has))
        return false;
    if (is_int)
        exemplar->value = (double)integer;
    return otlp_get_u64(otlp, json, "timeUnixNano", &exemplar->time_ns) &&
           otlp_get_id(otlp, json, "traceId", false, exemplar->trace_id, TRACE_ID_BYTES) &&
           otlp_get_id(otlp, json, "spanId", false, exemplar->span_id, SPAN_ID_BYTES) &&
           otlp_get_attributes(otlp, json, "filteredAttributes", &exemplar->attributes);
}

static bool read_exemplars(struct otlp *otlp, const struct json *json, struct metric_point *point)
{
    const struct json *list;
    if (!otlp_get_list(otlp, json, "exemplars", OTLP_EVENTS_MAX, &list))
        return false;
    if (!list)
        return true;
    point->exemplars = otlp_array(otlp, list->count, sizeof *point->exemplars);
    if (!point->exemplars)
        return false;
    for (; point->exemplar_count < list->count; point->exemplar_count++) {
        size_t i = point->exemplar_count;
        if (!read_exemplar(otlp, &list->items[i], &point->exemplars[i]))
            return otlp_at(otlp, "exemplars[%zu]", i);
    }
    return true;
}

/* What points of all types have. */
static bool read_common(struct otlp *otlp, const struct json *json, struct metric_point *point)
{
    return otlp_get_u64(otlp, json, "startTimeUnixNano", &point->start_ns) &&
           otlp_get_u64(otlp, json, "timeUnixNano", &point->time_ns) &&
           otlp_get_u32(otlp, json, "flags", &point->flags) &&
           otlp_get_attributes(otlp, json, "attributes", &point->attributes) &&
           read_exemplars(otlp, json, point);
}

static bool read_sums(struct otlp *otlp, const struct json *json, struct metric_point *point)
{
    return otlp_get_u64(otlp, json, "count", &point->count) &&
           otlp_get_double(otlp, json, "sum", &point->sum, &point->has_sum) &&
           otlp_get_double(otlp, json, "min", &point->min, &point->has_min) &&
           otlp_get_double(otlp, json, "max", &point->max, &point->has_max);
}

static bool number_point(struct otlp *otlp, const struct json *json, struct metric_point *point)
{
    bool has_value = false;
    return read_value(otlp, json, &point->number, &point->integer, &point->is_int, &has_value) &&
           otlp_check_number(otlp, point, has_value);
}

static bool histogram_point(struct otlp *otlp, const struct json *json, struct metric_point *point)
{
    return read_sums(otlp, json, point) &&
           get_counts(otlp, json, "bucketCounts", &point->buckets, &point->bucket_count) &&
           get_bounds(otlp, json, "explicitBounds", &point->bounds, &point->bound_count) &&
           otlp_check_histogram(otlp, point);
}

static bool read_buckets(struct otlp *otlp, const struct json *json, const char *name,
                         int32_t *out_offset, uint64_t **out_counts, size_t *out_count)
{
    const struct json *half = otlp_member(json, name);
    return !half ||
           (otlp_is_object(otlp, half) && otlp_get_i32(otlp, half, "offset", out_offset) &&
            get_counts(otlp, half, "bucketCounts", out_counts, out_count)) ||
           otlp_at(otlp, "%s", name);
}

static bool exponential_point(struct otlp *otlp, const struct json *json,
                              struct metric_point *point)
{
    return read_sums(otlp, json, point) && otlp_get_i32(otlp, json, "scale", &point->scale) &&
           otlp_get_u64(otlp, json, "zeroCount", &point->zero_count) &&
           otlp_get_double(otlp, json, "zeroThreshold", &point->zero_threshold, NULL) &&
           read_buckets(otlp, json, "positive", &point->positive_offset, &point->buckets,
                        &point->bucket_count) &&
           read_buckets(otlp, json, "negative", &point->negative_offset, &point->negative_buckets,
                        &point->negative_bucket_count) &&
           otlp_check_exponential(otlp, point);
}

static bool read_quantiles(struct otlp *otlp, const struct json *list, struct metric_point *point)
{
    point->bounds = otlp_array(otlp, list->count, sizeof *point->bounds);
    if (!point->bounds)
        return false;
    point->quantile_values = otlp_array(otlp, list->count, sizeof *point->quantile_values);
    if (!point->quantile_values)
        return false;
    for (; point->bound_count < list->count; point->bound_count++) {
        size_t i = point->bound_count;
        const struct json *item = &list->items[i];
        point->bounds[i] = point->quantile_values[i] = 0;
        if (!otlp_is_object(otlp, item) ||
            !otlp_get_double(otlp, item, "quantile", &point->bounds[i], NULL) ||
            !otlp_get_double(otlp, item, "value", &point->quantile_values[i], NULL))
            return otlp_at(otlp, "quantileValues[%zu]", i);
    }
    return true;
}

static bool summary_point(struct otlp *otlp, const struct json *json, struct metric_point *point)
{
    const struct json *list;
    return read_sums(otlp, json, point) &&
           otlp_get_list(otlp, json, "quantileValues", OTLP_BUCKETS_MAX, &list) &&
           (!list || read_quantiles(otlp, list, point)) && otlp_check_summary(otlp, point);
}

static const struct kind {
    const char *name;
    enum metric_type type;
    bool (*read)(struct otlp *otlp, const struct json *json, struct metric_point *point);
} kinds[] = {
    {"gauge", METRIC_GAUGE, number_point},
    {"sum", METRIC_SUM, number_point},
    {"histogram", METRIC_HISTOGRAM, histogram_point},
    {"exponentialHistogram", METRIC_EXPONENTIAL, exponential_point},
    {"summary", METRIC_SUMMARY, summary_point},
};

static bool read_point(struct otlp *otlp, const struct kind *kind, const struct json *json,
                       uint32_t index)
{
    struct metric_point *point = batch_add_point(otlp->batch);
    if (!point)
        return otlp_full(otlp);
    point->metric = (uint32_t)(otlp->batch->metric_count - 1);
    if (otlp_is_object(otlp, json) && read_common(otlp, json, point) &&
        kind->read(otlp, json, point))
        return true;
    batch_drop_point(otlp->batch);
    otlp_at(otlp, "dataPoints[%u]", index);
    return otlp_at(otlp, "%s", kind->name);
}

/* The points, or NULL; with them the metric's type. */
static bool read_data(struct otlp *otlp, const struct json *json, struct metric *metric,
                      const struct kind **out_kind, const struct json **out_points)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct json *data = otlp_member(json, kinds[i].name);
        int64_t temporality = 0;
        if (!data)
            continue;
        *out_kind = &kinds[i];
        metric->type = kinds[i].type;
        if (!otlp_is_object(otlp, data) ||
            !otlp_get_list(otlp, data, "dataPoints", SIZE_MAX, out_points) ||
            !otlp_get_enum(otlp, data, "aggregationTemporality", &temporalities, &temporality) ||
            !otlp_get_bool(otlp, data, "isMonotonic", &metric->monotonic))
            return otlp_at(otlp, "%s", kinds[i].name);
        metric->temporality = otlp_temporality(temporality);
    }
    return true;
}

static bool read_metric(struct otlp *otlp, const struct json *json, struct metric *metric,
                        const struct kind **out_kind, const struct json **out_points)
{
    return read_data(otlp, json, metric, out_kind, out_points) &&
           otlp_get_text(otlp, json, "name", &metric->name) &&
           otlp_get_text(otlp, json, "description", &metric->description) &&
           otlp_get_text(otlp, json, "unit", &metric->unit) &&
           otlp_get_attributes(otlp, json, "metadata", &metric->metadata) &&
           otlp_check_metric(otlp, metric);
}

bool otlp_json_metric(struct otlp *otlp, const struct json *json)
{
    struct batch *batch = otlp->batch;
    const struct kind *kind = NULL;
    const struct json *points = NULL;
    size_t before = batch->point_count;
    struct metric *metric = batch_add_metric(batch);
    if (!metric)
        return otlp_full(otlp);
    metric->resource = otlp->resource;
    metric->scope = otlp->scope;
    bool is_fine = read_metric(otlp, json, metric, &kind, &points);
    if (!is_fine)
        otlp->stands_for = points ? points->count : 1;
    for (uint32_t i = 0; is_fine && points && i < points->count; i++)
        is_fine = read_point(otlp, kind, &points->items[i], i) || otlp_reject(otlp);
    batch->metric_count -= batch->point_count == before;
    return is_fine;
}
