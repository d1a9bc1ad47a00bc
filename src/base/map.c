/* SPDX-License-Identifier: Apache-2.0 */
/* map: linear probing at a load of at most one half, XXH3 as the hash. */
#include "base/map.h"

#include <stdlib.h>

struct map_entry {
    struct str key; /* ptr NULL: free */
    uint64_t hash, number;
};

void map_init(struct map *map)
{
    *map = (struct map){0};
    arena_init(&map->keys, ARENA_NO_LIMIT);
}

void map_done(struct map *map)
{
    free(map->entries);
    arena_done(&map->keys);
    *map = (struct map){0};
}

static struct map_entry *find(struct map_entry *entries, size_t capacity, struct str key,
                              uint64_t hash)
{
    for (size_t at = hash & (capacity - 1);; at = (at + 1) & (capacity - 1)) {
        struct map_entry *entry = &entries[at];
        if (!entry->key.ptr || (entry->hash == hash && str_equal(entry->key, key)))
            return entry;
    }
}

bool map_get(const struct map *map, struct str key, uint64_t *out_number)
{
    if (map->count == 0)
        return false;
    const struct map_entry *entry = find(map->entries, map->capacity, key, str_hash(key));
    if (!entry->key.ptr)
        return false;
    *out_number = entry->number;
    return true;
}

static bool widen(struct map *map)
{
    size_t capacity = map->capacity ? map->capacity * 2 : 64;
    struct map_entry *entries = calloc(capacity, sizeof *entries);
    if (!entries)
        return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].key.ptr)
            *find(entries, capacity, map->entries[i].key, map->entries[i].hash) = map->entries[i];
    free(map->entries);
    map->entries = entries;
    map->capacity = capacity;
    return true;
}

bool map_put(struct map *map, struct str key, uint64_t number)
{
    if (map->count * 2 >= map->capacity && !widen(map))
        return false;
    uint64_t hash = str_hash(key);
    struct map_entry *entry = find(map->entries, map->capacity, key, hash);
    if (!entry->key.ptr) {
        struct str copy = arena_copy(&map->keys, key);
        if (!copy.ptr)
            return false;
        entry->key = copy;
        entry->hash = hash;
        map->count++;
    }
    entry->number = number;
    return true;
}
