/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duplicates: is this record in the index already? Memory answers "surely not" for nearly all that
 * is new; the rest of a batch is settled by joining its keys with the table, first where rows of
 * the same time stand (a resend says the same time, so most of the table is skipped), then, for
 * what was not found, everywhere.
 *
 * Of two versions of a span the one that ends later wins, then the one that says more; of equals
 * the first.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "store/store_private.h"

uint64_t store__span_hash(const struct span_row *span)
{
    const int64_t key[4] = {span->project, span->trace_hi, span->trace_lo, span->span_id};
    return XXH3_64bits(key, sizeof key);
}

uint64_t store__number_hash(uint64_t a, uint64_t b)
{
    const uint64_t key[2] = {a, b};
    return XXH3_64bits(key, sizeof key);
}

bool store__replaces(const struct span_row *fresh, const struct span_row *old)
{
    /* Merged spans: the one made of more parts knows more, whatever it says of its end. */
    if (fresh->weight >= MERGED_WEIGHT || old->weight >= MERGED_WEIGHT)
        return fresh->weight > old->weight;
    int64_t fresh_end = fresh->start_ns + fresh->duration_ns;
    int64_t old_end = old->start_ns + old->duration_ns;
    if (fresh_end != old_end)
        return fresh_end > old_end;
    return fresh->weight > old->weight;
}

void store__forget_spans(struct store *store)
{
    seen_done(&store->spans.seen);
    seen_done(&store->billed);
    seen_done(&store->billed_parents);
    seen_done(&store->called_traces);
    seen_done(&store->stood_in_traces);
    store__forget_calls(store);
    store__forget_called_traces(store);
}

/* --- filling the sets ---------------------------------------------------------------------- */

static enum status take_span_keys(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    const int32_t *project = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    const uint16_t *flags = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 5));
    const int32_t *tokens = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 6));
    const int64_t *cost = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 7));
    const int64_t *keys[4];
    for (int i = 0; i < 4; i++)
        keys[i] = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, (idx_t)i + 1));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        const struct span_row row = {.project = project[i],
                                     .trace_hi = keys[0][i],
                                     .trace_lo = keys[1][i],
                                     .span_id = keys[2][i],
                                     .parent_id = keys[3][i],
                                     .flags = flags[i],
                                     .tokens[TOKENS_TOTAL] = tokens[i],
                                     .cost = cost[i]};
        if (!seen_add(&store->spans.seen, store__span_hash(&row)) ||
            !store__nested_remember(store, &row) || !store__stand_ins_remember(store, &row))
            return store__no_memory(error);
    }
    return STATUS_OK;
}

static enum status take_hashes(struct seen *seen, duckdb_data_chunk chunk, struct error *error)
{
    const int64_t *hashes = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++)
        if (!seen_add(seen, (uint64_t)hashes[i]))
            return store__no_memory(error);
    return STATUS_OK;
}

static enum status take_log_keys(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    return take_hashes(&store->logs.seen, chunk, error);
}

static enum status take_point_keys(struct store *store, duckdb_data_chunk chunk,
                                   struct error *error)
{
    return take_hashes(&store->points.seen, chunk, error);
}

static enum status take_score_keys(struct store *store, duckdb_data_chunk chunk,
                                   struct error *error)
{
    return take_hashes(&store->scores.seen, chunk, error);
}

enum status store__load_seen(struct store *store, struct pending *pending, struct error *error)
{
    const struct {
        const struct pending *pending;
        const char *table, *columns;
        enum status (*take)(struct store *store, duckdb_data_chunk chunk, struct error *error);
    } kinds[] = {
        {&store->spans, "spans",
         "project, trace_hi, trace_lo, span_id, parent_id, flags, coalesce(total_tokens, 0), "
         "coalesce(cost, 0)",
         take_span_keys},
        {&store->logs, "logs", "hash", take_log_keys},
        {&store->points, "points", "hash", take_point_keys},
        {&store->scores, "scores", "hash", take_score_keys},
    };
    int64_t rows;
    char sql[192];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].pending != pending)
            continue;
        enum status status =
            store__ask_int(store, 0, &rows, error, "SELECT count(*) FROM %s", kinds[i].table);
        if (status != STATUS_OK)
            return status;
        seen_done(&pending->seen);
        if (pending == &store->spans)
            store__forget_spans(store);
        if (!seen_reserve(&pending->seen, (size_t)rows))
            return store__no_memory(error);
        duckdb_result result;
        snprintf(sql, sizeof sql, "SELECT %s FROM %s", kinds[i].columns, kinds[i].table);
        status = rows ? store__stream(store, sql, &result, error) : STATUS_OK;
        if (status == STATUS_OK && rows)
            status = store__each_chunk(store, &result, kinds[i].take, error);
        pending->seen.loaded = status == STATUS_OK;
        return status;
    }
    return STATUS_OK;
}

/* --- settling what may be known ------------------------------------------------------------ */

struct probes {
    struct probe_row *rows;
    size_t count;
    int64_t first, last; /* times */
};

static void probe(struct probes *probes, const struct probe_row *row)
{
    if (probes->count == 0 || row->at < probes->first)
        probes->first = row->at;
    if (probes->count == 0 || row->at > probes->last)
        probes->last = row->at;
    probes->rows[probes->count++] = *row;
}

static enum status put_probes(struct store *store, const struct probes *probes, struct error *error)
{
    enum status status = store__temp_table(store, TABLE_PROBE, error);
    return status == STATUS_OK
               ? store__append(store, TABLE_PROBE, probes->rows, probes->count, error)
               : status;
}

enum status store__take_back(struct store *store, const struct span_row *old, int64_t row_id,
                             struct error *error)
{
    if (store->taken_back_count == store->taken_back_capacity) {
        size_t capacity = store->taken_back_capacity ? store->taken_back_capacity * 2 : 64;
        void *rows = realloc(store->taken_back, capacity * sizeof *store->taken_back);
        if (rows)
            store->taken_back = rows;
        void *ids = rows ? realloc(store->taken_back_ids, capacity * sizeof(int64_t)) : NULL;
        if (!ids)
            return store__no_memory(error);
        store->taken_back_ids = ids;
        store->taken_back_capacity = capacity;
    }
    store->taken_back_ids[store->taken_back_count] = row_id;
    store->taken_back[store->taken_back_count++] = *old;
    return STATUS_OK;
}

/* Its texts stay with the trace's parts. */
enum status store__replace_stored(struct store *store, const struct span_row *old, int64_t row_id,
                                  struct span_row **out_fresh, struct error *error)
{
    *out_fresh = NULL;
    for (size_t i = 0; i < store->taken_back_count; i++)
        if (store->taken_back_ids[i] == row_id)
            return STATUS_OK;
    struct span_row *fresh = store__pending_push(&store->spans, sizeof *fresh);
    if (!fresh)
        return store__no_memory(error);
    *fresh = *old;
    fresh->hash = store__span_hash(old);
    fresh->maybe_known = fresh->dropped = false;
    fresh->input = fresh->output = STR_NONE;
    fresh->session = store__keep_text(store, old->session, TEXT_BYTES_MAX);
    fresh->user_id = store__keep_text(store, old->user_id, TEXT_BYTES_MAX);
    *out_fresh = fresh;
    struct span_row taken = *old;
    taken.session = taken.user_id = STR_NONE; /* they point into the chunk */
    return store__take_back(store, &taken, row_id, error);
}

/* Columns: the number in the batch, the row's number in the table, the row. */
static enum status take_known_spans(struct store *store, duckdb_data_chunk chunk,
                                    struct error *error)
{
    const int32_t *numbers = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    const int64_t *row_ids = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        struct span_row *fresh = (struct span_row *)store->spans.rows + numbers[i];
        struct span_row old = {0};
        table_read(TABLE_SPANS, chunk, 2, i, &old);
        old.session = old.user_id = STR_NONE; /* they point into the chunk */
        fresh->maybe_known = false;
        if (!store__replaces(fresh, &old)) {
            fresh->dropped = true;
            store->spans.duplicates++;
            continue;
        }
        store->spans.superseded++;
        enum status status = store__take_back(store, &old, row_ids[i], error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

#define SPAN_MATCH                                                                                 \
    "SELECT p.number, s.rowid, s.* FROM spans s JOIN probe p ON s.trace_lo = p.b "                 \
    "AND s.trace_hi = p.a AND s.span_id = p.c AND s.project = p.project"

static enum status settle_spans_in(struct store *store, bool same_time, struct error *error)
{
    struct span_row *rows = (struct span_row *)store->spans.rows;
    struct probes probes = {0};
    probes.rows = arena_array(&store->batch_texts, struct probe_row, store->spans.count);
    if (!probes.rows)
        return store__no_memory(error);
    for (size_t i = 0; i < store->spans.count; i++)
        if (rows[i].maybe_known)
            probe(&probes, &(struct probe_row){rows[i].trace_hi, rows[i].trace_lo, rows[i].span_id,
                                               rows[i].start_ns, rows[i].project, (int32_t)i});
    if (probes.count == 0)
        return STATUS_OK;
    duckdb_result result;
    enum status status = put_probes(store, &probes, error);
    if (status == STATUS_OK && same_time)
        status = store__ask(store, &result, error,
                            SPAN_MATCH " AND s.start_ns = p.at "
                                       "WHERE s.start_ns BETWEEN %lld AND %lld",
                            (long long)probes.first, (long long)probes.last);
    else if (status == STATUS_OK)
        status = store__ask(store, &result, error, SPAN_MATCH);
    return status == STATUS_OK ? store__each_chunk(store, &result, take_known_spans, error)
                               : status;
}

/* All at once, so that the cache is waited for less often than once a span. */
static void mark_known_spans(struct store *store)
{
    struct span_row *rows = (struct span_row *)store->spans.rows;
    for (size_t i = 0; i < store->spans.count; i++) {
        if (i + SEEN_AHEAD < store->spans.count)
            seen_expect(&store->spans.seen, rows[i + SEEN_AHEAD].hash);
        rows[i].maybe_known = seen_maybe(&store->spans.seen, rows[i].hash);
    }
}

enum status store__settle_spans(struct store *store, struct error *error)
{
    mark_known_spans(store);
    enum status status = STATUS_OK;
    if (store->spans.count)
        status = settle_spans_in(store, true, error);
    if (status == STATUS_OK && store->spans.count)
        status = settle_spans_in(store, false, error);
    return status;
}

enum status store__delete_taken_back(struct store *store, struct error *error)
{
    enum status status = store__temp_table(store, TABLE_DOOMED, error);
    if (status == STATUS_OK)
        status = store__append(store, TABLE_DOOMED, store->taken_back_ids, store->taken_back_count,
                               error);
    return status == STATUS_OK
               ? store__run(store, error,
                            "DELETE FROM spans WHERE rowid IN (SELECT \"row\" FROM doomed)")
               : status;
}

/* Logs and points are known by one number. */
struct by_hash {
    enum table_id table;
    struct pending *pending;
    size_t row_size, hash_at, time_at, maybe_at, dropped_at;
    enum status (*take)(struct store *store, duckdb_data_chunk chunk, struct error *error);
};

static void take_known(struct pending *pending, const struct by_hash *kind, duckdb_data_chunk chunk)
{
    const int32_t *numbers = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        char *row = pending->rows + (size_t)numbers[i] * kind->row_size;
        bool *dropped = (bool *)(row + kind->dropped_at);
        pending->duplicates += !*dropped;
        *dropped = true;
        *(bool *)(row + kind->maybe_at) = false;
    }
}

static enum status settle_hashes_in(struct store *store, const struct by_hash *kind, bool same_time,
                                    struct error *error)
{
    struct probes probes = {0};
    probes.rows = arena_array(&store->batch_texts, struct probe_row, kind->pending->count);
    if (!probes.rows)
        return store__no_memory(error);
    for (size_t i = 0; i < kind->pending->count; i++) {
        const char *row = kind->pending->rows + i * kind->row_size;
        struct probe_row one = {.number = (int32_t)i};
        memcpy(&one.a, row + kind->hash_at, sizeof one.a);
        memcpy(&one.at, row + kind->time_at, sizeof one.at);
        if (*(const bool *)(row + kind->maybe_at))
            probe(&probes, &one);
    }
    if (probes.count == 0)
        return STATUS_OK;
    char range[96] = "";
    if (same_time)
        snprintf(range, sizeof range, " WHERE t.time_ns BETWEEN %lld AND %lld",
                 (long long)probes.first, (long long)probes.last);
    duckdb_result result;
    enum status status = put_probes(store, &probes, error);
    if (status == STATUS_OK)
        status = store__ask(store, &result, error,
                            "SELECT p.number FROM %s t JOIN probe p ON t.hash = p.a%s",
                            tables[kind->table].name, range);
    return status == STATUS_OK ? store__each_chunk(store, &result, kind->take, error) : status;
}

static const struct by_hash log_kind = {
    .table = TABLE_LOGS,
    .row_size = sizeof(struct log_row),
    .hash_at = offsetof(struct log_row, hash),
    .time_at = offsetof(struct log_row, time_ns),
    .maybe_at = offsetof(struct log_row, maybe_known),
    .dropped_at = offsetof(struct log_row, dropped),
};
static const struct by_hash point_kind = {
    .table = TABLE_POINTS,
    .row_size = sizeof(struct point_row),
    .hash_at = offsetof(struct point_row, hash),
    .time_at = offsetof(struct point_row, time_ns),
    .maybe_at = offsetof(struct point_row, maybe_known),
    .dropped_at = offsetof(struct point_row, dropped),
};

static enum status take_known_logs(struct store *store, duckdb_data_chunk chunk,
                                   struct error *error)
{
    (void)error;
    take_known(&store->logs, &log_kind, chunk);
    return STATUS_OK;
}

static enum status take_known_points(struct store *store, duckdb_data_chunk chunk,
                                     struct error *error)
{
    (void)error;
    take_known(&store->points, &point_kind, chunk);
    return STATUS_OK;
}

static enum status settle_hashes(struct store *store, struct by_hash kind, struct error *error)
{
    if (kind.pending->count == 0)
        return STATUS_OK;
    enum status status = settle_hashes_in(store, &kind, true, error);
    return status == STATUS_OK ? settle_hashes_in(store, &kind, false, error) : status;
}

enum status store__settle_logs(struct store *store, struct error *error)
{
    struct by_hash kind = log_kind;
    kind.pending = &store->logs;
    kind.take = take_known_logs;
    return settle_hashes(store, kind, error);
}

enum status store__settle_points(struct store *store, struct error *error)
{
    struct by_hash kind = point_kind;
    kind.pending = &store->points;
    kind.take = take_known_points;
    return settle_hashes(store, kind, error);
}
