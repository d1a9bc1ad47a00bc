/* SPDX-License-Identifier: Apache-2.0 */
/*
 * models: one pass over the rollups for counts, one over the histograms.
 *
 * Rows come as they are and are added up here (rollup_scan.h). Who is called most is known after
 * the first pass, so that only those models get a histogram for each step in the second.
 */
#include "query/models.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/sum.h"
#include "query/rollup_scan.h"

/* A model while it is added up. */
struct entry {
    struct model_usage usage; /* first: entries are sorted by it */
    int32_t model, provider;
    int64_t answered_tokens, answered_ns;
    struct quantile_sketch *latency, *ttft;               /* of the whole range */
    struct quantile_sketch **latency_steps, **ttft_steps; /* NULL: no values over time */
};

struct builder {
    const struct query *query;
    const struct models_question *question;
    struct arena *arena;
    struct steps steps;
    struct rollup_labels labels; /* place: the index of the entry + 1, 0 as long as it has none */
    struct entry *entries;
    size_t count, capacity;
    bool more;
};

static enum status too_large(struct error *error)
{
    return fail(error, STATUS_TOO_LARGE, "there are too many models for one reply");
}

/* --- counts ---------------------------------------------------------------------------------- */

static bool make_counts(struct builder *builder, struct model_usage *usage)
{
    int64_t **counts[] = {&usage->call_values, &usage->error_values, &usage->throttle_values,
                          &usage->cost_values, &usage->input_values, &usage->output_values};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (!(*counts[i] = arena_array(builder->arena, int64_t, builder->steps.count)))
            return false;
    return true;
}

static bool add_entry(struct builder *builder, const struct rollup_label *label)
{
    if (!arena_grow(builder->arena, &builder->entries, builder->count, &builder->capacity))
        return false;
    struct entry *entry = &builder->entries[builder->count++];
    *entry = (struct entry){
        .usage = {.model = sql_name(builder->query, label->model),
                  .provider = sql_name(builder->query, label->provider),
                  .tokens_per_second = (double)NAN},
        .model = label->model,
        .provider = label->provider,
    };
    return make_counts(builder, &entry->usage);
}

static size_t find_entry(const struct builder *builder, const struct rollup_label *label)
{
    size_t i = 0;
    while (i < builder->count && (builder->entries[i].model != label->model ||
                                  builder->entries[i].provider != label->provider))
        i++;
    return i;
}

/* Labels that differ in more than model and provider share an entry; without a place are those
 * beyond MODELS_MAX. False: no memory. */
static bool place_label(struct builder *builder, struct rollup_label *label)
{
    if (label->place)
        return true;
    size_t at = find_entry(builder, label);
    if (at == MODELS_MAX) {
        builder->more = true;
        return true;
    }
    if (at == builder->count && !add_entry(builder, label))
        return false;
    label->place = at + 1;
    return true;
}

/* Column numbers of the counting pass. */
enum {
    C_TIME = ROLLUP_TIME,
    C_LABEL = ROLLUP_LABEL,
    C_SPANS = ROLLUP_FIRST,
    C_ERRORS,
    C_UNPRICED,
    C_INPUT,
    C_OUTPUT,
    C_CACHE_READ,
    C_CACHE_WRITE,
    C_REASONING,
    C_TOTAL,
    C_COST,
    C_DURATION,
    C_COUNT
};
static const char counted[] = "r.spans, r.errors, r.unpriced, r.input_tokens, r.output_tokens, "
                              "r.cache_read, r.cache_write, r.reasoning, r.total_tokens, r.cost, "
                              "r.duration_sum";

static void add_totals(struct model_usage *usage, const int64_t value[C_COUNT])
{
    sum_add(&usage->calls, value[C_SPANS]);
    sum_add(&usage->errors, value[C_ERRORS]);
    sum_add(&usage->unpriced, value[C_UNPRICED]);
    sum_add(&usage->input_tokens, value[C_INPUT]);
    sum_add(&usage->output_tokens, value[C_OUTPUT]);
    sum_add(&usage->cache_read, value[C_CACHE_READ]);
    sum_add(&usage->cache_write, value[C_CACHE_WRITE]);
    sum_add(&usage->reasoning, value[C_REASONING]);
    sum_add(&usage->total_tokens, value[C_TOTAL]);
    sum_add(&usage->cost, value[C_COST]);
}

static void add_step(struct model_usage *usage, const struct rollup_label *label,
                     const int64_t value[C_COUNT], size_t step)
{
    bool throttled = label->error_kind == ERROR_KIND_THROTTLE;
    sum_add(&usage->call_values[step], value[C_SPANS]);
    sum_add(&usage->error_values[step], value[C_ERRORS]);
    sum_add(&usage->throttle_values[step], throttled ? value[C_ERRORS] : 0);
    sum_add(&usage->cost_values[step], value[C_COST]);
    sum_add(&usage->input_values[step], value[C_INPUT]);
    sum_add(&usage->output_values[step], value[C_OUTPUT]);
}

static size_t step_of(const struct builder *builder, int64_t time_s)
{
    return (size_t)((time_s - builder->steps.start_s) / builder->steps.step_s);
}

static bool add_row(struct builder *builder, const int64_t value[C_COUNT])
{
    struct rollup_label *label = rollup_label_at(&builder->labels, value[C_LABEL]);
    if (!label || !label->model_call)
        return true;
    if (!place_label(builder, label))
        return false;
    if (!label->place)
        return true;
    struct entry *entry = &builder->entries[label->place - 1];
    bool known_kind = label->error_kind > ERROR_KIND_NONE && label->error_kind < ERROR_KIND_COUNT;
    int kind = known_kind ? label->error_kind : ERROR_KIND_UNKNOWN;
    add_totals(&entry->usage, value);
    sum_add(&entry->usage.errors_by_kind[kind], value[C_ERRORS]);
    add_step(&entry->usage, label, value, step_of(builder, value[C_TIME]));
    if (!value[C_ERRORS]) {
        sum_add(&entry->answered_tokens, value[C_OUTPUT]);
        sum_add(&entry->answered_ns, value[C_DURATION]);
    }
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

/* --- in between: who is called most ---------------------------------------------------------- */

static int by_calls(const void *a, const void *b)
{
    const struct model_usage *left = a, *right = b;
    if (left->calls != right->calls)
        return left->calls < right->calls ? 1 : -1;
    int order = str_compare(left->model, right->model);
    return order ? order : str_compare(left->provider, right->provider);
}

static bool make_times(struct builder *builder, struct entry *entry)
{
    size_t steps = builder->steps.count;
    double **times[] = {&entry->usage.latency_p50_values, &entry->usage.latency_p95_values,
                        &entry->usage.ttft_p95_values};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (!(*times[i] = arena_array(builder->arena, double, steps)))
            return false;
    entry->latency_steps = arena_array(builder->arena, struct quantile_sketch *, steps);
    entry->ttft_steps = arena_array(builder->arena, struct quantile_sketch *, steps);
    return entry->latency_steps && entry->ttft_steps;
}

/* False: no memory. */
static bool rank_entries(struct builder *builder)
{
    if (builder->count)
        qsort(builder->entries, builder->count, sizeof *builder->entries, by_calls);
    /* Of spans that were all superseded a count of nothing is left. */
    while (builder->count && builder->entries[builder->count - 1].usage.calls <= 0)
        builder->count--;
    for (size_t i = 0; i < builder->labels.count; i++) {
        struct rollup_label *label = &builder->labels.items[i];
        size_t at = label->place ? find_entry(builder, label) : builder->count;
        label->place = at < builder->count ? at + 1 : 0;
    }
    for (size_t i = 0; i < builder->count; i++) {
        struct entry *entry = &builder->entries[i];
        if (i >= builder->question->lines)
            entry->usage.call_values = NULL;
        else if (!make_times(builder, entry))
            return false;
    }
    return true;
}

/* --- histograms ------------------------------------------------------------------------------ */

/* Column numbers of the histogram pass. */
enum { H_TIME = ROLLUP_TIME, H_LABEL = ROLLUP_LABEL, H_METRIC = ROLLUP_FIRST, H_BUCKET, H_COUNT };

static bool add_bucket(struct builder *builder, struct entry *entry, bool ttft, size_t step,
                       int32_t bucket, int64_t count)
{
    struct quantile_sketch **all = ttft ? &entry->ttft : &entry->latency;
    struct quantile_sketch **steps = ttft ? entry->ttft_steps : entry->latency_steps;
    return quantile_sketch_add(all, builder->arena, bucket, count) &&
           (!steps || quantile_sketch_add(&steps[step], builder->arena, bucket, count));
}

static enum status add_buckets(void *context, const int64_t *const *columns, size_t row_count,
                               struct error *error)
{
    struct builder *builder = context;
    for (size_t row = 0; row < row_count; row++) {
        const struct rollup_label *label = rollup_label_at(&builder->labels, columns[H_LABEL][row]);
        if (label && label->place &&
            !add_bucket(builder, &builder->entries[label->place - 1], columns[H_METRIC][row] == 1,
                        step_of(builder, columns[H_TIME][row]), (int32_t)columns[H_BUCKET][row],
                        columns[H_COUNT][row]))
            return too_large(error);
    }
    return STATUS_OK;
}

static void finish_entry(const struct builder *builder, struct entry *entry)
{
    struct model_usage *usage = &entry->usage;
    for (int q = 0; q < OVERVIEW_QUANTILES; q++) {
        usage->latency[q] = quantile_sketch_value(entry->latency, overview_quantiles[q]);
        usage->ttft[q] = quantile_sketch_value(entry->ttft, overview_quantiles[q]);
    }
    for (size_t i = 0; entry->latency_steps && i < builder->steps.count; i++) {
        usage->latency_p50_values[i] = quantile_sketch_value(entry->latency_steps[i], 0.5);
        usage->latency_p95_values[i] = quantile_sketch_value(entry->latency_steps[i], 0.95);
        usage->ttft_p95_values[i] = quantile_sketch_value(entry->ttft_steps[i], 0.95);
    }
    if (entry->answered_ns > 0 && entry->answered_tokens > 0)
        usage->tokens_per_second =
            (double)entry->answered_tokens * (double)NS_PER_SEC / (double)entry->answered_ns;
}

static enum status finish(struct builder *builder, struct model_usages *out, struct error *error)
{
    *out = (struct model_usages){
        .start_ns = builder->steps.start_s * NS_PER_SEC,
        .step_ns = builder->steps.step_s * NS_PER_SEC,
        .step_count = builder->steps.count,
        .items = arena_array(builder->arena, struct model_usage, builder->count),
        .more = builder->more,
    };
    if (!out->items)
        return too_large(error);
    for (; out->count < builder->count; out->count++) {
        finish_entry(builder, &builder->entries[out->count]);
        out->items[out->count] = builder->entries[out->count].usage;
    }
    return STATUS_OK;
}

enum status query_models(const struct query *query, const struct models_question *question,
                         struct arena *arena, struct model_usages *out_models, struct error *error)
{
    struct builder builder = {.query = query, .question = question, .arena = arena};
    const struct rollup_question rollups = {
        .query = query,
        .project_id = question->project_id,
        .filters = question->filters,
        .cancelled = question->cancelled,
    };
    enum status status = rollup_steps(question->range, 0, 0, &builder.steps, error);
    if (status == STATUS_OK)
        status = rollup_labels_read(&rollups, arena, &builder.labels, error);
    if (status != STATUS_OK)
        return status;
    const struct rollup_range range = rollup_range(&builder.steps, 0);
    status = rollup_stream(&rollups, "rollups", counted, range, add_counts, &builder, error);
    if (status == STATUS_OK && !rank_entries(&builder))
        status = too_large(error);
    if (status == STATUS_OK)
        status = rollup_stream(&rollups, "histograms", "r.metric, r.bucket, r.count", range,
                               add_buckets, &builder, error);
    return status == STATUS_OK ? finish(&builder, out_models, error) : status;
}
