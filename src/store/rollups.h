/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollups: what one commit adds to the counts and histograms of each label, gathered by minute and
 * then added up into hours and days. Superseded spans are taken back with negative numbers. Limits
 * rows of a commit: three resolutions of at most one row and two bucket rows a span. A span that is
 * more than ROLLUP_MINUTES_KEPT_DAYS off its arrival leaves no minute, only an hour and a day.
 */
#pragma once

#include "store/key_map.h"
#include "store/tables.h"

enum { METRIC_DURATION = 0, METRIC_TTFT = 1 };

struct rollups {
    struct rollup_row *counts;
    struct histogram_row *buckets;
    size_t count, bucket_count, capacity, bucket_capacity;
    struct key_map count_at, bucket_at;
};

/* Adds (sign 1) or takes back (-1) one span; false: no memory. */
bool rollups_add(struct rollups *rollups, const struct span_row *span, int32_t label, int sign);
/* Makes hours and days of the minutes; once, before the rows are written. */
bool rollups_finish(struct rollups *rollups);
void rollups_clear(struct rollups *rollups);
void rollups_done(struct rollups *rollups);
