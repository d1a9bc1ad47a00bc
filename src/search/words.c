/* SPDX-License-Identifier: Apache-2.0 */
/* words: see words.h. */
#define _GNU_SOURCE
#include "search/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

bool search_words_init(struct words *words)
{
    *words = (struct words){.slot_mask = (1 << 14) - 1};
    words->slots = calloc(words->slot_mask + 1, sizeof *words->slots);
    return words->slots != NULL;
}

void search_words_done(struct words *words)
{
    buf_done(&words->bytes);
    free(words->items);
    free(words->slots);
    free(words->posts);
    *words = (struct words){0};
}

static struct str text_of(const struct words *words, const struct word *word)
{
    return (struct str){words->bytes.ptr + word->at, word->len};
}

static void widen_slots(struct words *words)
{
    size_t mask = words->slot_mask * 2 + 1;
    uint32_t *slots = calloc(mask + 1, sizeof *slots);
    if (!slots) {
        words->failed = true;
        return;
    }
    for (size_t i = 0; i < words->count; i++) {
        size_t slot = str_hash(text_of(words, &words->items[i])) & mask;
        while (slots[slot])
            slot = (slot + 1) & mask;
        slots[slot] = (uint32_t)i + 1;
    }
    free(words->slots);
    words->slots = slots;
    words->slot_mask = mask;
}

/* Room for one more. */
static bool widen(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t wanted = *capacity ? *capacity * 2 : 4096;
    void *wider = realloc(*items, wanted * size);
    if (!wider)
        return false;
    *items = wider;
    *capacity = wanted;
    return true;
}

/* The word, which is new when it has no posts; NULL when there is no room. */
static struct word *find_or_add(struct words *words, struct str text)
{
    size_t slot = str_hash(text) & words->slot_mask;
    for (; words->slots[slot]; slot = (slot + 1) & words->slot_mask) {
        struct word *word = &words->items[words->slots[slot] - 1];
        if (word->len == text.len && !memcmp(words->bytes.ptr + word->at, text.ptr, text.len))
            return word;
    }
    words->unbounded |= words->count == WORDS_MAX;
    if (words->unbounded)
        return NULL;
    if (!widen((void **)&words->items, words->count, &words->capacity, sizeof *words->items)) {
        words->failed = true;
        return NULL;
    }
    struct word *word = &words->items[words->count];
    *word = (struct word){(uint32_t)words->bytes.len, (uint32_t)text.len, 0};
    buf_add_str(&words->bytes, text);
    words->slots[slot] = (uint32_t)++words->count;
    if (words->count * 2 > words->slot_mask)
        widen_slots(words);
    words->failed |= words->bytes.failed;
    return words->failed ? NULL : word;
}

bool search_words_add(struct words *words, struct str text, uint32_t chunk, uint16_t sections)
{
    struct word *word = words->unbounded || words->failed ? NULL : find_or_add(words, text);
    if (!word)
        return false;
    struct word_post *newest = word->newest_post ? &words->posts[word->newest_post - 1] : NULL;
    if (newest && newest->chunk == chunk) {
        newest->sections |= sections;
        return false;
    }
    if (!widen((void **)&words->posts, words->post_count, &words->post_capacity,
               sizeof *words->posts)) {
        words->failed = true;
        return false;
    }
    words->posts[words->post_count] =
        (struct word_post){word->newest_post, (uint16_t)chunk, sections};
    word->newest_post = (uint32_t)++words->post_count;
    return true;
}

/* Words in the order of their texts: most differ in their first bytes already. */
struct ordered {
    uint64_t first_bytes;
    uint32_t word;
};

static uint64_t first_bytes_of(struct str text)
{
    uint8_t bytes[8] = {0};
    memcpy(bytes, text.ptr, text.len < sizeof bytes ? text.len : sizeof bytes);
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        number = number << 8 | bytes[i];
    return number;
}

static int by_text(const void *a, const void *b, void *context)
{
    const struct words *words = context;
    const struct ordered *left = a, *right = b;
    if (left->first_bytes != right->first_bytes)
        return left->first_bytes < right->first_bytes ? -1 : 1;
    return str_compare(text_of(words, &words->items[left->word]),
                       text_of(words, &words->items[right->word]));
}

/* Posts hang on a word by falling chunk. */
static void write_posts(const struct words *words, const struct word *word, struct buf *out_posts)
{
    struct chunk_place places[PART_CHUNKS];
    size_t first = PART_CHUNKS;
    for (uint32_t post = word->newest_post; post && first; post = words->posts[post - 1].older)
        places[--first] =
            (struct chunk_place){words->posts[post - 1].chunk, words->posts[post - 1].sections};
    search_places_put(out_posts, places + first, PART_CHUNKS - first);
}

void search_words_write(struct words *words, struct buf *out_tokens, struct buf *out_posts)
{
    struct ordered *order = malloc((words->count + 1) * sizeof *order);
    if (!order) {
        out_tokens->failed = true;
        return;
    }
    for (size_t i = 0; i < words->count; i++)
        order[i] = (struct ordered){first_bytes_of(text_of(words, &words->items[i])), (uint32_t)i};
    qsort_r(order, words->count, sizeof *order, by_text, words);
    put_byte(out_tokens, '\n');
    for (size_t i = 0; i < words->count; i++) {
        const struct word *word = &words->items[order[i].word];
        buf_add_str(out_tokens, text_of(words, word));
        put_byte(out_tokens, '\n');
        write_posts(words, word, out_posts);
    }
    free(order);
}
