/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index_build: the thread that makes parts. Like counting in binary: a new part begins where the
 * last one ends, is as large as its place allows, and joins its neighbour while both are of one
 * size.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "search/index_private.h"

COUNTER(chunks_total, "vitrine_search_chunks_indexed_total", "", "Chunks the text index took in");

enum { TICK_MS = 500, NICE = 10, BUSY_SHARE = 4, BUSY_BACKLOG = 8 };
/* What is cut into tokens at once, and how many a part has that others are joined to: the memory
 * that making one takes. */
enum { BUILD_CHUNKS = 4, JOINED_TOKENS_MAX = 1 << 19 };

/* Waits for a while, less when somebody hurries or the index closes. False: it closes. */
static bool wait_ms(struct search_index *index, int64_t ms, bool until_hurried)
{
    int64_t until = clock_mono_ns() + ms * NS_PER_MS;
    struct timespec then = {.tv_sec = until / NS_PER_SEC, .tv_nsec = until % NS_PER_SEC};
    pthread_mutex_lock(&index->lock);
    while (!index->closing && !(until_hurried && index->hurried) && clock_mono_ns() < until)
        pthread_cond_timedwait(&index->changed, &index->lock, &then);
    bool goes_on = !index->closing;
    pthread_mutex_unlock(&index->lock);
    return goes_on;
}

/* --- one part */

enum status search__write_file(struct search_index *index, const char *name, struct str bytes,
                               struct error *error)
{
    char draft[PART_PATH_BYTES + 8];
    snprintf(draft, sizeof draft, "%s.new", name);
    int file = openat(index->directory, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return fail(error, STATUS_IO, "%s: %s", draft, strerror(errno));
    size_t done = 0;
    ssize_t put = 1;
    while (done < bytes.len && (put = write(file, bytes.ptr + done, bytes.len - done)) > 0)
        done += (size_t)put;
    bool good = done == bytes.len;
    close(file);
    if (good && renameat(index->directory, draft, index->directory, name) == 0)
        return STATUS_OK;
    enum status status = fail(error, STATUS_IO, "%s: %s", draft, strerror(errno));
    unlinkat(index->directory, draft, 0);
    return status;
}

/* Writes the part and puts it in the place of those it covers. */
static enum status publish(struct search_index *index, struct str bytes,
                           const struct indexed_part *shape, struct error *error)
{
    char name[PART_PATH_BYTES];
    struct indexed_part *item = malloc(sizeof *item);
    search__part_name(shape->segment, shape->first_chunk, shape->chunk_count, name);
    enum status status = item ? search__write_file(index, name, bytes, error)
                              : fail(error, STATUS_BUSY, "no memory for a part");
    if (status == STATUS_OK) {
        *item = *shape;
        item->file_bytes = bytes.len;
        pthread_mutex_lock(&index->lock);
        size_t at = search__find(index, item->segment, item->first_chunk);
        while (at < index->count && index->items[at]->segment == item->segment &&
               index->items[at]->first_chunk < item->first_chunk + item->chunk_count)
            search__remove(index, at, index->items[at]->chunk_count != item->chunk_count);
        if (!search__insert(index, item))
            status = fail(error, STATUS_BUSY, "no memory for a part");
        pthread_mutex_unlock(&index->lock);
    }
    if (status != STATUS_OK)
        free(item);
    return status;
}

static bool is_closing(struct search_index *index)
{
    pthread_mutex_lock(&index->lock);
    bool closing = index->closing;
    pthread_mutex_unlock(&index->lock);
    return closing;
}

static enum status build(struct search_index *index, const struct journal_chunks *chunks,
                         uint32_t first, uint32_t count, struct error *error)
{
    const struct indexed_part shape = {.segment = chunks->items[0].segment,
                                       .first_chunk = first,
                                       .chunk_count = count,
                                       .created_ns = chunks->created_ns};
    struct part_builder *builder = search_builder_new(shape.segment, first, chunks->created_ns);
    enum status status = builder ? STATUS_OK : fail(error, STATUS_BUSY, "no memory for a part");
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = is_closing(index) ? fail(error, STATUS_CANCELLED, "closing")
                                   : search_builder_add(builder, index->options.journal, chunks,
                                                        first + i, error);
    struct buf bytes = {0};
    if (status == STATUS_OK)
        status = search_builder_write(builder, &bytes, error);
    if (status == STATUS_OK)
        status = publish(index, buf_str(&bytes), &shape, error);
    buf_done(&bytes);
    if (status == STATUS_OK)
        counter_add(&chunks_total, count);
    search_builder_free(builder);
    return status;
}

/* Where the last but one part of the segment begins. */
static uint32_t last_two(struct search_index *index, uint32_t segment)
{
    pthread_mutex_lock(&index->lock);
    size_t first = search__find(index, segment, 0), end = search__find(index, segment + 1, 0);
    uint32_t chunk = end - first > 1 ? index->items[end - 2]->first_chunk : 0;
    pthread_mutex_unlock(&index->lock);
    return chunk;
}

static bool may_join(const struct search_part *a, const struct search_part *b)
{
    return a->chunk_count == b->chunk_count && 2 * a->chunk_count <= PART_CHUNKS &&
           a->first_chunk % (2 * a->chunk_count) == 0 &&
           a->first_chunk + a->chunk_count == b->first_chunk && a->created_ns == b->created_ns &&
           a->token_count + b->token_count <= JOINED_TOKENS_MAX;
}

/* Joins the last two parts of the segment when they are of one size. */
static enum status join(struct search_index *index, uint32_t segment, bool *out_joined,
                        struct error *error)
{
    struct part_list parts;
    *out_joined = false;
    search_index_parts(index, segment, last_two(index, segment), &parts);
    const struct search_part *a = parts.count > 1 ? parts.parts[parts.count - 2] : NULL;
    const struct search_part *b = a ? parts.parts[parts.count - 1] : NULL;
    enum status status = STATUS_OK;
    if (a && may_join(a, b)) {
        const struct indexed_part shape = {segment, a->first_chunk, 2 * a->chunk_count,
                                           .created_ns = a->created_ns};
        struct buf bytes = {0};
        status = search_parts_join(a, b, &bytes, error);
        if (status == STATUS_OK)
            status = publish(index, buf_str(&bytes), &shape, error);
        buf_done(&bytes);
        *out_joined = status == STATUS_OK;
    }
    search_index_release(index, &parts);
    return status;
}

/* --- what to do */

/* How many chunks from the segment's first on have parts. Those of another segment that had the
 * same number go. */
static uint32_t covered(struct search_index *index, uint32_t segment, int64_t created_ns,
                        size_t chunk_count)
{
    uint32_t end = 0;
    pthread_mutex_lock(&index->lock);
    for (size_t at = search__find(index, segment, 0);
         at < index->count && index->items[at]->segment == segment;) {
        const struct indexed_part *item = index->items[at];
        if (item->created_ns != created_ns || item->first_chunk != end ||
            item->first_chunk + item->chunk_count > chunk_count) {
            search__remove(index, at, true);
            continue;
        }
        end += item->chunk_count;
        at++;
    }
    pthread_mutex_unlock(&index->lock);
    return end;
}

struct work {
    struct journal_chunks chunks;
    uint32_t first, available; /* chunks without a part */
    bool sealed;               /* all chunks of the segment are complete */
};

static bool look(struct search_index *index, uint32_t segment, struct work *out)
{
    *out = (struct work){0};
    if (journal_list_chunks(index->options.journal, segment, &out->chunks, NULL) != STATUS_OK)
        return false;
    size_t complete = out->chunks.count;
    while (complete && !out->chunks.items[complete - 1].complete)
        complete--;
    out->sealed = complete == out->chunks.count;
    out->first = covered(index, segment, out->chunks.created_ns, complete);
    out->available = (uint32_t)complete - out->first;
    return true;
}

/* The newest segment with something to do; false: none. */
static bool find_work(struct search_index *index, struct work *out)
{
    struct journal_stats stats;
    journal_get_stats(index->options.journal, &stats);
    pthread_mutex_lock(&index->lock);
    index->changed_since = false;
    while (index->count && index->items[0]->segment < stats.first_segment)
        search__remove(index, 0, true);
    search__drop_transcripts(index, stats.first_segment);
    uint32_t done_before = index->done_before;
    pthread_mutex_unlock(&index->lock);
    if (done_before < stats.first_segment)
        done_before = stats.first_segment;
    uint32_t lowest_open = stats.last_segment + 1;
    for (uint32_t id = stats.last_segment; id >= done_before && id > 0; id--) {
        if (!look(index, id, out)) {
            lowest_open = id;
            continue;
        }
        if (out->available)
            return true;
        if (!out->sealed)
            lowest_open = id;
        free(out->chunks.items);
    }
    pthread_mutex_lock(&index->lock);
    index->done_before = lowest_open < stats.last_segment ? lowest_open : stats.last_segment;
    pthread_mutex_unlock(&index->lock);
    return false;
}

static enum status do_work(struct search_index *index, const struct work *work, struct error *error)
{
    uint32_t size = BUILD_CHUNKS;
    while (size > work->available || work->first % size != 0)
        size /= 2;
    enum status status = build(index, &work->chunks, work->first, size, error);
    for (bool joined = true; status == STATUS_OK && joined && !is_closing(index);)
        status = join(index, work->chunks.items[0].segment, &joined, error);
    malloc_trim(0); /* of what a part takes to be made, most lies below what stays */
    return status;
}

static void give_back(struct search_index *index)
{
    int64_t before = clock_mono_ns() - UNUSED_SECONDS * NS_PER_SEC;
    pthread_mutex_lock(&index->lock);
    for (size_t i = 0; i < index->count; i++)
        if (index->items[i]->part && index->items[i]->refs == 0 &&
            index->items[i]->used_ns < before)
            search__unload(index, index->items[i]);
    pthread_mutex_unlock(&index->lock);
    journal_forget_kept(index->options.journal, before);
}

/* Whether the journal was written to of late. */
static bool is_quiet(struct search_index *index, uint64_t *written, int64_t *changed_ns)
{
    struct journal_stats stats;
    journal_get_stats(index->options.journal, &stats);
    if (stats.written_bytes != *written) {
        *written = stats.written_bytes;
        *changed_ns = clock_mono_ns();
    }
    return clock_mono_ns() - *changed_ns > index->options.quiet_ms * NS_PER_MS;
}

static void note(struct search_index *index, bool caught_up)
{
    pthread_mutex_lock(&index->lock);
    index->caught_up = caught_up && !index->changed_since;
    if (index->caught_up)
        index->hurried = false;
    pthread_mutex_unlock(&index->lock);
}

static bool is_hurried(struct search_index *index)
{
    pthread_mutex_lock(&index->lock);
    bool hurried = index->hurried;
    pthread_mutex_unlock(&index->lock);
    return hurried;
}

/* When every chunk has its part. */
static int64_t make_transcript(struct search_index *index, bool quiet)
{
    struct error error = {0};
    bool made = false;
    int64_t began = clock_mono_ns();
    enum status status = search__make_transcript(index, &made, &error);
    if (status != STATUS_OK && status != STATUS_CANCELLED)
        log_warn("search", "texts stay without a transcript for now", "reason=\"%s\"", error.text);
    note(index, !made);
    int64_t took_ms = (clock_mono_ns() - began) / NS_PER_MS;
    if (!made || status != STATUS_OK)
        return made ? 10 * TICK_MS : TICK_MS;
    return quiet || is_hurried(index) ? 0 : took_ms * BUSY_SHARE;
}

/* Returns how long to wait before the next step. */
static int64_t step(struct search_index *index, bool quiet)
{
    struct work work;
    struct error error = {0};
    give_back(index);
    if (!find_work(index, &work))
        return make_transcript(index, quiet);
    note(index, false);
    bool hurried = is_hurried(index);
    int64_t wait_ms = TICK_MS, began = clock_mono_ns();
    if (quiet || hurried || work.available >= BUSY_BACKLOG) {
        /* Only a little at a time, so that beside others the rest after it is short. */
        enum status status = do_work(index, &work, &error);
        if (status != STATUS_OK && status != STATUS_CANCELLED)
            log_warn("search", "texts stay without an index for now", "reason=\"%s\"", error.text);
        int64_t took_ms = (clock_mono_ns() - began) / NS_PER_MS;
        wait_ms = status != STATUS_OK ? 10 * TICK_MS : quiet || hurried ? 0 : took_ms * BUSY_SHARE;
    }
    free(work.chunks.items);
    return wait_ms;
}

void *search__build_run(void *argument)
{
    struct search_index *index = argument;
    uint64_t written = 0;
    int64_t changed_ns = clock_mono_ns();
    pthread_setname_np(pthread_self(), "search");
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    int64_t wait = TICK_MS;
    while (wait_ms(index, wait, wait <= TICK_MS))
        wait = step(index, is_quiet(index, &written, &changed_ns));
    return NULL;
}
