/* SPDX-License-Identifier: Apache-2.0 */
/*
 * invocations: picks the page by two columns, then fetches its rows, then their previews. A preview
 * that cannot be read (retention dropped it) stays empty; the row is still told.
 */
#include "query/invocations.h"

#include "query/span_view.h"

const struct sort_key invocation_sorts[INVOCATION_SORTS] = {
    [INVOCATION_START] = {"start", "s.start_ns"},
    [INVOCATION_DURATION] = {"duration", "s.duration_ns"},
    [INVOCATION_COST] = {"cost", "coalesce(s.cost, -1)"},
    [INVOCATION_TOKENS] = {"tokens", "coalesce(s.total_tokens, -1)"},
    [INVOCATION_TTFT] = {"ttft", "coalesce(s.ttft, -1)"},
};

static enum status where_calls(struct sql *sql, const struct query *query,
                               const struct invocation_question *question, struct error *error)
{
    sql_add(sql, " FROM spans s WHERE s.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, question->range.to_ns);
    if (!question->any_kind)
        sql_add(sql, " AND s.kind IN (%d, %d, %d)", KIND_LLM, KIND_EMBEDDING, KIND_RERANKER);
    if (question->journalled)
        journalled_where(sql, question->journalled);
    return filter_rows(question->filters, query, sql, error);
}

static void where_cursor(struct sql *sql, const struct invocation_question *question)
{
    const char *value = invocation_sorts[question->sort].expression;
    if (!question->has_cursor)
        return;
    sql_add(sql, " AND (%s %s ", value, question->ascending ? ">" : "<");
    sql_int(sql, question->cursor_value);
    sql_add(sql, " OR (%s = ", value);
    sql_int(sql, question->cursor_value);
    sql_add(sql, " AND s.span_id > ");
    sql_int(sql, question->cursor_span);
    sql_add(sql, "))");
}

/* In the order that read_row() takes them. */
static const char columns[] =
    "s.trace_hi, s.trace_lo, s.span_id, s.start_ns, s.duration_ns, s.cost, s.ttft, s.input_tokens, "
    "s.output_tokens, s.cache_read, s.reasoning, s.kind, s.error_kind, s.status, s.flags, s.name, "
    "s.model, s.model_version, s.provider, s.op, s.service, s.agent, s.tool, s.error_type, "
    "s.finish, s.prompt, s.prompt_version, s.user_id, s.session, s.parent_id, s.segment, s.frame, "
    "s.record";
enum { FIRST_NAME = 15, FIRST_TEXT = 27, PARENT = 29, FIRST_PLACE = 30, SORT_VALUE = 33 };

static int64_t number_at(const struct store_rows *rows, size_t column)
{
    return store_rows_null(rows, column) ? -1 : store_rows_int(rows, column);
}

static void read_row(const struct query *query, const struct store_rows *rows, struct arena *arena,
                     struct invocation *out)
{
    *out = (struct invocation){
        .trace = {store_rows_int(rows, 0), store_rows_int(rows, 1)},
        .span_id = store_rows_int(rows, 2),
        .parent_id = store_rows_int(rows, PARENT),
        .start_ns = store_rows_int(rows, 3),
        .duration_ns = store_rows_int(rows, 4),
        .cost = number_at(rows, 5),
        .ttft_ns = number_at(rows, 6),
        .input_tokens = number_at(rows, 7),
        .output_tokens = number_at(rows, 8),
        .cache_read = number_at(rows, 9),
        .reasoning = number_at(rows, 10),
        .kind = (enum observation_kind)store_rows_int(rows, 11),
        .error_kind = (enum error_kind)store_rows_int(rows, 12),
        .is_error = store_rows_int(rows, 13) == SPAN_ERROR,
        .unpriced = (store_rows_int(rows, 14) & OBSERVATION_UNPRICED) != 0,
        .sort_value = store_rows_int(rows, SORT_VALUE),
    };
    struct str *const names[] = {&out->name,     &out->model,  &out->model_version,
                                 &out->provider, &out->op,     &out->service,
                                 &out->agent,    &out->tool,   &out->error_type,
                                 &out->finish,   &out->prompt, &out->prompt_version};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int64_t id = store_rows_int(rows, FIRST_NAME + i);
        *names[i] = id > 0 ? store_name(query->store, (int32_t)id) : STR_NONE;
    }
    struct str *const texts[] = {&out->user, &out->session};
    for (size_t i = 0; i < 2; i++)
        if (!store_rows_null(rows, FIRST_TEXT + i))
            *texts[i] = arena_copy(arena, store_rows_text(rows, FIRST_TEXT + i));
}

static struct journal_location place_at(const struct store_rows *rows)
{
    return (struct journal_location){
        .frame = {(uint32_t)store_rows_int(rows, FIRST_PLACE),
                  (uint64_t)store_rows_int(rows, FIRST_PLACE + 1)},
        .signal = SIGNAL_SPANS,
        .record = (uint32_t)store_rows_int(rows, FIRST_PLACE + 2),
    };
}

enum status query_invocations(const struct query *query, const struct invocation_question *question,
                              struct arena *arena, struct invocation_list *out_list,
                              struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    const char *order = question->ascending ? "ASC" : "DESC";
    struct invocation_list list = {.items = arena_array(arena, struct invocation, question->limit)};
    struct journal_location *places = arena_array(arena, struct journal_location, question->limit);
    if (!list.items || !places)
        return fail(error, STATUS_TOO_LARGE, "limit: too many calls for one reply");
    const char *value = invocation_sorts[question->sort].expression;
    sql_add(&sql, "SELECT %s, %s AS sort_value FROM spans s WHERE s.rowid IN (SELECT s.rowid",
            columns, value);
    enum status status = where_calls(&sql, query, question, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    where_cursor(&sql, question);
    sql_add(&sql, " ORDER BY %s %s, s.span_id LIMIT ", value, order);
    sql_int(&sql, (int64_t)question->limit + 1);
    sql_add(&sql, ") ORDER BY sort_value %s, s.span_id", order);
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        if (list.count == question->limit) {
            list.more = true;
            break;
        }
        places[list.count] = place_at(rows);
        read_row(query, rows, arena, &list.items[list.count++]);
    }
    store_rows_free(rows);
    for (size_t i = 0; i < list.count; i++)
        query_previews(query, question->project_id, list.items[i].trace, list.items[i].span_id,
                       places[i], arena, &list.items[i].input, &list.items[i].output);
    *out_list = list;
    return STATUS_OK;
}

enum status query_invocation_count(const struct query *query,
                                   const struct invocation_question *question, int64_t most,
                                   int64_t *out_count, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT count(*) FROM (SELECT 1");
    enum status status = where_calls(&sql, query, question, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    sql_add(&sql, " LIMIT ");
    sql_int(&sql, most);
    sql_add(&sql, ")");
    return sql_count(&sql, query, question->cancelled, out_count, error);
}
