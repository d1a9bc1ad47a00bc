/* SPDX-License-Identifier: Apache-2.0 */
/* records: log records newest first; metric points by series. */
#include "query/records.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static void where_logs(struct sql *sql, const struct query *query,
                       const struct log_question *question)
{
    sql_add(sql, "project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND time_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND time_ns < ");
    sql_int(sql, question->range.to_ns);
    if (question->service.len) {
        sql_add(sql, " AND service = ");
        sql_int(sql, store_name_id(query->store, question->service));
    }
    if (question->environment.len) {
        sql_add(sql, " AND environment = ");
        sql_int(sql, store_name_id(query->store, question->environment));
    }
    if (question->event.len) {
        sql_add(sql, " AND event = ");
        sql_int(sql, store_name_id(query->store, question->event));
    }
    if (question->severity_least) {
        sql_add(sql, " AND severity >= ");
        sql_int(sql, question->severity_least);
    }
    if (question->has_trace) {
        sql_add(sql, " AND trace_lo = ");
        sql_int(sql, question->trace.lo);
        sql_add(sql, " AND trace_hi = ");
        sql_int(sql, question->trace.hi);
    }
    if (question->has_cursor) {
        sql_add(sql, " AND time_ns <= ");
        sql_int(sql, question->cursor_time_ns);
    }
    if (question->journalled)
        journalled_where(sql, question->journalled);
}

enum status query_log_count(const struct query *query, const struct log_question *question,
                            int64_t most, int64_t *out_count, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT count(*) FROM (SELECT 1 FROM logs WHERE ");
    where_logs(&sql, query, question);
    sql_add(&sql, " LIMIT ");
    sql_int(&sql, most);
    sql_add(&sql, ")");
    return sql_count(&sql, query, question->cancelled, out_count, error);
}

enum status query_logs(const struct query *query, const struct log_question *question,
                       struct arena *arena, struct log_list *out_list, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    int64_t skip = question->has_cursor ? question->cursor_skip : 0;
    sql_add(&sql, "SELECT time_ns, trace_hi, trace_lo, span_id, severity, service, event, body "
                  "FROM logs WHERE ");
    where_logs(&sql, query, question);
    sql_add(&sql, " ORDER BY time_ns DESC, segment DESC, frame DESC, record DESC LIMIT ");
    sql_int(&sql, (int64_t)question->limit + 1);
    sql_add(&sql, " OFFSET ");
    sql_int(&sql, skip);
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    struct log_list list = {.items = arena_array(arena, struct log_row, question->limit)};
    while (list.items && store_rows_next(rows)) {
        if (list.count == question->limit) {
            list.more = true;
            break;
        }
        int64_t service = store_rows_int(rows, 5), event = store_rows_int(rows, 6);
        list.items[list.count++] = (struct log_row){
            .time_ns = store_rows_int(rows, 0),
            .trace = {store_rows_int(rows, 1), store_rows_int(rows, 2)},
            .span_id = store_rows_int(rows, 3),
            .severity = (int32_t)store_rows_int(rows, 4),
            .service = service ? store_name(query->store, (int32_t)service) : STR_NONE,
            .event = event ? store_name(query->store, (int32_t)event) : STR_NONE,
            .body = arena_copy(arena, store_rows_text(rows, 7)),
        };
    }
    store_rows_free(rows);
    if (!list.items)
        return fail(error, STATUS_TOO_LARGE, "limit: too many records for one reply");
    *out_list = list;
    return STATUS_OK;
}

enum status query_metric_names(const struct query *query, uint32_t project_id,
                               struct time_range range, struct arena *arena,
                               struct metric_row **out_rows, size_t *out_count, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT s.metric, s.unit, any_value(s.type), count(*), max(p.time_ns) "
                  "FROM points p JOIN series s ON s.hash = p.series AND s.project = p.project "
                  "WHERE p.project = ");
    sql_int(&sql, project_id);
    sql_add(&sql, " AND p.time_ns >= ");
    sql_int(&sql, range.from_ns);
    sql_add(&sql, " AND p.time_ns < ");
    sql_int(&sql, range.to_ns);
    sql_add(&sql, " GROUP BY 1, 2 ORDER BY 4 DESC LIMIT %d", METRIC_NAMES_MAX);
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_count = 0;
    *out_rows = arena_array(arena, struct metric_row, METRIC_NAMES_MAX);
    while (*out_rows && *out_count < METRIC_NAMES_MAX && store_rows_next(rows)) {
        int64_t unit = store_rows_int(rows, 1);
        (*out_rows)[(*out_count)++] = (struct metric_row){
            .name = store_name(query->store, (int32_t)store_rows_int(rows, 0)),
            .unit = unit ? store_name(query->store, (int32_t)unit) : STR_NONE,
            .type = (enum metric_type)store_rows_int(rows, 2),
            .points = store_rows_int(rows, 3),
            .last_ns = store_rows_int(rows, 4),
        };
    }
    store_rows_free(rows);
    return STATUS_OK;
}

enum status query_metric_hosts(const struct query *query, uint32_t project_id,
                               struct time_range range, struct arena *arena,
                               struct metric_host **out_hosts, size_t *out_count,
                               struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT s.host, count(*), max(p.time_ns) FROM points p JOIN series s ON s.hash = "
                  "p.series AND s.project = p.project WHERE s.host <> 0 AND p.project = ");
    sql_int(&sql, project_id);
    sql_add(&sql, " AND p.time_ns >= ");
    sql_int(&sql, range.from_ns);
    sql_add(&sql, " AND p.time_ns < ");
    sql_int(&sql, range.to_ns);
    sql_add(&sql, " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d", METRIC_HOSTS_MAX);
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_count = 0;
    *out_hosts = arena_array(arena, struct metric_host, METRIC_HOSTS_MAX);
    while (*out_hosts && *out_count < METRIC_HOSTS_MAX && store_rows_next(rows))
        (*out_hosts)[(*out_count)++] = (struct metric_host){
            .name = sql_name(query, store_rows_int(rows, 0)),
            .points = store_rows_int(rows, 1),
            .last_ns = store_rows_int(rows, 2),
        };
    store_rows_free(rows);
    return STATUS_OK;
}

/*
 * Cumulative counters become increases: the difference to the point before in the same series, or
 * the value itself after a reset (the value fell) or for delta temporality. Gauges are averaged.
 */
static void select_metric(struct sql *sql, const struct query *query,
                          const struct metric_question *question, const struct steps *steps)
{
    int64_t from = steps->start_s * NS_PER_SEC;
    sql_add(sql, "WITH raw AS (SELECT p.series, p.time_ns, s.type, s.temporality, ");
    if (str_equal(question->by, STR("service.name"))) {
        sql_add(sql, "(SELECT n.text FROM names n WHERE n.id = s.service) AS key, ");
    } else if (str_equal(question->by, STR("host.name"))) {
        sql_add(sql, "(SELECT n.text FROM names n WHERE n.id = s.host) AS key, ");
    } else if (question->by.len) {
        sql_add(sql, "json_extract_string(s.attributes, ");
        sql_text(sql, question->by);
        sql_add(sql, ") AS key, ");
    } else {
        sql_add(sql, "'' AS key, ");
    }
    sql_add(sql,
            "CASE WHEN s.type <= %d THEN p.value ELSE CAST(p.count AS DOUBLE) END AS v "
            "FROM points p JOIN series s ON s.hash = p.series AND s.project = p.project "
            "WHERE p.project = ",
            METRIC_SUM);
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.metric = ");
    sql_int(sql, store_name_id(query->store, question->name));
    if (question->host.len) {
        sql_add(sql, " AND s.host = ");
        sql_int(sql, store_name_id(query->store, question->host));
    }
    sql_add(sql, " AND p.time_ns >= ");
    sql_int(sql, from - steps->step_s * NS_PER_SEC);
    sql_add(sql, " AND p.time_ns < ");
    sql_int(sql, from + (int64_t)steps->count * steps->step_s * NS_PER_SEC);
    sql_add(sql,
            "), moved AS (SELECT *, lag(v) OVER (PARTITION BY series ORDER BY time_ns) AS "
            "before FROM raw), told AS (SELECT key, time_ns, CASE WHEN type = %d THEN v "
            "WHEN temporality <> %d THEN v WHEN before IS NULL THEN 0 "
            "WHEN v < before THEN v ELSE v - before END AS v, type FROM moved) "
            "SELECT (time_ns - ",
            METRIC_GAUGE, TEMPORALITY_CUMULATIVE);
    sql_int(sql, from);
    sql_add(sql,
            ") // %lld AS step, coalesce(key, '') AS key, "
            "CASE WHEN any_value(type) = %d THEN avg(v) ELSE sum(v) END "
            "FROM told WHERE time_ns >= ",
            (long long)(steps->step_s * NS_PER_SEC), METRIC_GAUGE);
    sql_int(sql, from);
    sql_add(sql, " GROUP BY 1, 2 ORDER BY 2, 1");
}

/* Rows come ordered by key. */
static bool add_point(struct series *series, const struct store_rows *rows, size_t *capacity,
                      struct arena *arena)
{
    size_t step = (size_t)store_rows_int(rows, 0);
    struct str key = store_rows_text(rows, 1);
    struct series_line *last = series->line_count ? &series->lines[series->line_count - 1] : NULL;
    if (!last || !str_equal(last->key, key)) {
        if (series->line_count == SERIES_KEYS_MAX)
            return true;
        if (!arena_grow(arena, &series->lines, series->line_count, capacity))
            return false;
        last = &series->lines[series->line_count];
        *last = (struct series_line){.key = arena_copy(arena, key),
                                     .values = arena_array(arena, double, series->step_count)};
        if (!last->values)
            return false;
        for (size_t i = 0; i < series->step_count; i++)
            last->values[i] = NAN;
        series->line_count++;
    }
    if (step < series->step_count)
        last->values[step] = store_rows_double(rows, 2);
    return true;
}

enum status query_metric_series(const struct query *query, const struct metric_question *question,
                                struct arena *arena, struct series *out_series, struct error *error)
{
    struct steps steps;
    struct sql sql = {0};
    struct store_rows *rows;
    enum status status = series_steps(question->range, question->step_seconds, &steps, error);
    if (status != STATUS_OK)
        return status;
    select_metric(&sql, query, question, &steps);
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    struct series series = {.start_ns = steps.start_s * NS_PER_SEC,
                            .step_ns = steps.step_s * NS_PER_SEC,
                            .step_count = steps.count};
    size_t capacity = 0;
    while (status == STATUS_OK && store_rows_next(rows))
        if (!add_point(&series, rows, &capacity, arena))
            status = fail(error, STATUS_TOO_LARGE, "the chart has too many points for one reply");
    store_rows_free(rows);
    if (status == STATUS_OK)
        *out_series = series;
    return status;
}
