/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_langfuse: what each kind of thing becomes. Traces, observations and scores are events as
 * SDKs send them, with ids made of what they say, so that the same one counts once and a changed
 * one replaces; prompts and data sets are made by the requests that make them. What scores are
 * judged by and what models cost is in import_scores.c.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/import_private.h"

#define JSON_TYPE "application/json"

/* --- writing ---------------------------------------------------------------------------------- */

void import__put(struct json_out *out, const char *name, const struct json *value)
{
    if (!value)
        return;
    switch (value->type) {
    case JSON_NULL:
        break;
    case JSON_BOOL:
        json_out_bool(out, name, value->boolean);
        break;
    case JSON_INT:
    case JSON_UINT:
        json_out_int(out, name, value->integer);
        break;
    case JSON_DOUBLE:
        json_out_double(out, name, value->number);
        break;
    case JSON_STRING:
        json_out_str(out, name, value->string);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        json_out_raw(out, name, value->raw);
    }
}

void import__put_all(struct json_out *out, const struct json *item, const char *const *names)
{
    for (; *names; names++)
        import__put(out, *names, json_get(item, str_from(*names)));
}

enum status import__write(struct import *import, const char *method, const char *path,
                          struct buf *body)
{
    char whole[300];
    snprintf(whole, sizeof whole, "%s%s%s", path, import->target_project ? "?project=" : "",
             import->target_project ? import->target_project : "");
    enum status status =
        client_ask(import->target, method, whole, JSON_TYPE, buf_str(body), NULL, import->error);
    buf_done(body);
    return status;
}

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
    return arena_printf(arena, "import-%s-%016llx-%.*s", type, (unsigned long long)str_hash(id),
                        STR_ARGS(updated));
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

void import__close_event(struct event_batch *batch)
{
    json_out_end_object(&batch->out);
    json_out_end_object(&batch->out);
}

/* A refusal of one is told and costs no other, but may be tried in another way. */
static void tell_errors(struct str reply, struct arena *arena, struct event_batch *batch)
{
    struct json said;
    const struct json *errors = NULL;
    struct str kept = arena_copy(arena, reply);
    if (json_parse(kept, arena, &said, NULL) == STATUS_OK && said.type == JSON_OBJECT)
        errors = json_get(&said, STR("errors"));
    if (errors && errors->type == JSON_ARRAY)
        batch->errors = *errors;
    for (uint32_t i = 0; !batch->quiet && i < batch->errors.count; i++) {
        struct str why = json_string(json_get(&batch->errors.items[i], STR("error")));
        fprintf(stderr, "left out: %.*s\n", (int)(why.len > 300 ? 300 : why.len),
                why.ptr ? why.ptr : "");
    }
}

enum status import__send_events(struct import *import, struct event_batch *batch,
                                struct arena *arena)
{
    struct buf reply = {0};
    json_out_end_array(&batch->out);
    json_out_end_object(&batch->out);
    enum status status = batch->body.failed
                             ? fail(import->error, STATUS_TOO_LARGE, "no memory for a page")
                             : client_post(import->target, "/api/public/ingestion", JSON_TYPE,
                                           buf_str(&batch->body), &reply, import->error);
    buf_done(&batch->body);
    if (status == STATUS_OK)
        tell_errors(buf_str(&reply), arena, batch);
    buf_done(&reply);
    return status;
}

static enum status copy_traces(struct import *import, const struct json *items, struct arena *arena)
{
    static const char *const names[] = {"id",     "timestamp", "name",        "input",   "output",
                                        "userId", "sessionId", "metadata",    "release", "version",
                                        "tags",   "public",    "environment", NULL};
    struct event_batch batch;
    import__open_events(&batch);
    for (uint32_t i = 0; i < items->count; i++) {
        import__open_event(&batch, &items->items[i], "trace-create",
                           end_of(&items->items[i], arena), arena);
        import__put_all(&batch.out, &items->items[i], names);
        import__close_event(&batch);
    }
    return import__send_events(import, &batch, arena);
}

/* "GENERATION" as "generation-create". */
static const char *create_event(struct str type, struct arena *arena)
{
    static const char *const types[] = {"span",      "generation", "event",     "agent",
                                        "tool",      "chain",      "retriever", "evaluator",
                                        "embedding", "guardrail"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equal_nocase(type, str_from(types[i])))
            return arena_printf(arena, "%s-create", types[i]).ptr;
    return "span-create";
}

static enum status copy_observations(struct import *import, const struct json *items,
                                     struct arena *arena)
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
    struct event_batch batch;
    import__open_events(&batch);
    for (uint32_t i = 0; i < items->count; i++) {
        const struct json *item = &items->items[i];
        const char *type = create_event(json_string(json_get(item, STR("type"))), arena);
        const struct json *prompt = json_get(item, STR("promptName"));
        import__open_event(&batch, item, type ? type : "span-create",
                           json_string(json_get(item, STR("startTime"))), arena);
        import__put_all(&batch.out, item, names);
        if (prompt && prompt->type == JSON_STRING) {
            import__put(&batch.out, "promptName", prompt);
            import__put(&batch.out, "promptVersion", json_get(item, STR("promptVersion")));
        }
        import__close_event(&batch);
    }
    return import__send_events(import, &batch, arena);
}

/* --- prompts ---------------------------------------------------------------------------------- */

struct str import__encoded(struct str text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.len * 3 + 1);
    size_t len = 0;
    for (size_t i = 0; out && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            (c && strchr("-_.~", c)))
            out[len++] = (char)c;
        else
            len += (size_t)snprintf(out + len, 4, "%%%02X", c);
    }
    return (struct str){out, out ? len : 0};
}

enum status import__get(struct client *client, struct str path, struct arena *arena,
                        struct json *out_reply, struct error *error)
{
    struct buf body = {0};
    if (!path.ptr)
        return fail(error, STATUS_TOO_LARGE, "a name is too long");
    enum status status = client_ask(client, "GET", path.ptr, NULL, STR_NONE, &body, error);
    struct str copy = status == STATUS_OK ? arena_copy(arena, buf_str(&body)) : STR_NONE;
    buf_done(&body);
    if (status == STATUS_OK)
        status = copy.ptr ? json_parse(copy, arena, out_reply, error)
                          : fail(error, STATUS_TOO_LARGE, "an answer is too large");
    return status;
}

/* Labels, but "latest", which the server gives itself. */
static void put_labels(struct json_out *out, const struct json *labels)
{
    json_out_array(out, "labels");
    for (uint32_t i = 0; labels && labels->type == JSON_ARRAY && i < labels->count; i++)
        if (!str_equal(json_string(&labels->items[i]), STR("latest")))
            import__put(out, NULL, &labels->items[i]);
    json_out_end_array(out);
}

static enum status copy_version(struct import *import, struct str name, int64_t version,
                                struct arena *arena)
{
    static const char *const names[] = {"name", "type",          "prompt", "config",
                                        "tags", "commitMessage", NULL};
    struct json prompt;
    struct buf body = {0};
    struct json_out out = json_out(&body);
    struct error absent;
    struct str place = import__encoded(name, arena);
    const char *project = import->target_project ? import->target_project : "default";
    if (import__get(
            import->target,
            arena_printf(arena, "/api/public/v2/prompts/%.*s?version=%lld&resolve=false&project=%s",
                         STR_ARGS(place), (long long)version, project),
            arena, &prompt, &absent) == STATUS_OK)
        return STATUS_OK;
    enum status status =
        import__get(import->source,
                    arena_printf(arena, "/api/public/v2/prompts/%.*s?version=%lld&resolve=false",
                                 STR_ARGS(place), (long long)version),
                    arena, &prompt, import->error);
    if (status != STATUS_OK)
        return status;
    json_out_object(&out, NULL);
    import__put_all(&out, &prompt, names);
    put_labels(&out, json_get(&prompt, STR("labels")));
    json_out_end_object(&out);
    return import__write(import, "POST", "/api/public/v2/prompts", &body);
}

/* Versions in their order: the target numbers them itself. */
static enum status copy_prompts(struct import *import, const struct json *items,
                                struct arena *arena)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++) {
        struct str name = json_string(json_get(&items->items[i], STR("name")));
        const struct json *versions = json_get(&items->items[i], STR("versions"));
        int64_t last = 0, next;
        do { /* the smallest that is larger than the last */
            next = INT64_MAX;
            for (uint32_t v = 0; versions && versions->type == JSON_ARRAY && v < versions->count;
                 v++) {
                int64_t number;
                if (json_int(&versions->items[v], &number) && number > last && number < next)
                    next = number;
            }
            last = next;
            if (next != INT64_MAX)
                status = copy_version(import, name, next, arena);
        } while (status == STATUS_OK && next != INT64_MAX);
    }
    return status;
}

/* --- data sets -------------------------------------------------------------------------------- */

/* All pages of a list that belongs to something, one item after the other. */
static enum status each_item(struct import *import, struct str path, struct arena *arena,
                             enum status (*take)(struct import *import, const struct json *item,
                                                 struct arena *arena))
{
    int64_t pages = 1;
    enum status status = STATUS_OK;
    for (int64_t page = 1; page <= pages && status == STATUS_OK; page++) {
        struct json reply;
        status = import__get(
            import->source,
            arena_printf(arena, "%.*slimit=50&page=%lld", STR_ARGS(path), (long long)page), arena,
            &reply, import->error);
        const struct json *items = status == STATUS_OK ? json_get(&reply, STR("data")) : NULL;
        if (items)
            json_int(json_path(&reply, STR("meta.totalPages")), &pages);
        for (uint32_t i = 0;
             items && items->type == JSON_ARRAY && i < items->count && status == STATUS_OK; i++)
            status = take(import, &items->items[i], arena);
    }
    return status;
}

static enum status copy_as_is(struct import *import, const struct json *item,
                              const char *const *names, const char *path)
{
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    import__put_all(&out, item, names);
    json_out_end_object(&out);
    return import__write(import, "POST", path, &body);
}

static enum status copy_dataset_item(struct import *import, const struct json *item,
                                     struct arena *arena)
{
    static const char *const names[] = {"id",       "datasetName",         "input",
                                        "metadata", "expectedOutput",      "sourceTraceId",
                                        "status",   "sourceObservationId", NULL};
    (void)arena;
    return copy_as_is(import, item, names, "/api/public/dataset-items");
}

static enum status copy_run(struct import *import, const struct json *run, struct arena *arena)
{
    static const char *const names[] = {"datasetItemId", "traceId", "observationId", "createdAt",
                                        NULL};
    struct json whole;
    struct str dataset = import__encoded(json_string(json_get(run, STR("datasetName"))), arena);
    struct str name = json_string(json_get(run, STR("name")));
    enum status status =
        import__get(import->source,
                    arena_printf(arena, "/api/public/datasets/%.*s/runs/%.*s", STR_ARGS(dataset),
                                 STR_ARGS(import__encoded(name, arena))),
                    arena, &whole, import->error);
    const struct json *items =
        status == STATUS_OK ? json_get(&whole, STR("datasetRunItems")) : NULL;
    for (uint32_t i = 0;
         items && items->type == JSON_ARRAY && i < items->count && status == STATUS_OK; i++) {
        struct buf body = {0};
        struct json_out out = json_out(&body);
        json_out_object(&out, NULL);
        json_out_str(&out, "runName", name);
        import__put(&out, "runDescription", json_get(run, STR("description")));
        import__put(&out, "metadata", json_get(run, STR("metadata")));
        import__put_all(&out, &items->items[i], names);
        json_out_end_object(&out);
        status = import__write(import, "POST", "/api/public/dataset-run-items", &body);
    }
    return status;
}

static enum status copy_datasets(struct import *import, const struct json *items,
                                 struct arena *arena)
{
    static const char *const names[] = {"name",        "description",          "metadata",
                                        "inputSchema", "expectedOutputSchema", NULL};
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++) {
        struct str name =
            import__encoded(json_string(json_get(&items->items[i], STR("name"))), arena);
        status = copy_as_is(import, &items->items[i], names, "/api/public/v2/datasets");
        if (status == STATUS_OK)
            status = each_item(
                import,
                arena_printf(arena, "/api/public/dataset-items?datasetName=%.*s&", STR_ARGS(name)),
                arena, copy_dataset_item);
        if (status == STATUS_OK)
            status = each_item(
                import, arena_printf(arena, "/api/public/datasets/%.*s/runs?", STR_ARGS(name)),
                arena, copy_run);
    }
    return status;
}

const struct import_stage import_stages[] = {
    {"models", "/api/public/models?limit=50", import__models},
    {"traces", "/api/public/traces?limit=50&orderBy=timestamp.asc&fields=core,io,metrics",
     copy_traces},
    {"observations", "/api/public/observations?limit=50", copy_observations},
    {"score configs", "/api/public/score-configs?limit=50", import__score_configs},
    {"scores", "/api/public/v2/scores?limit=50", import__scores},
    {"archived score configs", "/api/public/score-configs?limit=50", import__archived_configs},
    {"prompts", "/api/public/v2/prompts?limit=50", copy_prompts},
    {"datasets", "/api/public/v2/datasets?limit=10", copy_datasets},
};
const size_t import_stage_count = sizeof import_stages / sizeof *import_stages;
