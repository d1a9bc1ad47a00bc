/* SPDX-License-Identifier: Apache-2.0 */
/* overview: everything the Overview shows of a range, from rollups, in two passes over them. */
#pragma once

#include "query/series.h"

enum { OVERVIEW_QUANTILES = 4 };
extern const double overview_quantiles[OVERVIEW_QUANTILES]; /* 0.5 0.9 0.95 0.99 */

struct overview_totals {
    int64_t requests, errors, llm_calls, tool_calls, spans, unpriced;
    int64_t input_tokens, output_tokens, cache_read, cache_write, reasoning, total_tokens, cost;
    double latency[OVERVIEW_QUANTILES], ttft[OVERVIEW_QUANTILES], llm_latency[OVERVIEW_QUANTILES];
};

struct overview_model {
    struct str model, provider;
    int64_t calls, errors, input_tokens, output_tokens, cost, unpriced;
    double latency[OVERVIEW_QUANTILES], ttft[OVERVIEW_QUANTILES];
    int64_t *cost_values; /* a step each */
};

enum { OVERVIEW_MODELS_MAX = 50 };

struct overview {
    int64_t start_ns, step_ns;
    size_t step_count;
    struct overview_totals totals, previous; /* previous: the equally long range before */
    /* Arrays of step_count. */
    int64_t *requests, *errors, *llm_calls, *cost;
    int64_t *input_tokens, *output_tokens, *cache_read, *reasoning;
    int64_t *errors_by_kind[ERROR_KIND_COUNT]; /* NULL: none of that kind */
    double *latency[OVERVIEW_QUANTILES], *ttft[OVERVIEW_QUANTILES];
    struct overview_model *models; /* most calls first */
    size_t model_count;
};

struct overview_question {
    uint32_t project_id;
    struct time_range range;
    const struct filters *filters;
    const _Atomic bool *cancelled;
};

enum status query_overview(const struct query *query, const struct overview_question *question,
                           struct arena *arena, struct overview *out_overview, struct error *error);
