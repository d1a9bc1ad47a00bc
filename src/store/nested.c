/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nested: one model call told by two instrumentations, one span within the other, counts once.
 *
 * Each span alone looks like a call that is to be billed (a framework's "ChatOpenAI" around the
 * client library's "chat"). Where a billed span has a billed child of its own kind that brings
 * usage, the child made the call and the parent becomes a summary, whichever of them comes first
 * and however often. Only parent and child are compared: a chain between them hides the parent.
 *
 * Two sets of fingerprints, of billed spans and of their parents, say for nearly every span that
 * there is nothing to do; the rest is looked up in the batch, then in the table, a day around.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/store_private.h"

/* Made a call, or was taken for the one who did until the span within it came. */
enum { CALLED = OBSERVATION_BILLED | OBSERVATION_NESTED };
_Static_assert(CALLED == 257, "the number in the statement below");

static uint64_t parent_hash(const struct span_row *span)
{
    const struct span_row parent = {.project = span->project,
                                    .trace_hi = span->trace_hi,
                                    .trace_lo = span->trace_lo,
                                    .span_id = span->parent_id};
    return store__span_hash(&parent);
}

/* Many calls have one parent: equal fingerprints would pile up. */
static bool note(struct seen *seen, uint64_t hash)
{
    return seen_maybe(seen, hash) || seen_add(seen, hash);
}

bool store__nested_remember(struct store *store, const struct span_row *span)
{
    if (!(span->flags & CALLED))
        return true;
    return note(&store->billed, store__span_hash(span)) &&
           (!span->parent_id || note(&store->billed_parents, parent_hash(span)));
}

static void expect(const struct store *store, const struct span_row *span)
{
    seen_expect(&store->billed, span->hash);
    seen_expect(&store->billed_parents, span->hash);
    if (span->parent_id) {
        uint64_t parent = parent_hash(span);
        seen_expect(&store->billed, parent);
        seen_expect(&store->billed_parents, parent);
    }
}

static bool has_usage(const struct span_row *span)
{
    return span->tokens[TOKENS_TOTAL] > 0 || span->cost > 0;
}

static bool repeats(const struct span_row *parent, const struct span_row *child)
{
    return parent->flags & OBSERVATION_BILLED && child->flags & CALLED &&
           parent->kind == child->kind && has_usage(child);
}

static void demote(struct span_row *span)
{
    span->flags = (uint16_t)((span->flags & ~(OBSERVATION_BILLED | OBSERVATION_UNPRICED)) |
                             OBSERVATION_SUMMARY | OBSERVATION_NESTED);
}

/* --- in the table --------------------------------------------------------------------------- */

/* The parent's row in the table is replaced by one that is a summary. Its texts stay with the
 * trace's parts. */
static enum status demote_stored(struct store *store, const struct span_row *old, int64_t row_id,
                                 struct error *error)
{
    for (size_t i = 0; i < store->taken_back_count; i++)
        if (store->taken_back_ids[i] == row_id)
            return STATUS_OK; /* another child was there first, or a newer version replaces it */
    struct span_row *fresh = store__pending_push(&store->spans, sizeof *fresh);
    if (!fresh)
        return store__no_memory(error);
    *fresh = *old;
    fresh->hash = store__span_hash(old);
    fresh->maybe_known = fresh->dropped = false;
    fresh->input = fresh->output = STR_NONE;
    fresh->session = store__keep_text(store, old->session, TEXT_BYTES_MAX);
    fresh->user_id = store__keep_text(store, old->user_id, TEXT_BYTES_MAX);
    demote(fresh);
    struct span_row taken = *old;
    taken.session = taken.user_id = STR_NONE; /* they point into the chunk */
    return store__take_back(store, &taken, row_id, error);
}

/* Columns: the number in the batch, the row's number in the table, the row. */
static enum status take_parents(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    const int32_t *numbers = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    const int64_t *row_ids = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk) && status == STATUS_OK; i++) {
        const struct span_row *child = (const struct span_row *)store->spans.rows + numbers[i];
        struct span_row parent = {0};
        table_read(TABLE_SPANS, chunk, 2, i, &parent);
        if (repeats(&parent, child))
            status = demote_stored(store, &parent, row_ids[i], error);
    }
    return status;
}

static enum status take_children(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    (void)error;
    const int32_t *numbers = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        struct span_row *parent = (struct span_row *)store->spans.rows + numbers[i], child = {0};
        table_read(TABLE_SPANS, chunk, 2, i, &child);
        if (repeats(parent, &child))
            demote(parent);
    }
    return STATUS_OK;
}

/* --- in the batch --------------------------------------------------------------------------- */

struct search {
    struct key_map at;                    /* of the batch's billed spans, by hash */
    struct probe_row *parents, *children; /* what to look for in the table */
    size_t parent_count, child_count;
};

static bool same_span(const struct span_row *a, const struct span_row *child)
{
    return a->span_id == child->parent_id && a->trace_lo == child->trace_lo &&
           a->trace_hi == child->trace_hi && a->project == child->project;
}

static bool index_batch(struct store *store, struct search *search)
{
    const struct span_row *rows = (const struct span_row *)store->spans.rows;
    for (size_t i = 0; i < store->spans.count; i++) {
        bool is_new;
        if (rows[i].flags & OBSERVATION_BILLED &&
            !key_map_at(&search->at, rows[i].hash, (uint32_t)i, &is_new))
            return false;
    }
    return true;
}

/* Settles pairs of which both are in the batch; what may be in the table is noted. */
static void settle_in_batch(struct store *store, struct search *search)
{
    struct span_row *rows = (struct span_row *)store->spans.rows;
    for (size_t i = 0; i < store->spans.count; i++) {
        struct span_row *row = &rows[i];
        uint32_t number;
        if (!(row->flags & CALLED))
            continue;
        struct probe_row probe = {row->trace_hi, row->trace_lo, row->parent_id,
                                  row->start_ns, row->project,  (int32_t)i};
        bool asks =
            row->parent_id && has_usage(row) && seen_maybe(&store->billed, parent_hash(row));
        if (asks && key_map_get(&search->at, parent_hash(row), &number) &&
            same_span(&rows[number], row)) {
            if (repeats(&rows[number], row))
                demote(&rows[number]);
        } else if (asks) {
            search->parents[search->parent_count++] = probe;
        }
        probe.c = row->span_id;
        if (seen_maybe(&store->billed_parents, row->hash))
            search->children[search->child_count++] = probe;
    }
}

static enum status look_up(struct store *store, const struct probe_row *probes, size_t count,
                           const char *column,
                           enum status (*take)(struct store *store, duckdb_data_chunk chunk,
                                               struct error *error),
                           struct error *error)
{
    const int64_t day = 86400 * NS_PER_SEC;
    int64_t first = INT64_MAX, last = 0;
    duckdb_result result;
    if (count == 0)
        return STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        first = probes[i].at < first ? probes[i].at : first;
        last = probes[i].at > last ? probes[i].at : last;
    }
    enum status status = store__temp_table(store, TABLE_PROBE, error);
    if (status == STATUS_OK)
        status = store__append(store, TABLE_PROBE, probes, count, error);
    if (status == STATUS_OK)
        status = store__ask(store, &result, error,
                            "SELECT p.number, s.rowid, s.* FROM spans s JOIN probe p "
                            "ON s.trace_lo = p.b AND s.trace_hi = p.a AND s.%s = p.c "
                            "AND s.project = p.project "
                            "WHERE s.flags & 257 <> 0 AND s.start_ns BETWEEN %lld AND %lld",
                            column, (long long)(first - (first < day ? first : day)),
                            (long long)(last > INT64_MAX - day ? INT64_MAX : last + day));
    return status == STATUS_OK ? store__each_chunk(store, &result, take, error) : status;
}

static bool anything_nested(struct store *store)
{
    const struct span_row *rows = (const struct span_row *)store->spans.rows;
    for (size_t i = 0; i < store->spans.count; i++) {
        const struct span_row *row = &rows[i];
        if (row->flags & OBSERVATION_BILLED &&
            (seen_maybe(&store->billed_parents, row->hash) ||
             (row->parent_id && seen_maybe(&store->billed, parent_hash(row)))))
            return true;
    }
    return false;
}

enum status store__settle_nested(struct store *store, struct error *error)
{
    const struct span_row *rows = (const struct span_row *)store->spans.rows;
    struct search search = {0};
    /* A batch that fails is remembered too: the sets only ever say "maybe". */
    for (size_t i = 0; i < store->spans.count; i++) {
        if (i + SEEN_AHEAD < store->spans.count)
            expect(store, &rows[i + SEEN_AHEAD]);
        if (!store__nested_remember(store, &rows[i]))
            return store__no_memory(error);
    }
    if (!anything_nested(store))
        return STATUS_OK;
    search.parents = arena_array(&store->batch_texts, struct probe_row, store->spans.count);
    search.children = arena_array(&store->batch_texts, struct probe_row, store->spans.count);
    enum status status = STATUS_OK;
    if (!search.parents || !search.children || !index_batch(store, &search))
        status = store__no_memory(error);
    if (status == STATUS_OK) {
        settle_in_batch(store, &search);
        status =
            look_up(store, search.children, search.child_count, "parent_id", take_children, error);
    }
    if (status == STATUS_OK)
        status =
            look_up(store, search.parents, search.parent_count, "span_id", take_parents, error);
    key_map_done(&search.at);
    return status;
}
