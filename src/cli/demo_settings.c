/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_settings: a latency target that most hours keep, the score that says whether support helped,
 * and a budget that the month is about to exceed: six sevenths of what the days sent and the rest
 * of the month will have cost, whatever day it is.
 */
#include "cli/demo_settings.h"

#include <stdio.h>

#include "cli/client.h"
#include "query/budget.h"
#include "wire/json.h"

#define DOLLARS_A_DAY 3.3 /* of a usual day at scale 1 */
#define HELD_BACK     (6.0 / 7.0)

static double budget_dollars(const struct demo_options *options)
{
    const double day_ns = 86400.0 * (double)NS_PER_SEC;
    int64_t from_ns, to_ns;
    budget_month(options->now_ns, &from_ns, &to_ns);
    int64_t sent_ns = options->now_ns - options->hours * 3600 * NS_PER_SEC;
    double spent = (double)(options->now_ns - (sent_ns > from_ns ? sent_ns : from_ns)) / day_ns;
    double rest = (double)(to_ns - options->now_ns) / day_ns;
    /* Of a week of which only some hours were sent, the pace may be that of the whole week. */
    double pace = options->hours < 7 * 24 ? options->hours / (7.0 * 24) : 1;
    return DOLLARS_A_DAY * options->scale * (spent + rest * pace) * HELD_BACK;
}

/* Whether the project has settings of its own. */
static enum status were_made(struct client *client, const char *path, bool *out_made,
                             struct error *error)
{
    struct buf body = {0};
    struct arena arena;
    struct json reply;
    int http_status = 0;
    arena_init(&arena, 1 << 16);
    enum status status =
        client_call(client, "GET", path, NULL, STR_NONE, &http_status, &body, error);
    if (status == STATUS_OK && http_status != 200)
        status = fail(error, STATUS_INVALID, "%s answered %d", path, http_status);
    if (status == STATUS_OK)
        status = json_parse(buf_str(&body), &arena, &reply, error);
    if (status == STATUS_OK)
        *out_made = json_string(json_get(&reply, STR("updated"))).len > 0;
    arena_done(&arena);
    buf_done(&body);
    return status;
}

enum status demo_settings(const struct demo_options *options, const char *project,
                          struct error *error)
{
    char path[160], body[256];
    struct buf reply = {0};
    bool made = false;
    int http_status = 0;
    snprintf(path, sizeof path, "/api/v1/settings%s%s", project ? "?project=" : "",
             project ? project : "");
    enum status status = were_made(options->client, path, &made, error);
    if (status != STATUS_OK || made)
        return status;
    /* Whole dollars are what people set; a small demo has cents. */
    double dollars = budget_dollars(options);
    int64_t cents = (int64_t)(dollars < 1 ? dollars * 100 + 1 : (double)(int64_t)dollars * 100);
    snprintf(body, sizeof body,
             "{\"latency_target\":8000000000,\"monthly_budget\":%lld,"
             "\"success_score\":{\"name\":\"helpful\",\"least\":0.5}}",
             (long long)cents * 10000000);
    status = client_call(options->client, "PUT", path, "application/json", str_from(body),
                         &http_status, &reply, error);
    if (status == STATUS_OK && http_status != 200)
        status = fail(error, STATUS_INVALID, "%s answered %d: %.*s", path, http_status,
                      STR_ARGS(buf_str(&reply)));
    buf_done(&reply);
    return status;
}
