/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_datasets: before version 8 of support-reply went live somebody tried it on two dozen
 * questions. The comparison would have told: fewer answers are right, all are longer, slower and
 * dearer (docs/demo.md). Ids are the same each time, so that sending it again adds nothing.
 */
#include "cli/demo_datasets.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/client.h"
#include "wire/json.h"

/* v7, v8: whether that version got it right. */
struct question {
    const char *asked, *expected;
    bool v7, v8;
};

static const struct question questions[] = {
    {"Where is my order F-20817?", "With the carrier since Monday; it arrives within two days.",
     true, true},
    {"Can I return worn hiking boots?", "Yes, within 30 days if they were only worn indoors.", true,
     false},
    {"Do you ship to Norway?", "No, only within the European Union and to Switzerland.", true,
     false},
    {"How do I wash a down jacket?", "At 30 degrees with down detergent, then tumble dry low.",
     true, true},
    {"Which tent for three people in winter?", "The Polar 3, a four-season tent.", true, true},
    {"My zip is broken, what now?", "Send it in: repairs of zips are free for two years.", true,
     false},
    {"Can I change the address of an order?", "Yes, until it leaves the warehouse in Bremen.", true,
     true},
    {"Is the Alta 45 good for carry-on?", "No, it is 60 cm long; the Alta 30 fits.", true, false},
    {"When will I get my refund?", "Five working days after the parcel is back.", true, true},
    {"Do you price-match?", "No.", true, false},
    {"What does the membership cost?", "Nothing; it is free.", true, false},
    {"Can I pay by invoice?", "Yes, within Germany and Austria.", true, true},
    {"Is this sleeping bag fine at minus ten?", "No, its comfort limit is minus two.", true, false},
    {"How heavy is the Trek 2 stove?", "340 grams without the cartridge.", true, true},
    {"May gas cartridges go by air?", "No, they are dangerous goods.", true, true},
    {"I got the wrong size, what do I do?", "Exchange it free of charge with the label enclosed.",
     true, true},
    {"Are the boots resoleable?", "Yes, all boots with a welted sole are.", true, false},
    {"Do you have shops?", "One, in Bremen.", true, true},
    {"Can I get a student discount?", "Yes, ten per cent with a student card.", true, true},
    {"Is the rope certified?", "Yes, to EN 892.", true, false},
    {"Which socks against blisters?", "Double-layer socks.", true, true},
    {"Can I cancel my order?", "Yes, until it leaves the warehouse.", true, true},
    {"How long is the warranty on poles?", "Three years.", false, true},
    {"Do you buy used gear back?", "Yes, tents and packs, as store credit.", false, false},
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static const char *const run_names[] = {"support-reply v7", "support-reply v8"};

static bool is_right(size_t i, int run)
{
    return run ? questions[i].v8 : questions[i].v7;
}

static void write_time(struct json_out *out, const char *key, int64_t time_ns)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(time_ns, text);
    json_out_text(out, key, text);
}

static void write_item_id(struct json_out *out, const char *key, size_t i)
{
    char id[40];
    snprintf(id, sizeof id, "support-question-%02zu", i + 1);
    json_out_text(out, key, id);
}

static void write_trace_id(struct json_out *out, const char *key, size_t i, int run)
{
    char id[48];
    snprintf(id, sizeof id, "support-question-%02zu-v%d", i + 1, 7 + run);
    json_out_text(out, key, id);
}

/* Version 8 explains itself and adds a tip, right or wrong. */
static void write_answer(struct json_out *out, size_t i, int run)
{
    char text[600];
    const char *core =
        is_right(i, run) ? questions[i].expected : "That depends; please see our conditions.";
    snprintf(text, sizeof text, "%s%s%s", run ? "Thank you for asking! " : "", core,
             run ? " We do it this way because every order is different and we want to be fair to "
                   "everybody. A tip: take a photo of your gear before each trip."
                 : "");
    json_out_text(out, "output", text);
}

/* --- what happened, as events ----------------------------------------------------------------- */

static void open_event(struct json_out *out, const char *type, size_t i, int run, int64_t time_ns)
{
    char id[80];
    snprintf(id, sizeof id, "support-question-%02zu-v%d-%s", i + 1, 7 + run, type);
    json_out_object(out, NULL);
    json_out_text(out, "id", id);
    json_out_text(out, "type", type[0] == 'h' || type[0] == 'c' ? "score-create" : type);
    write_time(out, "timestamp", time_ns);
    json_out_object(out, "body");
}

static void close_event(struct json_out *out)
{
    json_out_end_object(out);
    json_out_end_object(out);
}

static void write_score(struct json_out *out, const char *name, size_t i, int run, int64_t time_ns,
                        double value, bool is_boolean)
{
    char id[80];
    snprintf(id, sizeof id, "support-question-%02zu-v%d-%s", i + 1, 7 + run, name);
    open_event(out, name, i, run, time_ns);
    json_out_text(out, "id", id);
    write_trace_id(out, "traceId", i, run);
    json_out_text(out, "name", name);
    json_out_double(out, "value", value);
    json_out_text(out, "dataType", is_boolean ? "BOOLEAN" : "NUMERIC");
    json_out_text(out, "environment", "evaluation");
    close_event(out);
}

static void write_generation(struct json_out *out, size_t i, int run, int64_t start_ns,
                             int64_t end_ns)
{
    char id[80];
    snprintf(id, sizeof id, "support-question-%02zu-v%d-answer", i + 1, 7 + run);
    open_event(out, "generation-create", i, run, start_ns);
    json_out_text(out, "id", id);
    write_trace_id(out, "traceId", i, run);
    json_out_text(out, "name", "answer");
    json_out_text(out, "model", "gpt-4o-mini");
    json_out_text(out, "promptName", "support-reply");
    json_out_int(out, "promptVersion", 7 + run);
    json_out_text(out, "environment", "evaluation");
    write_time(out, "startTime", start_ns);
    write_time(out, "endTime", end_ns);
    json_out_text(out, "input", questions[i].asked);
    write_answer(out, i, run);
    json_out_object(out, "usage");
    json_out_int(out, "input", 310 + 90 * run);
    json_out_int(out, "output", run ? 78 + (int64_t)i : 24 + (int64_t)i % 9);
    json_out_end_object(out);
    close_event(out);
}

static void write_trace(struct json_out *out, size_t i, int run, int64_t start_ns)
{
    int64_t end_ns = start_ns + (run ? 2100 + 37 * (int64_t)i : 900 + 23 * (int64_t)i) * NS_PER_MS;
    bool right = is_right(i, run);
    open_event(out, "trace-create", i, run, start_ns);
    write_trace_id(out, "id", i, run);
    json_out_text(out, "name", "support-reply evaluation");
    json_out_text(out, "environment", "evaluation");
    write_time(out, "timestamp", start_ns);
    json_out_text(out, "input", questions[i].asked);
    write_answer(out, i, run);
    close_event(out);
    write_generation(out, i, run, start_ns, end_ns);
    write_score(out, "correct", i, run, end_ns, right, true);
    write_score(out, "helpful", i, run, end_ns, (right ? 0.82 : 0.35) + 0.01 * (double)(i % 7),
                false);
}

static enum status send_traces(struct client *client, int64_t start_ns, struct error *error)
{
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    json_out_array(&out, "batch");
    for (int run = 0; run < 2; run++)
        for (size_t i = 0; i < QUESTIONS; i++)
            write_trace(&out, i, run,
                        start_ns + run * 1800 * NS_PER_SEC + (int64_t)i * 4 * NS_PER_SEC);
    json_out_end_array(&out);
    json_out_end_object(&out);
    enum status status = body.failed ? fail(error, STATUS_INTERNAL, "no memory")
                                     : client_post(client, "/api/public/ingestion",
                                                   "application/json", buf_str(&body), NULL, error);
    buf_done(&body);
    return status;
}

/* --- the dataset ---------------------------------------------------------------------------- */

static enum status post(struct client *client, const char *path, const char *query,
                        struct buf *body, struct buf *out_reply, struct error *error)
{
    char address[200];
    snprintf(address, sizeof address, "%s%s", path, query);
    enum status status = body->failed ? fail(error, STATUS_INTERNAL, "no memory")
                                      : client_post(client, address, "application/json",
                                                    buf_str(body), out_reply, error);
    buf_done(body);
    return status;
}

/* Its id, as the reply tells. */
static enum status make_dataset(struct client *client, const char *query, char *out_id, size_t size,
                                struct error *error)
{
    struct buf body = {0}, reply = {0};
    struct arena arena;
    struct json json;
    arena_init(&arena, 1 << 20);
    buf_add_str(&body, STR("{\"name\":\"support/questions\",\"description\":\"What customers ask "
                           "most, with the answer the handbook gives\",\"metadata\":"
                           "{\"owner\":\"support\"}}"));
    enum status status = post(client, "/api/public/v2/datasets", query, &body, &reply, error);
    if (status == STATUS_OK)
        status = json_parse(buf_str(&reply), &arena, &json, error);
    if (status == STATUS_OK) {
        struct str id = json_string(json_get(&json, STR("id")));
        snprintf(out_id, size, "%.*s", STR_ARGS(id));
    }
    buf_done(&reply);
    arena_done(&arena);
    return status;
}

static enum status send_items(struct client *client, const char *query, const char *dataset,
                              struct error *error)
{
    char path[100];
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    json_out_array(&out, "items");
    for (size_t i = 0; i < QUESTIONS; i++) {
        json_out_object(&out, NULL);
        write_item_id(&out, "id", i);
        json_out_text(&out, "input", questions[i].asked);
        json_out_text(&out, "expected_output", questions[i].expected);
        json_out_end_object(&out);
    }
    json_out_end_array(&out);
    json_out_end_object(&out);
    snprintf(path, sizeof path, "/api/v1/datasets/%s/items", dataset);
    return post(client, path, query, &body, NULL, error);
}

static enum status send_run_item(struct client *client, const char *query, size_t i, int run,
                                 int64_t time_ns, struct error *error)
{
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    json_out_text(&out, "runName", run_names[run]);
    json_out_text(&out, "runDescription",
                  run ? "Explains policies and adds a tip" : "What is live today");
    json_out_object(&out, "metadata");
    json_out_text(&out, "prompt", "support-reply");
    json_out_int(&out, "version", 7 + run);
    json_out_end_object(&out);
    write_item_id(&out, "datasetItemId", i);
    write_trace_id(&out, "traceId", i, run);
    write_time(&out, "createdAt", time_ns);
    json_out_end_object(&out);
    return post(client, "/api/public/dataset-run-items", query, &body, NULL, error);
}

enum status demo_datasets(struct client *client, const char *project, int64_t now_ns,
                          struct error *error)
{
    /* Before the day, whose numbers stay as they are. */
    int64_t start_ns = now_ns / (3600 * NS_PER_SEC) * (3600 * NS_PER_SEC) - 60 * 3600 * NS_PER_SEC;
    char query[96] = "", dataset[64];
    if (project)
        snprintf(query, sizeof query, "?project=%s", project);
    enum status status = make_dataset(client, query, dataset, sizeof dataset, error);
    if (status == STATUS_OK)
        status = send_items(client, query, dataset, error);
    if (status == STATUS_OK)
        status = send_traces(client, start_ns, error);
    for (int run = 0; run < 2; run++)
        for (size_t i = 0; i < QUESTIONS && status == STATUS_OK; i++)
            status =
                send_run_item(client, query, i, run, start_ns + run * 1800 * NS_PER_SEC, error);
    return status;
}
