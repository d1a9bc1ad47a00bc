/* SPDX-License-Identifier: Apache-2.0 */
/* series: one metric over time, split by one label. */
#include "query/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "query/label_text.h"

static const struct {
    const char *name, *sum; /* over rollups r joined with labels l */
} metrics[METRIC_COUNT_] = {
    [METRIC_REQUESTS] = {"requests", "CASE WHEN l.root THEN r.spans ELSE 0 END"},
    [METRIC_REQUEST_ERRORS] = {"errors", "CASE WHEN l.root THEN r.errors ELSE 0 END"},
    [METRIC_FAILURES] = {"failures",
                         "CASE WHEN l.root OR l.kind IN (1, 2, 4, 5) THEN r.errors ELSE 0 END"},
    [METRIC_SPANS] = {"spans", "r.spans"},
    [METRIC_CALLS] = {"llm_calls", "r.calls"},
    [METRIC_TOKENS] = {"tokens", "r.total_tokens"},
    [METRIC_INPUT_TOKENS] = {"input_tokens", "r.input_tokens"},
    [METRIC_OUTPUT_TOKENS] = {"output_tokens", "r.output_tokens"},
    [METRIC_CACHE_READ_TOKENS] = {"cache_read_tokens", "r.cache_read"},
    [METRIC_REASONING_TOKENS] = {"reasoning_tokens", "r.reasoning"},
    [METRIC_COST] = {"cost", "r.cost"},
    [METRIC_LATENCY] = {"latency", NULL},
    [METRIC_TTFT] = {"ttft", NULL},
};

bool series_metric_parse(struct str name, enum series_metric *out_metric)
{
    for (int i = 0; i < METRIC_COUNT_; i++) {
        if (str_equal(name, str_from(metrics[i].name))) {
            *out_metric = (enum series_metric)i;
            return true;
        }
    }
    return false;
}

/* One value of `by` with what was added up for it. */
struct group {
    int64_t label;
    double total;
    double *values;                    /* sums */
    struct quantile_sketch **sketches; /* histograms, one a step */
};

struct groups {
    struct group *items;
    size_t count, capacity, steps;
};

static struct group *find_group(struct groups *groups, int64_t label, struct arena *arena)
{
    for (size_t i = 0; i < groups->count; i++)
        if (groups->items[i].label == label)
            return &groups->items[i];
    if (!arena_grow(arena, &groups->items, groups->count, &groups->capacity))
        return NULL;
    struct group *group = &groups->items[groups->count];
    *group = (struct group){
        .label = label,
        .values = arena_array(arena, double, groups->steps),
        .sketches = arena_array(arena, struct quantile_sketch *, groups->steps),
    };
    if (!group->values || !group->sketches)
        return NULL;
    groups->count++;
    return group;
}

static bool is_histogram(const struct series_question *question)
{
    return question->metric == METRIC_LATENCY || question->metric == METRIC_TTFT;
}

static void select_range(struct sql *sql, const struct series_question *question,
                         const struct steps *steps, const char *table)
{
    sql_add(sql, " FROM %s r JOIN labels l ON r.label = l.id WHERE l.project = ", table);
    sql_int(sql, question->project_id);
    sql_add(sql, " AND r.resolution = %lld AND r.time >= ", (long long)steps->resolution_s);
    sql_int(sql, steps->start_s);
    sql_add(sql, " AND r.time < ");
    sql_int(sql, steps->start_s + (int64_t)steps->count * steps->step_s);
}

static enum status select_sums(const struct query *query, const struct series_question *question,
                               const struct steps *steps, struct store_rows **out_rows,
                               struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT (r.time - ");
    sql_int(&sql, steps->start_s);
    sql_add(&sql, ") // %lld AS step, %s%s AS key, sum(%s) AS value", (long long)steps->step_s,
            question->by ? "l." : "", question->by ? question->by->label_column : "0",
            metrics[question->metric].sum);
    select_range(&sql, question, steps, "rollups");
    enum status status = filter_labels(question->filters, query, &sql, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    sql_add(&sql, " GROUP BY 1, 2 HAVING sum(%s) <> 0", metrics[question->metric].sum);
    return sql_run(&sql, query, question->cancelled, out_rows, error);
}

static enum status select_buckets(const struct query *query, const struct series_question *question,
                                  const struct steps *steps, struct store_rows **out_rows,
                                  struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT (r.time - ");
    sql_int(&sql, steps->start_s);
    sql_add(&sql, ") // %lld AS step, %s%s AS key, r.bucket, sum(r.count)",
            (long long)steps->step_s, question->by ? "l." : "",
            question->by ? question->by->label_column : "0");
    select_range(&sql, question, steps, "histograms");
    sql_add(&sql, " AND r.metric = %d AND %s", question->metric == METRIC_TTFT ? 1 : 0,
            question->scope == SCOPE_CALLS || question->metric == METRIC_TTFT ? "l.kind = 1"
                                                                              : "l.root");
    enum status status = filter_labels(question->filters, query, &sql, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    sql_add(&sql, " GROUP BY 1, 2, 3");
    return sql_run(&sql, query, question->cancelled, out_rows, error);
}

static bool take_row(const struct series_question *question, const struct store_rows *rows,
                     struct groups *groups, struct arena *arena)
{
    size_t step = (size_t)store_rows_int(rows, 0);
    struct group *group = find_group(groups, store_rows_int(rows, 1), arena);
    if (!group || step >= groups->steps)
        return group != NULL;
    if (!is_histogram(question)) {
        group->values[step] += store_rows_double(rows, 2);
        group->total += store_rows_double(rows, 2);
        return true;
    }
    if (!group->sketches[step])
        group->sketches[step] = quantile_sketch_new(arena);
    group->total += store_rows_double(rows, 3);
    return group->sketches[step] &&
           quantile_sketch_add(group->sketches[step], arena, (int32_t)store_rows_int(rows, 2),
                               store_rows_int(rows, 3));
}

static int by_total(const void *a, const void *b)
{
    const struct group *left = a, *right = b;
    if (left->total != right->total)
        return left->total < right->total ? 1 : -1;
    return (left->label > right->label) - (left->label < right->label);
}

/* What does not fit into SERIES_KEYS_MAX lines is added up; percentiles of the rest are left out.
 */
static void fold_small(struct groups *groups, bool sums)
{
    enum { OTHER = 1 }; /* the name id of "(other)" */
    if (groups->count <= SERIES_KEYS_MAX)
        return;
    struct group *other = &groups->items[SERIES_KEYS_MAX - 1];
    if (sums) {
        for (size_t i = SERIES_KEYS_MAX; i < groups->count; i++)
            for (size_t step = 0; step < groups->steps; step++)
                other->values[step] += groups->items[i].values[step];
        other->label = OTHER;
    }
    groups->count = SERIES_KEYS_MAX;
}

static enum status make_lines(const struct query *query, const struct series_question *question,
                              const struct groups *groups, struct arena *arena,
                              struct series *series)
{
    size_t per_group = is_histogram(question) ? question->quantile_count : 1;
    series->lines = arena_array(arena, struct series_line, groups->count * per_group);
    if (!series->lines)
        return STATUS_TOO_LARGE;
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = &groups->items[i];
        for (size_t q = 0; q < per_group; q++) {
            struct series_line *line = &series->lines[series->line_count++];
            line->key =
                question->by ? label_text(query->store, question->by, group->label) : STR("");
            line->values = group->values;
            if (!is_histogram(question))
                continue;
            line->quantile = question->quantiles[q];
            line->values = arena_array(arena, double, groups->steps);
            if (!line->values)
                return STATUS_TOO_LARGE;
            for (size_t step = 0; step < groups->steps; step++)
                line->values[step] = quantile_sketch_value(group->sketches[step], line->quantile);
        }
    }
    return STATUS_OK;
}

enum status query_series(const struct query *query, const struct series_question *question,
                         struct arena *arena, struct series *out_series, struct error *error)
{
    struct steps steps;
    struct store_rows *rows;
    enum status status = rollup_steps(question->range, question->step_seconds, 0, &steps, error);
    if (status == STATUS_OK)
        status = is_histogram(question) ? select_buckets(query, question, &steps, &rows, error)
                                        : select_sums(query, question, &steps, &rows, error);
    if (status != STATUS_OK)
        return status;
    struct groups groups = {.steps = steps.count};
    while (status == STATUS_OK && store_rows_next(rows))
        if (!take_row(question, rows, &groups, arena))
            status = STATUS_TOO_LARGE;
    store_rows_free(rows);
    struct series series = {.start_ns = steps.start_s * NS_PER_SEC,
                            .step_ns = steps.step_s * NS_PER_SEC,
                            .step_count = steps.count};
    if (status == STATUS_OK) {
        if (groups.count)
            qsort(groups.items, groups.count, sizeof groups.items[0], by_total);
        fold_small(&groups, !is_histogram(question));
        status = make_lines(query, question, &groups, arena, &series);
    }
    if (status != STATUS_OK)
        return fail(error, status, "the chart has too many lines for one reply");
    *out_series = series;
    return STATUS_OK;
}
