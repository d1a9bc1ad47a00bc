/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duckdb_write: the open batch, and the one transaction that makes it visible.
 *
 * Rows wait as structs until the commit. Then, in this order: deleted rows are taken out; what the
 * index has already is dropped or marks what it replaces; labels, rollups and traces are added up
 * from the rows that are left, replaced ones taken back; tables with rows are appended to; the
 * traces of replaced rows are made anew; the progress row closes the transaction. Memory learns
 * what was written only after it succeeded. Names, labels and series keep their numbers when it
 * fails and are written with the next.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "store/store_private.h"

COUNTER(duplicate_spans, "vitrine_duplicate_records_total", "signal=\"spans\"",
        "Records that the index had already");
COUNTER(duplicate_logs, "vitrine_duplicate_records_total", "signal=\"logs\"",
        "Records that the index had already");
COUNTER(duplicate_points, "vitrine_duplicate_records_total", "signal=\"points\"",
        "Records that the index had already");
COUNTER(superseded_scores, "vitrine_superseded_scores_total", "",
        "Scores of which a later record came");
COUNTER(superseded_spans, "vitrine_superseded_spans_total", "",
        "Spans of which a later or fuller version came");

enum { BATCH_ROWS_KEPT = 32768 };

/* --- the batch ---------------------------------------------------------------------------- */

static void clear_pending(struct pending *pending, size_t row_size)
{
    key_map_clear(&pending->at);
    if (pending->capacity > BATCH_ROWS_KEPT) {
        void *rows = realloc(pending->rows, BATCH_ROWS_KEPT * row_size);
        if (rows) {
            pending->rows = rows;
            pending->capacity = BATCH_ROWS_KEPT;
        }
    }
    pending->count = 0;
    pending->duplicates = pending->superseded = 0;
}

void store__clear_batch(struct store *store)
{
    clear_pending(&store->spans, sizeof(struct span_row));
    clear_pending(&store->logs, sizeof(struct log_row));
    clear_pending(&store->points, sizeof(struct point_row));
    clear_pending(&store->scores, sizeof(struct score_row));
    clear_pending(&store->doomed_scores, sizeof(struct doomed_row));
    clear_pending(&store->aliases, sizeof(struct alias_row));
    clear_pending(&store->deletions.open, sizeof(struct probe_row));
    store->deletions.forget = false;
    rollups_clear(&store->rollups);
    trace_parts_clear(&store->parts);
    store->taken_back_count = 0;
    arena_done(&store->batch_texts);
}

void store__free_batch(struct store *store)
{
    struct pending *const all[] = {&store->spans,         &store->logs,          &store->points,
                                   &store->scores,        &store->doomed_scores, &store->aliases,
                                   &store->deletions.open};
    must(store_pending(store) == 0);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]->rows);
        all[i]->rows = NULL;
        all[i]->capacity = 0;
        key_map_done(&all[i]->at);
    }
    rollups_done(&store->rollups);
    trace_parts_done(&store->parts);
    free(store->taken_back);
    free(store->taken_back_ids);
    store->taken_back = NULL;
    store->taken_back_ids = NULL;
    store->taken_back_count = store->taken_back_capacity = 0;
}

/* Takes the dropped rows out, so that the rest can be appended as it stands. */
static void squeeze(struct pending *pending, size_t row_size, size_t dropped_offset)
{
    size_t kept = 0;
    for (size_t i = 0; i < pending->count; i++) {
        char *row = pending->rows + i * row_size;
        bool dropped;
        memcpy(&dropped, row + dropped_offset, sizeof dropped);
        if (dropped)
            continue;
        if (kept != i)
            memcpy(pending->rows + kept * row_size, row, row_size);
        kept++;
    }
    pending->count = kept;
}

static enum status settle(struct store *store, struct error *error)
{
    enum status status = store__settle_spans(store, error);
    if (status == STATUS_OK)
        status = store__settle_logs(store, error);
    if (status == STATUS_OK)
        status = store__settle_points(store, error);
    if (status == STATUS_OK)
        status = store__settle_scores(store, error);
    squeeze(&store->spans, sizeof(struct span_row), offsetof(struct span_row, dropped));
    squeeze(&store->logs, sizeof(struct log_row), offsetof(struct log_row, dropped));
    squeeze(&store->points, sizeof(struct point_row), offsetof(struct point_row, dropped));
    squeeze(&store->scores, sizeof(struct score_row), offsetof(struct score_row, dropped));
    return status == STATUS_OK ? store__settle_nested(store, error) : status;
}

static bool add_up_traces(struct store *store)
{
    const struct span_row *rows = (const struct span_row *)store->spans.rows;
    for (size_t i = 0; i < store->spans.count; i++)
        if (!trace_parts_add(&store->parts, &rows[i]))
            return false;
    return true;
}

static bool add_up_rollups(struct store *store)
{
    const struct span_row *rows = (const struct span_row *)store->spans.rows;
    for (size_t i = 0; i < store->spans.count; i++) {
        int32_t label = store__label(&store->labels, &rows[i]);
        if (label < 0 || !rollups_add(&store->rollups, &rows[i], label, 1))
            return false;
    }
    for (size_t i = 0; i < store->taken_back_count; i++) {
        const struct span_row *old = &store->taken_back[i];
        int32_t label = store__label(&store->labels, old);
        if (label < 0 || !rollups_add(&store->rollups, old, label, -1))
            return false;
    }
    return rollups_finish(&store->rollups);
}

static enum status append_names(struct store *store, struct error *error)
{
    struct names *names = &store->names;
    struct name_row rows[256];
    enum status status = STATUS_OK;
    for (uint32_t id = names->written + 1; id <= names->count && status == STATUS_OK;) {
        size_t count = 0;
        for (; id <= names->count && count < sizeof rows / sizeof *rows; id++)
            rows[count++] = (struct name_row){names_text(names, id), (int32_t)id};
        status = store__append(store, TABLE_NAMES, rows, count, error);
    }
    return status;
}

/* Marks the traces of which a version was taken back: their parts cannot just be added to. */
static bool mark_rebuilt(struct store *store)
{
    for (size_t i = 0; i < store->taken_back_count; i++) {
        const struct span_row *old = &store->taken_back[i];
        struct part_row *part =
            trace_parts_find(&store->parts, old->project, old->trace_hi, old->trace_lo);
        if (!part)
            return false;
        part->rebuilt = true;
    }
    return true;
}

/* Their parts are made anew from the spans; what they said in words is in the parts only, and gives
 * way to what the new version says. */
static enum status rebuild_traces(struct store *store, struct error *error)
{
    struct trace_parts *parts = &store->parts;
    if (!mark_rebuilt(store))
        return store__no_memory(error);
    struct affected_row *affected =
        arena_array(&store->batch_texts, struct affected_row, parts->count);
    struct preview_row *previews =
        arena_array(&store->batch_texts, struct preview_row, parts->count);
    if (!affected || !previews)
        return store__no_memory(error);
    size_t kept = 0, count = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const struct part_row part = parts->rows[i];
        if (!part.rebuilt) {
            parts->rows[kept++] = part;
            continue;
        }
        affected[count] = (struct affected_row){part.trace_hi, part.trace_lo, part.project};
        previews[count++] =
            (struct preview_row){part.trace_hi, part.trace_lo, part.input_rank, part.output_rank,
                                 part.input,    part.output,   part.project};
    }
    parts->count = kept;
    enum status status = store__temp_table(store, TABLE_AFFECTED, error);
    if (status == STATUS_OK)
        status = store__temp_table(store, TABLE_PREVIEWS, error);
    if (status == STATUS_OK)
        status = store__append(store, TABLE_AFFECTED, affected, count, error);
    if (status == STATUS_OK)
        status = store__append(store, TABLE_PREVIEWS, previews, count, error);
    return status == STATUS_OK ? store__rebuild_parts(store, error) : status;
}

static enum status append_all(struct store *store, struct store_progress progress,
                              struct error *error)
{
    const struct labels *labels = &store->labels;
    const struct progress_row now = {store->progress_seq + 1, progress.segment,
                                     (int64_t)progress.offset};
    const struct {
        enum table_id table;
        const void *rows;
        size_t count;
    } appends[] = {
        {TABLE_TRACE_PARTS, store->parts.rows, store->parts.count},
        {TABLE_ROLLUPS, store->rollups.counts, store->rollups.count},
        {TABLE_HISTOGRAMS, store->rollups.buckets, store->rollups.bucket_count},
        {TABLE_LOGS, store->logs.rows, store->logs.count},
        {TABLE_SERIES, store->series.unwritten, store->series.unwritten_count},
        {TABLE_POINTS, store->points.rows, store->points.count},
        {TABLE_SCORES, store->scores.rows, store->scores.count},
        {TABLE_ALIASES, store->aliases.rows, store->aliases.count},
        {TABLE_LABELS, labels->rows ? labels->rows + labels->written : NULL,
         labels->count - labels->written},
        {TABLE_PROGRESS, &now, 1},
    };
    enum status status = append_names(store, error);
    for (size_t i = 0; i < sizeof appends / sizeof *appends && status == STATUS_OK; i++)
        status = store__append(store, appends[i].table, appends[i].rows, appends[i].count, error);
    return status;
}

static enum status write_batch(struct store *store, struct store_progress progress,
                               struct error *error)
{
    enum status status = store__settle_deletions(store, error);
    if (status == STATUS_OK)
        status = settle(store, error);
    if (status == STATUS_OK)
        status =
            add_up_traces(store) ? store__settle_stand_ins(store, error) : store__no_memory(error);
    if (status == STATUS_OK && !add_up_rollups(store))
        status = store__no_memory(error);
    if (status == STATUS_OK && store->taken_back_count)
        status = store__delete_taken_back(store, error);
    if (status == STATUS_OK)
        status = store__append(store, TABLE_SPANS, store->spans.rows, store->spans.count, error);
    if (status == STATUS_OK && store->taken_back_count)
        status = rebuild_traces(store, error);
    if (status == STATUS_OK)
        status = append_all(store, progress, error);
    return status == STATUS_OK ? store__write_deletions(store, error) : status;
}

#define REMEMBER(pending, type, hash_of)                                                           \
    do {                                                                                           \
        const struct type *rows = (const struct type *)(pending)->rows;                            \
        for (size_t i = 0; i < (pending)->count; i++)                                              \
            if (!seen_add(&(pending)->seen, (uint64_t)rows[i].hash_of))                            \
                (pending)->seen.loaded = false;                                                    \
    } while (0)

/* The commit succeeded: now it is known. Without memory for a set it is read from the table again.
 */
static void remember(struct store *store, struct store_progress progress)
{
    REMEMBER(&store->spans, span_row, hash);
    REMEMBER(&store->logs, log_row, hash);
    REMEMBER(&store->points, point_row, hash);
    REMEMBER(&store->scores, score_row, hash);
    names_written(&store->names, store->names.count);
    store->labels.written = store->labels.count;
    store__series_written(&store->series);
    store__deletions_written(&store->deletions);
    counter_add(&duplicate_spans, store->spans.duplicates);
    counter_add(&duplicate_logs, store->logs.duplicates);
    counter_add(&duplicate_points, store->points.duplicates);
    counter_add(&superseded_spans, store->spans.superseded);
    counter_add(&superseded_scores, store->scores.superseded);
    store->progress_seq++;
    pthread_mutex_lock(&store->progress_lock);
    store->progress = progress;
    pthread_mutex_unlock(&store->progress_lock);
}

enum status store_commit(struct store *store, struct store_progress progress, struct error *error)
{
    if (store_pending(store) == 0 && !store->deletions.forget &&
        progress.segment == store->progress.segment && progress.offset == store->progress.offset)
        return STATUS_OK;
    if (store->broken)
        return store__ready(store, &store->spans, error);
    enum status status = store__begin(store, error);
    if (status == STATUS_OK) {
        status = write_batch(store, progress, error);
        if (status == STATUS_OK)
            names_show(&store->names, store->names.count);
        status = store__end(store, status, error);
    }
    if (status == STATUS_OK) {
        remember(store, progress);
        store__note_rollups(store);
    } else {
        names_show(&store->names, store->names.written);
        key_map_clear(&store->known_aliases); /* some may not have been written */
        store__forget_calls(store);
        store__forget_called_traces(store);
        store__deletions_undo(&store->deletions);
    }
    store__clear_batch(store);
    store__pool_after_commit(store, status, error);
    return status;
}
