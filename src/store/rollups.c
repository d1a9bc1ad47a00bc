/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollups: one hash look-up a span, two more for its buckets. Keys are packed numbers: a map's key
 * holds resolution, time, label, metric and bucket, or resolution, time and label.
 */
#include "store/rollups.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/sum.h"
#include "store/bucket.h"

enum {
    LABEL_BITS = 20,
    BUCKET_BITS = 12,
    ROWS_KEPT = 1 << 16, /* memory kept between commits */
};
#define MINUTES_KEPT_NS (ROLLUP_MINUTES_KEPT_DAYS * INT64_C(86400) * NS_PER_SEC)

/* 28 bits of minutes since 1970 reach 2480; plausible times end before. */
static uint64_t time_key(int64_t time, int32_t resolution)
{
    uint64_t unit = resolution == RESOLUTION_MINUTE ? 0 : resolution == RESOLUTION_HOUR ? 1 : 2;
    return (uint64_t)(time / RESOLUTION_MINUTE) << 2 | unit;
}

static struct rollup_row *count_row(struct rollups *rollups, int32_t resolution, int64_t time,
                                    int32_t label)
{
    bool is_new;
    uint64_t key = time_key(time, resolution) << LABEL_BITS | (uint32_t)label;
    uint32_t *at = key_map_at(&rollups->count_at, key, (uint32_t)rollups->count, &is_new);
    if (!at)
        return NULL;
    if (is_new) {
        if (rollups->count == rollups->capacity) {
            size_t capacity = rollups->capacity ? rollups->capacity * 2 : 256;
            void *rows = realloc(rollups->counts, capacity * sizeof *rollups->counts);
            if (!rows)
                return NULL;
            rollups->counts = rows;
            rollups->capacity = capacity;
        }
        rollups->counts[rollups->count++] =
            (struct rollup_row){.time = time, .resolution = resolution, .label = label};
    }
    return &rollups->counts[*at];
}

static bool add_bucket(struct rollups *rollups, const struct histogram_row *row)
{
    bool is_new;
    uint64_t key = time_key(row->time, row->resolution);
    key = (key << LABEL_BITS | (uint32_t)row->label) << (BUCKET_BITS + 1);
    key |= (uint64_t)row->metric << BUCKET_BITS | row->bucket;
    uint32_t *at = key_map_at(&rollups->bucket_at, key, (uint32_t)rollups->bucket_count, &is_new);
    if (!at)
        return false;
    if (!is_new) {
        sum_add(&rollups->buckets[*at].count, row->count);
        return true;
    }
    if (rollups->bucket_count == rollups->bucket_capacity) {
        size_t capacity = rollups->bucket_capacity ? rollups->bucket_capacity * 2 : 1024;
        void *rows = realloc(rollups->buckets, capacity * sizeof *rollups->buckets);
        if (!rows)
            return false;
        rollups->buckets = rows;
        rollups->bucket_capacity = capacity;
    }
    rollups->buckets[rollups->bucket_count++] = *row;
    return true;
}

static void add_span(struct rollup_row *row, const struct span_row *span, int sign)
{
    row->spans += sign;
    row->errors += span->status == SPAN_ERROR ? sign : 0;
    row->unpriced += span->flags & OBSERVATION_UNPRICED ? sign : 0;
    if (!(span->flags & OBSERVATION_BAD_TIME))
        sum_add(&row->duration_sum, sign * span->duration_ns);
    if (!(span->flags & OBSERVATION_BILLED))
        return;
    row->calls += sign;
    for (int i = 0; i < TOKENS_COUNT; i++)
        if (span->tokens[i] != NULL_I32)
            sum_add(&row->tokens[i], sign * (int64_t)span->tokens[i]);
    if (span->cost != NULL_I64)
        sum_add(&row->cost, sign * span->cost);
}

bool rollups_add(struct rollups *rollups, const struct span_row *span, int32_t label, int sign)
{
    int64_t seconds = span->start_ns / NS_PER_SEC;
    int64_t off = span->arrival_ns - span->start_ns;
    bool near = off < MINUTES_KEPT_NS && off > -MINUTES_KEPT_NS;
    int32_t resolution = near ? RESOLUTION_MINUTE : RESOLUTION_HOUR;
    int64_t time = seconds - seconds % resolution;
    struct rollup_row *row = count_row(rollups, resolution, time, label);
    if (!row)
        return false;
    add_span(row, span, sign);
    struct histogram_row bucket = {
        .time = time, .count = sign, .resolution = resolution, .label = label};
    /* A clamped time says nothing about how long anything took. */
    if (!(span->flags & OBSERVATION_BAD_TIME)) {
        bucket.metric = METRIC_DURATION;
        bucket.bucket = (uint16_t)bucket_of(span->duration_ns);
        if (!add_bucket(rollups, &bucket))
            return false;
    }
    if (span->ttft != NULL_I64 && span->flags & OBSERVATION_BILLED) {
        bucket.metric = METRIC_TTFT;
        bucket.bucket = (uint16_t)bucket_of(span->ttft);
        return add_bucket(rollups, &bucket);
    }
    return true;
}

static void add_row(struct rollup_row *to, const struct rollup_row *from)
{
    sum_add(&to->spans, from->spans);
    sum_add(&to->errors, from->errors);
    sum_add(&to->calls, from->calls);
    sum_add(&to->unpriced, from->unpriced);
    for (int i = 0; i < TOKENS_COUNT; i++)
        sum_add(&to->tokens[i], from->tokens[i]);
    sum_add(&to->cost, from->cost);
    sum_add(&to->duration_sum, from->duration_sum);
}

/* Every row of one resolution is added to its period of the next. */
static bool widen_to(struct rollups *rollups, int32_t from, int32_t resolution)
{
    size_t count = rollups->count, bucket_count = rollups->bucket_count;
    for (size_t i = 0; i < count; i++) {
        struct rollup_row row = rollups->counts[i];
        if (row.resolution != from)
            continue;
        struct rollup_row *to =
            count_row(rollups, resolution, row.time - row.time % resolution, row.label);
        if (!to)
            return false;
        add_row(to, &row);
    }
    for (size_t i = 0; i < bucket_count; i++) {
        struct histogram_row row = rollups->buckets[i];
        if (row.resolution != from)
            continue;
        row.time -= row.time % resolution;
        row.resolution = resolution;
        if (!add_bucket(rollups, &row))
            return false;
    }
    return true;
}

static bool is_zero(const struct rollup_row *row)
{
    int64_t any =
        row->spans | row->errors | row->calls | row->unpriced | row->cost | row->duration_sum;
    for (int i = 0; i < TOKENS_COUNT; i++)
        any |= row->tokens[i];
    return any == 0;
}

/* A version that replaced an equal one leaves nothing to write. */
static void drop_zeroes(struct rollups *rollups)
{
    size_t kept = 0;
    for (size_t i = 0; i < rollups->count; i++)
        if (!is_zero(&rollups->counts[i]))
            rollups->counts[kept++] = rollups->counts[i];
    rollups->count = kept;
    kept = 0;
    for (size_t i = 0; i < rollups->bucket_count; i++)
        if (rollups->buckets[i].count)
            rollups->buckets[kept++] = rollups->buckets[i];
    rollups->bucket_count = kept;
}

bool rollups_finish(struct rollups *rollups)
{
    bool done = widen_to(rollups, RESOLUTION_MINUTE, RESOLUTION_HOUR) &&
                widen_to(rollups, RESOLUTION_HOUR, RESOLUTION_DAY);
    drop_zeroes(rollups);
    return done;
}

void rollups_clear(struct rollups *rollups)
{
    if (rollups->capacity + rollups->bucket_capacity > ROWS_KEPT) {
        rollups_done(rollups);
        return;
    }
    key_map_clear(&rollups->count_at);
    key_map_clear(&rollups->bucket_at);
    rollups->count = rollups->bucket_count = 0;
}

void rollups_done(struct rollups *rollups)
{
    free(rollups->counts);
    free(rollups->buckets);
    key_map_done(&rollups->count_at);
    key_map_done(&rollups->bucket_at);
    *rollups = (struct rollups){0};
}
