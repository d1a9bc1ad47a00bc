/* SPDX-License-Identifier: Apache-2.0 */
/* litellm: the gateway's callbacks; the raw exchange is a second span of the same call. */
#include "normalise/normalise_private.h"

static const struct row rows[] = {
    ROW("model_id", model_request, TEXT, 12, .standing = STANDING_LAST, BARE),
    ROW("litellm.call_id", provider_request_id, TEXT, 3),
    ROW("gen_ai.cost.total_cost", cost_given_usd, MONEY, 3, LISTED),
    ROW("gen_ai.cost.input_cost", cost_given_input_usd, MONEY, 2, LISTED),
    ROW("gen_ai.cost.output_cost", cost_given_output_usd, MONEY, 2, LISTED),
    ROW("litellm.cost.total", cost_given_usd, MONEY, 7, LISTED),
    ROW("metadata.user_api_key_user_id", user, TEXT, 15, LISTED),
    ROW("metadata.user_api_key_org_id", tenant, TEXT, 8, LISTED),
    ROW("metadata.user_api_key_team_id", tenant, TEXT, 9, LISTED),
};

/* The HTTP request the proxy got and the raw exchange with the provider are not calls of their own.
 */
static void kind(struct reading *reading)
{
    if (!str_equal(reading->span->name, STR("Received Proxy Server Request")))
        return;
    reading->out->kind = KIND_SPAN;
    reading->ranks[SLOT_kind] = 0;
    reading_note(reading, SLOT_kind, STR("litellm"), STR("span name"));
}

static const char *const scopes[] = {"litellm", NULL};

const struct vocabulary vocabulary_litellm = {
    .name = "litellm",
    .summary = "LiteLLM",
    .standing = STANDING_OTHER,
    ROWS(rows),
    .scopes = scopes,
    .kind = kind,
};
