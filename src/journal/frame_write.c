/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame_write: a group of entries -> one frame, on disk and synced, or not there at all.
 *
 * After a failure the file ends where it ended before, the numbers given to new contents are free
 * again, and the chunk's stream, which has bytes in it that nobody will ever read, is abandoned:
 * the next frame begins a chunk.
 */
#include "journal/journal_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "base/must.h"

COUNTER(raw_total, "vitrine_journal_raw_bytes_total", "",
        "Encoded bytes before contents were shared and compressed");
COUNTER(unique_total, "vitrine_journal_unique_bytes_total", "",
        "Bytes left after contents were shared");
COUNTER(written_total, "vitrine_journal_written_bytes_total", "", "Bytes written to segments");
COUNTER(frames_total, "vitrine_journal_frames_total", "", "Frames written, each with one sync");
COUNTER(batches_total, "vitrine_journal_batches_total", "", "Batches written");
COUNTER(hits_total, "vitrine_journal_contents_total", "known=\"yes\"",
        "Texts and lists put into frames");
COUNTER(misses_total, "vitrine_journal_contents_total", "known=\"no\"",
        "Texts and lists put into frames");

enum { LEVEL_DEFAULT = 1, HASH_LOG = 16 };
#define SEGMENT_AGE_MAX_NS                                                                         \
    (24 * 3600 * NS_PER_SEC) /* retention works by segment: none may cover many days */

enum status journal__compressor_start(struct journal *journal, struct error *error)
{
    int level = journal->options.zstd_level ? journal->options.zstd_level : LEVEL_DEFAULT;
    journal->compressor = ZSTD_createCCtx();
    if (!journal->compressor)
        return fail(error, STATUS_BUSY, "no memory for the journal's compressor");
    ZSTD_CCtx_setParameter(journal->compressor, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(journal->compressor, ZSTD_c_windowLog, WINDOW_LOG);
    /* Level 1 looks back through a table made for 128 KiB; a larger one finds what is farther:
     * measured on agents, a tenth less on disk for a sixth more time. */
    if (level == LEVEL_DEFAULT)
        ZSTD_CCtx_setParameter(journal->compressor, ZSTD_c_hashLog, HASH_LOG);
    return STATUS_OK;
}

/* --- segments and chunks being begun */

static bool segment_is_full(const struct journal *journal)
{
    const struct segment *active = journal->active;
    return journal->active_broken || active->end >= journal->options.segment_bytes ||
           active->content_count >= SEGMENT_CONTENTS_MAX ||
           active->frame_count >= SEGMENT_FRAMES_MAX ||
           (active->frame_count > 0 && clock_now_ns() - active->created_ns > SEGMENT_AGE_MAX_NS);
}

static void forget_chunk(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    struct chunk *chunk = journal->chunk;
    journal->chunk = NULL;
    journal__chunk_unref(chunk);
    journal__cache_shrink(journal);
    pthread_mutex_unlock(&journal->lock);
    journal->chunk_raw_bytes = 0;
}

static void seal_active(struct journal *journal)
{
    struct segment *segment = journal->active;
    struct error error;
    if (!segment || journal->active_broken)
        return;
    uint64_t file_bytes;
    if (journal__segment_seal(segment, &journal->files, &file_bytes, &error) == STATUS_OK) {
        pthread_mutex_lock(&journal->lock);
        journal->written_bytes += file_bytes - segment->file_bytes;
        segment->file_bytes = file_bytes;
        segment->sealed = true;
        pthread_mutex_unlock(&journal->lock);
        log_info("journal", "segment sealed",
                 "segment=%" PRIu32 " bytes=%" PRIu64 " frames=%zu contents=%" PRIu32, segment->id,
                 segment->file_bytes, segment->frame_count, segment->content_count);
    } else {
        char quoted[LOG_QUOTE_BYTES];
        log_warn("journal", "segment stays unsealed", "segment=%" PRIu32 " error=%s", segment->id,
                 log_quote(str_from(error.text), quoted));
    }
}

/* The file is created before the old one is sealed: sealing may fail, without a file nothing can go
 * on. */
static enum status begin_segment(struct journal *journal, struct error *error)
{
    struct segment *fresh;
    if (journal->next_segment == UINT32_MAX)
        return fail(error, STATUS_FULL, "the journal has used all numbers of segments");
    enum status status = journal__segment_create(journal->directory, journal->next_segment,
                                                 &journal->files, &fresh, error);
    if (status != STATUS_OK)
        return status;
    seal_active(journal);
    pthread_mutex_lock(&journal->lock);
    journal->next_segment++;
    if (!journal__segments_add(journal, fresh)) {
        pthread_mutex_unlock(&journal->lock);
        journal__segment_free(fresh);
        return fail(error, STATUS_BUSY, "no memory for the journal's list of segments");
    }
    journal->active = fresh;
    pthread_mutex_unlock(&journal->lock);
    journal->active_broken = false;
    journal__known_done(&journal->builder.known);
    forget_chunk(journal);
    return STATUS_OK;
}

static bool chunk_is_full(const struct journal *journal)
{
    return !journal->chunk || journal->chunk_raw_bytes >= CHUNK_RAW_BYTES ||
           journal->chunk->frame_count >= CHUNK_FRAMES_MAX;
}

/* --- the frame */

static bool build(struct journal *journal, struct entry *group)
{
    struct frame_builder *builder = &journal->builder;
    uint32_t contents = journal->active->content_count;
    if (chunk_is_full(journal)) {
        forget_chunk(journal);
        builder->chunk_content = contents;
        ZSTD_CCtx_reset(journal->compressor, ZSTD_reset_session_only);
    }
    journal__builder_start(builder, contents);
    for (struct entry *entry = group; entry; entry = entry->next)
        journal__builder_add_contents(builder, entry);
    journal__builder_end_contents(builder);
    for (struct entry *entry = group; entry; entry = entry->next)
        journal__builder_add_entry(builder, entry);
    return !builder->failed && !builder->raw.failed;
}

static bool compress_part(struct journal *journal, ZSTD_outBuffer *output, const char *bytes,
                          size_t size)
{
    ZSTD_inBuffer input = {bytes, size, 0};
    for (size_t left = 1; left;) {
        left = ZSTD_compressStream2(journal->compressor, output, &input, ZSTD_e_flush);
        if (ZSTD_isError(left) || (left && output->pos == output->size))
            return false;
    }
    return true;
}

/* Behind room for the header. Texts and entries are flushed apart: their bytes are distributed
 * differently. */
static bool compress(struct journal *journal)
{
    struct buf *out = &journal->out;
    const struct buf *raw = &journal->builder.raw;
    size_t contents = journal->builder.entries_at;
    buf_clear(out);
    if (!buf_reserve(out, FRAME_HEADER_BYTES + ZSTD_compressBound(raw->len) + 64))
        return false;
    ZSTD_outBuffer output = {out->ptr, out->capacity, FRAME_HEADER_BYTES};
    if (!compress_part(journal, &output, raw->ptr, contents) ||
        !compress_part(journal, &output, raw->ptr + contents, raw->len - contents))
        return false;
    out->len = output.pos;
    return true;
}

static struct frame_header header_of(const struct journal *journal, const struct entry *group)
{
    struct frame_header header = {
        .starts_chunk = !journal->chunk,
        .payload_bytes = (uint32_t)(journal->out.len - FRAME_HEADER_BYTES),
        .raw_bytes = (uint32_t)journal->builder.raw.len,
        .first_content = journal->builder.first_content,
        .content_count = journal->builder.content_count,
        .arrival_max = INT64_MIN,
        .checksum = journal__checksum(0, journal->out.ptr + FRAME_HEADER_BYTES,
                                      journal->out.len - FRAME_HEADER_BYTES),
    };
    for (; group; group = group->next)
        if (group->arrival_ns > header.arrival_max)
            header.arrival_max = group->arrival_ns;
    return header;
}

static enum status put_on_disk(struct journal *journal, struct error *error)
{
    const struct buf *out = &journal->out;
    struct segment *active = journal->active;
    enum status status =
        journal__write_all(&journal->files, active->fd, out->ptr, out->len, active->end, error);
    if (status == STATUS_OK && journal->files.sync(active->fd) != 0) {
        /* What the kernel still holds of this file after a failed sync is anyone's guess. */
        journal->active_broken = true;
        status = fail(error, errno == ENOSPC ? STATUS_FULL : STATUS_IO, "syncing the journal: %s",
                      strerror(errno));
    }
    return status;
}

static void take_back(struct journal *journal)
{
    struct segment *active = journal->active;
    if (journal->files.truncate(active->fd, (off_t)active->end) != 0) {
        log_error("journal", "a failed frame could not be cut off",
                  "segment=%" PRIu32 " error=\"%s\"", active->id, strerror(errno));
        journal->active_broken = true;
    }
    journal__known_drop_from(&journal->builder.known, journal->builder.first_content);
    forget_chunk(journal);
}

/* --- publishing: from here on readers see the frame */

/* Keeps the raw frame in memory; without memory readers get it from disk, and the next frame begins
 * a chunk. */
static void keep_raw(struct journal *journal)
{
    const struct frame_builder *builder = &journal->builder;
    size_t offsets = builder->content_count * sizeof *builder->content_at;
    char *raw = malloc(builder->raw.len);
    uint32_t *content_at = malloc(offsets + 1);
    struct chunk *chunk = journal->chunk;
    bool fresh = !chunk;
    if (fresh)
        chunk = journal__chunk_new(journal->active->id, (uint32_t)journal->active->frame_count - 1);
    if (raw && content_at && chunk) {
        memcpy(raw, builder->raw.ptr, builder->raw.len);
        if (offsets)
            memcpy(content_at, builder->content_at, offsets);
        struct chunk_frame frame = {{raw, builder->raw.len},
                                    builder->first_content,
                                    builder->content_count,
                                    content_at,
                                    4 + (size_t)load_u32((const uint8_t *)raw)};
        size_t before = chunk->bytes;
        if (journal__chunk_add(chunk, &frame)) {
            journal->chunk = chunk;
            if (fresh)
                journal__cache_put(journal, chunk);
            else
                journal->chunk_bytes += chunk->bytes - before;
            chunk->used = ++journal->clock;
            journal__cache_shrink(journal);
            return;
        }
    }
    free(raw);
    free(content_at);
    journal->chunk = NULL;
    if (chunk)
        journal__cache_remove(journal, chunk);
    journal__chunk_unref(chunk);
}

static bool publish(struct journal *journal, const struct frame_header *header)
{
    struct segment *active = journal->active;
    pthread_mutex_lock(&journal->lock);
    bool added = journal__segment_add(active, header, active->end, false);
    if (added) {
        active->file_bytes = active->end;
        journal->written_bytes += journal->out.len;
        keep_raw(journal);
        pthread_cond_broadcast(&journal->frame_written);
    }
    pthread_mutex_unlock(&journal->lock);
    journal->chunk_raw_bytes += journal->builder.raw.len;
    return added;
}

static void count(struct journal *journal, const struct entry *group)
{
    struct frame_builder *builder = &journal->builder;
    uint64_t raw = 0, batches = 0;
    for (; group; group = group->next) {
        raw += group->body.len + group->texts.len;
        batches++;
    }
    pthread_mutex_lock(&journal->lock);
    journal->raw_bytes += raw;
    pthread_mutex_unlock(&journal->lock);
    counter_add(&raw_total, (int64_t)raw);
    counter_add(&unique_total, (int64_t)builder->raw.len);
    counter_add(&written_total, (int64_t)journal->out.len);
    counter_add(&frames_total, 1);
    counter_add(&batches_total, (int64_t)batches);
    counter_add(&hits_total, (int64_t)builder->hits);
    counter_add(&misses_total, (int64_t)builder->misses);
    builder->hits = builder->misses = 0;
}

enum status journal__write_group(struct journal *journal, struct entry *group, struct error *error)
{
    enum status status = STATUS_OK;
    if (!journal->active || segment_is_full(journal))
        status = begin_segment(journal, error);
    if (status != STATUS_OK)
        return status;
    if (!build(journal, group) || !compress(journal)) {
        take_back(journal);
        return fail(error, STATUS_BUSY, "no memory to write a frame of the journal");
    }
    struct frame_header header = header_of(journal, group);
    struct journal_position at = {journal->active->id, journal->active->end};
    journal__header_put(&header, at, (uint8_t *)journal->out.ptr);
    status = put_on_disk(journal, error);
    if (status == STATUS_OK && !publish(journal, &header))
        status = fail(error, STATUS_BUSY, "no memory for the journal's table of frames");
    if (status != STATUS_OK) {
        take_back(journal);
        return status;
    }
    count(journal, group);
    return STATUS_OK;
}
