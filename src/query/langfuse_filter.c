/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_filter: see langfuse_filter.h. */
#include "query/langfuse_filter.h"

#include <ctype.h>

#include "base/must.h"

enum {
    NEED_TRACE = 1,
    NEED_TAGS = 2,
    NEED_COUNTS = 4,
    NEED_SCORES = 8,
    NEED_SPAN = 16,
    NEED_SPAN_SCORES = 32,
};

#define OBSERVATION_LEVEL(table)                                                                   \
    "coalesce(name_text(" table ".level), CASE WHEN " table                                        \
    ".status = 2 THEN 'ERROR' ELSE 'DEFAULT' END)"

static const struct langfuse_field fields[] = {
#define FIELD(view, name, type, needs, sql) {LANGFUSE_##view, name, LANGFUSE_##type, needs, sql},
#include "query/langfuse_fields.def"
#undef FIELD
};

static bool same_name(const char *ours, struct str theirs)
{
    for (size_t i = 0; i < theirs.len; i++) {
        if (theirs.ptr[i] == ' ' || (theirs.ptr[i] == '_' && *ours != '_'))
            continue;
        if (tolower((unsigned char)theirs.ptr[i]) != tolower((unsigned char)*ours))
            return false;
        ours++;
    }
    return *ours == 0;
}

const struct langfuse_field *langfuse_field_find(enum langfuse_view view, struct str name)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].view == view && same_name(fields[i].name, name))
            return &fields[i];
    return NULL;
}

struct langfuse_condition *langfuse_add_condition(struct langfuse_rows *rows, const char *name)
{
    if (rows->condition_count == LANGFUSE_CONDITIONS_MAX)
        return NULL;
    struct langfuse_condition *condition = &rows->conditions[rows->condition_count++];
    *condition =
        (struct langfuse_condition){.field = langfuse_field_find(rows->view, str_from(name))};
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

/* All traces, or those that start in the range. */
static void sum_traces(struct sql *sql, uint32_t project_id, const struct time_range *range)
{
    sql_add(sql,
            "(SELECT p.project, p.trace_hi, p.trace_lo, %s AS start_ns, %s AS end_ns, "
            "arg_max(p.name, p.name_rank) AS name, max(p.environment) AS environment, "
            "max(p.release) AS release, max(p.session) AS session, max(p.user_id) AS user_id, ",
            TRACE_START, TRACE_END);
    sql_add(sql, "%s AS input_tokens, %s AS output_tokens, ", TRACE_INPUT, TRACE_OUTPUT);
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
        sum_traces(sql, project_id, NULL);
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

static bool is_among(const struct langfuse_condition *condition, struct str text)
{
    for (size_t i = 0; i < condition->value_count; i++)
        if (str_equal(condition->values[i], text))
            return true;
    return false;
}

bool langfuse_text_fits(const struct langfuse_condition *condition, struct str text)
{
    struct str value = condition->value_count ? condition->values[0] : STR("");
    must(condition->field->type == LANGFUSE_TEXT);
    switch (condition->op) {
    case LANGFUSE_NE:
    case LANGFUSE_NONE_OF:
        return !is_among(condition, text);
    case LANGFUSE_CONTAINS:
        return str_contains(text, value);
    case LANGFUSE_CONTAINS_NOT:
        return !str_contains(text, value);
    case LANGFUSE_STARTS:
        return str_starts(text, value);
    case LANGFUSE_ENDS:
        return str_ends(text, value);
    case LANGFUSE_IS_NULL:
        return text.len == 0;
    case LANGFUSE_IS_NOT_NULL:
        return text.len > 0;
    default:
        return is_among(condition, text);
    }
}

static void list_condition(struct sql *sql, const struct langfuse_condition *condition,
                           const char *what)
{
    sql_add(sql, "%s%s(coalesce(%s, []), [", condition->op == LANGFUSE_NONE_OF ? "NOT " : "",
            condition->op == LANGFUSE_ALL_OF ? "list_has_all" : "list_has_any", what);
    add_values(sql, condition);
    sql_add(sql, "])");
}

/* Traces by what was said of them: an average of numbers, a category, a boolean. */
static void score_condition(struct sql *sql, const struct query *query, uint32_t project_id,
                            const struct langfuse_condition *condition)
{
    bool is_none = condition->op == LANGFUSE_NONE_OF;
    sql_add(sql, "%s %sIN (SELECT (trace_hi, trace_lo) FROM scores WHERE ", condition->field->sql,
            is_none ? "NOT " : "");
    project_is(sql, "", project_id);
    sql_add(sql, " AND name = ");
    sql_int(sql, store_name_id(query->store, condition->key));
    if (condition->field->type == LANGFUSE_SCORE_TEXT) {
        sql_add(sql, " AND text IN (");
        add_values(sql, condition);
        sql_add(sql, "))");
        return;
    }
    sql_add(sql,
            condition->field->type == LANGFUSE_SCORE_BOOLEAN
                ? " AND type = 2 AND value %s "
                : " GROUP BY trace_hi, trace_lo HAVING avg(value) %s ",
            sign_of(condition->op));
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
        sql_int(sql, condition->time_ns);
        break;
    case LANGFUSE_BOOLEAN:
        sql_add(sql, "coalesce(%s, false) %s (1 = ", what, sign_of(condition->op));
        sql_double(sql, condition->number);
        sql_add(sql, ")");
        break;
    case LANGFUSE_NUMBER:
    case LANGFUSE_DURATION:
    case LANGFUSE_COUNT:
        sql_add(sql, "%s %s ", what, sign_of(condition->op));
        sql_double(sql, condition->field->type == LANGFUSE_DURATION ? condition->number * 1e3
                                                                    : condition->number);
        break;
    case LANGFUSE_SCORE_NUMBER:
    case LANGFUSE_SCORE_TEXT:
    case LANGFUSE_SCORE_BOOLEAN:
        score_condition(sql, query, project_id, condition);
        break;
    }
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
        sql_add(sql, " AND (b.flags & %d) <> 0", (int)OBSERVATION_ROOT);
}

void langfuse_from(struct sql *sql, const struct query *query, const struct langfuse_rows *rows)
{
    unsigned needs = rows->needs;
    must(rows->view != LANGFUSE_EXPERIMENTS);
    for (size_t i = 0; i < rows->condition_count; i++)
        needs |= rows->conditions[i].field->needs;
    sql_add(sql, " FROM ");
    if (rows->view == LANGFUSE_TRACES)
        sum_traces(sql, rows->project_id, &rows->range);
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
        add_condition(sql, query, rows->project_id, &rows->conditions[i]);
}
