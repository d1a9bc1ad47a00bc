/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_items: what stands in an annotation queue, in the order it came.
 *
 * What is said of an item are scores, given through POST /api/v1/scores under the id
 * "annotation-<item>-<config>": so a second thought replaces the first one.
 */
#include "serve/queue_body.h"

enum { ITEMS_A_PAGE = 500, ITEMS_AT_ONCE = 1000, SCORES_OF_ITEM = 500 };

/* Whoever named an observation by its id alone may have done so before it came. */
static void write_members(struct call *call, struct annotation_item *item)
{
    struct json_out *out = &call->out;
    if (item->subject.kind == SUBJECT_OBSERVATION && item->subject.trace.len == 0)
        (void)subject_find(call, &item->subject);
    json_out_str(out, "id", item->id);
    json_out_text(out, "status", item->is_completed ? "completed" : "pending");
    out_subject(out, &item->subject);
    json_out_str(out, "author", item->author);
    out_time(out, "completed", item->completed_ns);
    out_time(out, "created", item->created_ns);
}

static void write_item(struct call *call, struct annotation_item *item)
{
    json_out_object(&call->out, NULL);
    write_members(call, item);
    json_out_end_object(&call->out);
}

void serve__queue_items(struct request *request, void *context)
{
    struct call call;
    struct annotation_item *items;
    size_t count = 0;
    int64_t total = 0;
    if (!call_begin(&call, request, context))
        return;
    struct annotation_question question = {.project_id = request->project_id,
                                           .queue_id = queue_path_id(&call)};
    enum status status =
        queue_status_read(&call, request_param(request, STR("status")), &question.completed);
    if (status == STATUS_OK)
        status = param_int(&call, STR("limit"), 50, 1, ITEMS_A_PAGE, &question.limit);
    if (status == STATUS_OK)
        status = param_int(&call, STR("skip"), 0, 0, ANNOTATION_ITEMS_MAX, &question.skip);
    if (status == STATUS_OK)
        status = control_annotation_items(call.options->control, &question, &request->arena, &items,
                                          &count, &total, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_int(&call.out, "total", total);
        json_out_array(&call.out, "items");
        for (size_t i = 0; i < count; i++)
            write_item(&call, &items[i]);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* --- adding --------------------------------------------------------------------------------- */

static enum status read_items(struct call *call, struct annotation_item **out_items,
                              size_t *out_count)
{
    struct json body;
    enum status status = body_read(call, &body);
    if (status != STATUS_OK)
        return status;
    const struct json *list = json_get(&body, STR("items"));
    if (!list || list->type != JSON_ARRAY || list->count == 0 || list->count > ITEMS_AT_ONCE)
        return fail(&call->error, STATUS_INVALID, "items: expected a list of 1 to %d",
                    ITEMS_AT_ONCE);
    *out_items = arena_array(&call->request->arena, struct annotation_item, (size_t)list->count);
    if (!*out_items)
        return fail(&call->error, STATUS_TOO_LARGE, "items: no memory for them");
    for (uint32_t i = 0; i < list->count && status == STATUS_OK; i++) {
        struct subject *subject = &(*out_items)[i].subject;
        if (list->items[i].type != JSON_OBJECT)
            return fail(&call->error, STATUS_INVALID, "items[%u]: expected an object", i);
        status = subject_read_member(call, &list->items[i], subject);
        if (status == STATUS_OK && subject->kind == SUBJECT_PROMPT)
            return fail(&call->error, STATUS_INVALID,
                        "items[%u].prompt_id: traces, spans and sessions are judged", i);
    }
    *out_count = list->count;
    return status;
}

void serve__queue_items_add(struct request *request, void *context)
{
    struct call call;
    struct annotation_item *items = NULL;
    size_t count = 0, added = 0;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_items(&call, &items, &count);
    if (status == STATUS_OK)
        status = control_annotation_items_add(call.options->control, request->project_id,
                                              queue_path_id(&call), items, count, &request->arena,
                                              &added, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "ids");
        for (size_t i = 0; i < count; i++)
            json_out_str(&call.out, NULL, items[i].id);
        json_out_end_array(&call.out);
        json_out_int(&call.out, "added", (int64_t)added);
        json_out_end_object(&call.out);
        call.response.http_status = 201;
    }
    call_end(&call, status);
}

/* --- one ------------------------------------------------------------------------------------ */

/* False: what it is about is not known yet, so nobody can have judged it. */
static bool score_subject(const struct subject *subject, struct score_question *question)
{
    uint8_t trace[TRACE_ID_BYTES], span[SPAN_ID_BYTES];
    if (subject->kind == SUBJECT_SESSION) {
        question->session = subject->id;
        return true;
    }
    question->has_trace = str_hex_decode(subject->trace, trace, sizeof trace);
    if (!question->has_trace)
        return false;
    question->trace = trace_key(trace);
    if (subject->kind != SUBJECT_OBSERVATION)
        return true;
    question->has_span = str_hex_decode(subject->key, span, sizeof span);
    question->span_id = id_half(span);
    return true;
}

/* What was said of it in this queue. */
static enum status write_scores(struct call *call, const struct annotation_item *item)
{
    struct score_list list = {0};
    struct arena *arena = &call->request->arena;
    struct score_question question = {
        .project_id = call->request->project_id,
        .range = {INT64_MIN, INT64_MAX},
        .type = -1,
        .source = SCORE_ANNOTATION,
        .limit = SCORES_OF_ITEM,
        .cancelled = &call->request->cancelled,
    };
    struct str prefix = arena_printf(arena, "annotation-%.*s-", STR_ARGS(item->id));
    enum status status = STATUS_OK;
    if (score_subject(&item->subject, &question))
        status = query_scores(call->query, &question, true, arena, &list, &call->error);
    json_out_array(&call->out, "scores");
    for (size_t i = 0; i < list.count; i++)
        if (str_starts(list.items[i].id, prefix))
            out_score(&call->out, &list.items[i]);
    json_out_end_array(&call->out);
    return status;
}

static enum status write_whole(struct call *call, struct annotation_item *item)
{
    struct annotation_place place;
    struct json_out *out = &call->out;
    enum status status = control_annotation_place(call->options->control, item,
                                                  &call->request->arena, &place, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_object(out, NULL);
    write_members(call, item);
    json_out_int(out, "position", place.position);
    json_out_int(out, "total", place.total);
    out_name(out, "previous", place.previous);
    out_name(out, "next", place.next);
    out_name(out, "next_pending", place.next_pending);
    status = write_scores(call, item);
    json_out_end_object(out);
    return status;
}

void serve__queue_item(struct request *request, void *context)
{
    struct call call;
    struct annotation_item item;
    if (!call_begin(&call, request, context))
        return;
    enum status status =
        control_annotation_item(call.options->control, request->project_id, queue_path_id(&call),
                                queue_path_item(&call), &request->arena, &item, &call.error);
    if (status == STATUS_OK)
        status = write_whole(&call, &item);
    call_end(&call, status);
}

void serve__queue_item_change(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct str word = STR(""), author = STR("");
    struct annotation_item item;
    int completed = -1;
    if (!call_begin(&call, request, context))
        return;
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = body_text(&call, &body, "status", true, &word);
    if (status == STATUS_OK)
        status = queue_status_read(&call, word, &completed);
    if (status == STATUS_OK && completed < 0)
        status = fail(&call.error, STATUS_INVALID, "status: expected pending or completed");
    if (status == STATUS_OK)
        status = body_text(&call, &body, "author", false, &author);
    if (status == STATUS_OK)
        status = control_annotation_item_set(
            call.options->control, request->project_id, queue_path_id(&call),
            queue_path_item(&call), completed == 1, author, &request->arena, &item, &call.error);
    if (status == STATUS_OK)
        status = write_whole(&call, &item);
    call_end(&call, status);
}

void serve__queue_item_delete(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status =
        control_annotation_item_delete(call.options->control, request->project_id,
                                       queue_path_id(&call), queue_path_item(&call), &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}
