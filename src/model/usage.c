/* SPDX-License-Identifier: Apache-2.0 */
/* usage: absent and present token counts. */
#include "model/usage.h"

void usage_clear(struct token_usage *usage)
{
    *usage = (struct token_usage){
        .input_total = USAGE_ABSENT,
        .output_total = USAGE_ABSENT,
        .total = USAGE_ABSENT,
        .cache_read = USAGE_ABSENT,
        .cache_write = USAGE_ABSENT,
        .cache_write_5m = USAGE_ABSENT,
        .cache_write_1h = USAGE_ABSENT,
        .reasoning = USAGE_ABSENT,
        .audio_in = USAGE_ABSENT,
        .audio_out = USAGE_ABSENT,
        .image_in = USAGE_ABSENT,
        .image_out = USAGE_ABSENT,
    };
}

bool usage_any(const struct token_usage *usage)
{
    return usage->input_total > 0 || usage->output_total > 0 || usage->total > 0;
}

const char *usage_basis_name(enum usage_basis basis)
{
    static const char *const names[] = {
        [USAGE_BASIS_NONE] = "none",
        [USAGE_INCLUSIVE] = "inclusive",
        [USAGE_EXCLUSIVE] = "exclusive",
        [USAGE_GUESSED_INCLUSIVE] = "guessed_inclusive",
        [USAGE_GUESSED_EXCLUSIVE] = "guessed_exclusive",
    };
    return names[basis];
}
