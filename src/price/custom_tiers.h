/* SPDX-License-Identifier: Apache-2.0 */
/* custom_tiers: the pricingTiers of a project's own price: JSON -> rows of prices and their
 * conditions. */
#pragma once

#include "base/arena.h"
#include "price/custom.h"
#include "wire/regex.h"

enum custom_operator {
    CUSTOM_GT,
    CUSTOM_GTE,
    CUSTOM_LT,
    CUSTOM_LTE,
    CUSTOM_EQ,
    CUSTOM_NEQ,
    CUSTOM_OPERATOR_COUNT
};

/* The sum of all usage whose type matches, against a number; or, without a pattern, an attribute of
 * the call that is any of some texts. */
struct custom_condition {
    struct regex *pattern;
    enum custom_operator comparison;
    double value;
    enum call_attribute attribute;
    struct str key, *texts;
    size_t text_count;
};

struct custom_tier {
    int64_t priority;
    bool is_default;
    struct custom_condition conditions[CUSTOM_CONDITIONS_MAX];
    size_t condition_count;
};

/* By priority, the default tier last; a row of prices each, in the arena. Errors name the member.
 * `out_one_price`: every tier has a price for the total alone. Tiers end with custom_tier_done().
 */
enum status custom_tiers_read(struct str json, struct arena *arena, struct custom_tier **out_tiers,
                              struct price_row **out_rows, size_t *out_count, bool *out_one_price,
                              struct error *error);
void custom_tier_done(struct custom_tier *tier);
bool custom_tier_fits(const struct custom_tier *tier, const struct price_request *request,
                      const int64_t tokens[PRICE_COMPONENT_COUNT]);
