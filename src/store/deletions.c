/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deletions: traces, and single spans, that are taken away.
 *
 * What waits in the open batch is dropped at once; the rest is taken out of the tables first thing
 * in the commit, so that everything added behind the deletion finds nothing of it. Of each span the
 * counts are written into the rollups with a minus sign. Which traces were deleted is kept, table
 * and memory, until the caller says that nothing older can still come.
 */
#define _GNU_SOURCE
#include <stdlib.h>

#include "store/store_private.h"

/* --- which traces were deleted ---------------------------------------------------------------- */

/* Of a trace that is deleted twice the later record counts. */
static bool remember(struct deletions *deletions, const struct deletion_row *row)
{
    bool is_new;
    if (deletions->count == deletions->capacity) {
        size_t capacity = deletions->capacity ? deletions->capacity * 2 : 64;
        void *rows = realloc(deletions->rows, capacity * sizeof *row);
        if (!rows)
            return false;
        deletions->rows = rows;
        deletions->capacity = capacity;
    }
    uint32_t *at =
        key_map_at(&deletions->at, trace_hash(row->project, row->trace_hi, row->trace_lo),
                   (uint32_t)deletions->count, &is_new);
    if (!at)
        return false;
    *at = (uint32_t)deletions->count;
    deletions->rows[deletions->count++] = *row;
    return true;
}

bool store_deleted_since(const struct store *store, uint32_t project_id, const uint8_t *trace_id,
                         const struct store_place *place)
{
    const struct deletions *deletions = &store->deletions;
    int64_t hi = store__id_half(trace_id), lo = store__id_half(trace_id + 8);
    uint32_t at;
    if (deletions->count == 0 ||
        !key_map_get(&deletions->at, trace_hash((int32_t)project_id, hi, lo), &at))
        return false;
    const struct deletion_row *row = &deletions->rows[at];
    if (row->trace_hi != hi || row->trace_lo != lo || row->project != (int32_t)project_id)
        return false;
    if ((uint32_t)row->segment != place->segment)
        return (uint32_t)row->segment > place->segment;
    if ((uint64_t)row->frame != place->frame)
        return (uint64_t)row->frame > place->frame;
    return (uint32_t)row->record > place->record;
}

size_t store_deletions_known(const struct store *store)
{
    return store->deletions.count;
}

void store_forget_deletions(struct store *store)
{
    store->deletions.forget = store->deletions.count > 0;
}

static enum status take_rows(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        struct deletion_row row;
        table_read(TABLE_DELETIONS, chunk, 0, i, &row);
        if (!remember(&store->deletions, &row))
            return store__no_memory(error);
    }
    return STATUS_OK;
}

enum status store__load_deletions(struct store *store, struct error *error)
{
    duckdb_result result;
    store->deletions.count = store->deletions.written = 0;
    key_map_clear(&store->deletions.at);
    enum status status = store__ask(store, &result, error,
                                    "SELECT * FROM deletions ORDER BY segment, frame, record");
    if (status == STATUS_OK)
        status = store__each_chunk(store, &result, take_rows, error);
    store->deletions.written = store->deletions.count;
    return status;
}

void store__deletions_written(struct deletions *deletions)
{
    if (deletions->forget) {
        deletions->count = 0;
        key_map_clear(&deletions->at);
    }
    deletions->written = deletions->count;
}

/* What a batch noted that was not written; some traces may have been in an earlier one, too. */
void store__deletions_undo(struct deletions *deletions)
{
    size_t written = deletions->written;
    if (deletions->count == written)
        return;
    deletions->count = 0;
    key_map_clear(&deletions->at);
    for (size_t i = 0; i < written; i++) {
        struct deletion_row row = deletions->rows[i];
        (void)remember(deletions, &row); /* no more than it held before: needs no memory */
    }
}

void store__deletions_done(struct deletions *deletions)
{
    free(deletions->rows);
    key_map_done(&deletions->at);
    *deletions = (struct deletions){0};
}

/* --- the open batch --------------------------------------------------------------------------- */

/* What one call deletes, found by a row's trace or span. */
struct doom {
    struct key_map traces, spans;
    const struct probe_row *rows;
};

static bool same_trace(const struct probe_row *probe, int32_t project, int64_t hi, int64_t lo)
{
    return probe->a == hi && probe->b == lo && probe->project == project;
}

static bool dooms_trace(const struct doom *doom, int32_t project, int64_t hi, int64_t lo)
{
    uint32_t at;
    return key_map_get(&doom->traces, trace_hash(project, hi, lo), &at) &&
           same_trace(&doom->rows[at], project, hi, lo);
}

static bool dooms_span(const struct doom *doom, const struct span_row *span)
{
    uint32_t at;
    if (dooms_trace(doom, span->project, span->trace_hi, span->trace_lo))
        return true;
    return key_map_get(&doom->spans, span->hash, &at) && doom->rows[at].c == span->span_id &&
           same_trace(&doom->rows[at], span->project, span->trace_hi, span->trace_lo);
}

static void drop_aliases(struct pending *aliases, const struct doom *doom)
{
    struct alias_row *rows = (struct alias_row *)aliases->rows;
    size_t kept = 0;
    for (size_t i = 0; i < aliases->count; i++)
        if (rows[i].kind == ALIAS_SPAN ||
            !dooms_trace(doom, rows[i].project, rows[i].hi, rows[i].lo))
            rows[kept++] = rows[i];
    aliases->count = kept;
}

static void drop_pending(struct store *store, const struct doom *doom)
{
    struct span_row *spans = (struct span_row *)store->spans.rows;
    struct log_row *logs = (struct log_row *)store->logs.rows;
    struct score_row *scores = (struct score_row *)store->scores.rows;
    for (size_t i = 0; i < store->spans.count; i++)
        spans[i].dropped = spans[i].dropped || dooms_span(doom, &spans[i]);
    for (size_t i = 0; i < store->logs.count; i++)
        logs[i].dropped = logs[i].dropped ||
                          dooms_trace(doom, logs[i].project, logs[i].trace_hi, logs[i].trace_lo);
    for (size_t i = 0; i < store->scores.count; i++)
        scores[i].dropped =
            scores[i].dropped ||
            dooms_trace(doom, scores[i].project, scores[i].trace_hi, scores[i].trace_lo);
    drop_aliases(&store->aliases, doom);
    key_map_clear(&store->known_aliases);
}

static bool note(struct store *store, const struct store_deletion *deletion)
{
    int64_t hi = store__id_half(deletion->trace_id), lo = store__id_half(deletion->trace_id + 8);
    const struct deletion_row row = {
        .project = (int32_t)deletion->place.project_id,
        .trace_hi = hi,
        .trace_lo = lo,
        .segment = (int32_t)deletion->place.segment,
        .frame = (int64_t)deletion->place.frame,
        .record = (int32_t)deletion->place.record,
    };
    struct probe_row *probe = store__pending_push(&store->deletions.open, sizeof *probe);
    if (!probe)
        return false;
    *probe = (struct probe_row){
        .a = hi,
        .b = lo,
        .c = deletion->span_id ? store__id_half(deletion->span_id) : 0,
        .project = row.project,
    };
    return probe->c || remember(&store->deletions, &row);
}

enum status store_delete(struct store *store, const struct store_deletion *deletions, size_t count,
                         struct error *error)
{
    struct doom doom = {0};
    enum status status = store__ready(store, &store->spans, error);
    if (status != STATUS_OK)
        return status;
    size_t first = store->deletions.open.count;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (!note(store, &deletions[i]))
            status = store__no_memory(error);
    doom.rows = (const struct probe_row *)store->deletions.open.rows;
    for (size_t i = first; i < store->deletions.open.count && status == STATUS_OK; i++) {
        const struct probe_row *row = &doom.rows[i];
        const struct span_row span = {
            .project = row->project, .trace_hi = row->a, .trace_lo = row->b, .span_id = row->c};
        bool is_new;
        uint64_t hash = row->c ? store__span_hash(&span) : trace_hash(row->project, row->a, row->b);
        if (!key_map_at(row->c ? &doom.spans : &doom.traces, hash, (uint32_t)i, &is_new))
            status = store__no_memory(error);
    }
    if (status == STATUS_OK)
        drop_pending(store, &doom);
    key_map_done(&doom.traces);
    key_map_done(&doom.spans);
    return status;
}

/* --- the tables, within the commit -------------------------------------------------------------
 */

#define OF_TRACE "(project, trace_hi, trace_lo) IN (SELECT project, a, b FROM probe WHERE c = 0)"
#define OF_SPAN                                                                                    \
    "(project, trace_hi, trace_lo, span_id) IN "                                                   \
    "(SELECT project, a, b, c FROM probe WHERE c <> 0)"

/* Columns: the row's number in the table, the row. */
static enum status take_spans_of_trace(struct store *store, duckdb_data_chunk chunk,
                                       struct error *error)
{
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        struct span_row row = {0};
        table_read(TABLE_SPANS, chunk, 1, i, &row);
        int32_t label = store__label(&store->labels, &row);
        if (label < 0 || !rollups_add(&store->rollups, &row, label, -1))
            return store__no_memory(error);
    }
    return STATUS_OK;
}

/* The trace goes on without it: its parts are made anew. */
static enum status take_single_spans(struct store *store, duckdb_data_chunk chunk,
                                     struct error *error)
{
    const int64_t *row_ids = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk) && status == STATUS_OK; i++) {
        struct span_row row = {0};
        table_read(TABLE_SPANS, chunk, 1, i, &row);
        row.session = row.user_id = STR_NONE; /* they point into the chunk */
        status = store__take_back(store, &row, row_ids[i], error);
    }
    return status;
}

static enum status take_out(struct store *store, const char *which,
                            enum status (*take)(struct store *store, duckdb_data_chunk chunk,
                                                struct error *error),
                            struct error *error)
{
    duckdb_result result;
    enum status status =
        store__ask(store, &result, error, "SELECT rowid, * FROM spans WHERE %s", which);
    if (status == STATUS_OK)
        status = store__each_chunk(store, &result, take, error);
    return status == STATUS_OK ? store__run(store, error, "DELETE FROM spans WHERE %s", which)
                               : status;
}

enum status store__settle_deletions(struct store *store, struct error *error)
{
    static const char *const tables_of_traces[] = {"trace_parts", "logs", "scores"};
    const struct pending *open = &store->deletions.open;
    if (open->count == 0)
        return STATUS_OK;
    enum status status = store__temp_table(store, TABLE_PROBE, error);
    if (status == STATUS_OK)
        status = store__append(store, TABLE_PROBE, open->rows, open->count, error);
    if (status == STATUS_OK)
        status = take_out(store, OF_TRACE, take_spans_of_trace, error);
    if (status == STATUS_OK)
        status = take_out(store, OF_SPAN, take_single_spans, error);
    for (size_t i = 0; i < sizeof tables_of_traces / sizeof *tables_of_traces; i++)
        if (status == STATUS_OK)
            status =
                store__run(store, error, "DELETE FROM %s WHERE " OF_TRACE, tables_of_traces[i]);
    if (status == STATUS_OK)
        status = store__run(store, error,
                            "DELETE FROM aliases WHERE kind <> %d AND (project, hi, lo) IN "
                            "(SELECT project, a, b FROM probe WHERE c = 0)",
                            ALIAS_SPAN);
    return status;
}

/* Periods of which nothing is left: a model nobody calls any more must not be listed with zeroes.
 */
static enum status drop_empty_periods(struct store *store, struct error *error)
{
#define KEY "(resolution, time, label)"
    static const char empty[] = KEY " IN (SELECT (resolution, time, label) FROM rollups WHERE " KEY
                                    " IN (SELECT (a, b, c) FROM probe) "
                                    "GROUP BY resolution, time, label HAVING sum(spans) = 0)";
#undef KEY
    const struct rollups *rollups = &store->rollups;
    struct probe_row *probes = arena_array(&store->batch_texts, struct probe_row, rollups->count);
    if (!probes && rollups->count)
        return store__no_memory(error);
    for (size_t i = 0; i < rollups->count; i++)
        probes[i] = (struct probe_row){.a = rollups->counts[i].resolution,
                                       .b = rollups->counts[i].time,
                                       .c = rollups->counts[i].label};
    enum status status = store__temp_table(store, TABLE_PROBE, error);
    if (status == STATUS_OK)
        status = store__append(store, TABLE_PROBE, probes, rollups->count, error);
    if (status == STATUS_OK)
        status = store__run(store, error, "DELETE FROM histograms WHERE %s", empty);
    return status == STATUS_OK ? store__run(store, error, "DELETE FROM rollups WHERE %s", empty)
                               : status;
}

enum status store__write_deletions(struct store *store, struct error *error)
{
    struct deletions *deletions = &store->deletions;
    enum status status = STATUS_OK;
    if (deletions->open.count)
        status = drop_empty_periods(store, error);
    if (status == STATUS_OK && deletions->forget)
        return deletions->written ? store__run(store, error, "DELETE FROM deletions") : STATUS_OK;
    return status == STATUS_OK
               ? store__append(store, TABLE_DELETIONS, deletions->rows + deletions->written,
                               deletions->count - deletions->written, error)
               : status;
}
