/* SPDX-License-Identifier: Apache-2.0 */
/* scored_traces: see scored_traces.h. */
#include "store/scored_traces.h"

#include <stdlib.h>
#include <xxhash.h>

enum { FILTER_BITS = 1 << 23 };

struct places {
    uint32_t bits[2];
};

static struct places places_of(uint32_t project, int64_t hi, int64_t lo)
{
    const int64_t key[] = {project, hi, lo};
    uint64_t hash = XXH3_64bits(key, sizeof key);
    return (struct places){{(uint32_t)hash % FILTER_BITS, (uint32_t)(hash >> 32) % FILTER_BITS}};
}

bool scored_traces_init(struct scored_traces *traces)
{
    traces->words = calloc(FILTER_BITS / 64, sizeof *traces->words);
    return traces->words != NULL;
}

void scored_traces_add(struct scored_traces *traces, uint32_t project, int64_t hi, int64_t lo)
{
    struct places places = places_of(project, hi, lo);
    for (int i = 0; i < 2; i++)
        traces->words[places.bits[i] / 64] |= UINT64_C(1) << places.bits[i] % 64;
}

bool scored_traces_maybe(const struct scored_traces *traces, uint32_t project, int64_t hi,
                         int64_t lo)
{
    struct places places = places_of(project, hi, lo);
    for (int i = 0; i < 2; i++)
        if (!(traces->words[places.bits[i] / 64] >> places.bits[i] % 64 & 1))
            return false;
    return true;
}

void scored_traces_done(struct scored_traces *traces)
{
    free((void *)traces->words);
    traces->words = NULL;
}
