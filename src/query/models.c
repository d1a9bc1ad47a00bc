/* SPDX-License-Identifier: Apache-2.0 */
/*
 * models: one pass over the rollups for counts, one over the histograms.
 *
 * Bucket rows come sorted by model and step, so a step's percentiles are told from a handful of
 * rows in hand, without a histogram for each model and step.
 */
#include "query/models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/bucket.h"

/* What is kept of a model while it is added up; parallel to the items. */
struct tally {
    int64_t model, provider, answered_tokens, answered_ns;
    struct quantile_sketch *latency, *ttft;
};

/* The buckets of one model, metric and step, in their order. */
struct run {
    size_t index; /* of the model */
    int64_t step;
    bool ttft;
    int32_t buckets[BUCKET_COUNT];
    int64_t counts[BUCKET_COUNT], total;
    size_t count;
};

struct builder {
    const struct query *query;
    const struct models_question *question;
    struct arena *arena;
    struct steps steps;
    struct model_usages out;
    struct tally *tallies;
    size_t capacity, tally_capacity;
    struct run *run;
};

static bool make_values(struct builder *builder, struct model_usage *usage)
{
    size_t steps = builder->out.step_count;
    int64_t **counts[] = {&usage->call_values, &usage->error_values, &usage->throttle_values,
                          &usage->cost_values, &usage->input_values, &usage->output_values};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (!(*counts[i] = arena_array(builder->arena, int64_t, steps)))
            return false;
    double **times[] = {&usage->latency_p50_values, &usage->latency_p95_values,
                        &usage->ttft_p95_values};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (!(*times[i] = arena_array(builder->arena, double, steps)))
            return false;
        for (size_t step = 0; step < steps; step++)
            (*times[i])[step] = NAN;
    }
    return true;
}

static struct str name_of(const struct builder *builder, int64_t id)
{
    return id > 0 ? store_name(builder->query->store, (int32_t)id) : STR_NONE;
}

/* The model's number, or SIZE_MAX when there are too many; `failed` when memory ran out. */
static size_t find(struct builder *builder, int64_t model, int64_t provider, bool *failed)
{
    struct model_usages *out = &builder->out;
    for (size_t i = out->count; i-- > 0;)
        if (builder->tallies[i].model == model && builder->tallies[i].provider == provider)
            return i;
    out->more |= out->count == MODELS_MAX;
    if (out->count == MODELS_MAX)
        return SIZE_MAX;
    if (!arena_grow(builder->arena, &out->items, out->count, &builder->capacity) ||
        !arena_grow(builder->arena, &builder->tallies, out->count, &builder->tally_capacity)) {
        *failed = true;
        return SIZE_MAX;
    }
    struct model_usage *usage = &out->items[out->count];
    builder->tallies[out->count] = (struct tally){.model = model, .provider = provider};
    *usage = (struct model_usage){.model = name_of(builder, model),
                                  .provider = name_of(builder, provider),
                                  .tokens_per_second = NAN};
    *failed = !make_values(builder, usage);
    return *failed ? SIZE_MAX : out->count++;
}

static void select_from(struct sql *sql, const struct builder *builder, const char *table)
{
    const struct steps *steps = &builder->steps;
    sql_add(sql, " FROM %s r JOIN labels l ON r.label = l.id WHERE l.project = ", table);
    sql_int(sql, builder->question->project_id);
    sql_add(sql, " AND r.resolution = %lld AND r.time >= ", (long long)steps->resolution_s);
    sql_int(sql, steps->start_s);
    sql_add(sql, " AND r.time < ");
    sql_int(sql, steps->start_s + (int64_t)steps->count * steps->step_s);
    sql_add(sql, " AND l.kind IN (%d, %d, %d)", KIND_LLM, KIND_EMBEDDING, KIND_RERANKER);
}

static void select_step(struct sql *sql, const struct builder *builder)
{
    sql_add(sql, "(r.time - ");
    sql_int(sql, builder->steps.start_s);
    sql_add(sql, ") // %lld AS step", (long long)builder->steps.step_s);
}

static enum status run_pass(struct builder *builder, struct sql *sql, const char *tail,
                            bool (*add)(struct builder *, const struct store_rows *),
                            struct error *error)
{
    struct store_rows *rows;
    enum status status = filter_labels(builder->question->filters, builder->query, sql, error);
    if (status != STATUS_OK) {
        sql_done(sql);
        return status;
    }
    sql_add(sql, "%s", tail);
    status = sql_run(sql, builder->query, builder->question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows))
        if (!add(builder, rows))
            status = fail(error, STATUS_TOO_LARGE, "there are too many models for one reply");
    store_rows_free(rows);
    return status;
}

/* Column numbers of the counting pass. */
enum {
    C_STEP,
    C_MODEL,
    C_PROVIDER,
    C_ERROR_KIND,
    C_SPANS,
    C_ERRORS,
    C_UNPRICED,
    C_INPUT,
    C_OUTPUT,
    C_CACHE_READ,
    C_CACHE_WRITE,
    C_REASONING,
    C_TOTAL,
    C_COST,
    C_DURATION
};

static void add_totals(struct model_usage *usage, const struct store_rows *rows)
{
    usage->calls += store_rows_int(rows, C_SPANS);
    usage->errors += store_rows_int(rows, C_ERRORS);
    usage->unpriced += store_rows_int(rows, C_UNPRICED);
    usage->input_tokens += store_rows_int(rows, C_INPUT);
    usage->output_tokens += store_rows_int(rows, C_OUTPUT);
    usage->cache_read += store_rows_int(rows, C_CACHE_READ);
    usage->cache_write += store_rows_int(rows, C_CACHE_WRITE);
    usage->reasoning += store_rows_int(rows, C_REASONING);
    usage->total_tokens += store_rows_int(rows, C_TOTAL);
    usage->cost += store_rows_int(rows, C_COST);
}

static bool add_counts(struct builder *builder, const struct store_rows *rows)
{
    bool failed = false;
    size_t step = (size_t)store_rows_int(rows, C_STEP);
    size_t index =
        find(builder, store_rows_int(rows, C_MODEL), store_rows_int(rows, C_PROVIDER), &failed);
    if (index == SIZE_MAX || step >= builder->out.step_count)
        return !failed;
    struct model_usage *usage = &builder->out.items[index];
    int64_t errors = store_rows_int(rows, C_ERRORS), kind = store_rows_int(rows, C_ERROR_KIND);
    if (kind <= ERROR_KIND_NONE || kind >= ERROR_KIND_COUNT)
        kind = ERROR_KIND_UNKNOWN;
    add_totals(usage, rows);
    usage->errors_by_kind[kind] += errors;
    usage->call_values[step] += store_rows_int(rows, C_SPANS);
    usage->error_values[step] += errors;
    usage->throttle_values[step] += kind == ERROR_KIND_THROTTLE ? errors : 0;
    usage->cost_values[step] += store_rows_int(rows, C_COST);
    usage->input_values[step] += store_rows_int(rows, C_INPUT);
    usage->output_values[step] += store_rows_int(rows, C_OUTPUT);
    if (!errors) {
        builder->tallies[index].answered_tokens += store_rows_int(rows, C_OUTPUT);
        builder->tallies[index].answered_ns += store_rows_int(rows, C_DURATION);
    }
    return true;
}

static enum status count_pass(struct builder *builder, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT ");
    select_step(&sql, builder);
    sql_add(&sql, ", l.model, l.provider, l.error_kind, sum(r.spans), sum(r.errors), "
                  "sum(r.unpriced), sum(r.input_tokens), sum(r.output_tokens), "
                  "sum(r.cache_read), sum(r.cache_write), sum(r.reasoning), "
                  "sum(r.total_tokens), sum(r.cost), sum(r.duration_sum)");
    select_from(&sql, builder, "rollups");
    return run_pass(builder, &sql, " GROUP BY 1, 2, 3, 4 HAVING sum(r.spans) > 0", add_counts,
                    error);
}

/* Column numbers of the histogram pass. */
enum { H_STEP, H_MODEL, H_PROVIDER, H_METRIC, H_BUCKET, H_COUNT };

/* Nearest rank, as quantile_sketch_value() has it. */
static double run_value(const struct run *run, double quantile)
{
    int64_t rank = (int64_t)ceil(quantile * (double)run->total), below = 0;
    for (size_t i = 0; i < run->count; i++) {
        below += run->counts[i];
        if (below >= rank)
            return (double)bucket_value(run->buckets[i]);
    }
    return NAN;
}

static void run_end(struct builder *builder)
{
    struct run *run = builder->run;
    if (run->count && run->total > 0 && run->step >= 0 &&
        (size_t)run->step < builder->out.step_count) {
        struct model_usage *usage = &builder->out.items[run->index];
        if (run->ttft) {
            usage->ttft_p95_values[run->step] = run_value(run, 0.95);
        } else {
            usage->latency_p50_values[run->step] = run_value(run, 0.5);
            usage->latency_p95_values[run->step] = run_value(run, 0.95);
        }
    }
    run->count = 0;
    run->total = 0;
}

static bool add_to_total(struct builder *builder, size_t index, bool ttft, int32_t bucket,
                         int64_t count)
{
    struct tally *tally = &builder->tallies[index];
    struct quantile_sketch **sketch = ttft ? &tally->ttft : &tally->latency;
    if (!*sketch)
        *sketch = quantile_sketch_new(builder->arena);
    return *sketch && quantile_sketch_add(*sketch, builder->arena, bucket, count);
}

static bool add_bucket(struct builder *builder, const struct store_rows *rows)
{
    bool failed = false, ttft = store_rows_int(rows, H_METRIC) == 1;
    int64_t step = store_rows_int(rows, H_STEP), count = store_rows_int(rows, H_COUNT);
    int64_t bucket = store_rows_int(rows, H_BUCKET);
    struct run *run = builder->run;
    size_t index =
        find(builder, store_rows_int(rows, H_MODEL), store_rows_int(rows, H_PROVIDER), &failed);
    if (index == SIZE_MAX || bucket < 0 || bucket >= BUCKET_COUNT)
        return !failed;
    if (run->index != index || run->step != step || run->ttft != ttft ||
        run->count == BUCKET_COUNT) {
        run_end(builder);
        run->index = index;
        run->step = step;
        run->ttft = ttft;
    }
    run->buckets[run->count] = (int32_t)bucket;
    run->counts[run->count++] = count;
    run->total += count;
    return add_to_total(builder, index, ttft, (int32_t)bucket, count);
}

static enum status histogram_pass(struct builder *builder, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT ");
    select_step(&sql, builder);
    sql_add(&sql, ", l.model, l.provider, r.metric, r.bucket, sum(r.count)");
    select_from(&sql, builder, "histograms");
    enum status status = run_pass(
        builder, &sql, " GROUP BY 1, 2, 3, 4, 5 HAVING sum(r.count) > 0 ORDER BY 2, 3, 4, 1, 5",
        add_bucket, error);
    run_end(builder);
    return status;
}

static int by_calls(const void *a, const void *b)
{
    const struct model_usage *left = a, *right = b;
    if (left->calls != right->calls)
        return left->calls < right->calls ? 1 : -1;
    int order = str_compare(left->model, right->model);
    return order ? order : str_compare(left->provider, right->provider);
}

static void finish(struct builder *builder)
{
    struct model_usages *out = &builder->out;
    for (size_t i = 0; i < out->count; i++) {
        const struct tally *tally = &builder->tallies[i];
        for (int q = 0; q < OVERVIEW_QUANTILES; q++) {
            out->items[i].latency[q] = quantile_sketch_value(tally->latency, overview_quantiles[q]);
            out->items[i].ttft[q] = quantile_sketch_value(tally->ttft, overview_quantiles[q]);
        }
        if (tally->answered_ns > 0 && tally->answered_tokens > 0)
            out->items[i].tokens_per_second =
                (double)tally->answered_tokens * (double)NS_PER_SEC / (double)tally->answered_ns;
    }
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_calls);
    for (size_t i = builder->question->lines; i < out->count; i++)
        out->items[i].call_values = NULL;
}

enum status query_models(const struct query *query, const struct models_question *question,
                         struct arena *arena, struct model_usages *out_models, struct error *error)
{
    struct builder builder = {.query = query, .question = question, .arena = arena};
    enum status status = rollup_steps(question->range, 0, 0, &builder.steps, error);
    if (status != STATUS_OK)
        return status;
    builder.out.start_ns = builder.steps.start_s * NS_PER_SEC;
    builder.out.step_ns = builder.steps.step_s * NS_PER_SEC;
    builder.out.step_count = builder.steps.count;
    builder.run = arena_new(arena, struct run);
    if (!builder.run)
        return fail(error, STATUS_TOO_LARGE, "there are too many models for one reply");
    status = count_pass(&builder, error);
    if (status == STATUS_OK)
        status = histogram_pass(&builder, error);
    if (status == STATUS_OK) {
        finish(&builder);
        *out_models = builder.out;
    }
    return status;
}

/* --- by size ------------------------------------------------------------------------------- */

static void select_sizes(struct sql *sql, const struct models_question *question, bool of_input)
{
    const char *tokens = of_input ? "s.input_tokens" : "s.output_tokens";
    sql_add(sql,
            "SELECT s.model, s.provider, "
            "least(%d, CAST(floor(log2(%s)) AS INTEGER)) AS size, count(*), "
            "quantile_disc(s.duration_ns, 0.5), quantile_disc(s.duration_ns, 0.95) "
            "FROM spans s WHERE s.project = ",
            SIZE_CLASSES - 1, tokens);
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, question->range.to_ns);
    sql_add(sql, " AND s.kind IN (%d, %d, %d) AND s.status <> %d AND s.flags & %d = 0 AND %s > 0",
            KIND_LLM, KIND_EMBEDDING, KIND_RERANKER, SPAN_ERROR, OBSERVATION_BAD_TIME, tokens);
}

static struct model_sizes *find_sizes(struct model_sizes *sizes, size_t *count, struct str model,
                                      struct str provider)
{
    for (size_t i = 0; i < *count; i++)
        if (sizes[i].model.ptr == model.ptr && sizes[i].provider.ptr == provider.ptr)
            return &sizes[i];
    if (*count == MODELS_MAX)
        return NULL;
    struct model_sizes *added = &sizes[(*count)++];
    *added = (struct model_sizes){.model = model, .provider = provider};
    for (int i = 0; i < SIZE_CLASSES; i++)
        added->p50[i] = added->p95[i] = NAN;
    return added;
}

static int by_total(const void *a, const void *b)
{
    const struct model_sizes *left = a, *right = b;
    if (left->total != right->total)
        return left->total < right->total ? 1 : -1;
    return str_compare(left->model, right->model);
}

enum status query_model_sizes(const struct query *query, const struct models_question *question,
                              bool of_input, struct arena *arena, struct model_sizes **out_sizes,
                              size_t *out_count, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct model_sizes *sizes = arena_array(arena, struct model_sizes, MODELS_MAX);
    size_t count = 0;
    if (!sizes)
        return fail(error, STATUS_TOO_LARGE, "there are too many models for one reply");
    select_sizes(&sql, question, of_input);
    enum status status = filter_rows(question->filters, query, &sql, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    sql_add(&sql, " GROUP BY 1, 2, 3");
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        int64_t model = store_rows_int(rows, 0), provider = store_rows_int(rows, 1);
        int64_t size = store_rows_int(rows, 2);
        struct model_sizes *to = find_sizes(
            sizes, &count, model > 0 ? store_name(query->store, (int32_t)model) : STR_NONE,
            provider > 0 ? store_name(query->store, (int32_t)provider) : STR_NONE);
        if (!to || size < 0 || size >= SIZE_CLASSES)
            continue;
        to->calls[size] = store_rows_int(rows, 3);
        to->p50[size] = store_rows_double(rows, 4);
        to->p95[size] = store_rows_double(rows, 5);
        to->total += to->calls[size];
    }
    store_rows_free(rows);
    if (count)
        qsort(sizes, count, sizeof *sizes, by_total);
    *out_sizes = sizes;
    *out_count = count;
    return STATUS_OK;
}
