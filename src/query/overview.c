/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overview: one pass adds up the counts of the range and of the one before, one pass the
 * histograms.
 *
 * Rows are grouped by the engine to (step, what the panels tell apart) and spread over the panels
 * here, so that every panel is made of the same numbers.
 */
#include "query/overview.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

const double overview_quantiles[OVERVIEW_QUANTILES] = {0.5, 0.9, 0.95, 0.99};

struct model_sketches {
    int64_t model, provider;
    struct quantile_sketch *latency, *ttft;
};

struct builder {
    const struct query *query;
    const struct overview_question *question;
    struct arena *arena;
    struct steps steps;
    struct overview out;
    struct model_sketches *keys; /* parallel to out.models */
    size_t model_capacity, key_count, key_capacity;
    struct quantile_sketch **latency, **ttft; /* a step each */
    struct quantile_sketch *totals[2][3];     /* now and before: latency, ttft, llm latency */
};

/* Rows before the range belong to the equally long one in front of it. */
static void select_both(struct sql *sql, const struct builder *builder, const char *table)
{
    const struct steps *steps = &builder->steps;
    int64_t span = (int64_t)steps->count * steps->step_s;
    sql_add(sql, " FROM %s r JOIN labels l ON r.label = l.id WHERE l.project = ", table);
    sql_int(sql, builder->question->project_id);
    sql_add(sql, " AND r.resolution = %lld AND r.time >= ", (long long)steps->resolution_s);
    sql_int(sql, steps->start_s - span);
    sql_add(sql, " AND r.time < ");
    sql_int(sql, steps->start_s + span);
}

/* The step of a row, or -1 for the range before (whose steps nobody asks for). */
static void select_step(struct sql *sql, const struct builder *builder)
{
    sql_add(sql, "SELECT CASE WHEN r.time < ");
    sql_int(sql, builder->steps.start_s);
    sql_add(sql, " THEN -1 ELSE (r.time - ");
    sql_int(sql, builder->steps.start_s);
    sql_add(sql, ") // %lld END AS step, ", (long long)builder->steps.step_s);
}

static struct overview_model *find_model(struct builder *builder, int64_t model, int64_t provider,
                                         size_t *out_index)
{
    for (size_t i = 0; i < builder->key_count; i++) {
        if (builder->keys[i].model == model && builder->keys[i].provider == provider) {
            *out_index = i;
            return &builder->out.models[i];
        }
    }
    if (!arena_grow(builder->arena, &builder->keys, builder->key_count, &builder->key_capacity) ||
        !arena_grow(builder->arena, &builder->out.models, builder->key_count,
                    &builder->model_capacity))
        return NULL;
    *out_index = builder->key_count;
    builder->keys[builder->key_count] = (struct model_sketches){
        model, provider, quantile_sketch_new(builder->arena), quantile_sketch_new(builder->arena)};
    struct overview_model *added = &builder->out.models[builder->key_count++];
    *added = (struct overview_model){
        .model = store_name(builder->query->store, (int32_t)model),
        .provider = provider > 0 ? store_name(builder->query->store, (int32_t)provider) : STR_NONE,
        .cost_values = arena_array(builder->arena, int64_t, builder->out.step_count),
    };
    builder->out.model_count = builder->key_count;
    return added->cost_values ? added : NULL;
}

/* Column numbers of the counting pass. */
enum {
    C_STEP,
    C_ROOT,
    C_KIND,
    C_ERROR_KIND,
    C_MODEL,
    C_PROVIDER,
    C_SPANS,
    C_ERRORS,
    C_CALLS,
    C_UNPRICED,
    C_INPUT,
    C_OUTPUT,
    C_CACHE_READ,
    C_CACHE_WRITE,
    C_REASONING,
    C_TOTAL,
    C_COST
};

static void add_totals(struct overview_totals *totals, const struct store_rows *rows)
{
    bool root = store_rows_int(rows, C_ROOT) != 0;
    totals->spans += store_rows_int(rows, C_SPANS);
    totals->requests += root ? store_rows_int(rows, C_SPANS) : 0;
    totals->errors += root ? store_rows_int(rows, C_ERRORS) : 0;
    totals->tool_calls +=
        store_rows_int(rows, C_KIND) == KIND_TOOL ? store_rows_int(rows, C_SPANS) : 0;
    totals->llm_calls += store_rows_int(rows, C_CALLS);
    totals->unpriced += store_rows_int(rows, C_UNPRICED);
    totals->input_tokens += store_rows_int(rows, C_INPUT);
    totals->output_tokens += store_rows_int(rows, C_OUTPUT);
    totals->cache_read += store_rows_int(rows, C_CACHE_READ);
    totals->cache_write += store_rows_int(rows, C_CACHE_WRITE);
    totals->reasoning += store_rows_int(rows, C_REASONING);
    totals->total_tokens += store_rows_int(rows, C_TOTAL);
    totals->cost += store_rows_int(rows, C_COST);
}

static bool add_errors(struct builder *builder, const struct store_rows *rows, size_t step)
{
    int64_t errors = store_rows_int(rows, C_ERRORS), kind = store_rows_int(rows, C_ERROR_KIND);
    enum observation_kind of = (enum observation_kind)store_rows_int(rows, C_KIND);
    bool told =
        store_rows_int(rows, C_ROOT) || of == KIND_TOOL || observation_kind_is_model_call(of);
    if (!errors || !told || kind < 0 || kind >= ERROR_KIND_COUNT)
        return true;
    if (kind == ERROR_KIND_NONE)
        kind = ERROR_KIND_UNKNOWN;
    int64_t **values = &builder->out.errors_by_kind[kind];
    if (!*values)
        *values = arena_array(builder->arena, int64_t, builder->out.step_count);
    if (*values)
        (*values)[step] += errors;
    return *values != NULL;
}

static bool add_model(struct builder *builder, const struct store_rows *rows, size_t step)
{
    enum observation_kind kind = (enum observation_kind)store_rows_int(rows, C_KIND);
    int64_t name = store_rows_int(rows, C_MODEL);
    if (!observation_kind_is_model_call(kind) || name <= 0)
        return true;
    size_t index;
    struct overview_model *model =
        find_model(builder, name, store_rows_int(rows, C_PROVIDER), &index);
    if (!model)
        return false;
    model->calls += store_rows_int(rows, C_SPANS);
    model->errors += store_rows_int(rows, C_ERRORS);
    model->input_tokens += store_rows_int(rows, C_INPUT);
    model->output_tokens += store_rows_int(rows, C_OUTPUT);
    model->cost += store_rows_int(rows, C_COST);
    model->unpriced += store_rows_int(rows, C_UNPRICED);
    model->cost_values[step] += store_rows_int(rows, C_COST);
    return true;
}

static bool add_counts(struct builder *builder, const struct store_rows *rows)
{
    struct overview *out = &builder->out;
    int64_t at = store_rows_int(rows, C_STEP);
    if (at < 0) {
        add_totals(&out->previous, rows);
        return true;
    }
    size_t step = (size_t)at;
    if (step >= out->step_count)
        return true;
    add_totals(&out->totals, rows);
    if (store_rows_int(rows, C_ROOT)) {
        out->requests[step] += store_rows_int(rows, C_SPANS);
        out->errors[step] += store_rows_int(rows, C_ERRORS);
    }
    out->llm_calls[step] += store_rows_int(rows, C_CALLS);
    out->cost[step] += store_rows_int(rows, C_COST);
    out->input_tokens[step] += store_rows_int(rows, C_INPUT);
    out->output_tokens[step] += store_rows_int(rows, C_OUTPUT);
    out->cache_read[step] += store_rows_int(rows, C_CACHE_READ);
    out->reasoning[step] += store_rows_int(rows, C_REASONING);
    return add_errors(builder, rows, step) && add_model(builder, rows, step);
}

static enum status run_pass(struct builder *builder, struct sql *sql,
                            bool (*add)(struct builder *, const struct store_rows *),
                            const char *group_by, struct error *error)
{
    struct store_rows *rows;
    enum status status = filter_labels(builder->question->filters, builder->query, sql, error);
    if (status != STATUS_OK) {
        sql_done(sql);
        return status;
    }
    sql_add(sql, "%s", group_by);
    status = sql_run(sql, builder->query, builder->question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows))
        if (!add(builder, rows))
            status = fail(error, STATUS_TOO_LARGE, "the overview is too large for one reply");
    store_rows_free(rows);
    return status;
}

static enum status count_pass(struct builder *builder, struct error *error)
{
    struct sql sql = {0};
    select_step(&sql, builder);
    sql_add(&sql, "l.root, l.kind, l.error_kind, l.model, l.provider, sum(r.spans), sum(r.errors), "
                  "sum(r.calls), sum(r.unpriced), sum(r.input_tokens), sum(r.output_tokens), "
                  "sum(r.cache_read), sum(r.cache_write), sum(r.reasoning), sum(r.total_tokens), "
                  "sum(r.cost)");
    select_both(&sql, builder, "rollups");
    return run_pass(builder, &sql, add_counts, " GROUP BY 1, 2, 3, 4, 5, 6", error);
}

/* Column numbers of the histogram pass. */
enum { H_STEP, H_ROOT, H_MODEL_CALL, H_MODEL, H_PROVIDER, H_METRIC, H_BUCKET, H_COUNT };

static bool add_to(struct quantile_sketch **sketch, struct arena *arena,
                   const struct store_rows *rows)
{
    if (!*sketch)
        *sketch = quantile_sketch_new(arena);
    return *sketch && quantile_sketch_add(*sketch, arena, (int32_t)store_rows_int(rows, H_BUCKET),
                                          store_rows_int(rows, H_COUNT));
}

static bool add_buckets(struct builder *builder, const struct store_rows *rows)
{
    int64_t at = store_rows_int(rows, H_STEP), model = store_rows_int(rows, H_MODEL);
    bool before = at < 0, root = store_rows_int(rows, H_ROOT) != 0;
    bool model_call = store_rows_int(rows, H_MODEL_CALL) != 0;
    bool ttft = store_rows_int(rows, H_METRIC) == 1;
    size_t step = before ? 0 : (size_t)at, index;
    if (step >= builder->out.step_count)
        return true;
    bool fine = true;
    if (root && !ttft)
        fine = add_to(&builder->totals[before][0], builder->arena, rows) &&
               (before || add_to(&builder->latency[step], builder->arena, rows));
    if (ttft && model_call)
        fine = fine && add_to(&builder->totals[before][1], builder->arena, rows) &&
               (before || add_to(&builder->ttft[step], builder->arena, rows));
    if (!ttft && model_call)
        fine = fine && add_to(&builder->totals[before][2], builder->arena, rows);
    if (fine && !before && model_call && model > 0) {
        fine = find_model(builder, model, store_rows_int(rows, H_PROVIDER), &index) != NULL;
        fine = fine && add_to(ttft ? &builder->keys[index].ttft : &builder->keys[index].latency,
                              builder->arena, rows);
    }
    return fine;
}

static enum status histogram_pass(struct builder *builder, struct error *error)
{
    struct sql sql = {0};
    select_step(&sql, builder);
    sql_add(&sql,
            "l.root, l.kind IN (%d, %d, %d), l.model, l.provider, r.metric, r.bucket, "
            "sum(r.count)",
            KIND_LLM, KIND_EMBEDDING, KIND_RERANKER);
    select_both(&sql, builder, "histograms");
    sql_add(&sql, " AND (l.root OR l.kind IN (%d, %d, %d))", KIND_LLM, KIND_EMBEDDING,
            KIND_RERANKER);
    return run_pass(builder, &sql, add_buckets, " GROUP BY 1, 2, 3, 4, 5, 6, 7", error);
}

static void read_quantiles(const struct quantile_sketch *sketch, double out[OVERVIEW_QUANTILES])
{
    for (int q = 0; q < OVERVIEW_QUANTILES; q++)
        out[q] = quantile_sketch_value(sketch, overview_quantiles[q]);
}

static bool make_arrays(struct builder *builder)
{
    struct overview *out = &builder->out;
    size_t steps = out->step_count;
    int64_t **counts[] = {&out->requests,   &out->errors,       &out->llm_calls,
                          &out->cost,       &out->input_tokens, &out->output_tokens,
                          &out->cache_read, &out->reasoning};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (!(*counts[i] = arena_array(builder->arena, int64_t, steps)))
            return false;
    for (int q = 0; q < OVERVIEW_QUANTILES; q++)
        if (!(out->latency[q] = arena_array(builder->arena, double, steps)) ||
            !(out->ttft[q] = arena_array(builder->arena, double, steps)))
            return false;
    builder->latency = arena_array(builder->arena, struct quantile_sketch *, steps);
    builder->ttft = arena_array(builder->arena, struct quantile_sketch *, steps);
    return builder->latency && builder->ttft;
}

static int by_calls(const void *a, const void *b)
{
    const struct overview_model *left = a, *right = b;
    if (left->calls != right->calls)
        return left->calls < right->calls ? 1 : -1;
    return str_compare(left->model, right->model);
}

static void finish(struct builder *builder)
{
    struct overview *out = &builder->out;
    struct overview_totals *both[2] = {&out->totals, &out->previous};
    for (int before = 0; before < 2; before++) {
        read_quantiles(builder->totals[before][0], both[before]->latency);
        read_quantiles(builder->totals[before][1], both[before]->ttft);
        read_quantiles(builder->totals[before][2], both[before]->llm_latency);
    }
    for (size_t step = 0; step < out->step_count; step++) {
        for (int q = 0; q < OVERVIEW_QUANTILES; q++) {
            out->latency[q][step] =
                quantile_sketch_value(builder->latency[step], overview_quantiles[q]);
            out->ttft[q][step] = quantile_sketch_value(builder->ttft[step], overview_quantiles[q]);
        }
    }
    for (size_t i = 0; i < out->model_count; i++) {
        read_quantiles(builder->keys[i].latency, out->models[i].latency);
        read_quantiles(builder->keys[i].ttft, out->models[i].ttft);
    }
    if (out->model_count)
        qsort(out->models, out->model_count, sizeof out->models[0], by_calls);
    if (out->model_count > OVERVIEW_MODELS_MAX)
        out->model_count = OVERVIEW_MODELS_MAX;
}

enum status query_overview(const struct query *query, const struct overview_question *question,
                           struct arena *arena, struct overview *out_overview, struct error *error)
{
    struct builder builder = {.query = query, .question = question, .arena = arena};
    enum status status = series_steps(question->range, 0, &builder.steps, error);
    if (status != STATUS_OK)
        return status;
    builder.out.start_ns = builder.steps.start_s * NS_PER_SEC;
    builder.out.step_ns = builder.steps.step_s * NS_PER_SEC;
    builder.out.step_count = builder.steps.count;
    if (!make_arrays(&builder))
        return fail(error, STATUS_TOO_LARGE, "the overview is too large for one reply");
    status = count_pass(&builder, error);
    if (status == STATUS_OK)
        status = histogram_pass(&builder, error);
    if (status == STATUS_OK) {
        finish(&builder);
        *out_overview = builder.out;
    }
    return status;
}
