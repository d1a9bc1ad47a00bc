/* SPDX-License-Identifier: Apache-2.0 */
/* bill: given cost first, then the price book. */
#include "price/bill.h"

#include <math.h>

/* Dollars as sent, to nano-dollars; -1 when absent or beyond reason. */
static int64_t nano_from_dollars(double dollars)
{
    if (!isfinite(dollars) || dollars < 0 || dollars > 1e9)
        return -1;
    return (int64_t)llround(dollars * 1e9);
}

static int64_t sum_lines(const struct price_result *price, enum price_component first,
                         enum price_component last)
{
    int64_t sum = 0;
    for (size_t i = 0; i < price->line_count; i++)
        if (price->lines[i].component >= first && price->lines[i].component <= last)
            sum += price->lines[i].cost;
    return sum;
}

static void bill_from_book(struct price_book *book, uint32_t project_id, int64_t arrival_ns,
                           const struct call_attributes *attributes,
                           const struct observation *observation, struct bill *bill)
{
    const struct price_request request = {
        .provider = observation->provider,
        .model = observation->model,
        .service_tier = observation->service_tier,
        .time_ns = observation->start_ns,
        .usage = &observation->usage,
        .project_id = project_id,
        .arrival_ns = arrival_ns,
        .attributes = attributes,
    };
    price_usage(book, &request, &bill->price);
    if (bill->price.status == PRICE_PRICED) {
        bill->source = COST_COMPUTED;
        bill->total_nano = bill->price.cost;
        bill->input_nano = sum_lines(&bill->price, PRICE_INPUT, PRICE_IMAGE_IN);
        bill->output_nano = sum_lines(&bill->price, PRICE_OUTPUT, PRICE_IMAGE_OUT);
    } else if (bill->price.status == PRICE_UNPRICED) {
        bill->source = COST_UNPRICED;
    }
}

void bill_observation(struct price_book *book, uint32_t project_id, int64_t arrival_ns,
                      const struct call_attributes *attributes, struct observation *observation,
                      struct bill *out_bill)
{
    *out_bill = (struct bill){.total_nano = -1, .input_nano = -1, .output_nano = -1};
    bool counts = observation->flags & (OBSERVATION_BILLED | OBSERVATION_SUMMARY);
    if (observation->cached_answer == 1) {
        /* A local or gateway cache answered: the provider was never asked. */
        out_bill->source = COST_GIVEN;
        out_bill->total_nano = 0;
        return;
    }
    if (counts)
        bill_from_book(book, project_id, arrival_ns, attributes, observation, out_bill);
    int64_t given = nano_from_dollars(observation->cost_given_usd);
    int64_t input = nano_from_dollars(observation->cost_given_input_usd);
    int64_t output = nano_from_dollars(observation->cost_given_output_usd);
    if (given < 0 && (input >= 0 || output >= 0))
        given = (input > 0 ? input : 0) + (output > 0 ? output : 0);
    if (given >= 0) {
        out_bill->source = COST_GIVEN;
        out_bill->total_nano = given;
        out_bill->input_nano = input;
        out_bill->output_nano = output;
    }
    if (out_bill->source == COST_UNPRICED && (observation->flags & OBSERVATION_BILLED))
        observation->flags |= OBSERVATION_UNPRICED;
}
