/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bill: what one observation cost: the sender's own figure when there is one, else the price
 * book's.
 *
 * The same function serves the index and the screen of one span, so both say the same. A summary
 * span gets a figure to show; only spans with OBSERVATION_BILLED are ever added up.
 */
#pragma once

#include "model/observation.h"
#include "price/price.h"

struct bill {
    enum cost_source source;
    int64_t total_nano, input_nano, output_nano; /* -1: none or unknown */
    struct price_result price;                   /* filled unless source is COST_NONE */
};

/* Also sets OBSERVATION_UNPRICED on a billed observation whose model has no price. The project's
 * own prices come first, as they were when it arrived. */
void bill_observation(struct price_book *book, uint32_t project_id, int64_t arrival_ns,
                      const struct call_attributes *attributes, struct observation *observation,
                      struct bill *out_bill);
