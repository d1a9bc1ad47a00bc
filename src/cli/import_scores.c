/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_scores: scores, what they are held to, and what models cost.
 *
 * An archived config takes no scores: all of them are open while scores are copied, and archived
 * behind. A score that no longer fits its config was given before that changed: it comes without.
 */
#include <stdio.h>

#include "cli/import_private.h"

/* Whether the target has it already. */
static bool is_there(struct import *import, const char *path, struct str id, struct arena *arena,
                     struct json *out_there)
{
    struct error ignored;
    struct str place = import__encoded(id, arena);
    const char *project = import->target_project ? import->target_project : "default";
    return import__get(import->target,
                       arena_printf(arena, "%s/%.*s?project=%s", path, STR_ARGS(place), project),
                       arena, out_there, &ignored) == STATUS_OK;
}

/* What the target will not have is told, and costs no other. */
static enum status unless_refused(const struct import *import, enum status status)
{
    if (status != STATUS_INVALID && status != STATUS_CONFLICT)
        return status;
    fprintf(stderr, "left out: %s\n", import->error->text);
    return STATUS_OK;
}

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
    struct str place = import__encoded(id, arena);
    if (is_true(item, "isLangfuseManaged") || !id.len ||
        is_there(import, "/api/public/models", id, arena, &there))
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
    return import__write(import, "PUT", path.ptr, &body);
}

enum status import__models(struct import *import, const struct json *items, struct arena *arena)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++)
        status = unless_refused(import, copy_model(import, &items->items[i], arena));
    return status;
}

/* --- score configs ------------------------------------------------------------------------------
 */

static enum status set_archived(struct import *import, struct str id, bool archived,
                                struct arena *arena)
{
    struct buf body = {0};
    struct json_out out = json_out(&body);
    struct str place = import__encoded(id, arena);
    struct str path = arena_printf(arena, "/api/public/score-configs/%.*s", STR_ARGS(place));
    if (!path.ptr)
        return fail(import->error, STATUS_TOO_LARGE, "a score config's id is too long");
    json_out_object(&out, NULL);
    json_out_bool(&out, "isArchived", archived);
    json_out_end_object(&out);
    return import__write(import, "PATCH", path.ptr, &body);
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
    return import__write(import, "POST", "/api/public/score-configs", &body);
}

enum status import__score_configs(struct import *import, const struct json *items,
                                  struct arena *arena)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++) {
        struct json there;
        struct str id = json_string(json_get(&items->items[i], STR("id")));
        if (!is_there(import, "/api/public/score-configs", id, arena, &there))
            status = unless_refused(import, make_config(import, &items->items[i]));
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
            is_there(import, "/api/public/score-configs", id, arena, &there))
            status = set_archived(import, id, true, arena);
    }
    return status;
}

/* --- scores ------------------------------------------------------------------------------------
 */

static void add_score(struct event_batch *batch, const struct json *item, bool with_config,
                      struct arena *arena)
{
    static const char *const names[] = {"id",        "name",         "traceId",  "observationId",
                                        "sessionId", "datasetRunId", "dataType", "comment",
                                        "metadata",  "environment",  "source",   "queueId",
                                        NULL};
    struct str type = json_string(json_get(item, STR("dataType")));
    bool is_text = str_equal(type, STR("CATEGORICAL")) || str_equal(type, STR("TEXT")) ||
                   str_equal(type, STR("CORRECTION"));
    import__open_event(batch, item, "score-create", json_string(json_get(item, STR("timestamp"))),
                       arena);
    import__put_all(&batch->out, item, names);
    if (with_config)
        import__put(&batch->out, "configId", json_get(item, STR("configId")));
    import__put(&batch->out, "value", json_get(item, is_text ? STR("stringValue") : STR("value")));
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
