/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: the tokens of some chunks while a part of the index is made, each kept once with the
 * places it stands in.
 *
 * Limits  WORDS_MAX tokens: beyond, `unbounded` is set and nothing more is taken in. A failed
 * allocation is sticky.
 */
#pragma once

#include "base/buf.h"
#include "search/places.h"

enum { WORDS_MAX = 1 << 21 };

struct word {
    uint32_t at, len;     /* in bytes */
    uint32_t newest_post; /* number + 1 */
};
/* Posts of a word by falling chunk. */
struct word_post {
    uint32_t older; /* number + 1; 0: none */
    uint16_t chunk, sections;
};
struct words {
    struct buf bytes;
    struct word *items;
    size_t count, capacity;
    uint32_t *slots; /* word + 1 by hash; 0: free */
    size_t slot_mask;
    struct word_post *posts;
    size_t post_count, post_capacity;
    bool unbounded, failed;
};
bool search_words_init(struct words *words); /* false: no memory */
void search_words_done(struct words *words);
/* Chunks come in rising order. Gives whether the chunk did not have the word so far. */
bool search_words_add(struct words *words, struct str text, uint32_t chunk, uint16_t sections);
/* Sorted, each between line ends, and the places of each, as search_places_get() reads them. */
void search_words_write(struct words *words, struct buf *out_tokens, struct buf *out_posts);
