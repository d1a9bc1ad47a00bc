/* SPDX-License-Identifier: Apache-2.0 */
/* seen: linear probing at a load of at most three quarters; the slot comes from the hash's high
 * bits. */
#include "store/seen.h"

#include <stdlib.h>

enum { CAPACITY_FIRST = 1 << 14 };

static uint16_t low_print(uint64_t hash)
{
    uint16_t print = (uint16_t)hash;
    return print ? print : 1;
}

static uint8_t high_print(uint64_t hash)
{
    return (uint8_t)(hash >> 16);
}

/* Any capacity will do: the upper half of the hash is spread over it by a multiplication. */
static size_t slot_of(uint64_t hash, size_t capacity)
{
    return (size_t)((hash >> 32) * capacity >> 32);
}

static bool add_level(struct seen *seen, size_t capacity)
{
    if (seen->level_count == SEEN_LEVELS_MAX)
        return false;
    struct seen_level level = {.low = calloc(capacity, sizeof *level.low),
                               .high = calloc(capacity, sizeof *level.high),
                               .capacity = capacity};
    if (!level.low || !level.high) {
        free(level.low);
        free(level.high);
        return false;
    }
    seen->levels[seen->level_count++] = level;
    return true;
}

bool seen_reserve(struct seen *seen, size_t expected)
{
    return add_level(seen, expected / 3 * 4 + CAPACITY_FIRST);
}

/* Each level is a miss of the cache: they are all waited for at once. */
void seen_expect(const struct seen *seen, uint64_t hash)
{
    for (int i = 0; i < seen->level_count; i++)
        __builtin_prefetch(&seen->levels[i].low[slot_of(hash, seen->levels[i].capacity)]);
}

bool seen_maybe(const struct seen *seen, uint64_t hash)
{
    uint16_t low = low_print(hash);
    uint8_t high = high_print(hash);
    seen_expect(seen, hash);
    for (int i = seen->level_count - 1; i >= 0; i--) {
        const struct seen_level *level = &seen->levels[i];
        for (size_t at = slot_of(hash, level->capacity); level->low[at];
             at = at + 1 < level->capacity ? at + 1 : 0)
            if (level->low[at] == low && level->high[at] == high)
                return true;
    }
    return false;
}

bool seen_add(struct seen *seen, uint64_t hash)
{
    struct seen_level *last = seen->level_count ? &seen->levels[seen->level_count - 1] : NULL;
    if (!last || last->count >= last->capacity / 4 * 3) {
        /* As large as all before it together. */
        size_t capacity = seen_bytes(seen) / 3;
        if (!add_level(seen, capacity > CAPACITY_FIRST ? capacity : CAPACITY_FIRST))
            return false;
        last = &seen->levels[seen->level_count - 1];
    }
    size_t at = slot_of(hash, last->capacity);
    while (last->low[at])
        at = at + 1 < last->capacity ? at + 1 : 0;
    last->low[at] = low_print(hash);
    last->high[at] = high_print(hash);
    last->count++;
    return true;
}

size_t seen_bytes(const struct seen *seen)
{
    size_t bytes = 0;
    for (int i = 0; i < seen->level_count; i++)
        bytes += seen->levels[i].capacity * 3;
    return bytes;
}

void seen_done(struct seen *seen)
{
    for (int i = 0; i < seen->level_count; i++) {
        free(seen->levels[i].low);
        free(seen->levels[i].high);
    }
    *seen = (struct seen){0};
}
