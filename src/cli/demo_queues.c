/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_queues: before version 8 of support-reply went live its answers were put before a person, by
 * three questions; eight of twelve are done (docs/demo.md). Score ids are those the Queues screen
 * gives, so each answer shows there as the reviewer's.
 */
#include "cli/demo_queues.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/client.h"

#define REVIEWER "Mira Lindqvist"
enum { ANSWERS = 12, JUDGED = 8, HOURS_AGO = 58 };

static const struct config {
    const char *name, *description, *rest;
} configs[] = {
    {"policy right", "Is what it says about our conditions true?", "\"dataType\":\"BOOLEAN\""},
    {"tone", "How does it sound to a customer?",
     "\"dataType\":\"CATEGORICAL\",\"categories\":[{\"label\":\"warm\",\"value\":2},"
     "{\"label\":\"plain\",\"value\":1},{\"label\":\"wordy\",\"value\":0}]"},
    {"would send", "From 1, never, to 5, as it is",
     "\"dataType\":\"NUMERIC\",\"minValue\":1,\"maxValue\":5"},
};
enum { CONFIGS = sizeof configs / sizeof *configs };

/* What was said of each answer, as JSON values in the order of the configs. */
static const char *const judgements[JUDGED][CONFIGS] = {
    {"true", "\"wordy\"", "4"}, {"false", "\"wordy\"", "1"}, {"false", "\"plain\"", "2"},
    {"true", "\"wordy\"", "4"}, {"true", "\"warm\"", "5"},   {"false", "\"wordy\"", "1"},
    {"true", "\"plain\"", "4"}, {"false", "\"wordy\"", "2"},
};

struct queue {
    struct client *client;
    char query[96]; /* what names the project */
    int64_t now_ns;
    char id[64], configs[CONFIGS][64];
};

/* Sends, and takes the member `id` of the answer; `out_id` may be NULL. */
static enum status send(const struct queue *queue, const char *method, const char *path,
                        const char *body, char *out_id, size_t size, struct error *error)
{
    char address[300];
    struct buf reply = {0};
    struct arena arena;
    struct json json;
    arena_init(&arena, 1 << 20);
    snprintf(address, sizeof address, "%s%s", path, queue->query);
    enum status status = client_ask(queue->client, method, address, "application/json",
                                    str_from(body), &reply, error);
    if (status == STATUS_OK && out_id)
        status = json_parse(buf_str(&reply), &arena, &json, error);
    if (status == STATUS_OK && out_id) {
        struct str id = json_string(json_get(&json, STR("id")));
        snprintf(out_id, size, "%.*s", STR_ARGS(id));
    }
    buf_done(&reply);
    arena_done(&arena);
    return status;
}

/* With a queue there is nothing to do. */
static enum status has_queues(const struct queue *queue, bool *out_any, struct error *error)
{
    char address[200];
    struct arena arena;
    struct json reply;
    arena_init(&arena, 1 << 20);
    snprintf(address, sizeof address, "/api/v1/queues%s", queue->query);
    enum status status = client_get_json(queue->client, address, &arena, &reply, error);
    const struct json *list = status == STATUS_OK ? json_get(&reply, STR("queues")) : NULL;
    *out_any = list && list->count > 0;
    arena_done(&arena);
    return status;
}

static enum status make_queue(struct queue *queue, struct error *error)
{
    char body[900];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < CONFIGS && status == STATUS_OK; i++) {
        snprintf(body, sizeof body, "{\"name\":\"%s\",\"description\":\"%s\",%s}", configs[i].name,
                 configs[i].description, configs[i].rest);
        status = send(queue, "POST", "/api/public/score-configs", body, queue->configs[i],
                      sizeof queue->configs[i], error);
    }
    if (status != STATUS_OK)
        return status;
    snprintf(
        body, sizeof body,
        "{\"name\":\"support/version 8 before it goes live\",\"description\":\"Read the answer "
        "as a customer would\",\"score_configs\":[\"%s\",\"%s\",\"%s\"]}",
        queue->configs[0], queue->configs[1], queue->configs[2]);
    return send(queue, "POST", "/api/v1/queues", body, queue->id, sizeof queue->id, error);
}

/* What the reviewer said of answer `i`. */
static enum status judge(const struct queue *queue, size_t i, const char *item, struct error *error)
{
    char path[200], body[900], time[CLOCK_TEXT_BYTES];
    enum status status = STATUS_OK;
    clock_format(queue->now_ns - (HOURS_AGO * 60 - (int64_t)i) * 60 * NS_PER_SEC, time);
    for (size_t c = 0; c < CONFIGS && status == STATUS_OK; c++) {
        snprintf(body, sizeof body,
                 "{\"id\":\"annotation-%s-%s\",\"name\":\"%s\",\"value\":%s,\"trace_id\":"
                 "\"support-question-%02zu-v8\",\"source\":\"annotation\",\"config_id\":\"%s\","
                 "\"queue_id\":\"%s\",\"author\":\"" REVIEWER "\",\"time\":\"%s\","
                 "\"environment\":\"evaluation\"}",
                 item, queue->configs[c], configs[c].name, judgements[i][c], i + 1,
                 queue->configs[c], queue->id, time);
        status = send(queue, "POST", "/api/v1/scores", body, NULL, 0, error);
    }
    snprintf(path, sizeof path, "/api/v1/queues/%s/items/%s", queue->id, item);
    return status == STATUS_OK
               ? send(queue, "PATCH", path,
                      "{\"status\":\"completed\",\"author\":\"" REVIEWER "\"}", NULL, 0, error)
               : status;
}

static enum status fill_queue(const struct queue *queue, struct error *error)
{
    char path[200], body[200], item[64];
    enum status status = STATUS_OK;
    snprintf(path, sizeof path, "/api/public/annotation-queues/%s/items", queue->id);
    for (size_t i = 0; i < ANSWERS && status == STATUS_OK; i++) {
        snprintf(body, sizeof body,
                 "{\"objectType\":\"TRACE\",\"objectId\":\"support-question-%02zu-v8\"}", i + 1);
        status = send(queue, "POST", path, body, item, sizeof item, error);
        if (status == STATUS_OK && i < JUDGED)
            status = judge(queue, i, item, error);
    }
    return status;
}

enum status demo_queues(struct client *client, const char *project, int64_t now_ns,
                        struct error *error)
{
    struct queue queue = {.client = client, .now_ns = now_ns};
    bool any = false;
    if (project)
        snprintf(queue.query, sizeof queue.query, "?project=%s", project);
    enum status status = has_queues(&queue, &any, error);
    if (status != STATUS_OK || any)
        return status;
    status = make_queue(&queue, error);
    return status == STATUS_OK ? fill_queue(&queue, error) : status;
}
