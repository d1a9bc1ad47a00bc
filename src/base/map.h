/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map: text to a 64-bit number, open addressing, on the heap. Keys are copied in.
 * Nothing is ever removed; drop the whole map instead. The owner bounds it by map_count().
 */
#pragma once

#include "base/arena.h"

struct map_entry;
struct map {
    struct map_entry *entries;
    size_t capacity, count;
    struct arena keys;
};

void map_init(struct map *map);
void map_done(struct map *map);
bool map_get(const struct map *map, struct str key, uint64_t *out_number);
bool map_put(struct map *map, struct str key, uint64_t number); /* false: no memory */
