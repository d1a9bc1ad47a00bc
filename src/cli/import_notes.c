/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_notes: comments, and annotation queues with what waits in them and what was done. Both are
 * about things that the target must have by then. Whom a queue is assigned to cannot be read from
 * Langfuse.
 */
#include "cli/import_private.h"

/* --- comments --------------------------------------------------------------------------------- */

/* As the target calls it; empty: it has not got it. */
static enum status subject_of(struct import *import, const struct json *item, struct arena *arena,
                              struct str *out_id)
{
    struct str type = json_string(json_get(item, STR("objectType")));
    *out_id = json_string(json_get(item, STR("objectId")));
    if (!str_equal_nocase(type, STR("PROMPT")))
        return STATUS_OK;
    return import__prompt_id(import, *out_id, arena, out_id);
}

static enum status write_comment(struct import *import, const struct json *item, struct str subject)
{
    static const char *const names[] = {"id",           "objectType", "projectId", "content",
                                        "authorUserId", "createdAt",  NULL};
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    import__put_all(&out, item, names);
    json_out_str(&out, "objectId", subject);
    json_out_end_object(&out);
    return import__write(import, "POST", "/api/public/comments", &body, NULL);
}

static enum status copy_comment(struct import *import, const struct json *item, struct arena *arena)
{
    struct json there;
    struct str subject, id = json_string(json_get(item, STR("id")));
    struct str content = str_trim(json_string(json_get(item, STR("content"))));
    if (!id.len)
        return fail(import->error, STATUS_INVALID, "it has no id");
    if (import__is_there(import, "/api/public/comments", id, arena, &there) &&
        str_equal(json_string(json_get(&there, STR("content"))), content))
        return STATUS_OK;
    enum status status = subject_of(import, item, arena, &subject);
    if (status == STATUS_OK && !subject.len)
        return fail(import->error, STATUS_NOT_FOUND, "what it is about is not here");
    return status == STATUS_OK ? write_comment(import, item, subject) : status;
}

enum status import__comments(struct import *import, const struct json *items, struct arena *arena)
{
    enum status status = import__settle(import);
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++)
        status =
            import__unless_refused(import, copy_comment(import, &items->items[i], arena), "comment",
                                   json_string(json_get(&items->items[i], STR("id"))));
    return status;
}

/* --- queues ----------------------------------------------------------------------------------- */

static enum status copy_queue_item(struct import *import, const struct json *item, void *context,
                                   struct arena *arena)
{
    static const char *const names[] = {"id",        "objectType",  "objectId", "status",
                                        "createdAt", "completedAt", NULL};
    const struct str *path = context;
    struct buf body = {0};
    struct json_out out = json_out(&body);
    (void)arena;
    json_out_object(&out, NULL);
    import__put_all(&out, item, names);
    json_out_end_object(&out);
    return import__unless_refused(import, import__write(import, "POST", path->ptr, &body, NULL),
                                  "queue item", json_string(json_get(item, STR("id"))));
}

static enum status make_queue(struct import *import, const struct json *queue)
{
    static const char *const names[] = {"id", "name", "description", "scoreConfigIds", NULL};
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    import__put_all(&out, queue, names);
    json_out_end_object(&out);
    return import__write(import, "POST", "/api/public/annotation-queues", &body, NULL);
}

static enum status copy_queue(struct import *import, const struct json *queue, struct arena *arena)
{
    struct json there;
    struct str id = json_string(json_get(queue, STR("id")));
    struct str place = arena_url_piece(arena, id);
    struct str path =
        arena_printf(arena, "/api/public/annotation-queues/%.*s/items", STR_ARGS(place));
    if (!id.len || !path.ptr)
        return fail(import->error, STATUS_INVALID, "it has no id, or a very long one");
    enum status status = STATUS_OK;
    if (!import__is_there(import, "/api/public/annotation-queues", id, arena, &there))
        status = make_queue(import, queue);
    if (status == STATUS_OK)
        status = import__each(import, arena_printf(arena, "%.*s?", STR_ARGS(path)), copy_queue_item,
                              &path);
    return status;
}

enum status import__queues(struct import *import, const struct json *items, struct arena *arena)
{
    enum status status = import__settle(import);
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++)
        status = import__unless_refused(import, copy_queue(import, &items->items[i], arena),
                                        "annotation queue",
                                        json_string(json_get(&items->items[i], STR("id"))));
    return status;
}
