/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sketch: bucket counts added up, and the value below which a share of them lies. Counts stand in
 * pages that are made when the first arrives: what is measured together spreads over few of them.
 */
#include <math.h>

#include "query/series.h"
#include "store/bucket.h"

enum { PAGE_BUCKETS = 32, PAGES = BUCKET_COUNT / PAGE_BUCKETS };
_Static_assert(BUCKET_COUNT % PAGE_BUCKETS == 0, "pages are whole");

struct quantile_sketch {
    int64_t total;
    int64_t *pages[PAGES];
};

bool quantile_sketch_add(struct quantile_sketch **sketch, struct arena *arena, int32_t bucket,
                         int64_t count)
{
    if (bucket < 0 || bucket >= BUCKET_COUNT)
        return true;
    if (!*sketch && !(*sketch = arena_new(arena, struct quantile_sketch)))
        return false;
    int64_t **page = &(*sketch)->pages[bucket / PAGE_BUCKETS];
    if (!*page && !(*page = arena_array(arena, int64_t, PAGE_BUCKETS)))
        return false;
    (*page)[bucket % PAGE_BUCKETS] += count;
    (*sketch)->total += count;
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
    for (int32_t page = 0; page < PAGES; page++) {
        for (int32_t i = 0; sketch->pages[page] && i < PAGE_BUCKETS; i++) {
            below += sketch->pages[page][i];
            if (below >= rank)
                return (double)bucket_value(page * PAGE_BUCKETS + i);
        }
    }
    return NAN;
}
