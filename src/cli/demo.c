/* SPDX-License-Identifier: Apache-2.0 */
/* demo: makes the project `demo` on a running server and sends it a day of traffic. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/config.h"
#include "cli/demo_datasets.h"
#include "cli/demo_prompts.h"
#include "cli/demo_queues.h"
#include "cli/demo_sender.h"
#include "cli/demo_settings.h"
#include "wire/json.h"

enum { SPANS_A_DAY = 10000, HOURS = 8 * 24 };

struct wishes {
    const char *url, *key;
    int64_t spans, hours, seed, wait, pid;
    bool if_empty;
};

static void print_help(void)
{
    printf(
        "usage: vitrine demo [--url URL] [--hours N] [--spans N] [--seed N]\n\n"
        "Makes the project `demo` on a running server and fills it, through the OTLP door, with a\n"
        "believable week: a support chat, a handbook search, a research agent, code reviews and "
        "mail\n"
        "sorting, with everything that goes wrong on its last day. It never touches other "
        "projects.\n\n"
        "  --url URL       the server (http://127.0.0.1:4318)\n"
        "  --key PAIR      PUBLIC:SECRET of the project to fill, on a server that requires keys\n"
        "  --hours N       how far back (%d): a day with stories, and the week before it\n"
        "  --spans N       about how many spans a day (%d)\n"
        "  --seed N        another day (1); the same seed sends the same spans, which count once\n"
        "  --wait SECONDS  wait for the server to be ready\n"
        "  --while-running PID  stop waiting when that process is gone\n"
        "  --if-empty      do nothing when the server has any data\n\n"
        "Exit status: 0 done, 1 failed, 2 wrong usage.\n",
        HOURS, SPANS_A_DAY);
}

static int read_arguments(struct wishes *wishes, int argc, char **argv)
{
    const struct {
        const char *name;
        int64_t *number, least, most;
        const char **text;
    } options[] = {
        {"--url", NULL, 0, 0, &wishes->url},
        {"--key", NULL, 0, 0, &wishes->key},
        {"--hours", &wishes->hours, 1, 24 * 31, NULL},
        {"--spans", &wishes->spans, 100, 10000000, NULL},
        {"--seed", &wishes->seed, 0, INT64_MAX, NULL},
        {"--wait", &wishes->wait, 0, 3600, NULL},
        {"--while-running", &wishes->pid, 1, INT32_MAX, NULL},
    };
    for (int i = 1; i < argc; i++) {
        size_t at = 0;
        if (!strcmp(argv[i], "--if-empty")) {
            wishes->if_empty = true;
            continue;
        }
        while (at < sizeof options / sizeof *options && strcmp(options[at].name, argv[i]) != 0)
            at++;
        if (at == sizeof options / sizeof *options)
            return cli_usage_error("demo", "unknown option %s", argv[i]);
        if (++i == argc)
            return cli_usage_error("demo", "%s needs a value", argv[i - 1]);
        struct error error;
        if (options[at].text)
            *options[at].text = argv[i];
        else if (config_number(options[at].name, argv[i], options[at].least, options[at].most,
                               options[at].number, &error) != STATUS_OK)
            return cli_usage_error("demo", "%s", error.text);
    }
    return 0;
}

/* The index opens beside the first requests; before, nobody knows what there is. */
static enum status wait_for_index(struct client *client, struct error *error)
{
    const int64_t deadline = clock_mono_ns() + 60 * NS_PER_SEC;
    const struct timespec pause = {.tv_nsec = 50 * NS_PER_MS};
    for (;;) {
        struct arena arena;
        struct json reply;
        arena_init(&arena, 1 << 20);
        enum status status = client_get_json(client, "/api/v1/status", &arena, &reply, error);
        const struct json *open = status == STATUS_OK ? json_path(&reply, STR("index.open")) : NULL;
        bool ready = !open || (open->type == JSON_BOOL && open->boolean);
        arena_done(&arena);
        if (status != STATUS_OK || ready)
            return status;
        if (clock_mono_ns() > deadline)
            return fail(error, STATUS_TIMEOUT, "the index was not open within a minute");
        nanosleep(&pause, NULL);
    }
}

static enum status has_data(struct client *client, bool *out_any, struct error *error)
{
    struct arena arena;
    struct json reply;
    arena_init(&arena, 16 << 20);
    enum status status = wait_for_index(client, error);
    if (status == STATUS_OK)
        status = client_get_json(client, "/api/v1/projects", &arena, &reply, error);
    const struct json *list = status == STATUS_OK ? json_get(&reply, STR("projects")) : NULL;
    *out_any = false;
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
        *out_any |= json_string(json_get(&list->items[i], STR("first_span"))).len > 0;
    arena_done(&arena);
    return status;
}

/* Being there already is fine. */
static enum status make_project(struct client *client, struct error *error)
{
    enum status status =
        client_post(client, "/api/v1/projects", "application/json",
                    STR("{\"name\":\"demo\",\"title\":\"Demo\",\"demo\":true}"), NULL, error);
    return status == STATUS_CONFLICT ? STATUS_OK : status;
}

static enum status send_day(const struct wishes *wishes, struct error *error)
{
    const struct client_options options = {
        .url = wishes->url, .key = wishes->key, .project = wishes->key ? NULL : "demo"};
    /* The project does not exist yet, so questions about it carry no name. */
    const struct client_options plain = {.url = wishes->url, .key = wishes->key};
    struct client *client = NULL, *asking = NULL;
    struct demo_totals totals;
    bool any = false;
    enum status status = client_open(&plain, &asking, error);
    if (status == STATUS_OK && wishes->wait)
        status = client_wait_ready(asking, (int)wishes->wait, (int)wishes->pid, error);
    if (status == STATUS_OK && wishes->if_empty)
        status = has_data(asking, &any, error);
    if (status == STATUS_OK && !any && !wishes->key)
        status = make_project(asking, error);
    if (status == STATUS_OK && !any)
        status = client_open(&options, &client, error);
    if (status == STATUS_OK && !any)
        status = demo_prompts(client, options.project, error);
    if (status == STATUS_OK && !any)
        status = demo_datasets(client, options.project, clock_now_ns(), error);
    if (status == STATUS_OK && !any)
        status = demo_queues(client, options.project, clock_now_ns(), error);
    if (status == STATUS_OK && !any) {
        const struct demo_options demo = {.client = client,
                                          .seed = (uint64_t)wishes->seed,
                                          .now_ns = clock_now_ns(),
                                          .hours = (int)wishes->hours,
                                          .scale = (double)wishes->spans / SPANS_A_DAY};
        int64_t started = clock_mono_ns();
        status = demo_settings(&demo, options.project, error);
        if (status == STATUS_OK)
            status = demo_run(&demo, &totals, error);
        if (status == STATUS_OK)
            printf("demo: %zu traces (%zu with errors), %zu spans, %zu log records, %zu metric "
                   "points, %zu scores in %.1f s\n",
                   totals.traces, totals.errors, totals.spans, totals.logs, totals.metric_points,
                   totals.scores, (double)(clock_mono_ns() - started) / (double)NS_PER_SEC);
    }
    client_close(client);
    client_close(asking);
    return status;
}

int cli_demo(int argc, char **argv)
{
    struct wishes wishes = {
        .url = "http://127.0.0.1:4318", .spans = SPANS_A_DAY, .hours = HOURS, .seed = 1};
    struct error error;
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            print_help();
            return 0;
        }
    int code = read_arguments(&wishes, argc, argv);
    if (code)
        return code;
    if (send_day(&wishes, &error) != STATUS_OK)
        return cli_failure("demo", &error);
    return 0;
}
