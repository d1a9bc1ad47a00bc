/* SPDX-License-Identifier: Apache-2.0 */
/* prompts: what the model calls that name a prompt's version did, one row a version, from spans. */
#pragma once

#include "query/models.h"

struct prompt_usage {
    struct str prompt, version; /* version empty: not named */
    int64_t calls, errors, unpriced;
    int64_t input_tokens, output_tokens, total_tokens, cost; /* of billed calls */
    int64_t first_ns, last_ns;                               /* when calls began */
    double latency_p50, latency_p95, ttft_p50;               /* ns; NaN: unknown */
};
enum { PROMPT_USAGES_MAX = 2000 };

/* Most calls first. *out_more: there are more than PROMPT_USAGES_MAX. */
enum status query_prompts(const struct query *query, const struct models_question *question,
                          struct arena *arena, struct prompt_usage **out_usages, size_t *out_count,
                          bool *out_more, struct error *error);
