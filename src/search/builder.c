/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builder: chunks -> a part. Every reading of every text is cut into tokens; a token is kept once,
 * with the chunks it stands in.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "journal/coding.h"
#include "search/fold.h"
#include "search/part.h"
#include "search/part_file.h"
#include "search/tokens.h"

enum { GRAM_LOG = 20, GRAM_LOG_MAX = 17, GRAM_LOG_MIN = 6, TOKENS_MAX = 1 << 21, LEVEL = 3 };

struct word {
    uint32_t at, len; /* in bytes */
    uint64_t mask;
};

struct part_builder {
    struct search_part part; /* its head and chunks */
    struct buf bytes;        /* of the words */
    struct word *words;
    size_t word_count, word_capacity;
    uint32_t *slots; /* word + 1 by hash; 0: free */
    size_t slot_mask;
    struct buf grams, refs, refers;
    const struct journal_chunks *chunks; /* of the segment, and which is being read */
    size_t number, last_referred;
    uint8_t *referred; /* by it, a byte a chunk */
    uint64_t *seen;    /* grams of the chunk being read, 2^GRAM_LOG bits */
    bool unbounded, failed;
    struct search_reading reading;
    struct buf folded;
    struct ref_writer writer;
    struct seen_text short_texts[SEEN_SLOTS];
};

struct part_builder *search_builder_new(uint32_t segment, uint32_t first_chunk, int64_t created_ns)
{
    struct part_builder *builder = calloc(1, sizeof *builder);
    if (!builder)
        return NULL;
    builder->part.segment = segment;
    builder->part.first_chunk = first_chunk;
    builder->part.created_ns = created_ns;
    builder->slot_mask = (1 << 14) - 1;
    builder->slots = calloc(builder->slot_mask + 1, sizeof *builder->slots);
    builder->seen = calloc(1, (size_t)1 << (GRAM_LOG - 3));
    if (!builder->slots || !builder->seen) {
        search_builder_free(builder);
        return NULL;
    }
    return builder;
}

void search_builder_free(struct part_builder *builder)
{
    if (!builder)
        return;
    search_refs_done(&builder->writer);
    search_reading_done(&builder->reading);
    buf_done(&builder->folded);
    buf_done(&builder->bytes);
    buf_done(&builder->grams);
    buf_done(&builder->refs);
    buf_done(&builder->refers);
    free(builder->referred);
    free(builder->words);
    free(builder->slots);
    free(builder->seen);
    free(builder);
}

/* --- words */

static struct str word_text(const struct part_builder *builder, const struct word *word)
{
    return (struct str){builder->bytes.ptr + word->at, word->len};
}

static bool widen_slots(struct part_builder *builder)
{
    size_t mask = builder->slot_mask * 2 + 1;
    uint32_t *slots = calloc(mask + 1, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < builder->word_count; i++) {
        size_t slot = str_hash(word_text(builder, &builder->words[i])) & mask;
        while (slots[slot])
            slot = (slot + 1) & mask;
        slots[slot] = (uint32_t)i + 1;
    }
    free(builder->slots);
    builder->slots = slots;
    builder->slot_mask = mask;
    return true;
}

static bool widen_words(struct part_builder *builder)
{
    size_t capacity = builder->word_capacity ? builder->word_capacity * 2 : 4096;
    struct word *wider = realloc(builder->words, capacity * sizeof *wider);
    if (!wider)
        return false;
    builder->words = wider;
    builder->word_capacity = capacity;
    return true;
}

static void add_word(struct part_builder *builder, struct str text, uint64_t mask)
{
    if (builder->unbounded || builder->failed)
        return;
    size_t slot = str_hash(text) & builder->slot_mask;
    for (; builder->slots[slot]; slot = (slot + 1) & builder->slot_mask) {
        struct word *word = &builder->words[builder->slots[slot] - 1];
        if (word->len == text.len && !memcmp(builder->bytes.ptr + word->at, text.ptr, text.len)) {
            word->mask |= mask;
            return;
        }
    }
    if (builder->word_count == TOKENS_MAX) {
        builder->unbounded = true;
        return;
    }
    if (builder->word_count == builder->word_capacity && !widen_words(builder)) {
        builder->failed = true;
        return;
    }
    builder->words[builder->word_count] =
        (struct word){(uint32_t)builder->bytes.len, (uint32_t)text.len, mask};
    buf_add_str(&builder->bytes, text);
    builder->slots[slot] = (uint32_t)++builder->word_count;
    if (builder->word_count * 2 > builder->slot_mask && !widen_slots(builder))
        builder->failed = true;
}

/* --- a chunk */

static void add_grams(struct part_builder *builder, struct str run)
{
    for (size_t i = 0; i + GRAM_BYTES <= run.len; i++) {
        uint32_t bit = search_gram_hash(search_gram(run.ptr + i)) & ((1u << GRAM_LOG) - 1);
        builder->seen[bit / 64] |= UINT64_C(1) << (bit % 64);
    }
}

static void add_text(struct part_builder *builder, struct str text)
{
    uint64_t mask = UINT64_C(1) << (builder->part.chunk_count & (PART_CHUNKS - 1));
    builder->reading.started = false;
    builder->reading.level = 0;
    while (search_reading_next(&builder->reading, text, READINGS_MAX)) {
        struct token token;
        buf_clear(&builder->folded);
        search_fold(builder->reading.text, &builder->folded);
        builder->failed |= builder->folded.failed;
        struct token_reader tokens = {.rest = buf_str(&builder->folded)};
        while (search_token_next(&tokens, &token)) {
            if (token.kind == TOKEN_BULK)
                add_grams(builder, token.text);
            else
                add_word(builder, token.text, mask);
        }
    }
}

static void add_short(void *context, struct str text, bool stays)
{
    struct part_builder *builder = context;
    struct seen_text *seen = search_seen(builder->short_texts, text);
    if (stays && seen->ptr == text.ptr && seen->len == text.len)
        return;
    if (stays)
        *seen = (struct seen_text){text.ptr, text.len, 0};
    add_text(builder, text);
}

static void visit_text(void *context, uint32_t ordinal, struct str text)
{
    (void)ordinal;
    add_text(context, text);
}

/* Neighbours in time refer to the same chunks. */
static void note_referred(void *context, uint32_t ordinal)
{
    struct part_builder *builder = context;
    const struct journal_chunk *items = builder->chunks->items;
    size_t at = builder->last_referred;
    if (ordinal < items[at].first_content ||
        ordinal - items[at].first_content >= items[at].content_count) {
        size_t low = 0, high = builder->number + 1;
        while (high - low > 1) {
            size_t middle = low + (high - low) / 2;
            if (items[middle].first_content <= ordinal)
                low = middle;
            else
                high = middle;
        }
        at = low;
    }
    builder->last_referred = at;
    builder->referred[at] = 1;
}

static void end_referred(struct part_builder *builder, struct part_chunk *chunk)
{
    chunk->refers_at = (uint32_t)(builder->refers.len / sizeof(uint32_t));
    for (uint32_t i = 0; i < builder->number; i++)
        if (builder->referred[i])
            buf_add(&builder->refers, &i, sizeof i);
    chunk->refers_count = (uint32_t)(builder->refers.len / sizeof(uint32_t)) - chunk->refers_at;
    free(builder->referred);
    builder->referred = NULL;
}

static void visit_link(void *context, uint32_t list, uint32_t ordinal)
{
    struct part_builder *builder = context;
    search_refs_link(&builder->writer, list, ordinal);
}

static void visit_record(void *context, struct journal_location location, const struct batch *batch,
                         size_t index)
{
    struct part_builder *builder = context;
    search_refs_record(&builder->writer, location, batch, index);
    search_record_texts(batch, location.signal, index, true, add_short, builder);
}

/* As many bits as keep about a quarter of them set, folded out of the large bitmap. */
static void end_grams(struct part_builder *builder, struct part_chunk *chunk)
{
    size_t words = ((size_t)1 << GRAM_LOG) / 64, set = 0;
    for (size_t i = 0; i < words; i++)
        set += (size_t)__builtin_popcountll(builder->seen[i]);
    chunk->grams_at = builder->grams.len;
    if (set == 0)
        return;
    chunk->gram_log = GRAM_LOG_MIN;
    while (chunk->gram_log < GRAM_LOG_MAX && ((size_t)1 << chunk->gram_log) < set * 4)
        chunk->gram_log++;
    size_t kept = ((size_t)1 << chunk->gram_log) / 64;
    for (size_t i = kept; i < words; i++)
        builder->seen[i % kept] |= builder->seen[i];
    for (size_t i = 0; i < kept; i++)
        buf_add_u64(&builder->grams, builder->seen[i]);
    memset(builder->seen, 0, words * sizeof *builder->seen);
}

enum status search_builder_add(struct part_builder *builder, struct journal *journal,
                               const struct journal_chunks *chunks, size_t number,
                               struct error *error)
{
    struct search_part *part = &builder->part;
    const struct journal_chunk *chunk = &chunks->items[number];
    if (part->chunk_count == PART_CHUNKS)
        return fail(error, STATUS_TOO_LARGE, "the part is full");
    struct part_chunk *added = &part->chunks[part->chunk_count];
    *added = (struct part_chunk){.chunk = *chunk, .refs_at = builder->refs.len};
    builder->chunks = chunks;
    builder->number = builder->last_referred = number;
    builder->referred = calloc(number + 1, 1);
    if (!builder->referred)
        return fail(error, STATUS_BUSY, "no memory to index a chunk");
    search_refs_start(&builder->writer, chunk);
    builder->writer.refers = note_referred;
    builder->writer.context = builder;
    memset(builder->short_texts, 0, sizeof builder->short_texts);
    const struct journal_visitor visitor = {builder, visit_text, visit_link, visit_record};
    enum status status = journal_visit_chunk(journal, chunk, &visitor, error);
    if (status == STATUS_CORRUPT)
        status = STATUS_OK;
    if (status == STATUS_OK && !search_refs_end(&builder->writer, &builder->refs))
        builder->failed = true;
    added->refs_bytes = (uint32_t)(builder->refs.len - added->refs_at);
    added->record_count = builder->writer.record_count;
    search_refs_done(&builder->writer);
    end_grams(builder, added);
    end_referred(builder, added);
    if (status == STATUS_OK && (builder->failed || builder->grams.failed || builder->bytes.failed ||
                                builder->refers.failed))
        status = fail(error, STATUS_BUSY, "no memory to index a chunk");
    if (status == STATUS_OK)
        part->chunk_count++;
    return status;
}

enum status search_builder_join(struct part_builder *builder, const struct search_part *part,
                                struct error *error)
{
    struct search_part *into = &builder->part;
    uint32_t shift = into->chunk_count;
    if (shift + part->chunk_count > PART_CHUNKS || part->segment != into->segment ||
        part->first_chunk != into->first_chunk + shift)
        return fail(error, STATUS_INVALID, "the parts do not join");
    for (uint32_t i = 0; i < part->chunk_count; i++) {
        into->chunks[shift + i] = part->chunks[i];
        into->chunks[shift + i].refs_at += builder->refs.len;
        into->chunks[shift + i].refers_at = (uint32_t)(builder->refers.len / sizeof(uint32_t));
        buf_add(&builder->refers, part->refers + part->chunks[i].refers_at,
                part->chunks[i].refers_count * sizeof(uint32_t));
        into->chunks[shift + i].grams_at += builder->grams.len;
    }
    buf_add(&builder->refs, part->refs, part->refs_bytes);
    buf_add(&builder->grams, part->grams, part->gram_bytes);
    builder->unbounded |= part->unbounded;
    for (size_t i = 0; i < part->token_count; i++) {
        size_t end = i + 1 < part->token_count ? part->token_at[i + 1] : part->token_bytes;
        add_word(builder,
                 (struct str){part->tokens + part->token_at[i], end - part->token_at[i] - 1},
                 part->masks[i] << shift);
    }
    into->chunk_count += part->chunk_count;
    if (builder->failed || builder->refs.failed || builder->grams.failed || builder->refers.failed)
        return fail(error, STATUS_BUSY, "no memory to join parts of the text index");
    return STATUS_OK;
}

/* --- the file */

static int by_text(const void *a, const void *b, void *context)
{
    const struct part_builder *builder = context;
    return str_compare(word_text(builder, &builder->words[*(const uint32_t *)a]),
                       word_text(builder, &builder->words[*(const uint32_t *)b]));
}

/* One chunk: its number * 2 + 1. Several: their count * 2, then the gaps between their numbers. */
static void put_mask(struct buf *out, uint64_t mask)
{
    unsigned count = (unsigned)__builtin_popcountll(mask), last = 0;
    if (count == 1) {
        put_varint(out, (uint64_t)__builtin_ctzll(mask) * 2 + 1);
        return;
    }
    put_varint(out, count * 2);
    for (; mask; mask &= mask - 1) {
        put_varint(out, (unsigned)__builtin_ctzll(mask) - last);
        last = (unsigned)__builtin_ctzll(mask);
    }
}

static void put_words(const struct part_builder *builder, const uint32_t *order,
                      struct buf *out_tokens, struct buf *out_masks)
{
    put_byte(out_tokens, '\n');
    for (size_t i = 0; i < builder->word_count; i++) {
        const struct word *word = &builder->words[order[i]];
        buf_add_str(out_tokens, word_text(builder, word));
        put_byte(out_tokens, '\n');
        put_mask(out_masks, word->mask);
    }
}

static void put_chunks(const struct part_builder *builder, struct buf *out)
{
    for (uint32_t i = 0; i < builder->part.chunk_count; i++) {
        const struct part_chunk *one = &builder->part.chunks[i];
        put_varint(out, one->chunk.first_frame);
        put_varint(out, one->chunk.frame_count);
        put_varint(out, one->chunk.first_content);
        put_varint(out, one->chunk.content_count);
        put_varint(out, one->chunk.start);
        put_varint(out, one->chunk.end);
        put_varint(out, one->record_count);
        put_varint(out, one->refs_bytes);
        put_varint(out, one->gram_log);
        put_varint(out, one->refers_count);
        for (uint32_t n = 0; n < one->refers_count; n++) {
            uint32_t number;
            memcpy(&number, builder->refers.ptr + (one->refers_at + n) * sizeof number,
                   sizeof number);
            put_varint(out, builder->part.first_chunk + i - number);
        }
    }
}

/* Bytes of the section, bytes of it compressed, then these. */
static void put_section(struct buf *out, const struct buf *section)
{
    size_t bound = ZSTD_compressBound(section->len);
    put_varint(out, section->len);
    struct buf packed = {0};
    if (section->failed || !buf_reserve(&packed, bound)) {
        out->failed = true;
        return;
    }
    size_t size =
        ZSTD_compress(packed.ptr, bound, section->ptr ? section->ptr : "", section->len, LEVEL);
    if (ZSTD_isError(size))
        out->failed = true;
    put_varint(out, size);
    put_bytes(out, packed.ptr, size);
    buf_done(&packed);
}

static void put_sections(const struct part_builder *builder, const uint32_t *order, struct buf *out)
{
    struct buf chunks = {0}, tokens = {0}, masks = {0};
    put_chunks(builder, &chunks);
    if (!builder->unbounded)
        put_words(builder, order, &tokens, &masks);
    put_section(out, &chunks);
    put_section(out, &tokens);
    put_section(out, &masks);
    put_section(out, &builder->grams);
    put_section(out, &builder->refs);
    buf_done(&chunks);
    buf_done(&tokens);
    buf_done(&masks);
}

enum status search_builder_write(struct part_builder *builder, struct buf *out, struct error *error)
{
    uint32_t *order = malloc((builder->word_count + 1) * sizeof *order);
    struct part_head head = {.segment = builder->part.segment,
                             .first_chunk = builder->part.first_chunk,
                             .chunk_count = builder->part.chunk_count,
                             .token_count = (uint32_t)builder->word_count,
                             .unbounded = builder->unbounded,
                             .created_ns = builder->part.created_ns};
    if (order && buf_reserve(out, PART_HEADER_BYTES)) {
        for (size_t i = 0; i < builder->word_count; i++)
            order[i] = (uint32_t)i;
        qsort_r(order, builder->word_count, sizeof *order, by_text, builder);
        out->len = PART_HEADER_BYTES;
        put_sections(builder, order, out);
        if (!out->failed)
            search_head_put(&head, buf_str(out), (uint8_t *)out->ptr);
    }
    bool failed = !order || out->failed;
    free(order);
    return failed ? fail(error, STATUS_BUSY, "no memory to write a part of the text index")
                  : STATUS_OK;
}
