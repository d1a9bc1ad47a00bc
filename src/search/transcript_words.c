/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript_words: words that transcripts share. What an automaton does with one is then found out
 * once a search, not once a chunk.
 *
 * A file: magic and version, u64 XXH3 of the words, then these as a block of a transcript has them.
 */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "search/part_file.h"
#include "search/transcript_private.h"

/* Words that are met less often are not worth a code; more than COUNTED_MAX are not counted. */
enum { LEVEL = 3, LEAST_MET = 3, COUNTED_MAX = 1 << 19, SLOTS = 2 * COUNTED_MAX };
enum { HEAD_BYTES = 16 };

static const uint8_t magic[8] = {'V', 'T', 'R', 'W', 'O', 'R', 'D', TRANSCRIPT_VERSION};

struct counted {
    uint32_t at, met;
};
struct counter {
    struct buf words;
    struct counted *items;
    uint32_t *slots; /* item + 1 by hash; 0: free */
    size_t count;
};

static void count_word(struct counter *counter, struct str text)
{
    size_t slot = str_hash(text) & (SLOTS - 1);
    for (; counter->slots[slot]; slot = (slot + 1) & (SLOTS - 1)) {
        struct counted *known = &counter->items[counter->slots[slot] - 1];
        if (str_equal(transcript__word(&counter->words, known->at), text)) {
            known->met++;
            return;
        }
    }
    if (counter->count == COUNTED_MAX)
        return;
    counter->items[counter->count] = (struct counted){(uint32_t)counter->words.len, 1};
    put_byte(&counter->words, (uint8_t)text.len);
    put_bytes(&counter->words, text.ptr, text.len);
    counter->slots[slot] = (uint32_t)++counter->count;
}

static void count_text(void *context, struct str text, uint32_t section)
{
    struct counter *counter = context;
    (void)section;
    while (text.len && !counter->words.failed) {
        bool unsure;
        size_t len = transcript__cut(text, &unsure);
        if (!unsure)
            count_word(counter, str_sub(text, 0, len));
        text = str_sub(text, len, text.len);
    }
}

/* What is met most often comes first, so that its codes lie side by side; else as they were met. */
static int compare_met(const void *left, const void *right)
{
    const struct counted *a = left, *b = right;
    if (a->met != b->met)
        return a->met > b->met ? -1 : 1;
    return a->at < b->at ? -1 : 1;
}

static void put_file(struct counter *counter, struct buf *out)
{
    struct buf words = {0};
    qsort(counter->items, counter->count, sizeof *counter->items, compare_met);
    for (size_t i = 0; i < counter->count && i < SHARED_WORDS_MAX; i++) {
        struct str text = transcript__word(&counter->words, counter->items[i].at);
        if (counter->items[i].met < LEAST_MET)
            break;
        put_byte(&words, (uint8_t)text.len);
        put_bytes(&words, text.ptr, text.len);
    }
    put_bytes(out, magic, sizeof magic);
    if (put_room(out, sizeof(uint64_t))) {
        store_u64((uint8_t *)out->ptr + out->len, str_hash(buf_str(&words)));
        out->len += sizeof(uint64_t);
    }
    search_section_put(out, &words, LEVEL);
    out->failed |= words.failed;
    buf_done(&words);
}

enum status transcript_words_make(struct journal *journal, const struct journal_chunks *chunks,
                                  const size_t *numbers, size_t count, struct buf *out,
                                  struct error *error)
{
    struct counter counter = {.items = malloc(COUNTED_MAX * sizeof *counter.items),
                              .slots = calloc(SLOTS, sizeof *counter.slots)};
    enum status status = counter.items && counter.slots ? STATUS_OK : STATUS_BUSY;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        bool apart;
        status = transcript__read(journal, &chunks->items[numbers[i]], count_text, &counter, &apart,
                                  error);
    }
    if (status == STATUS_OK)
        put_file(&counter, out);
    if (status == STATUS_BUSY || counter.words.failed || out->failed)
        status = fail(error, STATUS_BUSY, "no memory for the words of transcripts");
    buf_done(&counter.words);
    free(counter.items);
    free(counter.slots);
    return status;
}

/* --- reading */

static bool find_words(const struct buf *words, size_t most, uint32_t *out_at, size_t *out_count)
{
    size_t at = 0, count = 0;
    for (; at < words->len && count < most; count++) {
        out_at[count] = (uint32_t)at;
        at += 1 + (size_t)(uint8_t)words->ptr[at];
    }
    *out_count = count;
    return at == words->len;
}

bool transcript__get_words(struct cursor *in, size_t most, struct buf *out_words, uint32_t *out_at,
                           size_t *out_count)
{
    uint64_t size = get_varint(in), packed_size = get_varint(in);
    struct str packed = get_bytes(in, packed_size);
    buf_clear(out_words);
    if (in->bad || size > most * (WORD_BYTES_MAX + 1) || !buf_reserve(out_words, (size_t)size + 1))
        return false;
    out_words->len = (size_t)size;
    return ZSTD_decompress(out_words->ptr, out_words->len, packed.ptr, packed.len) == size &&
           find_words(out_words, most, out_at, out_count);
}

bool transcript_words_read(struct str file, struct transcript_words *out_words)
{
    *out_words = (struct transcript_words){.at = malloc(SHARED_WORDS_MAX * sizeof(uint32_t))};
    struct cursor in = cursor_of(str_sub(file, HEAD_BYTES, file.len));
    bool good = out_words->at && file.len > HEAD_BYTES && !memcmp(file.ptr, magic, sizeof magic) &&
                transcript__get_words(&in, SHARED_WORDS_MAX, &out_words->bytes, out_words->at,
                                      &out_words->count) &&
                !cursor_left(&in);
    out_words->id = good ? load_u64((const uint8_t *)file.ptr + sizeof magic) : 0;
    if (good && out_words->id == str_hash(buf_str(&out_words->bytes)))
        return true;
    transcript_words_done(out_words);
    return false;
}

void transcript_words_done(struct transcript_words *words)
{
    buf_done(&words->bytes);
    free(words->at);
    *words = (struct transcript_words){0};
}
