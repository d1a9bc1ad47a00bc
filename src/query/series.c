/* SPDX-License-Identifier: Apache-2.0 */
/* series: one metric over time, split by one label; rows of the rollups are added up here. */
#include "query/series.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/sum.h"
#include "query/label_text.h"
#include "query/rollup_scan.h"

enum counted_labels { OF_ALL, OF_ROOTS, OF_WORK };

static const struct {
    const char *name, *column; /* of rollups r; NULL: from histograms */
    enum counted_labels of;
} metrics[METRIC_COUNT_] = {
    [METRIC_REQUESTS] = {"requests", "r.spans", OF_ROOTS},
    [METRIC_REQUEST_ERRORS] = {"errors", "r.errors", OF_ROOTS},
    [METRIC_FAILURES] = {"failures", "r.errors", OF_WORK},
    [METRIC_SPANS] = {"spans", "r.spans", OF_ALL},
    [METRIC_CALLS] = {"llm_calls", "r.calls", OF_ALL},
    [METRIC_TOKENS] = {"tokens", "r.total_tokens", OF_ALL},
    [METRIC_INPUT_TOKENS] = {"input_tokens", "r.input_tokens", OF_ALL},
    [METRIC_OUTPUT_TOKENS] = {"output_tokens", "r.output_tokens", OF_ALL},
    [METRIC_CACHE_READ_TOKENS] = {"cache_read_tokens", "r.cache_read", OF_ALL},
    [METRIC_REASONING_TOKENS] = {"reasoning_tokens", "r.reasoning", OF_ALL},
    [METRIC_COST] = {"cost", "r.cost", OF_ALL},
    [METRIC_LATENCY] = {"latency", NULL, OF_ROOTS},
    [METRIC_TTFT] = {"ttft", NULL, OF_ALL},
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
    int64_t key;
    double total;
    bool any;                          /* a step has a value */
    int64_t *sums;                     /* a step each */
    struct quantile_sketch **sketches; /* likewise */
};

struct groups {
    struct group *items;
    size_t count, capacity;
};

struct builder {
    const struct query *query;
    const struct series_question *question;
    struct arena *arena;
    struct steps steps;
    struct rollup_labels labels; /* place: the index of the group + 1, 0 as long as it has none */
    struct groups groups;
};

static bool is_histogram(const struct series_question *question)
{
    return !metrics[question->metric].column;
}

/* NULL: no memory. */
static struct group *find_group(struct builder *builder, struct rollup_label *label)
{
    struct groups *groups = &builder->groups;
    if (label->place)
        return &groups->items[label->place - 1];
    for (label->place = 1; label->place <= groups->count; label->place++)
        if (groups->items[label->place - 1].key == label->key)
            return &groups->items[label->place - 1];
    if (!arena_grow(builder->arena, &groups->items, groups->count, &groups->capacity))
        return NULL;
    struct group *group = &groups->items[groups->count];
    *group = (struct group){
        .key = label->key,
        .sums = arena_array(builder->arena, int64_t, builder->steps.count),
        .sketches = arena_array(builder->arena, struct quantile_sketch *, builder->steps.count),
    };
    if (!group->sums || !group->sketches)
        return NULL;
    groups->count++;
    return group;
}

/* Whether the rows of a label count. */
static bool is_counted(const struct series_question *question, const struct rollup_label *label)
{
    bool of_calls = question->metric == METRIC_TTFT ||
                    (question->metric == METRIC_LATENCY && question->scope == SCOPE_CALLS);
    if (of_calls)
        return label->kind == KIND_LLM;
    switch (metrics[question->metric].of) {
    case OF_ROOTS:
        return label->root;
    case OF_WORK:
        return label->root || label->model_call || label->kind == KIND_TOOL;
    default:
        return true;
    }
}

/* Where a row of a label goes: *out_group is NULL when it does not count. False: no memory. */
static bool place_row(struct builder *builder, int64_t id, struct group **out_group)
{
    struct rollup_label *label = rollup_label_at(&builder->labels, id);
    *out_group = NULL;
    if (!label || !is_counted(builder->question, label))
        return true;
    *out_group = find_group(builder, label);
    return *out_group != NULL;
}

static enum status too_large(struct error *error)
{
    return fail(error, STATUS_TOO_LARGE, "the chart has too many lines for one reply");
}

static size_t step_of(const struct builder *builder, int64_t time_s)
{
    return (size_t)((time_s - builder->steps.start_s) / builder->steps.step_s);
}

static enum status add_sums(void *context, const int64_t *const *columns, size_t row_count,
                            struct error *error)
{
    struct builder *builder = context;
    for (size_t row = 0; row < row_count; row++) {
        struct group *group;
        if (!place_row(builder, columns[ROLLUP_LABEL][row], &group))
            return too_large(error);
        if (group)
            sum_add(&group->sums[step_of(builder, columns[ROLLUP_TIME][row])],
                    columns[ROLLUP_FIRST][row]);
    }
    return STATUS_OK;
}

static enum status add_buckets(void *context, const int64_t *const *columns, size_t row_count,
                               struct error *error)
{
    enum { H_METRIC = ROLLUP_FIRST, H_BUCKET, H_COUNT };
    struct builder *builder = context;
    int64_t metric = builder->question->metric == METRIC_TTFT ? 1 : 0;
    for (size_t row = 0; row < row_count; row++) {
        struct group *group = NULL;
        if (columns[H_METRIC][row] != metric)
            continue;
        if (!place_row(builder, columns[ROLLUP_LABEL][row], &group))
            return too_large(error);
        if (!group)
            continue;
        int64_t count = columns[H_COUNT][row];
        group->any = true;
        group->total += (double)count;
        if (!quantile_sketch_add(&group->sketches[step_of(builder, columns[ROLLUP_TIME][row])],
                                 builder->arena, (int32_t)columns[H_BUCKET][row], count))
            return too_large(error);
    }
    return STATUS_OK;
}

/* Sums that came to nothing at every step have no line. */
static void keep_lines(struct builder *builder)
{
    struct groups *groups = &builder->groups;
    size_t kept = 0;
    for (size_t i = 0; i < groups->count; i++) {
        struct group group = groups->items[i];
        for (size_t step = 0; step < builder->steps.count; step++) {
            group.any |= group.sums[step] != 0;
            group.total += (double)group.sums[step];
        }
        if (group.any)
            groups->items[kept++] = group;
    }
    groups->count = kept;
}

static int by_total(const void *a, const void *b)
{
    const struct group *left = a, *right = b;
    if (left->total != right->total)
        return left->total < right->total ? 1 : -1;
    return (left->key > right->key) - (left->key < right->key);
}

/* What does not fit into SERIES_KEYS_MAX lines is added up; percentiles of the rest are left out.
 */
static void fold_small(struct groups *groups, size_t steps, bool sums)
{
    enum { OTHER = 1 }; /* the name id of "(other)" */
    if (groups->count <= SERIES_KEYS_MAX)
        return;
    struct group *other = &groups->items[SERIES_KEYS_MAX - 1];
    if (sums) {
        for (size_t i = SERIES_KEYS_MAX; i < groups->count; i++)
            for (size_t step = 0; step < steps; step++)
                sum_add(&other->sums[step], groups->items[i].sums[step]);
        other->key = OTHER;
    }
    groups->count = SERIES_KEYS_MAX;
}

static bool make_line(const struct builder *builder, const struct group *group, size_t quantile,
                      struct series_line *line)
{
    const struct series_question *question = builder->question;
    bool sums = !is_histogram(question);
    *line = (struct series_line){
        .key = question->by ? label_text(builder->query->store, question->by, group->key) : STR(""),
        .quantile = sums ? 0 : question->quantiles[quantile],
        .values = arena_array(builder->arena, double, builder->steps.count),
    };
    for (size_t step = 0; line->values && step < builder->steps.count; step++)
        line->values[step] = sums ? (double)group->sums[step]
                                  : quantile_sketch_value(group->sketches[step], line->quantile);
    return line->values != NULL;
}

static enum status make_lines(struct builder *builder, struct series *out, struct error *error)
{
    struct groups *groups = &builder->groups;
    bool sums = !is_histogram(builder->question);
    size_t per_group = sums ? 1 : builder->question->quantile_count;
    keep_lines(builder);
    if (groups->count)
        qsort(groups->items, groups->count, sizeof groups->items[0], by_total);
    fold_small(groups, builder->steps.count, sums);
    *out = (struct series){
        .start_ns = builder->steps.start_s * NS_PER_SEC,
        .step_ns = builder->steps.step_s * NS_PER_SEC,
        .step_count = builder->steps.count,
        .lines = arena_array(builder->arena, struct series_line, groups->count * per_group),
    };
    if (!out->lines)
        return too_large(error);
    for (size_t i = 0; i < groups->count; i++)
        for (size_t q = 0; q < per_group; q++)
            if (!make_line(builder, &groups->items[i], q, &out->lines[out->line_count++]))
                return too_large(error);
    return STATUS_OK;
}

enum status query_series(const struct query *query, const struct series_question *question,
                         struct arena *arena, struct series *out_series, struct error *error)
{
    struct builder builder = {.query = query, .question = question, .arena = arena};
    const struct rollup_question rollups = {
        .query = query,
        .project_id = question->project_id,
        .filters = question->filters,
        .key = question->by ? question->by->label_column : NULL,
        .cancelled = question->cancelled,
    };
    bool sums = !is_histogram(question);
    enum status status =
        rollup_steps(question->range, question->step_seconds, 0, &builder.steps, error);
    if (status == STATUS_OK)
        status = rollup_labels_read(&rollups, arena, &builder.labels, error);
    if (status == STATUS_OK)
        status = rollup_stream(
            &rollups, sums ? "rollups" : "histograms",
            sums ? metrics[question->metric].column : "r.metric, r.bucket, r.count",
            rollup_range(&builder.steps, 0), sums ? add_sums : add_buckets, &builder, error);
    return status == STATUS_OK ? make_lines(&builder, out_series, error) : status;
}
