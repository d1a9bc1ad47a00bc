/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache: decompressed chunks, the one being written among them, so that whoever follows the journal
 * closely never decompresses. Bounded by bytes and by number; the chunk used longest ago goes
 * first, the active one never. Chunks that visitors keep have a bound of their own: what a search
 * found neither drives out what was just written nor is driven out by it.
 */
#include "journal/journal_private.h"

#include <stdlib.h>

#include "base/clock.h"

enum { KEPT_SECONDS = 2 };

static struct chunk *find(struct journal *journal, uint32_t segment, uint32_t first_frame)
{
    for (size_t i = journal->chunk_count; i-- > 0;) {
        struct chunk *chunk = journal->chunks[i];
        if (chunk->first_frame == first_frame && chunk->segment == segment)
            return chunk;
    }
    return NULL;
}

static void remove_at(struct journal *journal, size_t index)
{
    struct chunk *chunk = journal->chunks[index];
    journal->chunks[index] = journal->chunks[--journal->chunk_count];
    *(chunk->kept ? &journal->kept_bytes : &journal->chunk_bytes) -= chunk->bytes;
    journal__chunk_unref(chunk);
}

void journal__cache_remove(struct journal *journal, const struct chunk *chunk)
{
    for (size_t i = 0; i < journal->chunk_count; i++)
        if (journal->chunks[i] == chunk) {
            remove_at(journal, i);
            return;
        }
}

/* SIZE_MAX: there is none. */
static size_t find_oldest(const struct journal *journal, bool kept)
{
    size_t oldest = SIZE_MAX;
    for (size_t i = 0; i < journal->chunk_count; i++)
        if (journal->chunks[i] != journal->chunk && journal->chunks[i]->kept == kept &&
            (oldest == SIZE_MAX || journal->chunks[i]->used < journal->chunks[oldest]->used))
            oldest = i;
    return oldest;
}

static bool remove_oldest(struct journal *journal, bool kept)
{
    size_t oldest = find_oldest(journal, kept);
    if (oldest != SIZE_MAX)
        remove_at(journal, oldest);
    return oldest != SIZE_MAX;
}

/* For a chunk that a visitor keeps. Those read in the last seconds stay: a search that reads more
 * than there is room for would, asked again, find none of them if each had driven out another. */
static bool make_room(struct journal *journal, size_t bytes)
{
    int64_t recently_ns = clock_mono_ns() - KEPT_SECONDS * NS_PER_SEC;
    while (journal->kept_bytes + bytes > journal->options.kept_bytes) {
        size_t oldest = find_oldest(journal, true);
        if (oldest == SIZE_MAX)
            return true; /* larger than all of the room: alone */
        if (journal->chunks[oldest]->kept_ns > recently_ns)
            return false;
        remove_at(journal, oldest);
    }
    return true;
}

void journal__cache_shrink(struct journal *journal)
{
    const struct journal_options *options = &journal->options;
    while (journal->kept_bytes > options->kept_bytes && remove_oldest(journal, true))
        ;
    while (journal->chunk_bytes > options->cache_bytes && remove_oldest(journal, false))
        ;
    while (journal->chunk_count > CHUNKS_CACHED_MAX - 1 &&
           (remove_oldest(journal, true) || remove_oldest(journal, false)))
        ;
}

static void use(struct journal *journal, struct chunk *chunk)
{
    chunk->used = ++journal->clock;
    if (chunk->kept)
        chunk->kept_ns = clock_mono_ns();
}

void journal__cache_put(struct journal *journal, struct chunk *chunk)
{
    journal__cache_shrink(journal);
    if (journal->chunk_count == CHUNKS_CACHED_MAX ||
        (chunk->kept && !make_room(journal, chunk->bytes)))
        return;
    atomic_fetch_add(&chunk->refs, 1);
    use(journal, chunk);
    journal->chunks[journal->chunk_count++] = chunk;
    *(chunk->kept ? &journal->kept_bytes : &journal->chunk_bytes) += chunk->bytes;
}

void journal_forget_kept(struct journal *journal, int64_t before_ns)
{
    pthread_mutex_lock(&journal->lock);
    for (size_t i = journal->chunk_count; i-- > 0;)
        if (journal->chunks[i]->kept && journal->chunks[i]->kept_ns < before_ns)
            remove_at(journal, i);
    pthread_mutex_unlock(&journal->lock);
}

void journal__cache_drop(struct journal *journal, uint32_t before_segment)
{
    for (size_t i = journal->chunk_count; i-- > 0;)
        if (journal->chunks[i]->segment < before_segment && journal->chunks[i] != journal->chunk)
            remove_at(journal, i);
}

/* --- reading from disk */

/* Joins the payloads that check out, from the first on; their number and sizes. */
static size_t join_payloads(const char *bytes, const struct segment *segment,
                            const struct frame_info *frames, size_t count, char *out_joined,
                            size_t *out_size, size_t *out_raw_size)
{
    size_t good = 0, size = 0, raw_size = 0;
    for (; good < count && !frames[good].corrupt; good++) {
        const struct frame_info *frame = &frames[good];
        const char *at = bytes + (frame->offset - frames[0].offset);
        struct frame_header header;
        struct journal_position position = {segment->id, frame->offset};
        if (!journal__header_get((const uint8_t *)at, position, &header) ||
            header.payload_bytes != frame->payload_bytes || header.raw_bytes != frame->raw_bytes ||
            journal__checksum(0, at + FRAME_HEADER_BYTES, frame->payload_bytes) != header.checksum)
            break;
        memcpy(out_joined + size, at + FRAME_HEADER_BYTES, frame->payload_bytes);
        size += frame->payload_bytes;
        raw_size += frame->raw_bytes;
    }
    *out_size = size;
    *out_raw_size = raw_size;
    return good;
}

static bool cut_frames(struct chunk *chunk, const struct frame_info *frames, size_t count)
{
    const char *at = chunk->raw;
    for (size_t i = 0; i < count; i++) {
        struct chunk_frame frame;
        if (!journal__frame_index((struct str){at, frames[i].raw_bytes}, frames[i].first_content,
                                  frames[i].content_count, &frame))
            return false;
        if (!journal__chunk_add(chunk, &frame)) {
            free(frame.content_at);
            return false;
        }
        at += frames[i].raw_bytes;
    }
    return true;
}

static enum status decompress(const struct segment *segment, struct chunk *chunk, const char *bytes,
                              const struct frame_info *frames, size_t count, char *joined,
                              struct error *error)
{
    size_t size, raw_size;
    size_t good = join_payloads(bytes, segment, frames, count, joined, &size, &raw_size);
    if (good == 0)
        return fail(error, STATUS_CORRUPT, "the checksum of a frame is wrong");
    if (raw_size > JOURNAL_CHUNK_BYTES_MAX)
        return fail(error, STATUS_CORRUPT, "a chunk claims %zu bytes", raw_size);
    chunk->raw = malloc(raw_size + 1);
    if (!chunk->raw)
        return fail(error, STATUS_BUSY, "no memory for a chunk of %zu bytes", raw_size);
    if (!journal__decompress(joined, size, chunk->raw, raw_size))
        return fail(error, STATUS_CORRUPT, "a chunk does not decompress");
    if (!cut_frames(chunk, frames, good))
        return fail(error, STATUS_CORRUPT, "a frame of the chunk is not well-formed");
    return STATUS_OK;
}

enum status journal__chunk_load(const struct segment *segment, uint32_t first_frame,
                                const struct frame_info *frames, size_t count,
                                struct chunk **out_chunk, struct error *error)
{
    const struct frame_info *last = &frames[count - 1];
    size_t size =
        (size_t)(last->offset + FRAME_HEADER_BYTES + last->payload_bytes - frames[0].offset);
    if (frames[0].corrupt)
        return fail(error, STATUS_CORRUPT, "the frame is damaged");
    if (size > JOURNAL_CHUNK_BYTES_MAX)
        return fail(error, STATUS_CORRUPT, "a chunk claims %zu bytes", size);
    char *bytes = malloc(size), *joined = malloc(size + STREAM_END_BYTES);
    struct chunk *chunk = journal__chunk_new(segment->id, first_frame);
    enum status status = STATUS_OK;
    if (!bytes || !joined || !chunk)
        status = fail(error, STATUS_BUSY, "no memory for a chunk of %zu bytes", size);
    if (status == STATUS_OK)
        status = journal__read_all(segment->fd, bytes, size, frames[0].offset, error);
    if (status == STATUS_OK)
        status = decompress(segment, chunk, bytes, frames, count, joined, error);
    free(bytes);
    free(joined);
    if (status == STATUS_OK)
        *out_chunk = chunk;
    else
        journal__chunk_unref(chunk);
    return status;
}

/* At most `most` frames. Copies what loading needs, so that the lock can be let go. */
static enum status load(struct journal *journal, struct segment *segment, uint32_t first,
                        size_t most, struct chunk **out_chunk, struct error *error)
{
    size_t count = 0, all = 0;
    while (first + all < segment->frame_count && segment->frames[first + all].chunk == first)
        all++;
    count = most < all ? most : all;
    struct frame_info *frames = malloc((count + 1) * sizeof *frames);
    if (!frames)
        return fail(error, STATUS_BUSY, "no memory for a chunk of %zu frames", count);
    memcpy(frames, segment->frames + first, count * sizeof *frames);
    segment->refs++;
    pthread_mutex_unlock(&journal->lock);
    enum status status = journal__chunk_load(segment, first, frames, count, out_chunk, error);
    pthread_mutex_lock(&journal->lock);
    journal__segment_unref(segment);
    free(frames);
    if (status == STATUS_OK)
        (*out_chunk)->is_beginning = count < all;
    return status;
}

/* Whether it has this many frames, or all there are. */
static bool has_frames(const struct chunk *chunk, size_t count)
{
    return chunk && (!chunk->is_beginning || chunk->frame_count >= count);
}

/* The beginning of a chunk makes room for more of it. */
static void put(struct journal *journal, struct chunk *chunk)
{
    struct chunk *before = find(journal, chunk->segment, chunk->first_frame);
    chunk->kept |= before && before->kept;
    if (before)
        journal__cache_remove(journal, before);
    journal__cache_put(journal, chunk);
}

/* Who does not keep the chunk may ask for its first frames only. */
static enum status get(struct journal *journal, struct segment *segment, uint32_t first,
                       size_t count, bool keep, struct chunk **out_chunk, struct error *error)
{
    uint32_t id = segment->id;
    struct chunk *chunk = find(journal, id, first), *loaded = NULL;
    if (!has_frames(chunk, count)) {
        enum status status = load(journal, segment, first, keep ? SIZE_MAX : count, &loaded, error);
        if (status != STATUS_OK)
            return status;
        chunk = find(journal, id, first); /* somebody else may have been faster */
        if (!has_frames(chunk, count)) {
            chunk = loaded;
            if (keep)
                put(journal, loaded);
        }
    }
    atomic_fetch_add(&chunk->refs, 1);
    if (keep)
        use(journal, chunk);
    journal__chunk_unref(loaded);
    *out_chunk = chunk;
    return STATUS_OK;
}

enum status journal__chunk_get(struct journal *journal, struct segment *segment, size_t frame,
                               struct chunk_view *out_view, struct error *error)
{
    uint32_t first = segment->frames[frame].chunk;
    struct chunk *chunk;
    enum status status = get(journal, segment, first, frame - first + 1, true, &chunk, error);
    if (status != STATUS_OK)
        return status;
    if (frame - first >= chunk->frame_count) {
        journal__chunk_unref(chunk);
        return fail(error, STATUS_CORRUPT, "the frame is damaged");
    }
    *out_view = (struct chunk_view){chunk, chunk->frames, chunk->frame_count, frame - first};
    return STATUS_OK;
}

enum status journal__chunk_peek(struct journal *journal, struct segment *segment, uint32_t first,
                                size_t count, struct chunk_view *out_view, struct error *error)
{
    struct chunk *chunk;
    enum status status = get(journal, segment, first, count, false, &chunk, error);
    if (status == STATUS_OK)
        *out_view = (struct chunk_view){chunk, chunk->frames, chunk->frame_count, 0};
    return status;
}

void journal__chunk_keep(struct journal *journal, struct chunk *chunk)
{
    pthread_mutex_lock(&journal->lock);
    struct chunk *known = find(journal, chunk->segment, chunk->first_frame);
    if (!has_frames(known, chunk->frame_count)) {
        chunk->kept = true;
        put(journal, chunk);
        known = chunk;
    } else if (!known->kept && known != journal->chunk) {
        known->kept = true;
        journal->chunk_bytes -= known->bytes;
        journal->kept_bytes += known->bytes;
    }
    use(journal, known);
    pthread_mutex_unlock(&journal->lock);
}
