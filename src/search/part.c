/* SPDX-License-Identifier: Apache-2.0 */
/* part: a file's bytes -> what is known of some chunks. */
#include "search/part.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "journal/coding.h"
#include "search/part_file.h"

static const uint8_t magic[8] = {'V', 'T', 'R', 'S', 'R', 'C', 'H', PART_VERSION};
enum { HEAD_HASHED = 56, SECTION_BYTES_MAX = 1 << 30 };

void search_head_put(const struct part_head *head, struct str file, uint8_t *out)
{
    memset(out, 0, PART_HEADER_BYTES);
    memcpy(out, magic, sizeof magic);
    store_u32(out + 8, head->segment);
    store_u32(out + 12, head->first_chunk);
    store_u32(out + 16, head->chunk_count);
    store_u32(out + 20, head->token_count);
    store_u32(out + 24, head->unbounded);
    store_u64(out + 28, (uint64_t)head->created_ns);
    store_u64(out + 36, str_hash(str_sub(file, PART_HEADER_BYTES, file.len)));
    store_u64(out + HEAD_HASHED, str_hash((struct str){(const char *)out, HEAD_HASHED}));
}

static bool head_get(struct str file, struct part_head *out)
{
    const uint8_t *at = (const uint8_t *)file.ptr;
    if (file.len < PART_HEADER_BYTES || memcmp(at, magic, sizeof magic) != 0 ||
        load_u64(at + HEAD_HASHED) != str_hash(str_sub(file, 0, HEAD_HASHED)))
        return false;
    *out = (struct part_head){
        .segment = load_u32(at + 8),
        .first_chunk = load_u32(at + 12),
        .chunk_count = load_u32(at + 16),
        .token_count = load_u32(at + 20),
        .unbounded = load_u32(at + 24) & 1,
        .created_ns = (int64_t)load_u64(at + 28),
        .body_hash = load_u64(at + 36),
    };
    return out->chunk_count > 0 && out->chunk_count <= PART_CHUNKS;
}

bool search_part_head(struct str bytes, struct search_part *out_head)
{
    struct part_head head;
    if (!head_get(bytes, &head))
        return false;
    *out_head = (struct search_part){.segment = head.segment,
                                     .first_chunk = head.first_chunk,
                                     .chunk_count = head.chunk_count,
                                     .token_count = head.token_count,
                                     .created_ns = head.created_ns,
                                     .unbounded = head.unbounded};
    return true;
}

void search_part_free(struct search_part *part)
{
    if (!part)
        return;
    free(part->tokens);
    free(part->posts);
    free(part->marks);
    free(part->shapes);
    free(part->grams);
    free(part->refs);
    free(part->refers);
    free(part);
}

size_t search_part_memory(const struct search_part *part)
{
    size_t marks = part->token_count / TOKENS_A_MARK * sizeof *part->marks;
    return sizeof *part + part->token_bytes + part->post_bytes + marks + part->shape_bytes +
           part->gram_bytes + part->refs_bytes;
}

/* --- reading */

static bool get_section(struct cursor *in, char **out, size_t *out_size)
{
    uint64_t size = get_varint(in), packed_size = get_varint(in);
    struct str packed = get_bytes(in, packed_size);
    if (in->bad || size > SECTION_BYTES_MAX)
        return false;
    *out = malloc((size_t)size + 1);
    *out_size = (size_t)size;
    return *out && ZSTD_decompress(*out, (size_t)size, packed.ptr, packed.len) == size;
}

static bool get_chunks(struct search_part *part, struct cursor *file)
{
    char *bytes = NULL;
    size_t size = 0;
    bool good = get_section(file, &bytes, &size);
    struct cursor in = cursor_of((struct str){bytes, good ? size : 0});
    uint64_t grams_at = 0, refs_at = 0;
    uint32_t refers_at = 0;
    part->refers = calloc(good ? size + 1 : 1, sizeof *part->refers);
    good = good && part->refers;
    for (uint32_t i = 0; i < part->chunk_count && good; i++) {
        struct part_chunk *one = &part->chunks[i];
        one->chunk.segment = part->segment;
        one->chunk.complete = true;
        one->chunk.first_frame = get_u32(&in);
        one->chunk.frame_count = get_u32(&in);
        one->chunk.first_content = get_u32(&in);
        one->chunk.content_count = get_u32(&in);
        one->chunk.start = get_varint(&in);
        one->chunk.end = get_varint(&in);
        one->record_count = get_u32(&in);
        one->refs_bytes = get_u32(&in);
        one->gram_log = get_byte(&in);
        one->is_ascii = get_byte(&in) & 1;
        for (int section = 0; section < CONTENT_SECTIONS; section++)
            one->section_frames[section] = get_u32(&in);
        for (int run = 0; run < SHAPE_RUNS; run++)
            part->longest[i][run] = get_byte(&in);
        one->refers_count = get_u32(&in);
        one->refers_at = refers_at;
        if (one->refers_count > size) /* each takes a byte at least */
            cursor_fail(&in);
        for (uint32_t n = 0; n < one->refers_count && !in.bad && refers_at < size; n++)
            part->refers[refers_at++] = part->first_chunk + i - get_u32(&in);
        one->refs_at = refs_at;
        one->grams_at = grams_at;
        refs_at += one->refs_bytes;
        grams_at += one->gram_log ? (UINT64_C(1) << (one->gram_log & 31)) / 8 : 0;
        good = !in.bad && one->gram_log <= 24;
    }
    free(bytes);
    return good;
}

/* Counts the tokens and their places, and notes where every so many of them begin. */
static bool mark_tokens(struct search_part *part)
{
    size_t count = 0;
    struct cursor in = cursor_of((struct str){part->posts, part->post_bytes});
    const uint8_t *posts = in.at;
    /* The first line end begins the first token; every further one ends a token. */
    const char *at = part->tokens, *end = at + part->token_bytes;
    for (; at && count < part->token_count && end - at > 1; count++) {
        if (count % TOKENS_A_MARK == 0)
            part->marks[count / TOKENS_A_MARK] =
                (struct token_mark){(uint32_t)(at + 1 - part->tokens), (uint32_t)(in.at - posts)};
        search_places_skip(&in);
        at = memchr(at + 1, '\n', (size_t)(end - at - 1));
    }
    return at && count == part->token_count && !in.bad;
}

static bool get_words(struct search_part *part, struct cursor *file)
{
    bool good = get_section(file, &part->tokens, &part->token_bytes) &&
                get_section(file, &part->posts, &part->post_bytes);
    if (part->unbounded || !good)
        part->token_count = 0;
    part->marks = calloc(part->token_count / TOKENS_A_MARK + 1, sizeof *part->marks);
    return good && part->marks && mark_tokens(part);
}

static bool fits(const struct search_part *part)
{
    const struct part_chunk *last = &part->chunks[part->chunk_count - 1];
    uint64_t grams = last->gram_log ? (UINT64_C(1) << last->gram_log) / 8 : 0;
    return last->refs_at + last->refs_bytes <= part->refs_bytes &&
           last->grams_at + grams <= part->gram_bytes;
}

enum status search_part_read(struct str bytes, struct search_part **out_part, struct error *error)
{
    struct part_head head;
    struct search_part *part = calloc(1, sizeof *part);
    if (!part)
        return fail(error, STATUS_BUSY, "no memory for a part of the text index");
    struct str body = str_sub(bytes, PART_HEADER_BYTES, bytes.len);
    struct cursor in = cursor_of(body);
    if (search_part_head(bytes, part) && head_get(bytes, &head) &&
        head.body_hash == str_hash(body) && get_chunks(part, &in) && get_words(part, &in) &&
        get_section(&in, &part->shapes, &part->shape_bytes) &&
        get_section(&in, (char **)&part->grams, &part->gram_bytes) &&
        get_section(&in, &part->refs, &part->refs_bytes) && fits(part)) {
        *out_part = part;
        return STATUS_OK;
    }
    search_part_free(part);
    return fail(error, STATUS_CORRUPT, "a part of the text index does not check out");
}
