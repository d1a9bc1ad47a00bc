/* SPDX-License-Identifier: Apache-2.0 */
/* settings: a project's latency target, monthly budget and measure of success. */
#include "control/settings.h"

#include <math.h>

#include "serve/serve_private.h"

static enum status reply(struct call *call)
{
    struct settings settings;
    enum status status = control_settings_get(call->options->control, call->request->project_id,
                                              &call->request->arena, &settings, &call->error);
    if (status != STATUS_OK)
        return status;
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    out_known(out, "latency_target", settings.latency_target_ns ? settings.latency_target_ns : -1);
    out_known(out, "monthly_budget", settings.monthly_budget ? settings.monthly_budget : -1);
    if (settings.success_score.len) {
        json_out_object(out, "success_score");
        json_out_str(out, "name", settings.success_score);
        out_number(out, "least", settings.success_least);
        json_out_end_object(out);
    } else {
        json_out_null(out, "success_score");
    }
    out_time(out, "updated", settings.updated_ns);
    json_out_end_object(out);
    return STATUS_OK;
}

void serve__settings(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    call_end(&call, reply(&call));
}

/* A misspelt member is not silently without effect. */
static enum status only_known(struct call *call, const struct json *object, const char *where,
                              const char *const *names)
{
    for (uint32_t i = 0; i < object->count; i++) {
        struct str key = object->members[i].key;
        const char *const *name = names;
        while (*name && !str_equal(key, str_from(*name)))
            name++;
        if (!*name)
            return fail(&call->error, STATUS_INVALID, "%s%.*s: there is no such setting", where,
                        (int)(key.len > 60 ? 60 : key.len), key.ptr);
    }
    return STATUS_OK;
}

static enum status read_score(struct call *call, const struct json *body, struct settings *out)
{
    static const char *const names[] = {"name", "least", NULL};
    const struct json *score = json_get(body, STR("success_score"));
    out->success_score = STR("");
    if (!score || score->type == JSON_NULL)
        return STATUS_OK;
    if (score->type != JSON_OBJECT)
        return fail(&call->error, STATUS_INVALID,
                    "success_score: expected null or an object of name and least");
    enum status status = only_known(call, score, "success_score.", names);
    if (status != STATUS_OK)
        return status;
    out->success_score = str_trim(json_string(json_get(score, STR("name"))));
    if (out->success_score.len == 0 || out->success_score.len > SETTINGS_SCORE_BYTES_MAX)
        return fail(&call->error, STATUS_INVALID,
                    "success_score.name: expected a score's name, 1 to %d bytes",
                    SETTINGS_SCORE_BYTES_MAX);
    const struct json *least = json_get(score, STR("least"));
    out->success_least = 0.5;
    if (least && least->type != JSON_NULL &&
        (least->type == JSON_STRING || !json_number(least, &out->success_least) ||
         !isfinite(out->success_least)))
        return fail(&call->error, STATUS_INVALID, "success_score.least: expected a number");
    return STATUS_OK;
}

static enum status read_settings(struct call *call, struct settings *out)
{
    static const char *const names[] = {"latency_target", "monthly_budget", "success_score",
                                        "updated", NULL};
    struct json body;
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = only_known(call, &body, "", names);
    if (status == STATUS_OK)
        status = body_int(call, &body, "latency_target", 0, SETTINGS_LATENCY_NS_MIN,
                          SETTINGS_LATENCY_NS_MAX, &out->latency_target_ns);
    if (status == STATUS_OK)
        status = body_int(call, &body, "monthly_budget", 0, 1, SETTINGS_BUDGET_MAX,
                          &out->monthly_budget);
    if (status == STATUS_OK)
        status = read_score(call, &body, out);
    return status;
}

void serve__settings_update(struct request *request, void *context)
{
    struct call call;
    struct settings settings = {0};
    call_begin_plain(&call, request, context);
    enum status status = read_settings(&call, &settings);
    if (status == STATUS_OK)
        status = control_settings_put(call.options->control, request->project_id, &settings,
                                      &call.error);
    if (status == STATUS_OK)
        status = reply(&call);
    call_end(&call, status);
}
