/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_filter: see langfuse_filter.h. */
#include "query/langfuse_filter.h"

#include <string.h>

#include "base/must.h"
#include "query/langfuse_values.h"

struct langfuse_condition *langfuse_add_condition(struct langfuse_rows *rows, const char *name)
{
    if (rows->condition_count == LANGFUSE_CONDITIONS_MAX)
        return NULL;
    struct langfuse_condition *condition = &rows->conditions[rows->condition_count++];
    *condition = (struct langfuse_condition){
        .field = langfuse_field_find(rows->view, LANGFUSE_FILTERS, str_from(name))};
    must(condition->field);
    return condition;
}

/* --- rows ------------------------------------------------------------------------------------- */

static void project_is(struct sql *sql, const char *before, uint32_t project_id)
{
    sql_add(sql, "%sproject = ", before);
    sql_int(sql, project_id);
}

static void between(struct sql *sql, const char *time, struct time_range range)
{
    sql_add(sql, "%s >= ", time);
    sql_int(sql, range.from_ns);
    sql_add(sql, " AND %s < ", time);
    sql_int(sql, range.to_ns);
}

/* All traces, or those that start in the range; `with_root`: and where their roots stand. */
static void sum_traces(struct sql *sql, uint32_t project_id, const struct time_range *range,
                       bool with_root)
{
    sql_add(sql,
            "(SELECT p.project, p.trace_hi, p.trace_lo, %s AS start_ns, %s AS end_ns, "
            "arg_max(p.name, p.name_rank) AS name, max(p.environment) AS environment, "
            "max(p.release) AS release, max(p.session) AS session, max(p.user_id) AS user_id, ",
            TRACE_START, TRACE_END);
    sql_add(sql, "%s AS input_tokens, %s AS output_tokens, ", TRACE_INPUT, TRACE_OUTPUT);
    if (with_root)
        sql_add(sql, "arg_min(p.root_segment, p.root_at) AS segment, "
                     "arg_min(p.root_frame, p.root_at) AS frame, "
                     "arg_min(p.root_record, p.root_at) AS record, ");
    sql_add(sql, "%s AS total_tokens, %s AS cost FROM trace_parts p WHERE ", TRACE_TOKENS,
            TRACE_COST);
    project_is(sql, "p.", project_id);
    sql_add(sql, " GROUP BY p.project, p.trace_hi, p.trace_lo HAVING sum(p.spans) > 0");
    if (range) {
        sql_add(sql, " AND ");
        between(sql, TRACE_START, *range);
    }
    sql_add(sql, ")");
}

#define ON_TRACE(table) " ON " table ".trace_hi = b.trace_hi AND " table ".trace_lo = b.trace_lo"

static void join_counts(struct sql *sql, const struct query *query, uint32_t project_id)
{
    sql_add(sql, " LEFT JOIN (SELECT s.trace_hi, s.trace_lo, "
                 "count(*) FILTER (s.op <> ");
    sql_int(sql, store_name_id(query->store, STR("trace")));
    sql_add(sql, ") AS observations, "
                 "count(*) FILTER (" OBSERVATION_LEVEL("s") " = 'ERROR') AS errors, "
                                                            "count(*) FILTER (" OBSERVATION_LEVEL(
                                                                "s") " = 'WARNING') AS warnings, ");
    sql_add(sql, "count(*) FILTER (" OBSERVATION_LEVEL(
                     "s") " = 'DEBUG') AS debugs, "
                          "sum(s.input_cost) FILTER ((s.flags & 1) <> 0) AS input_cost, "
                          "sum(s.output_cost) FILTER ((s.flags & 1) <> 0) AS output_cost, "
                          "arg_min(s.version, s.parent_id <> 0) AS version FROM spans s WHERE ");
    project_is(sql, "s.", project_id);
    sql_add(sql, " GROUP BY s.trace_hi, s.trace_lo) o" ON_TRACE("o"));
}

static void join_scores(struct sql *sql, const char *table, bool of_spans, uint32_t project_id)
{
    sql_add(sql, " LEFT JOIN (SELECT trace_hi, trace_lo%s, count(*) AS scores FROM scores WHERE ",
            of_spans ? ", span_id" : "");
    project_is(sql, "", project_id);
    sql_add(sql, " GROUP BY ALL) %s ON %s.trace_hi = b.trace_hi AND %s.trace_lo = b.trace_lo",
            table, table, table);
    if (of_spans)
        sql_add(sql, " AND %s.span_id = b.span_id", table);
}

static void join(struct sql *sql, const struct query *query, unsigned needs, uint32_t project_id)
{
    if (needs & NEED_TRACE) {
        sql_add(sql, " LEFT JOIN ");
        sum_traces(sql, project_id, NULL, false);
        sql_add(sql, " t" ON_TRACE("t"));
    }
    if (needs & NEED_TAGS) {
        sql_add(sql,
                " LEFT JOIN (SELECT hi, lo, list_sort(list(DISTINCT text)) AS tags FROM "
                "aliases WHERE kind = %d AND ",
                (int)ALIAS_TAG);
        project_is(sql, "", project_id);
        sql_add(sql, " GROUP BY hi, lo) g ON g.hi = b.trace_hi AND g.lo = b.trace_lo");
    }
    if (needs & NEED_COUNTS)
        join_counts(sql, query, project_id);
    if (needs & NEED_SCORES)
        join_scores(sql, "c", false, project_id);
    if (needs & NEED_SPAN_SCORES)
        join_scores(sql, "d", true, project_id);
    if (needs & NEED_SPAN) {
        sql_add(sql, " LEFT JOIN (SELECT trace_hi, trace_lo, span_id, name, model_version, prompt, "
                     "prompt_version FROM spans WHERE ");
        project_is(sql, "", project_id);
        sql_add(sql, ") x" ON_TRACE("x") " AND x.span_id = b.span_id");
    }
}

/* --- conditions ------------------------------------------------------------------------------- */

static const char *sign_of(enum langfuse_operator op)
{
    static const char *const signs[] = {
        [LANGFUSE_EQ] = "=",  [LANGFUSE_NE] = "<>", [LANGFUSE_GT] = ">",
        [LANGFUSE_GE] = ">=", [LANGFUSE_LT] = "<",  [LANGFUSE_LE] = "<="};
    must((size_t)op < sizeof signs / sizeof *signs);
    return signs[op];
}

static void add_values(struct sql *sql, const struct langfuse_condition *condition)
{
    for (size_t i = 0; i < condition->value_count; i++) {
        sql_add(sql, i ? ", " : "");
        sql_text(sql, condition->values[i]);
    }
}

static void text_condition(struct sql *sql, const struct langfuse_condition *condition,
                           const char *what)
{
    switch (condition->op) {
    case LANGFUSE_CONTAINS:
    case LANGFUSE_CONTAINS_NOT:
        sql_add(sql, "%scontains(coalesce(%s, ''), ",
                condition->op == LANGFUSE_CONTAINS ? "" : "NOT ", what);
        add_values(sql, condition);
        sql_add(sql, ")");
        break;
    case LANGFUSE_STARTS:
    case LANGFUSE_ENDS:
        sql_add(sql, "%s(coalesce(%s, ''), ",
                condition->op == LANGFUSE_STARTS ? "starts_with" : "ends_with", what);
        add_values(sql, condition);
        sql_add(sql, ")");
        break;
    case LANGFUSE_ANY_OF:
    case LANGFUSE_NONE_OF:
        sql_add(sql, "%scoalesce(%s IN (", condition->op == LANGFUSE_ANY_OF ? "" : "NOT ", what);
        add_values(sql, condition);
        sql_add(sql, "), false)");
        break;
    default:
        sql_add(sql, "coalesce(%s, '') %s ", what, sign_of(condition->op));
        add_values(sql, condition);
    }
}

/* Numbers by their texts, which were checked. */
static void number_among(struct sql *sql, const struct langfuse_condition *condition,
                         const char *what)
{
    sql_add(sql, "coalesce(%s IN (", what);
    for (size_t i = 0; i < condition->value_count; i++) {
        sql_add(sql, i ? ", CAST(" : "CAST(");
        sql_text(sql, condition->values[i]);
        sql_add(sql, " AS DOUBLE)");
    }
    sql_add(sql, "), false)");
}

static void list_condition(struct sql *sql, const struct langfuse_condition *condition,
                           const char *what)
{
    sql_add(sql, "%s%s(coalesce(%s, []), CAST([", condition->op == LANGFUSE_NONE_OF ? "NOT " : "",
            condition->op == LANGFUSE_ALL_OF ? "list_has_all" : "list_has_any", what);
    add_values(sql, condition);
    sql_add(sql, "] AS VARCHAR[]))");
}

/* Traces or observations by what was said of them: an average of numbers, a category, a boolean.
 */
static void score_condition(struct sql *sql, const struct query *query, uint32_t project_id,
                            const struct langfuse_condition *condition)
{
    bool is_boolean = condition->field->type == LANGFUSE_SCORE_BOOLEAN;
    bool is_none =
        condition->op == LANGFUSE_NONE_OF || (is_boolean && condition->op == LANGFUSE_NE);
    const char *about = condition->field->sql;
    bool of_span = strstr(about, "span_id") != NULL;
    sql_add(sql, "(b.trace_hi, b.trace_lo%s) %sIN (SELECT (%s) FROM scores WHERE ",
            of_span ? ", b.span_id" : "", is_none ? "NOT " : "", about);
    project_is(sql, "", project_id);
    sql_add(sql, " AND name = ");
    sql_int(sql, store_name_id(query->store, condition->key));
    if (condition->field->type == LANGFUSE_SCORE_TEXT) {
        sql_add(sql, " AND text IN (");
        add_values(sql, condition);
        sql_add(sql, "))");
        return;
    }
    if (is_boolean)
        sql_add(sql, " AND type = 2 AND value = ");
    else
        sql_add(sql, " GROUP BY %s HAVING avg(value) %s ", about, sign_of(condition->op));
    sql_double(sql, condition->number);
    sql_add(sql, ")");
}

static void add_condition(struct sql *sql, const struct query *query, uint32_t project_id,
                          const struct langfuse_condition *condition)
{
    const char *what = condition->field->sql;
    sql_add(sql, " AND ");
    if (condition->op == LANGFUSE_IS_NULL || condition->op == LANGFUSE_IS_NOT_NULL) {
        sql_add(sql, "(%s) IS %sNULL", what, condition->op == LANGFUSE_IS_NULL ? "" : "NOT ");
        return;
    }
    switch (condition->field->type) {
    case LANGFUSE_TEXT:
        text_condition(sql, condition, what);
        break;
    case LANGFUSE_LIST:
        list_condition(sql, condition, what);
        break;
    case LANGFUSE_TIME:
        sql_add(sql, "%s %s ", what, sign_of(condition->op));
        sql_value_int(sql, condition->time_ns);
        break;
    case LANGFUSE_BOOLEAN:
        sql_add(sql, "coalesce(%s, false) %s (1 = ", what, sign_of(condition->op));
        sql_double(sql, condition->number);
        sql_add(sql, ")");
        break;
    case LANGFUSE_NUMBER:
    case LANGFUSE_DURATION:
        if (condition->op == LANGFUSE_ANY_OF) {
            number_among(sql, condition, what);
            break;
        }
        sql_add(sql, "%s %s ", what, sign_of(condition->op));
        sql_double(sql, condition->field->type == LANGFUSE_DURATION ? condition->number * 1e3
                                                                    : condition->number);
        break;
    case LANGFUSE_SCORE_NUMBER:
    case LANGFUSE_SCORE_TEXT:
    case LANGFUSE_SCORE_BOOLEAN:
        score_condition(sql, query, project_id, condition);
        break;
    case LANGFUSE_OBJECT:
    case LANGFUSE_COUNT:
    case LANGFUSE_DISTINCT:
        must(false); /* of records, or not to filter by */
    }
}

static void behind_cursor(struct sql *sql, const struct langfuse_rows *rows)
{
    sql_add(sql, " AND (b.start_ns < ");
    sql_int(sql, rows->cursor_start_ns);
    sql_add(sql, " OR (b.start_ns = ");
    sql_int(sql, rows->cursor_start_ns);
    sql_add(sql, " AND b.span_id > ");
    sql_int(sql, rows->cursor_span_id);
    sql_add(sql, "))");
}

static void where_ids(struct sql *sql, const struct langfuse_rows *rows)
{
    if (rows->has_trace) {
        sql_add(sql, " AND b.trace_lo = ");
        sql_int(sql, rows->trace.lo);
        sql_add(sql, " AND b.trace_hi = ");
        sql_int(sql, rows->trace.hi);
    }
    if (rows->has_span) {
        sql_add(sql, " AND b.span_id = ");
        sql_int(sql, rows->span_id);
    }
    if (rows->has_parent) {
        sql_add(sql, " AND b.parent_id = ");
        sql_int(sql, rows->parent_id);
    }
    if (rows->is_parentless)
        sql_add(sql, " AND " OBSERVATION_IS_ROOT);
    if (rows->has_cursor)
        behind_cursor(sql, rows);
}

/* --- rows and what is wanted of them -----------------------------------------------------------
 */

void langfuse_want(struct langfuse_rows *rows, const struct langfuse_field *field)
{
    rows->needs |= field->needs;
    if (field->value == LANGFUSE_INDEXED)
        return;
    for (size_t i = 0; i < rows->value_count; i++)
        if (rows->values[i] == field)
            return;
    must(rows->value_count < LANGFUSE_VALUE_COLUMNS_MAX);
    rows->values[rows->value_count++] = field;
}

/* Values of records are `r`, a list of texts: columns first, then whether conditions hold. */
void langfuse_add_column(struct sql *sql, const struct langfuse_rows *rows,
                         const struct langfuse_field *field)
{
    size_t n = 0;
    if (field->value == LANGFUSE_INDEXED) {
        sql_add(sql, "%s", field->sql);
        return;
    }
    while (n < rows->value_count && rows->values[n] != field)
        n++;
    must(n < rows->value_count);
    if (field->type == LANGFUSE_LIST && field->uses & LANGFUSE_MEASURES)
        sql_add(sql, "CAST(string_split(r[%d], chr(%d)) AS DOUBLE[])", (int)n + 1,
                LANGFUSE_LIST_SEPARATOR);
    else if (field->type == LANGFUSE_LIST)
        sql_add(sql, "string_split(r[%d], chr(%d))", (int)n + 1, LANGFUSE_LIST_SEPARATOR);
    else
        sql_add(sql, field->type == LANGFUSE_NUMBER ? "CAST(r[%d] AS DOUBLE)" : "r[%d]",
                (int)n + 1);
}

static bool reads_records(const struct langfuse_condition *condition)
{
    return condition->field->value != LANGFUSE_INDEXED;
}

bool langfuse_reads_records(const struct langfuse_rows *rows)
{
    bool reads = rows->value_count > 0;
    for (size_t i = 0; i < rows->condition_count; i++)
        reads = reads || reads_records(&rows->conditions[i]);
    return reads;
}

static void from_index(struct sql *sql, const struct query *query, const struct langfuse_rows *rows,
                       unsigned needs)
{
    sql_add(sql, " FROM ");
    if (rows->view == LANGFUSE_TRACES)
        sum_traces(sql, rows->project_id, &rows->range, langfuse_reads_records(rows));
    else
        sql_add(sql, rows->view == LANGFUSE_SCORES ? "scores" : "spans");
    sql_add(sql, " b");
    join(sql, query, needs, rows->project_id);
    sql_add(sql, " WHERE ");
    project_is(sql, "b.", rows->project_id);
    sql_add(sql, " AND ");
    between(sql, rows->view == LANGFUSE_SCORES ? "b.time_ns" : "b.start_ns", rows->range);
    if (rows->view == LANGFUSE_OBSERVATIONS) { /* spans that stand for a trace are none */
        sql_add(sql, " AND b.op <> ");
        sql_int(sql, store_name_id(query->store, STR("trace")));
    }
    where_ids(sql, rows);
    for (size_t i = 0; i < rows->condition_count; i++)
        if (!reads_records(&rows->conditions[i]))
            add_condition(sql, query, rows->project_id, &rows->conditions[i]);
}

/* The tables that `needs` joins, each as one value, so that `t.name` reads the same outside. */
static void add_tables(struct sql *sql, unsigned needs)
{
    static const struct {
        unsigned need;
        const char *table;
    } joined[] = {{NEED_TRACE, "t"},  {NEED_TAGS, "g"}, {NEED_COUNTS, "o"},
                  {NEED_SCORES, "c"}, {NEED_SPAN, "x"}, {NEED_SPAN_SCORES, "d"}};
    sql_add(sql, "b");
    for (size_t i = 0; i < sizeof joined / sizeof *joined; i++)
        if (needs & joined[i].need)
            sql_add(sql, ", %s", joined[i].table);
}

/* Records are read behind every condition that the index decides. */
void langfuse_from(struct sql *sql, const struct query *query, const struct langfuse_rows *rows)
{
    unsigned needs = rows->needs;
    size_t value = rows->value_count;
    must(rows->view != LANGFUSE_EXPERIMENTS);
    for (size_t i = 0; i < rows->condition_count; i++)
        needs |= rows->conditions[i].field->needs;
    if (!langfuse_reads_records(rows)) {
        from_index(sql, query, rows, needs);
        return;
    }
    sql_add(sql, " FROM (SELECT ");
    add_tables(sql, needs);
    sql_add(sql, ", asker_values(0, ");
    sql_asker(sql);
    sql_add(sql, ", CAST(b.segment AS BIGINT), CAST(b.frame AS BIGINT), CAST(b.record AS BIGINT)) "
                 "AS r");
    from_index(sql, query, rows, needs);
    sql_add(sql, ") WHERE true");
    for (size_t i = 0; i < rows->condition_count; i++)
        if (reads_records(&rows->conditions[i]))
            sql_add(sql, " AND r[%d] IS NOT NULL", (int)++value);
}

enum status langfuse_run(struct sql *sql, const struct query *query,
                         const struct langfuse_rows *rows, const _Atomic bool *cancelled,
                         struct store_rows **out_rows, struct error *error)
{
    struct langfuse_reading reading;
    if (!rows || !langfuse_reads_records(rows))
        return sql_run(sql, query, cancelled, out_rows, error);
    langfuse_reading_init(&reading, query, rows, cancelled);
    enum status status = sql_run_looking(sql, query, cancelled, &reading.lookup, out_rows, error);
    langfuse_reading_done(&reading);
    return status;
}
