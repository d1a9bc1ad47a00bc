/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_tiers: what the tiers of a model's prices are called, in the list of models and with the
 * observations they priced. A project's own have names; those of the book are told by what they are
 * for.
 */
#include "serve/langfuse_private.h"

static struct str book_name(struct arena *arena, const struct price_row *row, enum price_tier tier)
{
    struct str word = tier == TIER_DEFAULT ? STR_NONE : str_from(price_tier_name(tier));
    if (!row->above_tokens)
        return word.len ? word : STR("Standard");
    return arena_printf(arena, "%.*s%sabove %lld tokens", STR_ARGS(word), word.len ? " " : "",
                        (long long)row->above_tokens);
}

struct langfuse_tier langfuse__tier(struct call *call, const struct price_entry *entry,
                                    const struct price_row *row, enum price_tier tier)
{
    struct arena *arena = &call->request->arena;
    if (row->tier_name.len)
        return (struct langfuse_tier){row->tier_id, row->tier_name};
    return (struct langfuse_tier){arena_printf(arena, "%.*s#%s%s%lld", STR_ARGS(entry->id),
                                               tier == TIER_DEFAULT ? "" : price_tier_name(tier),
                                               tier == TIER_DEFAULT ? "" : "-",
                                               (long long)row->above_tokens),
                                  book_name(arena, row, tier)};
}

struct langfuse_tier langfuse__tier_of(struct call *call, const struct bill *bill)
{
    const struct price_result *price = &bill->price;
    if (bill->source != COST_COMPUTED || !price->row)
        return (struct langfuse_tier){STR_NONE, STR_NONE};
    return langfuse__tier(call, price->match.entry, price->row, price->tier);
}
