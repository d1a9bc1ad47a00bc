/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_events: traces and observations as older lists of Langfuse have them, and how a page
 * becomes one request of events as SDKs send them: with ids made of what they say, so that the same
 * one counts once and a changed one replaces.
 */
#include <stdio.h>

#include "base/clock.h"
#include "cli/import_private.h"

enum { EVENT_ID_BYTES_MAX = 700 };

/* --- events ----------------------------------------------------------------------------------- */

void import__open_events(struct event_batch *batch)
{
    *batch = (struct event_batch){0};
    batch->out = json_out(&batch->body);
    json_out_object(&batch->out, NULL);
    json_out_array(&batch->out, "batch");
}

struct str import__event_id(const struct json *item, const char *type, struct arena *arena)
{
    struct str id = json_string(json_get(item, STR("id")));
    struct str updated = json_string(json_get(item, STR("updatedAt")));
    return arena_printf(arena, "import %s %.*s %016llx%016llx", type,
                        STR_ARGS(str_sub(id, 0, EVENT_ID_BYTES_MAX)),
                        (unsigned long long)str_hash(id), (unsigned long long)str_hash(updated));
}

void import__open_event(struct event_batch *batch, const struct json *item, const char *type,
                        struct str time, struct arena *arena)
{
    struct str updated = json_string(json_get(item, STR("updatedAt")));
    json_out_object(&batch->out, NULL);
    json_out_str(&batch->out, "id", import__event_id(item, type, arena));
    json_out_text(&batch->out, "type", type);
    json_out_str(&batch->out, "timestamp", time.len ? time : updated);
    json_out_object(&batch->out, "body");
}

void import__close_event(struct event_batch *batch)
{
    json_out_end_object(&batch->out);
    json_out_end_object(&batch->out);
}

/* A refusal of one is told and costs no other, but may be tried in another way. */
static void tell_errors(struct import *import, struct str reply, struct arena *arena,
                        struct event_batch *batch)
{
    struct json said;
    const struct json *errors = NULL;
    struct str kept = arena_copy(arena, reply);
    if (json_parse(kept, arena, &said, NULL) == STATUS_OK)
        errors = json_get(&said, STR("errors"));
    if (errors && errors->type == JSON_ARRAY)
        batch->errors = *errors;
    for (uint32_t i = 0; !batch->quiet && i < batch->errors.count; i++) {
        const struct json *one = &batch->errors.items[i];
        struct str why = arena_printf(
            arena, "%.*s", STR_ARGS(str_sub(json_string(json_get(one, STR("error"))), 0, 300)));
        import__leave_out(import, "event", json_string(json_get(one, STR("id"))),
                          why.ptr ? why.ptr : "");
    }
}

enum status import__send_events(struct import *import, struct event_batch *batch,
                                struct arena *arena)
{
    struct buf reply = {0};
    json_out_end_array(&batch->out);
    json_out_end_object(&batch->out);
    enum status status =
        batch->body.failed
            ? fail(import->error, STATUS_TOO_LARGE, "no memory for a page")
            : client_post(import->target, "/api/public/ingestion", "application/json",
                          buf_str(&batch->body), &reply, import->error);
    buf_done(&batch->body);
    if (status == STATUS_OK)
        tell_errors(import, buf_str(&reply), arena, batch);
    buf_done(&reply);
    return status;
}

/* --- traces and observations ------------------------------------------------------------------ */

/* A trace ends when its output was said. */
static struct str end_of(const struct json *trace, struct arena *arena)
{
    char text[CLOCK_TEXT_BYTES];
    double seconds;
    int64_t start_ns;
    struct str start = json_string(json_get(trace, STR("timestamp")));
    if (!clock_parse(start, &start_ns) || !json_number(json_get(trace, STR("latency")), &seconds) ||
        !(seconds > 0 && seconds < 1e8))
        return start;
    clock_format(start_ns + (int64_t)(seconds * 1e9), text);
    return arena_copy(arena, str_from(text));
}

enum status import__traces(struct import *import, const struct json *items, struct arena *arena)
{
    static const char *const names[] = {"id",     "timestamp", "name",        "input",   "output",
                                        "userId", "sessionId", "metadata",    "release", "version",
                                        "tags",   "public",    "environment", NULL};
    struct event_batch batch;
    enum status status = STATUS_OK;
    import__open_events(&batch);
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++) {
        const struct json *item = &items->items[i];
        const struct import_use use = {.trace = json_string(json_get(item, STR("id")))};
        status = import__media(import, item, &use, arena);
        import__open_event(&batch, item, "trace-create", end_of(item, arena), arena);
        import__put_all(&batch.out, item, names);
        import__close_event(&batch);
    }
    if (status == STATUS_OK)
        return import__send_events(import, &batch, arena);
    buf_done(&batch.body);
    return status;
}

const char *import__create_event(struct str type, struct arena *arena)
{
    static const char *const types[] = {"span",      "generation", "event",     "agent",
                                        "tool",      "chain",      "retriever", "evaluator",
                                        "embedding", "guardrail"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equal_nocase(type, str_from(types[i]))) {
            struct str event = arena_printf(arena, "%s-create", types[i]);
            return event.ptr ? event.ptr : "span-create";
        }
    return "span-create";
}

static void add_observation(struct event_batch *batch, const struct json *item, struct arena *arena)
{
    static const char *const names[] = {"id",
                                        "traceId",
                                        "parentObservationId",
                                        "name",
                                        "startTime",
                                        "endTime",
                                        "input",
                                        "output",
                                        "metadata",
                                        "level",
                                        "version",
                                        "statusMessage",
                                        "completionStartTime",
                                        "model",
                                        "modelParameters",
                                        "environment",
                                        "usageDetails",
                                        "costDetails",
                                        NULL};
    const char *type = import__create_event(json_string(json_get(item, STR("type"))), arena);
    const struct json *prompt = json_get(item, STR("promptName"));
    import__open_event(batch, item, type, json_string(json_get(item, STR("startTime"))), arena);
    import__put_all(&batch->out, item, names);
    if (prompt && prompt->type == JSON_STRING) {
        import__put(&batch->out, "promptName", prompt);
        import__put(&batch->out, "promptVersion", json_get(item, STR("promptVersion")));
    }
    import__close_event(batch);
}

enum status import__observations(struct import *import, const struct json *items,
                                 struct arena *arena)
{
    struct event_batch batch;
    enum status status = STATUS_OK;
    import__open_events(&batch);
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++) {
        const struct json *item = &items->items[i];
        const struct import_use use = {.trace = json_string(json_get(item, STR("traceId"))),
                                       .observation = json_string(json_get(item, STR("id")))};
        status = import__media(import, item, &use, arena);
        add_observation(&batch, item, arena);
    }
    if (status == STATUS_OK)
        return import__send_events(import, &batch, arena);
    buf_done(&batch.body);
    return status;
}
