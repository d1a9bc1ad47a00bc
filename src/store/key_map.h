/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_map: a 64-bit key to a 32-bit number, for what one commit gathers. Linear probing at a load
 * of at most one half; cleared by a sweep, given back when it was unusually large.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_slot {
    uint64_t key;
    uint32_t number, used;
};
struct key_map {
    struct key_slot *slots;
    size_t capacity, count;
};

/* The number kept under the key; when there is none, `number` is put there and *out_new is true.
 * NULL: no memory. The pointer is good until the next call. */
uint32_t *key_map_at(struct key_map *map, uint64_t key, uint32_t number, bool *out_new);
bool key_map_get(const struct key_map *map, uint64_t key, uint32_t *out_number);
void key_map_clear(struct key_map *map);
void key_map_done(struct key_map *map);
