/* SPDX-License-Identifier: Apache-2.0 */
/*
 * models: what each model did in a range, from rollups; and how long its answers take for how long
 * they are, from spans.
 */
#pragma once

#include "query/overview.h"

struct model_usage {
    struct str model, provider; /* empty: not named */
    int64_t calls, errors, unpriced;
    int64_t errors_by_kind[ERROR_KIND_COUNT];
    int64_t input_tokens, output_tokens, cache_read, cache_write, reasoning, total_tokens, cost;
    double tokens_per_second; /* output of answered calls by their time; NaN: unknown */
    double latency[OVERVIEW_QUANTILES], ttft[OVERVIEW_QUANTILES];
    /* Over time, of the models called most only; NULL for the others. Arrays of step_count. */
    int64_t *call_values, *error_values, *throttle_values, *cost_values;
    int64_t *input_values, *output_values;
    double *latency_p50_values, *latency_p95_values, *ttft_p95_values;
};

enum { MODELS_MAX = 500, MODEL_LINES_MAX = 24 };

struct model_usages {
    int64_t start_ns, step_ns;
    size_t step_count;
    struct model_usage *items; /* most calls first */
    size_t count;
    bool more; /* there are more than MODELS_MAX */
};

struct models_question {
    uint32_t project_id;
    struct time_range range;
    const struct filters *filters; /* of labels */
    size_t lines;                  /* how many models get values over time */
    const _Atomic bool *cancelled;
};

enum status query_models(const struct query *query, const struct models_question *question,
                         struct arena *arena, struct model_usages *out_models, struct error *error);

/* Calls that were answered, by powers of two of their tokens: class i holds 2^i to 2^(i+1)-1. */
enum { SIZE_CLASSES = 24 };

struct model_sizes {
    struct str model, provider;
    int64_t total;
    int64_t calls[SIZE_CLASSES];
    double p50[SIZE_CLASSES], p95[SIZE_CLASSES]; /* ns; NaN: no call */
};

enum status query_model_sizes(const struct query *query, const struct models_question *question,
                              bool of_input, struct arena *arena, struct model_sizes **out_sizes,
                              size_t *out_count, struct error *error);
