/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows: names and prices each record of a batch and gives it to the store.
 *
 * Identity: a span is itself by its ids; a log record by a hash of all it says; a datapoint by its
 * series and time. Those hashes never change between versions, or old records would count twice.
 */
#include "pipeline/rows_private.h"

#include <string.h>

#include "normalise/call_attributes.h"
#include "normalise/normalise.h"
#include "pipeline/deletions.h"
#include "normalise/value_json.h"
#include "price/bill.h"

enum { BODY_PREVIEW_BYTES = 500 };

static enum status add_spans(const struct rows_context *context, const struct batch *batch,
                             uint32_t first, struct arena *scratch, struct error *error)
{
    for (size_t i = 0; i < batch->span_count; i++) {
        struct observation observation;
        struct bill bill;
        if (deletions_cover(context->store, batch->project_id, &batch->spans[i]))
            continue;
        const struct normalise_input input = {
            .batch = batch, .span = &batch->spans[i], .contents = &context->contents};
        normalise_span(&input, false, scratch, &observation);
        if (observation.flags & OBSERVATION_PENDING)
            continue;
        const struct called_span called = {&batch->spans[i], &context->contents, scratch};
        const struct call_attributes attributes = span_call_attributes(&called);
        bill_observation(context->prices, batch->project_id, batch->arrival_ns, &attributes,
                         &observation, &bill);
        const struct store_span row = {
            .place = rows__place_of(context, batch, first + (uint32_t)i),
            .span = &batch->spans[i],
            .observation = &observation,
            .cost_nano = bill.total_nano,
            .cost_input_nano = bill.input_nano,
            .cost_output_nano = bill.output_nano,
            .cost_source = bill.source,
            .revision = rows__revision(batch, &batch->spans[i]),
        };
        enum status status = store_add_span(context->store, &row, error);
        if (status == STATUS_OK && row.span->event_count)
            status = rows__span_evaluations(context, batch, row.span, observation.environment,
                                            scratch, error);
        /* OpenTelemetry's ids are ours. */
        if (status == STATUS_OK && !str_equal(batch->receiver, STR("otlp")))
            status = rows__alias(context, batch, &row.span->attributes, row.span->trace_id,
                                 row.span->span_id, scratch, error);
        if (status == STATUS_OK)
            status =
                rows__tags(context, batch, row.span->trace_id, observation.tags, scratch, error);
        if (status != STATUS_OK)
            return status;
        if (scratch->used_bytes > ROWS_SCRATCH_BYTES / 64)
            arena_done(scratch);
    }
    return STATUS_OK;
}

static uint64_t log_hash(const struct batch *batch, const struct log_record *log, struct str body,
                         struct str attributes)
{
    uint64_t hash = rows__fold(0, &batch->project_id, sizeof batch->project_id);
    hash = rows__fold(hash, log->trace_id, sizeof log->trace_id);
    hash = rows__fold(hash, log->span_id, sizeof log->span_id);
    hash = rows__fold(hash, &log->time_ns, sizeof log->time_ns);
    hash = rows__fold(hash, &log->observed_ns, sizeof log->observed_ns);
    hash = rows__fold(hash, &log->severity, sizeof log->severity);
    hash = rows__fold_str(hash, log->event_name);
    hash = rows__fold_str(hash, body);
    return rows__fold_str(hash, attributes);
}

static enum status add_logs(const struct rows_context *context, const struct batch *batch,
                            uint32_t first, struct arena *scratch, struct error *error)
{
    for (size_t i = 0; i < batch->log_count; i++) {
        const struct log_record *log = &batch->logs[i];
        struct normalise_origin origin;
        normalise_origin(&batch->resources[log->resource], &origin);
        struct str body = value_plain_text(&log->body, &context->contents, scratch);
        struct str attributes = attributes_json(&log->attributes, &context->contents, scratch);
        const struct store_log row = {
            .place = rows__place_of(context, batch, first + (uint32_t)i),
            .log = log,
            .service = origin.service,
            .environment = origin.environment,
            .event_name = normalise_log_event(log),
            .body_text = str_sub(body, 0, BODY_PREVIEW_BYTES),
            .hash = log_hash(batch, log, body, attributes),
        };
        enum status status = store_add_log(context->store, &row, error);
        if (status == STATUS_OK)
            status = rows__log_evaluation(context, batch, &row, scratch, error);
        if (status != STATUS_OK)
            return status;
        if (scratch->used_bytes > ROWS_SCRATCH_BYTES / 64)
            arena_done(scratch);
    }
    return STATUS_OK;
}

static uint64_t series_hash(const struct batch *batch, const struct metric *metric,
                            struct str attributes, struct str resource, struct str scope)
{
    uint32_t type = metric->type;
    uint64_t hash = rows__fold(0, &batch->project_id, sizeof batch->project_id);
    hash = rows__fold_str(hash, metric->name);
    hash = rows__fold_str(hash, metric->unit);
    hash = rows__fold(hash, &type, sizeof type);
    hash = rows__fold_str(hash, attributes);
    hash = rows__fold_str(hash, resource);
    return rows__fold_str(hash, scope);
}

static enum status add_points(const struct rows_context *context, const struct batch *batch,
                              uint32_t first, struct arena *scratch, struct error *error)
{
    for (size_t i = 0; i < batch->point_count; i++) {
        const struct metric_point *point = &batch->points[i];
        const struct metric *metric = &batch->metrics[point->metric];
        const struct resource *resource = &batch->resources[metric->resource];
        struct normalise_origin origin;
        normalise_origin(resource, &origin);
        struct str own = attributes_json(&point->attributes, &context->contents, scratch);
        struct str whole = attributes_json(&resource->attributes, &context->contents, scratch);
        const struct store_point row = {
            .place = rows__place_of(context, batch, first + (uint32_t)i),
            .metric = metric,
            .point = point,
            .service = origin.service,
            .environment = origin.environment,
            .host = origin.host,
            .attributes_json = own,
            .series_hash =
                series_hash(batch, metric, own, whole, batch->scopes[metric->scope].name),
        };
        enum status status = store_add_point(context->store, &row, error);
        if (status != STATUS_OK)
            return status;
        if (scratch->used_bytes > ROWS_SCRATCH_BYTES / 64)
            arena_done(scratch);
    }
    return STATUS_OK;
}

enum status rows_add_batch(const struct rows_context *context, const struct batch *batch,
                           const uint32_t first_record[SIGNAL_COUNT], struct error *error)
{
    struct arena scratch;
    arena_init(&scratch, ROWS_SCRATCH_BYTES);
    uint32_t first_span = first_record[SIGNAL_SPANS];
    enum status status = STATUS_OK;
    if (!str_equal(batch->receiver, STR("otlp")))
        status = deletions_add(context, batch, first_span, &scratch, error);
    if (status == STATUS_OK)
        status = batch->is_partial ? rows__part_tags(context, batch, &scratch, error)
                                   : add_spans(context, batch, first_span, &scratch, error);
    if (status == STATUS_OK)
        status = add_logs(context, batch, first_record[SIGNAL_LOGS], &scratch, error);
    if (status == STATUS_OK)
        status = add_points(context, batch, first_record[SIGNAL_POINTS], &scratch, error);
    if (status == STATUS_OK)
        status = rows__scores(context, batch, first_record[SIGNAL_SCORES], &scratch, error);
    arena_done(&scratch);
    return status;
}
