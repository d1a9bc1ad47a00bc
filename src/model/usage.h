/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: the tokens of one model call, after normalisation.
 *
 * input_total includes cache reads and writes, output_total includes reasoning: the parts are
 * subsets of the totals, whatever the provider's own habit was (`basis` says which it was).
 */
#pragma once

#include "base/str.h"

#define USAGE_ABSENT INT64_C(-1)

enum usage_basis {
    USAGE_BASIS_NONE,
    USAGE_INCLUSIVE,         /* the sender's input already held the cached tokens */
    USAGE_EXCLUSIVE,         /* it did not: they were added */
    USAGE_GUESSED_INCLUSIVE, /* the producer is unknown: told by arithmetic */
    USAGE_GUESSED_EXCLUSIVE,
};
const char *usage_basis_name(enum usage_basis basis);

/* USAGE_ABSENT where nothing was sent; otherwise >= 0. */
struct token_usage {
    int64_t input_total, output_total, total;
    int64_t cache_read, cache_write, cache_write_5m, cache_write_1h;
    int64_t reasoning, audio_in, audio_out, image_in, image_out;
    enum usage_basis basis;
};

void usage_clear(struct token_usage *usage); /* everything absent */
bool usage_any(const struct token_usage *usage);
/* Present value or 0. */
static inline int64_t usage_or_zero(int64_t tokens)
{
    return tokens > 0 ? tokens : 0;
}
