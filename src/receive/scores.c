/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scores: judgements of quality in vitrine's own JSON: one object, an array of them, or
 * {"scores": […]}. Each item is taken or refused by itself; the answer names both.
 *
 * Deleting is a record, too: a tombstone, so that it is as durable as what it takes away.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "model/foreign_id.h"
#include "receive/receive.h"
#include "receive/score_json.h"

enum { ITEMS_MAX = 10000, REASONS_MAX = 100 };

/* What the answer will say; lives in the request's arena. */
struct outcome {
    struct str *ids; /* of what was taken */
    struct {
        size_t index;
        struct str reason;
    } * refused;
    size_t id_count, refused_count;
};

struct score_texts {
    struct str trace, span, queue;
};

static enum status read_texts(const struct json *item, struct score *score, struct score_texts *out,
                              struct error *error)
{
    struct str comment;
    const struct {
        struct str key;
        size_t most;
        struct str *to;
    } texts[] = {
        {STR("id"), SCORE_ID_BYTES_MAX, &score->id},
        {STR("name"), SCORE_NAME_BYTES_MAX, &score->name},
        {STR("trace_id"), FOREIGN_ID_BYTES_MAX, &out->trace},
        {STR("span_id"), FOREIGN_ID_BYTES_MAX, &out->span},
        {STR("session"), SCORE_ID_BYTES_MAX, &score->session},
        {STR("dataset_run"), SCORE_ID_BYTES_MAX, &score->dataset_run},
        {STR("config_id"), SCORE_ID_BYTES_MAX, &score->config_id},
        {STR("queue_id"), SCORE_ID_BYTES_MAX, &out->queue},
        {STR("author"), SCORE_ID_BYTES_MAX, &score->author},
        {STR("environment"), 200, &score->environment},
        {STR("comment"), SCORE_TEXT_BYTES_MAX, &comment},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (score_read_text(item, texts[i].key, texts[i].most, texts[i].to, error) != STATUS_OK)
            return STATUS_INVALID;
    if (comment.len)
        score->comment = value_string(comment);
    if (score->name.len == 0)
        return fail(error, STATUS_INVALID, "name: is missing");
    return STATUS_OK;
}

static enum status read_time(const struct json *item, int64_t arrival_ns, struct score *score,
                             struct error *error)
{
    const struct json *time = json_get(item, STR("time"));
    double number;
    int64_t time_ns = arrival_ns;
    bool fine = !time || time->type == JSON_NULL;
    if (!fine && time->type == JSON_STRING)
        fine = clock_parse(time->string, &time_ns);
    else if (!fine && time->type == JSON_INT)
        fine = json_number(time, &number) && clock_from_number(number, &time_ns);
    else if (!fine && time->type == JSON_DOUBLE)
        fine = clock_from_number(time->number, &time_ns);
    if (!fine || time_ns < 0)
        return fail(error, STATUS_INVALID, "time: expected ISO 8601 or an epoch time");
    score->time_ns = (uint64_t)time_ns;
    return STATUS_OK;
}

static enum status read_metadata(const struct json *item, struct score *score, struct error *error)
{
    const struct json *metadata = json_get(item, STR("metadata"));
    if (!metadata || metadata->type == JSON_NULL)
        return STATUS_OK;
    if (metadata->type != JSON_OBJECT && metadata->type != JSON_ARRAY)
        return fail(error, STATUS_INVALID, "metadata: expected a JSON object");
    score->metadata = value_string(metadata->raw);
    return STATUS_OK;
}

static enum status read_item(const struct json *item, struct batch *batch, struct score *score,
                             struct error *error)
{
    struct score_texts texts = {0};
    bool has_type = false;
    if (item->type != JSON_OBJECT)
        return fail(error, STATUS_INVALID, "expected a JSON object");
    enum status status = read_texts(item, score, &texts, error);
    if (status == STATUS_OK)
        status =
            score_read_kinds(item, STR("type"), "numeric, categorical, boolean, text or correction",
                             "api, eval, annotation or feedback", score, &has_type, error);
    if (status == STATUS_OK)
        status = score_read_held(batch, json_get(item, STR("value")), has_type, score, error);
    /* Evaluators elsewhere have configs of their own. */
    if (status == STATUS_NOT_FOUND)
        status = score_read_value(json_get(item, STR("value")), has_type, score, error);
    if (status == STATUS_OK)
        status = read_time(item, batch->arrival_ns, score, error);
    if (status == STATUS_OK)
        status = read_metadata(item, score, error);
    if (status == STATUS_OK)
        status = score_set_trace(batch, score, texts.trace, texts.span, error);
    if (status == STATUS_OK && !score_set_queue(batch, score, texts.queue))
        return fail(error, STATUS_TOO_LARGE, "the scores take too much memory");
    if (status == STATUS_OK)
        status = score_check_target(score, error);
    if (status == STATUS_OK && score->id.len == 0) {
        score->id = score_make_id(&batch->arena);
        if (!score->id.ptr)
            return fail(error, STATUS_TOO_LARGE, "the scores take too much memory");
    }
    return status;
}

static enum status take_item(struct request *request, const struct json *item, size_t index,
                             struct batch *batch, struct outcome *outcome, struct error *error)
{
    struct error why;
    struct score *score = batch_add_score(batch);
    if (!score)
        return fail(error, STATUS_TOO_LARGE, "the batch is too large");
    enum status status = read_item(item, batch, score, &why);
    if (status == STATUS_OK) {
        outcome->ids[outcome->id_count++] = arena_copy(&request->arena, score->id);
        return STATUS_OK;
    }
    batch_drop_score(batch);
    if (status == STATUS_TOO_LARGE) { /* of no fault of this one */
        *error = why;
        return status;
    }
    char words[sizeof why.text + 32];
    snprintf(words, sizeof words, "scores[%zu].%s", index, why.text);
    receive_reject(batch, SIGNAL_SCORES, REJECT_VALUE, 1, words);
    if (outcome->refused_count < REASONS_MAX) {
        outcome->refused[outcome->refused_count].index = index;
        outcome->refused[outcome->refused_count++].reason =
            arena_copy(&request->arena, str_from(why.text));
    }
    return STATUS_OK;
}

/* One object is a list of one. */
static enum status find_items(const struct json *root, const struct json **out_items,
                              size_t *out_count, struct error *error)
{
    const struct json *list = root->type == JSON_OBJECT ? json_get(root, STR("scores")) : root;
    if (root->type == JSON_OBJECT && !list) {
        *out_items = root;
        *out_count = 1;
        return STATUS_OK;
    }
    if (list->type != JSON_ARRAY)
        return fail(error, STATUS_INVALID, "expected a JSON object or an array of them");
    if (list->count > ITEMS_MAX)
        return fail(error, STATUS_TOO_LARGE, "there are %u scores, at most %d are taken at once",
                    list->count, ITEMS_MAX);
    *out_items = list->items;
    *out_count = list->count;
    return STATUS_OK;
}

static enum status decode_list(struct request *request, struct batch *batch, struct error *error)
{
    struct json root;
    const struct json *items = NULL;
    size_t count = 0;
    enum status status = json_parse(request->body, &batch->arena, &root, error);
    if (status == STATUS_OK)
        status = find_items(&root, &items, &count, error);
    if (status != STATUS_OK)
        return status;
    struct outcome *outcome = arena_new(&request->arena, struct outcome);
    if (outcome) {
        outcome->ids = arena_array(&request->arena, struct str, count + 1);
        outcome->refused = arena_zero_array(&request->arena, REASONS_MAX, sizeof *outcome->refused);
    }
    if (!outcome || !outcome->ids || !outcome->refused)
        return fail(error, STATUS_TOO_LARGE, "the scores take too much memory");
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = take_item(request, &items[i], i, batch, outcome, error);
    request->note = outcome;
    if (status == STATUS_OK && count && outcome->id_count == 0)
        return fail(error, STATUS_INVALID, "%s", batch->rejected.text);
    return status;
}

static enum status decode_tombstone(struct request *request, struct batch *batch,
                                    struct error *error)
{
    struct str id = request_path_part(request, STR("id"));
    struct score *score = batch_add_score(batch);
    struct outcome *outcome = arena_new(&request->arena, struct outcome);
    if (id.len == 0 || id.len > SCORE_ID_BYTES_MAX)
        return fail(error, STATUS_INVALID, "id: expected 1 to %d bytes", SCORE_ID_BYTES_MAX);
    if (!score || !outcome)
        return fail(error, STATUS_TOO_LARGE, "the scores take too much memory");
    score->id = id;
    score->number = NAN;
    score->deleted = true;
    score->time_ns = (uint64_t)batch->arrival_ns;
    request->note = outcome;
    return STATUS_OK;
}

static enum status decode(struct request *request, struct batch *batch, struct error *error)
{
    return str_equal(request->method, STR("DELETE")) ? decode_tombstone(request, batch, error)
                                                     : decode_list(request, batch, error);
}

static void reply(struct request *request, const struct batch *batch, enum status status,
                  const struct error *error, struct response *out_response)
{
    const struct outcome *outcome = request->note;
    (void)error;
    if (status != STATUS_OK || !outcome)
        return;
    struct json_out out = json_out(&out_response->body);
    json_out_object(&out, NULL);
    json_out_array(&out, "ids");
    for (size_t i = 0; i < outcome->id_count; i++)
        json_out_str(&out, NULL, outcome->ids[i]);
    json_out_end_array(&out);
    json_out_int(&out, "rejected", (int64_t)batch->rejected_count);
    json_out_array(&out, "errors");
    for (size_t i = 0; i < outcome->refused_count; i++) {
        json_out_object(&out, NULL);
        json_out_int(&out, "index", (int64_t)outcome->refused[i].index);
        json_out_str(&out, "message", outcome->refused[i].reason);
        json_out_end_object(&out);
    }
    json_out_end_array(&out);
    json_out_end_object(&out);
}

static const char *const patterns[] = {"POST /api/v1/scores", "DELETE /api/v1/scores/{id}", NULL};

const struct receiver receiver_scores = {
    .name = "scores",
    .summary = "Scores in vitrine's own JSON",
    .patterns = patterns,
    .decode = decode,
    .reply = reply,
};
