/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retention: forgets by unlinking whole segments, oldest first. The last one stays in any case: it
 * is being written, or its number is what the next one is counted from.
 */
#define _GNU_SOURCE
#include "journal/journal_private.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/counter.h"
#include "base/log.h"

COUNTER(dropped_total, "vitrine_journal_segments_dropped_total", "",
        "Segments unlinked by retention");

static uint64_t file_bytes(const struct journal *journal)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < journal->segment_count; i++)
        bytes += journal->segments[i]->file_bytes;
    return bytes;
}

/* How many of the oldest segments go. */
static size_t choose(const struct journal *journal, int64_t before_ns, uint64_t max_bytes)
{
    uint64_t left = file_bytes(journal);
    size_t count = 0;
    while (count + 1 < journal->segment_count) {
        const struct segment *segment = journal->segments[count];
        if (segment->arrival_max >= before_ns && (max_bytes == 0 || left <= max_bytes))
            break;
        left -= segment->file_bytes;
        count++;
    }
    return count;
}

static enum status drop(struct journal *journal, size_t count, size_t *out_dropped,
                        struct error *error)
{
    enum status status = STATUS_OK;
    size_t dropped = 0;
    for (; dropped < count && status == STATUS_OK; dropped++) {
        struct segment *segment = journal->segments[dropped];
        char name[SEGMENT_PATH_BYTES];
        journal__segment_name(segment->id, name);
        if (unlinkat(journal->directory, name, 0) != 0 && errno != ENOENT) {
            status = fail(error, STATUS_IO, "unlinking %s: %s", name, strerror(errno));
            break;
        }
        log_info("journal", "segment dropped", "segment=%" PRIu32 " bytes=%" PRIu64, segment->id,
                 segment->file_bytes);
        counter_add(&dropped_total, 1);
        journal__segment_unref(segment);
    }
    *out_dropped = dropped;
    return status;
}

enum status journal_retain(struct journal *journal, int64_t before_ns, uint64_t max_bytes,
                           uint32_t *out_first_segment, struct error *error)
{
    size_t dropped = 0;
    pthread_mutex_lock(&journal->lock);
    enum status status = drop(journal, choose(journal, before_ns, max_bytes), &dropped, error);
    journal->segment_count -= dropped;
    for (size_t i = 0; i < journal->segment_count; i++)
        journal->segments[i] = journal->segments[i + dropped];
    uint32_t first = journal->segment_count ? journal->segments[0]->id : 1;
    journal__cache_drop(journal, first);
    pthread_mutex_unlock(&journal->lock);
    if (dropped)
        fsync(journal->directory);
    if (status == STATUS_OK)
        *out_first_segment = first;
    return status;
}
