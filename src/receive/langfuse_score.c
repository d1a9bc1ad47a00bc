/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_score: scores as Langfuse's SDKs give them: inside a batch of events, or one by itself
 * to POST /api/public/scores; and DELETE of one.
 */
#include <math.h>

#include "base/clock.h"
#include "model/environment.h"
#include "receive/langfuse.h"
#include "receive/score_json.h"

struct score_texts {
    struct str trace, observation, environment, comment, queue;
};

static enum status read_texts(const struct json *body, struct score *score, struct score_texts *out,
                              struct error *error)
{
    const struct {
        struct str key;
        size_t most;
        struct str *to;
    } texts[] = {
        {STR("id"), SCORE_ID_BYTES_MAX, &score->id},
        {STR("name"), SCORE_NAME_BYTES_MAX, &score->name},
        {STR("traceId"), SCORE_ID_BYTES_MAX, &out->trace},
        {STR("observationId"), SCORE_ID_BYTES_MAX, &out->observation},
        {STR("sessionId"), SCORE_ID_BYTES_MAX, &score->session},
        {STR("datasetRunId"), SCORE_ID_BYTES_MAX, &score->dataset_run},
        {STR("configId"), SCORE_ID_BYTES_MAX, &score->config_id},
        {STR("authorUserId"), SCORE_ID_BYTES_MAX, &score->author},
        {STR("environment"), 4096, &out->environment},
        {STR("comment"), SCORE_TEXT_BYTES_MAX, &out->comment},
        {STR("queueId"), SCORE_ID_BYTES_MAX, &out->queue},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (score_read_text(body, texts[i].key, texts[i].most, texts[i].to, error) != STATUS_OK)
            return STATUS_INVALID;
    return score->name.len ? STATUS_OK : fail(error, STATUS_INVALID, "name: is missing");
}

static bool set_rest(struct batch *batch, struct score *score, const struct json *body,
                     const struct score_texts *texts, int64_t time_ns)
{
    const struct json *metadata = json_get(body, STR("metadata"));
    struct str time = json_string(json_get(body, STR("timestamp")));
    int64_t said_ns;
    if (texts->comment.len)
        score->comment = value_string(texts->comment);
    if (metadata && metadata->raw.len)
        score->metadata = value_string(metadata->raw);
    score->environment = environment_name(&batch->arena, texts->environment);
    if (!score->environment.ptr)
        return false;
    score->time_ns =
        (uint64_t)(time.len && clock_parse(time, &said_ns) && said_ns > 0 ? said_ns : time_ns);
    return score_set_queue(batch, score, texts->queue);
}

enum status langfuse_score(struct batch *batch, struct score *score, const struct json *body,
                           struct str fallback_id, int64_t time_ns, struct error *error)
{
    struct score_texts texts = {0};
    bool has_type = false;
    enum status status = read_texts(body, score, &texts, error);
    if (status == STATUS_OK)
        status = score_read_kinds(body, STR("dataType"),
                                  "NUMERIC, CATEGORICAL, BOOLEAN, TEXT or CORRECTION",
                                  "API, EVAL or ANNOTATION", score, &has_type, error);
    if (status == STATUS_OK)
        status = score_read_held(batch, json_get(body, STR("value")), has_type, score, error);
    if (status == STATUS_NOT_FOUND)
        status = fail(error, STATUS_INVALID, "configId: the project has no score config '%.*s'",
                      (int)(score->config_id.len > 100 ? 100 : score->config_id.len),
                      score->config_id.ptr);
    if (status == STATUS_OK && texts.observation.len && !texts.trace.len)
        status = fail(error, STATUS_INVALID, "observationId: expected traceId beside it");
    if (status == STATUS_OK)
        status = score_set_trace(batch, score, texts.trace, texts.observation, error);
    if (status == STATUS_OK && score_check_target(score, NULL) != STATUS_OK)
        status = fail(error, STATUS_INVALID,
                      "traceId: expected exactly one of traceId, sessionId and datasetRunId");
    if (status != STATUS_OK)
        return status;
    if (score->id.len == 0)
        score->id = fallback_id;
    if (score->id.len == 0)
        return fail(error, STATUS_TOO_LARGE, "the score takes too much memory");
    return set_rest(batch, score, body, &texts, time_ns)
               ? STATUS_OK
               : fail(error, STATUS_TOO_LARGE, "the score takes too much memory");
}

/* --- one by itself -------------------------------------------------------------------------- */

static enum status decode_one(struct request *request, struct batch *batch, struct error *error)
{
    struct json body;
    enum status status = json_parse(request->body, &batch->arena, &body, error);
    if (status != STATUS_OK)
        return status;
    if (body.type != JSON_OBJECT)
        return fail(error, STATUS_INVALID, "expected a JSON object");
    struct score *score = batch_add_score(batch);
    struct str *note = arena_new(&request->arena, struct str);
    if (!score || !note)
        return fail(error, STATUS_TOO_LARGE, "the score takes too much memory");
    status =
        langfuse_score(batch, score, &body, score_make_id(&batch->arena), batch->arrival_ns, error);
    if (status == STATUS_OK) {
        *note = arena_copy(&request->arena, score->id);
        request->note = note;
    }
    return status;
}

static enum status decode(struct request *request, struct batch *batch, struct error *error)
{
    if (!str_equal(request->method, STR("DELETE")))
        return decode_one(request, batch, error);
    struct str id = request_path_part(request, STR("id"));
    struct score *score = batch_add_score(batch);
    if (!score)
        return fail(error, STATUS_TOO_LARGE, "the score takes too much memory");
    if (id.len == 0 || id.len > SCORE_ID_BYTES_MAX)
        return fail(error, STATUS_INVALID, "id: expected 1 to %d bytes", SCORE_ID_BYTES_MAX);
    *score = (struct score){
        .id = id, .number = NAN, .deleted = true, .time_ns = (uint64_t)batch->arrival_ns};
    return STATUS_OK;
}

static void reply(struct request *request, const struct batch *batch, enum status status,
                  const struct error *error, struct response *out_response)
{
    const struct str *id = request->note;
    (void)batch;
    (void)error;
    if (status != STATUS_OK)
        return;
    struct json_out out = json_out(&out_response->body);
    json_out_object(&out, NULL);
    if (id)
        json_out_str(&out, "id", *id);
    else
        json_out_text(&out, "message", "the score is deleted");
    json_out_end_object(&out);
    out_response->http_status = id ? 200 : 202;
}

static const char *const patterns[] = {"POST /api/public/scores", "DELETE /api/public/scores/{id}",
                                       NULL};

const struct receiver receiver_langfuse_scores = {
    .name = "langfuse_scores",
    .summary = "Langfuse SDKs: one score by itself",
    .patterns = patterns,
    .takes_public_key = true,
    .decode = decode,
    .reply = reply,
};
