/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series: numbers over time, from rollups only: their cost does not grow with traffic.
 *
 * A question gives a range and a step; times are the starts of the steps. Percentiles come from
 * mergeable histograms (at most 1 % off).
 */
#pragma once

#include "query/filter.h"
#include "query/traces.h"

enum series_metric {
    METRIC_REQUESTS,
    METRIC_REQUEST_ERRORS,
    METRIC_FAILURES, /* of roots, model calls and tools, as errors by kind */
    METRIC_SPANS,
    METRIC_CALLS,
    METRIC_TOKENS,
    METRIC_INPUT_TOKENS,
    METRIC_OUTPUT_TOKENS,
    METRIC_CACHE_READ_TOKENS,
    METRIC_REASONING_TOKENS,
    METRIC_COST,
    METRIC_LATENCY,
    METRIC_TTFT,
    METRIC_COUNT_
};
bool series_metric_parse(struct str name, enum series_metric *out_metric);

enum series_scope { SCOPE_REQUESTS, SCOPE_CALLS };

enum { QUANTILES_MAX = 8, SERIES_STEPS_MAX = 1500, SERIES_KEYS_MAX = 24 };

struct series_question {
    uint32_t project_id;
    struct time_range range;
    int64_t step_seconds; /* 0: chosen */
    const struct filters *filters;
    enum series_metric metric;
    const struct filter_field *by; /* NULL: one line */
    enum series_scope scope;       /* of latency and TTFT */
    double quantiles[QUANTILES_MAX];
    size_t quantile_count;
    const _Atomic bool *cancelled;
};

struct series_line {
    struct str key;  /* value of `by`, or "" */
    double quantile; /* of latency and TTFT */
    double *values;  /* step_count; NaN: nothing to tell */
};

struct series {
    int64_t start_ns, step_ns;
    size_t step_count;
    struct series_line *lines; /* largest first; the rest is added up as "(other)" */
    size_t line_count;
};

enum status query_series(const struct query *query, const struct series_question *question,
                         struct arena *arena, struct series *out_series, struct error *error);

/* The steps that cover a range: a pleasant step of at most 240 of them when none is given. */
struct steps {
    int64_t start_s, step_s, resolution_s;
    size_t count;
};
enum status series_steps(struct time_range range, int64_t step_seconds, struct steps *out_steps,
                         struct error *error);
/* The same for what rollups answer, which keep minutes for a week and hours for a year: steps are
 * no finer than what is left of the range and of the `periods_before` equally long ones in front.
 */
enum status rollup_steps(struct time_range range, int64_t step_seconds, int periods_before,
                         struct steps *out_steps, struct error *error);

/* A histogram being added up; bucket numbers as in store/bucket.h. */
struct quantile_sketch;
/* Adds to *sketch, which is made when it is NULL. False: no memory. */
bool quantile_sketch_add(struct quantile_sketch **sketch, struct arena *arena, int32_t bucket,
                         int64_t count);
/* NULL has no value either. */
double quantile_sketch_value(const struct quantile_sketch *sketch, double quantile); /* ns; NaN */
