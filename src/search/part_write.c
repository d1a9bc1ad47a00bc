/* SPDX-License-Identifier: Apache-2.0 */
/* part_write: a draft -> a part's file. */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "search/part_file.h"

enum { LEVEL = 3 };

void search_draft_done(struct part_draft *draft)
{
    buf_done(&draft->tokens);
    buf_done(&draft->posts);
    buf_done(&draft->shapes);
    buf_done(&draft->grams);
    buf_done(&draft->refs);
    buf_done(&draft->refers);
}

static void put_refers(const struct part_draft *draft, uint32_t i, struct buf *out)
{
    const struct part_chunk *one = &draft->part.chunks[i];
    put_varint(out, one->refers_count);
    for (uint32_t n = 0; n < one->refers_count; n++) {
        uint32_t number;
        memcpy(&number, draft->refers.ptr + (one->refers_at + n) * sizeof number, sizeof number);
        put_varint(out, draft->part.first_chunk + i - number);
    }
}

static void put_chunks(const struct part_draft *draft, struct buf *out)
{
    for (uint32_t i = 0; i < draft->part.chunk_count; i++) {
        const struct part_chunk *one = &draft->part.chunks[i];
        put_varint(out, one->chunk.first_frame);
        put_varint(out, one->chunk.frame_count);
        put_varint(out, one->chunk.first_content);
        put_varint(out, one->chunk.content_count);
        put_varint(out, one->chunk.start);
        put_varint(out, one->chunk.end);
        put_varint(out, one->record_count);
        put_varint(out, one->refs_bytes);
        put_varint(out, one->gram_log);
        put_byte(out, one->is_ascii);
        for (int section = 0; section < CONTENT_SECTIONS; section++)
            put_varint(out, one->section_frames[section]);
        put_bytes(out, draft->part.longest[i], SHAPE_RUNS);
        put_refers(draft, i, out);
    }
}

void search_section_put(struct buf *out, const struct buf *section, int level)
{
    size_t bound = ZSTD_compressBound(section->len);
    put_varint(out, section->len);
    struct buf packed = {0};
    if (section->failed || !buf_reserve(&packed, bound)) {
        out->failed = true;
        return;
    }
    size_t size =
        ZSTD_compress(packed.ptr, bound, section->ptr ? section->ptr : "", section->len, level);
    if (ZSTD_isError(size))
        out->failed = true;
    put_varint(out, size);
    put_bytes(out, packed.ptr, size);
    buf_done(&packed);
}

enum status search_draft_write(const struct part_draft *draft, struct buf *out, struct error *error)
{
    const struct part_head head = {.segment = draft->part.segment,
                                   .first_chunk = draft->part.first_chunk,
                                   .chunk_count = draft->part.chunk_count,
                                   .token_count = (uint32_t)draft->token_count,
                                   .unbounded = draft->part.unbounded,
                                   .created_ns = draft->part.created_ns};
    struct buf chunks = {0};
    if (!draft->refers.failed && buf_reserve(out, PART_HEADER_BYTES)) {
        out->len = PART_HEADER_BYTES;
        put_chunks(draft, &chunks);
        search_section_put(out, &chunks, LEVEL);
        search_section_put(out, &draft->tokens, LEVEL);
        search_section_put(out, &draft->posts, LEVEL);
        search_section_put(out, &draft->shapes, LEVEL);
        search_section_put(out, &draft->grams, LEVEL);
        search_section_put(out, &draft->refs, LEVEL);
        if (!out->failed)
            search_head_put(&head, buf_str(out), (uint8_t *)out->ptr);
    }
    buf_done(&chunks);
    return out->failed || draft->refers.failed
               ? fail(error, STATUS_BUSY, "no memory to write a part of the text index")
               : STATUS_OK;
}
