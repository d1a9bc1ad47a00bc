/* SPDX-License-Identifier: Apache-2.0 */
/* batch: growing tables in one arena. */
#include "model/batch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

struct batch *batch_new(size_t limit_bytes)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch)
        arena_init(&batch->arena, limit_bytes);
    return batch;
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    arena_done(&batch->arena);
    free(batch->body);
    free(batch);
}

#define DEFINE_ADD(noun, type, items, count, capacity)                                             \
    struct type *batch_add_##noun(struct batch *batch)                                             \
    {                                                                                              \
        if (!arena_grow(&batch->arena, &batch->items, batch->count, &batch->capacity))             \
            return NULL;                                                                           \
        struct type *added = &batch->items[batch->count++];                                        \
        memset(added, 0, sizeof *added);                                                           \
        return added;                                                                              \
    }
DEFINE_ADD(resource, resource, resources, resource_count, resource_capacity)
DEFINE_ADD(scope, scope, scopes, scope_count, scope_capacity)
DEFINE_ADD(span, span, spans, span_count, span_capacity)
DEFINE_ADD(log, log_record, logs, log_count, log_capacity)
DEFINE_ADD(metric, metric, metrics, metric_count, metric_capacity)
DEFINE_ADD(point, metric_point, points, point_count, point_capacity)
DEFINE_ADD(score, score, scores, score_count, score_capacity)
#undef DEFINE_ADD

void batch_drop_span(struct batch *batch)
{
    must(batch->span_count > 0);
    batch->span_count--;
}

void batch_drop_log(struct batch *batch)
{
    must(batch->log_count > 0);
    batch->log_count--;
}

void batch_drop_point(struct batch *batch)
{
    must(batch->point_count > 0);
    batch->point_count--;
}

void batch_drop_score(struct batch *batch)
{
    must(batch->score_count > 0);
    batch->score_count--;
}

void batch_reject(struct batch *batch, const char *format, ...)
{
    enum { REASONS_TOLD = 3 };
    if (batch->rejected_count++ >= REASONS_TOLD)
        return;
    char reason[200];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    char before[sizeof batch->rejected.text];
    memcpy(before, batch->rejected.text, sizeof before);
    fail(&batch->rejected, STATUS_INVALID, "%.280s%s%s", before, before[0] ? "; " : "", reason);
}

size_t batch_record_count(const struct batch *batch)
{
    return batch->span_count + batch->log_count + batch->point_count + batch->score_count;
}

bool id_is_zero(const uint8_t *id, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (id[i])
            return false;
    return true;
}
