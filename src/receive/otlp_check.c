/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_check: what must hold of a record, however it was encoded. */
#include <math.h>
#include <string.h>

#include "receive/otlp.h"

void *otlp_array(struct otlp *otlp, size_t count, size_t size)
{
    size_t total;
    void *items = NULL;
    if (!__builtin_mul_overflow(count, size, &total))
        items = arena_alloc(&otlp->batch->arena, total);
    if (!items)
        otlp_full(otlp);
    return items;
}

/* Tables are made in one piece where the number of records is known; without memory they grow as
 * ever. */
static void *moved(struct arena *arena, const void *items, size_t used, size_t size)
{
    void *wider = arena_alloc(arena, size);
    if (wider && used)
        memcpy(wider, items, used);
    return wider;
}

void otlp_reserve_spans(struct batch *batch, size_t more)
{
    size_t need = batch->span_count + more, size = sizeof *batch->spans;
    void *wider = need > 2 * batch->span_capacity
                      ? moved(&batch->arena, batch->spans, batch->span_count * size, need * size)
                      : NULL;
    if (wider) {
        batch->spans = wider;
        batch->span_capacity = need;
    }
}

void otlp_reserve_logs(struct batch *batch, size_t more)
{
    size_t need = batch->log_count + more, size = sizeof *batch->logs;
    void *wider = need > 2 * batch->log_capacity
                      ? moved(&batch->arena, batch->logs, batch->log_count * size, need * size)
                      : NULL;
    if (wider) {
        batch->logs = wider;
        batch->log_capacity = need;
    }
}

bool otlp_limit(struct otlp *otlp, size_t count, size_t max, const char *what)
{
    return count <= max ||
           otlp_refuse(otlp, REJECT_LIMIT, "has %zu %s, expected at most %zu", count, what, max);
}

bool otlp_check_ids(struct otlp *otlp, const struct span *span)
{
    if (id_is_zero(span->trace_id, sizeof span->trace_id)) {
        otlp_refuse(otlp, REJECT_ID, "is all zero, expected an id");
        return otlp_at(otlp, "traceId");
    }
    if (id_is_zero(span->span_id, sizeof span->span_id)) {
        otlp_refuse(otlp, REJECT_ID, "is all zero, expected an id");
        return otlp_at(otlp, "spanId");
    }
    return true;
}

bool otlp_check_metric(struct otlp *otlp, const struct metric *metric)
{
    if (metric->name.len == 0) {
        otlp_refuse(otlp, REJECT_VALUE, "is empty, expected a name");
        return otlp_at(otlp, "name");
    }
    return metric->type ||
           otlp_refuse(otlp, REJECT_SHAPE,
                       "has no data of a known type, expected gauge, sum, histogram, "
                       "exponentialHistogram or summary");
}

/* A number that is none is kept, but marked as no recorded value: it must never enter a sum. */
bool otlp_check_number(struct otlp *otlp, struct metric_point *point, bool has_value)
{
    if (!has_value && !(point->flags & 1))
        return otlp_refuse(otlp, REJECT_VALUE, "has no value, expected asDouble or asInt");
    if (!point->is_int && isnan(point->number))
        point->flags |= 1;
    return true;
}

static void drop_nan_sums(struct metric_point *point)
{
    point->has_sum = point->has_sum && !isnan(point->sum);
    point->has_min = point->has_min && !isnan(point->min);
    point->has_max = point->has_max && !isnan(point->max);
    point->sum = point->has_sum ? point->sum : 0;
    point->min = point->has_min ? point->min : 0;
    point->max = point->has_max ? point->max : 0;
}

static bool check_bounds(struct otlp *otlp, const struct metric_point *point)
{
    for (size_t i = 0; i < point->bound_count; i++) {
        if (isnan(point->bounds[i]))
            otlp_refuse(otlp, REJECT_VALUE, "is not a number");
        else if (i && point->bounds[i] <= point->bounds[i - 1])
            otlp_refuse(otlp, REJECT_VALUE, "is %g, expected more than %g before it",
                        point->bounds[i], point->bounds[i - 1]);
        else
            continue;
        return otlp_at(otlp, "explicitBounds[%zu]", i);
    }
    return true;
}

bool otlp_check_histogram(struct otlp *otlp, struct metric_point *point)
{
    bool has_neither = point->bucket_count == 0 && point->bound_count == 0;
    if (!has_neither && point->bucket_count != point->bound_count + 1) {
        otlp_refuse(otlp, REJECT_VALUE, "has %zu items, expected %zu for %zu explicitBounds",
                    point->bucket_count, point->bound_count + 1, point->bound_count);
        return otlp_at(otlp, "bucketCounts");
    }
    drop_nan_sums(point);
    return check_bounds(otlp, point);
}

static bool check_buckets(struct otlp *otlp, int32_t offset, size_t count, const char *name)
{
    int32_t last;
    if (count == 0 || !__builtin_add_overflow(offset, (int32_t)(count - 1), &last))
        return true;
    otlp_refuse(otlp, REJECT_VALUE, "is %d, expected room for %zu buckets in 32 bits", offset,
                count);
    otlp_at(otlp, "offset");
    return otlp_at(otlp, "%s", name);
}

bool otlp_check_exponential(struct otlp *otlp, struct metric_point *point)
{
    drop_nan_sums(point);
    if (!(point->zero_threshold >= 0)) {
        otlp_refuse(otlp, REJECT_VALUE, "is %g, expected 0 or more", point->zero_threshold);
        return otlp_at(otlp, "zeroThreshold");
    }
    return check_buckets(otlp, point->positive_offset, point->bucket_count, "positive") &&
           check_buckets(otlp, point->negative_offset, point->negative_bucket_count, "negative");
}

bool otlp_check_summary(struct otlp *otlp, struct metric_point *point)
{
    drop_nan_sums(point);
    for (size_t i = 0; i < point->bound_count; i++)
        if (!(point->bounds[i] >= 0 && point->bounds[i] <= 1)) {
            otlp_refuse(otlp, REJECT_VALUE, "is %g, expected 0 to 1", point->bounds[i]);
            return otlp_at(otlp, "quantileValues[%zu].quantile", i);
        }
    return true;
}

/* Numbers of a later version of the protocol are taken as "not said". */
uint32_t otlp_span_kind(int64_t number)
{
    return number >= 0 && number <= 5 ? (uint32_t)number : 0;
}

enum span_status otlp_span_status(int64_t number)
{
    return number == 1 ? SPAN_OK : number == 2 ? SPAN_ERROR : SPAN_UNSET;
}

enum metric_temporality otlp_temporality(int64_t number)
{
    return number == 1   ? TEMPORALITY_DELTA
           : number == 2 ? TEMPORALITY_CUMULATIVE
                         : TEMPORALITY_UNSPECIFIED;
}
