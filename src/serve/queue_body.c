/* SPDX-License-Identifier: Apache-2.0 */
/* queue_body: see queue_body.h. */
#include "serve/queue_body.h"

struct str queue_path_id(const struct call *call)
{
    return request_path_part(call->request, STR("id"));
}

struct str queue_path_item(const struct call *call)
{
    return request_path_part(call->request, STR("item"));
}

/* A member that is a list of `least` to `most` texts, each of at most `bytes`. */
static enum status read_texts(struct call *call, const struct json *body, const char *name,
                              uint32_t least, uint32_t most, size_t bytes, struct str *out_texts)
{
    const struct json *list = json_get(body, str_from(name));
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    if (!list || list->type != JSON_ARRAY || list->count < least || list->count > most)
        return fail(&call->error, STATUS_INVALID, "%s: expected a list of %u to %u texts", name,
                    least, most);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct json *item = &list->items[i];
        if (item->type != JSON_STRING || item->string.len == 0 || item->string.len > bytes)
            return fail(&call->error, STATUS_INVALID, "%s[%u]: expected a text of 1 to %zu bytes",
                        name, i, bytes);
    }
    json_out_array(&out, NULL);
    for (uint32_t i = 0; i < list->count; i++)
        json_out_str(&out, NULL, list->items[i].string);
    json_out_end_array(&out);
    *out_texts = arena_copy(&call->request->arena, buf_str(&buf));
    buf_done(&buf);
    return out_texts->ptr ? STATUS_OK
                          : fail(&call->error, STATUS_TOO_LARGE, "%s: no memory for them", name);
}

enum status queue_body_read(struct call *call, const char *configs,
                            struct annotation_queue *out_queue)
{
    struct json body;
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = body_text(call, &body, "name", true, &out_queue->name);
    if (status == STATUS_OK)
        status = body_text(call, &body, "description", false, &out_queue->description);
    if (status == STATUS_OK)
        status = read_texts(call, &body, configs, 1, ANNOTATION_CONFIGS_MAX, SUBJECT_ID_BYTES_MAX,
                            &out_queue->score_configs);
    if (status == STATUS_OK && json_get(&body, STR("people")))
        status = read_texts(call, &body, "people", 0, ANNOTATION_PEOPLE_MAX,
                            ANNOTATION_PERSON_BYTES_MAX, &out_queue->people);
    return status;
}

enum status queue_status_read(struct call *call, struct str word, int *out_completed)
{
    *out_completed = -1;
    if (word.len == 0)
        return STATUS_OK;
    if (str_equal_nocase(word, STR("COMPLETED")))
        *out_completed = 1;
    else if (str_equal_nocase(word, STR("PENDING")))
        *out_completed = 0;
    else
        return fail(&call->error, STATUS_INVALID, "status: expected PENDING or COMPLETED");
    return STATUS_OK;
}
