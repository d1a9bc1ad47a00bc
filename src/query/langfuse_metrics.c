/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_metrics: see langfuse_metrics.h. One SELECT over the rows of langfuse_from(). */
#define _GNU_SOURCE
#include "query/langfuse_metrics.h"

#include <string.h>
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
    [LANGFUSE_HISTOGRAM] = {"histogram", NULL, NULL},
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

/* --- the statement -----------------------------------------------------------------------------
 *
 * The innermost SELECT has a row for each trace, observation or score: keys k0, k1 …, values m0,
 * m1 …. Around it stands one for each list that is taken apart, one for where histograms begin and
 * end, and the sums.
 */

static const struct langfuse_field *exploded(const struct langfuse_field *field)
{
    return field->uses & LANGFUSE_EXPLODES ? field : NULL;
}

static void add_dimension(struct sql *sql, const struct langfuse_rows *rows,
                          const struct langfuse_field *field)
{
    bool joins = field->type == LANGFUSE_LIST && !exploded(field);
    sql_add(sql, joins ? "array_to_string(" : "(");
    langfuse_add_column(sql, rows, field);
    if (joins)
        sql_add(sql, ", chr(%d)", LANGFUSE_LIST_SEPARATOR);
    sql_add(sql, ")");
}

static bool counts_apart(enum langfuse_aggregation aggregation)
{
    return aggregation == LANGFUSE_COUNT_OF || aggregation == LANGFUSE_UNIQ;
}

static void add_value(struct sql *sql, const struct langfuse_rows *rows,
                      const struct langfuse_measure *measure)
{
    bool is_flag = measure->field->type == LANGFUSE_DISTINCT && !counts_apart(measure->aggregation);
    sql_add(sql, is_flag ? "CASE WHEN " : "(");
    langfuse_add_column(sql, rows, measure->field);
    sql_add(sql, is_flag ? " IS NULL THEN 0 ELSE 1 END" : ")");
}

static void write_rows(struct sql *sql, const struct query *query,
                       const struct langfuse_metrics_question *question)
{
    size_t first = question->granularity != LANGFUSE_NO_TIME;
    sql_add(sql, "SELECT ");
    if (first) {
        add_time(sql, question);
        sql_add(sql, " AS k0");
    }
    for (size_t i = 0; i < question->dimension_count; i++) {
        sql_add(sql, first + i ? ", " : "");
        add_dimension(sql, &question->rows, question->dimensions[i]);
        sql_add(sql, " AS k%d", (int)(first + i));
    }
    for (size_t i = 0; i < question->measure_count; i++) {
        sql_add(sql, first + question->dimension_count + i ? ", " : "");
        add_value(sql, &question->rows, &question->measures[i]);
        sql_add(sql, " AS m%d", (int)i);
    }
    langfuse_from(sql, query, &question->rows);
}

/* From the outside in: a row for each value of each list, with the number that stands beside it. */
static void open_lists(struct sql *sql, const struct langfuse_metrics_question *question)
{
    size_t first = question->granularity != LANGFUSE_NO_TIME;
    for (size_t i = 0; i < question->dimension_count; i++) {
        if (!exploded(question->dimensions[i]))
            continue;
        const struct langfuse_field *partner = langfuse_field_partner(question->dimensions[i]);
        sql_add(sql, "SELECT * REPLACE (unnest(k%d) AS k%d", (int)(first + i), (int)(first + i));
        for (size_t m = 0; m < question->measure_count; m++)
            if (question->measures[m].field == partner)
                sql_add(sql, ", unnest(m%d) AS m%d", (int)m, (int)m);
        sql_add(sql, ") FROM (");
    }
}

static void close_lists(struct sql *sql, const struct langfuse_metrics_question *question)
{
    for (size_t i = 0; i < question->dimension_count; i++)
        if (exploded(question->dimensions[i]))
            sql_add(sql, ")");
}

static void add_keys(struct sql *sql, const char *before, size_t keys)
{
    for (size_t i = 0; i < keys; i++)
        sql_add(sql, "%sk%d", i ? ", " : before, (int)i);
}

/* The least and the most of each histogram's row. False: there are none. */
static bool open_histograms(struct sql *sql, const struct langfuse_metrics_question *question)
{
    bool any = false;
    for (size_t i = 0; i < question->measure_count; i++) {
        if (question->measures[i].aggregation != LANGFUSE_HISTOGRAM)
            continue;
        sql_add(sql, any ? "" : "SELECT *");
        sql_add(sql, ", min(m%d) OVER w AS l%d, max(m%d) OVER w AS h%d", (int)i, (int)i, (int)i,
                (int)i);
        any = true;
    }
    sql_add(sql, any ? " FROM (" : "");
    return any;
}

/* "least most {bin=count, …}" */
static void add_histogram(struct sql *sql, int measure, int bins)
{
    sql_add(sql, "concat(CAST(min(l%d) AS DOUBLE), ' ', CAST(max(h%d) AS DOUBLE), ' ', ", measure,
            measure);
    sql_add(sql,
            "CAST(histogram(CASE WHEN h%d <= l%d THEN 0 ELSE least(%d, CAST(floor((m%d - l%d) / "
            "(h%d - l%d) * %d) AS INTEGER)) END) FILTER (m%d IS NOT NULL) AS VARCHAR))",
            measure, measure, bins - 1, measure, measure, measure, measure, bins, measure);
}

static void add_aggregate(struct sql *sql, const struct langfuse_metrics_question *question,
                          size_t i)
{
    const struct langfuse_measure *measure = &question->measures[i];
    enum langfuse_aggregation aggregation = measure->aggregation;
    if (aggregation == LANGFUSE_HISTOGRAM) {
        add_histogram(sql, (int)i, question->bins);
        return;
    }
    /* "uniqueUserIds" counts what differs, whatever word stands before it. */
    if (measure->field->type == LANGFUSE_DISTINCT && aggregation == LANGFUSE_COUNT_OF)
        aggregation = LANGFUSE_UNIQ;
    sql_add(sql, "CAST(%sm%d%s AS DOUBLE)", aggregations[aggregation].before, (int)i,
            aggregations[aggregation].after);
}

static void add_order(struct sql *sql, const struct langfuse_metrics_question *question,
                      size_t keys, size_t columns)
{
    bool by_time = question->granularity != LANGFUSE_NO_TIME;
    sql_add(sql, " ORDER BY ");
    for (size_t i = 0; i < question->order_count; i++) {
        size_t column = question->orders[i].column; /* keys by what they are, not by their text */
        sql_add(sql, column < keys ? "k%d" : "%d", (int)(column < keys ? column : column + 1));
        sql_add(sql, " %s NULLS LAST, ", question->orders[i].ascending ? "ASC" : "DESC");
    }
    if (question->order_count == 0 && by_time)
        sql_add(sql, "1, ");
    if (question->order_count == 0 && !by_time)
        sql_add(sql, "%d DESC NULLS LAST, ", (int)question->dimension_count + 1);
    for (size_t i = 0; i < columns; i++)
        sql_add(sql, i ? ", %d" : "%d", (int)i + 1);
    sql_add(sql, " LIMIT ");
    sql_int(sql, (int64_t)question->limit);
}

/* Gives the number of columns. */
static size_t write_statement(struct sql *sql, const struct query *query,
                              const struct langfuse_metrics_question *question)
{
    size_t first = question->granularity != LANGFUSE_NO_TIME;
    size_t keys = first + question->dimension_count, columns = keys + question->measure_count;
    sql_add(sql, "SELECT ");
    for (size_t i = 0; i < keys; i++)
        sql_add(sql, first && i == 0 ? "k%d, " : "CAST(k%d AS VARCHAR), ", (int)i);
    for (size_t i = 0; i < question->measure_count; i++) {
        sql_add(sql, i ? ", " : "");
        add_aggregate(sql, question, i);
    }
    sql_add(sql, " FROM (");
    bool histograms = open_histograms(sql, question);
    open_lists(sql, question);
    write_rows(sql, query, question);
    close_lists(sql, question);
    if (histograms) {
        sql_add(sql, ") WINDOW w AS (");
        add_keys(sql, "PARTITION BY ", keys);
        sql_add(sql, ")");
    }
    sql_add(sql, ")");
    add_keys(sql, " GROUP BY ", keys);
    add_order(sql, question, keys, columns);
    return columns;
}

/* --- the answer ------------------------------------------------------------------------------- */

/* The next number of "{0=3, 12=1}", of "1.5 2.5 {…}". False: there is none. */
static bool next_number(struct str *rest, double *out_number)
{
    size_t from = 0, to;
    while (from < rest->len && strchr(" ,={}", rest->ptr[from]))
        from++;
    for (to = from; to < rest->len && !strchr(" ,={}", rest->ptr[to]);)
        to++;
    struct str word = str_sub(*rest, from, to - from);
    *rest = str_sub(*rest, to, rest->len);
    return str_to_double(word, out_number);
}

static bool read_bins(struct str text, size_t bins, struct arena *arena, struct langfuse_cell *cell)
{
    double least, most, bin, count;
    cell->type = LANGFUSE_CELL_BINS;
    if (!next_number(&text, &least) || !next_number(&text, &most))
        return true; /* of nothing */
    cell->bin_count = most > least ? bins : 1;
    cell->bins = arena_array(arena, struct langfuse_bin, cell->bin_count);
    for (size_t i = 0; cell->bins && i < cell->bin_count; i++) {
        double width = (most - least) / (double)cell->bin_count;
        cell->bins[i] =
            (struct langfuse_bin){least + width * (double)i, least + width * (double)(i + 1), 0};
        if (i + 1 == cell->bin_count)
            cell->bins[i].most = most;
    }
    while (cell->bins && next_number(&text, &bin) && next_number(&text, &count))
        if (bin >= 0 && bin < (double)cell->bin_count)
            cell->bins[(size_t)bin].count = (int64_t)count;
    return cell->bins != NULL;
}

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
        if (!is_text && question->measures[i - texts].aggregation == LANGFUSE_HISTOGRAM) {
            if (!read_bins(store_rows_text(rows, i), (size_t)question->bins, arena, &cells[i]))
                return false;
            continue;
        }
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
                                   struct langfuse_metrics_question *question, struct arena *arena,
                                   struct langfuse_table *out_table, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct langfuse_table table = {0};
    for (size_t i = 0; i < question->dimension_count; i++)
        langfuse_want(&question->rows, question->dimensions[i]);
    for (size_t i = 0; i < question->measure_count; i++)
        langfuse_want(&question->rows, question->measures[i].field);
    must(question->limit <= LANGFUSE_METRIC_ROWS_MAX && question->bins <= LANGFUSE_BINS_MAX);
    table.columns = write_statement(&sql, query, question);
    table.cells = arena_array(arena, struct langfuse_cell, question->limit * table.columns);
    table.times_ns = arena_array(arena, int64_t, question->limit);
    if (!table.cells || !table.times_ns) {
        sql_done(&sql);
        return fail(error, STATUS_TOO_LARGE, "row_limit: too many rows for one reply");
    }
    enum status status =
        langfuse_run(&sql, query, &question->rows, question->cancelled, &rows, error);
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
