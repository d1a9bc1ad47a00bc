/* SPDX-License-Identifier: Apache-2.0 */
/* decode_record: mirrors encode_record.c, function by function. */
#include "journal/journal_private.h"

#include <math.h>

static uint64_t get_difference(struct decoder *decoder, uint64_t base_ns)
{
    return base_ns + (uint64_t)get_signed(&decoder->in);
}

static void get_id(struct decoder *decoder, uint8_t *out, size_t size)
{
    struct str bytes = get_bytes(&decoder->in, size);
    if (bytes.len == size)
        memcpy(out, bytes.ptr, size);
}

static void get_events(struct decoder *decoder, struct span *out)
{
    size_t count = get_count(&decoder->in, 4);
    out->events = journal__get_array(decoder, count, sizeof *out->events);
    out->event_count = out->events ? count : 0;
    for (size_t i = 0; i < out->event_count && !decoder->in.bad; i++) {
        struct span_event *event = &out->events[i];
        event->time_ns = get_difference(decoder, out->start_ns);
        event->name = journal__get_str(decoder);
        journal__get_attributes(decoder, &event->attributes);
        event->dropped_attributes = get_u32(&decoder->in);
    }
}

static void get_links(struct decoder *decoder, struct span *out)
{
    size_t count = get_count(&decoder->in, TRACE_ID_BYTES + SPAN_ID_BYTES + 4);
    out->links = journal__get_array(decoder, count, sizeof *out->links);
    out->link_count = out->links ? count : 0;
    for (size_t i = 0; i < out->link_count && !decoder->in.bad; i++) {
        struct span_link *link = &out->links[i];
        get_id(decoder, link->trace_id, TRACE_ID_BYTES);
        get_id(decoder, link->span_id, SPAN_ID_BYTES);
        link->trace_state = journal__get_str(decoder);
        journal__get_attributes(decoder, &link->attributes);
        link->dropped_attributes = get_u32(&decoder->in);
        link->flags = get_u32(&decoder->in);
    }
}

static void get_status(struct decoder *decoder, struct span *out)
{
    uint64_t status = get_varint(&decoder->in);
    if (status > SPAN_ERROR)
        cursor_fail(&decoder->in);
    else
        out->status = (enum span_status)status;
    out->status_message = journal__get_str(decoder);
}

static void get_span_rest(struct decoder *decoder, struct span *out)
{
    out->flags = get_u32(&decoder->in);
    out->dropped_attributes = get_u32(&decoder->in);
    out->dropped_events = get_u32(&decoder->in);
    out->dropped_links = get_u32(&decoder->in);
}

/* What a record takes over from the one before it in its group; there is none before the first. */
static bool inherits(struct decoder *decoder, unsigned flags, unsigned flag, const void *before)
{
    if ((flags & flag) && !before)
        cursor_fail(&decoder->in);
    return (flags & flag) && before;
}

void journal__get_span(struct decoder *decoder, struct span *out, const struct span *before)
{
    unsigned flags = get_byte(&decoder->in);
    if (inherits(decoder, flags, SPAN_SAME_SOURCE, before)) {
        out->resource = before->resource;
        out->scope = before->scope;
    } else {
        out->resource = get_u32(&decoder->in);
        out->scope = get_u32(&decoder->in);
    }
    if (inherits(decoder, flags, SPAN_SAME_TRACE, before))
        memcpy(out->trace_id, before->trace_id, TRACE_ID_BYTES);
    else
        get_id(decoder, out->trace_id, TRACE_ID_BYTES);
    get_id(decoder, out->span_id, SPAN_ID_BYTES);
    if (flags & SPAN_HAS_PARENT)
        get_id(decoder, out->parent_id, SPAN_ID_BYTES);
    out->name = journal__get_str(decoder);
    out->kind = get_u32(&decoder->in);
    out->start_ns = get_difference(decoder, (uint64_t)decoder->batch->arrival_ns);
    out->end_ns = get_difference(decoder, out->start_ns);
    if (flags & SPAN_HAS_STATE)
        out->trace_state = journal__get_str(decoder);
    if (flags & SPAN_HAS_STATUS)
        get_status(decoder, out);
    journal__get_attributes(decoder, &out->attributes);
    if (flags & SPAN_HAS_EVENTS)
        get_events(decoder, out);
    if (flags & SPAN_HAS_LINKS)
        get_links(decoder, out);
    if (flags & SPAN_HAS_REST)
        get_span_rest(decoder, out);
}

void journal__get_log(struct decoder *decoder, struct log_record *out,
                      const struct log_record *before)
{
    unsigned flags = get_byte(&decoder->in);
    if (inherits(decoder, flags, LOG_SAME_SOURCE, before)) {
        out->resource = before->resource;
        out->scope = before->scope;
    } else {
        out->resource = get_u32(&decoder->in);
        out->scope = get_u32(&decoder->in);
    }
    if (flags & LOG_HAS_SPAN) {
        get_id(decoder, out->trace_id, TRACE_ID_BYTES);
        get_id(decoder, out->span_id, SPAN_ID_BYTES);
    }
    out->time_ns = get_difference(decoder, (uint64_t)decoder->batch->arrival_ns);
    out->observed_ns = get_difference(decoder, out->time_ns);
    out->severity = (int32_t)get_signed(&decoder->in);
    out->severity_text = journal__get_str(decoder);
    out->event_name = journal__get_str(decoder);
    journal__get_value(decoder, &out->body, 0);
    journal__get_attributes(decoder, &out->attributes);
    if (flags & LOG_HAS_REST) {
        out->dropped_attributes = get_u32(&decoder->in);
        out->flags = get_u32(&decoder->in);
    }
}

static double *get_doubles(struct decoder *decoder, size_t count)
{
    double *numbers = journal__get_array(decoder, count, sizeof *numbers);
    for (size_t i = 0; numbers && i < count; i++)
        numbers[i] = get_double(&decoder->in);
    return numbers;
}

static uint64_t *get_numbers(struct decoder *decoder, size_t *out_count)
{
    size_t count = get_count(&decoder->in, 1);
    uint64_t *numbers = journal__get_array(decoder, count, sizeof *numbers);
    *out_count = numbers ? count : 0;
    for (size_t i = 0; i < *out_count; i++)
        numbers[i] = get_varint(&decoder->in);
    return numbers;
}

static void get_exemplars(struct decoder *decoder, struct metric_point *out)
{
    size_t count = get_count(&decoder->in, TRACE_ID_BYTES + SPAN_ID_BYTES + 10);
    out->exemplars = journal__get_array(decoder, count, sizeof *out->exemplars);
    out->exemplar_count = out->exemplars ? count : 0;
    for (size_t i = 0; i < out->exemplar_count && !decoder->in.bad; i++) {
        struct exemplar *exemplar = &out->exemplars[i];
        exemplar->time_ns = get_difference(decoder, out->time_ns);
        exemplar->value = get_double(&decoder->in);
        get_id(decoder, exemplar->trace_id, TRACE_ID_BYTES);
        get_id(decoder, exemplar->span_id, SPAN_ID_BYTES);
        journal__get_attributes(decoder, &exemplar->attributes);
    }
}

static void get_histogram(struct decoder *decoder, struct metric_point *out, unsigned flags)
{
    if (flags & POINT_HAS_BUCKETS) {
        out->count = get_varint(&decoder->in);
        out->sum = get_double(&decoder->in);
        out->min = get_double(&decoder->in);
        out->max = get_double(&decoder->in);
        size_t bounds = get_count(&decoder->in, sizeof(double));
        out->bounds = get_doubles(decoder, bounds);
        out->bound_count = out->bounds ? bounds : 0;
        out->buckets = get_numbers(decoder, &out->bucket_count);
    }
    if (flags & POINT_HAS_QUANTILES)
        out->quantile_values = get_doubles(decoder, out->bound_count);
    if (flags & POINT_HAS_SCALE) {
        out->scale = (int32_t)get_signed(&decoder->in);
        out->positive_offset = (int32_t)get_signed(&decoder->in);
        out->negative_offset = (int32_t)get_signed(&decoder->in);
        out->zero_count = get_varint(&decoder->in);
        out->zero_threshold = get_double(&decoder->in);
        out->negative_buckets = get_numbers(decoder, &out->negative_bucket_count);
    }
}

void journal__get_point(struct decoder *decoder, struct metric_point *out,
                        const struct metric_point *before)
{
    unsigned flags = get_u32(&decoder->in);
    int64_t metric =
        (int64_t)((uint64_t)(before ? before->metric : 0) + (uint64_t)get_signed(&decoder->in));
    if (metric < 0 || metric > UINT32_MAX)
        cursor_fail(&decoder->in);
    out->metric = (uint32_t)metric;
    out->time_ns = get_difference(decoder, (uint64_t)decoder->batch->arrival_ns);
    out->start_ns = get_difference(decoder, out->time_ns);
    journal__get_attributes(decoder, &out->attributes);
    out->is_int = flags & POINT_IS_INT;
    out->has_sum = flags & POINT_HAS_SUM;
    out->has_min = flags & POINT_HAS_MIN;
    out->has_max = flags & POINT_HAS_MAX;
    if (flags & POINT_HAS_INTEGER)
        out->integer = get_signed(&decoder->in);
    if (flags & POINT_HAS_NUMBER)
        out->number = get_double(&decoder->in);
    get_histogram(decoder, out, flags);
    if (flags & POINT_HAS_EXEMPLARS)
        get_exemplars(decoder, out);
    if (flags & POINT_HAS_FLAGS)
        out->flags = get_u32(&decoder->in);
}

void journal__get_score(struct decoder *decoder, struct score *out)
{
    unsigned flags = get_byte(&decoder->in);
    out->deleted = (flags & SCORE_IS_DELETED) != 0;
    out->id = journal__get_str(decoder);
    out->name = journal__get_str(decoder);
    unsigned type = get_byte(&decoder->in), source = get_byte(&decoder->in);
    if (type >= SCORE_TYPE_COUNT || source >= SCORE_SOURCE_COUNT)
        cursor_fail(&decoder->in);
    out->type = decoder->in.bad ? SCORE_NUMERIC : (enum score_type)type;
    out->source = decoder->in.bad ? SCORE_API : (enum score_source)source;
    out->time_ns = get_difference(decoder, (uint64_t)decoder->batch->arrival_ns);
    if (flags & SCORE_HAS_TRACE)
        get_id(decoder, out->trace_id, TRACE_ID_BYTES);
    if (flags & SCORE_HAS_SPAN)
        get_id(decoder, out->span_id, SPAN_ID_BYTES);
    out->number = flags & SCORE_HAS_NUMBER ? get_double(&decoder->in) : NAN;
    out->text = journal__get_str(decoder);
    out->environment = journal__get_str(decoder);
    journal__get_value(decoder, &out->comment, 0);
    journal__get_value(decoder, &out->metadata, 0);
    if (flags & SCORE_HAS_TARGET) {
        out->session = journal__get_str(decoder);
        out->dataset_run = journal__get_str(decoder);
    }
    if (flags & SCORE_HAS_REST) {
        out->config_id = journal__get_str(decoder);
        out->author = journal__get_str(decoder);
        journal__get_attributes(decoder, &out->attributes);
    }
}

void journal__get_resource(struct decoder *decoder, struct resource *out)
{
    out->schema_url = journal__get_str(decoder);
    out->dropped_attributes = get_u32(&decoder->in);
    journal__get_attributes(decoder, &out->attributes);
}

void journal__get_scope(struct decoder *decoder, struct scope *out)
{
    out->name = journal__get_str(decoder);
    out->version = journal__get_str(decoder);
    out->schema_url = journal__get_str(decoder);
    out->dropped_attributes = get_u32(&decoder->in);
    journal__get_attributes(decoder, &out->attributes);
}

void journal__get_metric(struct decoder *decoder, struct metric *out)
{
    out->resource = get_u32(&decoder->in);
    out->scope = get_u32(&decoder->in);
    out->name = journal__get_str(decoder);
    out->description = journal__get_str(decoder);
    out->unit = journal__get_str(decoder);
    uint64_t type = get_varint(&decoder->in), temporality = get_varint(&decoder->in);
    if (type > METRIC_SUMMARY || temporality > TEMPORALITY_CUMULATIVE)
        cursor_fail(&decoder->in);
    out->type = decoder->in.bad ? 0 : (enum metric_type)type;
    out->temporality = decoder->in.bad ? 0 : (enum metric_temporality)temporality;
    out->monotonic = get_byte(&decoder->in) != 0;
    journal__get_attributes(decoder, &out->metadata);
}
