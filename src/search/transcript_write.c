/* SPDX-License-Identifier: Apache-2.0 */
/* transcript_write: the texts of a chunk -> a transcript. */
#include <stdlib.h>
#include <string.h>

#include "search/part_file.h"
#include "search/transcript_private.h"

enum { LEVEL = 1, HEAD_HASHED = 56 };

static const uint8_t magic[8] = {'V', 'T', 'R', 'T', 'E', 'X', 'T', TRANSCRIPT_VERSION};

struct transcriber {
    const struct transcript_words *shared; /* NULL: none */
    struct buf words, codes, *out;         /* words: the block's own */
    uint32_t at[CODES_MAX];                /* of the block's own words */
    size_t shared_count, count;            /* words with a code: those that are shared, and all */
    uint64_t put, put_own;                 /* codes of words */
    uint32_t section;                      /* of the last text in the block; SECTIONS: none */
    uint32_t slots[WORD_SLOTS];            /* word + 1 by hash; 0: free */
};

/* --- the head: magic and version, u32 segment, number, first content, contents, frames, u32 1: is
 * apart, u64 creation of the segment, u64 XXH3 of what is behind the head, u64 id of the words it
 * shares, u64 XXH3 of the 56 bytes before it. */

static void put_head(const struct transcript_head *head, struct buf *file)
{
    uint8_t *out = (uint8_t *)file->ptr;
    memset(out, 0, TRANSCRIPT_HEADER_BYTES);
    memcpy(out, magic, sizeof magic);
    store_u32(out + 8, head->segment);
    store_u32(out + 12, head->number);
    store_u32(out + 16, head->first_content);
    store_u32(out + 20, head->content_count);
    store_u32(out + 24, head->frame_count);
    store_u32(out + 28, head->is_apart);
    store_u64(out + 32, (uint64_t)head->created_ns);
    store_u64(out + 40, str_hash(str_sub(buf_str(file), TRANSCRIPT_HEADER_BYTES, file->len)));
    store_u64(out + 48, head->words_id);
    store_u64(out + HEAD_HASHED, str_hash((struct str){(const char *)out, HEAD_HASHED}));
}

bool search_transcript_head(struct str bytes, struct transcript_head *out_head)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    if (bytes.len < TRANSCRIPT_HEADER_BYTES || memcmp(at, magic, sizeof magic) != 0 ||
        load_u64(at + HEAD_HASHED) != str_hash(str_sub(bytes, 0, HEAD_HASHED)))
        return false;
    *out_head = (struct transcript_head){.segment = load_u32(at + 8),
                                         .number = load_u32(at + 12),
                                         .first_content = load_u32(at + 16),
                                         .content_count = load_u32(at + 20),
                                         .frame_count = load_u32(at + 24),
                                         .is_apart = load_u32(at + 28) & 1,
                                         .created_ns = (int64_t)load_u64(at + 32),
                                         .words_id = load_u64(at + 48),
                                         .body_hash = load_u64(at + 40)};
    return true;
}

bool search_transcript_is_whole(struct str file)
{
    struct transcript_head head;
    return search_transcript_head(file, &head) &&
           head.body_hash == str_hash(str_sub(file, TRANSCRIPT_HEADER_BYTES, file.len));
}

/* --- words -> codes */

static void put_code(struct transcriber *to, uint32_t code)
{
    if (put_room(&to->codes, CODE_BYTES)) {
        to->codes.ptr[to->codes.len++] = (char)code;
        to->codes.ptr[to->codes.len++] = (char)(code >> 8);
    }
}

static struct str word_of(const struct transcriber *to, size_t word)
{
    return word < to->shared_count ? transcript__word(&to->shared->bytes, to->shared->at[word])
                                   : transcript__word(&to->words, to->at[word - to->shared_count]);
}

/* Where the word stands, or where there is room for it. */
static size_t find_slot(const struct transcriber *to, struct str text)
{
    size_t slot = str_hash(text) & (WORD_SLOTS - 1);
    while (to->slots[slot] && !str_equal(word_of(to, to->slots[slot] - 1), text))
        slot = (slot + 1) & (WORD_SLOTS - 1);
    return slot;
}

static void start_block(struct transcriber *to)
{
    buf_clear(&to->words);
    buf_clear(&to->codes);
    put_code(to, 0); /* no word: who reads side by side stops here */
    to->section = SECTIONS;
    memset(to->slots, 0, sizeof to->slots);
    for (to->count = 0; to->count < to->shared_count; to->count++)
        to->slots[find_slot(to, word_of(to, to->count))] = (uint32_t)to->count + 1;
}

static void end_block(struct transcriber *to)
{
    put_code(to, 0);
    search_section_put(to->out, &to->words, LEVEL);
    put_varint(to->out, to->codes.len);
    put_bytes(to->out, to->codes.ptr, to->codes.len);
    to->out->failed |= to->codes.failed;
}

static void put_word(struct transcriber *to, struct str text)
{
    if (CODE_FIRST_WORD + to->count == CODES_MAX || to->codes.len >= CODE_BYTES * BLOCK_CODES_MAX) {
        end_block(to);
        start_block(to);
    }
    size_t slot = find_slot(to, text);
    if (!to->slots[slot]) {
        to->at[to->count - to->shared_count] = (uint32_t)to->words.len;
        put_byte(&to->words, (uint8_t)text.len);
        put_bytes(&to->words, text.ptr, text.len);
        to->slots[slot] = (uint32_t)++to->count;
    }
    put_code(to, CODE_FIRST_WORD + to->slots[slot] - 1);
    to->put++;
    to->put_own += to->slots[slot] > to->shared_count;
}

static void put_text(void *context, struct str text, uint32_t section)
{
    struct transcriber *to = context;
    put_code(to, section == to->section ? CODE_NEXT_TEXT : section);
    to->section = section;
    while (text.len && !to->words.failed) {
        bool unsure;
        size_t len = transcript__cut(text, &unsure);
        if (unsure)
            put_code(to, CODE_ANYTHING);
        else
            put_word(to, str_sub(text, 0, len));
        text = str_sub(text, len, text.len);
    }
}

/* --- a chunk */

enum status search_transcript_make(struct journal *journal, const struct journal_chunks *chunks,
                                   size_t number, const struct transcript_words *words,
                                   struct buf *out, double *out_own, struct error *error)
{
    const struct journal_chunk *chunk = &chunks->items[number];
    struct transcriber *to = calloc(1, sizeof *to);
    if (!to || !buf_reserve(out, TRANSCRIPT_HEADER_BYTES)) {
        free(to);
        return fail(error, STATUS_BUSY, "no memory for a transcript");
    }
    out->len = TRANSCRIPT_HEADER_BYTES;
    to->shared = words;
    to->shared_count = words ? words->count : 0;
    to->out = out;
    struct transcript_head head = {.segment = chunk->segment,
                                   .number = (uint32_t)number,
                                   .created_ns = chunks->created_ns,
                                   .first_content = chunk->first_content,
                                   .content_count = chunk->content_count,
                                   .frame_count = chunk->frame_count,
                                   .words_id = words ? words->id : 0};
    start_block(to);
    enum status status = transcript__read(journal, chunk, put_text, to, &head.is_apart, error);
    end_block(to);
    if (status == STATUS_OK && (to->words.failed || out->failed))
        status = fail(error, STATUS_BUSY, "no memory for a transcript");
    if (status == STATUS_OK)
        put_head(&head, out);
    *out_own = to->put ? (double)to->put_own / (double)to->put : 0;
    buf_done(&to->words);
    buf_done(&to->codes);
    free(to);
    return status;
}
