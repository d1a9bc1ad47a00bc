/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: see health.h. The baseline and the target are read from rollups; speeds and what followed
 * a failed call from the spans of the range.
 */
#include "query/health.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/sum.h"
#include "query/order.h"
#include "query/outcome.h"
#include "query/rollup_scan.h"
#include "store/bucket.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static const double speed_quantiles[SPEED_QUANTILES] = {0.1, 0.5, 0.9};

struct asking {
    const struct query *query;
    const struct health_question *question;
    struct arena *arena;
    struct health *health;
};

/* --- from rollups ---------------------------------------------------------------------------- */

static struct rollup_question rollups_of(const struct asking *asking)
{
    return (struct rollup_question){
        .query = asking->query,
        .project_id = asking->question->project_id,
        .filters = asking->question->filters,
        .cancelled = asking->question->cancelled,
    };
}

/* What is told of the requests of some rows. */
struct requests {
    const struct rollup_labels *labels;
    struct arena *arena;
    int64_t first_s; /* INT64_MAX: there is no row */
    int64_t requests, errors;
    struct quantile_sketch *latency;
    int32_t target; /* its bucket */
    int64_t measured, over_target;
};

static enum status add_requests(void *context, const int64_t *const *columns, size_t row_count,
                                struct error *error)
{
    enum { C_SPANS = ROLLUP_FIRST, C_ERRORS };
    struct requests *sums = context;
    (void)error;
    for (size_t row = 0; row < row_count; row++) {
        const struct rollup_label *label =
            rollup_label_at(sums->labels, columns[ROLLUP_LABEL][row]);
        if (!label)
            continue;
        if (columns[ROLLUP_TIME][row] < sums->first_s)
            sums->first_s = columns[ROLLUP_TIME][row];
        sum_add(&sums->requests, label->root ? columns[C_SPANS][row] : 0);
        sum_add(&sums->errors, label->root ? columns[C_ERRORS][row] : 0);
    }
    return STATUS_OK;
}

static enum status add_latencies(void *context, const int64_t *const *columns, size_t row_count,
                                 struct error *error)
{
    enum { H_METRIC = ROLLUP_FIRST, H_BUCKET, H_COUNT };
    struct requests *sums = context;
    for (size_t row = 0; row < row_count; row++) {
        const struct rollup_label *label =
            rollup_label_at(sums->labels, columns[ROLLUP_LABEL][row]);
        int32_t bucket = (int32_t)columns[H_BUCKET][row];
        int64_t count = columns[H_COUNT][row];
        if (!label || !label->root || columns[H_METRIC][row] != 0)
            continue;
        sum_add(&sums->measured, count);
        sum_add(&sums->over_target, bucket > sums->target ? count : 0);
        if (!quantile_sketch_add(&sums->latency, sums->arena, bucket, count))
            return fail(error, STATUS_TOO_LARGE, "from: too many steps for one reply");
    }
    return STATUS_OK;
}

static enum status read_baseline(const struct asking *asking, const struct rollup_labels *labels,
                                 struct error *error)
{
    const struct rollup_question rollups = rollups_of(asking);
    struct health_baseline *baseline = &asking->health->baseline;
    struct requests sums = {.labels = labels, .arena = asking->arena, .first_s = INT64_MAX};
    int64_t to_s = asking->health->steps.start_s;
    to_s -= to_s % HOUR_S;
    const struct rollup_range range = {HOUR_S, to_s - BASELINE_DAYS * DAY_S, to_s};
    enum status status =
        rollup_stream(&rollups, "rollups", "r.spans, r.errors", range, add_requests, &sums, error);
    if (status == STATUS_OK && sums.first_s != INT64_MAX)
        status = rollup_stream(&rollups, "histograms", "r.metric, r.bucket, r.count", range,
                               add_latencies, &sums, error);
    baseline->latency_p95 = quantile_sketch_value(sums.latency, 0.95);
    if (status != STATUS_OK || sums.first_s == INT64_MAX)
        return status;
    baseline->from_ns = sums.first_s * NS_PER_SEC;
    baseline->to_ns = to_s * NS_PER_SEC;
    baseline->requests = sums.requests;
    baseline->errors = sums.errors;
    return STATUS_OK;
}

static enum status read_target(const struct asking *asking, const struct rollup_labels *labels,
                               struct error *error)
{
    const struct rollup_question rollups = rollups_of(asking);
    struct requests sums = {
        .labels = labels,
        .arena = asking->arena,
        .target = bucket_of(asking->question->latency_target_ns),
    };
    enum status status =
        rollup_stream(&rollups, "histograms", "r.metric, r.bucket, r.count",
                      rollup_range(&asking->health->steps, 0), add_latencies, &sums, error);
    asking->health->measured = sums.measured;
    asking->health->over_target = sums.over_target;
    return status;
}

static enum status read_rollups(const struct asking *asking, struct error *error)
{
    const struct rollup_question rollups = rollups_of(asking);
    struct rollup_labels labels;
    enum status status = rollup_labels_read(&rollups, asking->arena, &labels, error);
    if (status == STATUS_OK)
        status = read_baseline(asking, &labels, error);
    if (status == STATUS_OK && asking->question->latency_target_ns)
        status = read_target(asking, &labels, error);
    return status;
}

/* --- from spans ------------------------------------------------------------------------------ */

/* Adds the range and the filters; on failure the statement is gone. */
static enum status where_spans(struct sql *sql, const struct asking *asking, struct error *error)
{
    const struct steps *steps = &asking->health->steps;
    sql_add(sql, " AND s.project = ");
    sql_int(sql, asking->question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, steps->start_s * NS_PER_SEC);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, (steps->start_s + (int64_t)steps->count * steps->step_s) * NS_PER_SEC);
    enum status status = filter_rows(asking->question->filters, asking->query, sql, error);
    if (status != STATUS_OK)
        sql_done(sql);
    return status;
}

/* --- speeds: kept by step while they arrive, then laid side by side -------------------------- */

enum { BLOCK_SPEEDS = 126 };

struct speed_block {
    struct speed_block *next;
    size_t count;
    double speeds[BLOCK_SPEEDS];
};

struct speed_steps {
    const struct steps *steps;
    struct arena *arena;
    struct speed_block **blocks; /* a list a step, the newest first */
    size_t count;                /* of all */
};

static bool keep_speed(struct speed_steps *kept, size_t step, double speed)
{
    struct speed_block *block = kept->blocks[step];
    if (!block || block->count == BLOCK_SPEEDS) {
        block = arena_alloc(kept->arena, sizeof *block);
        if (!block)
            return false;
        block->next = kept->blocks[step];
        block->count = 0;
        kept->blocks[step] = block;
    }
    block->speeds[block->count++] = speed;
    kept->count++;
    return true;
}

static enum status take_speeds(void *context, const int64_t *const *columns, size_t row_count,
                               struct error *error)
{
    enum { C_START, C_TOKENS, C_DURATION };
    struct speed_steps *kept = context;
    for (size_t row = 0; row < row_count; row++) {
        int64_t since_s = columns[C_START][row] / NS_PER_SEC - kept->steps->start_s;
        double speed = (double)columns[C_TOKENS][row] * 1e9 / (double)columns[C_DURATION][row];
        if (!keep_speed(kept, (size_t)(since_s / kept->steps->step_s), speed))
            return fail(error, STATUS_TOO_LARGE, "from: too many calls for one reply");
    }
    return STATUS_OK;
}

/* Of each step, and of the whole range. */
static enum status tell_speeds(const struct asking *asking, const struct speed_steps *kept,
                               struct error *error)
{
    struct health *health = asking->health;
    double *all = arena_alloc(asking->arena, (kept->count + 1) * sizeof *all), *end = all;
    if (!all)
        return fail(error, STATUS_TOO_LARGE, "from: too many calls for one reply");
    for (size_t step = 0; step < health->steps.count; step++) {
        double values[SPEED_QUANTILES], *begin = end;
        for (const struct speed_block *block = kept->blocks[step]; block; block = block->next) {
            memcpy(end, block->speeds, block->count * sizeof *end);
            end += block->count;
        }
        order_quantiles(begin, (size_t)(end - begin), speed_quantiles, SPEED_QUANTILES, values);
        for (size_t q = 0; q < SPEED_QUANTILES; q++)
            health->speed_values[q][step] = values[q];
    }
    order_quantiles(all, kept->count, speed_quantiles, SPEED_QUANTILES, health->speed);
    return STATUS_OK;
}

static enum status read_speed(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct speed_steps kept = {
        .steps = &asking->health->steps,
        .arena = asking->arena,
        .blocks = arena_array(asking->arena, struct speed_block *, asking->health->steps.count),
    };
    if (!kept.blocks)
        return fail(error, STATUS_TOO_LARGE, "from: too many steps for one reply");
    sql_add(&sql,
            "SELECT s.start_ns, s.output_tokens, s.duration_ns FROM spans s WHERE s.kind = %d AND "
            "s.flags & %d = %d AND s.status <> %d AND s.output_tokens > 0 AND s.duration_ns > 0",
            KIND_LLM, OBSERVATION_BILLED | OBSERVATION_BAD_TIME, OBSERVATION_BILLED, SPAN_ERROR);
    enum status status = where_spans(&sql, asking, error);
    if (status == STATUS_OK)
        status = sql_stream_columns(&sql, asking->query, asking->question->cancelled, take_speeds,
                                    &kept, error);
    return status == STATUS_OK ? tell_speeds(asking, &kept, error) : status;
}

/* --- what followed failed calls -------------------------------------------------------------- */

/* Column numbers of the pass over failed calls that were followed by another. */
enum { R_STEP, R_MODEL, R_NEXT_MODEL, R_COUNT, R_RECOVERED };

static bool count_fallback(const struct asking *asking, struct fallback **items, size_t *count,
                           size_t *capacity, const struct store_rows *rows)
{
    struct str from = sql_name(asking->query, store_rows_int(rows, R_MODEL));
    struct str to = sql_name(asking->query, store_rows_int(rows, R_NEXT_MODEL));
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

static void select_step(struct sql *sql, const struct steps *steps)
{
    sql_add(sql, "(s.start_ns // 1000000000 - ");
    sql_int(sql, steps->start_s);
    sql_add(sql, ") // %lld AS step", (long long)steps->step_s);
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
    enum status status = where_spans(&sql, asking, error);
    if (status != STATUS_OK)
        return status;
    sql_add(&sql, ") WHERE next IS NOT NULL GROUP BY 1, 2, 3");
    status = sql_run(&sql, asking->query, asking->question->cancelled, &rows, error);
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
    for (size_t q = 0; q < SPEED_QUANTILES; q++)
        if (!(health->speed_values[q] = arena_array(arena, double, steps)))
            return false;
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
    status = read_rollups(&asking, error);
    if (status == STATUS_OK)
        status = read_speed(&asking, error);
    if (status == STATUS_OK)
        status = read_recovery(&asking, error);
    if (status == STATUS_OK)
        *out_health = health;
    return status;
}
