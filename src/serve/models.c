/* SPDX-License-Identifier: Apache-2.0 */
/* models: each model's numbers, and how long its answers take for how long they are. */
#include "query/call_scores.h"
#include "query/models.h"
#include "serve/serve_private.h"

static const char *const quantile_keys[OVERVIEW_QUANTILES] = {"p50", "p90", "p95", "p99"};

static void write_quantiles(struct json_out *out, const char *key,
                            const double values[OVERVIEW_QUANTILES])
{
    json_out_object(out, key);
    for (int q = 0; q < OVERVIEW_QUANTILES; q++)
        out_number(out, quantile_keys[q], values[q]);
    json_out_end_object(out);
}

static void write_totals(struct json_out *out, const struct model_usage *usage)
{
    const struct {
        const char *key;
        int64_t number;
    } numbers[] = {{"calls", usage->calls},
                   {"errors", usage->errors},
                   {"throttles", usage->errors_by_kind[ERROR_KIND_THROTTLE]},
                   {"input_tokens", usage->input_tokens},
                   {"output_tokens", usage->output_tokens},
                   {"cache_read_tokens", usage->cache_read},
                   {"cache_write_tokens", usage->cache_write},
                   {"reasoning_tokens", usage->reasoning},
                   {"total_tokens", usage->total_tokens},
                   {"cost", usage->cost},
                   {"unpriced_calls", usage->unpriced}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_out_int(out, numbers[i].key, numbers[i].number);
    out_number(out, "tokens_per_second", usage->tokens_per_second);
    write_quantiles(out, "latency", usage->latency);
    write_quantiles(out, "ttft", usage->ttft);
    json_out_object(out, "errors_by_kind");
    for (int kind = 1; kind < ERROR_KIND_COUNT; kind++)
        if (usage->errors_by_kind[kind])
            json_out_int(out, error_kind_name((enum error_kind)kind), usage->errors_by_kind[kind]);
    json_out_end_object(out);
}

static void write_values(struct json_out *out, const struct model_usage *usage, size_t steps)
{
    if (!usage->call_values)
        return;
    json_out_object(out, "values");
    out_ints(out, "calls", usage->call_values, steps);
    out_ints(out, "errors", usage->error_values, steps);
    out_ints(out, "throttles", usage->throttle_values, steps);
    out_ints(out, "cost", usage->cost_values, steps);
    out_ints(out, "input_tokens", usage->input_values, steps);
    out_ints(out, "output_tokens", usage->output_values, steps);
    out_numbers(out, "latency_p50", usage->latency_p50_values, steps);
    out_numbers(out, "latency_p95", usage->latency_p95_values, steps);
    out_numbers(out, "ttft_p95", usage->ttft_p95_values, steps);
    json_out_end_object(out);
}

static enum status read_question(struct call *call, struct filters *filters,
                                 struct models_question *question)
{
    int64_t lines = 0;
    *question = (struct models_question){.project_id = call->request->project_id,
                                         .filters = filters,
                                         .cancelled = &call->request->cancelled};
    enum status status = param_range(call, &question->range);
    if (status == STATUS_OK)
        status = param_filters(call, filters);
    if (status == STATUS_OK)
        status = param_int(call, STR("lines"), 8, 0, MODEL_LINES_MAX, &lines);
    question->lines = (size_t)lines;
    return status;
}

void serve__models(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct models_question question;
    struct model_usages models;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = query_models(call.query, &question, &request->arena, &models, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        out_times(&call.out, models.start_ns, models.step_ns, models.step_count);
        json_out_array(&call.out, "models");
        for (size_t i = 0; i < models.count; i++) {
            json_out_object(&call.out, NULL);
            out_name(&call.out, "model", models.items[i].model);
            out_name(&call.out, "provider", models.items[i].provider);
            write_totals(&call.out, &models.items[i]);
            write_values(&call.out, &models.items[i], models.step_count);
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        json_out_bool(&call.out, "more", models.more);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* Classes that no call fell into, below and above all others, are left out. */
static void write_sizes(struct json_out *out, const struct model_sizes *sizes, size_t count)
{
    int first = SIZE_CLASSES, last = -1;
    for (size_t i = 0; i < count; i++) {
        for (int class = 0; class < SIZE_CLASSES; class ++) {
            if (!sizes[i].calls[class])
                continue;
            first = class < first ? class : first;
            last = class > last ? class : last;
        }
    }
    size_t classes = last < first ? 0 : (size_t)(last - first + 1);
    json_out_array(out, "classes");
    for (int class = first; class <= last; class ++) {
        json_out_object(out, NULL);
        json_out_int(out, "from", INT64_C(1) << class);
        json_out_int(out, "to", INT64_C(2) << class);
        json_out_end_object(out);
    }
    json_out_end_array(out);
    json_out_array(out, "models");
    for (size_t i = 0; i < count; i++) {
        json_out_object(out, NULL);
        out_name(out, "model", sizes[i].model);
        out_name(out, "provider", sizes[i].provider);
        out_ints(out, "calls", sizes[i].calls + (classes ? first : 0), classes);
        out_numbers(out, "p50", sizes[i].p50 + (classes ? first : 0), classes);
        out_numbers(out, "p95", sizes[i].p95 + (classes ? first : 0), classes);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

void serve__model_sizes(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct models_question question;
    struct model_sizes *sizes;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    struct str by = request_param(request, STR("by"));
    bool of_input = str_equal(by, STR("input_tokens"));
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK && by.len && !of_input && !str_equal(by, STR("output_tokens")))
        status = fail(&call.error, STATUS_INVALID, "by: expected output_tokens or input_tokens");
    if (status == STATUS_OK)
        status = query_model_sizes(call.query, &question, of_input, &request->arena, &sizes, &count,
                                   &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        write_sizes(&call.out, sizes, count);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__model_quality(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct models_question question;
    struct call_score *rows;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = query_call_scores(call.query, &question, CALL_SCORES_BY_MODEL, &request->arena,
                                   &rows, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "scores");
        for (size_t i = 0; i < count; i++) {
            json_out_object(&call.out, NULL);
            out_name(&call.out, "model", rows[i].first);
            out_name(&call.out, "provider", rows[i].second);
            out_name(&call.out, "name", rows[i].name);
            json_out_int(&call.out, "count", rows[i].count);
            out_number(&call.out, "mean", rows[i].mean);
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
