/* SPDX-License-Identifier: Apache-2.0 */
/* journal: opening, closing, appending and the numbers about it. */
#define _GNU_SOURCE
#include "journal/journal_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/must.h"

COUNTER(refused_busy, "vitrine_journal_refused_total", "reason=\"busy\"",
        "Batches the journal did not take");
COUNTER(refused_disk, "vitrine_journal_refused_total", "reason=\"disk low\"",
        "Batches the journal did not take");

int journal_position_compare(struct journal_position a, struct journal_position b)
{
    if (a.segment != b.segment)
        return a.segment < b.segment ? -1 : 1;
    return (a.offset > b.offset) - (a.offset < b.offset);
}

/* --- opening */

static void set_options(struct journal *journal, const struct journal_options *options)
{
    journal->options = *options;
    struct journal_options *own = &journal->options;
    own->segment_bytes = own->segment_bytes ? own->segment_bytes : (size_t)128 << 20;
    own->queue_bytes = own->queue_bytes ? own->queue_bytes : (size_t)64 << 20;
    own->group_wait_us = own->group_wait_us ? own->group_wait_us : 1000;
    own->cache_bytes = own->cache_bytes ? own->cache_bytes : (size_t)48 << 20;
    own->kept_bytes = own->kept_bytes ? own->kept_bytes : (size_t)80 << 20;
    own->directory = journal->path;
}

static enum status make_directory(char *path, struct error *error)
{
    for (char *at = path + 1;; at++) {
        char saved = *at;
        if (saved != '/' && saved != 0)
            continue;
        *at = 0;
        int failed = mkdir(path, 0700) != 0 && errno != EEXIST;
        *at = saved;
        if (failed)
            return fail(error, STATUS_IO, "creating %s: %s", path, strerror(errno));
        if (saved == 0)
            return STATUS_OK;
    }
}

enum status journal__lock_directory(int directory, const char *path, int *out_file,
                                    struct error *error)
{
    int file = openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return fail(error, STATUS_IO, "%s/lock: %s", path, strerror(errno));
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        char owner[24] = "";
        ssize_t got = pread(file, owner, sizeof owner - 1, 0);
        close(file);
        return fail(error, STATUS_CONFLICT, "the journal in %s is in use by process %s", path,
                    got > 0 ? owner : "(unknown)");
    }
    char owner[24];
    int len = snprintf(owner, sizeof owner, "%d", (int)getpid());
    if (ftruncate(file, 0) != 0 || pwrite(file, owner, (size_t)len, 0) != len) {
        /* Only the message to others would have used it. */
    }
    *out_file = file;
    return STATUS_OK;
}

static void init_locks(struct journal *journal)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&journal->queue_lock, NULL);
    pthread_mutex_init(&journal->lock, NULL);
    pthread_cond_init(&journal->queue_filled, &monotonic);
    pthread_cond_init(&journal->frame_written, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static enum status open_directory(struct journal *journal, const char *path, struct error *error)
{
    if ((size_t)snprintf(journal->path, sizeof journal->path, "%s", path) >= sizeof journal->path ||
        !path[0])
        return fail(error, STATUS_INVALID, "the journal's path has %zu bytes, expected 1 to %zu",
                    strlen(path), sizeof journal->path - 1);
    enum status status = make_directory(journal->path, error);
    if (status != STATUS_OK)
        return status;
    journal->directory = open(journal->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (journal->directory < 0)
        return fail(error, STATUS_IO, "%s: %s", path, strerror(errno));
    return journal__lock_directory(journal->directory, journal->path, &journal->lock_file, error);
}

static enum status start(struct journal *journal, struct error *error)
{
    enum status status = journal__compressor_start(journal, error);
    if (status == STATUS_OK)
        status = journal__recover(journal, error);
    if (status != STATUS_OK)
        return status;
    journal->builder.secret = journal->secret;
    journal__disk_defaults(journal);
    journal__disk_check(journal);
    if (pthread_create(&journal->thread, NULL, journal__writer_run, journal) != 0)
        return fail(error, STATUS_INTERNAL, "the journal's thread could not be started");
    pthread_setname_np(journal->thread, "journal");
    journal->thread_started = true;
    return STATUS_OK;
}

enum status journal_open(const struct journal_options *options, struct journal **out_journal,
                         struct error *error)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return fail(error, STATUS_BUSY, "no memory for the journal");
    journal->directory = journal->lock_file = -1;
    journal->files = journal__files;
    journal->queue_last = &journal->queue_first;
    journal->accepting = true;
    init_locks(journal);
    set_options(journal, options);
    enum status status = STATUS_OK;
    if (getrandom(journal->secret, sizeof journal->secret, 0) != sizeof journal->secret)
        status = fail(error, STATUS_INTERNAL, "the system gives no random bytes");
    if (status == STATUS_OK)
        status = open_directory(journal, options->directory, error);
    if (status == STATUS_OK)
        status = start(journal, error);
    if (status == STATUS_OK)
        *out_journal = journal;
    else
        journal_close(journal);
    return status;
}

/* --- closing */

static void stop_thread(struct journal *journal)
{
    pthread_mutex_lock(&journal->queue_lock);
    journal->closing = true;
    pthread_cond_broadcast(&journal->queue_filled);
    pthread_mutex_unlock(&journal->queue_lock);
    if (journal->thread_started)
        pthread_join(journal->thread, NULL);
    pthread_mutex_lock(&journal->lock);
    journal->cancelled = true;
    pthread_cond_broadcast(&journal->frame_written);
    pthread_mutex_unlock(&journal->lock);
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    stop_thread(journal);
    must(!journal->queue_first);
    journal__drop_spare(journal);
    journal__chunk_unref(journal->chunk);
    for (size_t i = 0; i < journal->chunk_count; i++)
        journal__chunk_unref(journal->chunks[i]);
    for (size_t i = 0; i < journal->segment_count; i++)
        journal__segment_unref(journal->segments[i]);
    free(journal->segments);
    journal__builder_done(&journal->builder);
    buf_done(&journal->out);
    ZSTD_freeCCtx(journal->compressor);
    if (journal->lock_file >= 0)
        close(journal->lock_file);
    if (journal->directory >= 0)
        close(journal->directory);
    pthread_cond_destroy(&journal->queue_filled);
    pthread_cond_destroy(&journal->frame_written);
    pthread_mutex_destroy(&journal->queue_lock);
    pthread_mutex_destroy(&journal->lock);
    free(journal);
}

/* --- appending */

/* With the queue's lock held. */
static enum status may_queue(struct journal *journal, size_t bytes, struct error *error)
{
    if (journal->closing)
        return fail(error, STATUS_BUSY, "the journal is closing");
    if (!journal->accepting) {
        counter_add(&refused_disk, 1);
        return fail(error, STATUS_FULL, "the journal is full: %s", journal->reason);
    }
    /* One batch larger than the whole queue is taken when it is alone. */
    if (journal->waiting_bytes > 0 &&
        journal->waiting_bytes + bytes > journal->options.queue_bytes) {
        counter_add(&refused_busy, 1);
        return fail(error, STATUS_BUSY, "the journal's queue is full: %zu bytes wait to be written",
                    journal->waiting_bytes);
    }
    return STATUS_OK;
}

static struct entry *take_entry(struct journal *journal)
{
    pthread_mutex_lock(&journal->queue_lock);
    struct entry *entry = journal->spare;
    if (entry) {
        journal->spare = entry->next;
        journal->spare_bytes -= entry->waiting_bytes;
        entry->next = NULL;
    }
    pthread_mutex_unlock(&journal->queue_lock);
    return entry ? entry : journal__entry_new();
}

enum status journal_append(struct journal *journal, const struct batch *batch,
                           void (*done)(void *context, enum status status,
                                        const struct error *error),
                           void *context, struct error *error)
{
    /* Refused before the work of encoding; looked at again when the size is known. */
    pthread_mutex_lock(&journal->queue_lock);
    enum status status = may_queue(journal, 0, error);
    pthread_mutex_unlock(&journal->queue_lock);
    if (status != STATUS_OK)
        return status;
    struct entry *entry = take_entry(journal);
    if (!entry)
        return fail(error, STATUS_BUSY, "no memory to encode the batch");
    status = journal__encode(journal->secret, batch, entry, error);
    if (status != STATUS_OK) {
        journal__entry_free(entry);
        return status;
    }
    entry->done = done;
    entry->context = context;
    entry->queued_ns = clock_mono_ns();
    pthread_mutex_lock(&journal->queue_lock);
    status = may_queue(journal, entry->waiting_bytes, error);
    if (status == STATUS_OK) {
        bool was_empty = !journal->queue_first, was_small = journal->queued_bytes < GROUP_BYTES;
        *journal->queue_last = entry;
        journal->queue_last = &entry->next;
        journal->queued_bytes += entry->waiting_bytes;
        journal->waiting_bytes += entry->waiting_bytes;
        if (was_empty || (was_small && journal->queued_bytes >= GROUP_BYTES))
            pthread_cond_signal(&journal->queue_filled);
    }
    pthread_mutex_unlock(&journal->queue_lock);
    if (status != STATUS_OK)
        journal__entry_free(entry);
    return status;
}

/* --- numbers */

void journal_get_stats(struct journal *journal, struct journal_stats *out_stats)
{
    struct journal_stats stats = {0};
    pthread_mutex_lock(&journal->lock);
    for (size_t i = 0; i < journal->segment_count; i++)
        stats.file_bytes += journal->segments[i]->file_bytes;
    if (journal->segment_count) {
        stats.first_segment = journal->segments[0]->id;
        stats.last_segment = journal->segments[journal->segment_count - 1]->id;
    }
    stats.raw_bytes = journal->raw_bytes;
    stats.written_bytes = journal->written_bytes;
    pthread_mutex_unlock(&journal->lock);
    pthread_mutex_lock(&journal->queue_lock);
    stats.waiting_bytes = journal->waiting_bytes;
    stats.accepting = journal->accepting;
    memcpy(stats.reason, journal->reason, sizeof stats.reason);
    stats.disk_free_bytes = journal->disk_free_bytes;
    pthread_mutex_unlock(&journal->queue_lock);
    *out_stats = stats;
}
