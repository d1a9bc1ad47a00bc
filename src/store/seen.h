/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen: which keys the index has, in about 4 bytes each: 24-bit fingerprints of their hashes in a
 * chain of tables, each as large as those before it together. "No" is certain; "maybe" is wrong
 * about four times in a million for each table of the chain, and is then settled by asking the
 * index. Nothing can be taken out. Threads  one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEEN_LEVELS_MAX = 24 };

struct seen_level {
    uint16_t *low; /* 0: free */
    uint8_t *high;
    size_t capacity, count;
};
struct seen {
    struct seen_level levels[SEEN_LEVELS_MAX]; /* the last one takes what comes */
    int level_count;
    bool loaded; /* everything the index had at open is in */
};

bool seen_reserve(struct seen *seen, size_t expected); /* of an empty set; false: no memory */
bool seen_maybe(const struct seen *seen, uint64_t hash);
/* It will be asked for soon: fetches what that will look at. SEEN_AHEAD questions before is early
 * enough to find it there, and late enough for it to be there still. */
enum { SEEN_AHEAD = 8 };
void seen_expect(const struct seen *seen, uint64_t hash);
bool seen_add(struct seen *seen, uint64_t hash); /* false: no memory */
size_t seen_bytes(const struct seen *seen);
void seen_done(struct seen *seen);
