/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql_views: the views of sql_columns.def as questions to the index, the project and the range
 * bound as parameters of each.
 */
#include <string.h>

#include "base/buf.h"
#include "query/sql_private.h"
#include "query/trace_sql.h"

#define TRACE_COLUMNS                                                                              \
    "p.trace_hi, p.trace_lo, " TRACE_START " AS start_ns, " TRACE_END " AS end_ns, "               \
    "arg_max(p.name, p.name_rank) AS name, arg_min(p.root_span, p.root_at) AS "                    \
    "root_span, " TRACE_STATUS " AS status, max(p.error_kind) AS error_kind, "                     \
    "arg_max(p.service, p.service_rank) AS service, max(p.environment) AS environment, "           \
    "max(p.release) AS release, arg_min(p.provider, p.model_at) AS provider, "                     \
    "arg_min(p.model, p.model_at) AS model, max(p.session) AS session, "                           \
    "max(p.user_id) AS user_id, max(p.tenant) AS tenant, sum(p.spans) AS spans, "                  \
    "sum(p.errors) AS errors, sum(p.llm_calls) AS llm_calls, sum(p.tool_calls) AS "                \
    "tool_calls, " TRACE_INPUT " AS input_tokens, " TRACE_OUTPUT                                   \
    " AS output_tokens, " TRACE_TOKENS " AS total_tokens, " TRACE_COST                             \
    " AS cost, sum(p.unpriced) AS unpriced, "                                                      \
    "arg_min(p.ttft, p.ttft_at) AS ttft, arg_max(p.input, p.input_rank) AS input, "                \
    "arg_max(p.output, p.output_rank) AS output"

/* Each takes project, from and to, in this order. */
static const struct {
    const char *name, *from;
} sources[] = {
    {"spans",
     "FROM vitrine.main.spans s WHERE s.project = ? AND s.start_ns >= ? AND s.start_ns < ?"},
    /* By the trace's start, which only all its parts together know. */
    {"traces", "FROM (SELECT " TRACE_COLUMNS " FROM vitrine.main.trace_parts p WHERE p.project = ? "
               "GROUP BY p.trace_hi, p.trace_lo HAVING sum(p.spans) > 0 AND " TRACE_START
               " >= ? AND " TRACE_START " < ?) t"},
    {"logs", "FROM vitrine.main.logs l WHERE l.project = ? AND l.time_ns >= ? AND l.time_ns < ?"},
    {"metrics", "FROM vitrine.main.points p JOIN vitrine.main.series m ON m.hash = p.series AND "
                "m.project = p.project WHERE p.project = ? AND p.time_ns >= ? AND p.time_ns < ?"},
    {"scores",
     "FROM vitrine.main.scores e WHERE e.project = ? AND e.time_ns >= ? AND e.time_ns < ?"},
};
enum { SOURCES = sizeof sources / sizeof *sources };
_Static_assert((int)SOURCES <= (int)SQL_VIEWS_MAX, "room for every view");

static const struct {
    const char *view, *name;
    enum sandbox_type type;
    const char *expression;
} rows[] = {
#define COLUMN(view, name, type, expression, description)                                          \
    {#view, #name, SANDBOX_##type, expression},
#include "query/sql_columns.def"
#undef COLUMN
};
enum { ROWS = sizeof rows / sizeof *rows };

bool sql__is_view(struct str name)
{
    for (size_t i = 0; i < (size_t)SOURCES; i++)
        if (str_equal_nocase(name, str_from(sources[i].name)))
            return true;
    return false;
}

static const char *kind_at(int value)
{
    return observation_kind_name((enum observation_kind)value);
}

static const char *error_kind_at(int value)
{
    return error_kind_name((enum error_kind)value);
}

static const char *cost_source_at(int value)
{
    return value == COST_NONE ? NULL : cost_source_name((enum cost_source)value);
}

/* `(['span', 'llm', …])[t.kind + 1]`; nameless values are null. */
static const char *expression_of_enum(const char *view, const char *column, struct arena *arena)
{
    static const struct {
        const char *name;
        const char *(*name_at)(int value);
        int count;
    } enums[] = {
        {"kind", kind_at, KIND_COUNT},
        {"error_kind", error_kind_at, ERROR_KIND_COUNT},
        {"cost_source", cost_source_at, COST_UNPRICED + 1},
    };
    struct str text = STR("");
    for (size_t i = 0; i < sizeof enums / sizeof *enums; i++) {
        if (strcmp(enums[i].name, column) != 0)
            continue;
        for (int value = 0; value < enums[i].count && text.ptr; value++) {
            const char *name = enums[i].name_at(value);
            text = arena_printf(arena, "%.*s%s%s%s%s", STR_ARGS(text), value ? ", " : "",
                                name ? "'" : "", name ? name : "NULL", name ? "'" : "");
        }
        if (text.ptr)
            text = arena_printf(arena, "([%.*s])[%c.%s + 1]", STR_ARGS(text), view[0], column);
    }
    return text.ptr;
}

static bool fill_view(size_t source, struct arena *arena, struct sql_views *views)
{
    struct sandbox_column *columns = arena_array(arena, struct sandbox_column, ROWS);
    size_t count = 0;
    for (size_t i = 0; columns && i < ROWS; i++) {
        if (strcmp(rows[i].view, sources[source].name) != 0)
            continue;
        const char *expression = rows[i].expression;
        if (!expression)
            expression = expression_of_enum(rows[i].view, rows[i].name, arena);
        if (!expression)
            return false;
        columns[count++] = (struct sandbox_column){rows[i].name, rows[i].type, expression};
    }
    views->items[source] = (struct sandbox_view){
        .name = sources[source].name,
        .columns = columns,
        .column_count = count,
        .from = sources[source].from,
        .params = views->params,
        .param_count = SQL_VIEW_PARAMS,
    };
    return columns != NULL;
}

bool sql__views(const struct sql_ask *ask, struct arena *arena, struct sql_views *out_views)
{
    *out_views = (struct sql_views){
        .params = {{.type = STORE_INT, .integer = ask->project_id},
                   {.type = STORE_INT, .integer = ask->range.from_ns},
                   {.type = STORE_INT, .integer = ask->range.to_ns}},
        .count = SOURCES,
    };
    for (size_t i = 0; i < (size_t)SOURCES; i++)
        if (!fill_view(i, arena, out_views))
            return false;
    return true;
}
