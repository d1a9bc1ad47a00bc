/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: memory with one lifetime. One per request, query or batch, freed whole.
 *
 * Limits   never hands out more than limit_bytes: then arena_alloc() gives NULL
 *          and the caller reports STATUS_TOO_LARGE. Growth doubles from 4 KiB to 1 MiB blocks.
 * Threads  one at a time; passing the arena on passes all its memory.
 * ARENA=pieces in a build gives each piece its own malloc, for the sanitisers.
 */
#pragma once

#include "base/str.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used_bytes;          /* handed out so far */
    size_t limit_bytes;
};

#define ARENA_NO_LIMIT ((size_t)1 << 40)

void arena_init(struct arena *arena, size_t limit_bytes);
void arena_done(struct arena *arena); /* also makes it empty and usable again */

void *arena_alloc(struct arena *arena, size_t size); /* 16-byte aligned, not cleared */
void *arena_zero(struct arena *arena, size_t size);  /* cleared */
#define arena_new(arena, type)          ((type *)arena_zero((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_zero_array((arena), (count), sizeof(type)))
void *arena_zero_array(struct arena *arena, size_t count, size_t size);

/* Copies; the copy has a zero byte behind it. ptr is NULL when the arena is full. */
struct str arena_copy(struct arena *arena, struct str text);
struct str arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A text for a place in an address: all but letters, digits and "-_.~" percent-encoded. */
struct str arena_url_piece(struct arena *arena, struct str text);

/*
 * Makes room for one more item in an array that lives in the arena, doubling it when needed.
 * *capacity starts at 0 and *items at NULL. False when the arena is full.
 */
#define arena_grow(arena, items, count, capacity)                                                  \
    arena__grow((arena), (void **)(items), (count), (capacity), sizeof **(items))
bool arena__grow(struct arena *arena, void **items, size_t count, size_t *capacity, size_t size);
