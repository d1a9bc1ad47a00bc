/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows_scores: scores into the index, as sent or as events of spans and logs said them; what
 * senders called our ids; tags; and of how many parts a span is made.
 */
#include <stdio.h>
#include <string.h>

#include "model/foreign_id.h"
#include "model/part.h"
#include "normalise/evaluation.h"
#include "normalise/value_json.h"
#include "wire/json.h"
#include "pipeline/rows_private.h"

/* An event that says a result, and where it stood. */
struct evaluation {
    const struct attributes *attributes;
    uint64_t hash, time_ns;
    const uint8_t *trace_id, *span_id;
    struct str environment;
};

static int64_t id_number(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

/* What senders called our ids, so that they can be told again. */
enum status rows__alias(const struct rows_context *context, const struct batch *batch,
                        const struct attributes *attributes, const uint8_t *trace_id,
                        const uint8_t *span_id, struct arena *scratch, struct error *error)
{
    const struct value *trace = attributes_get(attributes, FOREIGN_TRACE_KEY);
    const struct value *span = attributes_get(attributes, FOREIGN_SPAN_KEY);
    enum status status = STATUS_OK;
    struct store_alias alias = {.place = rows__place_of(context, batch, 0), .kind = ALIAS_TRACE};
    if (trace) {
        alias.hi = id_number(trace_id);
        alias.lo = id_number(trace_id + 8);
        alias.text = value_text(trace, &context->contents, scratch);
        status = store_add_alias(context->store, &alias, error);
    }
    if (status == STATUS_OK && span) {
        alias.kind = ALIAS_SPAN;
        alias.hi = 0;
        alias.lo = id_number(span_id);
        alias.text = value_text(span, &context->contents, scratch);
        status = store_add_alias(context->store, &alias, error);
    }
    return status;
}

enum status rows__tags(const struct rows_context *context, const struct batch *batch,
                       const uint8_t *trace_id, struct str tags, struct arena *scratch,
                       struct error *error)
{
    enum { TAGS_MAX = 100 };
    struct json list;
    struct error ignored;
    if (tags.len == 0 || json_parse(tags, scratch, &list, &ignored) != STATUS_OK ||
        list.type != JSON_ARRAY)
        return STATUS_OK;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < list.count && i < TAGS_MAX && status == STATUS_OK; i++) {
        const struct store_alias tag = {
            .place = rows__place_of(context, batch, 0),
            .kind = ALIAS_TAG,
            .hi = id_number(trace_id),
            .lo = id_number(trace_id + 8),
            .text = json_string(&list.items[i]),
        };
        if (tag.text.len)
            status = store_add_alias(context->store, &tag, error);
    }
    return status;
}

enum status rows__part_tags(const struct rows_context *context, const struct batch *batch,
                            struct arena *scratch, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < batch->span_count && status == STATUS_OK; i++) {
        const struct span *part = &batch->spans[i];
        const struct value *tags = attributes_get(&part->attributes, STR("tags" PART_JSON_SUFFIX));
        if (tags && str_equal(part->name, STR("trace-create")))
            status = rows__tags(context, batch, part->trace_id,
                                value_text(tags, &context->contents, scratch), scratch, error);
    }
    return status;
}

/* An evaluation told of as an event: its id is a hash of all it says, so that it counts once. The
 * row has no record of its own. */
static enum status add_evaluation(const struct rows_context *context, const struct batch *batch,
                                  const struct evaluation *from, struct arena *scratch,
                                  struct error *error)
{
    struct score score;
    char id[40];
    if (!normalise_evaluation(from->attributes, &context->contents, scratch, &score))
        return STATUS_OK;
    snprintf(id, sizeof id, "otel-%016llx", (unsigned long long)from->hash);
    score.id = str_from(id);
    score.time_ns = from->time_ns;
    score.environment = from->environment;
    memcpy(score.trace_id, from->trace_id, TRACE_ID_BYTES);
    memcpy(score.span_id, from->span_id, SPAN_ID_BYTES);
    const struct store_score row = {
        .place = rows__place_of(context, batch, UINT32_MAX),
        .score = &score,
        .comment = value_text(&score.comment, &context->contents, scratch),
    };
    return store_add_score(context->store, &row, error);
}

enum status rows__span_evaluations(const struct rows_context *context, const struct batch *batch,
                                   const struct span *span, struct str environment,
                                   struct arena *scratch, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < span->event_count && status == STATUS_OK; i++) {
        const struct span_event *event = &span->events[i];
        if (!normalise_is_evaluation(event->name))
            continue;
        uint64_t hash = rows__fold(0, &batch->project_id, sizeof batch->project_id);
        hash = rows__fold(hash, span->trace_id, TRACE_ID_BYTES);
        hash = rows__fold(hash, span->span_id, SPAN_ID_BYTES);
        hash = rows__fold(hash, &event->time_ns, sizeof event->time_ns);
        hash =
            rows__fold_str(hash, attributes_json(&event->attributes, &context->contents, scratch));
        status = add_evaluation(context, batch,
                                &(struct evaluation){&event->attributes, hash, event->time_ns,
                                                     span->trace_id, span->span_id, environment},
                                scratch, error);
    }
    return status;
}

enum status rows__log_evaluation(const struct rows_context *context, const struct batch *batch,
                                 const struct store_log *row, struct arena *scratch,
                                 struct error *error)
{
    const struct log_record *log = row->log;
    if (!normalise_is_evaluation(row->event_name))
        return STATUS_OK;
    const struct evaluation evaluation = {
        .attributes = &log->attributes,
        .hash = row->hash,
        .time_ns = log->time_ns ? log->time_ns : log->observed_ns,
        .trace_id = log->trace_id,
        .span_id = log->span_id,
        .environment = row->environment,
    };
    return add_evaluation(context, batch, &evaluation, scratch, error);
}

uint32_t rows__revision(const struct batch *batch, const struct span *span)
{
    if (str_equal(batch->receiver, STR("otlp")))
        return 0;
    const struct value *parts = attributes_get(&span->attributes, PARTS_KEY);
    return parts && parts->type == VALUE_BYTES ? (uint32_t)(parts->string.len / PART_REF_BYTES) : 0;
}

enum status rows__scores(const struct rows_context *context, const struct batch *batch,
                         uint32_t first, struct arena *scratch, struct error *error)
{
    for (size_t i = 0; i < batch->score_count; i++) {
        const struct score *score = &batch->scores[i];
        const struct value *queue = attributes_get(&score->attributes, SCORE_QUEUE_KEY);
        const struct store_score row = {
            .place = rows__place_of(context, batch, first + (uint32_t)i),
            .score = score,
            .comment = value_text(&score->comment, &context->contents, scratch),
            .queue_id = queue ? value_text(queue, &context->contents, scratch) : STR(""),
        };
        enum status status = store_add_score(context->store, &row, error);
        if (status == STATUS_OK)
            status = rows__alias(context, batch, &score->attributes, score->trace_id,
                                 score->span_id, scratch, error);
        if (status != STATUS_OK)
            return status;
        if (scratch->used_bytes > ROWS_SCRATCH_BYTES / 64)
            arena_done(scratch);
    }
    return STATUS_OK;
}
