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
 * there is nothing to do; the rest is looked up in the batch, among the calls of the last batches,
 * then in the table, a day around.
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

/* A call and its parent (0: none). Many calls have one parent: equal fingerprints would pile up. */
static bool note_call(struct store *store, uint64_t call, uint64_t parent)
{
    return seen_add(&store->billed, call) &&
           (!parent || seen_maybe(&store->billed_parents, parent) ||
            seen_add(&store->billed_parents, parent));
}

void store__forget_calls(struct store *store)
{
    memset(store->recent_calls, 0, sizeof store->recent_calls);
}

bool store__nested_remember(struct store *store, const struct span_row *span)
{
    return !(span->flags & CALLED) ||
           note_call(store, store__span_hash(span), span->parent_id ? parent_hash(span) : 0);
}

static bool repeats(const struct span_row *parent, const struct span_row *child)
{
    return parent->flags & OBSERVATION_BILLED && child->flags & CALLED &&
           parent->kind == child->kind && span_row_has_usage(child);
}

static void demote(struct span_row *span)
{
    span->flags = (uint16_t)((span->flags & ~(OBSERVATION_BILLED | OBSERVATION_UNPRICED |
                                              OBSERVATION_STANDS_IN)) |
                             OBSERVATION_SUMMARY | OBSERVATION_NESTED);
}

/* --- in the table --------------------------------------------------------------------------- */

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
        if (!repeats(&parent, child))
            continue;
        struct span_row *fresh; /* NULL: another child was there first, or a newer version */
        status = store__replace_stored(store, &parent, row_ids[i], &fresh, error);
        if (fresh)
            demote(fresh);
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

/* What a row may have to do with earlier batches. */
struct kin {
    uint64_t parent; /* its hash; 0: it has none, or made no call */
    bool parent_stored, child_stored;
    bool child_recent; /* and there is one that repeats it */
};

struct search {
    struct kin *kin; /* one a row */
    bool any_kin;
    struct key_map at;                    /* of the batch's billed spans, by hash */
    struct probe_row *parents, *children; /* what to look for in the table */
    size_t parent_count, child_count;
};

static void expect(const struct store *store, const struct span_row *span, struct kin *kin)
{
    *kin = (struct kin){0};
    if (!(span->flags & CALLED))
        return;
    seen_expect(&store->billed_parents, span->hash);
    if (span->parent_id) {
        kin->parent = parent_hash(span);
        seen_expect(&store->billed, kin->parent);
        seen_expect(&store->billed_parents, kin->parent);
    }
}

/* The call that repeats the span, or NULL. */
static struct recent_call *find_recent(struct store *store, uint64_t hash,
                                       const struct recent_call *wanted)
{
    struct recent_call *set = store->recent_calls[hash % RECENT_SETS];
    for (int i = 0; i < RECENT_WAYS; i++)
        if (set[i].parent_id == wanted->parent_id && set[i].trace_lo == wanted->trace_lo &&
            set[i].trace_hi == wanted->trace_hi && set[i].project == wanted->project &&
            set[i].kind == wanted->kind)
            return &set[i];
    return NULL;
}

static bool has_recent_child(struct store *store, const struct span_row *row)
{
    const struct recent_call wanted = {row->trace_hi, row->trace_lo, row->span_id, row->project,
                                       row->kind};
    return find_recent(store, row->hash, &wanted) != NULL;
}

static void note_recent(struct store *store, const struct span_row *row, uint64_t parent)
{
    const struct recent_call call = {row->trace_hi, row->trace_lo, row->parent_id, row->project,
                                     row->kind};
    struct recent_call *set = store->recent_calls[parent % RECENT_SETS];
    if (find_recent(store, parent, &call))
        return;
    memmove(set + 1, set, (RECENT_WAYS - 1) * sizeof *set);
    set[0] = call;
}

/* Before the batch itself is remembered: then the sets speak of the table alone. */
static void find_stored(struct store *store, struct search *search)
{
    const struct span_row *rows = (const struct span_row *)store->spans.rows;
    size_t count = store->spans.count;
    for (size_t i = 0; i < count + SEEN_AHEAD; i++) {
        if (i < count)
            expect(store, &rows[i], &search->kin[i]);
        if (i < SEEN_AHEAD || !(rows[i - SEEN_AHEAD].flags & CALLED))
            continue;
        const struct span_row *row = &rows[i - SEEN_AHEAD];
        struct kin *kin = &search->kin[i - SEEN_AHEAD];
        kin->child_stored =
            row->flags & OBSERVATION_BILLED && seen_maybe(&store->billed_parents, row->hash);
        kin->child_recent = kin->child_stored && has_recent_child(store, row);
        kin->parent_stored =
            kin->parent && span_row_has_usage(row) && seen_maybe(&store->billed, kin->parent);
        search->any_kin |= kin->parent || kin->child_stored;
    }
}

static bool remember(struct store *store, const struct search *search)
{
    const struct span_row *rows = (const struct span_row *)store->spans.rows;
    for (size_t i = 0; i < store->spans.count; i++) {
        const struct span_row *row = &rows[i];
        uint64_t parent = search->kin[i].parent;
        if (!(row->flags & CALLED))
            continue;
        if (!note_call(store, row->hash, parent))
            return false;
        if (parent && span_row_has_usage(row))
            note_recent(store, row, parent);
    }
    return true;
}

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
        const struct kin *kin = &search->kin[i];
        uint32_t number;
        if (!(row->flags & CALLED))
            continue;
        struct probe_row probe = {row->trace_hi, row->trace_lo, row->parent_id,
                                  row->start_ns, row->project,  (int32_t)i};
        if (kin->parent && key_map_get(&search->at, kin->parent, &number) &&
            same_span(&rows[number], row)) {
            if (repeats(&rows[number], row))
                demote(&rows[number]);
        } else if (kin->parent_stored) {
            search->parents[search->parent_count++] = probe;
        }
        probe.c = row->span_id;
        if (kin->child_recent)
            demote(row);
        else if (kin->child_stored)
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

static enum status settle_with_table(struct store *store, struct search *search,
                                     struct error *error)
{
    enum status status =
        look_up(store, search->children, search->child_count, "parent_id", take_children, error);
    return status == STATUS_OK ? look_up(store, search->parents, search->parent_count, "span_id",
                                         take_parents, error)
                               : status;
}

enum status store__settle_nested(struct store *store, struct error *error)
{
    struct search search = {0};
    size_t count = store->spans.count;
    /* What was stored may be gone, or say something else by now. */
    if (store->taken_back_count || store->deletions.open.count)
        store__forget_calls(store);
    if (count == 0)
        return STATUS_OK;
    search.kin = arena_array(&store->batch_texts, struct kin, count);
    search.parents = arena_array(&store->batch_texts, struct probe_row, count);
    search.children = arena_array(&store->batch_texts, struct probe_row, count);
    if (!search.kin || !search.parents || !search.children)
        return store__no_memory(error);
    find_stored(store, &search);
    /* A batch that fails is remembered too: the sets only ever say "maybe". */
    enum status status = remember(store, &search) ? STATUS_OK : store__no_memory(error);
    if (status == STATUS_OK && search.any_kin) {
        if (index_batch(store, &search)) {
            settle_in_batch(store, &search);
            status = settle_with_table(store, &search, error);
        } else {
            status = store__no_memory(error);
        }
    }
    key_map_done(&search.at);
    return status;
}
