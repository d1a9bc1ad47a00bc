/* SPDX-License-Identifier: Apache-2.0 */
/* sketch: bucket counts added up, and the value below which a share of them lies. */
#include <math.h>
#include <string.h>

#include "query/series.h"
#include "store/bucket.h"

struct quantile_sketch {
    int64_t *counts; /* BUCKET_COUNT of them, made when the first arrives */
    int64_t total;
};

struct quantile_sketch *quantile_sketch_new(struct arena *arena)
{
    return arena_new(arena, struct quantile_sketch);
}

bool quantile_sketch_add(struct quantile_sketch *sketch, struct arena *arena, int32_t bucket,
                         int64_t count)
{
    if (bucket < 0 || bucket >= BUCKET_COUNT)
        return true;
    if (!sketch->counts)
        sketch->counts = arena_array(arena, int64_t, BUCKET_COUNT);
    if (!sketch->counts)
        return false;
    sketch->counts[bucket] += count;
    sketch->total += count;
    return true;
}

double quantile_sketch_value(const struct quantile_sketch *sketch, double quantile)
{
    if (!sketch || sketch->total <= 0)
        return NAN;
    /* Nearest rank: the smallest value with at least that share at or below it. */
    int64_t rank = (int64_t)ceil(quantile * (double)sketch->total), below = 0;
    if (rank < 1)
        rank = 1;
    for (int32_t bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        below += sketch->counts[bucket];
        if (below >= rank)
            return (double)bucket_value(bucket);
    }
    return NAN;
}
