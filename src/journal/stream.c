/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: frames in bytes: their headers, and a chunk's payloads back to raw frames.
 *
 * The payloads of a chunk, joined, are one zstd stream that was flushed after each frame and never
 * ended. With an empty last block behind it, it is a complete zstd frame, which decompresses in one
 * call without a window.
 */
#include "journal/journal_private.h"

#include <stdlib.h>
#include <zstd.h>

#define MAGIC_START    UINT32_C(0x53464a56) /* "VJFS": begins a chunk */
#define MAGIC_CONTINUE UINT32_C(0x43464a56) /* "VJFC": continues one */

/* A header verifies only where it was written: bytes of another place or segment never pass for a
 * frame. */
static uint32_t header_check(const uint8_t *bytes, struct journal_position at)
{
    uint64_t seed = at.offset * UINT64_C(0x9e3779b97f4a7c15) + at.segment;
    return (uint32_t)journal__checksum(seed, bytes, FRAME_HEADER_BYTES - 4);
}

void journal__header_put(const struct frame_header *header, struct journal_position at,
                         uint8_t *out)
{
    store_u32(out, header->starts_chunk ? MAGIC_START : MAGIC_CONTINUE);
    store_u32(out + 4, header->payload_bytes);
    store_u32(out + 8, header->raw_bytes);
    store_u32(out + 12, header->first_content);
    store_u32(out + 16, header->content_count);
    store_u64(out + 20, (uint64_t)header->arrival_max);
    store_u64(out + 28, header->checksum);
    store_u32(out + 36, header_check(out, at));
}

bool journal__header_get(const uint8_t *bytes, struct journal_position at, struct frame_header *out)
{
    uint32_t magic = load_u32(bytes);
    if ((magic != MAGIC_START && magic != MAGIC_CONTINUE) ||
        load_u32(bytes + 36) != header_check(bytes, at))
        return false;
    *out = (struct frame_header){
        .starts_chunk = magic == MAGIC_START,
        .payload_bytes = load_u32(bytes + 4),
        .raw_bytes = load_u32(bytes + 8),
        .first_content = load_u32(bytes + 12),
        .content_count = load_u32(bytes + 16),
        .arrival_max = (int64_t)load_u64(bytes + 20),
        .checksum = load_u64(bytes + 28),
    };
    return true;
}

bool journal__decompress(char *payloads, size_t size, char *out_raw, size_t raw_size)
{
    static const char last_block[STREAM_END_BYTES] = {1, 0, 0};
    memcpy(payloads + size, last_block, sizeof last_block);
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (!context)
        return false;
    size_t got =
        ZSTD_decompressDCtx(context, out_raw, raw_size, payloads, size + sizeof last_block);
    ZSTD_freeDCtx(context);
    return !ZSTD_isError(got) && got == raw_size;
}

/* --- chunks in memory */

struct chunk *journal__chunk_new(uint32_t segment, uint32_t first_frame)
{
    struct chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk) {
        chunk->segment = segment;
        chunk->first_frame = first_frame;
        chunk->bytes = sizeof *chunk;
        chunk->refs = 1;
    }
    return chunk;
}

void journal__chunk_unref(struct chunk *chunk)
{
    if (!chunk || atomic_fetch_sub(&chunk->refs, 1) > 1)
        return;
    for (size_t i = 0; i < chunk->frame_count; i++) {
        free(chunk->frames[i].content_at);
        if (!chunk->raw)
            free((char *)chunk->frames[i].raw.ptr);
    }
    for (size_t i = 0; i < chunk->retired_count; i++)
        free(chunk->retired[i]);
    free(chunk->frames);
    free(chunk->raw);
    free(chunk);
}

static bool widen(struct chunk *chunk)
{
    size_t capacity = chunk->frame_capacity ? chunk->frame_capacity * 2 : 8;
    struct chunk_frame *wider =
        chunk->retired_count == RETIRED_MAX ? NULL : malloc(capacity * sizeof *wider);
    if (!wider)
        return false;
    if (chunk->frames) {
        memcpy(wider, chunk->frames, chunk->frame_count * sizeof *wider);
        chunk->retired[chunk->retired_count++] = chunk->frames;
    }
    chunk->frames = wider;
    chunk->frame_capacity = capacity;
    return true;
}

bool journal__chunk_add(struct chunk *chunk, const struct chunk_frame *frame)
{
    if (chunk->frame_count == chunk->frame_capacity && !widen(chunk))
        return false;
    chunk->frames[chunk->frame_count++] = *frame;
    chunk->bytes +=
        frame->raw.len + frame->content_count * sizeof *frame->content_at + sizeof *frame;
    return true;
}

static struct str record_at(const struct chunk_frame *frame, size_t index,
                            enum content_kind *out_kind)
{
    struct cursor in = cursor_of(str_sub(frame->raw, frame->content_at[index], frame->raw.len));
    uint64_t head = get_varint(&in);
    *out_kind = head & 3;
    return get_bytes(&in, head >> 2);
}

bool journal__frame_index(struct str raw, uint32_t first_content, uint32_t content_count,
                          struct chunk_frame *out)
{
    if (raw.len < 4 || content_count > raw.len || first_content > UINT32_MAX - content_count)
        return false;
    uint32_t contents_bytes = load_u32((const uint8_t *)raw.ptr);
    if (contents_bytes > raw.len - 4)
        return false;
    struct cursor in = cursor_of(str_sub(raw, 4, contents_bytes));
    uint32_t *content_at = malloc((content_count + (size_t)1) * sizeof *content_at);
    if (!content_at)
        return false;
    for (uint32_t i = 0; i < content_count; i++) {
        content_at[i] = (uint32_t)((const char *)in.at - raw.ptr);
        uint64_t head = get_varint(&in);
        if ((head & 3) >= CONTENT_KINDS)
            cursor_fail(&in);
        get_bytes(&in, head >> 2);
        if (in.bad)
            break;
    }
    if (in.bad || cursor_left(&in)) {
        free(content_at);
        return false;
    }
    *out = (struct chunk_frame){raw, first_content, content_count, content_at,
                                4 + (size_t)contents_bytes};
    return true;
}

bool journal__chunk_content(const struct chunk_frame *frames, size_t count, uint32_t ordinal,
                            enum content_kind *out_kind, struct str *out_record)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct chunk_frame *frame = &frames[middle];
        if (ordinal < frame->first_content) {
            high = middle;
        } else if (ordinal - frame->first_content >= frame->content_count) {
            low = middle + 1;
        } else {
            *out_record = record_at(frame, ordinal - frame->first_content, out_kind);
            return true;
        }
    }
    return false;
}
