/* SPDX-License-Identifier: Apache-2.0 */
/* queues: annotation queues as the screens show them: with what waits, what is done, and the score
 * configs in full. Items are in queue_items.c. */
#include "control/score_configs.h"
#include "serve/queue_body.h"
#include "serve/score_configs.h"

static void write_members(struct json_out *out, const struct annotation_queue *queue)
{
    json_out_str(out, "id", queue->id);
    json_out_str(out, "name", queue->name);
    json_out_str(out, "description", queue->description);
    json_out_raw(out, "score_configs", queue->score_configs);
    json_out_raw(out, "people", queue->people);
    json_out_int(out, "pending", queue->pending);
    json_out_int(out, "completed", queue->completed);
    out_time(out, "created", queue->created_ns);
    out_time(out, "updated", queue->updated_ns);
}

/* In the order the queue names them. */
static enum status write_configs(struct call *call, const struct annotation_queue *queue)
{
    struct json ids;
    struct arena *arena = &call->request->arena;
    enum status status = json_parse(queue->score_configs, arena, &ids, &call->error);
    json_out_array(&call->out, "configs");
    for (uint32_t i = 0; status == STATUS_OK && i < ids.count; i++) {
        struct score_config config;
        status = control_score_config(call->options->control, call->request->project_id,
                                      ids.items[i].string, arena, &config, &call->error);
        if (status == STATUS_OK)
            out_score_config(&call->out, &config);
    }
    json_out_end_array(&call->out);
    return status;
}

static enum status write_queue(struct call *call, const struct annotation_queue *queue)
{
    json_out_object(&call->out, NULL);
    write_members(&call->out, queue);
    enum status status = write_configs(call, queue);
    json_out_end_object(&call->out);
    return status;
}

void serve__queues(struct request *request, void *context)
{
    struct call call;
    struct annotation_queue *queues;
    size_t count = 0;
    int64_t total = 0;
    call_begin_plain(&call, request, context);
    enum status status = control_annotation_queues(call.options->control, request->project_id, 0,
                                                   ANNOTATION_QUEUES_MAX, &request->arena, &queues,
                                                   &count, &total, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "queues");
        for (size_t i = 0; i < count; i++) {
            json_out_object(&call.out, NULL);
            write_members(&call.out, &queues[i]);
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__queue(struct request *request, void *context)
{
    struct call call;
    struct annotation_queue queue;
    call_begin_plain(&call, request, context);
    enum status status =
        control_annotation_queue(call.options->control, request->project_id, queue_path_id(&call),
                                 &request->arena, &queue, &call.error);
    if (status == STATUS_OK)
        status = write_queue(&call, &queue);
    call_end(&call, status);
}

static void put(struct request *request, void *context, struct str id, int http_status)
{
    struct call call;
    struct annotation_queue queue = {.id = id};
    call_begin_plain(&call, request, context);
    enum status status = queue_body_read(&call, "score_configs", &queue);
    if (status == STATUS_OK)
        status = control_annotation_queue_put(call.options->control, request->project_id, &queue,
                                              false, &request->arena, &call.error);
    if (status == STATUS_OK)
        status = write_queue(&call, &queue);
    if (status == STATUS_OK)
        call.response.http_status = http_status;
    call_end(&call, status);
}

void serve__queue_create(struct request *request, void *context)
{
    put(request, context, STR(""), 201);
}

void serve__queue_update(struct request *request, void *context)
{
    put(request, context, request_path_part(request, STR("id")), 200);
}

void serve__queue_delete(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status = control_annotation_queue_delete(call.options->control, request->project_id,
                                                         queue_path_id(&call), &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}
