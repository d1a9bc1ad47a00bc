/* SPDX-License-Identifier: Apache-2.0 */
/*
 * custom_price: what a project itself says a model costs, as Langfuse's clients define models: a
 * regular expression over model names, and prices by tiers. Borrowed memory.
 *
 * It holds for what is received from its creation on, or with a start for calls that began then or
 * later; and no more for what is received after it was deleted. So it is kept when deleted: what it
 * priced costs the same after a reindex.
 */
#pragma once

#include "base/str.h"

#define CUSTOM_PRICE_NO_START INT64_MIN

struct custom_price {
    uint32_t project_id;
    struct str id, model_name, match_pattern;
    struct str unit, tokenizer_id;  /* STR_NONE: none */
    struct str tokenizer_config;    /* JSON, STR_NONE: none */
    struct str tiers;               /* JSON, the pricingTiers of Langfuse's API */
    int64_t start_ns;               /* CUSTOM_PRICE_NO_START: none */
    int64_t created_ns, deleted_ns; /* deleted 0: it is not */
};
