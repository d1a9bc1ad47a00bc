/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_queues: annotation queues, their items and assignments as Langfuse's SDKs write and read
 * them. There are no users here, so a queue is assigned to whoever the request says. */
#include "control/annotation.h"
#include "serve/langfuse_private.h"
#include "serve/queue_body.h"

/* --- queues --------------------------------------------------------------------------------- */

static void write_queue(struct call *call, const struct annotation_queue *queue)
{
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    json_out_str(out, "id", queue->id);
    json_out_str(out, "name", queue->name);
    json_out_str(out, "description", queue->description);
    json_out_raw(out, "scoreConfigIds", queue->score_configs);
    langfuse__time(out, "createdAt", queue->created_ns);
    langfuse__time(out, "updatedAt", queue->updated_ns);
    json_out_end_object(out);
}

void serve__langfuse_queues(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct annotation_queue *queues;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = langfuse__page(&call, &page);
    if (status == STATUS_OK)
        status = control_annotation_queues(call.options->control, request->project_id,
                                           langfuse__skip(&page), page.limit, &request->arena,
                                           &queues, &count, &page.total, &call.error);
    if (status == STATUS_OK) {
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++)
            write_queue(&call, &queues[i]);
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

void serve__langfuse_queue_create(struct request *request, void *context)
{
    struct call call;
    struct annotation_queue queue = {0};
    call_begin_plain(&call, request, context);
    struct json body;
    enum status status = queue_body_read(&call, "scoreConfigIds", &queue);
    if (status == STATUS_OK)
        status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = body_own_id(&call, &body, "id", &queue.id);
    if (status == STATUS_OK)
        status = control_annotation_queue_put(call.options->control, request->project_id, &queue,
                                              true, &request->arena, &call.error);
    if (status == STATUS_OK)
        write_queue(&call, &queue);
    call_end(&call, status);
}

void serve__langfuse_queue(struct request *request, void *context)
{
    struct call call;
    struct annotation_queue queue;
    call_begin_plain(&call, request, context);
    enum status status =
        control_annotation_queue(call.options->control, request->project_id, queue_path_id(&call),
                                 &request->arena, &queue, &call.error);
    if (status == STATUS_OK)
        write_queue(&call, &queue);
    call_end(&call, status);
}

/* --- items ---------------------------------------------------------------------------------- */

static void write_item(struct call *call, const struct annotation_item *item)
{
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    json_out_str(out, "id", item->id);
    json_out_str(out, "queueId", item->queue_id);
    json_out_str(out, "objectId", item->subject.id);
    json_out_text(out, "objectType", subject_object_type(item->subject.kind));
    json_out_text(out, "status", item->is_completed ? "COMPLETED" : "PENDING");
    langfuse__time(out, "completedAt", item->completed_ns);
    langfuse__time(out, "createdAt", item->created_ns);
    langfuse__time(out, "updatedAt", item->updated_ns);
    json_out_end_object(out);
}

void serve__langfuse_queue_items(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct annotation_item *items;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    struct annotation_question question = {
        .project_id = request->project_id, .queue_id = queue_path_id(&call), .newest_first = true};
    enum status status = langfuse__page(&call, &page);
    if (status == STATUS_OK)
        status =
            queue_status_read(&call, request_param(request, STR("status")), &question.completed);
    if (status == STATUS_OK) {
        question.limit = page.limit;
        question.skip = langfuse__skip(&page);
        status = control_annotation_items(call.options->control, &question, &request->arena, &items,
                                          &count, &page.total, &call.error);
    }
    if (status == STATUS_OK) {
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++)
            write_item(&call, &items[i]);
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

static enum status read_item(struct call *call, struct annotation_item *out_item)
{
    struct json body;
    struct str word;
    int completed;
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = subject_read_object(call, &body, &out_item->subject);
    if (status == STATUS_OK && out_item->subject.kind == SUBJECT_PROMPT)
        return fail(&call->error, STATUS_INVALID,
                    "objectType: expected TRACE, OBSERVATION or SESSION");
    if (status == STATUS_OK)
        status = body_text(call, &body, "status", false, &word);
    if (status == STATUS_OK)
        status = queue_status_read(call, word, &completed);
    if (status != STATUS_OK)
        return status;
    out_item->is_completed = completed == 1;
    status = body_own_id(call, &body, "id", &out_item->id);
    if (status == STATUS_OK)
        status = body_moment(call, &body, "createdAt", &out_item->created_ns);
    if (status == STATUS_OK && out_item->is_completed)
        status = body_moment(call, &body, "completedAt", &out_item->completed_ns);
    return status;
}

void serve__langfuse_queue_item_create(struct request *request, void *context)
{
    struct call call;
    struct annotation_item item = {0};
    size_t added;
    call_begin_plain(&call, request, context);
    enum status status = read_item(&call, &item);
    if (status == STATUS_OK)
        status = control_annotation_items_add(call.options->control, request->project_id,
                                              queue_path_id(&call), &item, 1, &request->arena,
                                              &added, &call.error);
    if (status == STATUS_OK)
        write_item(&call, &item);
    call_end(&call, status);
}

void serve__langfuse_queue_item(struct request *request, void *context)
{
    struct call call;
    struct annotation_item item;
    call_begin_plain(&call, request, context);
    enum status status =
        control_annotation_item(call.options->control, request->project_id, queue_path_id(&call),
                                queue_path_item(&call), &request->arena, &item, &call.error);
    if (status == STATUS_OK)
        write_item(&call, &item);
    call_end(&call, status);
}

/* Without a status nothing changes. */
void serve__langfuse_queue_item_change(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct str word = STR("");
    struct annotation_item item;
    int completed = -1;
    call_begin_plain(&call, request, context);
    struct control *control = call.options->control;
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = body_text(&call, &body, "status", false, &word);
    if (status == STATUS_OK)
        status = queue_status_read(&call, word, &completed);
    if (status == STATUS_OK && completed < 0)
        status =
            control_annotation_item(control, request->project_id, queue_path_id(&call),
                                    queue_path_item(&call), &request->arena, &item, &call.error);
    else if (status == STATUS_OK)
        status = control_annotation_item_set(control, request->project_id, queue_path_id(&call),
                                             queue_path_item(&call), completed == 1, STR(""),
                                             &request->arena, &item, &call.error);
    if (status == STATUS_OK)
        write_item(&call, &item);
    call_end(&call, status);
}

void serve__langfuse_queue_item_delete(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status =
        control_annotation_item_delete(call.options->control, request->project_id,
                                       queue_path_id(&call), queue_path_item(&call), &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_bool(&call.out, "success", true);
        json_out_text(&call.out, "message", "the item is out of the queue");
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* --- assignments ---------------------------------------------------------------------------- */

static enum status assign(struct call *call, bool assigned, struct str *out_person)
{
    struct json body;
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = body_text(call, &body, "userId", true, out_person);
    if (status == STATUS_OK)
        status =
            control_annotation_assign(call->options->control, call->request->project_id,
                                      queue_path_id(call), *out_person, assigned, &call->error);
    return status;
}

void serve__langfuse_queue_assign(struct request *request, void *context)
{
    struct call call;
    struct str person;
    call_begin_plain(&call, request, context);
    enum status status = assign(&call, true, &person);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_str(&call.out, "userId", person);
        json_out_str(&call.out, "queueId", queue_path_id(&call));
        json_out_str(&call.out, "projectId", langfuse__project(&call));
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__langfuse_queue_unassign(struct request *request, void *context)
{
    struct call call;
    struct str person;
    call_begin_plain(&call, request, context);
    enum status status = assign(&call, false, &person);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_bool(&call.out, "success", true);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
