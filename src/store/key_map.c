/* SPDX-License-Identifier: Apache-2.0 */
/* key_map: keys are spread by a multiplication, since some are packed numbers and not hashes. */
#include "store/key_map.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 256, CAPACITY_KEPT = 1 << 16 };

static struct key_slot *find(struct key_slot *slots, size_t capacity, uint64_t key)
{
    uint64_t spread = key * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t at = (spread ^ spread >> 32) & (capacity - 1);; at = (at + 1) & (capacity - 1))
        if (!slots[at].used || slots[at].key == key)
            return &slots[at];
}

static bool widen(struct key_map *map)
{
    size_t capacity = map->capacity ? map->capacity * 2 : CAPACITY_FIRST;
    struct key_slot *slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].used)
            *find(slots, capacity, map->slots[i].key) = map->slots[i];
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return true;
}

uint32_t *key_map_at(struct key_map *map, uint64_t key, uint32_t number, bool *out_new)
{
    if (map->count * 2 >= map->capacity && !widen(map))
        return NULL;
    struct key_slot *slot = find(map->slots, map->capacity, key);
    *out_new = !slot->used;
    if (!slot->used) {
        *slot = (struct key_slot){key, number, 1};
        map->count++;
    }
    return &slot->number;
}

bool key_map_get(const struct key_map *map, uint64_t key, uint32_t *out_number)
{
    if (map->count == 0)
        return false;
    const struct key_slot *slot = find(map->slots, map->capacity, key);
    if (!slot->used)
        return false;
    *out_number = slot->number;
    return true;
}

void key_map_clear(struct key_map *map)
{
    if (map->capacity > CAPACITY_KEPT)
        key_map_done(map);
    else if (map->count)
        memset(map->slots, 0, map->capacity * sizeof *map->slots);
    map->count = 0;
}

void key_map_done(struct key_map *map)
{
    free(map->slots);
    *map = (struct key_map){0};
}
