/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retention: forgets rows whose records the journal no longer has. A trace that loses some of its
 * spans is made anew from those that are left. Rollups stay: they are the history of what happened,
 * and age on their own.
 */
#define _GNU_SOURCE
#include "store/store_private.h"

enum status store__rebuild_parts(struct store *store, struct error *error)
{
    /* What a trace said in words before ranks just below what says it now. */
    enum status status =
        store__run(store, error,
                   "INSERT INTO previews SELECT p.project, p.trace_hi, p.trace_lo, "
                   "max(p.input_rank) - 1, arg_max(p.input, p.input_rank), max(p.output_rank) - 1, "
                   "arg_max(p.output, p.output_rank) FROM trace_parts p JOIN affected a "
                   "ON p.project = a.project AND p.trace_hi = a.trace_hi "
                   "AND p.trace_lo = a.trace_lo GROUP BY p.project, p.trace_hi, p.trace_lo");
    if (status == STATUS_OK)
        status = store__run(store, error,
                            "DELETE FROM trace_parts p USING affected a WHERE "
                            "p.project = a.project AND p.trace_hi = a.trace_hi "
                            "AND p.trace_lo = a.trace_lo");
    if (status == STATUS_OK)
        status = store__run(store, error, "INSERT INTO trace_parts %s", trace_parts_from_spans);
    return status;
}

/* One segment at a time keeps a transaction small. */
static enum status drop_segment(struct store *store, int64_t segment, struct error *error)
{
    long long number = segment;
    enum status status = store__temp_table(store, TABLE_PREVIEWS, error);
    if (status == STATUS_OK)
        status = store__run(store, error,
                            "CREATE OR REPLACE TEMP TABLE affected AS SELECT DISTINCT project, "
                            "trace_hi, trace_lo FROM spans WHERE segment = %lld",
                            number);
    if (status == STATUS_OK)
        status = store__run(store, error, "DELETE FROM spans WHERE segment = %lld", number);
    if (status == STATUS_OK)
        status = store__rebuild_parts(store, error);
    if (status == STATUS_OK)
        status = store__run(store, error, "DELETE FROM logs WHERE segment = %lld", number);
    if (status == STATUS_OK)
        status = store__run(store, error, "DELETE FROM points WHERE segment = %lld", number);
    if (status == STATUS_OK)
        status = store__run(store, error, "DELETE FROM scores WHERE segment = %lld", number);
    if (status == STATUS_OK)
        status = store__run(store, error, "DELETE FROM aliases WHERE segment = %lld", number);
    return status;
}

enum status store_drop_segments(struct store *store, uint32_t first_kept, struct error *error)
{
    if (store->broken)
        return store__engine_reopen(store, error);
    for (;;) {
        int64_t segment;
        enum status status = store__ask_int(
            store, -1, &segment, error,
            "SELECT CAST(least((SELECT min(segment) FROM spans), (SELECT min(segment) FROM logs), "
            "(SELECT min(segment) FROM points), (SELECT min(segment) FROM scores), "
            "(SELECT min(segment) FROM aliases)) AS BIGINT)");
        if (status != STATUS_OK || segment < 0 || segment >= (int64_t)first_kept)
            return status;
        status = store__begin(store, error);
        if (status == STATUS_OK)
            status = store__end(store, drop_segment(store, segment, error), error);
        if (status != STATUS_OK)
            return status;
        store->compaction.rows_since_checkpoint++;
        /* The sets of keys cannot forget: they are read again when the next record comes. */
        store->spans.seen.loaded = store->logs.seen.loaded = store->points.seen.loaded =
            store->scores.seen.loaded = false;
        key_map_clear(&store->known_aliases);
    }
}
