/* SPDX-License-Identifier: Apache-2.0 */
/*
 * custom: a project's own prices (model/custom_price.h), given while the server runs. They stand in
 * front of the operator's files and the book, for that project alone.
 *
 * Of several that match a model name the one with the latest start counts, those without a start
 * last, then the one created last. Prices are dollars a unit; tokens of a kind that has no price of
 * its own take that of what they are part of, as in the book.
 *
 * Threads  any; what was added stays until price_close(), so results stay whole.
 * Limits   the enum below; beyond, STATUS_INVALID that names the member of Langfuse's API.
 */
#pragma once

#include "base/arena.h"
#include "model/custom_price.h"
#include "price/price.h"

enum {
    CUSTOM_TIERS_MAX = 16,
    CUSTOM_CONDITIONS_MAX = 8,
    CUSTOM_TEXTS_MAX = 50, /* of one condition */
    CUSTOM_USAGE_TYPES_MAX = 64,
    CUSTOM_NAME_MAX = 255,
    CUSTOM_CONFIG_MAX = 16384,
};

/* Whether it could be added: the pattern, the tiers and the sizes of texts. */
enum status price_custom_check(const struct custom_price *price, struct error *error);
enum status price_custom_add(struct price_book *book, const struct custom_price *price,
                             struct error *error);
/* For what is received from then on. Unknown ones are fine. */
void price_custom_delete(struct price_book *book, uint32_t project_id, struct str id,
                         int64_t deleted_ns);

/* The prices that hold where no tier does, and how many tiers there are. */
enum status price_custom_default(const struct custom_price *price, struct arena *arena,
                                 struct price_row *out_row, size_t *out_tiers, struct error *error);

/* A rate as dollars a unit. */
double price_rate_dollars(int64_t rate);
/* The usage type that stands for a component: "input_cached_tokens". */
const char *price_usage_type(enum price_component component);
