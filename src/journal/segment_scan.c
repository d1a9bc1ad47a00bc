/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment_scan: the table of frames of a file without a seal, by walking it.
 *
 * A frame is written only after the one before it is synced, so only the last can be half there:
 * what follows the last good frame is a torn tail. A bad frame with good ones behind it was damaged
 * later: it stays in the table, marked, and nothing is cut.
 */
#include "journal/journal_private.h"

#include <stdlib.h>

struct walk {
    struct segment *segment;
    uint64_t limit;
    struct buf bytes;
};

static bool header_at(struct walk *walk, uint64_t offset, struct frame_header *out)
{
    uint8_t bytes[FRAME_HEADER_BYTES];
    struct journal_position at = {walk->segment->id, offset};
    return walk->limit - offset >= sizeof bytes &&
           journal__read_all(walk->segment->fd, bytes, sizeof bytes, offset, NULL) == STATUS_OK &&
           journal__header_get(bytes, at, out);
}

static bool payload_good(struct walk *walk, uint64_t offset, const struct frame_header *header)
{
    size_t size = header->payload_bytes;
    if (walk->limit - offset - FRAME_HEADER_BYTES < size)
        return false;
    buf_clear(&walk->bytes);
    return buf_reserve(&walk->bytes, size + 1) &&
           journal__read_all(walk->segment->fd, walk->bytes.ptr, size, offset + FRAME_HEADER_BYTES,
                             NULL) == STATUS_OK &&
           journal__checksum(0, walk->bytes.ptr, size) == header->checksum;
}

/* Where the next good header stands at or after `from`; the limit when there is none. */
static uint64_t find_header(struct walk *walk, uint64_t from)
{
    enum { STEP = 1 << 20 };
    struct frame_header header;
    for (uint64_t base = from; walk->limit - base >= FRAME_HEADER_BYTES;) {
        size_t size = walk->limit - base < STEP ? (size_t)(walk->limit - base) : STEP;
        buf_clear(&walk->bytes);
        if (!buf_reserve(&walk->bytes, STEP) ||
            journal__read_all(walk->segment->fd, walk->bytes.ptr, size, base, NULL) != STATUS_OK)
            break;
        size_t last = size - FRAME_HEADER_BYTES;
        for (size_t i = 0; i <= last; i++) {
            const char *hit = memchr(walk->bytes.ptr + i, 'V', last + 1 - i);
            if (!hit)
                break;
            i = (size_t)(hit - walk->bytes.ptr);
            if (journal__header_get((const uint8_t *)hit,
                                    (struct journal_position){walk->segment->id, base + i},
                                    &header))
                return base + i;
        }
        base += last + 1;
    }
    return walk->limit;
}

static bool add_gap(struct segment *segment, uint64_t from, uint64_t to)
{
    uint64_t size = to - from < FRAME_HEADER_BYTES ? 0 : to - from - FRAME_HEADER_BYTES;
    /* As if it began a chunk: what continues the chunk that is damaged here cannot be read. */
    struct frame_header gap = {.starts_chunk = true,
                               .payload_bytes = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size,
                               .first_content = segment->content_count,
                               .arrival_max = INT64_MIN};
    return journal__segment_add(segment, &gap, from, true);
}

static bool add_frame(struct walk *walk, uint64_t offset, const struct frame_header *header,
                      bool good)
{
    struct segment *segment = walk->segment;
    if (header->first_content < segment->content_count || header->raw_bytes > FRAME_BYTES_MAX * 2 ||
        header->content_count > UINT32_MAX - header->first_content) {
        struct frame_header wrong = *header;
        wrong.first_content = segment->content_count;
        wrong.content_count = 0;
        return journal__segment_add(segment, &wrong, offset, true);
    }
    return journal__segment_add(segment, header, offset, !good);
}

/* Frames that are bad to the end of the file were never acknowledged. */
static void drop_bad_tail(struct segment *segment)
{
    while (segment->frame_count && segment->frames[segment->frame_count - 1].corrupt)
        segment->frame_count--;
    const struct frame_info *last =
        segment->frame_count ? &segment->frames[segment->frame_count - 1] : NULL;
    segment->end =
        last ? last->offset + FRAME_HEADER_BYTES + last->payload_bytes : SEGMENT_HEADER_BYTES;
    segment->content_count = last ? last->first_content + last->content_count : 0;
}

enum status journal__segment_scan(struct segment *segment, uint64_t limit, struct error *error)
{
    struct walk walk = {.segment = segment, .limit = limit};
    uint64_t offset = SEGMENT_HEADER_BYTES;
    bool memory = true;
    segment->frame_count = 0;
    segment->content_count = 0;
    while (memory && offset < limit) {
        struct frame_header header;
        if (header_at(&walk, offset, &header)) {
            bool good = payload_good(&walk, offset, &header);
            memory = add_frame(&walk, offset, &header, good);
            uint64_t next = offset + FRAME_HEADER_BYTES + header.payload_bytes;
            offset = next > limit ? limit : next;
        } else {
            uint64_t next = find_header(&walk, offset + 1);
            memory = add_gap(segment, offset, next);
            offset = next;
        }
    }
    buf_done(&walk.bytes);
    if (!memory)
        return fail(error, STATUS_BUSY, "no memory for the frames of a segment");
    drop_bad_tail(segment);
    segment->torn_bytes = limit - segment->end;
    segment->loaded = true;
    return STATUS_OK;
}
