/* SPDX-License-Identifier: Apache-2.0 */
/* series: numbers over time, and the Overview in one reply. */
#include <stdio.h>
#include <string.h>

#include "query/overview.h"
#include "query/records.h"
#include "serve/serve_private.h"

static void write_series(struct json_out *out, const struct series *series, bool percentiles,
                         bool by)
{
    char quantile[16];
    json_out_object(out, NULL);
    out_times(out, series->start_ns, series->step_ns, series->step_count);
    json_out_array(out, "series");
    for (size_t i = 0; i < series->line_count; i++) {
        const struct series_line *line = &series->lines[i];
        json_out_object(out, NULL);
        snprintf(quantile, sizeof quantile, "p%g", line->quantile * 100);
        if (percentiles && !by) {
            json_out_text(out, "key", quantile);
        } else {
            json_out_str(out, "key", line->key.ptr ? line->key : STR(""));
            if (percentiles)
                json_out_text(out, "q", quantile);
        }
        out_numbers(out, "values", line->values, series->step_count);
        json_out_end_object(out);
    }
    json_out_end_array(out);
    json_out_end_object(out);
}

static enum status read_quantiles(struct call *call, struct series_question *question)
{
    struct str piece, rest = request_param(call->request, STR("q"));
    if (rest.len == 0)
        rest = STR("0.5,0.9,0.95,0.99");
    while (str_take(&rest, ',', &piece)) {
        double quantile;
        if (question->quantile_count == QUANTILES_MAX)
            return fail(&call->error, STATUS_INVALID, "q: at most %d percentiles", QUANTILES_MAX);
        if (!str_to_double(piece, &quantile) || !(quantile >= 0 && quantile <= 1))
            return fail(&call->error, STATUS_INVALID, "q: expected numbers from 0 to 1");
        question->quantiles[question->quantile_count++] = quantile;
    }
    return STATUS_OK;
}

static enum status read_by(struct call *call, const struct filter_field **out_field)
{
    struct str by = request_param(call->request, STR("by"));
    *out_field = by.len ? filter_field_find(by) : NULL;
    if (by.len && (!*out_field || !(*out_field)->label_column))
        return fail(&call->error, STATUS_INVALID,
                    "by: expected service, environment, provider, model, op, kind, prompt or "
                    "error_kind");
    return STATUS_OK;
}

static enum status read_series_question(struct call *call, struct filters *filters,
                                        struct series_question *question)
{
    *question = (struct series_question){.project_id = call->request->project_id,
                                         .filters = filters,
                                         .cancelled = &call->request->cancelled};
    struct str metric = request_param(call->request, STR("metric"));
    struct str scope = request_param(call->request, STR("scope"));
    if (!series_metric_parse(metric, &question->metric))
        return fail(
            &call->error, STATUS_INVALID,
            "metric: expected requests, errors, failures, spans, llm_calls, tokens, input_tokens, "
            "output_tokens, cache_read_tokens, reasoning_tokens, cost, latency or ttft");
    question->scope = str_equal(scope, STR("llm")) ? SCOPE_CALLS : SCOPE_REQUESTS;
    if (scope.len && question->scope == SCOPE_REQUESTS && !str_equal(scope, STR("requests")))
        return fail(&call->error, STATUS_INVALID, "scope: expected requests or llm");
    enum status status = param_range(call, &question->range);
    if (status == STATUS_OK)
        status = param_filters(call, filters);
    if (status == STATUS_OK)
        status = param_int(call, STR("step"), 0, 60, 366 * 86400, &question->step_seconds);
    if (status == STATUS_OK)
        status = read_by(call, &question->by);
    if (status == STATUS_OK)
        status = read_quantiles(call, question);
    return status;
}

void serve__series(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct series_question question;
    struct series series;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_series_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = query_series(call.query, &question, &request->arena, &series, &call.error);
    if (status == STATUS_OK)
        write_series(&call.out, &series,
                     question.metric == METRIC_LATENCY || question.metric == METRIC_TTFT,
                     question.by != NULL);
    call_end(&call, status);
}

void serve__metric_series(struct request *request, void *context)
{
    struct call call;
    struct series series;
    if (!call_begin(&call, request, context))
        return;
    struct metric_question question = {.project_id = request->project_id,
                                       .name = request_param(request, STR("name")),
                                       .by = request_param(request, STR("by")),
                                       .host = request_param(request, STR("host")),
                                       .cancelled = &request->cancelled};
    enum status status = param_range(&call, &question.range);
    if (status == STATUS_OK && question.name.len == 0)
        status = fail(&call.error, STATUS_INVALID, "name: expected a metric's name");
    if (status == STATUS_OK)
        status = param_int(&call, STR("step"), 0, 60, 366 * 86400, &question.step_seconds);
    if (status == STATUS_OK)
        status = query_metric_series(call.query, &question, &request->arena, &series, &call.error);
    if (status == STATUS_OK)
        write_series(&call.out, &series, false, true);
    call_end(&call, status);
}

/* --- overview ------------------------------------------------------------------------------ */

static const char *const quantile_keys[OVERVIEW_QUANTILES] = {"p50", "p90", "p95", "p99"};

static void write_quantiles(struct json_out *out, const char *key,
                            const double values[OVERVIEW_QUANTILES])
{
    json_out_object(out, key);
    for (int q = 0; q < OVERVIEW_QUANTILES; q++)
        out_number(out, quantile_keys[q], values[q]);
    json_out_end_object(out);
}

static void write_totals(struct json_out *out, const char *key,
                         const struct overview_totals *totals)
{
    const struct {
        const char *key;
        int64_t number;
    } numbers[] = {{"requests", totals->requests},
                   {"errors", totals->errors},
                   {"llm_calls", totals->llm_calls},
                   {"tool_calls", totals->tool_calls},
                   {"spans", totals->spans},
                   {"input_tokens", totals->input_tokens},
                   {"output_tokens", totals->output_tokens},
                   {"cache_read_tokens", totals->cache_read},
                   {"cache_write_tokens", totals->cache_write},
                   {"reasoning_tokens", totals->reasoning},
                   {"total_tokens", totals->total_tokens},
                   {"cost", totals->cost},
                   {"unpriced_calls", totals->unpriced}};
    json_out_object(out, key);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        json_out_int(out, numbers[i].key, numbers[i].number);
    write_quantiles(out, "latency", totals->latency);
    write_quantiles(out, "ttft", totals->ttft);
    write_quantiles(out, "llm_latency", totals->llm_latency);
    json_out_end_object(out);
}

static void write_quantile_lines(struct json_out *out, const char *key,
                                 double *const lines[OVERVIEW_QUANTILES], size_t count)
{
    json_out_object(out, key);
    for (int q = 0; q < OVERVIEW_QUANTILES; q++)
        out_numbers(out, quantile_keys[q], lines[q], count);
    json_out_end_object(out);
}

static void write_error_kinds(struct json_out *out, const struct overview *overview)
{
    json_out_array(out, "errors_by_kind");
    for (int kind = 1; kind < ERROR_KIND_COUNT; kind++) {
        const int64_t *values = overview->errors_by_kind[kind];
        int64_t total = 0;
        for (size_t i = 0; values && i < overview->step_count; i++)
            total += values[i];
        if (!values)
            continue;
        json_out_object(out, NULL);
        json_out_text(out, "key", error_kind_name((enum error_kind)kind));
        json_out_int(out, "total", total);
        out_ints(out, "values", values, overview->step_count);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_models(struct json_out *out, const struct overview *overview)
{
    json_out_array(out, "models");
    for (size_t i = 0; i < overview->model_count; i++) {
        const struct overview_model *model = &overview->models[i];
        json_out_object(out, NULL);
        out_name(out, "model", model->model);
        out_name(out, "provider", model->provider);
        json_out_int(out, "calls", model->calls);
        json_out_int(out, "errors", model->errors);
        json_out_int(out, "input_tokens", model->input_tokens);
        json_out_int(out, "output_tokens", model->output_tokens);
        json_out_int(out, "cost", model->cost);
        json_out_int(out, "unpriced_calls", model->unpriced);
        out_number(out, "latency_p50", model->latency[0]);
        out_number(out, "latency_p95", model->latency[2]);
        out_number(out, "ttft_p50", model->ttft[0]);
        out_number(out, "ttft_p95", model->ttft[2]);
        out_ints(out, "cost_values", model->cost_values, overview->step_count);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_overview(struct json_out *out, const struct overview *overview)
{
    size_t steps = overview->step_count;
    json_out_object(out, NULL);
    out_times(out, overview->start_ns, overview->step_ns, steps);
    write_totals(out, "totals", &overview->totals);
    write_totals(out, "previous", &overview->previous);
    out_ints(out, "requests", overview->requests, steps);
    out_ints(out, "errors", overview->errors, steps);
    out_ints(out, "llm_calls", overview->llm_calls, steps);
    out_ints(out, "cost", overview->cost, steps);
    write_error_kinds(out, overview);
    write_quantile_lines(out, "latency", overview->latency, steps);
    write_quantile_lines(out, "ttft", overview->ttft, steps);
    json_out_object(out, "tokens");
    out_ints(out, "input", overview->input_tokens, steps);
    out_ints(out, "output", overview->output_tokens, steps);
    out_ints(out, "cache_read", overview->cache_read, steps);
    out_ints(out, "reasoning", overview->reasoning, steps);
    json_out_end_object(out);
    write_models(out, overview);
    json_out_end_object(out);
}

void serve__overview(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct overview overview;
    if (!call_begin(&call, request, context))
        return;
    struct overview_question question = {
        .project_id = request->project_id, .filters = &filters, .cancelled = &request->cancelled};
    enum status status = param_range(&call, &question.range);
    if (status == STATUS_OK)
        status = param_filters(&call, &filters);
    if (status == STATUS_OK)
        status = query_overview(call.query, &question, &request->arena, &overview, &call.error);
    if (status == STATUS_OK)
        write_overview(&call.out, &overview);
    call_end(&call, status);
}
