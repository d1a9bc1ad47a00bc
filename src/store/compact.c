/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compact: what happens behind the commits, on the index thread, a bounded slice at a time.
 *
 * 1. Checkpoint after CHECKPOINT_ROWS rows, a while after the last change, and at close. It may
 * fail while a reader holds a snapshot older than a delete: then it is tried again later.
 * 2. A period of the rollups that took many rows is merged to one row a key: rows added since the
 * last merge must be at least as many as it left, so the work stays in proportion to what was
 * written.
 * 3. Parts of traces that arrived in the same minute are merged, once that minute has passed.
 * 4. Minutes and hours that are too old are dropped; days stay.
 * 5. An idle engine gives its cache back.
 *
 * Each merge is one transaction that writes sums of what it deletes: readers see the same totals
 * before and after.
 */
#define _GNU_SOURCE
#include <malloc.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/store_private.h"

enum {
    CHECKPOINT_ROWS = 245760,
    CHECKPOINT_IDLE_SECONDS = 10, /* nothing changed for so long */
    CHECKPOINT_SECONDS = 60,      /* changes wait at most so long */
    CHECKPOINT_RETRY_SECONDS = 5,
    MERGE_ROWS = 20000, /* fresh rows that make a period worth merging */
    MERGE_ROWS_IDLE = 2000,
    PARTS_SLICE_SECONDS = 60,
    PARTS_QUIET_SECONDS = 90,
    PARTS_ROWS_MAX = 1000000,
    AGE_EVERY_SECONDS = 3600,
};

COUNTER(checkpoints, "vitrine_index_checkpoints_total", "", "Checkpoints of the index");
COUNTER(checkpoints_failed, "vitrine_index_checkpoints_failed_total", "",
        "Checkpoints that were put off because a reader held an older state");
COUNTER(merged_rollups, "vitrine_index_merged_rows_total", "table=\"rollups\"",
        "Rows that merging saved");
COUNTER(merged_parts, "vitrine_index_merged_rows_total", "table=\"trace_parts\"",
        "Rows that merging saved");

/* --- checkpoint --------------------------------------------------------------------------- */

enum status store__checkpoint(struct store *store, struct error *error)
{
    struct compaction *compaction = &store->compaction;
    int64_t now = clock_mono_ns();
    enum status status = store__run(store, error, "CHECKPOINT vitrine");
    if (status == STATUS_OK) {
        counter_add(&checkpoints, 1);
        compaction->rows_since_checkpoint = 0;
        compaction->changed_since_ns = 0;
        return STATUS_OK;
    }
    counter_add(&checkpoints_failed, 1);
    compaction->checkpoint_retry_ns = now + CHECKPOINT_RETRY_SECONDS * NS_PER_SEC;
    return status;
}

static bool checkpoint_is_due(const struct compaction *compaction, bool idle)
{
    int64_t now = clock_mono_ns();
    if (compaction->rows_since_checkpoint == 0 || now < compaction->checkpoint_retry_ns)
        return false;
    if (compaction->rows_since_checkpoint >= CHECKPOINT_ROWS ||
        now - compaction->changed_since_ns >= CHECKPOINT_SECONDS * NS_PER_SEC)
        return true;
    return idle && now - compaction->last_commit_ns >= CHECKPOINT_IDLE_SECONDS * NS_PER_SEC;
}

static void note_change(struct compaction *compaction, int64_t rows)
{
    int64_t now = clock_mono_ns();
    compaction->rows_since_checkpoint += rows;
    compaction->last_commit_ns = now;
    if (compaction->changed_since_ns == 0)
        compaction->changed_since_ns = now;
}

/* --- rollups ------------------------------------------------------------------------------ */

/* A period is what is merged at once: minutes by the hour, hours by the day, days by 32. */
static int64_t period_seconds(int32_t resolution)
{
    return resolution == RESOLUTION_MINUTE ? RESOLUTION_HOUR
           : resolution == RESOLUTION_HOUR ? RESOLUTION_DAY
                                           : 32 * RESOLUTION_DAY;
}

/* NULL when there are too many periods: such rows are merged after the next start. */
static struct period *period_of(struct compaction *compaction, int32_t resolution, int64_t time)
{
    int64_t size = period_seconds(resolution), from = time - time % size;
    for (size_t i = compaction->period_count; i-- > 0;) {
        struct period *period = &compaction->periods[i];
        if (period->resolution == resolution && period->from == from)
            return period;
    }
    if (compaction->period_count == COMPACT_PERIODS_MAX)
        return NULL;
    struct period *period = &compaction->periods[compaction->period_count++];
    *period = (struct period){.resolution = resolution, .from = from, .to = from + size};
    return period;
}

static void note_row(struct compaction *compaction, struct period **last, int32_t resolution,
                     int64_t time, int64_t rows)
{
    if (!*last || (*last)->resolution != resolution || time < (*last)->from || time >= (*last)->to)
        *last = period_of(compaction, resolution, time);
    if (*last)
        (*last)->fresh += rows;
}

void store__note_rollups(struct store *store)
{
    struct period *last = NULL;
    const struct rollups *rollups = &store->rollups;
    for (size_t i = 0; i < rollups->count; i++)
        note_row(&store->compaction, &last, rollups->counts[i].resolution, rollups->counts[i].time,
                 1);
    for (size_t i = 0; i < rollups->bucket_count; i++)
        note_row(&store->compaction, &last, rollups->buckets[i].resolution,
                 rollups->buckets[i].time, 1);
    note_change(&store->compaction, (int64_t)store_pending(store) + 1);
}

#define INT64(column)                                                                              \
    "CAST(greatest(least(sum(" column "), 9223372036854775807), -9223372036854775807) AS BIGINT)"
#define PERIOD "resolution = %d AND time >= %lld AND time < %lld"

static enum status merge_table(struct store *store, const struct period *period, const char *table,
                               const char *keys, const char *sums, struct error *error)
{
    long long from = period->from, to = period->to;
    enum status status =
        store__run(store, error,
                   "CREATE OR REPLACE TEMP TABLE merged AS SELECT %s, %s FROM %s WHERE " PERIOD
                   " GROUP BY ALL",
                   keys, sums, table, period->resolution, from, to);
    if (status == STATUS_OK)
        status = store__run(store, error, "DELETE FROM %s WHERE " PERIOD, table, period->resolution,
                            from, to);
    if (status == STATUS_OK)
        status = store__run(store, error, "INSERT INTO %s SELECT * FROM merged", table);
    if (status == STATUS_OK)
        status = store__run(store, error, "DROP TABLE temp.merged");
    return status;
}

static enum status merge_period(struct store *store, const struct period *period,
                                struct error *error)
{
    enum status status = merge_table(
        store, period, "rollups", "resolution, time, label",
        INT64("spans") ", " INT64("errors") ", " INT64("calls") ", " INT64("unpriced") ", " INT64("input_tokens") ", " INT64("output_tokens") ", " INT64(
            "cache_read") ", " INT64("cache_write") ", " INT64("reasoning") ", " INT64("total_"
                                                                                       "tokens") ","
                                                                                                 " " INT64("cost") ", " INT64(
                                                                                                     "duration_sum"),
        error);
    if (status == STATUS_OK)
        status = merge_table(store, period, "histograms", "resolution, time, label, metric, bucket",
                             INT64("count") " AS n", error);
    if (status == STATUS_OK)
        status = store__run(store, error, "DELETE FROM histograms WHERE count = 0 AND " PERIOD,
                            period->resolution, (long long)period->from, (long long)period->to);
    return status;
}

static enum status count_period(struct store *store, const struct period *period, int64_t *out_rows,
                                struct error *error)
{
    int64_t rollups, buckets;
    long long from = period->from, to = period->to;
    enum status status =
        store__ask_int(store, 0, &rollups, error, "SELECT count(*) FROM rollups WHERE " PERIOD,
                       period->resolution, from, to);
    if (status == STATUS_OK)
        status = store__ask_int(store, 0, &buckets, error,
                                "SELECT count(*) FROM histograms WHERE " PERIOD, period->resolution,
                                from, to);
    if (status == STATUS_OK)
        *out_rows = rollups + buckets;
    return status;
}

static enum status take_periods(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    (void)error;
    struct period *last = NULL;
    const int32_t *resolutions = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    const int64_t *times = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1));
    const int64_t *counts = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 2));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++)
        note_row(&store->compaction, &last, resolutions[i], times[i], counts[i]);
    return STATUS_OK;
}

/* After a start: rows of the newest periods count as fresh. */
static enum status load_periods(struct store *store, struct error *error)
{
    duckdb_result result;
    enum status status = store__ask(
        store, &result, error,
        "SELECT resolution, time, count(*) FROM (SELECT resolution, time FROM rollups UNION ALL "
        "SELECT resolution, time FROM histograms) GROUP BY ALL HAVING count(*) >= 2000 "
        "ORDER BY time DESC LIMIT 2000");
    store->compaction.period_count = 0;
    if (status == STATUS_OK)
        status = store__each_chunk(store, &result, take_periods, error);
    store->compaction.periods_loaded = status == STATUS_OK;
    return status;
}

enum status store__merge_rollups(struct store *store, bool idle, bool *out_worked,
                                 struct error *error)
{
    struct compaction *compaction = &store->compaction;
    *out_worked = false;
    if (!compaction->periods_loaded) {
        enum status status = idle ? load_periods(store, error) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    struct period *most = NULL;
    for (size_t i = 0; i < compaction->period_count; i++) {
        struct period *period = &compaction->periods[i];
        int64_t least = idle ? MERGE_ROWS_IDLE : MERGE_ROWS;
        if (period->fresh >= least && period->fresh >= period->merged &&
            (!most || period->fresh > most->fresh))
            most = period;
    }
    if (!most)
        return STATUS_OK;
    int64_t before, after;
    enum status status = count_period(store, most, &before, error);
    if (status == STATUS_OK)
        status = store__begin(store, error);
    if (status == STATUS_OK)
        status = store__end(store, merge_period(store, most, error), error);
    if (status == STATUS_OK)
        status = count_period(store, most, &after, error);
    if (status != STATUS_OK)
        return status;
    counter_add(&merged_rollups, before - after);
    most->fresh = 0;
    most->merged = after;
    note_change(compaction, after);
    *out_worked = true;
    return STATUS_OK;
}

/* --- traces ------------------------------------------------------------------------------- */

#define SLICE "arrival_ns >= %lld AND arrival_ns < %lld"
#define REPEATED                                                                                   \
    "SELECT project, trace_hi, trace_lo FROM trace_parts WHERE " SLICE                             \
    " GROUP BY project, trace_hi, trace_lo HAVING count(*) > 1"

static enum status merge_slice(struct store *store, long long from, long long to,
                               struct error *error)
{
    enum status status =
        store__run(store, error, "CREATE OR REPLACE TEMP TABLE affected AS " REPEATED, from, to);
    if (status == STATUS_OK)
        status = store__run(store, error,
                            "CREATE OR REPLACE TEMP TABLE merged AS SELECT %s FROM trace_parts p "
                            "JOIN affected a ON p.project = a.project AND p.trace_hi = a.trace_hi "
                            "AND p.trace_lo = a.trace_lo WHERE p." SLICE
                            " GROUP BY p.project, p.trace_hi, p.trace_lo",
                            trace_parts_merged, from, to);
    if (status == STATUS_OK)
        status = store__run(store, error,
                            "DELETE FROM trace_parts p USING affected a WHERE "
                            "p.project = a.project AND p.trace_hi = a.trace_hi "
                            "AND p.trace_lo = a.trace_lo AND p." SLICE,
                            from, to);
    if (status == STATUS_OK)
        status = store__run(store, error, "INSERT INTO trace_parts SELECT * FROM merged");
    if (status == STATUS_OK)
        status = store__run(store, error, "DROP TABLE temp.merged");
    if (status == STATUS_OK)
        status = store__run(store, error, "DROP TABLE temp.affected");
    return status;
}

/* What arrived before this process started was merged before, or stays as it is: parts add up
 * either way. */
static enum status first_arrival(struct store *store, int64_t *out_ns, struct error *error)
{
    struct compaction *compaction = &store->compaction;
    if (compaction->parts_cursor_ns == 0) {
        int64_t newest;
        enum status status =
            store__ask_int(store, 0, &newest, error, "SELECT max(arrival_ns) FROM trace_parts");
        if (status != STATUS_OK)
            return status;
        compaction->parts_cursor_ns = newest > 0 ? newest - 10 * 60 * NS_PER_SEC : 1;
    }
    return store__ask_int(store, 0, out_ns, error,
                          "SELECT min(arrival_ns) FROM trace_parts WHERE arrival_ns >= %lld",
                          (long long)compaction->parts_cursor_ns);
}

static enum status count_slice(struct store *store, int64_t from, int64_t to, int64_t *out_count,
                               struct error *error)
{
    return store__ask_int(store, 0, out_count, error,
                          "SELECT count(*) FROM trace_parts WHERE " SLICE, (long long)from,
                          (long long)to);
}

enum status store__merge_parts(struct store *store, bool *out_worked, struct error *error)
{
    int64_t from, before, after;
    *out_worked = false;
    if (clock_now_ns() < store->compaction.parts_quiet_ns)
        return STATUS_OK;
    enum status status = first_arrival(store, &from, error);
    if (status != STATUS_OK || from == 0)
        return status;
    int64_t to =
        from - from % (PARTS_SLICE_SECONDS * NS_PER_SEC) + PARTS_SLICE_SECONDS * NS_PER_SEC;
    int64_t quiet_ns = to + PARTS_QUIET_SECONDS * NS_PER_SEC;
    if (clock_now_ns() < quiet_ns) {
        store->compaction.parts_quiet_ns = quiet_ns;
        return STATUS_OK;
    }
    status = count_slice(store, from, to, &before, error);
    if (status == STATUS_OK && before <= PARTS_ROWS_MAX) {
        status = store__begin(store, error);
        if (status == STATUS_OK)
            status = store__end(store, merge_slice(store, from, to, error), error);
    }
    if (status == STATUS_OK)
        status = count_slice(store, from, to, &after, error);
    if (status != STATUS_OK)
        return status;
    counter_add(&merged_parts, before - after);
    if (before != after)
        note_change(&store->compaction, after);
    store->compaction.parts_cursor_ns = to;
    *out_worked = true;
    return STATUS_OK;
}

/* --- age and idleness --------------------------------------------------------------------- */

static enum status drop_aged(struct store *store, struct error *error)
{
    struct compaction *compaction = &store->compaction;
    int64_t now = clock_now_ns() / NS_PER_SEC;
    const struct {
        const char *table;
        int resolution, days;
    } ages[] = {
        {"rollups", RESOLUTION_MINUTE, ROLLUP_MINUTES_KEPT_DAYS},
        {"histograms", RESOLUTION_MINUTE, ROLLUP_MINUTES_KEPT_DAYS},
        {"rollups", RESOLUTION_HOUR, ROLLUP_HOURS_KEPT_DAYS},
        {"histograms", RESOLUTION_HOUR, ROLLUP_HOURS_KEPT_DAYS},
    };
    if (compaction->aged_at_ns &&
        clock_mono_ns() - compaction->aged_at_ns < AGE_EVERY_SECONDS * NS_PER_SEC)
        return STATUS_OK;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof ages / sizeof *ages && status == STATUS_OK; i++)
        status = store__run(store, error, "DELETE FROM %s WHERE resolution = %d AND time < %lld",
                            ages[i].table, ages[i].resolution,
                            (long long)(now - (int64_t)ages[i].days * RESOLUTION_DAY));
    if (status == STATUS_OK)
        compaction->aged_at_ns = clock_mono_ns();
    return status;
}

/* The memory is the engine's cache of blocks, which only a lower limit empties. A question that ran
 * meanwhile would be told that it needs too much. */
static void shrink(struct store *store)
{
    struct error ignored;
    if (store->compaction.shrunk || !store__pool_pause_idle(store))
        return;
    /* What is in use cannot be given back: then the lower limit is refused and the next is tried.
     */
    static const int limits_mib[] = {4, 8, 16, 32, 64};
    for (size_t i = 0; i < sizeof limits_mib / sizeof *limits_mib; i++)
        if (store__run(store, &ignored, "SET memory_limit = '%dMiB'", limits_mib[i]) == STATUS_OK)
            break;
    (void)store__run(store, &ignored, "SET memory_limit = '%zuMiB'", store->memory_bytes >> 20);
    store__pool_resume(store);
    if (store_pending(store) == 0)
        store__free_batch(store);
    malloc_trim(0);
    store->compaction.shrunk = true;
}

enum status store_compact(struct store *store, bool idle, struct error *error)
{
    struct compaction *compaction = &store->compaction;
    if (store->broken)
        return store__engine_reopen(store, error);
    if (checkpoint_is_due(compaction, idle)) {
        struct error reason = {0};
        enum status status = store__checkpoint(store, &reason);
        if (status != STATUS_OK && store->broken)
            return fail(error, status, "%s", reason.text);
        if (status != STATUS_OK)
            log_debug("index", "checkpoint put off", "reason=\"%s\"", reason.text);
    }
    bool worked = false;
    enum status status = store__merge_rollups(store, idle, &worked, error);
    if (status != STATUS_OK || worked || !idle)
        return status;
    status = store__merge_parts(store, &worked, error);
    if (status != STATUS_OK || worked)
        return status;
    status = drop_aged(store, error);
    if (status == STATUS_OK && compaction->rows_since_checkpoint == 0)
        shrink(store);
    return status;
}
