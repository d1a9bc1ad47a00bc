/* SPDX-License-Identifier: Apache-2.0 */
/* index_transcripts: the files of transcripts: which there are, which are made next, which go. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "search/index_private.h"
#include "search/transcript.h"

enum { WANTED_SECONDS = 24 * 3600, TRANSCRIPT_PATH_BYTES = 40 };

static void name_of(uint32_t segment, uint32_t number, char out[TRANSCRIPT_PATH_BYTES])
{
    snprintf(out, TRANSCRIPT_PATH_BYTES, "%010" PRIu32 "-%06" PRIu32 ".transcript", segment,
             number);
}

/* --- the list, with the lock held */

/* Number of the first that is not before this chunk. */
static size_t find(const struct search_index *index, uint32_t segment, uint32_t number)
{
    size_t low = 0, high = index->transcript_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct indexed_transcript *item = &index->transcripts[middle];
        if (item->segment < segment || (item->segment == segment && item->number < number))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has(const struct search_index *index, uint32_t segment, uint32_t number)
{
    size_t at = find(index, segment, number);
    return at < index->transcript_count && index->transcripts[at].segment == segment &&
           index->transcripts[at].number == number;
}

static bool insert(struct search_index *index, const struct indexed_transcript *item)
{
    if (index->transcript_count == index->transcript_capacity) {
        size_t capacity = index->transcript_capacity ? index->transcript_capacity * 2 : 64;
        struct indexed_transcript *wider = realloc(index->transcripts, capacity * sizeof *wider);
        if (!wider)
            return false;
        index->transcripts = wider;
        index->transcript_capacity = capacity;
    }
    size_t at = find(index, item->segment, item->number);
    memmove(index->transcripts + at + 1, index->transcripts + at,
            (index->transcript_count - at) * sizeof *index->transcripts);
    index->transcripts[at] = *item;
    index->transcript_count++;
    index->transcript_bytes += item->file_bytes;
    return true;
}

static void drop(struct search_index *index, size_t at)
{
    char name[TRANSCRIPT_PATH_BYTES];
    name_of(index->transcripts[at].segment, index->transcripts[at].number, name);
    unlinkat(index->directory, name, 0);
    index->transcript_bytes -= index->transcripts[at].file_bytes;
    memmove(index->transcripts + at, index->transcripts + at + 1,
            (index->transcript_count - at - 1) * sizeof *index->transcripts);
    index->transcript_count--;
}

/* --- the thread */

void search__take_transcript(struct search_index *index, const char *name)
{
    char bytes[TRANSCRIPT_HEADER_BYTES], expected[TRANSCRIPT_PATH_BYTES];
    struct transcript_head head;
    struct stat about;
    int file = openat(index->directory, name, O_RDONLY | O_CLOEXEC);
    bool good = file >= 0 && fstat(file, &about) == 0 &&
                read(file, bytes, sizeof bytes) == sizeof bytes &&
                search_transcript_head((struct str){bytes, sizeof bytes}, &head);
    if (file >= 0)
        close(file);
    if (good) {
        const struct indexed_transcript item = {head.segment, head.number, (uint64_t)about.st_size};
        name_of(head.segment, head.number, expected);
        good = strcmp(name, expected) == 0 && insert(index, &item);
    }
    if (!good)
        unlinkat(index->directory, name, 0);
    else
        index->wanted_ns = clock_mono_ns();
}

static void keep_to_limit(struct search_index *index)
{
    while (index->transcript_bytes > index->options.transcript_bytes) {
        index->no_room_before = index->transcripts[0];
        drop(index, 0);
    }
}

void search__drop_transcripts(struct search_index *index, uint32_t first_segment)
{
    int64_t unwanted_ns = clock_mono_ns() - WANTED_SECONDS * NS_PER_SEC;
    bool wanted = index->wanted_ns && index->wanted_ns > unwanted_ns;
    if (!wanted) {
        index->wanted_ns = 0;
        index->no_room_before = (struct indexed_transcript){0};
    }
    while (index->transcript_count && (!wanted || index->transcripts[0].segment < first_segment))
        drop(index, 0);
    keep_to_limit(index);
}

static enum status make(struct search_index *index, const struct journal_chunks *chunks,
                        size_t number, struct error *error)
{
    struct buf bytes = {0};
    char name[TRANSCRIPT_PATH_BYTES];
    struct indexed_transcript item = {chunks->items[number].segment, (uint32_t)number, 0};
    name_of(item.segment, item.number, name);
    enum status status =
        search_transcript_make(index->options.journal, chunks, number, &bytes, error);
    if (status == STATUS_OK)
        status = search__write_file(index, name, buf_str(&bytes), error);
    item.file_bytes = bytes.len;
    buf_done(&bytes);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&index->lock);
    if (!insert(index, &item))
        status = fail(error, STATUS_BUSY, "no memory for a transcript");
    keep_to_limit(index);
    pthread_mutex_unlock(&index->lock);
    return status;
}

/* The newest complete chunk of the segment that has none and may have one; SIZE_MAX: none. */
static size_t newest_without(struct search_index *index, const struct journal_chunks *chunks)
{
    size_t found = SIZE_MAX;
    pthread_mutex_lock(&index->lock);
    for (size_t i = chunks->count; i-- > 0 && found == SIZE_MAX;) {
        const struct journal_chunk *chunk = &chunks->items[i];
        const struct indexed_transcript *no_room = &index->no_room_before;
        bool is_old = chunk->segment < no_room->segment ||
                      (chunk->segment == no_room->segment && i <= no_room->number);
        if (chunk->complete && !is_old && !has(index, chunk->segment, (uint32_t)i))
            found = i;
    }
    pthread_mutex_unlock(&index->lock);
    return found;
}

enum status search__make_transcript(struct search_index *index, bool *out_made, struct error *error)
{
    struct journal_stats stats;
    enum status status = STATUS_OK;
    *out_made = false;
    pthread_mutex_lock(&index->lock);
    bool wanted = index->wanted_ns != 0;
    pthread_mutex_unlock(&index->lock);
    journal_get_stats(index->options.journal, &stats);
    /* The journal needs the room more. */
    if (!stats.accepting || (stats.disk_free_bytes >= 0 &&
                             (uint64_t)stats.disk_free_bytes < index->options.transcript_bytes))
        return STATUS_OK;
    for (uint32_t id = stats.last_segment;
         wanted && !*out_made && id >= stats.first_segment && id > 0; id--) {
        struct journal_chunks chunks;
        if (journal_list_chunks(index->options.journal, id, &chunks, NULL) != STATUS_OK)
            continue;
        size_t number = newest_without(index, &chunks);
        *out_made = number != SIZE_MAX;
        if (*out_made)
            status = make(index, &chunks, number, error);
        free(chunks.items);
    }
    return status;
}

/* --- asking */

bool search_index_transcript(struct search_index *index, const struct journal_chunk *chunk,
                             uint32_t number, int64_t created_ns, struct buf *out)
{
    struct transcript_head head;
    char name[TRANSCRIPT_PATH_BYTES];
    pthread_mutex_lock(&index->lock);
    bool is_there = has(index, chunk->segment, number);
    if (is_there)
        index->wanted_ns = clock_mono_ns();
    pthread_mutex_unlock(&index->lock);
    name_of(chunk->segment, number, name);
    buf_clear(out);
    if (!is_there || search__read_file(index->directory, name, out, NULL) != STATUS_OK)
        return false;
    if (search_transcript_head(buf_str(out), &head) && head.created_ns == created_ns &&
        head.first_content == chunk->first_content && head.content_count == chunk->content_count &&
        head.frame_count == chunk->frame_count)
        return true;
    search_index_drop_transcript(index, chunk->segment, number);
    return false;
}

void search_index_drop_transcript(struct search_index *index, uint32_t segment, uint32_t number)
{
    pthread_mutex_lock(&index->lock);
    if (has(index, segment, number)) {
        drop(index, find(index, segment, number));
        index->caught_up = false;
        index->changed_since = true;
    }
    pthread_mutex_unlock(&index->lock);
}

void search_index_want_transcripts(struct search_index *index)
{
    pthread_mutex_lock(&index->lock);
    index->wanted_ns = clock_mono_ns();
    index->caught_up = false;
    index->changed_since = true;
    index->hurried = true;
    pthread_cond_broadcast(&index->changed);
    pthread_mutex_unlock(&index->lock);
}
