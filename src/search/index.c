/* SPDX-License-Identifier: Apache-2.0 */
/* index: the list of parts, their files, and which of them are in memory. */
#define _GNU_SOURCE
#include "search/index_private.h"

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

void search__part_name(uint32_t segment, uint32_t first_chunk, uint32_t chunk_count,
                       char out[PART_PATH_BYTES])
{
    snprintf(out, PART_PATH_BYTES, "%010" PRIu32 "-%06" PRIu32 "-%02" PRIu32 ".part", segment,
             first_chunk, chunk_count);
}

/* Number of the first part that is not before this chunk. */
size_t search__find(const struct search_index *index, uint32_t segment, uint32_t first_chunk)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct indexed_part *item = index->items[middle];
        if (item->segment < segment ||
            (item->segment == segment && item->first_chunk < first_chunk))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool search__insert(struct search_index *index, struct indexed_part *item)
{
    if (index->count == index->capacity) {
        size_t capacity = index->capacity ? index->capacity * 2 : 64;
        struct indexed_part **wider = realloc(index->items, capacity * sizeof(*wider));
        if (!wider)
            return false;
        index->items = wider;
        index->capacity = capacity;
    }
    size_t at = search__find(index, item->segment, item->first_chunk);
    memmove(index->items + at + 1, index->items + at, (index->count - at) * sizeof *index->items);
    index->items[at] = item;
    index->count++;
    return true;
}

void search__unload(struct search_index *index, struct indexed_part *item)
{
    if (item->part)
        index->memory_bytes -= search_part_memory(item->part);
    search_part_free(item->part);
    item->part = NULL;
}

void search__remove(struct search_index *index, size_t at, bool unlink_file)
{
    struct indexed_part *item = index->items[at];
    char name[PART_PATH_BYTES];
    search__part_name(item->segment, item->first_chunk, item->chunk_count, name);
    if (unlink_file)
        unlinkat(index->directory, name, 0);
    memmove(index->items + at, index->items + at + 1,
            (index->count - at - 1) * sizeof *index->items);
    index->count--;
    item->removed = true;
    if (item->refs == 0) {
        search__unload(index, item);
        free(item);
    }
}

/* Lets go of parts that nobody holds, of the oldest texts first. Searches go from the newest on: of
 * more parts than there is room for, those used longest ago would go just before they are used. */
static void shrink(struct search_index *index, size_t limit)
{
    for (size_t i = 0; i < index->count && index->memory_bytes > limit; i++)
        if (index->items[i]->refs == 0)
            search__unload(index, index->items[i]);
}

enum status search__read_file(int directory, const char *name, struct buf *out, struct error *error)
{
    struct stat about;
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0 || !buf_reserve(out, (size_t)about.st_size)) {
        if (file >= 0)
            close(file);
        return fail(error, STATUS_IO, "%s: %s", name, strerror(errno));
    }
    ssize_t got;
    while (out->len < (size_t)about.st_size &&
           (got = read(file, out->ptr + out->len, (size_t)about.st_size - out->len)) > 0)
        out->len += (size_t)got;
    close(file);
    return STATUS_OK;
}

static enum status load(struct search_index *index, struct indexed_part *item, struct error *error)
{
    struct buf bytes = {0};
    char name[PART_PATH_BYTES];
    item->used_ns = clock_mono_ns();
    if (item->part)
        return STATUS_OK;
    search__part_name(item->segment, item->first_chunk, item->chunk_count, name);
    enum status status = search__read_file(index->directory, name, &bytes, error);
    if (status == STATUS_OK)
        status = search_part_read(buf_str(&bytes), &item->part, error);
    buf_done(&bytes);
    if (status != STATUS_OK)
        return status;
    index->memory_bytes += search_part_memory(item->part);
    return STATUS_OK;
}

/* --- asking */

void search_index_parts(struct search_index *index, uint32_t segment, uint32_t first_chunk,
                        struct part_list *out_parts)
{
    *out_parts = (struct part_list){0};
    pthread_mutex_lock(&index->lock);
    size_t first = search__find(index, segment, first_chunk),
           end = search__find(index, segment + 1, 0);
    out_parts->items = calloc(end - first + 1, sizeof(*out_parts->items));
    out_parts->parts = calloc(end - first + 1, sizeof(*out_parts->parts));
    for (size_t i = first; i < end && out_parts->items && out_parts->parts;) {
        struct indexed_part *item = index->items[i];
        if (load(index, item, NULL) != STATUS_OK) {
            /* Made again by the thread. */
            search__remove(index, i, true);
            index->done_before = 0;
            end--;
            continue;
        }
        item->refs++;
        out_parts->items[out_parts->count] = item;
        out_parts->parts[out_parts->count++] = item->part;
        i++;
    }
    shrink(index, index->options.memory_bytes);
    pthread_mutex_unlock(&index->lock);
}

void search_index_release(struct search_index *index, struct part_list *parts)
{
    pthread_mutex_lock(&index->lock);
    for (size_t i = 0; i < parts->count; i++) {
        struct indexed_part *item = parts->items[i];
        if (--item->refs == 0 && item->removed) {
            search__unload(index, item);
            free(item);
        }
    }
    shrink(index, index->options.memory_bytes);
    pthread_mutex_unlock(&index->lock);
    free(parts->items);
    free(parts->parts);
    *parts = (struct part_list){0};
}

void search_index_hurry(struct search_index *index)
{
    pthread_mutex_lock(&index->lock);
    index->hurried = true;
    pthread_cond_broadcast(&index->changed);
    pthread_mutex_unlock(&index->lock);
}

void search_index_get_stats(struct search_index *index, struct search_index_stats *out_stats)
{
    pthread_mutex_lock(&index->lock);
    *out_stats = (struct search_index_stats){.parts = index->count,
                                             .memory_bytes = index->memory_bytes,
                                             .transcripts = index->transcript_count,
                                             .transcript_bytes = index->transcript_bytes,
                                             .caught_up = index->caught_up};
    for (size_t i = 0; i < index->count; i++) {
        out_stats->chunks += index->items[i]->chunk_count;
        out_stats->file_bytes += index->items[i]->file_bytes;
    }
    pthread_mutex_unlock(&index->lock);
}

/* --- opening */

static bool read_head(int directory, const char *name, struct search_part *out_head,
                      uint64_t *out_bytes)
{
    char bytes[PART_HEADER_BYTES];
    struct stat about;
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool good = fstat(file, &about) == 0 && read(file, bytes, sizeof bytes) == sizeof bytes;
    close(file);
    *out_bytes = good ? (uint64_t)about.st_size : 0;
    return good && search_part_head((struct str){bytes, sizeof bytes}, out_head);
}

/* Of two that overlap, left by a crash while they were joined, the larger stays. */
static void take_file(struct search_index *index, const char *name)
{
    struct search_part head;
    struct indexed_part *item = calloc(1, sizeof *item);
    char expected[PART_PATH_BYTES];
    uint64_t file_bytes;
    if (!item || !read_head(index->directory, name, &head, &file_bytes)) {
        unlinkat(index->directory, name, 0);
        free(item);
        return;
    }
    *item = (struct indexed_part){.segment = head.segment,
                                  .first_chunk = head.first_chunk,
                                  .chunk_count = head.chunk_count,
                                  .created_ns = head.created_ns,
                                  .file_bytes = file_bytes};
    search__part_name(item->segment, item->first_chunk, item->chunk_count, expected);
    size_t at = search__find(index, item->segment, item->first_chunk);
    const struct indexed_part *before = at ? index->items[at - 1] : NULL;
    bool covered = before && before->segment == item->segment &&
                   before->first_chunk + before->chunk_count > item->first_chunk;
    while (!covered && at < index->count && index->items[at]->segment == item->segment &&
           index->items[at]->first_chunk < item->first_chunk + item->chunk_count) {
        covered = index->items[at]->first_chunk == item->first_chunk &&
                  index->items[at]->chunk_count >= item->chunk_count;
        if (!covered)
            search__remove(index, at, true);
    }
    if (covered || strcmp(name, expected) != 0 || !search__insert(index, item)) {
        unlinkat(index->directory, name, 0);
        free(item);
    }
}

static enum status take_files(struct search_index *index, struct error *error)
{
    int again = dup(index->directory);
    DIR *directory = again >= 0 ? fdopendir(again) : NULL;
    struct dirent *entry;
    if (!directory) {
        if (again >= 0)
            close(again);
        return fail(error, STATUS_IO, "%s: %s", index->path, strerror(errno));
    }
    while ((entry = readdir(directory)) != NULL) {
        struct str name = str_from(entry->d_name);
        if (str_ends(name, STR(".part")) || str_ends(name, STR(".new")))
            take_file(index, entry->d_name);
        else if (str_ends(name, STR(".transcript")))
            search__take_transcript(index, entry->d_name);
        else if (str_ends(name, STR(".words")))
            search__take_words(index, entry->d_name);
    }
    closedir(directory);
    return STATUS_OK;
}

static enum status open_directory(struct search_index *index, struct error *error)
{
    if (mkdir(index->path, 0700) != 0 && errno != EEXIST)
        return fail(error, STATUS_IO, "%s: %s", index->path, strerror(errno));
    index->directory = open(index->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (index->directory < 0)
        return fail(error, STATUS_IO, "%s: %s", index->path, strerror(errno));
    return STATUS_OK;
}

enum status search_index_open(const struct search_index_options *options,
                              struct search_index **out_index, struct error *error)
{
    struct search_index *index = calloc(1, sizeof *index);
    char *path = strdup(options->directory);
    if (!index || !path) {
        free(index);
        free(path);
        return fail(error, STATUS_BUSY, "no memory for the text index");
    }
    index->options = *options;
    if (!index->options.memory_bytes)
        index->options.memory_bytes = (size_t)64 << 20;
    if (!index->options.transcript_bytes)
        index->options.transcript_bytes = (uint64_t)512 << 20;
    if (!index->options.quiet_ms)
        index->options.quiet_ms = 1000;
    index->path = path;
    index->directory = -1;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&index->lock, NULL);
    pthread_cond_init(&index->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    enum status status = open_directory(index, error);
    if (status == STATUS_OK)
        status = take_files(index, error);
    if (status == STATUS_OK && pthread_create(&index->thread, NULL, search__build_run, index) != 0)
        status = fail(error, STATUS_INTERNAL, "cannot start a thread");
    index->thread_started = status == STATUS_OK;
    if (status == STATUS_OK)
        *out_index = index;
    else
        search_index_close(index);
    return status;
}

void search_index_close(struct search_index *index)
{
    if (!index)
        return;
    pthread_mutex_lock(&index->lock);
    index->closing = true;
    pthread_cond_broadcast(&index->changed);
    pthread_mutex_unlock(&index->lock);
    if (index->thread_started)
        pthread_join(index->thread, NULL);
    while (index->count)
        search__remove(index, index->count - 1, false);
    free(index->items);
    free(index->transcripts);
    transcript_words_done(&index->words);
    free(index->path);
    if (index->directory >= 0)
        close(index->directory);
    pthread_mutex_destroy(&index->lock);
    pthread_cond_destroy(&index->changed);
    free(index);
}
