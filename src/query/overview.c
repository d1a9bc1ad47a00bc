/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overview: one pass adds up the counts of the range and of the one before, one pass the
 * histograms.
 *
 * Each row of the rollups comes as it is and is spread over the panels here, so that every panel is
 * made of the same numbers and the engine need not group what has nearly as many groups as rows.
 */
#include "query/overview.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/sum.h"
#include "query/rollup_scan.h"

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
    struct rollup_labels labels; /* place: the index of the model + 1, 0 as long as it has none */
    struct overview out;
    struct model_sketches *keys; /* parallel to out.models */
    size_t model_capacity, key_count, key_capacity;
    struct quantile_sketch **latency, **ttft; /* a step each */
    struct quantile_sketch *totals[2][3];     /* now and before: latency, ttft, llm latency */
};

static bool find_model(struct builder *builder, int32_t model, int32_t provider, size_t *out_index)
{
    for (size_t i = 0; i < builder->key_count; i++) {
        if (builder->keys[i].model == model && builder->keys[i].provider == provider) {
            *out_index = i;
            return true;
        }
    }
    if (!arena_grow(builder->arena, &builder->keys, builder->key_count, &builder->key_capacity) ||
        !arena_grow(builder->arena, &builder->out.models, builder->key_count,
                    &builder->model_capacity))
        return false;
    *out_index = builder->key_count;
    builder->keys[builder->key_count] = (struct model_sketches){model, provider, NULL, NULL};
    struct overview_model *added = &builder->out.models[builder->key_count++];
    *added = (struct overview_model){
        .model = store_name(builder->query->store, model),
        .provider = provider > 0 ? store_name(builder->query->store, provider) : STR_NONE,
        .cost_values = arena_array(builder->arena, int64_t, builder->out.step_count),
    };
    return added->cost_values != NULL;
}

/* Labels that differ in what the table of models does not show share a row of it. False: no memory.
 */
static bool place_label(struct builder *builder, struct rollup_label *label)
{
    size_t index;
    if (label->place || !label->model_call || label->model <= 0)
        return true;
    if (!find_model(builder, label->model, label->provider, &index))
        return false;
    label->place = index + 1;
    return true;
}

/* The step of a row; -1: it belongs to the equally long range in front, whose steps nobody asks
 * for. */
static int64_t step_of(const struct builder *builder, int64_t time_s)
{
    int64_t since = time_s - builder->steps.start_s;
    return since < 0 ? -1 : since / builder->steps.step_s;
}

/* Column numbers of the counting pass. */
enum {
    C_TIME = ROLLUP_TIME,
    C_LABEL = ROLLUP_LABEL,
    C_SPANS = ROLLUP_FIRST,
    C_ERRORS,
    C_CALLS,
    C_UNPRICED,
    C_INPUT,
    C_OUTPUT,
    C_CACHE_READ,
    C_CACHE_WRITE,
    C_REASONING,
    C_TOTAL,
    C_COST,
    C_COUNT
};

static void add_totals(struct overview_totals *totals, const struct rollup_label *label,
                       const int64_t value[C_COUNT])
{
    sum_add(&totals->spans, value[C_SPANS]);
    sum_add(&totals->requests, label->root ? value[C_SPANS] : 0);
    sum_add(&totals->errors, label->root ? value[C_ERRORS] : 0);
    sum_add(&totals->tool_calls, label->kind == KIND_TOOL ? value[C_SPANS] : 0);
    sum_add(&totals->llm_calls, value[C_CALLS]);
    sum_add(&totals->unpriced, value[C_UNPRICED]);
    sum_add(&totals->input_tokens, value[C_INPUT]);
    sum_add(&totals->output_tokens, value[C_OUTPUT]);
    sum_add(&totals->cache_read, value[C_CACHE_READ]);
    sum_add(&totals->cache_write, value[C_CACHE_WRITE]);
    sum_add(&totals->reasoning, value[C_REASONING]);
    sum_add(&totals->total_tokens, value[C_TOTAL]);
    sum_add(&totals->cost, value[C_COST]);
}

static bool add_errors(struct builder *builder, const struct rollup_label *label, int64_t errors,
                       size_t step)
{
    bool told = label->root || label->kind == KIND_TOOL || label->model_call;
    if (!errors || !told || label->error_kind >= ERROR_KIND_COUNT)
        return true;
    int kind = label->error_kind == ERROR_KIND_NONE ? ERROR_KIND_UNKNOWN : label->error_kind;
    int64_t **values = &builder->out.errors_by_kind[kind];
    if (!*values)
        *values = arena_array(builder->arena, int64_t, builder->out.step_count);
    if (*values)
        sum_add(&(*values)[step], errors);
    return *values != NULL;
}

static void add_model(struct overview_model *model, const int64_t value[C_COUNT], size_t step)
{
    sum_add(&model->calls, value[C_SPANS]);
    sum_add(&model->errors, value[C_ERRORS]);
    sum_add(&model->input_tokens, value[C_INPUT]);
    sum_add(&model->output_tokens, value[C_OUTPUT]);
    sum_add(&model->cost, value[C_COST]);
    sum_add(&model->unpriced, value[C_UNPRICED]);
    sum_add(&model->cost_values[step], value[C_COST]);
}

static void add_step(struct overview *out, const struct rollup_label *label,
                     const int64_t value[C_COUNT], size_t step)
{
    if (label->root) {
        sum_add(&out->requests[step], value[C_SPANS]);
        sum_add(&out->errors[step], value[C_ERRORS]);
    }
    sum_add(&out->llm_calls[step], value[C_CALLS]);
    sum_add(&out->cost[step], value[C_COST]);
    sum_add(&out->input_tokens[step], value[C_INPUT]);
    sum_add(&out->output_tokens[step], value[C_OUTPUT]);
    sum_add(&out->cache_read[step], value[C_CACHE_READ]);
    sum_add(&out->reasoning[step], value[C_REASONING]);
}

static enum status too_large(struct error *error)
{
    return fail(error, STATUS_TOO_LARGE, "the overview is too large for one reply");
}

static bool add_row(struct builder *builder, const int64_t value[C_COUNT])
{
    struct overview *out = &builder->out;
    struct rollup_label *label = rollup_label_at(&builder->labels, value[C_LABEL]);
    if (!label)
        return true;
    int64_t step = step_of(builder, value[C_TIME]);
    add_totals(step < 0 ? &out->previous : &out->totals, label, value);
    if (step < 0)
        return true;
    add_step(out, label, value, (size_t)step);
    if (!add_errors(builder, label, value[C_ERRORS], (size_t)step) || !place_label(builder, label))
        return false;
    if (label->place)
        add_model(&out->models[label->place - 1], value, (size_t)step);
    return true;
}

static enum status add_counts(void *context, const int64_t *const *columns, size_t row_count,
                              struct error *error)
{
    for (size_t row = 0; row < row_count; row++) {
        int64_t value[C_COUNT];
        for (size_t i = 0; i < C_COUNT; i++)
            value[i] = columns[i][row];
        if (!add_row(context, value))
            return too_large(error);
    }
    return STATUS_OK;
}

/* Column numbers of the histogram pass. */
enum { H_TIME, H_LABEL, H_METRIC, H_BUCKET, H_COUNT };

struct bucket {
    int32_t number;
    int64_t count;
};

static bool add_bucket(struct builder *builder, struct rollup_label *label, int64_t step, bool ttft,
                       struct bucket bucket)
{
    struct arena *arena = builder->arena;
    bool before = step < 0, fine = true;
    struct quantile_sketch **totals = builder->totals[before];
    if (label->root && !ttft)
        fine = quantile_sketch_add(&totals[0], arena, bucket.number, bucket.count) &&
               (before ||
                quantile_sketch_add(&builder->latency[step], arena, bucket.number, bucket.count));
    if (ttft && label->model_call)
        fine = fine && quantile_sketch_add(&totals[1], arena, bucket.number, bucket.count) &&
               (before ||
                quantile_sketch_add(&builder->ttft[step], arena, bucket.number, bucket.count));
    if (!ttft && label->model_call)
        fine = fine && quantile_sketch_add(&totals[2], arena, bucket.number, bucket.count);
    if (before || !fine)
        return fine;
    if (!place_label(builder, label))
        return false;
    if (!label->place)
        return true;
    struct model_sketches *model = &builder->keys[label->place - 1];
    return quantile_sketch_add(ttft ? &model->ttft : &model->latency, arena, bucket.number,
                               bucket.count);
}

static enum status add_buckets(void *context, const int64_t *const *columns, size_t row_count,
                               struct error *error)
{
    struct builder *builder = context;
    for (size_t row = 0; row < row_count; row++) {
        struct rollup_label *label = rollup_label_at(&builder->labels, columns[H_LABEL][row]);
        struct bucket bucket = {(int32_t)columns[H_BUCKET][row], columns[H_COUNT][row]};
        if (label && (label->root || label->model_call) &&
            !add_bucket(builder, label, step_of(builder, columns[H_TIME][row]),
                        columns[H_METRIC][row] == 1, bucket))
            return too_large(error);
    }
    return STATUS_OK;
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
    for (size_t i = 0; i < builder->key_count; i++) {
        read_quantiles(builder->keys[i].latency, out->models[i].latency);
        read_quantiles(builder->keys[i].ttft, out->models[i].ttft);
    }
    out->model_count = builder->key_count;
    if (out->model_count)
        qsort(out->models, out->model_count, sizeof out->models[0], by_calls);
    if (out->model_count > OVERVIEW_MODELS_MAX)
        out->model_count = OVERVIEW_MODELS_MAX;
}

enum status query_overview(const struct query *query, const struct overview_question *question,
                           struct arena *arena, struct overview *out_overview, struct error *error)
{
    struct builder builder = {.query = query, .question = question, .arena = arena};
    enum status status = rollup_steps(question->range, 0, 1, &builder.steps, error);
    if (status != STATUS_OK)
        return status;
    builder.out.start_ns = builder.steps.start_s * NS_PER_SEC;
    builder.out.step_ns = builder.steps.step_s * NS_PER_SEC;
    builder.out.step_count = builder.steps.count;
    if (!make_arrays(&builder))
        return too_large(error);
    const struct rollup_question rollups = {
        .query = query,
        .project_id = question->project_id,
        .filters = question->filters,
        .cancelled = question->cancelled,
    };
    const struct rollup_range both = rollup_range(&builder.steps, 1);
    status = rollup_labels_read(&rollups, arena, &builder.labels, error);
    if (status == STATUS_OK)
        status = rollup_stream(&rollups, "rollups",
                               "r.spans, r.errors, r.calls, r.unpriced, r.input_tokens, "
                               "r.output_tokens, r.cache_read, r.cache_write, r.reasoning, "
                               "r.total_tokens, r.cost",
                               both, add_counts, &builder, error);
    if (status == STATUS_OK)
        status = rollup_stream(&rollups, "histograms", "r.metric, r.bucket, r.count", both,
                               add_buckets, &builder, error);
    if (status == STATUS_OK) {
        finish(&builder);
        *out_overview = builder.out;
    }
    return status;
}
