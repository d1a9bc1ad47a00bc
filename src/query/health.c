/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: see health.h. The baseline and the target are read from rollups; speeds and what followed
 * a failed call from the spans of the range.
 */
#include "query/health.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "query/outcome.h"
#include "store/bucket.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

const double speed_quantiles[SPEED_QUANTILES] = {0.1, 0.5, 0.9};

struct asking {
    const struct query *query;
    const struct health_question *question;
    struct arena *arena;
    struct health *health;
};

static struct str name_of(const struct query *query, int64_t id)
{
    return id > 0 ? store_name(query->store, (int32_t)id) : STR_NONE;
}

/* --- from rollups ---------------------------------------------------------------------------- */

static void from_rollups(struct sql *sql, const struct asking *asking, const char *table,
                         int64_t resolution_s, int64_t from_s, int64_t to_s)
{
    sql_add(sql, " FROM %s r JOIN labels l ON r.label = l.id WHERE l.project = ", table);
    sql_int(sql, asking->question->project_id);
    sql_add(sql, " AND r.resolution = %lld AND r.time >= ", (long long)resolution_s);
    sql_int(sql, from_s);
    sql_add(sql, " AND r.time < ");
    sql_int(sql, to_s);
}

static enum status run_labels(struct sql *sql, const struct asking *asking, const char *ending,
                              struct store_rows **out_rows, struct error *error)
{
    enum status status = filter_labels(asking->question->filters, asking->query, sql, error);
    if (status != STATUS_OK) {
        sql_done(sql);
        return status;
    }
    sql_add(sql, "%s", ending);
    return sql_run(sql, asking->query, asking->question->cancelled, out_rows, error);
}

static enum status read_baseline(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct health_baseline *baseline = &asking->health->baseline;
    int64_t to_s = asking->health->steps.start_s;
    to_s -= to_s % HOUR_S;
    baseline->latency_p95 = (double)NAN;
    sql_add(&sql, "SELECT min(r.time), sum(CASE WHEN l.root THEN r.spans ELSE 0 END), "
                  "sum(CASE WHEN l.root THEN r.errors ELSE 0 END)");
    from_rollups(&sql, asking, "rollups", HOUR_S, to_s - BASELINE_DAYS * DAY_S, to_s);
    enum status status = run_labels(&sql, asking, "", &rows, error);
    if (status != STATUS_OK)
        return status;
    if (store_rows_next(rows) && !store_rows_null(rows, 0)) {
        baseline->from_ns = store_rows_int(rows, 0) * NS_PER_SEC;
        baseline->to_ns = to_s * NS_PER_SEC;
        baseline->requests = store_rows_int(rows, 1);
        baseline->errors = store_rows_int(rows, 2);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

static enum status read_baseline_latency(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct health_baseline *baseline = &asking->health->baseline;
    struct quantile_sketch *sketch = quantile_sketch_new(asking->arena);
    if (!sketch)
        return fail(error, STATUS_TOO_LARGE, "from: too many steps for one reply");
    sql_add(&sql, "SELECT r.bucket, sum(r.count)");
    from_rollups(&sql, asking, "histograms", HOUR_S, baseline->from_ns / NS_PER_SEC,
                 baseline->to_ns / NS_PER_SEC);
    sql_add(&sql, " AND r.metric = 0 AND l.root");
    enum status status = run_labels(&sql, asking, " GROUP BY 1", &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows))
        if (!quantile_sketch_add(sketch, asking->arena, (int32_t)store_rows_int(rows, 0),
                                 store_rows_int(rows, 1)))
            status = fail(error, STATUS_TOO_LARGE, "from: too many steps for one reply");
    store_rows_free(rows);
    baseline->latency_p95 = quantile_sketch_value(sketch, 0.95);
    return status;
}

static enum status read_target(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    const struct steps *steps = &asking->health->steps;
    sql_add(&sql, "SELECT sum(r.count), sum(CASE WHEN r.bucket > %d THEN r.count ELSE 0 END)",
            bucket_of(asking->question->latency_target_ns));
    from_rollups(&sql, asking, "histograms", steps->resolution_s, steps->start_s,
                 steps->start_s + (int64_t)steps->count * steps->step_s);
    sql_add(&sql, " AND r.metric = 0 AND l.root");
    enum status status = run_labels(&sql, asking, "", &rows, error);
    if (status != STATUS_OK)
        return status;
    if (store_rows_next(rows)) {
        asking->health->measured = store_rows_int(rows, 0);
        asking->health->over_target = store_rows_int(rows, 1);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

/* --- from spans ------------------------------------------------------------------------------ */

static void select_step(struct sql *sql, const struct steps *steps)
{
    sql_add(sql, "(s.start_ns // 1000000000 - ");
    sql_int(sql, steps->start_s);
    sql_add(sql, ") // %lld AS step", (long long)steps->step_s);
}

static enum status run_spans(struct sql *sql, const struct asking *asking, const char *ending,
                             struct store_rows **out_rows, struct error *error)
{
    const struct steps *steps = &asking->health->steps;
    sql_add(sql, " AND s.project = ");
    sql_int(sql, asking->question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, steps->start_s * NS_PER_SEC);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, (steps->start_s + (int64_t)steps->count * steps->step_s) * NS_PER_SEC);
    enum status status = filter_rows(asking->question->filters, asking->query, sql, error);
    if (status != STATUS_OK) {
        sql_done(sql);
        return status;
    }
    sql_add(sql, "%s", ending);
    return sql_run(sql, asking->query, asking->question->cancelled, out_rows, error);
}

/* A row a step, and one of the whole range whose step is null. */
static enum status read_speed(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct health *health = asking->health;
    /* The list of all three is sorted once. */
    sql_add(&sql, "SELECT step, speeds[1], speeds[2], speeds[3] FROM (SELECT step, "
                  "quantile_cont(speed, [0.1, 0.5, 0.9]) AS speeds FROM (SELECT ");
    select_step(&sql, &health->steps);
    sql_add(&sql,
            ", s.output_tokens * 1e9 / s.duration_ns AS speed FROM spans s WHERE s.kind = %d AND "
            "s.flags & %d = %d AND s.status <> %d AND s.output_tokens > 0 AND s.duration_ns > 0",
            KIND_LLM, OBSERVATION_BILLED | OBSERVATION_BAD_TIME, OBSERVATION_BILLED, SPAN_ERROR);
    enum status status =
        run_spans(&sql, asking, ") GROUP BY GROUPING SETS ((step), ()))", &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        int64_t step = store_rows_int(rows, 0);
        for (size_t q = 0; q < SPEED_QUANTILES; q++) {
            double speed = store_rows_double(rows, q + 1);
            if (store_rows_null(rows, 0))
                health->speed[q] = speed;
            else if (step >= 0 && step < (int64_t)health->steps.count)
                health->speed_values[q][step] = speed;
        }
    }
    store_rows_free(rows);
    return STATUS_OK;
}

/* Column numbers of the pass over failed calls that were followed by another. */
enum { R_STEP, R_MODEL, R_NEXT_MODEL, R_COUNT, R_RECOVERED };

static bool count_fallback(const struct asking *asking, struct fallback **items, size_t *count,
                           size_t *capacity, const struct store_rows *rows)
{
    struct str from = name_of(asking->query, store_rows_int(rows, R_MODEL));
    struct str to = name_of(asking->query, store_rows_int(rows, R_NEXT_MODEL));
    for (size_t i = 0; i < *count; i++) {
        if ((*items)[i].from.ptr == from.ptr && (*items)[i].to.ptr == to.ptr) {
            (*items)[i].count += store_rows_int(rows, R_COUNT);
            return true;
        }
    }
    if (!arena_grow(asking->arena, items, *count, capacity))
        return false;
    (*items)[(*count)++] = (struct fallback){from, to, store_rows_int(rows, R_COUNT)};
    return true;
}

static int by_count(const void *a, const void *b)
{
    const struct fallback *left = a, *right = b;
    if (left->count != right->count)
        return left->count < right->count ? 1 : -1;
    int order = str_compare(left->from, right->from);
    return order ? order : str_compare(left->to, right->to);
}

static void keep_fallbacks(struct health *health, struct fallback *items, size_t count)
{
    if (count)
        qsort(items, count, sizeof *items, by_count);
    for (size_t i = 0; i < count && i < FALLBACKS_MAX; i++)
        health->fallbacks[health->fallback_count++] = items[i];
}

static enum status read_recovery(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct health *health = asking->health;
    struct fallback *items = NULL;
    size_t count = 0, capacity = 0;
    /* Model and status of the next call as one number, so that it is looked up once. */
    sql_add(&sql,
            "SELECT step, model, next // 4, count(*), count(*) FILTER (next %% 4 <> %d) "
            "FROM (SELECT ",
            SPAN_ERROR);
    select_step(&sql, &health->steps);
    sql_add(&sql, ", s.model, " NEXT_CALL(
                      "CAST(n.model AS BIGINT) * 4 + n.status") " AS next "
                                                                "FROM spans s WHERE " FAILED_CALL);
    enum status status =
        run_spans(&sql, asking, ") WHERE next IS NOT NULL GROUP BY 1, 2, 3", &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows)) {
        int64_t step = store_rows_int(rows, R_STEP), calls = store_rows_int(rows, R_COUNT);
        bool same = store_rows_int(rows, R_MODEL) == store_rows_int(rows, R_NEXT_MODEL);
        *(same ? &health->retried : &health->replaced) += calls;
        health->recovered += store_rows_int(rows, R_RECOVERED);
        if (step >= 0 && step < (int64_t)health->steps.count)
            (same ? health->retried_values : health->replaced_values)[step] += calls;
        if (!same && !count_fallback(asking, &items, &count, &capacity, rows))
            status = fail(error, STATUS_TOO_LARGE, "from: too many fallbacks for one reply");
    }
    store_rows_free(rows);
    keep_fallbacks(health, items, count);
    return status;
}

static bool make_arrays(struct health *health, struct arena *arena)
{
    size_t steps = health->steps.count;
    for (size_t q = 0; q < SPEED_QUANTILES; q++) {
        health->speed[q] = (double)NAN;
        if (!(health->speed_values[q] = arena_array(arena, double, steps)))
            return false;
        for (size_t i = 0; i < steps; i++)
            health->speed_values[q][i] = (double)NAN;
    }
    health->retried_values = arena_array(arena, int64_t, steps);
    health->replaced_values = arena_array(arena, int64_t, steps);
    return health->retried_values && health->replaced_values;
}

enum status query_health(const struct query *query, const struct health_question *question,
                         struct arena *arena, struct health *out_health, struct error *error)
{
    struct health health = {0};
    const struct asking asking = {query, question, arena, &health};
    enum status status = series_steps(question->range, 0, &health.steps, error);
    if (status != STATUS_OK)
        return status;
    if (!make_arrays(&health, arena))
        return fail(error, STATUS_TOO_LARGE, "from: too many steps for one reply");
    status = read_baseline(&asking, error);
    if (status == STATUS_OK && health.baseline.from_ns)
        status = read_baseline_latency(&asking, error);
    if (status == STATUS_OK && question->latency_target_ns)
        status = read_target(&asking, error);
    if (status == STATUS_OK)
        status = read_speed(&asking, error);
    if (status == STATUS_OK)
        status = read_recovery(&asking, error);
    if (status == STATUS_OK)
        *out_health = health;
    return status;
}
