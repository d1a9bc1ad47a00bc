/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode_record: spans, log records, metric points and what they share, member by member.
 * decode_record.c mirrors every function here, in the same order. Times are written as differences,
 * which stay small and wrap around harmlessly: any 64-bit number comes back.
 */
#include "journal/journal_private.h"

#include <math.h>
#include <string.h>

#include "base/must.h"

static void put_source(struct encoder *encoder, const struct batch *batch, uint32_t resource,
                       uint32_t scope)
{
    must(resource < batch->resource_count || resource == 0);
    must(scope < batch->scope_count || scope == 0);
    put_varint(encoder->out, resource);
    put_varint(encoder->out, scope);
}

static void put_difference(struct buf *out, uint64_t time_ns, uint64_t base_ns)
{
    put_signed(out, (int64_t)(time_ns - base_ns));
}

static void put_events(struct encoder *encoder, const struct span *span)
{
    put_varint(encoder->out, span->event_count);
    for (size_t i = 0; i < span->event_count; i++) {
        const struct span_event *event = &span->events[i];
        put_difference(encoder->out, event->time_ns, span->start_ns);
        journal__put_str(encoder, event->name);
        journal__put_attributes(encoder, &event->attributes);
        put_varint(encoder->out, event->dropped_attributes);
    }
}

static void put_links(struct encoder *encoder, const struct span *span)
{
    put_varint(encoder->out, span->link_count);
    for (size_t i = 0; i < span->link_count; i++) {
        const struct span_link *link = &span->links[i];
        put_bytes(encoder->out, link->trace_id, TRACE_ID_BYTES);
        put_bytes(encoder->out, link->span_id, SPAN_ID_BYTES);
        journal__put_str(encoder, link->trace_state);
        journal__put_attributes(encoder, &link->attributes);
        put_varint(encoder->out, link->dropped_attributes);
        put_varint(encoder->out, link->flags);
    }
}

static unsigned span_flags(const struct span *span, const struct span *before)
{
    unsigned flags = 0;
    if (before && memcmp(span->trace_id, before->trace_id, TRACE_ID_BYTES) == 0)
        flags |= SPAN_SAME_TRACE;
    if (before && span->resource == before->resource && span->scope == before->scope)
        flags |= SPAN_SAME_SOURCE;
    if (!id_is_zero(span->parent_id, SPAN_ID_BYTES))
        flags |= SPAN_HAS_PARENT;
    if (span->trace_state.len)
        flags |= SPAN_HAS_STATE;
    if (span->status != SPAN_UNSET || span->status_message.len)
        flags |= SPAN_HAS_STATUS;
    if (span->event_count)
        flags |= SPAN_HAS_EVENTS;
    if (span->link_count)
        flags |= SPAN_HAS_LINKS;
    if (span->flags || span->dropped_attributes || span->dropped_events || span->dropped_links)
        flags |= SPAN_HAS_REST;
    return flags;
}

void journal__put_span(struct encoder *encoder, const struct batch *batch, size_t index,
                       size_t group_start)
{
    struct buf *out = encoder->out;
    const struct span *span = &batch->spans[index];
    unsigned flags = span_flags(span, index > group_start ? span - 1 : NULL);
    put_byte(out, (uint8_t)flags);
    if (!(flags & SPAN_SAME_SOURCE))
        put_source(encoder, batch, span->resource, span->scope);
    if (!(flags & SPAN_SAME_TRACE))
        put_bytes(out, span->trace_id, TRACE_ID_BYTES);
    put_bytes(out, span->span_id, SPAN_ID_BYTES);
    if (flags & SPAN_HAS_PARENT)
        put_bytes(out, span->parent_id, SPAN_ID_BYTES);
    journal__put_str(encoder, span->name);
    put_varint(out, span->kind);
    put_difference(out, span->start_ns, (uint64_t)batch->arrival_ns);
    put_difference(out, span->end_ns, span->start_ns);
    if (flags & SPAN_HAS_STATE)
        journal__put_str(encoder, span->trace_state);
    if (flags & SPAN_HAS_STATUS) {
        put_varint(out, span->status);
        journal__put_str(encoder, span->status_message);
    }
    journal__put_attributes(encoder, &span->attributes);
    if (flags & SPAN_HAS_EVENTS)
        put_events(encoder, span);
    if (flags & SPAN_HAS_LINKS)
        put_links(encoder, span);
    if (flags & SPAN_HAS_REST) {
        put_varint(out, span->flags);
        put_varint(out, span->dropped_attributes);
        put_varint(out, span->dropped_events);
        put_varint(out, span->dropped_links);
    }
}

void journal__put_log(struct encoder *encoder, const struct batch *batch, size_t index,
                      size_t group_start)
{
    struct buf *out = encoder->out;
    const struct log_record *log = &batch->logs[index];
    const struct log_record *before = index > group_start ? log - 1 : NULL;
    unsigned flags = 0;
    if (before && log->resource == before->resource && log->scope == before->scope)
        flags |= LOG_SAME_SOURCE;
    if (!id_is_zero(log->trace_id, TRACE_ID_BYTES) || !id_is_zero(log->span_id, SPAN_ID_BYTES))
        flags |= LOG_HAS_SPAN;
    if (log->dropped_attributes || log->flags)
        flags |= LOG_HAS_REST;
    put_byte(out, (uint8_t)flags);
    if (!(flags & LOG_SAME_SOURCE))
        put_source(encoder, batch, log->resource, log->scope);
    if (flags & LOG_HAS_SPAN) {
        put_bytes(out, log->trace_id, TRACE_ID_BYTES);
        put_bytes(out, log->span_id, SPAN_ID_BYTES);
    }
    put_difference(out, log->time_ns, (uint64_t)batch->arrival_ns);
    put_difference(out, log->observed_ns, log->time_ns);
    put_signed(out, log->severity);
    journal__put_str(encoder, log->severity_text);
    journal__put_str(encoder, log->event_name);
    journal__put_value(encoder, &log->body, 0);
    journal__put_attributes(encoder, &log->attributes);
    if (flags & LOG_HAS_REST) {
        put_varint(out, log->dropped_attributes);
        put_varint(out, log->flags);
    }
}

static bool any_bits(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits != 0;
}

static unsigned point_flags(const struct metric_point *point)
{
    unsigned flags = 0;
    flags |= point->is_int ? POINT_IS_INT : 0;
    flags |= point->has_sum ? POINT_HAS_SUM : 0;
    flags |= point->has_min ? POINT_HAS_MIN : 0;
    flags |= point->has_max ? POINT_HAS_MAX : 0;
    flags |= any_bits(point->number) ? POINT_HAS_NUMBER : 0;
    flags |= point->integer ? POINT_HAS_INTEGER : 0;
    flags |= point->flags ? POINT_HAS_FLAGS : 0;
    if (point->count || any_bits(point->sum) || any_bits(point->min) || any_bits(point->max) ||
        point->bound_count || point->bucket_count)
        flags |= POINT_HAS_BUCKETS;
    if (point->quantile_values)
        flags |= POINT_HAS_QUANTILES;
    if (point->scale || point->positive_offset || point->negative_offset || point->zero_count ||
        any_bits(point->zero_threshold) || point->negative_bucket_count)
        flags |= POINT_HAS_SCALE;
    if (point->exemplar_count)
        flags |= POINT_HAS_EXEMPLARS;
    return flags;
}

static void put_doubles(struct buf *out, const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_double(out, numbers[i]);
}

static void put_numbers(struct buf *out, const uint64_t *numbers, size_t count)
{
    put_varint(out, count);
    for (size_t i = 0; i < count; i++)
        put_varint(out, numbers[i]);
}

static void put_exemplars(struct encoder *encoder, const struct metric_point *point)
{
    put_varint(encoder->out, point->exemplar_count);
    for (size_t i = 0; i < point->exemplar_count; i++) {
        const struct exemplar *exemplar = &point->exemplars[i];
        put_difference(encoder->out, exemplar->time_ns, point->time_ns);
        put_double(encoder->out, exemplar->value);
        put_bytes(encoder->out, exemplar->trace_id, TRACE_ID_BYTES);
        put_bytes(encoder->out, exemplar->span_id, SPAN_ID_BYTES);
        journal__put_attributes(encoder, &exemplar->attributes);
    }
}

static void put_histogram(struct buf *out, const struct metric_point *point, unsigned flags)
{
    if (flags & POINT_HAS_BUCKETS) {
        put_varint(out, point->count);
        put_double(out, point->sum);
        put_double(out, point->min);
        put_double(out, point->max);
        put_varint(out, point->bound_count);
        put_doubles(out, point->bounds, point->bound_count);
        put_numbers(out, point->buckets, point->bucket_count);
    }
    if (flags & POINT_HAS_QUANTILES)
        put_doubles(out, point->quantile_values, point->bound_count);
    if (flags & POINT_HAS_SCALE) {
        put_signed(out, point->scale);
        put_signed(out, point->positive_offset);
        put_signed(out, point->negative_offset);
        put_varint(out, point->zero_count);
        put_double(out, point->zero_threshold);
        put_numbers(out, point->negative_buckets, point->negative_bucket_count);
    }
}

void journal__put_point(struct encoder *encoder, const struct batch *batch, size_t index,
                        size_t group_start)
{
    struct buf *out = encoder->out;
    const struct metric_point *point = &batch->points[index];
    unsigned flags = point_flags(point);
    must(point->metric < batch->metric_count);
    put_varint(out, flags);
    put_signed(out, (int64_t)point->metric - (index > group_start ? (int64_t)point[-1].metric : 0));
    put_difference(out, point->time_ns, (uint64_t)batch->arrival_ns);
    put_difference(out, point->start_ns, point->time_ns);
    journal__put_attributes(encoder, &point->attributes);
    if (flags & POINT_HAS_INTEGER)
        put_signed(out, point->integer);
    if (flags & POINT_HAS_NUMBER)
        put_double(out, point->number);
    put_histogram(out, point, flags);
    if (flags & POINT_HAS_EXEMPLARS)
        put_exemplars(encoder, point);
    if (flags & POINT_HAS_FLAGS)
        put_varint(out, point->flags);
}

static unsigned score_flags(const struct score *score)
{
    unsigned flags = 0;
    flags |= score->deleted ? SCORE_IS_DELETED : 0;
    flags |= id_is_zero(score->trace_id, TRACE_ID_BYTES) ? 0 : SCORE_HAS_TRACE;
    flags |= id_is_zero(score->span_id, SPAN_ID_BYTES) ? 0 : SCORE_HAS_SPAN;
    flags |= isnan(score->number) ? 0 : SCORE_HAS_NUMBER;
    flags |= score->session.len || score->dataset_run.len ? SCORE_HAS_TARGET : 0;
    if (score->config_id.len || score->author.len || score->attributes.count)
        flags |= SCORE_HAS_REST;
    return flags;
}

void journal__put_score(struct encoder *encoder, const struct batch *batch, size_t index,
                        size_t group_start)
{
    struct buf *out = encoder->out;
    const struct score *score = &batch->scores[index];
    unsigned flags = score_flags(score);
    (void)group_start;
    put_byte(out, (uint8_t)flags);
    journal__put_str(encoder, score->id);
    journal__put_str(encoder, score->name);
    put_byte(out, (uint8_t)score->type);
    put_byte(out, (uint8_t)score->source);
    put_difference(out, score->time_ns, (uint64_t)batch->arrival_ns);
    if (flags & SCORE_HAS_TRACE)
        put_bytes(out, score->trace_id, TRACE_ID_BYTES);
    if (flags & SCORE_HAS_SPAN)
        put_bytes(out, score->span_id, SPAN_ID_BYTES);
    if (flags & SCORE_HAS_NUMBER)
        put_double(out, score->number);
    journal__put_str(encoder, score->text);
    journal__put_str(encoder, score->environment);
    journal__put_value(encoder, &score->comment, 0);
    journal__put_value(encoder, &score->metadata, 0);
    if (flags & SCORE_HAS_TARGET) {
        journal__put_str(encoder, score->session);
        journal__put_str(encoder, score->dataset_run);
    }
    if (flags & SCORE_HAS_REST) {
        journal__put_str(encoder, score->config_id);
        journal__put_str(encoder, score->author);
        journal__put_attributes(encoder, &score->attributes);
    }
}

void journal__put_resource(struct encoder *encoder, const struct resource *resource)
{
    journal__put_str(encoder, resource->schema_url);
    put_varint(encoder->out, resource->dropped_attributes);
    journal__put_attributes(encoder, &resource->attributes);
}

void journal__put_scope(struct encoder *encoder, const struct scope *scope)
{
    journal__put_str(encoder, scope->name);
    journal__put_str(encoder, scope->version);
    journal__put_str(encoder, scope->schema_url);
    put_varint(encoder->out, scope->dropped_attributes);
    journal__put_attributes(encoder, &scope->attributes);
}

void journal__put_metric(struct encoder *encoder, const struct metric *metric)
{
    put_varint(encoder->out, metric->resource);
    put_varint(encoder->out, metric->scope);
    journal__put_str(encoder, metric->name);
    journal__put_str(encoder, metric->description);
    journal__put_str(encoder, metric->unit);
    put_varint(encoder->out, metric->type);
    put_varint(encoder->out, metric->temporality);
    put_byte(encoder->out, metric->monotonic);
    journal__put_attributes(encoder, &metric->metadata);
}
