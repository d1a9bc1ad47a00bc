/* SPDX-License-Identifier: Apache-2.0 */
/* overview_spend: the Overview's section on cost: the month's budget, days, tasks and who spends.
 */
#include "query/spend.h"

#include "base/clock.h"
#include "control/settings.h"
#include "query/budget.h"
#include "serve/serve_private.h"

static void write_budget(struct json_out *out, const struct budget *budget, int64_t limit)
{
    json_out_object(out, "budget");
    out_known(out, "limit", limit ? limit : -1);
    json_out_int_text(out, "month_from", budget->month_from_ns);
    json_out_int_text(out, "month_to", budget->month_to_ns);
    json_out_int(out, "spent", budget->spent);
    out_known(out, "projected", budget->known ? budget->projected : -1);
    out_known(out, "cost_a_day", budget->known ? budget->cost_a_day : -1);
    out_time(out, "basis_from", budget->known ? budget->basis_from_ns : 0);
    out_time(out, "runs_out", budget->runs_out_ns);
    json_out_end_object(out);
}

static void write_days(struct json_out *out, const struct spend *spend)
{
    json_out_object(out, "days");
    json_out_array(out, "times");
    for (int64_t day = 0; day < SPEND_DAYS; day++)
        json_out_int_text(out, NULL, (spend->first_day_s + day * 86400) * NS_PER_SEC);
    json_out_end_array(out);
    out_ints(out, "cost", spend->day_cost, SPEND_DAYS);
    out_ints(out, "requests", spend->day_requests, SPEND_DAYS);
    json_out_end_object(out);
}

static void write_task_counts(struct json_out *out, const struct spend_tasks *tasks)
{
    json_out_int(out, "tasks", tasks->tasks);
    json_out_int(out, "succeeded", tasks->succeeded);
    json_out_int(out, "scored", tasks->scored);
    json_out_int(out, "cost", tasks->cost);
    out_known(out, "cost_per_success", tasks->succeeded ? tasks->cost / tasks->succeeded : -1);
}

static void write_tasks(struct json_out *out, const struct spend *spend)
{
    json_out_object(out, "tasks");
    write_task_counts(out, &spend->tasks);
    json_out_object(out, "previous");
    write_task_counts(out, &spend->previous);
    json_out_end_object(out);
    out_ints(out, "cost_values", spend->step_cost, spend->steps.count);
    out_ints(out, "succeeded_values", spend->step_succeeded, spend->steps.count);
    json_out_end_object(out);
}

static void write_spenders(struct json_out *out, const struct spend *spend)
{
    json_out_object(out, "spenders");
    for (int by = 0; by < SPEND_BYS; by++) {
        json_out_array(out, spend_by_name((enum spend_by)by));
        for (size_t i = 0; i < spend->by[by].count; i++) {
            const struct spender *spender = &spend->by[by].items[i];
            json_out_object(out, NULL);
            out_name(out, "value", spender->value);
            json_out_int(out, "cost", spender->cost);
            json_out_int(out, "previous", spender->previous);
            json_out_int(out, "count", spender->count);
            json_out_end_object(out);
        }
        json_out_end_array(out);
    }
    json_out_end_object(out);
}

static enum status read_order(struct call *call, bool *out_by_rise)
{
    struct str sort = request_param(call->request, STR("sort"));
    *out_by_rise = str_equal(sort, STR("rise"));
    if (sort.len && !*out_by_rise && !str_equal(sort, STR("cost")))
        return fail(&call->error, STATUS_INVALID, "sort: expected cost or rise");
    return STATUS_OK;
}

static enum status answer(struct call *call)
{
    struct request *request = call->request;
    struct filters filters;
    struct settings settings;
    struct spend spend;
    struct budget budget;
    int64_t limit = 0;
    struct spend_question question = {.project_id = request->project_id,
                                      .now_ns = clock_now_ns(),
                                      .filters = &filters,
                                      .cancelled = &request->cancelled};
    enum status status = param_range(call, &question.range);
    if (status == STATUS_OK)
        status = param_filters(call, &filters);
    if (status == STATUS_OK)
        status = read_order(call, &question.by_rise);
    if (status == STATUS_OK)
        status = param_int(call, STR("limit"), 8, 1, SPENDERS_MAX, &limit);
    if (status == STATUS_OK)
        status = control_settings_get(call->options->control, request->project_id, &request->arena,
                                      &settings, &call->error);
    if (status != STATUS_OK)
        return status;
    question.limit = (size_t)limit;
    question.success_score = settings.success_score;
    question.success_least = settings.success_least;
    status = query_spend(call->query, &question, &request->arena, &spend, &call->error);
    if (status == STATUS_OK)
        status = query_budget(call->query, request->project_id, question.now_ns,
                              settings.monthly_budget, &request->cancelled, &budget, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_object(&call->out, NULL);
    out_times(&call->out, spend.steps.start_s * NS_PER_SEC, spend.steps.step_s * NS_PER_SEC,
              spend.steps.count);
    write_budget(&call->out, &budget, settings.monthly_budget);
    write_days(&call->out, &spend);
    write_tasks(&call->out, &spend);
    write_spenders(&call->out, &spend);
    json_out_end_object(&call->out);
    return STATUS_OK;
}

void serve__overview_spend(struct request *request, void *context)
{
    struct call call;
    if (!call_begin(&call, request, context))
        return;
    enum status status = answer(&call);
    call_end(&call, status);
}
