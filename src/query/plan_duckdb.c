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

#include "query/plan_duckdb.h"
#include "query/rowset.h"

/* --- where rows come from ------------------------------------------------------------------ */

static void print_block(struct printer *printer, const struct plan_block *block);

static void print_rows(struct printer *printer, const struct plan_block *block)
{
    struct sql *sql = printer->sql;
    sql_add(sql, " FROM ");
    if (block->from == FROM_SOURCE) {
        printer_source(printer);
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
        printer_expr(printer, block->where.items[i]);
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
        printer_expr(printer, block->place[i]);
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
    sql_add(printer->sql, printer->plan->rollup.resolution_s ? ", s.n) AS t" : ", 1) AS t");
    print_looked_up(printer, block);
    sql_add(printer->sql, ") s WHERE s.t");
}

/* --- a block ------------------------------------------------------------------------------- */

/* A key that is a period's start is the number of the period, which is multiplied out once a group:
 * the engine must see the same number in both places, so it is no parameter. */
static bool is_plain_period(const struct plan_expr *expr)
{
    return expr->op == OP_FLOOR_NS && expr->args[0]->op == OP_FIELD &&
           expr->args[1]->op == OP_INTEGER;
}

static void print_period(struct printer *printer, const struct plan_expr *expr)
{
    printer_expr(printer, expr->args[0]);
    sql_add(printer->sql, " // %lld", (long long)expr->args[1]->integer);
}

static void print_columns(struct printer *printer, const struct plan_block *block)
{
    const char *between = "";
    for (size_t i = 0; i < block->columns.count; i++) {
        const struct plan_expr *column = block->columns.items[i];
        sql_add(printer->sql, "%s", between);
        if (i < block->group_count && is_plain_period(column)) {
            print_period(printer, column);
            sql_add(printer->sql, " * %lld", (long long)column->args[1]->integer);
        } else {
            printer_expr(printer, column);
        }
        sql_add(printer->sql, " AS c%zu", i);
        between = ", ";
    }
    if (block->unnested) {
        sql_add(printer->sql, "%sunnest(any_items(", between);
        printer_expr(printer, block->unnested);
        sql_add(printer->sql, ")) AS u, generate_subscripts(any_items(");
        printer_expr(printer, block->unnested);
        sql_add(printer->sql, "), 1) AS v");
    } else if (block->columns.count == 0) {
        sql_add(printer->sql, "1 AS nothing");
    }
}

static void print_sorts(struct printer *printer, const struct plan_block *block)
{
    for (size_t i = 0; i < block->sorts.count; i++) {
        sql_add(printer->sql, "%s", i ? ", " : " ORDER BY ");
        printer_order(printer, block->sorts.items[i].expr);
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
        printer_expr(printer, block->dedup.items[i]);
    }
    print_sorts(printer, block);
    sql_add(printer->sql, ") = 1");
    for (size_t i = 0; i < block->dedup.count; i++) {
        sql_add(printer->sql, " OR ");
        printer_expr(printer, block->dedup.items[i]);
        sql_add(printer->sql, " IS NULL");
    }
}

static void print_groups(struct printer *printer, const struct plan_block *block)
{
    for (size_t i = 0; i < block->group_count; i++) {
        sql_add(printer->sql, i ? ", " : " GROUP BY ");
        if (is_plain_period(block->columns.items[i]))
            print_period(printer, block->columns.items[i]);
        else
            sql_add(printer->sql, "%zu", i + 1);
    }
}

/* Only the first rows by some order are wanted of the source: the engine passes over rows that
 * cannot be among them, so what it looks at is not what matches. */
static bool is_top_block(const struct plan_block *block)
{
    return block->from == FROM_SOURCE && block->limit >= 0 && block->sorts.count &&
           !block->grouped && !block->dedup.count && !block->unnested;
}

static void print_order(struct printer *printer, const struct plan_block *block)
{
    printer->block = block;
    print_sorts(printer, block);
    if (block->limit >= 0)
        sql_add(printer->sql, " LIMIT %lld", (long long)block->limit);
}

static void print_block(struct printer *printer, const struct plan_block *block)
{
    struct sql *sql = printer->sql;
    printer->block = block;
    sql_add(sql, "SELECT ");
    print_columns(printer, block);
    if (is_top_block(block)) {
        /* The engine would work the columns out for every row that it puts in order. */
        sql_add(sql, " FROM (SELECT s.*");
        print_input(printer, block);
        print_order(printer, block);
        sql_add(sql, ") s");
        return;
    }
    print_input(printer, block);
    printer->block = block;
    print_groups(printer, block);
    print_dedup(printer, block);
    print_order(printer, block);
}

static const struct plan_block *lowest(const struct plan *plan)
{
    const struct plan_block *block = plan->top;
    while (block->below)
        block = block->below;
    return block;
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
    printer.counts = (filters && journal) || !is_top_block(lowest(plan));
    sql->text.limit_bytes = 4 << 20;
    print_block(&printer, plan->top);
}

bool plan_counts_matched(const struct plan *plan)
{
    bool journal, filters = plan_filters(plan, &journal);
    return filters && !journal && is_top_block(lowest(plan));
}

void plan_print_counts(const struct plan *plan, uint32_t project_id, struct sql *sql)
{
    struct printer printer = {
        .sql = sql, .plan = plan, .project_id = project_id, .block = lowest(plan)};
    bool matched = plan_counts_matched(plan);
    sql_add(sql, matched ? "SELECT count(*), count(*) FILTER (WHERE s.t) FROM (SELECT true"
                         : "SELECT count(*) FROM ");
    if (matched) {
        print_conditions(&printer, lowest(plan), false);
        sql_add(sql, " AS t FROM ");
    }
    printer_source(&printer);
    if (matched)
        sql_add(sql, ") s");
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
    printer_expr(&printer, start);
    sql_add(sql, " AS b FROM (SELECT least(");
    sql_int(sql, range.from_ns);
    sql_add(sql, " + r.i * ");
    sql_int(sql, (int64_t)step_ns);
    sql_add(sql, ", ");
    sql_int(sql, range.to_ns - 1);
    sql_add(sql, ") AS t FROM range(%zu) r(i)) s ORDER BY b", (size_t)count);
    return !planner_failed(&planner);
}
