/* SPDX-License-Identifier: Apache-2.0 */
/* overview_quality: the Overview's section on answers: outcomes, lengths and scores. */
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "query/quality.h"
#include "serve/serve_private.h"

/* One row a count: the word in replies and where it stands. */
static const struct {
    const char *key;
    size_t offset;
} counts[] = {
    {"guarded", offsetof(struct quality_counts, guarded)},
    {"blocked", offsetof(struct quality_counts, blocked)},
    {"calls", offsetof(struct quality_counts, calls)},
    {"filtered", offsetof(struct quality_counts, filtered)},
    {"structured", offsetof(struct quality_counts, structured)},
    {"unformed", offsetof(struct quality_counts, unformed)},
    {"form_failures", offsetof(struct quality_counts, form_failures)},
};
enum { COUNTS = sizeof counts / sizeof *counts };

static int64_t count_at(const struct quality_counts *from, size_t offset)
{
    int64_t number;
    memcpy(&number, (const char *)from + offset, sizeof number);
    return number;
}

static void write_counts(struct json_out *out, const char *key, const struct quality_counts *from)
{
    json_out_object(out, key);
    for (size_t i = 0; i < COUNTS; i++)
        json_out_int(out, counts[i].key, count_at(from, counts[i].offset));
    json_out_end_object(out);
}

static void write_values(struct json_out *out, const struct quality *quality)
{
    json_out_object(out, "values");
    for (size_t i = 0; i < COUNTS; i++) {
        json_out_array(out, counts[i].key);
        for (size_t step = 0; step < quality->steps.count; step++)
            json_out_int(out, NULL, count_at(&quality->values[step], counts[i].offset));
        json_out_end_array(out);
    }
    json_out_end_object(out);
}

static void write_classes(struct json_out *out, const struct quality *quality)
{
    int first = LENGTH_CLASSES, last = -1;
    const int64_t *now = quality->lengths.classes, *before = quality->baseline_lengths.classes;
    for (int class = 0; class < LENGTH_CLASSES; class ++) {
        if (!now[class] && !before[class])
            continue;
        first = class < first ? class : first;
        last = class;
    }
    json_out_array(out, "classes");
    for (int class = first; class <= last; class ++) {
        json_out_object(out, NULL);
        json_out_int(out, "from", INT64_C(1) << class);
        json_out_int(out, "to", INT64_C(2) << class);
        json_out_int(out, "answers", now[class]);
        json_out_int(out, "baseline", before[class]);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_lengths(struct json_out *out, const struct quality *quality)
{
    json_out_object(out, "lengths");
    write_classes(out, quality);
    json_out_int(out, "answers", quality->lengths.answers);
    json_out_int(out, "baseline_answers", quality->baseline_lengths.answers);
    out_number(out, "p50", quality->lengths.p50);
    out_number(out, "p95", quality->lengths.p95);
    out_number(out, "baseline_p50", quality->baseline_lengths.p50);
    out_number(out, "baseline_p95", quality->baseline_lengths.p95);
    out_number(out, "drift", quality->drift);
    json_out_end_object(out);
}

static void write_scores(struct json_out *out, const struct quality *quality)
{
    json_out_array(out, "scores");
    for (size_t i = 0; i < quality->score_count; i++) {
        const struct quality_score *score = &quality->scores[i];
        json_out_object(out, NULL);
        json_out_str(out, "name", score->name);
        json_out_text(out, "type", score_type_name(score->type));
        json_out_text(out, "source", score_source_name(score->source));
        json_out_int(out, "count", score->count);
        out_number(out, "mean", score->mean);
        json_out_int(out, "baseline_count", score->baseline_count);
        out_number(out, "baseline_mean", score->baseline_mean);
        out_numbers(out, "means", score->means, quality->steps.count);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

void serve__overview_quality(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct quality quality;
    if (!call_begin(&call, request, context))
        return;
    struct quality_question question = {
        .project_id = request->project_id, .filters = &filters, .cancelled = &request->cancelled};
    enum status status = param_range(&call, &question.range);
    if (status == STATUS_OK)
        status = param_filters(&call, &filters);
    if (status == STATUS_OK)
        status = query_quality(call.query, &question, &request->arena, &quality, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        out_times(&call.out, quality.steps.start_s * NS_PER_SEC, quality.steps.step_s * NS_PER_SEC,
                  quality.steps.count);
        out_time(&call.out, "baseline_from", quality.baseline_from_ns);
        write_counts(&call.out, "now", &quality.now);
        write_counts(&call.out, "baseline", &quality.baseline);
        write_values(&call.out, &quality);
        write_lengths(&call.out, &quality);
        write_scores(&call.out, &quality);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
