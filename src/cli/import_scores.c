/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_scores: scores, what they are held to, and what models cost.
 *
 * An archived config takes no scores: all of them are open while scores are copied, and archived
 * behind. A score that no longer fits its config was given before that changed: it comes without.
 */
#include <stdio.h>

#include "cli/import_private.h"

static bool is_true(const struct json *item, const char *name)
{
    const struct json *value = json_get(item, str_from(name));
    return value && value->type == JSON_BOOL && value->boolean;
}

/* --- models ------------------------------------------------------------------------------------
 */

static bool has_tiers(const struct json *item)
{
    const struct json *tiers = json_get(item, STR("pricingTiers"));
    return tiers && tiers->type == JSON_ARRAY && tiers->count;
}

/* Older Langfuse has no tiers; newer ones say the same price twice. */
static enum status copy_model(struct import *import, const struct json *item, struct arena *arena)
{
    static const char *const names[] = {"modelName",   "matchPattern",    "startDate", "unit",
                                        "tokenizerId", "tokenizerConfig", NULL};
    static const char *const flat[] = {"inputPrice", "outputPrice", "totalPrice", NULL};
    struct json there;
    struct buf body = {0};
    struct json_out out = json_out(&body);
    struct str id = json_string(json_get(item, STR("id")));
    struct str place = arena_url_piece(arena, id);
    if (is_true(item, "isLangfuseManaged") || !id.len ||
        import__is_there(import, "/api/public/models", id, arena, &there))
        return STATUS_OK;
    struct str path = arena_printf(arena, "/api/public/models/%.*s", STR_ARGS(place));
    if (!path.ptr)
        return fail(import->error, STATUS_TOO_LARGE, "a model's id is too long");
    json_out_object(&out, NULL);
    import__put_all(&out, item, names);
    if (has_tiers(item))
        import__put(&out, "pricingTiers", json_get(item, STR("pricingTiers")));
    else
        import__put_all(&out, item, flat);
    json_out_end_object(&out);
    return import__write(import, "PUT", path.ptr, &body, NULL);
}

enum status import__models(struct import *import, const struct json *items, struct arena *arena)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++)
        status =
            import__unless_refused(import, copy_model(import, &items->items[i], arena), "model",
                                   json_string(json_get(&items->items[i], STR("id"))));
    return status;
}

/* --- score configs ------------------------------------------------------------------------------
 */

static enum status set_archived(struct import *import, struct str id, bool archived,
                                struct arena *arena)
{
    struct buf body = {0};
    struct json_out out = json_out(&body);
    struct str place = arena_url_piece(arena, id);
    struct str path = arena_printf(arena, "/api/public/score-configs/%.*s", STR_ARGS(place));
    if (!path.ptr)
        return fail(import->error, STATUS_TOO_LARGE, "a score config's id is too long");
    json_out_object(&out, NULL);
    json_out_bool(&out, "isArchived", archived);
    json_out_end_object(&out);
    return import__write(import, "PATCH", path.ptr, &body, NULL);
}

static enum status make_config(struct import *import, const struct json *item)
{
    static const char *const names[] = {"id",       "name",        "dataType", "minValue",
                                        "maxValue", "description", NULL};
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    import__put_all(&out, item, names);
    if (!str_equal(json_string(json_get(item, STR("dataType"))), STR("BOOLEAN")))
        import__put(&out, "categories", json_get(item, STR("categories")));
    json_out_end_object(&out);
    return import__write(import, "POST", "/api/public/score-configs", &body, NULL);
}

enum status import__score_configs(struct import *import, const struct json *items,
                                  struct arena *arena)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++) {
        struct json there;
        struct str id = json_string(json_get(&items->items[i], STR("id")));
        if (!import__is_there(import, "/api/public/score-configs", id, arena, &there))
            status = import__unless_refused(import, make_config(import, &items->items[i]),
                                            "score config", id);
        else if (is_true(&there, "isArchived"))
            status = set_archived(import, id, false, arena);
    }
    return status;
}

enum status import__archived_configs(struct import *import, const struct json *items,
                                     struct arena *arena)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++) {
        struct json there;
        struct str id = json_string(json_get(&items->items[i], STR("id")));
        if (is_true(&items->items[i], "isArchived") &&
            import__is_there(import, "/api/public/score-configs", id, arena, &there))
            status = set_archived(import, id, true, arena);
    }
    return status;
}

/* --- scores ------------------------------------------------------------------------------------
 */

/* As the newest list says what a score is about. */
static void put_subject(struct json_out *out, const struct json *subject)
{
    static const char *const members[][2] = {{"trace", "traceId"},
                                             {"observation", "observationId"},
                                             {"session", "sessionId"},
                                             {"experiment", "datasetRunId"}};
    struct str kind = json_string(json_get(subject, STR("kind")));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (str_equal(kind, str_from(members[i][0])))
            import__put(out, members[i][1], json_get(subject, STR("id")));
    import__put(out, "traceId", json_get(subject, STR("traceId")));
}

/* Lists tell texts beside the value, the newest one in its place, and yes and no as such. */
static void put_value(struct json_out *out, const struct json *item)
{
    struct str type = json_string(json_get(item, STR("dataType")));
    const struct json *text = json_get(item, STR("stringValue"));
    const struct json *value = json_get(item, STR("value"));
    bool is_text = str_equal(type, STR("CATEGORICAL")) || str_equal(type, STR("TEXT")) ||
                   str_equal(type, STR("CORRECTION"));
    if (value && value->type == JSON_BOOL)
        json_out_int(out, "value", value->boolean);
    else
        import__put(out, "value", is_text && json_string(text).ptr ? text : value);
}

static void add_score(struct event_batch *batch, const struct json *item, bool with_config,
                      struct arena *arena)
{
    static const char *const names[] = {"id",        "name",         "traceId",  "observationId",
                                        "sessionId", "datasetRunId", "dataType", "comment",
                                        "metadata",  "environment",  "source",   "queueId",
                                        NULL};
    import__open_event(batch, item, "score-create", json_string(json_get(item, STR("timestamp"))),
                       arena);
    import__put_all(&batch->out, item, names);
    if (with_config)
        import__put(&batch->out, "configId", json_get(item, STR("configId")));
    put_subject(&batch->out, json_get(item, STR("subject")));
    put_value(&batch->out, item);
    import__close_event(batch);
}

static bool has_config(const struct json *item)
{
    return json_string(json_get(item, STR("configId"))).len > 0;
}

static bool was_refused(const struct event_batch *batch, struct str event_id)
{
    for (uint32_t i = 0; i < batch->errors.count; i++)
        if (str_equal(json_string(json_get(&batch->errors.items[i], STR("id"))), event_id))
            return true;
    return false;
}

enum status import__scores(struct import *import, const struct json *items, struct arena *arena)
{
    struct event_batch batch, again;
    size_t refused = 0;
    import__open_events(&batch);
    for (uint32_t i = 0; i < items->count; i++)
        add_score(&batch, &items->items[i], true, arena);
    batch.quiet = true;
    enum status status = import__send_events(import, &batch, arena);
    import__open_events(&again);
    for (uint32_t i = 0; status == STATUS_OK && i < items->count; i++) {
        const struct json *item = &items->items[i];
        if (!was_refused(&batch, import__event_id(item, "score-create", arena)))
            continue;
        if (has_config(item))
            fprintf(stderr, "a score does not fit its config any more, and comes without: %.*s\n",
                    STR_ARGS(str_sub(json_string(json_get(item, STR("id"))), 0, 100)));
        add_score(&again, item, false, arena);
        refused++;
    }
    if (refused)
        return import__send_events(import, &again, arena);
    buf_done(&again.body);
    return status;
}
