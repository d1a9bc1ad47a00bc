/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traces: a trace is the sum of its parts (docs/index.md).
 *
 * The engine decides which traces, and their order; their parts are then read as they are and added
 * up here (trace_sum.h).
 */
#include "query/traces.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "query/trace_sum.h"

const struct sort_key trace_sorts[SORT_COUNT] = {
    [SORT_START] = {"start", TRACE_START},
    [SORT_DURATION] = {"duration", TRACE_DURATION},
    [SORT_COST] = {"cost", TRACE_COST},
    [SORT_TOKENS] = {"tokens", TRACE_TOKENS},
    [SORT_TTFT] = {"ttft", "coalesce(arg_min(p.ttft, p.ttft_at), -1)"},
    [SORT_ERRORS] = {"errors", "sum(p.errors)"},
    [SORT_SPANS] = {"spans", "sum(p.spans)"},
};

static void where_range(struct sql *sql, uint32_t project_id, struct time_range range)
{
    sql_add(sql, "project = ");
    sql_int(sql, project_id);
    sql_add(sql, " AND start_ns >= ");
    sql_int(sql, range.from_ns);
    sql_add(sql, " AND start_ns < ");
    sql_int(sql, range.to_ns);
}

/* ` AND (trace_hi, trace_lo) IN (…)` for filters on spans. A span may start after the range's end.
 */
static void where_spans_match(struct sql *sql, const struct query *query,
                              const struct trace_list_question *question)
{
    if (!filter_has_span_level(question->filters))
        return;
    sql_add(sql, " AND (trace_hi, trace_lo) IN (SELECT s.trace_hi, s.trace_lo FROM spans s "
                 "WHERE s.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, question->range.from_ns);
    filter_spans(question->filters, query, sql);
    sql_add(sql, ")");
}

static void having_cursor(struct sql *sql, const struct trace_list_question *question)
{
    if (!question->has_cursor)
        return;
    const char *value = trace_sorts[question->sort].expression,
               *order = question->ascending ? ">" : "<";
    sql_add(sql, " AND (%s %s ", value, order);
    sql_int(sql, question->cursor_value);
    sql_add(sql, " OR (%s = ", value);
    sql_int(sql, question->cursor_value);
    sql_add(sql, " AND (p.trace_hi, p.trace_lo) > (");
    sql_int(sql, question->cursor_key.hi);
    sql_add(sql, ", ");
    sql_int(sql, question->cursor_key.lo);
    sql_add(sql, ")))");
}

void trace_select_parts(struct sql *sql, const struct query *query,
                        const struct trace_list_question *question, const char *columns)
{
    sql_add(sql, "SELECT %s FROM trace_parts p WHERE ", columns);
    where_range(sql, question->project_id, question->range);
    where_spans_match(sql, query, question);
}

void trace_select_sums(struct sql *sql, const struct query *query,
                       const struct trace_list_question *question)
{
    sql_add(sql, " GROUP BY p.trace_hi, p.trace_lo HAVING sum(p.spans) > 0");
    filter_traces(question->filters, query, sql);
}

void trace_select(struct sql *sql, const struct query *query,
                  const struct trace_list_question *question, const char *columns)
{
    trace_select_parts(sql, query, question, columns);
    trace_select_sums(sql, query, question);
}

void trace_select_keys(struct sql *sql, const struct query *query,
                       const struct trace_list_question *question, int64_t limit)
{
    char columns[1024];
    int length =
        snprintf(columns, sizeof columns, "p.trace_hi, p.trace_lo, %s AS sort_value, %s AS status",
                 trace_sorts[question->sort].expression, TRACE_STATUS);
    must(length > 0 && (size_t)length < sizeof columns);
    trace_select(sql, query, question, columns);
    having_cursor(sql, question);
    if (limit) {
        sql_add(sql, " ORDER BY sort_value %s, p.trace_hi, p.trace_lo LIMIT ",
                question->ascending ? "ASC" : "DESC");
        sql_int(sql, limit);
        if (question->skip) {
            sql_add(sql, " OFFSET ");
            sql_int(sql, question->skip);
        }
    }
}

/* --- a page: its keys in order, then their parts, in any order -------------------------------- */

struct page {
    struct trace_sum *sums; /* by key */
    size_t count;
};

static int by_key(const void *a, const void *b)
{
    const struct trace_key *left = &((const struct trace_sum *)a)->summary.key;
    const struct trace_key *right = &((const struct trace_sum *)b)->summary.key;
    if (left->hi != right->hi)
        return left->hi < right->hi ? -1 : 1;
    return (left->lo > right->lo) - (left->lo < right->lo);
}

static struct trace_sum *find_sum(const struct page *page, struct trace_key key)
{
    size_t low = 0, high = page->count;
    const struct trace_sum wanted = {.summary.key = key};
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = by_key(&wanted, &page->sums[middle]);
        if (order == 0)
            return &page->sums[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
static bool make_list(struct trace_list *list, size_t limit, struct arena *arena)
{
    list->items = arena_array(arena, struct trace_summary, limit);
    list->sort_values = arena_array(arena, int64_t, limit);
    return list->items && list->sort_values;
}

/* Takes the page's keys and sort values. */
static enum status read_keys(struct store_rows *rows, size_t limit, struct arena *arena,
                             struct trace_list *list, struct error *error)
{
    if (!make_list(list, limit, arena))
        return fail(error, STATUS_TOO_LARGE, "limit: too many traces for one reply");
    while (store_rows_next(rows)) {
        if (list->count == limit) {
            list->more = true;
            break;
        }
        list->items[list->count].key =
            (struct trace_key){store_rows_int(rows, 0), store_rows_int(rows, 1)};
        list->sort_values[list->count++] = store_rows_int(rows, 2);
    }
    return STATUS_OK;
}

static enum status read_parts(const struct query *query, uint32_t project_id,
                              const _Atomic bool *cancelled, struct arena *arena, struct page *page,
                              struct error *error)
{
    struct sql sql = {.brief = true};
    struct store_rows *rows;
    sql_add(&sql, "SELECT %s FROM trace_parts p WHERE p.project = ", trace_sum_columns);
    sql_int(&sql, project_id);
    sql_add(&sql, " AND p.trace_lo IN (");
    for (size_t i = 0; i < page->count; i++) {
        sql_add(&sql, i ? ", " : "");
        sql_int(&sql, page->sums[i].summary.key.lo);
    }
    sql_add(&sql, ")");
    enum status status = sql_run(&sql, query, cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows)) {
        struct trace_key key = {store_rows_int(rows, TRACE_SUM_HI),
                                store_rows_int(rows, TRACE_SUM_LO)};
        struct trace_sum *sum = find_sum(page, key);
        if (sum && !trace_sum_add(sum, rows, arena))
            status = fail(error, STATUS_TOO_LARGE, "limit: too many traces for one reply");
    }
    store_rows_free(rows);
    return status;
}

/* Fills a list that has its keys and sort values. What retention took meanwhile is left out. */
static enum status fill_list(const struct query *query, uint32_t project_id,
                             const _Atomic bool *cancelled, struct arena *arena,
                             struct trace_list *list, struct error *error)
{
    struct page page = {.sums = arena_array(arena, struct trace_sum, list->count + 1)};
    size_t kept = 0;
    if (!page.sums)
        return fail(error, STATUS_TOO_LARGE, "limit: too many traces for one reply");
    for (; page.count < list->count; page.count++)
        trace_sum_init(&page.sums[page.count], list->items[page.count].key);
    qsort(page.sums, page.count, sizeof *page.sums, by_key);
    enum status status =
        page.count ? read_parts(query, project_id, cancelled, arena, &page, error) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < list->count; i++) {
        struct trace_sum *sum = find_sum(&page, list->items[i].key);
        if (sum->summary.spans <= 0)
            continue;
        trace_sum_finish(sum, query);
        list->sort_values[kept] = list->sort_values[i];
        list->items[kept++] = sum->summary;
    }
    list->count = kept;
    return STATUS_OK;
}

enum status query_traces(const struct query *query, const struct trace_list_question *question,
                         struct arena *arena, struct trace_list *out_list, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct trace_list list = {0};
    trace_select_keys(&sql, query, question, (int64_t)question->limit + 1);
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    status = read_keys(rows, question->limit, arena, &list, error);
    store_rows_free(rows);
    if (status == STATUS_OK)
        status = fill_list(query, question->project_id, question->cancelled, arena, &list, error);
    if (status == STATUS_OK)
        *out_list = list;
    return status;
}

enum status query_traces_of(const struct query *query, uint32_t project_id,
                            const struct trace_key *keys, size_t count,
                            const _Atomic bool *cancelled, struct arena *arena,
                            struct trace_list *out_list, struct error *error)
{
    struct trace_list list = {0};
    if (!make_list(&list, count + 1, arena))
        return fail(error, STATUS_TOO_LARGE, "limit: too many traces for one reply");
    for (; list.count < count; list.count++)
        list.items[list.count].key = keys[list.count];
    enum status status = fill_list(query, project_id, cancelled, arena, &list, error);
    if (status == STATUS_OK)
        *out_list = list;
    return status;
}

enum status query_trace_count(const struct query *query, const struct trace_list_question *question,
                              int64_t most, int64_t *out_count, struct error *error)
{
    struct trace_list_question all = *question;
    all.has_cursor = false;
    struct sql sql = {0};
    sql_add(&sql, "SELECT count(*) FROM (SELECT 1 FROM (");
    trace_select_keys(&sql, query, &all, 0);
    sql_add(&sql, ") LIMIT ");
    sql_int(&sql, most);
    sql_add(&sql, ")");
    struct store_rows *rows;
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_count = store_rows_next(rows) ? store_rows_int(rows, 0) : 0;
    store_rows_free(rows);
    return STATUS_OK;
}

enum status query_trace(const struct query *query, uint32_t project_id, struct trace_key key,
                        struct arena *arena, struct trace_summary *out_trace, struct error *error)
{
    struct trace_list list;
    enum status status = query_traces_of(query, project_id, &key, 1, NULL, arena, &list, error);
    if (status == STATUS_OK && list.count == 0)
        return fail(error, STATUS_NOT_FOUND, "trace: this project has no such trace");
    if (status == STATUS_OK)
        *out_trace = list.items[0];
    return status;
}

static int32_t count_at(const struct store_rows *rows, size_t column)
{
    return store_rows_null(rows, column) ? -1 : (int32_t)store_rows_int(rows, column);
}

static void read_shape(const struct store_rows *rows, struct span_shape *out)
{
    *out = (struct span_shape){
        .span_id = store_rows_int(rows, 0),
        .parent_id = store_rows_int(rows, 1),
        .start_ns = store_rows_int(rows, 2),
        .duration_ns = store_rows_int(rows, 3),
        .ttft_ns = store_rows_null(rows, 4) ? -1 : store_rows_int(rows, 4),
        .cost = store_rows_null(rows, 5) ? -1 : store_rows_int(rows, 5),
        .name = (int32_t)store_rows_int(rows, 6),
        .op = (int32_t)store_rows_int(rows, 7),
        .model = (int32_t)store_rows_int(rows, 8),
        .provider = (int32_t)store_rows_int(rows, 9),
        .tool = (int32_t)store_rows_int(rows, 10),
        .agent = (int32_t)store_rows_int(rows, 11),
        .service = (int32_t)store_rows_int(rows, 12),
        .input_tokens = count_at(rows, 13),
        .output_tokens = count_at(rows, 14),
        .cache_read = count_at(rows, 15),
        .reasoning = count_at(rows, 16),
        .total_tokens = count_at(rows, 17),
        .kind = (uint8_t)store_rows_int(rows, 18),
        .status = (uint8_t)store_rows_int(rows, 19),
        .error_kind = (uint8_t)store_rows_int(rows, 20),
        .flags = (uint16_t)store_rows_int(rows, 21),
    };
}

/* Sorted here: for the engine a plan with an order costs more than the rows of most traces. */
static int by_start(const void *a, const void *b)
{
    const struct span_shape *left = a, *right = b;
    if (left->start_ns != right->start_ns)
        return left->start_ns < right->start_ns ? -1 : 1;
    if (left->duration_ns != right->duration_ns)
        return left->duration_ns > right->duration_ns ? -1 : 1;
    return (left->span_id > right->span_id) - (left->span_id < right->span_id);
}

enum status query_trace_shape(const struct query *query, uint32_t project_id,
                              const struct trace_summary *trace, struct arena *arena,
                              const _Atomic bool *cancelled, struct trace_shape *out_shape,
                              struct error *error)
{
    bool is_large = trace->spans > SHAPE_SPANS_MAX;
    struct sql sql = {.brief = !is_large};
    sql_add(&sql, "SELECT span_id, parent_id, start_ns, duration_ns, ttft, cost, name, op, model, "
                  "provider, tool, agent, service, input_tokens, output_tokens, cache_read, "
                  "reasoning, total_tokens, kind, status, error_kind, flags FROM spans "
                  "WHERE trace_lo = ");
    sql_int(&sql, trace->key.lo);
    sql_add(&sql, " AND trace_hi = ");
    sql_int(&sql, trace->key.hi);
    sql_add(&sql, " AND project = ");
    sql_int(&sql, project_id);
    /* The trace's own times let the engine skip most of the table. */
    sql_add(&sql, " AND start_ns >= ");
    sql_int(&sql, trace->start_ns);
    sql_add(&sql, " AND start_ns <= ");
    sql_int(&sql, trace->end_ns);
    /* A limit makes the engine a third slower, and most traces are far from it. */
    if (is_large)
        sql_add(&sql, " LIMIT %d", SHAPE_SPANS_MAX + 1);
    struct store_rows *rows;
    enum status status = sql_run(&sql, query, cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    size_t capacity = 0;
    struct trace_shape shape = {0};
    while (status == STATUS_OK && store_rows_next(rows)) {
        if (shape.count == SHAPE_SPANS_MAX) {
            shape.truncated = true;
            break;
        }
        if (arena_grow(arena, &shape.spans, shape.count, &capacity))
            read_shape(rows, &shape.spans[shape.count++]);
        else
            status = fail(error, STATUS_TOO_LARGE, "trace: too many spans for one reply");
    }
    store_rows_free(rows);
    if (status != STATUS_OK)
        return status;
    qsort(shape.spans, shape.count, sizeof *shape.spans, by_start);
    *out_shape = shape;
    return STATUS_OK;
}
