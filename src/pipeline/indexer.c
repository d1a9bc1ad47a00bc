/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indexer: journal frame -> observations -> priced rows -> commit.
 *
 * States: FOLLOW reads the next frame; when none comes within the commit interval, or enough rows
 * wait, COMMIT makes them visible together with the position behind the last whole frame. A failed
 * commit goes back to the position the store still has and reads again, so rows are counted exactly
 * once.
 */
#define _GNU_SOURCE
#include "pipeline/indexer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "normalise/normalise.h"
#include "pipeline/merger.h"
#include "pipeline/rows.h"
#include "price/bill.h"

enum {
    COMMIT_ROWS = 20000,
    COMMIT_INTERVAL_MS = 150,
    IDLE_WAIT_MS = 500,
    RETRY_MS_MAX = 5000,
};

COUNTER(indexed_spans, "vitrine_indexed_records_total", "signal=\"spans\"",
        "Records read from the journal into the index");
COUNTER(indexed_logs, "vitrine_indexed_records_total", "signal=\"logs\"",
        "Records read from the journal into the index");
COUNTER(indexed_points, "vitrine_indexed_records_total", "signal=\"points\"",
        "Records read from the journal into the index");
COUNTER(indexed_scores, "vitrine_indexed_records_total", "signal=\"scores\"",
        "Records read from the journal into the index");
COUNTER(index_commits, "vitrine_index_commits_total", "", "Commits of the index");
COUNTER(index_failures, "vitrine_index_failures_total", "", "Commits of the index that failed");
COUNTER(frames_skipped, "vitrine_index_corrupt_frames_total", "",
        "Journal frames that did not check out and were stepped over");
GAUGE(index_lag, "vitrine_index_lag_ns", "", "Age of the oldest record that is not yet visible");

struct indexer {
    struct indexer_options options;
    pthread_t thread;
    atomic_bool stopping;
    _Atomic uint64_t records;
    _Atomic uint32_t at_segment;
    _Atomic uint64_t at_offset;
    _Atomic int64_t oldest_pending_ns; /* arrival of the first record not yet visible; 0: none */
    _Atomic uint32_t forget_before;    /* a segment; 0: nothing to forget */
    struct merger *merger;
    _Atomic size_t waiting; /* spans whose parts are not merged yet */
    struct journal_position position;
    struct journal_position
        deletions_until;      /* where the journal ended when the last one was read */
    int64_t pending_since_ns; /* monotonic; 0 when nothing waits */
};

static enum status add_frame(struct indexer *indexer, const struct journal_frame *frame,
                             struct error *error)
{
    size_t deletions = store_deletions_known(indexer->options.store);
    struct rows_context context = {
        .store = indexer->options.store,
        .prices = indexer->options.prices,
        .media = indexer->options.media,
        .contents = journal_content_source(indexer->options.journal),
        .frame = frame->position,
    };
    for (size_t i = 0; i < frame->batch_count; i++) {
        const struct batch *batch = frame->batches[i];
        enum status status = merger_note(indexer->merger, batch, frame->position,
                                         frame->first_record[i][SIGNAL_SPANS], error);
        if (status == STATUS_OK)
            status = rows_add_batch(&context, batch, frame->first_record[i], error);
        if (status != STATUS_OK)
            return status;
        counter_add(&indexed_spans, (int64_t)batch->span_count);
        counter_add(&indexed_logs, (int64_t)batch->log_count);
        counter_add(&indexed_points, (int64_t)batch->point_count);
        counter_add(&indexed_scores, (int64_t)batch->score_count);
        indexer->records += batch_record_count(batch);
        if (indexer->oldest_pending_ns == 0)
            indexer->oldest_pending_ns = batch->arrival_ns;
    }
    if (store_deletions_known(indexer->options.store) != deletions)
        indexer->deletions_until = journal_end(indexer->options.journal);
    return STATUS_OK;
}

static void set_position(struct indexer *indexer, struct journal_position position)
{
    indexer->position = position;
    indexer->at_segment = position.segment;
    indexer->at_offset = position.offset;
}

/* Goes back to what the store has for certain. */
static void rewind_to_store(struct indexer *indexer)
{
    struct store_progress progress = store_progress(indexer->options.store);
    set_position(indexer, (struct journal_position){progress.segment, progress.offset});
    merger_reset(indexer->merger);
    indexer->deletions_until = journal_end(indexer->options.journal);
    indexer->pending_since_ns = 0;
    indexer->oldest_pending_ns = 0;
}

static enum status commit(struct indexer *indexer, struct error *error)
{
    struct journal_position reached = indexer->position;
    /* A part that is not merged yet is read again after a crash. */
    if (merger_waiting(indexer->merger)) {
        struct journal_position oldest = merger_oldest(indexer->merger);
        if (journal_position_compare(oldest, reached) < 0)
            reached = oldest;
    }
    /* Spans that were merged before the merger knew of a deletion stand before that. */
    if (journal_position_compare(reached, indexer->deletions_until) >= 0)
        store_forget_deletions(indexer->options.store);
    struct store_progress progress = {reached.segment, reached.offset};
    enum status status = store_commit(indexer->options.store, progress, error);
    if (status == STATUS_OK) {
        merger_committed(indexer->merger);
        counter_add(&index_commits, 1);
        indexer->pending_since_ns = 0;
        indexer->oldest_pending_ns = 0;
        counter_set(&index_lag, 0);
        if (indexer->options.committed)
            indexer->options.committed(indexer->options.context, indexer->position);
        /* Keeps the write-ahead part small under load, too. */
        status = store_compact(indexer->options.store, false, error);
    }
    return status;
}

static bool commit_is_due(const struct indexer *indexer)
{
    return indexer->pending_since_ns &&
           (store_pending(indexer->options.store) >= COMMIT_ROWS ||
            clock_mono_ns() - indexer->pending_since_ns >= COMMIT_INTERVAL_MS * NS_PER_MS);
}

static int wait_ms(const struct indexer *indexer)
{
    if (!indexer->pending_since_ns)
        return IDLE_WAIT_MS;
    int64_t left = COMMIT_INTERVAL_MS * NS_PER_MS - (clock_mono_ns() - indexer->pending_since_ns);
    int wait = left > 0 ? (int)(left / NS_PER_MS) + 1 : 0;
    int due = merger_due_ms(indexer->merger, indexer->position);
    return due >= 0 && due < wait ? due : wait;
}

/* What the journal refuses now (a full disk) waits there and is merged later. */
static void merge_if_due(struct indexer *indexer)
{
    struct error error;
    if (merger_due_ms(indexer->merger, indexer->position) == 0 &&
        merger_flush(indexer->merger, false, &error) != STATUS_OK)
        log_warn("index", "parts of spans cannot be merged now", "reason=\"%s\"", error.text);
    indexer->waiting = merger_waiting(indexer->merger);
}

/* One turn. STATUS_TIMEOUT: nothing new. */
static enum status step(struct indexer *indexer, int timeout_ms, struct error *error)
{
    struct journal_frame frame;
    struct journal_position end = journal_end(indexer->options.journal);
    enum status status =
        journal_read(indexer->options.journal, indexer->position, timeout_ms, &frame, error);
    if (status == STATUS_TIMEOUT) {
        /* Nothing stands between here and what was the end before asking. */
        if (journal_position_compare(indexer->position, end) < 0)
            set_position(indexer, end);
    } else if (status == STATUS_CORRUPT) {
        counter_add(&frames_skipped, 1);
        log_error("index", "a journal frame was stepped over",
                  "segment=%u offset=%llu reason=\"%s\"", frame.position.segment,
                  (unsigned long long)frame.position.offset, error->text);
        set_position(indexer, frame.next);
        status = STATUS_OK;
    } else if (status == STATUS_OK) {
        if (!indexer->pending_since_ns)
            indexer->pending_since_ns = clock_mono_ns();
        status = add_frame(indexer, &frame, error);
        struct journal_position next = frame.next;
        journal_frame_done(&frame);
        if (status == STATUS_OK)
            set_position(indexer, next);
    }
    if (indexer->oldest_pending_ns)
        counter_set(&index_lag, clock_now_ns() - indexer->oldest_pending_ns);
    if (status != STATUS_OK && status != STATUS_TIMEOUT)
        return status;
    merge_if_due(indexer);
    if (commit_is_due(indexer)) {
        struct error commit_error;
        enum status committed = commit(indexer, &commit_error);
        if (committed != STATUS_OK) {
            *error = commit_error;
            return committed;
        }
    }
    return status;
}

static void pause_after_failure(struct indexer *indexer, const struct error *error, int *delay_ms)
{
    counter_add(&index_failures, 1);
    log_error("index", "the index cannot keep up with the journal", "retry_ms=%d reason=\"%s\"",
              *delay_ms, error->text);
    /* The wait ends early when the journal closes or somebody wakes its readers. */
    struct journal_frame ignored;
    struct error unused;
    struct journal_position end = journal_end(indexer->options.journal);
    if (!indexer->stopping &&
        journal_read(indexer->options.journal, end, *delay_ms, &ignored, &unused) == STATUS_OK)
        journal_frame_done(&ignored);
    *delay_ms = *delay_ms * 2 > RETRY_MS_MAX ? RETRY_MS_MAX : *delay_ms * 2;
}

void indexer_forget_before(struct indexer *indexer, uint32_t first_kept)
{
    indexer->forget_before = first_kept;
}

/* Retention dropped segments of the journal: their rows go, too. */
static enum status forget(struct indexer *indexer, struct error *error)
{
    uint32_t first_kept = indexer->forget_before;
    if (first_kept == 0 || indexer->pending_since_ns)
        return STATUS_OK;
    enum status status = store_drop_segments(indexer->options.store, first_kept, error);
    if (status == STATUS_OK)
        atomic_compare_exchange_strong(&indexer->forget_before, &first_kept, 0);
    return status;
}

static void *run(void *argument)
{
    struct indexer *indexer = argument;
    int delay_ms = 50;
    while (!indexer->stopping) {
        struct error error = {0};
        enum status status = step(indexer, wait_ms(indexer), &error);
        if (status == STATUS_OK) {
            delay_ms = 50;
        } else if (status == STATUS_TIMEOUT) {
            status = forget(indexer, &error);
            if (status == STATUS_OK)
                status =
                    store_compact(indexer->options.store, indexer->pending_since_ns == 0, &error);
            if (status != STATUS_OK)
                log_error("index", "background work failed", "reason=\"%s\"", error.text);
        } else if (status != STATUS_CANCELLED) {
            rewind_to_store(indexer);
            pause_after_failure(indexer, &error, &delay_ms);
        }
    }
    struct error error;
    if (indexer->pending_since_ns && commit(indexer, &error) != STATUS_OK)
        log_warn("index",
                 "the last commit failed; the journal will be read again at the next start",
                 "reason=\"%s\"", error.text);
    return NULL;
}

static enum status new_indexer(const struct indexer_options *options, struct indexer **out_indexer,
                               struct error *error)
{
    struct indexer *indexer = calloc(1, sizeof *indexer);
    if (!indexer)
        return fail(error, STATUS_INTERNAL, "no memory for the indexer");
    indexer->options = *options;
    indexer->merger = merger_new(options->journal, options->store, journal_end(options->journal));
    if (!indexer->merger) {
        free(indexer);
        return fail(error, STATUS_INTERNAL, "no memory for the indexer");
    }
    rewind_to_store(indexer);
    *out_indexer = indexer;
    return STATUS_OK;
}

static void free_indexer(struct indexer *indexer)
{
    merger_free(indexer->merger);
    free(indexer);
}

enum status indexer_start(const struct indexer_options *options, struct indexer **out_indexer,
                          struct error *error)
{
    struct indexer *indexer = NULL;
    enum status status = new_indexer(options, &indexer, error);
    if (status != STATUS_OK)
        return status;
    if (pthread_create(&indexer->thread, NULL, run, indexer) != 0) {
        free_indexer(indexer);
        return fail(error, STATUS_INTERNAL, "cannot start the index thread");
    }
    pthread_setname_np(indexer->thread, "index");
    *out_indexer = indexer;
    return STATUS_OK;
}

void indexer_stop(struct indexer *indexer)
{
    if (!indexer)
        return;
    indexer->stopping = true;
    journal_wake(indexer->options.journal);
    pthread_join(indexer->thread, NULL);
    free_indexer(indexer);
}

void indexer_get_stats(struct indexer *indexer, struct indexer_stats *out_stats)
{
    struct journal_position end = journal_end(indexer->options.journal);
    uint32_t segment = indexer->at_segment;
    uint64_t offset = indexer->at_offset;
    int64_t oldest = indexer->oldest_pending_ns;
    *out_stats = (struct indexer_stats){
        .indexed_records = indexer->records,
        .lag_bytes = segment == end.segment ? (int64_t)(end.offset - offset) : -1,
        .lag_ns = oldest ? clock_now_ns() - oldest : 0,
    };
    out_stats->caught_up = out_stats->lag_bytes == 0 && oldest == 0 && indexer->waiting == 0;
}

enum status indexer_run_once(const struct indexer_options *options,
                             void (*progress)(void *context, struct journal_position at),
                             void *context, uint64_t *out_records, struct error *error)
{
    struct indexer *indexer = NULL;
    enum status status = new_indexer(options, &indexer, error);
    if (status != STATUS_OK)
        return status;
    do {
        struct journal_position end = journal_end(options->journal);
        while (status == STATUS_OK && journal_position_compare(indexer->position, end) < 0) {
            status = step(indexer, 0, error);
            if (progress)
                progress(context, indexer->position);
        }
        if (status == STATUS_TIMEOUT)
            status = STATUS_OK;
        /* What no merged span covers is merged now, and read in the next round. */
        if (status == STATUS_OK && merger_waiting(indexer->merger))
            status = merger_flush(indexer->merger, true, error);
    } while (status == STATUS_OK &&
             journal_position_compare(indexer->position, journal_end(options->journal)) < 0);
    if (status == STATUS_OK && indexer->pending_since_ns)
        status = commit(indexer, error);
    *out_records = indexer->records;
    free_indexer(indexer);
    return status;
}
