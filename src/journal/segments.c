/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segments: the list of a journal's segments. Only a few keep their file open and their table of
 * frames in memory: the one being written and those read last.
 */
#include "journal/journal_private.h"

#include <inttypes.h>
#include <stdlib.h>

bool journal__segments_add(struct journal *journal, struct segment *segment)
{
    if (journal->segment_count == journal->segment_capacity) {
        size_t capacity = journal->segment_capacity ? journal->segment_capacity * 2 : 16;
        struct segment **wider = realloc(journal->segments, capacity * sizeof(*wider));
        if (!wider)
            return false;
        journal->segments = wider;
        journal->segment_capacity = capacity;
    }
    journal->segments[journal->segment_count++] = segment;
    return true;
}

size_t journal__segments_find(const struct journal *journal, uint32_t id)
{
    size_t low = 0, high = journal->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (journal->segments[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Unloads the segment used longest ago, when too many are loaded and nobody holds it. */
static void make_room(struct journal *journal)
{
    struct segment *oldest = NULL;
    size_t loaded = 0;
    for (size_t i = 0; i < journal->segment_count; i++) {
        struct segment *segment = journal->segments[i];
        if (!segment->loaded || segment == journal->active || segment->refs > 1)
            continue;
        loaded++;
        if (!oldest || segment->used < oldest->used)
            oldest = segment;
    }
    if (loaded >= TABLES_LOADED_MAX)
        journal__segment_unload(oldest);
}

enum status journal__segments_load(struct journal *journal, size_t index,
                                   struct segment **out_segment, struct error *error)
{
    struct segment *segment = journal->segments[index];
    if (!segment->loaded) {
        make_room(journal);
        enum status status = journal__segment_load(segment, error);
        if (status != STATUS_OK) {
            journal__segment_unload(segment);
            return status;
        }
    }
    segment->used = ++journal->clock;
    *out_segment = segment;
    return STATUS_OK;
}

enum status journal__segments_exact(struct journal *journal, uint32_t id,
                                    struct segment **out_segment, struct error *error)
{
    size_t index = journal__segments_find(journal, id);
    if (index == journal->segment_count || journal->segments[index]->id != id)
        return fail(error, STATUS_NOT_FOUND, "segment %" PRIu32 " of the journal is no longer kept",
                    id);
    return journal__segments_load(journal, index, out_segment, error);
}

void journal__segment_unref(struct segment *segment)
{
    if (--segment->refs == 0)
        journal__segment_free(segment);
}
