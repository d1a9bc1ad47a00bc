/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stand_ins: usage that only an agent, a turn or a chain told of, because none of the model calls
 * below it did, counts once.
 *
 * A span whose usage repeats what is below it (SUMMARY) stands in for the calls of its trace while
 * no call with usage is there: it is BILLED and marked STANDS_IN, and goes back when a call comes.
 * Of summaries within one another one counts: the inner ones when they add up to as much as the
 * outer, else the outer. So sums over billed spans are the same everywhere: traces, rollups,
 * questions.
 *
 * Nearly every trace is settled from the commit alone. Two sets of fingerprints, of traces with
 * calls and of traces with stand-ins, and the traces that had calls lately say which have to be
 * read from the table, a week around. Traces that last longer are taken for two.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/store_private.h"

enum { NO_PARENT = -1, TELLS = OBSERVATION_BILLED | OBSERVATION_SUMMARY };
#define AROUND_NS (7 * INT64_C(86400) * NS_PER_SEC)

static bool is_call(uint16_t flags)
{
    return (flags & (OBSERVATION_BILLED | OBSERVATION_STANDS_IN)) == OBSERVATION_BILLED;
}

static bool part_has_calls(const struct part_row *part)
{
    return part->tokens[TOKENS_TOTAL] > 0 || part->cost > 0;
}

/* --- what is known of earlier commits --------------------------------------------------------- */

static struct recent_trace *recent_set(struct store *store, uint64_t hash)
{
    return store->recent_traces[hash % RECENT_SETS];
}

static struct recent_trace *find_recent(struct store *store, uint64_t hash, int32_t project,
                                        int64_t hi, int64_t lo)
{
    struct recent_trace *set = recent_set(store, hash);
    for (int i = 0; i < RECENT_WAYS; i++)
        if (set[i].lo == lo && set[i].hi == hi && set[i].project == project)
            return &set[i];
    return NULL;
}

/* It has calls with usage, and nothing stands in for them. */
static bool note_calls(struct store *store, const struct part_row *part, uint64_t hash)
{
    struct recent_trace *set = recent_set(store, hash);
    if (!find_recent(store, hash, part->project, part->trace_hi, part->trace_lo)) {
        memmove(set + 1, set, (RECENT_WAYS - 1) * sizeof *set);
        set[0] = (struct recent_trace){part->trace_hi, part->trace_lo, part->project};
    }
    return seen_maybe(&store->called_traces, hash) || seen_add(&store->called_traces, hash);
}

void store__forget_called_traces(struct store *store)
{
    memset(store->recent_traces, 0, sizeof store->recent_traces);
}

bool store__stand_ins_remember(struct store *store, const struct span_row *span)
{
    if (!(span->flags & OBSERVATION_BILLED) || !span_row_has_usage(span))
        return true;
    struct seen *seen =
        span->flags & OBSERVATION_STANDS_IN ? &store->stood_in_traces : &store->called_traces;
    uint64_t hash = trace_hash(span->project, span->trace_hi, span->trace_lo);
    return seen_maybe(seen, hash) || seen_add(seen, hash);
}

/* --- which traces have to be looked at ---------------------------------------------------- */

enum look { LOOK_NOT, LOOK_AT_BATCH, LOOK_AT_TABLE };

static enum look look_at(struct store *store, const struct part_row *part, uint64_t hash)
{
    if (find_recent(store, hash, part->project, part->trace_hi, part->trace_lo))
        return LOOK_NOT;
    /* A span that tells nothing may still say which of two others is within the other. */
    if (seen_maybe(&store->stood_in_traces, hash))
        return LOOK_AT_TABLE;
    if (part_has_calls(part) || part->summaries == 0)
        return LOOK_NOT;
    return seen_maybe(&store->called_traces, hash) ? LOOK_AT_TABLE : LOOK_AT_BATCH;
}

/* A version that told of usage is replaced: its trace may have lost its only call. Or a span that
 * stood between two that tell. */
static bool doubt_taken_back(struct store *store)
{
    for (size_t i = 0; i < store->taken_back_count; i++) {
        const struct span_row *old = &store->taken_back[i];
        uint64_t hash = trace_hash(old->project, old->trace_hi, old->trace_lo);
        if (!(old->flags & TELLS && span_row_has_usage(old)) &&
            !seen_maybe(&store->stood_in_traces, hash))
            continue;
        struct recent_trace *recent =
            find_recent(store, hash, old->project, old->trace_hi, old->trace_lo);
        if (recent)
            *recent = (struct recent_trace){0};
        struct part_row *part =
            trace_parts_find(&store->parts, old->project, old->trace_hi, old->trace_lo);
        if (!part)
            return false;
        if (!part_has_calls(part))
            part->look = LOOK_AT_TABLE;
    }
    return true;
}

/* --- the spans of such a trace ------------------------------------------------------------ */

struct node {
    int64_t span_id, parent_id;
    int64_t tokens, cost;             /* its own */
    int64_t tokens_below, cost_below; /* what the spans below it add up to */
    int64_t row_id;                   /* in the table; -1: in the batch */
    uint32_t number;                  /* in the batch */
    uint32_t part;
    int32_t parent, children;
    uint16_t flags;
    bool counts, below_one; /* is counted; is below one that is */
};
struct nodes {
    struct node *rows;
    size_t count, capacity;
    struct key_map replaced; /* row numbers that the batch replaces */
};

static struct node *add_node(struct nodes *nodes)
{
    if (nodes->count == nodes->capacity) {
        size_t capacity = nodes->capacity ? nodes->capacity * 2 : 256;
        void *rows = realloc(nodes->rows, capacity * sizeof *nodes->rows);
        if (!rows)
            return NULL;
        nodes->rows = rows;
        nodes->capacity = capacity;
    }
    return memset(&nodes->rows[nodes->count++], 0, sizeof *nodes->rows);
}

static int64_t told(int64_t number)
{
    return number > 0 ? number : 0;
}

static bool take_batch(struct store *store, struct nodes *nodes)
{
    const struct span_row *rows = (const struct span_row *)store->spans.rows;
    for (size_t i = 0; i < store->spans.count; i++) {
        const struct part_row *part =
            trace_parts_get(&store->parts, rows[i].project, rows[i].trace_hi, rows[i].trace_lo);
        if (!part || part->look == LOOK_NOT)
            continue;
        struct node *node = add_node(nodes);
        if (!node)
            return false;
        *node = (struct node){.span_id = rows[i].span_id,
                              .parent_id = rows[i].parent_id,
                              .tokens = told(rows[i].tokens[TOKENS_TOTAL]),
                              .cost = told(rows[i].cost),
                              .row_id = -1,
                              .number = (uint32_t)i,
                              .part = (uint32_t)(part - store->parts.rows),
                              .flags = rows[i].flags};
    }
    return true;
}

static enum status take_table(struct nodes *nodes, duckdb_data_chunk chunk, struct error *error)
{
    enum { PART, ROW, SPAN, PARENT, FLAGS, TOKENS, COST, COLUMNS };
    const void *columns[COLUMNS];
    for (idx_t i = 0; i < COLUMNS; i++)
        columns[i] = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, i));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        int64_t row_id = ((const int64_t *)columns[ROW])[i];
        uint32_t ignored;
        if (key_map_get(&nodes->replaced, (uint64_t)row_id, &ignored))
            continue;
        struct node *node = add_node(nodes);
        if (!node)
            return store__no_memory(error);
        *node = (struct node){.span_id = ((const int64_t *)columns[SPAN])[i],
                              .parent_id = ((const int64_t *)columns[PARENT])[i],
                              .tokens = ((const int64_t *)columns[TOKENS])[i],
                              .cost = ((const int64_t *)columns[COST])[i],
                              .row_id = row_id,
                              .part = (uint32_t)((const int32_t *)columns[PART])[i],
                              .flags = ((const uint16_t *)columns[FLAGS])[i]};
    }
    return STATUS_OK;
}

static int by_trace_and_id(const void *left, const void *right)
{
    const struct node *a = left, *b = right;
    if (a->part != b->part)
        return a->part < b->part ? -1 : 1;
    return (a->span_id > b->span_id) - (a->span_id < b->span_id);
}

static void sort_nodes(struct nodes *nodes)
{
    if (nodes->count)
        qsort(nodes->rows, nodes->count, sizeof *nodes->rows, by_trace_and_id);
}

static int32_t find_parent(const struct node *nodes, size_t count, const struct node *child)
{
    const struct node wanted = {.part = child->part, .span_id = child->parent_id};
    const struct node *found =
        child->parent_id ? bsearch(&wanted, nodes, count, sizeof *nodes, by_trace_and_id) : NULL;
    return found && found != child ? (int32_t)(found - nodes) : NO_PARENT;
}

/* --- the rest of a trace, from the table -------------------------------------------------- */

/* The batch alone does not tell which of several are within one another: what stands between them
 * may have come before. */
static bool wants_table(const struct store *store, const struct nodes *nodes)
{
    bool any = false;
    for (size_t i = 0; i < nodes->count; i++) {
        const struct node *node = &nodes->rows[i];
        struct part_row *part = &store->parts.rows[node->part];
        if (part->summaries > 1 && node->parent_id &&
            find_parent(nodes->rows, nodes->count, node) == NO_PARENT)
            part->look = LOOK_AT_TABLE;
    }
    for (size_t i = 0; i < store->parts.count && !any; i++)
        any = store->parts.rows[i].look == LOOK_AT_TABLE;
    return any;
}

/* The traces to look up, and the times they may be at. */
static enum status put_probes(struct store *store, int64_t *out_first, int64_t *out_last,
                              struct error *error)
{
    const struct trace_parts *parts = &store->parts;
    struct probe_row *probes = arena_array(&store->batch_texts, struct probe_row, parts->count);
    size_t count = 0;
    if (!probes)
        return store__no_memory(error);
    *out_first = INT64_MAX;
    *out_last = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const struct part_row *part = &parts->rows[i];
        if (part->look != LOOK_AT_TABLE)
            continue;
        probes[count++] = (struct probe_row){.a = part->trace_hi,
                                             .b = part->trace_lo,
                                             .project = part->project,
                                             .number = (int32_t)i};
        /* A part without spans is of a trace that lost one: its time is not known. */
        int64_t first = part->spans ? part->start_ns : 0;
        int64_t last = part->spans ? part->start_ns : INT64_MAX;
        *out_first = first < *out_first ? first : *out_first;
        *out_last = last > *out_last ? last : *out_last;
    }
    *out_first -= *out_first < AROUND_NS ? *out_first : AROUND_NS;
    *out_last = *out_last > INT64_MAX - AROUND_NS ? INT64_MAX : *out_last + AROUND_NS;
    if (count == 0)
        return STATUS_OK;
    enum status status = store__temp_table(store, TABLE_PROBE, error);
    return status == STATUS_OK ? store__append(store, TABLE_PROBE, probes, count, error) : status;
}

static enum status ask_table(struct store *store, struct nodes *nodes, struct error *error)
{
    int64_t first = 0, last = INT64_MAX; /* of the times they may be at */
    bool is_new;
    for (size_t i = 0; i < store->taken_back_count; i++)
        if (!key_map_at(&nodes->replaced, (uint64_t)store->taken_back_ids[i], 0, &is_new))
            return store__no_memory(error);
    duckdb_result result;
    enum status status = put_probes(store, &first, &last, error);
    if (status == STATUS_OK)
        status = store__ask(store, &result, error,
                            "SELECT p.number, s.rowid, s.span_id, s.parent_id, s.flags, "
                            "CAST(coalesce(s.total_tokens, 0) AS BIGINT), coalesce(s.cost, 0) "
                            "FROM spans s JOIN probe p ON s.trace_lo = p.b AND s.trace_hi = p.a "
                            "AND s.project = p.project WHERE s.start_ns BETWEEN %lld AND %lld",
                            (long long)first, (long long)last);
    if (status != STATUS_OK)
        return status;
    duckdb_data_chunk chunk;
    while (status == STATUS_OK && (chunk = duckdb_fetch_chunk(result)) != NULL) {
        status = take_table(nodes, chunk, error);
        duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&result);
    return status;
}

/* --- which of them count ------------------------------------------------------------------ */

/* Into `order`, children before their parents. Spans that are one another's ancestors come last and
 * have no parent any more. */
static void order_upwards(struct node *nodes, size_t count, uint32_t *order)
{
    size_t done = 0;
    for (size_t i = 0; i < count; i++)
        if (nodes[i].parent != NO_PARENT)
            nodes[nodes[i].parent].children++;
    for (size_t i = 0; i < count; i++)
        if (nodes[i].children == 0)
            order[done++] = (uint32_t)i;
    for (size_t i = 0; i < done; i++) {
        int32_t parent = nodes[order[i]].parent;
        if (parent != NO_PARENT && --nodes[parent].children == 0)
            order[done++] = (uint32_t)parent;
    }
    for (size_t i = 0; i < count && done < count; i++)
        if (nodes[i].children > 0) {
            nodes[i].parent = NO_PARENT;
            order[done++] = (uint32_t)i;
        }
}

static bool tells_more(const struct node *node)
{
    return node->tokens != node->tokens_below ? node->tokens > node->tokens_below
                                              : node->cost > node->cost_below;
}

/* Of one trace. */
static void decide(struct node *nodes, size_t count, uint32_t *order)
{
    for (size_t i = 0; i < count; i++) {
        nodes[i].parent = find_parent(nodes, count, &nodes[i]);
        if (!(nodes[i].flags & TELLS))
            nodes[i].tokens = nodes[i].cost = 0;
    }
    order_upwards(nodes, count, order);
    for (size_t i = 0; i < count; i++) {
        struct node *node = &nodes[order[i]];
        node->counts = tells_more(node);
        if (node->parent == NO_PARENT)
            continue;
        struct node *parent = &nodes[node->parent];
        parent->tokens_below += node->counts ? node->tokens : node->tokens_below;
        parent->cost_below += node->counts ? node->cost : node->cost_below;
    }
    for (size_t i = count; i-- > 0;) {
        struct node *node = &nodes[order[i]];
        const struct node *parent = node->parent == NO_PARENT ? NULL : &nodes[node->parent];
        node->below_one = parent && (parent->counts || parent->below_one);
        node->counts = node->counts && !node->below_one;
    }
}

/* --- making it so
 * --------------------------------------------------------------------------------- */

static void set_standing(struct span_row *span, bool counts)
{
    unsigned flags =
        span->flags & ~(unsigned)(TELLS | OBSERVATION_STANDS_IN | OBSERVATION_UNPRICED);
    if (!counts)
        flags |= OBSERVATION_SUMMARY;
    else if (span->cost_source == COST_UNPRICED)
        flags |= OBSERVATION_BILLED | OBSERVATION_STANDS_IN | OBSERVATION_UNPRICED;
    else
        flags |= OBSERVATION_BILLED | OBSERVATION_STANDS_IN;
    span->flags = (uint16_t)flags;
}

/* Columns: the row's number in the table, the row. The others of its trace stay as they are. */
static enum status turn_stored(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    const int64_t *row_ids = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        struct span_row old = {0}, *fresh;
        table_read(TABLE_SPANS, chunk, 1, i, &old);
        enum status status = store__replace_stored(store, &old, row_ids[i], &fresh, error);
        if (status != STATUS_OK)
            return status;
        if (fresh)
            set_standing(fresh, !(old.flags & OBSERVATION_STANDS_IN));
    }
    return STATUS_OK;
}

static enum status turn_all_stored(struct store *store, const struct probe_row *rows, size_t count,
                                   struct error *error)
{
    duckdb_result result;
    if (count == 0)
        return STATUS_OK;
    enum status status = store__temp_table(store, TABLE_PROBE, error);
    if (status == STATUS_OK)
        status = store__append(store, TABLE_PROBE, rows, count, error);
    if (status == STATUS_OK)
        status = store__ask(store, &result, error,
                            "SELECT s.rowid, s.* FROM spans s WHERE s.rowid IN "
                            "(SELECT a FROM probe)");
    return status == STATUS_OK ? store__each_chunk(store, &result, turn_stored, error) : status;
}

/* Of one trace. A call with usage leaves nothing to stand in for. */
static bool settle_trace(struct store *store, struct node *nodes, size_t count, uint32_t *order,
                         struct probe_row *turned, size_t *turned_count)
{
    struct part_row *part = &store->parts.rows[nodes->part];
    uint64_t hash = trace_hash(part->project, part->trace_hi, part->trace_lo);
    bool calls = false, any = false;
    for (size_t i = 0; i < count; i++)
        calls = calls || (is_call(nodes[i].flags) && (nodes[i].tokens || nodes[i].cost));
    if (!calls)
        decide(nodes, count, order);
    for (size_t i = 0; i < count; i++) {
        struct node *node = &nodes[i];
        struct span_row *row = (struct span_row *)store->spans.rows + node->number;
        any = any || node->counts;
        if (node->counts == ((node->flags & OBSERVATION_STANDS_IN) != 0))
            continue;
        if (node->row_id >= 0) {
            turned[(*turned_count)++] = (struct probe_row){.a = node->row_id};
            continue;
        }
        set_standing(row, node->counts);
        if (node->counts)
            trace_parts_add_usage(part, row);
    }
    if (calls)
        return note_calls(store, part, hash);
    return !any || seen_maybe(&store->stood_in_traces, hash) ||
           seen_add(&store->stood_in_traces, hash);
}

static enum status settle_traces(struct store *store, struct nodes *nodes, struct error *error)
{
    uint32_t *order = arena_array(&store->batch_texts, uint32_t, nodes->count);
    struct probe_row *turned = arena_array(&store->batch_texts, struct probe_row, nodes->count);
    size_t turned_count = 0;
    if (!order || !turned)
        return store__no_memory(error);
    for (size_t first = 0, next; first < nodes->count; first = next) {
        for (next = first + 1;
             next < nodes->count && nodes->rows[next].part == nodes->rows[first].part;)
            next++;
        if (!settle_trace(store, nodes->rows + first, next - first, order, turned, &turned_count))
            return store__no_memory(error);
    }
    return turn_all_stored(store, turned, turned_count, error);
}

static enum status look_closer(struct store *store, struct error *error)
{
    struct nodes nodes = {0};
    enum status status = take_batch(store, &nodes) ? STATUS_OK : store__no_memory(error);
    sort_nodes(&nodes);
    if (status == STATUS_OK && wants_table(store, &nodes)) {
        status = ask_table(store, &nodes, error);
        sort_nodes(&nodes);
    }
    if (status == STATUS_OK && nodes.count)
        status = settle_traces(store, &nodes, error);
    free(nodes.rows);
    key_map_done(&nodes.replaced);
    return status;
}

enum status store__settle_stand_ins(struct store *store, struct error *error)
{
    bool any = false;
    if (store->deletions.open.count)
        store__forget_called_traces(store);
    if (!doubt_taken_back(store))
        return store__no_memory(error);
    for (size_t i = 0; i < store->parts.count; i++) {
        struct part_row *part = &store->parts.rows[i];
        uint64_t hash = trace_hash(part->project, part->trace_hi, part->trace_lo);
        if (part->look == LOOK_NOT)
            part->look = (uint8_t)look_at(store, part, hash);
        any = any || part->look != LOOK_NOT;
        if (part->look == LOOK_NOT && part_has_calls(part) && !note_calls(store, part, hash))
            return store__no_memory(error);
    }
    return any ? look_closer(store, error) : STATUS_OK;
}
