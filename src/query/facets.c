/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facets: how many traces have each value of a field.
 *
 * Numbers of spans are counted here (facet_count.h), all fields in one pass; texts, what is known
 * of the trace as a whole, and ranges with very many traces by the engine, a field at a time.
 * Traces are told apart by one 64-bit number made of both halves of their id; two traces of a list
 * being one number is a matter of one in 10^8 for a million traces.
 */
#include "query/facets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "query/facet_count.h"
#include "query/label_text.h"

enum { UNPRICED_MAX = 200 };

static void where_traces_match(struct sql *sql, const struct query *query,
                               const struct trace_list_question *question)
{
    if (!filter_has_trace_level(question->filters))
        return;
    sql_add(sql, " AND (s.trace_hi, s.trace_lo) IN (SELECT p.trace_hi, p.trace_lo "
                 "FROM trace_parts p WHERE p.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND p.start_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND p.start_ns < ");
    sql_int(sql, question->range.to_ns);
    sql_add(sql, " GROUP BY p.trace_hi, p.trace_lo HAVING sum(p.spans) > 0");
    filter_traces(question->filters, query, sql);
    sql_add(sql, ")");
}

#define TRACE_NUMBER "xor(s.trace_hi, s.trace_lo)"

static void from_spans(struct sql *sql, const struct query *query,
                       const struct trace_list_question *question)
{
    sql_add(sql, " FROM spans s WHERE s.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, question->range.to_ns);
    filter_spans(question->filters, query, sql);
    where_traces_match(sql, query, question);
}

static bool zero_is_absent(const struct filter_field *field)
{
    return field->kind == FILTER_NAME || !strcmp(field->name, "error_kind");
}

/* --- by the engine, a field at a time ----------------------------------------------------------
 */

static void count_of_spans(struct sql *sql, const struct query *query,
                           const struct trace_list_question *question,
                           const struct filter_field *field)
{
    sql_add(sql, "SELECT s.%s AS value, count(DISTINCT " TRACE_NUMBER ") AS traces",
            field->span_column);
    from_spans(sql, query, question);
    sql_add(sql, " AND s.%s %s", field->span_column,
            zero_is_absent(field) ? "<> 0" : "IS NOT NULL");
}

static void count_of_traces(struct sql *sql, const struct query *query,
                            const struct trace_list_question *question,
                            const struct filter_field *field)
{
    char column[1024];
    snprintf(column, sizeof column, "%s AS value", field->trace_expression);
    sql_add(sql, "SELECT value, count(*) AS traces FROM (");
    trace_select(sql, query, question, column);
    sql_add(sql, ")");
}

static enum status ask_engine(const struct query *query, const struct trace_list_question *question,
                              const struct filter_field *field, size_t limit, struct arena *arena,
                              struct facet *out_facet, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    if (field->level == FILTER_OF_TRACE)
        count_of_traces(&sql, query, question, field);
    else
        count_of_spans(&sql, query, question, field);
    sql_add(&sql, " GROUP BY value ORDER BY traces DESC, value LIMIT ");
    sql_int(&sql, (int64_t)limit + 1);
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    struct facet facet = {.values = arena_array(arena, struct facet_value, limit)};
    while (facet.values && store_rows_next(rows)) {
        if (facet.count == limit) {
            facet.more = true;
            break;
        }
        struct facet_value *value = &facet.values[facet.count++];
        value->text = field->kind == FILTER_TEXT
                          ? arena_copy(arena, store_rows_text(rows, 0))
                          : label_text(query->store, field, store_rows_int(rows, 0));
        value->traces = store_rows_int(rows, 1);
    }
    store_rows_free(rows);
    if (!facet.values)
        return fail(error, STATUS_TOO_LARGE, "limit: too many values for one reply");
    *out_facet = facet;
    return STATUS_OK;
}

/* --- all numbers of spans in one pass ----------------------------------------------------------
 */

_Static_assert((int)FACETS_MAX == (int)FACET_COLUMNS_MAX, "every field may be a column");

struct pass {
    struct facet_count count;
    const struct filter_field *fields[FACETS_MAX]; /* a column each */
    size_t places[FACETS_MAX];                     /* of their facets */
    bool zero_is_absent[FACETS_MAX];
    bool too_many; /* nothing of it is true */
};

static enum status take_spans(void *context, const int64_t *const *columns, size_t row_count,
                              struct error *error)
{
    struct pass *pass = context;
    int64_t values[FACETS_MAX];
    for (size_t row = 0; row < row_count; row++) {
        for (size_t i = 0; i < pass->count.columns; i++) {
            int64_t value = columns[i + 1][row];
            values[i] = value == 0 && pass->zero_is_absent[i] ? -1 : value;
        }
        if (!facet_count_add(&pass->count, (uint64_t)columns[0][row], values)) {
            pass->too_many = true;
            return fail(error, STATUS_TOO_LARGE, "facets: too many traces");
        }
    }
    return STATUS_OK;
}

static enum status count_spans(const struct query *query,
                               const struct trace_list_question *question, struct pass *pass,
                               struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT " TRACE_NUMBER);
    for (size_t i = 0; i < pass->count.columns; i++)
        sql_add(&sql, ", s.%s", pass->fields[i]->span_column);
    from_spans(&sql, query, question);
    enum status status =
        sql_stream_columns(&sql, query, question->cancelled, take_spans, pass, error);
    return pass->too_many ? STATUS_OK : status;
}

static int by_traces(const void *a, const void *b)
{
    const struct facet_counted *left = a, *right = b;
    if (left->traces != right->traces)
        return left->traces < right->traces ? 1 : -1;
    return (left->value > right->value) - (left->value < right->value);
}

static enum status tell_facet(const struct query *query, const struct filter_field *field,
                              const struct facet_column *column, size_t limit, struct arena *arena,
                              struct facet *out_facet, struct error *error)
{
    struct facet facet = {.values = arena_array(arena, struct facet_value, limit)};
    if (!facet.values)
        return fail(error, STATUS_TOO_LARGE, "limit: too many values for one reply");
    if (column->count)
        qsort(column->counted, column->count, sizeof *column->counted, by_traces);
    facet.more = column->count > limit;
    for (; facet.count < column->count && facet.count < limit; facet.count++)
        facet.values[facet.count] = (struct facet_value){
            .text = label_text(query->store, field, column->counted[facet.count].value),
            .traces = column->counted[facet.count].traces,
        };
    *out_facet = facet;
    return STATUS_OK;
}

static bool is_counted_here(const struct filter_field *field)
{
    return field->level == FILTER_OF_SPAN && field->span_column &&
           (field->kind == FILTER_NAME || field->kind == FILTER_ENUM);
}

static bool has_facet(const struct filter_field *field)
{
    return field->kind != FILTER_TRACE_ID && field->kind != FILTER_OUTCOME &&
           field->kind != FILTER_TAG && (field->level == FILTER_OF_TRACE || field->span_column);
}

static void add_column(struct pass *pass, const struct filter_field *field, size_t place)
{
    size_t at = pass->count.columns++;
    pass->fields[at] = field;
    pass->places[at] = place;
    pass->zero_is_absent[at] = zero_is_absent(field);
}

enum status query_facets(const struct query *query, const struct trace_list_question *question,
                         const struct filter_field *const *fields, size_t field_count, size_t limit,
                         struct arena *arena, struct facet *out_facets, struct error *error)
{
    struct pass pass = {0};
    enum status status = STATUS_OK;
    must(field_count <= FACETS_MAX);
    for (size_t i = 0; i < field_count; i++) {
        if (!has_facet(fields[i]))
            return fail(error, STATUS_INVALID, "fields: %s has no facet", fields[i]->name);
        if (is_counted_here(fields[i]))
            add_column(&pass, fields[i], i);
    }
    if (pass.count.columns)
        status = count_spans(query, question, &pass, error);
    for (size_t i = 0; i < pass.count.columns && status == STATUS_OK && !pass.too_many; i++)
        status = tell_facet(query, pass.fields[i], &pass.count.column[i], limit, arena,
                            &out_facets[pass.places[i]], error);
    for (size_t i = 0; i < field_count && status == STATUS_OK; i++)
        if (pass.too_many || !is_counted_here(fields[i]))
            status = ask_engine(query, question, fields[i], limit, arena, &out_facets[i], error);
    facet_count_done(&pass.count);
    return status;
}

enum status query_unpriced(const struct query *query, uint32_t project_id, struct time_range range,
                           struct arena *arena, struct unpriced_model **out_models,
                           size_t *out_count, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT provider, model, count(*) AS calls, sum(input_tokens), "
                  "sum(output_tokens), max(start_ns) FROM spans WHERE project = ");
    sql_int(&sql, project_id);
    sql_add(&sql, " AND start_ns >= ");
    sql_int(&sql, range.from_ns);
    sql_add(&sql, " AND start_ns < ");
    sql_int(&sql, range.to_ns);
    sql_add(&sql, " AND flags & %d <> 0 GROUP BY 1, 2 ORDER BY calls DESC LIMIT %d",
            OBSERVATION_UNPRICED, UNPRICED_MAX);
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_count = 0;
    *out_models = arena_array(arena, struct unpriced_model, UNPRICED_MAX);
    while (*out_models && *out_count < UNPRICED_MAX && store_rows_next(rows)) {
        int64_t provider = store_rows_int(rows, 0), model = store_rows_int(rows, 1);
        (*out_models)[(*out_count)++] = (struct unpriced_model){
            .provider = provider ? store_name(query->store, (int32_t)provider) : STR_NONE,
            .model = model ? store_name(query->store, (int32_t)model) : STR_NONE,
            .calls = store_rows_int(rows, 2),
            .input_tokens = store_rows_int(rows, 3),
            .output_tokens = store_rows_int(rows, 4),
            .last_ns = store_rows_int(rows, 5),
        };
    }
    store_rows_free(rows);
    return STATUS_OK;
}

enum status query_extent(const struct query *query, uint32_t project_id, bool *out_any,
                         struct time_range *out_extent, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT min(start_ns), max(start_ns) FROM trace_parts WHERE project = ");
    sql_int(&sql, project_id);
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_any = store_rows_next(rows) && !store_rows_null(rows, 0);
    if (*out_any)
        *out_extent = (struct time_range){store_rows_int(rows, 0), store_rows_int(rows, 1)};
    store_rows_free(rows);
    return STATUS_OK;
}
