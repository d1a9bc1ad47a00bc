/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_metrics: see langfuse_metrics.h. One SELECT over the rows of langfuse_from(). */
#define _GNU_SOURCE
#include "query/langfuse_metrics.h"

#include <time.h>

#include "base/clock.h"
#include "base/must.h"

static const struct {
    const char *name, *before, *after;
} aggregations[LANGFUSE_AGGREGATIONS] = {
    [LANGFUSE_SUM] = {"sum", "sum(", ")"},
    [LANGFUSE_AVG] = {"avg", "avg(", ")"},
    [LANGFUSE_COUNT_OF] = {"count", "count(", ")"},
    [LANGFUSE_MIN] = {"min", "min(", ")"},
    [LANGFUSE_MAX] = {"max", "max(", ")"},
    [LANGFUSE_P50] = {"p50", "quantile_cont(", ", 0.5)"},
    [LANGFUSE_P75] = {"p75", "quantile_cont(", ", 0.75)"},
    [LANGFUSE_P90] = {"p90", "quantile_cont(", ", 0.9)"},
    [LANGFUSE_P95] = {"p95", "quantile_cont(", ", 0.95)"},
    [LANGFUSE_P99] = {"p99", "quantile_cont(", ", 0.99)"},
    [LANGFUSE_UNIQ] = {"uniq", "count(DISTINCT ", ")"},
};

const char *langfuse_aggregation_name(enum langfuse_aggregation aggregation)
{
    return aggregations[aggregation].name;
}

/* --- time ------------------------------------------------------------------------------------- */

static int64_t step_ns(enum langfuse_granularity granularity)
{
    static const int64_t seconds[] = {[LANGFUSE_MINUTE] = 60,
                                      [LANGFUSE_HOUR] = 3600,
                                      [LANGFUSE_DAY] = 86400,
                                      [LANGFUSE_WEEK] = 7 * 86400};
    must(granularity != LANGFUSE_NO_TIME && granularity != LANGFUSE_MONTH);
    return seconds[granularity] * NS_PER_SEC;
}

/* Weeks begin on Mondays; the first of 1970 was its fourth day after the first. */
static int64_t offset_ns(enum langfuse_granularity granularity)
{
    return granularity == LANGFUSE_WEEK ? 4 * INT64_C(86400) * NS_PER_SEC : 0;
}

static int64_t month_ns(int64_t time_ns, int more)
{
    time_t seconds = (time_t)(time_ns / NS_PER_SEC);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    parts = (struct tm){.tm_year = parts.tm_year, .tm_mon = parts.tm_mon + more, .tm_mday = 1};
    return (int64_t)timegm(&parts) * NS_PER_SEC;
}

int64_t langfuse_floor_time(enum langfuse_granularity granularity, int64_t time_ns)
{
    if (granularity == LANGFUSE_MONTH)
        return month_ns(time_ns, 0);
    int64_t step = step_ns(granularity), offset = offset_ns(granularity);
    return (time_ns - offset) / step * step + offset;
}

int64_t langfuse_next_time(enum langfuse_granularity granularity, int64_t time_ns)
{
    return granularity == LANGFUSE_MONTH ? month_ns(time_ns, 1) : time_ns + step_ns(granularity);
}

static void add_time(struct sql *sql, const struct langfuse_metrics_question *question)
{
    const char *time = question->rows.view == LANGFUSE_SCORES ? "b.time_ns" : "b.start_ns";
    if (question->granularity == LANGFUSE_MONTH) {
        sql_add(sql, "epoch_ns(date_trunc('month', epoch_ms(%s // 1000000)))", time);
        return;
    }
    int64_t step = step_ns(question->granularity), offset = offset_ns(question->granularity);
    sql_add(sql, "(%s - %lld) // %lld * %lld + %lld", time, (long long)offset, (long long)step,
            (long long)step, (long long)offset);
}

/* --- the statement ---------------------------------------------------------------------------- */

static void add_measure(struct sql *sql, const struct langfuse_measure *measure)
{
    enum langfuse_aggregation aggregation = measure->aggregation;
    bool is_text = measure->field->type == LANGFUSE_TEXT;
    /* "uniqueUserIds" counts what differs, whatever word stands before it. */
    if (is_text && aggregation == LANGFUSE_COUNT_OF)
        aggregation = LANGFUSE_UNIQ;
    sql_add(sql, "CAST(%s%s%s AS DOUBLE)", aggregations[aggregation].before, measure->field->sql,
            aggregations[aggregation].after);
}

static void add_order(struct sql *sql, const struct langfuse_metrics_question *question,
                      size_t columns)
{
    bool by_time = question->granularity != LANGFUSE_NO_TIME;
    sql_add(sql, " ORDER BY ");
    for (size_t i = 0; i < question->order_count; i++)
        sql_add(sql, "%d %s NULLS LAST, ", (int)question->orders[i].column + 1,
                question->orders[i].ascending ? "ASC" : "DESC");
    if (question->order_count == 0 && by_time)
        sql_add(sql, "1, ");
    if (question->order_count == 0 && !by_time)
        sql_add(sql, "%d DESC NULLS LAST, ", (int)question->dimension_count + 1);
    for (size_t i = 0; i < columns; i++)
        sql_add(sql, i ? ", %d" : "%d", (int)i + 1);
    sql_add(sql, " LIMIT ");
    sql_int(sql, (int64_t)question->limit);
}

static void add_dimension(struct sql *sql, const struct langfuse_field *field)
{
    if (field->type == LANGFUSE_LIST)
        sql_add(sql, "array_to_string(%s, chr(%d))", field->sql, LANGFUSE_LIST_SEPARATOR);
    else
        sql_add(sql, "CAST(%s AS VARCHAR)", field->sql);
}

/* Gives the number of columns. */
static size_t write_statement(struct sql *sql, const struct query *query,
                              const struct langfuse_metrics_question *question)
{
    struct langfuse_rows rows = question->rows;
    size_t columns = 0;
    sql_add(sql, "SELECT ");
    if (question->granularity != LANGFUSE_NO_TIME) {
        add_time(sql, question);
        columns++;
    }
    for (size_t i = 0; i < question->dimension_count; i++, columns++) {
        sql_add(sql, columns ? ", " : "");
        add_dimension(sql, question->dimensions[i]);
        rows.needs |= question->dimensions[i]->needs;
    }
    size_t groups = columns;
    for (size_t i = 0; i < question->measure_count; i++, columns++) {
        sql_add(sql, columns ? ", " : "");
        add_measure(sql, &question->measures[i]);
        rows.needs |= question->measures[i].field->needs;
    }
    langfuse_from(sql, query, &rows);
    for (size_t i = 0; i < groups; i++)
        sql_add(sql, i ? ", %d" : " GROUP BY %d", (int)i + 1);
    add_order(sql, question, columns);
    return columns;
}

/* --- the answer ------------------------------------------------------------------------------- */

static bool read_row(const struct store_rows *rows,
                     const struct langfuse_metrics_question *question, struct arena *arena,
                     struct langfuse_table *table)
{
    size_t first = question->granularity != LANGFUSE_NO_TIME;
    size_t texts = first + question->dimension_count;
    struct langfuse_cell *cells = &table->cells[table->count * table->columns];
    if (first)
        table->times_ns[table->count] = store_rows_int(rows, 0);
    for (size_t i = first; i < table->columns; i++) {
        bool is_text = i < texts;
        if (store_rows_null(rows, i))
            continue;
        cells[i].type = is_text ? LANGFUSE_CELL_TEXT : LANGFUSE_CELL_NUMBER;
        if (is_text)
            cells[i].text = arena_copy(arena, store_rows_text(rows, i));
        else
            cells[i].number = store_rows_double(rows, i);
        if (is_text && !cells[i].text.ptr)
            return false;
    }
    table->count++;
    return true;
}

enum status query_langfuse_metrics(const struct query *query,
                                   const struct langfuse_metrics_question *question,
                                   struct arena *arena, struct langfuse_table *out_table,
                                   struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct langfuse_table table = {0};
    must(question->limit <= LANGFUSE_METRIC_ROWS_MAX);
    table.columns = write_statement(&sql, query, question);
    table.cells = arena_array(arena, struct langfuse_cell, question->limit * table.columns);
    table.times_ns = arena_array(arena, int64_t, question->limit);
    if (!table.cells || !table.times_ns) {
        sql_done(&sql);
        return fail(error, STATUS_TOO_LARGE, "row_limit: too many rows for one reply");
    }
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && table.count < question->limit && store_rows_next(rows))
        if (!read_row(rows, question, arena, &table))
            status = fail(error, STATUS_TOO_LARGE, "row_limit: the answer is too large");
    store_rows_free(rows);
    if (status == STATUS_OK)
        *out_table = table;
    return status;
}
