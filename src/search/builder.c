/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builder: chunks -> a part. Every reading of every text is cut into tokens; a token is kept once,
 * with the sections of chunks it stands in.
 */
#include <stdlib.h>
#include <string.h>

#include "search/fold.h"
#include "search/part_file.h"
#include "search/tokens.h"
#include "search/words.h"

enum { GRAM_LOG = 20, GRAM_LOG_MAX = 17, GRAM_LOG_MIN = 6 };
/* Long numbers and mixtures are kept as they are while they take no more than this share of the
 * chunk's bytes in the journal. */
enum { MIXED_SHARE = 4 };
enum { NUMBER_BYTES_MAX = 24 };

/* A number as text, zeros behind it. */
struct seen_number {
    char text[NUMBER_BYTES_MAX];
};

struct part_builder {
    struct part_draft draft;
    struct words words;
    struct buf shapes; /* uint32_t: a gram of a shape, then the chunk it stands in */
    const struct journal_chunks *chunks; /* of the segment, and which is being read */
    size_t number, last_referred;
    uint8_t *referred; /* by it, a byte a chunk */
    uint64_t *seen;    /* grams of the chunk being read, 2^GRAM_LOG bits */
    struct shape_collector collector;
    uint32_t frame; /* frames of it so far */
    size_t mixed_bytes_left;
    uint32_t section; /* of the text being read */
    bool failed;
    struct search_reading reading;
    struct buf folded;
    struct ref_writer writer;
    struct seen_text short_texts[SEEN_SLOTS];
    struct seen_number numbers[SEEN_SLOTS];
};

struct part_builder *search_builder_new(uint32_t segment, uint32_t first_chunk, int64_t created_ns)
{
    struct part_builder *builder = calloc(1, sizeof *builder);
    if (!builder)
        return NULL;
    builder->draft.part.segment = segment;
    builder->draft.part.first_chunk = first_chunk;
    builder->draft.part.created_ns = created_ns;
    builder->seen = calloc(1, (size_t)1 << (GRAM_LOG - 3));
    bool good = search_words_init(&builder->words) && search_shape_init(&builder->collector);
    if (!good || !builder->seen) {
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
    search_draft_done(&builder->draft);
    search_words_done(&builder->words);
    search_shape_done(&builder->collector);
    buf_done(&builder->folded);
    buf_done(&builder->shapes);
    free(builder->referred);
    free(builder->seen);
    free(builder);
}

/* --- a chunk */

static void add_grams(struct part_builder *builder, struct str run)
{
    for (size_t i = 0; i + GRAM_BYTES <= run.len; i++) {
        uint32_t bit = search_gram_hash(search_gram(run.ptr + i)) & ((1u << GRAM_LOG) - 1);
        builder->seen[bit / 64] |= UINT64_C(1) << (bit % 64);
    }
}

static void add_word(struct part_builder *builder, struct str text, bool is_mixed)
{
    uint16_t section = (uint16_t)(1u << builder->section);
    bool is_new = search_words_add(&builder->words, text, builder->draft.part.chunk_count, section);
    if (is_mixed && is_new)
        builder->mixed_bytes_left -= text.len;
}

static void add_reading(struct part_builder *builder, struct str text)
{
    struct token token;
    buf_clear(&builder->folded);
    search_fold(text, &builder->folded);
    builder->failed |= builder->folded.failed;
    search_shape_add(&builder->collector, text);
    if (!search_is_ascii(text)) {
        /* Words are compared folded, expressions are not. */
        search_shape_add(&builder->collector, buf_str(&builder->folded));
        builder->draft.part.chunks[builder->draft.part.chunk_count].is_ascii = false;
    }
    struct token_reader tokens = {.rest = buf_str(&builder->folded)};
    while (search_token_next(&tokens, &token)) {
        bool is_mixed = token.kind == TOKEN_MIXED;
        if (token.kind == TOKEN_BULK || (is_mixed && builder->mixed_bytes_left < token.text.len))
            add_grams(builder, token.text);
        else
            add_word(builder, token.text, is_mixed);
    }
}

static void add_text(struct part_builder *builder, struct str text)
{
    builder->reading.started = false;
    builder->reading.level = 0;
    while (search_reading_next(&builder->reading, text, READINGS_MAX))
        add_reading(builder, builder->reading.text);
}

/* Whether the chunk's records had this text already, as far as one remembers. */
static bool was_added(struct part_builder *builder, struct str text)
{
    struct seen_text *seen = search_seen(builder->short_texts, text);
    bool was = seen->ptr == text.ptr && seen->len == text.len;
    *seen = (struct seen_text){text.ptr, text.len, 0};
    return was;
}

static bool number_was_added(struct part_builder *builder, struct str text)
{
    struct seen_number number = {{0}};
    if (text.len > sizeof number.text)
        return false;
    memcpy(number.text, text.ptr, text.len);
    struct seen_number *seen = &builder->numbers[str_hash(text) & (SEEN_SLOTS - 1)];
    bool was = !memcmp(seen, &number, sizeof number);
    *seen = number;
    return was;
}

static void add_short(void *context, struct str text, bool stays)
{
    struct part_builder *builder = context;
    if (stays ? was_added(builder, text) : number_was_added(builder, text))
        return;
    builder->section = RECORD_SECTION;
    add_text(builder, text);
}

static void visit_frame(void *context, uint32_t number)
{
    struct part_builder *builder = context;
    builder->frame = number + 1;
}

static void visit_text(void *context, uint32_t ordinal, struct str text)
{
    struct part_builder *builder = context;
    struct part_chunk *chunk = &builder->draft.part.chunks[builder->draft.part.chunk_count];
    builder->section = search_section_of(&chunk->chunk, ordinal);
    chunk->section_frames[builder->section] = builder->frame;
    add_text(builder, text);
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
    struct buf *refers = &builder->draft.refers;
    chunk->refers_at = (uint32_t)(refers->len / sizeof(uint32_t));
    for (uint32_t i = 0; i < builder->number; i++)
        if (builder->referred[i])
            buf_add(refers, &i, sizeof i);
    chunk->refers_count = (uint32_t)(refers->len / sizeof(uint32_t)) - chunk->refers_at;
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
    search_record_texts(batch, location.signal, index, RECORD_NUMBERS, add_short, builder);
}

/* As many bits as keep about a quarter of them set, folded out of the large bitmap. */
static void end_grams(struct part_builder *builder, struct part_chunk *chunk)
{
    size_t words = ((size_t)1 << GRAM_LOG) / 64, set = 0;
    for (size_t i = 0; i < words; i++)
        set += (size_t)__builtin_popcountll(builder->seen[i]);
    chunk->grams_at = builder->draft.grams.len;
    if (set == 0)
        return;
    chunk->gram_log = GRAM_LOG_MIN;
    while (chunk->gram_log < GRAM_LOG_MAX && ((size_t)1 << chunk->gram_log) < set * 4)
        chunk->gram_log++;
    size_t kept = ((size_t)1 << chunk->gram_log) / 64;
    for (size_t i = kept; i < words; i++)
        builder->seen[i % kept] |= builder->seen[i];
    for (size_t i = 0; i < kept; i++)
        buf_add_u64(&builder->draft.grams, builder->seen[i]);
    memset(builder->seen, 0, words * sizeof *builder->seen);
}

static void end_shapes(struct part_builder *builder, uint32_t number)
{
    struct buf grams = {0};
    search_shape_take(&builder->collector, &grams, builder->draft.part.longest[number]);
    for (size_t at = 0; at < grams.len; at += sizeof(uint32_t)) {
        uint32_t gram;
        memcpy(&gram, grams.ptr + at, sizeof gram);
        gram = gram * PART_CHUNKS + number;
        buf_add(&builder->shapes, &gram, sizeof gram);
    }
    builder->failed |= grams.failed | builder->shapes.failed;
    buf_done(&grams);
}

static bool ran_out(const struct part_builder *builder)
{
    const struct part_draft *draft = &builder->draft;
    return builder->failed || builder->words.failed || draft->grams.failed || draft->refers.failed;
}

enum status search_builder_add(struct part_builder *builder, struct journal *journal,
                               const struct journal_chunks *chunks, size_t number,
                               struct error *error)
{
    struct search_part *part = &builder->draft.part;
    struct buf *refs = &builder->draft.refs;
    const struct journal_chunk *chunk = &chunks->items[number];
    if (part->chunk_count == PART_CHUNKS)
        return fail(error, STATUS_TOO_LARGE, "the part is full");
    struct part_chunk *added = &part->chunks[part->chunk_count];
    *added = (struct part_chunk){.chunk = *chunk, .refs_at = refs->len, .is_ascii = true};
    builder->chunks = chunks;
    builder->number = builder->last_referred = number;
    builder->referred = calloc(number + 1, 1);
    if (!builder->referred)
        return fail(error, STATUS_BUSY, "no memory to index a chunk");
    builder->mixed_bytes_left = (size_t)(chunk->end - chunk->start) / MIXED_SHARE;
    search_refs_start(&builder->writer, chunk);
    builder->writer.refers = note_referred;
    builder->writer.context = builder;
    memset(builder->short_texts, 0, sizeof builder->short_texts);
    memset(builder->numbers, 0, sizeof builder->numbers);
    const struct journal_visitor visitor = {.context = builder,
                                            .frame = visit_frame,
                                            .text = visit_text,
                                            .link = visit_link,
                                            .record = visit_record};
    enum status status = journal_visit_chunk(journal, chunk, &visitor, error);
    if (status == STATUS_CORRUPT)
        status = STATUS_OK;
    if (status == STATUS_OK && !search_refs_end(&builder->writer, refs))
        builder->failed = true;
    added->refs_bytes = (uint32_t)(refs->len - added->refs_at);
    added->record_count = builder->writer.record_count;
    search_refs_done(&builder->writer);
    end_grams(builder, added);
    end_shapes(builder, part->chunk_count);
    end_referred(builder, added);
    if (status == STATUS_OK && ran_out(builder))
        status = fail(error, STATUS_BUSY, "no memory to index a chunk");
    if (status == STATUS_OK)
        part->chunk_count++;
    return status;
}

/* --- the file */

static int by_number(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* All chunks of a gram come together once they are sorted. */
static void write_shapes(struct part_builder *builder)
{
    uint32_t *items = (uint32_t *)builder->shapes.ptr;
    size_t count = builder->shapes.len / sizeof *items;
    struct shape_writer writer = {.out = &builder->draft.shapes};
    if (count)
        qsort(items, count, sizeof *items, by_number);
    for (size_t i = 0; i < count;) {
        uint32_t gram = items[i] / PART_CHUNKS;
        uint64_t mask = 0;
        for (; i < count && items[i] / PART_CHUNKS == gram; i++)
            mask |= UINT64_C(1) << items[i] % PART_CHUNKS;
        search_shape_put(&writer, gram, mask);
    }
}

enum status search_builder_write(struct part_builder *builder, struct buf *out, struct error *error)
{
    struct part_draft *draft = &builder->draft;
    draft->part.unbounded = builder->words.unbounded;
    draft->token_count = builder->words.count;
    buf_clear(&draft->tokens);
    buf_clear(&draft->posts);
    buf_clear(&draft->shapes);
    if (!builder->words.unbounded)
        search_words_write(&builder->words, &draft->tokens, &draft->posts);
    write_shapes(builder);
    return search_draft_write(draft, out, error);
}
