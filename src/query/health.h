/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: what the Overview says of operation beyond its rollups of the range: what was usual in
 * the seven days before, how many requests missed the target, how fast answers were written, and
 * which failed calls were asked again.
 */
#pragma once

#include "query/series.h"

enum { BASELINE_DAYS = 7, SPEED_QUANTILES = 3, FALLBACKS_MAX = 10 };

/* Whole hours before the range, from the first one with data; nothing known: from_ns is 0. */
struct health_baseline {
    int64_t from_ns, to_ns;
    int64_t requests, errors;
    double latency_p95; /* ns; NaN: unknown */
};

struct fallback {
    struct str from, to; /* models */
    int64_t count;
};

struct health {
    struct steps steps;
    struct health_baseline baseline;
    int64_t measured, over_target; /* requests with a plausible duration; those above the target */
    double speed[SPEED_QUANTILES]; /* output tokens a second, p10 p50 p90 of calls; NaN: unknown */
    double *speed_values[SPEED_QUANTILES];
    /* Failed calls of a model asked again, of the same model or another one, and of these how many
     * were answered then. */
    int64_t retried, replaced, recovered;
    int64_t *retried_values, *replaced_values;
    struct fallback fallbacks[FALLBACKS_MAX]; /* most frequent first */
    size_t fallback_count;
};

struct health_question {
    uint32_t project_id;
    struct time_range range;
    const struct filters *filters; /* of labels */
    int64_t latency_target_ns;     /* 0: none */
    const _Atomic bool *cancelled;
};

enum status query_health(const struct query *query, const struct health_question *question,
                         struct arena *arena, struct health *out_health, struct error *error);
