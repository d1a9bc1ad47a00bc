/* SPDX-License-Identifier: Apache-2.0 */
/* index_transcripts: the files of transcripts and of the words they share: which there are, which
 * are made next, which go. */
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
/* From how many chunks words are chosen, and how many transcripts in a row have so much more words
 * of their own than the first when others are chosen. */
enum { SAMPLE_CHUNKS = 4, POOR_MAX = 4 };
static const double poor_share = 0.125;

static void name_of(uint32_t segment, uint32_t number, char out[TRANSCRIPT_PATH_BYTES])
{
    snprintf(out, TRANSCRIPT_PATH_BYTES, "%010" PRIu32 "-%06" PRIu32 ".transcript", segment,
             number);
}

static void words_name(uint64_t id, char out[TRANSCRIPT_PATH_BYTES])
{
    snprintf(out, TRANSCRIPT_PATH_BYTES, "%016" PRIx64 ".words", id);
}

/* --- the lists, with the lock held */

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

/* NULL: there is none. */
static struct indexed_transcript *transcript_of(const struct search_index *index, uint32_t segment,
                                                uint32_t number)
{
    size_t at = find(index, segment, number);
    struct indexed_transcript *item = &index->transcripts[at];
    return at < index->transcript_count && item->segment == segment && item->number == number
               ? item
               : NULL;
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

static bool has_words(const struct search_index *index, uint64_t id)
{
    for (size_t i = 0; i < index->words_count; i++)
        if (index->words_ids[i] == id)
            return true;
    return false;
}

static void drop_words(struct search_index *index, uint64_t id)
{
    char name[TRANSCRIPT_PATH_BYTES];
    words_name(id, name);
    unlinkat(index->directory, name, 0);
    for (size_t i = 0; i < index->words_count; i++)
        if (index->words_ids[i] == id)
            index->words_ids[i--] = index->words_ids[--index->words_count];
    for (size_t i = index->transcript_count; i-- > 0;)
        if (index->transcripts[i].words_id == id)
            drop(index, i);
}

static bool share_words(const struct search_index *index, uint64_t id)
{
    for (size_t i = 0; i < index->transcript_count; i++)
        if (index->transcripts[i].words_id == id)
            return true;
    return false;
}

/* --- the thread */

void search__take_words(struct search_index *index, const char *name)
{
    char expected[TRANSCRIPT_PATH_BYTES];
    uint64_t id = strtoull(name, NULL, 16);
    words_name(id, expected);
    if (strcmp(name, expected) == 0 && index->words_count < WORDS_FILES_MAX)
        index->words_ids[index->words_count++] = id;
    else
        unlinkat(index->directory, name, 0);
}

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
        const struct indexed_transcript item = {head.segment, head.number, (uint64_t)about.st_size,
                                                head.words_id, false};
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
    for (size_t i = index->words_count; i-- > 0;)
        if (!share_words(index, index->words_ids[i]) &&
            (!wanted || index->words_ids[i] != index->words.id))
            drop_words(index, index->words_ids[i]);
    if (!wanted)
        transcript_words_done(&index->words);
}

/* Takes a file of words for the transcripts to come. */
static bool use_words(struct search_index *index, struct str file)
{
    transcript_words_done(&index->words);
    index->own_first = -1;
    index->poor = 0;
    return transcript_words_read(file, &index->words);
}

/* The words of the newest transcript there is. False: it has none, or they are damaged. */
static bool load_words(struct search_index *index)
{
    struct buf file = {0};
    pthread_mutex_lock(&index->lock);
    size_t count = index->transcript_count;
    uint64_t id = count ? index->transcripts[count - 1].words_id : 0;
    pthread_mutex_unlock(&index->lock);
    bool good = id && search_index_words(index, id, &file) && use_words(index, buf_str(&file)) &&
                index->words.id == id;
    buf_done(&file);
    return good;
}

/* Chooses words from the chunk and some before it. */
static enum status choose_words(struct search_index *index, const struct journal_chunks *chunks,
                                size_t number, struct error *error)
{
    size_t numbers[SAMPLE_CHUNKS], count = 0;
    char name[TRANSCRIPT_PATH_BYTES];
    struct buf file = {0};
    for (size_t i = SAMPLE_CHUNKS; i > 0; i--)
        if (!count || number * i / SAMPLE_CHUNKS < numbers[count - 1])
            numbers[count++] = number * i / SAMPLE_CHUNKS;
    enum status status =
        transcript_words_make(index->options.journal, chunks, numbers, count, &file, error);
    if (status == STATUS_OK && !use_words(index, buf_str(&file)))
        status = fail(error, STATUS_BUSY, "no memory for the words of transcripts");
    words_name(index->words.id, name);
    if (status == STATUS_OK)
        status = search__write_file(index, name, buf_str(&file), error);
    if (status != STATUS_OK)
        transcript_words_done(&index->words);
    pthread_mutex_lock(&index->lock);
    if (status == STATUS_OK && !has_words(index, index->words.id))
        index->words_ids[index->words_count++] = index->words.id;
    pthread_mutex_unlock(&index->lock);
    buf_done(&file);
    return status;
}

/* Words for the transcript of a chunk. */
static enum status find_words(struct search_index *index, const struct journal_chunks *chunks,
                              size_t number, struct error *error)
{
    pthread_mutex_lock(&index->lock);
    bool good = index->words.id && has_words(index, index->words.id);
    bool has_room = index->words_count < WORDS_FILES_MAX;
    pthread_mutex_unlock(&index->lock);
    if (good ? index->poor < POOR_MAX || !has_room : load_words(index))
        return STATUS_OK;
    return has_room ? choose_words(index, chunks, number, error)
                    : fail(error, STATUS_BUSY, "too many words of transcripts");
}

static void note_own(struct search_index *index, double own)
{
    if (index->own_first < 0)
        index->own_first = own;
    index->poor = own > index->own_first + poor_share ? index->poor + 1 : 0;
}

static enum status make(struct search_index *index, const struct journal_chunks *chunks,
                        size_t number, struct error *error)
{
    struct buf bytes = {0};
    char name[TRANSCRIPT_PATH_BYTES];
    double own;
    enum status status = find_words(index, chunks, number, error);
    struct indexed_transcript item = {chunks->items[number].segment, (uint32_t)number, 0,
                                      index->words.id, false};
    name_of(item.segment, item.number, name);
    if (status == STATUS_OK)
        status = search_transcript_make(index->options.journal, chunks, number, &index->words,
                                        &bytes, &own, error);
    if (status == STATUS_OK)
        note_own(index, own);
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
        if (chunk->complete && !is_old && !transcript_of(index, chunk->segment, (uint32_t)i))
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

/* Whether it is of this chunk, and as it was written: looked at once, as that takes a sixth of the
 * time that reading it does. */
static bool is_good(struct search_index *index, struct str file, const struct journal_chunk *chunk,
                    uint32_t number, int64_t created_ns, bool was_whole)
{
    struct transcript_head head;
    bool good =
        search_transcript_head(file, &head) && head.created_ns == created_ns &&
        head.first_content == chunk->first_content && head.content_count == chunk->content_count &&
        head.frame_count == chunk->frame_count && (was_whole || search_transcript_is_whole(file));
    if (good && !was_whole) {
        pthread_mutex_lock(&index->lock);
        struct indexed_transcript *item = transcript_of(index, chunk->segment, number);
        if (item)
            item->is_whole = true;
        pthread_mutex_unlock(&index->lock);
    }
    return good;
}

bool search_index_transcript(struct search_index *index, const struct journal_chunk *chunk,
                             uint32_t number, int64_t created_ns, struct buf *out,
                             uint64_t *out_words)
{
    char name[TRANSCRIPT_PATH_BYTES];
    pthread_mutex_lock(&index->lock);
    const struct indexed_transcript *item = transcript_of(index, chunk->segment, number);
    bool is_there = item, was_whole = item && item->is_whole;
    if (is_there) {
        index->wanted_ns = clock_mono_ns();
        *out_words = item->words_id;
    }
    pthread_mutex_unlock(&index->lock);
    name_of(chunk->segment, number, name);
    buf_clear(out);
    if (!is_there || search__read_file(index->directory, name, out, NULL) != STATUS_OK)
        return false;
    if (is_good(index, buf_str(out), chunk, number, created_ns, was_whole))
        return true;
    search_index_drop_transcript(index, chunk->segment, number);
    return false;
}

static void make_again(struct search_index *index)
{
    index->caught_up = false;
    index->changed_since = true;
}

void search_index_drop_transcript(struct search_index *index, uint32_t segment, uint32_t number)
{
    pthread_mutex_lock(&index->lock);
    if (transcript_of(index, segment, number)) {
        drop(index, find(index, segment, number));
        make_again(index);
    }
    pthread_mutex_unlock(&index->lock);
}

bool search_index_words(struct search_index *index, uint64_t id, struct buf *out)
{
    char name[TRANSCRIPT_PATH_BYTES];
    words_name(id, name);
    buf_clear(out);
    return search__read_file(index->directory, name, out, NULL) == STATUS_OK;
}

void search_index_drop_words(struct search_index *index, uint64_t id)
{
    pthread_mutex_lock(&index->lock);
    drop_words(index, id);
    make_again(index);
    pthread_mutex_unlock(&index->lock);
}

void search_index_want_transcripts(struct search_index *index)
{
    pthread_mutex_lock(&index->lock);
    index->wanted_ns = clock_mono_ns();
    make_again(index);
    index->hurried = true;
    pthread_cond_broadcast(&index->changed);
    pthread_mutex_unlock(&index->lock);
}
