/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people: who is on the page is decided by the order alone, over all traces; only the traces of
 * those are then added up. The page's first questions are looked up afterwards.
 */
#include "query/people.h"

const struct sort_key people_sorts[PEOPLE_SORTS] = {
    [PEOPLE_LAST] = {"last", "max(end_ns)"},
    [PEOPLE_TRACES] = {"traces", "count(*)"},
    [PEOPLE_COST] = {"cost", "sum(cost)"},
    [PEOPLE_TOKENS] = {"tokens", "sum(total_tokens)"},
    [PEOPLE_ERRORS] = {"errors", "count(*) FILTER (status = 2)"},
    [PEOPLE_DURATION] = {"duration", "max(end_ns) - min(start_ns)"},
};

/* Of each trace, by the names that the sums below use. */
#define TRACE_COLUMNS                                                                              \
    TRACE_START " AS start_ns, " TRACE_END " AS end_ns, " TRACE_STATUS " AS status, "              \
                "sum(p.spans) AS spans, sum(p.errors) AS errors, sum(p.llm_calls) AS llm_calls, "  \
                "sum(p.tool_calls) AS tool_calls, sum(p.unpriced) AS unpriced, " TRACE_INPUT       \
                " AS input_tokens, " TRACE_OUTPUT " AS output_tokens, " TRACE_TOKENS               \
                " AS total_tokens, " TRACE_COST " AS cost, "

static const char *const owners[] = {
    [PEOPLE_SESSIONS] = TRACE_COLUMNS "max(p.session) AS name, max(p.user_id) AS other",
    [PEOPLE_USERS] = TRACE_COLUMNS "max(p.user_id) AS name, max(p.session) AS other",
};

static const char sums[] =
    "name, arg_max(other, end_ns), count(DISTINCT other), count(*), "
    "count(*) FILTER (status = 2), min(start_ns), max(end_ns), sum(end_ns - start_ns), sum(spans), "
    "sum(errors), sum(llm_calls), sum(tool_calls), sum(unpriced), sum(input_tokens), "
    "sum(output_tokens), sum(total_tokens), sum(cost)";

/* All but what it was found by. */
static void read_sums(const struct store_rows *rows, struct arena *arena, struct people_row *out)
{
    *out = (struct people_row){
        .name = out->name,
        .sort_value = out->sort_value,
        .other = store_rows_null(rows, 1) ? STR_NONE : arena_copy(arena, store_rows_text(rows, 1)),
        .others = store_rows_int(rows, 2),
        .traces = store_rows_int(rows, 3),
        .failed = store_rows_int(rows, 4),
        .first_ns = store_rows_int(rows, 5),
        .last_ns = store_rows_int(rows, 6),
        .busy_ns = store_rows_int(rows, 7),
        .spans = store_rows_int(rows, 8),
        .errors = store_rows_int(rows, 9),
        .llm_calls = store_rows_int(rows, 10),
        .tool_calls = store_rows_int(rows, 11),
        .unpriced = store_rows_int(rows, 12),
        .input_tokens = store_rows_int(rows, 13),
        .output_tokens = store_rows_int(rows, 14),
        .total_tokens = store_rows_int(rows, 15),
        .cost = store_rows_int(rows, 16),
    };
}

static void having_cursor(struct sql *sql, const struct people_question *question)
{
    const char *value = people_sorts[question->sort].expression;
    if (!question->has_cursor)
        return;
    sql_add(sql, " HAVING %s %s ", value, question->ascending ? ">" : "<");
    sql_int(sql, question->cursor_value);
    sql_add(sql, " OR (%s = ", value);
    sql_int(sql, question->cursor_value);
    sql_add(sql, " AND name > ");
    sql_text(sql, question->cursor_name);
    sql_add(sql, ")");
}

static struct people_row *find_row(const struct people_list *list, struct str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->items[i].name, name))
            return &list->items[i];
    return NULL;
}

static const char *column_of(const struct people_question *question)
{
    return question->of == PEOPLE_SESSIONS ? "session" : "user_id";
}

/* `(?, ?, …)`: everybody on the page. */
static void add_names(struct sql *sql, const struct people_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        sql_add(sql, i ? ", " : "(");
        sql_text(sql, list->items[i].name);
    }
    sql_add(sql, ")");
}

static void where_range(struct sql *sql, const struct trace_list_question *traces)
{
    sql_add(sql, "project = ");
    sql_int(sql, traces->project_id);
    sql_add(sql, " AND start_ns >= ");
    sql_int(sql, traces->range.from_ns);
    sql_add(sql, " AND start_ns < ");
    sql_int(sql, traces->range.to_ns);
}

static enum status read_page(const struct query *query, const struct people_question *question,
                             struct arena *arena, struct people_list *list, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT name, %s AS sort_value FROM (", people_sorts[question->sort].expression);
    trace_select(&sql, query, &question->traces, owners[question->of]);
    sql_add(&sql, ") WHERE name IS NOT NULL AND name <> '' GROUP BY name");
    having_cursor(&sql, question);
    sql_add(&sql, " ORDER BY sort_value %s, name LIMIT ", question->ascending ? "ASC" : "DESC");
    sql_int(&sql, (int64_t)question->limit + 1);
    enum status status = sql_run(&sql, query, question->traces.cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        if (list->count == question->limit) {
            list->more = true;
            break;
        }
        list->items[list->count++] =
            (struct people_row){.name = arena_copy(arena, store_rows_text(rows, 0)),
                                .sort_value = store_rows_int(rows, 1)};
    }
    store_rows_free(rows);
    return STATUS_OK;
}

static enum status add_up(const struct query *query, const struct people_question *question,
                          struct arena *arena, struct people_list *list, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT %s FROM (", sums);
    trace_select_parts(&sql, query, &question->traces, owners[question->of]);
    sql_add(&sql, " AND (p.trace_hi, p.trace_lo) IN (SELECT trace_hi, trace_lo FROM trace_parts "
                  "WHERE ");
    where_range(&sql, &question->traces);
    sql_add(&sql, " AND %s IN ", column_of(question));
    add_names(&sql, list);
    sql_add(&sql, ")");
    trace_select_sums(&sql, query, &question->traces);
    sql_add(&sql, ") WHERE name IN ");
    add_names(&sql, list);
    sql_add(&sql, " GROUP BY name");
    enum status status = sql_run(&sql, query, question->traces.cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        struct people_row *row = find_row(list, store_rows_text(rows, 0));
        if (row)
            read_sums(rows, arena, row);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

/* What retention took between two questions is left out. */
static void drop_empty(struct people_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].traces)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

static enum status read_beginnings(const struct query *query,
                                   const struct people_question *question, struct arena *arena,
                                   struct people_list *list, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT %s, arg_min(input, start_ns) FROM trace_parts WHERE ",
            column_of(question));
    where_range(&sql, &question->traces);
    sql_add(&sql, " AND input IS NOT NULL AND %s IN ", column_of(question));
    add_names(&sql, list);
    sql_add(&sql, " GROUP BY 1");
    enum status status = sql_run(&sql, query, question->traces.cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        struct people_row *row = find_row(list, store_rows_text(rows, 0));
        if (row)
            row->input = arena_copy(arena, store_rows_text(rows, 1));
    }
    store_rows_free(rows);
    return STATUS_OK;
}

enum status query_people(const struct query *query, const struct people_question *question,
                         struct arena *arena, struct people_list *out_list, struct error *error)
{
    struct people_list list = {.items = arena_array(arena, struct people_row, question->limit)};
    if (!list.items)
        return fail(error, STATUS_TOO_LARGE, "limit: too many for one reply");
    enum status status = read_page(query, question, arena, &list, error);
    if (status == STATUS_OK && list.count)
        status = add_up(query, question, arena, &list, error);
    drop_empty(&list);
    if (status == STATUS_OK && list.count)
        status = read_beginnings(query, question, arena, &list, error);
    if (status == STATUS_OK)
        *out_list = list;
    return status;
}
