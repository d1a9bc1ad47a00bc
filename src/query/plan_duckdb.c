/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_duckdb: a plan as SQL for DuckDB. Text of the statement is only ever ours; what people wrote
 * is bound. Whatever a block reads is called `s`.
 *
 * A block that reads the journal gets its rows from a SELECT that asks for the paths (a list `j`),
 * after all conditions that the index can decide; the lowest block counts what passes its
 * conditions with tally(). Both are volatile: the engine leaves them where they stand.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "query/plan_private.h"
#include "query/rowset.h"
#include "query/sql.h"

struct printer {
    struct sql *sql;
    const struct plan *plan;
    const struct plan_block *block; /* whose expressions are being printed */
    uint32_t project_id;
    bool counts; /* the rows that match */
};

static const char *const templates[OP_END] = {
#define OP(id, duckdb) [OP_##id] = duckdb,
#include "query/plan_ops.def"
#undef OP
};

static void print(struct printer *printer, const struct plan_expr *expr);

static void print_list(struct printer *printer, const struct plan_expr *expr, uint32_t from,
                       const char *between)
{
    for (uint32_t i = from; i < expr->arg_count; i++) {
        sql_add(printer->sql, "%s", i > from ? between : "");
        print(printer, expr->args[i]);
    }
}

static void print_template(struct printer *printer, const struct plan_expr *expr)
{
    for (const char *at = templates[expr->op]; *at; at++) {
        if (*at != '$') {
            buf_add_byte(&printer->sql->text, (uint8_t)*at);
            continue;
        }
        at++;
        if (*at == '*')
            print_list(printer, expr, 0, ", ");
        else if ((uint32_t)(*at - '1') < expr->arg_count)
            print(printer, expr->args[*at - '1']);
        else
            printer->sql->failed = true;
    }
}

static void print_words(struct printer *printer, const struct plan_expr *expr)
{
    enum field_form form = expr->args[0]->form;
    sql_add(printer->sql, "list_extract([");
    for (size_t i = 0; i < form_words(form); i++) {
        const char *word = form_word(form, (int64_t)i);
        sql_add(printer->sql, word ? "%s'%s'" : "%sNULL%s", i ? ", " : "", word ? word : "");
    }
    sql_add(printer->sql, "], CAST(");
    print(printer, expr->args[0]);
    sql_add(printer->sql, " AS INTEGER) + 1)");
}

static void print_shown(struct printer *printer, const struct plan_expr *expr)
{
    enum field_form form = expr->args[0]->form;
    if (form_words(form)) {
        print_words(printer, expr);
        return;
    }
    sql_add(printer->sql, form == FORM_NAME       ? "name_text("
                          : form == FORM_TRACE_ID ? "trace_text("
                                                  : "span_text(");
    print(printer, expr->args[0]);
    sql_add(printer->sql, ")");
}

static void print_case(struct printer *printer, const struct plan_expr *expr)
{
    sql_add(printer->sql, "(CASE");
    for (uint32_t i = 0; i + 1 < expr->arg_count; i += 2) {
        sql_add(printer->sql, " WHEN ");
        print(printer, expr->args[i]);
        sql_add(printer->sql, " THEN ");
        print(printer, expr->args[i + 1]);
    }
    sql_add(printer->sql, " ELSE ");
    print(printer, expr->args[expr->arg_count - 1]);
    sql_add(printer->sql, " END)");
}

static void print_journal(struct printer *printer, const struct plan_expr *expr)
{
    for (size_t i = 0; i < printer->block->paths.count; i++) {
        const struct plan_expr *path = printer->block->paths.items[i];
        if (path->integer != expr->integer || !str_equal(path->text, expr->text))
            continue;
        sql_add(printer->sql, "s.j[%zu]", i + 1);
        return;
    }
    printer->sql->failed = true;
}

static void print_trace(struct printer *printer, const struct plan_expr *expr)
{
    sql_add(printer->sql, "(CAST(CAST(");
    sql_int(printer->sql, expr->integer);
    sql_add(printer->sql, " AS BIGINT) AS HUGEINT) * 18446744073709551616 + CAST(CAST(");
    sql_int(printer->sql, expr->second);
    sql_add(printer->sql, " AS BIGINT) AS HUGEINT)%s)",
            expr->second < 0 ? " + 18446744073709551616" : "");
}

/* The halves one by one, so that the engine can pass over what cannot match. */
static bool print_trace_equal(struct printer *printer, const struct plan_expr *expr)
{
    if (expr->op != OP_EQUAL || expr->args[0]->op != OP_FIELD || expr->args[1]->op != OP_TRACE)
        return false;
    sql_add(printer->sql, "(s.trace_lo = ");
    sql_int(printer->sql, expr->args[1]->second);
    sql_add(printer->sql, " AND s.trace_hi = ");
    sql_int(printer->sql, expr->args[1]->integer);
    sql_add(printer->sql, ")");
    return true;
}

static void print_joined(struct printer *printer, const struct plan_expr *expr, const char *between)
{
    sql_add(printer->sql, "(");
    print_list(printer, expr, 0, between);
    sql_add(printer->sql, ")");
}

static void print_own(struct printer *printer, const struct plan_expr *expr)
{
    struct sql *sql = printer->sql;
    switch (expr->op) {
    case OP_INTEGER:
        sql_add(sql, "CAST(");
        sql_int(sql, expr->integer);
        sql_add(sql, " AS BIGINT)");
        break;
    case OP_NUMBER:
        sql_add(sql, "CAST(");
        sql_double(sql, expr->number);
        sql_add(sql, " AS DOUBLE)");
        break;
    case OP_TEXT:
        sql_add(sql, "CAST(");
        sql_text(sql, expr->text);
        sql_add(sql, " AS VARCHAR)");
        break;
    case OP_FIELD:
        buf_add_str(&sql->text, str_from(expr->field->sql));
        break;
    case OP_RAW:
        sql_add(sql, "s.%.*s", STR_ARGS(expr->text));
        break;
    case OP_COLUMN:
        sql_add(sql, "s.c%lld", (long long)expr->integer);
        break;
    case OP_ROW_ITEM:
        sql_add(sql, "s.j[%lld]", (long long)expr->integer);
        break;
    case OP_LOOKUP:
        sql_add(sql, "asker_lookup(%lld, %lld, ", (long long)expr->integer,
                (long long)expr->second);
        sql_asker(sql);
        sql_add(sql, ", ");
        print(printer, expr->args[0]);
        sql_add(sql, ")");
        break;
    case OP_JOURNAL:
        print_journal(printer, expr);
        break;
    case OP_TRACE:
        print_trace(printer, expr);
        break;
    case OP_SHOW:
        print_shown(printer, expr);
        break;
    case OP_CASE:
        print_case(printer, expr);
        break;
    case OP_AND:
        print_joined(printer, expr, " AND ");
        break;
    case OP_OR:
        print_joined(printer, expr, " OR ");
        break;
    case OP_IN:
        sql_add(sql, "(");
        print(printer, expr->args[0]);
        sql_add(sql, " IN (");
        print_list(printer, expr, 1, ", ");
        sql_add(sql, "))");
        break;
    default:
        sql->failed = true;
    }
}

static void print(struct printer *printer, const struct plan_expr *expr)
{
    if (print_trace_equal(printer, expr))
        return;
    if (templates[expr->op]) {
        print_template(printer, expr);
    } else {
        print_own(printer, expr);
    }
}

/* --- where rows come from ------------------------------------------------------------------ */

static void print_range(struct printer *printer, const char *time)
{
    sql_add(printer->sql, "s.project = ");
    sql_int(printer->sql, printer->project_id);
    sql_add(printer->sql, " AND s.%s >= ", time);
    sql_int(printer->sql, printer->plan->range.from_ns);
    sql_add(printer->sql, " AND s.%s < ", time);
    sql_int(printer->sql, printer->plan->range.to_ns);
}

/* Parts of a trace may come late, and start before what came first: an hour around the range. */
static void print_traces(struct printer *printer)
{
    struct sql *sql = printer->sql;
    const int64_t slack_ns = 3600 * INT64_C(1000000000);
    struct time_range range = printer->plan->range;
    sql_add(sql, "(SELECT p.trace_hi, p.trace_lo, " TRACE_START " AS start_ns, " TRACE_END
                 " AS end_ns, max(p.arrival_ns) AS arrival_ns, " TRACE_DURATION
                 " AS duration_ns, " TRACE_STATUS " AS status, max(p.error_kind) AS error_kind, "
                 "sum(p.spans) AS spans, sum(p.errors) AS errors, sum(p.llm_calls) AS llm_calls, "
                 "sum(p.tool_calls) AS tool_calls, sum(p.unpriced) AS unpriced, " TRACE_INPUT
                 " AS input_tokens, " TRACE_OUTPUT " AS output_tokens, "
                 "sum(p.cache_read) AS cache_read, sum(p.cache_write) AS cache_write, "
                 "sum(p.reasoning) AS reasoning, ");
    sql_add(sql, TRACE_TOKENS " AS total_tokens, " TRACE_COST
                              " AS cost, arg_min(p.ttft, p.ttft_at) AS ttft, "
                              "arg_min(p.model, p.model_at) AS model, "
                              "arg_min(p.provider, p.model_at) AS provider, "
                              "arg_max(p.name, p.name_rank) AS name, "
                              "arg_max(p.service, p.service_rank) AS service, "
                              "max(p.environment) AS environment, max(p.release) AS release, "
                              "max(p.tenant) AS tenant, max(p.session) AS session, "
                              "max(p.user_id) AS user_id, arg_max(p.input, p.input_rank) AS input, "
                              "arg_max(p.output, p.output_rank) AS output "
                              "FROM trace_parts p WHERE p.project = ");
    sql_int(sql, printer->project_id);
    sql_add(sql, " AND p.start_ns >= ");
    sql_int(sql, range.from_ns > INT64_MIN + slack_ns ? range.from_ns - slack_ns : range.from_ns);
    sql_add(sql, " AND p.start_ns < ");
    sql_int(sql, range.to_ns < INT64_MAX - slack_ns ? range.to_ns + slack_ns : range.to_ns);
    sql_add(sql, " GROUP BY p.trace_hi, p.trace_lo HAVING sum(p.spans) > 0) s WHERE "
                 "s.start_ns >= ");
    sql_int(sql, range.from_ns);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, range.to_ns);
}

static void print_source(struct printer *printer)
{
    struct sql *sql = printer->sql;
    switch (printer->plan->source) {
    case SOURCE_TRACES:
        print_traces(printer);
        break;
    case SOURCE_LOGS:
        sql_add(sql, "logs s WHERE ");
        print_range(printer, "time_ns");
        break;
    case SOURCE_METRICS:
        sql_add(sql, "(SELECT p.*, m.metric, m.unit, m.type, m.service, m.environment, "
                     "m.attributes FROM points p JOIN series m ON m.hash = p.series "
                     "AND m.project = p.project) s WHERE ");
        print_range(printer, "time_ns");
        break;
    case SOURCE_SCORES:
        sql_add(sql, "scores s WHERE ");
        print_range(printer, "time_ns");
        break;
    default:
        sql_add(sql, "spans s WHERE ");
        print_range(printer, "start_ns");
    }
}

static void print_block(struct printer *printer, const struct plan_block *block);

static void print_rows(struct printer *printer, const struct plan_block *block)
{
    struct sql *sql = printer->sql;
    sql_add(sql, " FROM ");
    if (block->from == FROM_SOURCE) {
        print_source(printer);
        return;
    }
    if (block->from == FROM_ROWS) {
        sql_add(sql, "(SELECT r.i, asker_values(0, ");
        sql_asker(sql);
        sql_add(sql, ", r.i, 0, 0) AS j FROM range(%zu) r(i)) s WHERE true",
                printer->plan->rows->row_count);
        return;
    }
    sql_add(sql, "(");
    print_block(printer, block->below);
    printer->block = block;
    sql_add(sql, ") s WHERE true");
}

/* Those that the index decides, or those that need the journal. */
static void print_conditions(struct printer *printer, const struct plan_block *block, bool journal)
{
    for (size_t i = 0; i < block->where.count; i++) {
        if (block->where.items[i]->journal != journal)
            continue;
        sql_add(printer->sql, " AND ");
        print(printer, block->where.items[i]);
    }
}

/* Short bodies stand in the index. */
static bool only_of_bodies(const struct plan_block *block)
{
    for (size_t i = 0; i < block->paths.count; i++)
        if (block->paths.items[i]->integer != PATH_OF_BODY)
            return false;
    return block->from == FROM_SOURCE;
}

static void print_place(struct printer *printer, const struct plan_block *block)
{
    bool bodies = only_of_bodies(block);
    for (size_t i = 0; i < 3; i++) {
        sql_add(printer->sql, ", CAST(");
        if (bodies && i == 0)
            sql_add(printer->sql, "CASE WHEN strlen(s.body) >= %d THEN ", BODY_BYTES_SURE);
        print(printer, block->place[i]);
        sql_add(printer->sql, bodies && i == 0 ? " END AS BIGINT)" : " AS BIGINT)");
    }
}

static void print_looked_up(struct printer *printer, const struct plan_block *block)
{
    struct sql *sql = printer->sql;
    if (block->paths.count == 0) {
        print_rows(printer, block);
        print_conditions(printer, block, false);
        return;
    }
    sql_add(sql, " FROM (SELECT s.*, asker_values(%d, ", block->number);
    sql_asker(sql);
    print_place(printer, block);
    sql_add(sql, ") AS j");
    print_rows(printer, block);
    print_conditions(printer, block, false);
    sql_add(sql, ") s WHERE true");
    print_conditions(printer, block, true);
}

static void print_input(struct printer *printer, const struct plan_block *block)
{
    if (block->from != FROM_SOURCE || !printer->counts) {
        print_looked_up(printer, block);
        return;
    }
    sql_add(printer->sql, " FROM (SELECT s.*, tally(");
    sql_asker(printer->sql);
    sql_add(printer->sql, ") AS t");
    print_looked_up(printer, block);
    sql_add(printer->sql, ") s WHERE s.t");
}

/* --- a block ------------------------------------------------------------------------------- */

static void print_columns(struct printer *printer, const struct plan_block *block)
{
    const char *between = "";
    for (size_t i = 0; i < block->columns.count; i++) {
        sql_add(printer->sql, "%s", between);
        print(printer, block->columns.items[i]);
        sql_add(printer->sql, " AS c%zu", i);
        between = ", ";
    }
    if (block->unnested) {
        sql_add(printer->sql, "%sunnest(any_items(", between);
        print(printer, block->unnested);
        sql_add(printer->sql, ")) AS u, generate_subscripts(any_items(");
        print(printer, block->unnested);
        sql_add(printer->sql, "), 1) AS v");
    } else if (block->columns.count == 0) {
        sql_add(printer->sql, "1 AS nothing");
    }
}

static void print_sorts(struct printer *printer, const struct plan_block *block)
{
    for (size_t i = 0; i < block->sorts.count; i++) {
        sql_add(printer->sql, "%s", i ? ", " : " ORDER BY ");
        print(printer, block->sorts.items[i].expr);
        sql_add(printer->sql,
                block->sorts.items[i].descending ? " DESC NULLS LAST" : " ASC NULLS LAST");
    }
}

/* The first row of each combination; a row with a null in it is one of its own. */
static void print_dedup(struct printer *printer, const struct plan_block *block)
{
    if (block->dedup.count == 0)
        return;
    sql_add(printer->sql, " QUALIFY row_number() OVER (PARTITION BY ");
    for (size_t i = 0; i < block->dedup.count; i++) {
        sql_add(printer->sql, "%s", i ? ", " : "");
        print(printer, block->dedup.items[i]);
    }
    print_sorts(printer, block);
    sql_add(printer->sql, ") = 1");
    for (size_t i = 0; i < block->dedup.count; i++) {
        sql_add(printer->sql, " OR ");
        print(printer, block->dedup.items[i]);
        sql_add(printer->sql, " IS NULL");
    }
}

static void print_block(struct printer *printer, const struct plan_block *block)
{
    struct sql *sql = printer->sql;
    printer->block = block;
    sql_add(sql, "SELECT ");
    print_columns(printer, block);
    print_input(printer, block);
    printer->block = block;
    for (size_t i = 0; i < block->group_count; i++)
        sql_add(sql, i ? ", %zu" : " GROUP BY %zu", i + 1);
    print_dedup(printer, block);
    print_sorts(printer, block);
    if (block->limit >= 0)
        sql_add(sql, " LIMIT %lld", (long long)block->limit);
}

static const struct plan_block *lowest(const struct plan *plan)
{
    const struct plan_block *block = plan->top;
    while (block->below)
        block = block->below;
    return block;
}

bool plan_is_top(const struct plan *plan)
{
    const struct plan_block *block = lowest(plan);
    return block->from == FROM_SOURCE && block->limit >= 0 && block->sorts.count &&
           !block->grouped && !block->dedup.count && !block->unnested;
}

bool plan_tallies_source(const struct plan *plan)
{
    const struct plan_block *block = lowest(plan);
    return block->from == FROM_SOURCE && block->grouped && block->where.count == 0;
}

bool plan_filters(const struct plan *plan, bool *out_journal)
{
    const struct plan_block *block = lowest(plan);
    *out_journal = false;
    for (size_t i = 0; i < block->where.count; i++)
        *out_journal = *out_journal || block->where.items[i]->journal;
    return block->where.count > 0;
}

bool plan_reads_records(const struct plan *plan)
{
    for (const struct plan_block *block = plan->top; block; block = block->below)
        if (block->paths.count)
            return true;
    return false;
}

void plan_print_duckdb(const struct plan *plan, uint32_t project_id, struct sql *sql)
{
    struct printer printer = {.sql = sql, .plan = plan, .project_id = project_id};
    bool journal, filters = plan_filters(plan, &journal);
    printer.counts = (filters && journal) || !plan_is_top(plan);
    sql->text.limit_bytes = 4 << 20;
    print_block(&printer, plan->top);
}

void plan_print_scanned(const struct plan *plan, uint32_t project_id, struct sql *sql)
{
    struct printer printer = {.sql = sql, .plan = plan, .project_id = project_id};
    sql_add(sql, "SELECT count(*) FROM ");
    print_source(&printer);
}

void plan_print_matched(const struct plan *plan, uint32_t project_id, struct sql *sql)
{
    struct printer printer = {
        .sql = sql, .plan = plan, .project_id = project_id, .block = lowest(plan)};
    sql_add(sql, "SELECT count(*) FROM ");
    print_source(&printer);
    print_conditions(&printer, lowest(plan), false);
}

bool plan_print_bins(const struct item *bin, struct time_range range, size_t most,
                     struct arena *arena, struct sql *sql)
{
    const struct expression *period =
        bin->expression->arguments[bin->expression->argument_count - 1];
    struct plan plan = {0};
    struct language_error error;
    struct planner planner = {.arena = arena, .plan = &plan, .error = &error};
    struct printer printer = {.sql = sql, .plan = &plan};
    /* Bins of the calendar are a day or longer. */
    double bin_ns = period->number * (double)period_unit_ns(period->unit);
    double step_ns =
        period->unit >= UNIT_WEEK ? 86400e9 : plan_bin_count(period) * bin_ns / period->number;
    double count = ceil(((double)range.to_ns - (double)range.from_ns) / step_ns) + 1;
    if (!(step_ns >= 1) || count > (double)most)
        return false;
    struct plan_expr *time = expr_leaf(&planner, OP_RAW, ASK_TIME);
    time->text = STR("t");
    struct plan_expr *start = plan_bin(&planner, time, period, bin->offset, false, true);
    sql_add(sql, "SELECT DISTINCT ");
    print(&printer, start);
    sql_add(sql, " AS b FROM (SELECT least(");
    sql_int(sql, range.from_ns);
    sql_add(sql, " + r.i * ");
    sql_int(sql, (int64_t)step_ns);
    sql_add(sql, ", ");
    sql_int(sql, range.to_ns - 1);
    sql_add(sql, ") AS t FROM range(%zu) r(i)) s ORDER BY b", (size_t)count);
    return !planner_failed(&planner);
}
