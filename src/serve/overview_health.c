/* SPDX-License-Identifier: Apache-2.0 */
/* overview_health: the Overview's section on operation: baseline, target, speed, retries. */
#include "base/clock.h"
#include "control/settings.h"
#include "query/health.h"
#include "serve/serve_private.h"

static const char *const speed_keys[SPEED_QUANTILES] = {"p10", "p50", "p90"};

static void write_baseline(struct json_out *out, const struct health_baseline *baseline)
{
    json_out_object(out, "baseline");
    out_time(out, "from", baseline->from_ns);
    out_time(out, "to", baseline->to_ns);
    json_out_int(out, "requests", baseline->requests);
    json_out_int(out, "errors", baseline->errors);
    out_number(out, "latency_p95", baseline->latency_p95);
    json_out_end_object(out);
}

static void write_target(struct json_out *out, const struct health *health, int64_t target_ns)
{
    json_out_object(out, "target");
    out_known(out, "latency", target_ns ? target_ns : -1);
    json_out_int(out, "measured", health->measured);
    json_out_int(out, "over", health->over_target);
    json_out_end_object(out);
}

static void write_speed(struct json_out *out, const struct health *health)
{
    json_out_object(out, "tokens_per_second");
    for (int q = 0; q < SPEED_QUANTILES; q++)
        out_number(out, speed_keys[q], health->speed[q]);
    json_out_object(out, "values");
    for (int q = 0; q < SPEED_QUANTILES; q++)
        out_numbers(out, speed_keys[q], health->speed_values[q], health->steps.count);
    json_out_end_object(out);
    json_out_end_object(out);
}

static void write_recovery(struct json_out *out, const struct health *health)
{
    json_out_object(out, "retries");
    json_out_int(out, "retried", health->retried);
    json_out_int(out, "replaced", health->replaced);
    json_out_int(out, "recovered", health->recovered);
    out_ints(out, "retried_values", health->retried_values, health->steps.count);
    out_ints(out, "replaced_values", health->replaced_values, health->steps.count);
    json_out_array(out, "fallbacks");
    for (size_t i = 0; i < health->fallback_count; i++) {
        json_out_object(out, NULL);
        out_name(out, "from", health->fallbacks[i].from);
        out_name(out, "to", health->fallbacks[i].to);
        json_out_int(out, "count", health->fallbacks[i].count);
        json_out_end_object(out);
    }
    json_out_end_array(out);
    json_out_end_object(out);
}

static enum status answer(struct call *call)
{
    struct request *request = call->request;
    struct filters filters;
    struct settings settings;
    struct health health;
    struct health_question question = {
        .project_id = request->project_id, .filters = &filters, .cancelled = &request->cancelled};
    enum status status = param_range(call, &question.range);
    if (status == STATUS_OK)
        status = param_filters(call, &filters);
    if (status == STATUS_OK)
        status = control_settings_get(call->options->control, request->project_id, &request->arena,
                                      &settings, &call->error);
    if (status != STATUS_OK)
        return status;
    question.latency_target_ns = settings.latency_target_ns;
    status = query_health(call->query, &question, &request->arena, &health, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_object(&call->out, NULL);
    out_times(&call->out, health.steps.start_s * NS_PER_SEC, health.steps.step_s * NS_PER_SEC,
              health.steps.count);
    write_baseline(&call->out, &health.baseline);
    write_target(&call->out, &health, settings.latency_target_ns);
    write_speed(&call->out, &health);
    write_recovery(&call->out, &health);
    json_out_end_object(&call->out);
    return STATUS_OK;
}

void serve__overview_health(struct request *request, void *context)
{
    struct call call;
    if (!call_begin(&call, request, context))
        return;
    enum status status = answer(&call);
    call_end(&call, status);
}
