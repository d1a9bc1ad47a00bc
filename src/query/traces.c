/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traces: a trace is the sum of its parts (docs/index.md).
 *
 * Sorted by start, only the newest keys of the range are picked first and just those are added up;
 * any other order, or a condition on sums, needs the sums of the whole range.
 */
#include "query/traces.h"

#include <string.h>

#include "base/clock.h"

enum { RUNNING_SECONDS = 30 };

/* Columns of the summary, in the order that read_summary() takes them. */
static const char summary_columns[] =
    "p.trace_hi, p.trace_lo, " TRACE_START ", " TRACE_END ", max(p.arrival_ns), "
    "arg_max(p.name, p.name_rank), arg_min(p.root_span, p.root_at), " TRACE_STATUS ", "
    "max(p.error_kind), "
    "sum(p.spans), sum(p.errors), sum(p.llm_calls), sum(p.tool_calls), sum(p.unpriced), "
    "count(DISTINCT p.model), " TRACE_INPUT ", " TRACE_OUTPUT ", sum(p.cache_read), "
    "sum(p.cache_write), sum(p.reasoning), " TRACE_TOKENS ", " TRACE_COST ", "
    "arg_min(p.ttft, p.ttft_at), arg_min(p.model, p.model_at), arg_min(p.provider, p.model_at), "
    "arg_max(p.service, p.service_rank), max(p.environment), max(p.tenant), max(p.release), "
    "max(p.session), max(p.user_id), arg_max(p.input, p.input_rank), "
    "arg_max(p.output, p.output_rank), count(p.root_span)";

static const struct {
    const char *name, *expression;
} sorts[SORT_COUNT] = {
    [SORT_START] = {"start", TRACE_START},
    [SORT_DURATION] = {"duration", TRACE_DURATION},
    [SORT_COST] = {"cost", TRACE_COST},
    [SORT_TOKENS] = {"tokens", TRACE_TOKENS},
    [SORT_TTFT] = {"ttft", "coalesce(arg_min(p.ttft, p.ttft_at), -1)"},
    [SORT_ERRORS] = {"errors", "sum(p.errors)"},
    [SORT_SPANS] = {"spans", "sum(p.spans)"},
};

const char *trace_sort_name(enum trace_sort sort)
{
    return sorts[sort].name;
}

static struct str name_at(const struct query *query, const struct store_rows *rows, size_t column)
{
    int64_t id = store_rows_int(rows, column);
    return id > 0 ? store_name(query->store, (int32_t)id) : STR_NONE;
}

static struct str text_at(const struct store_rows *rows, size_t column, struct arena *arena)
{
    return store_rows_null(rows, column) ? STR_NONE
                                         : arena_copy(arena, store_rows_text(rows, column));
}

static enum trace_state state_of(const struct trace_summary *trace)
{
    bool fresh = clock_now_ns() - trace->arrival_ns < RUNNING_SECONDS * NS_PER_SEC;
    if (trace->root_span)
        return TRACE_CLOSED;
    return fresh ? TRACE_RUNNING : TRACE_QUIET;
}

static void read_summary(const struct query *query, const struct store_rows *rows,
                         struct arena *arena, struct trace_summary *out)
{
    *out = (struct trace_summary){
        .key = {store_rows_int(rows, 0), store_rows_int(rows, 1)},
        .start_ns = store_rows_int(rows, 2),
        .end_ns = store_rows_int(rows, 3),
        .arrival_ns = store_rows_int(rows, 4),
        .name = name_at(query, rows, 5),
        .root_span = store_rows_int(rows, 6),
        .is_error = store_rows_int(rows, 7) == SPAN_ERROR,
        .error_kind = (enum error_kind)store_rows_int(rows, 8),
        .spans = store_rows_int(rows, 9),
        .errors = store_rows_int(rows, 10),
        .llm_calls = store_rows_int(rows, 11),
        .tool_calls = store_rows_int(rows, 12),
        .unpriced = store_rows_int(rows, 13),
        .models = store_rows_int(rows, 14),
        .input_tokens = store_rows_int(rows, 15),
        .output_tokens = store_rows_int(rows, 16),
        .cache_read = store_rows_int(rows, 17),
        .cache_write = store_rows_int(rows, 18),
        .reasoning = store_rows_int(rows, 19),
        .total_tokens = store_rows_int(rows, 20),
        .cost = store_rows_int(rows, 21),
        .ttft_ns = store_rows_null(rows, 22) ? -1 : store_rows_int(rows, 22),
        .model = name_at(query, rows, 23),
        .provider = name_at(query, rows, 24),
        .service = name_at(query, rows, 25),
        .environment = name_at(query, rows, 26),
        .tenant = name_at(query, rows, 27),
        .release = name_at(query, rows, 28),
        .session = text_at(rows, 29, arena),
        .user = text_at(rows, 30, arena),
        .input = text_at(rows, 31, arena),
        .output = text_at(rows, 32, arena),
        .complete = store_rows_int(rows, 33) > 0,
    };
    out->state = state_of(out);
}

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
    const char *value = sorts[question->sort].expression, *order = question->ascending ? ">" : "<";
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

/* The keys of the traces asked for, with `limit` of them when the order is already decided here. */
void trace_select_keys(struct sql *sql, const struct query *query,
                       const struct trace_list_question *question, int64_t limit)
{
    sql_add(sql,
            "SELECT p.trace_hi, p.trace_lo, %s AS sort_value, " TRACE_STATUS
            " AS status FROM trace_parts p WHERE ",
            sorts[question->sort].expression);
    where_range(sql, question->project_id, question->range);
    where_spans_match(sql, query, question);
    sql_add(sql, " GROUP BY p.trace_hi, p.trace_lo HAVING sum(p.spans) > 0");
    filter_traces(question->filters, query, sql);
    having_cursor(sql, question);
    if (limit) {
        sql_add(sql, " ORDER BY sort_value %s, p.trace_hi, p.trace_lo LIMIT ",
                question->ascending ? "ASC" : "DESC");
        sql_int(sql, limit);
    }
}

enum status query_traces(const struct query *query, const struct trace_list_question *question,
                         struct arena *arena, struct trace_list *out_list, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "WITH picked AS (");
    trace_select_keys(&sql, query, question, (int64_t)question->limit + 1);
    sql_add(&sql,
            ") SELECT %s, any_value(k.sort_value) AS sort_value FROM trace_parts p "
            "JOIN picked k ON p.trace_lo = k.trace_lo AND p.trace_hi = k.trace_hi "
            "WHERE p.project = ",
            summary_columns);
    sql_int(&sql, question->project_id);
    sql_add(&sql, " GROUP BY p.trace_hi, p.trace_lo ORDER BY sort_value %s, p.trace_hi, p.trace_lo",
            question->ascending ? "ASC" : "DESC");
    struct store_rows *rows;
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    struct trace_list list = {
        .items = arena_array(arena, struct trace_summary, question->limit),
        .sort_values = arena_array(arena, int64_t, question->limit),
    };
    if (!list.items || !list.sort_values) {
        store_rows_free(rows);
        return fail(error, STATUS_TOO_LARGE, "limit: too many traces for one reply");
    }
    size_t sort_column = store_rows_columns(rows) - 1;
    while (store_rows_next(rows)) {
        if (list.count == question->limit) {
            list.more = true;
            break;
        }
        read_summary(query, rows, arena, &list.items[list.count]);
        list.sort_values[list.count++] = store_rows_int(rows, sort_column);
    }
    store_rows_free(rows);
    *out_list = list;
    return STATUS_OK;
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
    struct sql sql = {0};
    sql_add(&sql, "SELECT %s FROM trace_parts p WHERE p.trace_lo = ", summary_columns);
    sql_int(&sql, key.lo);
    sql_add(&sql, " AND p.trace_hi = ");
    sql_int(&sql, key.hi);
    sql_add(&sql, " AND p.project = ");
    sql_int(&sql, project_id);
    sql_add(&sql, " GROUP BY p.trace_hi, p.trace_lo HAVING sum(p.spans) > 0");
    struct store_rows *rows;
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    if (store_rows_next(rows))
        read_summary(query, rows, arena, out_trace);
    else
        status = fail(error, STATUS_NOT_FOUND, "trace: this project has no such trace");
    store_rows_free(rows);
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

enum status query_trace_shape(const struct query *query, uint32_t project_id,
                              const struct trace_summary *trace, struct arena *arena,
                              const _Atomic bool *cancelled, struct trace_shape *out_shape,
                              struct error *error)
{
    struct sql sql = {0};
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
    sql_add(&sql, " ORDER BY start_ns, duration_ns DESC, span_id LIMIT %d", SHAPE_SPANS_MAX + 1);
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
    if (status == STATUS_OK)
        *out_shape = shape;
    return status;
}
