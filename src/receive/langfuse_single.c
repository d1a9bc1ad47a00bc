/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_single: one trace, span, generation or event a request, as the oldest SDKs and some
 * integrations send them: the same parts as those of POST /api/public/ingestion.
 */
#include "receive/langfuse.h"
#include "receive/score_json.h"

/* What each path makes, and by which member a PATCH says what it is about. */
static const struct single {
    struct str path, create, update, id;
} singles[] = {
    {STR_INIT("/api/public/traces"), STR_INIT("trace-create"), STR_INIT(""), STR_INIT("id")},
    {STR_INIT("/api/public/spans"), STR_INIT("span-create"), STR_INIT("span-update"),
     STR_INIT("spanId")},
    {STR_INIT("/api/public/generations"), STR_INIT("generation-create"),
     STR_INIT("generation-update"), STR_INIT("generationId")},
    {STR_INIT("/api/public/events"), STR_INIT("event-create"), STR_INIT(""), STR_INIT("id")},
};

static const struct single *find_single(struct str path)
{
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
        if (str_starts(path, singles[i].path))
            return &singles[i];
    return NULL;
}

static enum status decode(struct request *request, struct batch *batch, struct error *error)
{
    struct json body;
    const struct single *single = find_single(request->path);
    bool is_update = str_equal(request->method, STR("PATCH"));
    struct str *note = arena_new(&request->arena, struct str);
    enum status status = json_parse(request->body, &batch->arena, &body, error);
    if (status != STATUS_OK)
        return status;
    if (!single || body.type != JSON_OBJECT)
        return fail(error, STATUS_INVALID, "expected a JSON object");
    struct str id = json_string(json_get(&body, is_update ? single->id : STR("id")));
    if (is_update && id.len == 0)
        return fail(error, STATUS_INVALID, "%.*s: is missing", STR_ARGS(single->id));
    if (id.len == 0)
        id = score_make_id(&batch->arena);
    if (!note || id.len == 0)
        return fail(error, STATUS_TOO_LARGE, "the request takes too much memory");
    /* Nobody gives these requests an id of their own, so none of two is a resend. */
    const struct langfuse_event event = {
        .id = score_make_id(&batch->arena),
        .type = is_update ? single->update : single->create,
        .time_ns = batch->arrival_ns,
        .body = &body,
        .about = id,
    };
    *note = arena_copy(&request->arena, id);
    request->note = note;
    batch->is_partial = true;
    /* Its parts are those of the events. */
    batch->receiver = STR("langfuse");
    status = langfuse_source(request, batch, error);
    return status == STATUS_OK ? langfuse_part(batch, &event, error) : status;
}

static void reply(struct request *request, const struct batch *batch, enum status status,
                  const struct error *error, struct response *out_response)
{
    const struct str *id = request->note;
    (void)batch;
    (void)error;
    if (status != STATUS_OK || !id)
        return;
    struct json_out out = json_out(&out_response->body);
    json_out_object(&out, NULL);
    json_out_str(&out, "id", *id);
    json_out_end_object(&out);
}

static const char *const patterns[] = {"POST /api/public/traces",
                                       "POST /api/public/spans",
                                       "PATCH /api/public/spans",
                                       "POST /api/public/generations",
                                       "PATCH /api/public/generations",
                                       "POST /api/public/events",
                                       NULL};

const struct receiver receiver_langfuse_single = {
    .name = "langfuse_single",
    .summary = "Langfuse's oldest SDKs: one trace or observation by itself",
    .patterns = patterns,
    .decode = decode,
    .reply = reply,
};
