/* SPDX-License-Identifier: Apache-2.0 */
/* datasets: datasets and their items for the screens; runs are in dataset_runs.c. What Langfuse's
 * SDKs write is the same (langfuse_datasets.c). */
#include "control/datasets.h"

#include "serve/dataset_body.h"
#include "serve/datasets.h"

static enum status read_page(struct call *call, struct dataset_page *out_page)
{
    *out_page = (struct dataset_page){0};
    enum status status = param_int(call, STR("limit"), 50, 1, 500, &out_page->limit);
    if (status == STATUS_OK)
        status = param_int(call, STR("skip"), 0, 0, 10000000, &out_page->skip);
    return status;
}

enum status datasets_of_path(struct call *call, struct dataset *out_dataset)
{
    struct str id = request_path_part(call->request, STR("id"));
    return control_dataset_get(call->options->control, call->request->project_id, id, id,
                               &call->request->arena, out_dataset, &call->error);
}

void datasets_out_json(struct json_out *out, const char *key, struct str json)
{
    if (json.len)
        json_out_raw(out, key, json);
    else
        json_out_null(out, key);
}

/* --- datasets ------------------------------------------------------------------------------- */

static void write_dataset(struct json_out *out, const struct dataset *dataset)
{
    json_out_object(out, NULL);
    json_out_str(out, "id", dataset->id);
    json_out_str(out, "name", dataset->name);
    out_name(out, "description", dataset->description);
    datasets_out_json(out, "metadata", dataset->metadata);
    datasets_out_json(out, "input_schema", dataset->input_schema);
    datasets_out_json(out, "expected_output_schema", dataset->expected_schema);
    json_out_int(out, "items", dataset->items);
    json_out_int(out, "archived", dataset->archived);
    json_out_int(out, "runs", dataset->runs);
    out_time(out, "created", dataset->created_ns);
    out_time(out, "updated", dataset->updated_ns);
    json_out_end_object(out);
}

void serve__datasets(struct request *request, void *context)
{
    struct call call;
    struct dataset_page page;
    struct dataset *datasets;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = read_page(&call, &page);
    if (status == STATUS_OK)
        status = control_dataset_list(call.options->control, request->project_id, &page,
                                      &request->arena, &datasets, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_int(&call.out, "total", page.total);
        json_out_array(&call.out, "datasets");
        for (size_t i = 0; i < count; i++)
            write_dataset(&call.out, &datasets[i]);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__dataset(struct request *request, void *context)
{
    struct call call;
    struct dataset dataset;
    call_begin_plain(&call, request, context);
    enum status status = datasets_of_path(&call, &dataset);
    if (status == STATUS_OK)
        write_dataset(&call.out, &dataset);
    call_end(&call, status);
}

static enum status put_dataset(struct call *call, const struct dataset *existing,
                               const struct json *body, int http_status)
{
    struct dataset change, dataset;
    enum status status = dataset_body_read(call, body, &dataset_words_ours, existing, &change);
    if (status == STATUS_OK)
        status = control_dataset_put(call->options->control, call->request->project_id, &change,
                                     &call->request->arena, &dataset, &call->error);
    if (status == STATUS_OK) {
        write_dataset(&call->out, &dataset);
        call->response.http_status = http_status;
    }
    return status;
}

void serve__dataset_create(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct str name;
    struct dataset existing;
    call_begin_plain(&call, request, context);
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = body_text(&call, &body, "name", true, &name);
    if (status == STATUS_OK &&
        control_dataset_get(call.options->control, request->project_id, STR_NONE, name,
                            &request->arena, &existing, NULL) == STATUS_OK)
        status = fail(&call.error, STATUS_CONFLICT, "name: there is a dataset of this name");
    if (status == STATUS_OK)
        status = put_dataset(&call, NULL, &body, 201);
    call_end(&call, status);
}

void serve__dataset_update(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct dataset existing;
    call_begin_plain(&call, request, context);
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = datasets_of_path(&call, &existing);
    if (status == STATUS_OK)
        status = put_dataset(&call, &existing, &body, 200);
    call_end(&call, status);
}

void serve__dataset_delete(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status = control_dataset_delete(call.options->control, request->project_id,
                                                request_path_part(request, STR("id")), &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}

/* --- items ---------------------------------------------------------------------------------- */

static void write_item(struct json_out *out, const struct dataset_item *item)
{
    json_out_object(out, NULL);
    json_out_str(out, "id", item->id);
    json_out_text(out, "status", item->is_archived ? "archived" : "active");
    datasets_out_json(out, "input", item->input);
    datasets_out_json(out, "expected_output", item->expected);
    datasets_out_json(out, "metadata", item->metadata);
    out_name(out, "source_trace_id", item->source_trace);
    out_name(out, "source_span_id", item->source_span);
    out_time(out, "created", item->created_ns);
    out_time(out, "updated", item->updated_ns);
    json_out_end_object(out);
}

static void write_items(struct json_out *out, const char *key, const struct dataset_item *items,
                        size_t count)
{
    json_out_array(out, key);
    for (size_t i = 0; i < count; i++)
        write_item(out, &items[i]);
    json_out_end_array(out);
}

void serve__dataset_items(struct request *request, void *context)
{
    struct call call;
    struct dataset_page page;
    struct dataset dataset;
    struct dataset_item *items;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    struct str version = request_param(request, STR("version"));
    struct dataset_item_question question = {
        .project_id = request->project_id,
        .with_archived = str_equal(request_param(request, STR("archived")), STR("1")),
    };
    enum status status = read_page(&call, &page);
    if (status == STATUS_OK)
        status = datasets_of_path(&call, &dataset);
    if (status == STATUS_OK && version.len && !time_parse(version, 0, &question.as_of_ns))
        status = fail(&call.error, STATUS_INVALID, "version: expected a time (ISO 8601 or epoch)");
    question.dataset_id = dataset.id;
    if (status == STATUS_OK)
        status = control_dataset_items(call.options->control, &question, &page, &request->arena,
                                       &items, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_int(&call.out, "total", page.total);
        write_items(&call.out, "items", items, count);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* The item of the path, when it is one of the dataset's. */
static enum status item_of_path(struct call *call, const struct dataset *dataset,
                                struct dataset_item *out_item)
{
    struct str id = request_path_part(call->request, STR("item"));
    enum status status =
        control_dataset_item_get(call->options->control, call->request->project_id, id, 0,
                                 &call->request->arena, out_item, &call->error);
    if (status == STATUS_OK && !str_equal(out_item->dataset_id, dataset->id))
        status = fail(&call->error, STATUS_NOT_FOUND, "item: it is one of another dataset");
    return status;
}

void serve__dataset_item(struct request *request, void *context)
{
    struct call call;
    struct dataset dataset;
    struct dataset_item item, *versions;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = datasets_of_path(&call, &dataset);
    if (status == STATUS_OK)
        status = item_of_path(&call, &dataset, &item);
    if (status == STATUS_OK)
        status = control_dataset_item_versions(call.options->control, request->project_id, item.id,
                                               &request->arena, &versions, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        write_items(&call.out, "versions", versions, count);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* Items to write, and the place of the first that is wrong. */
static enum status read_changes(struct call *call, const struct dataset *dataset,
                                const struct json *list, struct dataset_item_change *changes)
{
    struct dataset_schemas schemas;
    struct dataset_item item;
    enum status status = dataset_schemas_parse(call, dataset, &schemas);
    for (uint32_t i = 0; i < list->count && status == STATUS_OK; i++) {
        const struct json *body = &list->items[i];
        if (body->type != JSON_OBJECT)
            return fail(&call->error, STATUS_INVALID, "items[%u]: expected an object", i);
        status = dataset_body_text(call, body, "id", false, DATASET_ID_BYTES_MAX, &changes[i].id);
        bool is_new = status == STATUS_OK &&
                      (!changes[i].id.len ||
                       control_dataset_item_get(call->options->control, call->request->project_id,
                                                changes[i].id, 0, &call->request->arena, &item,
                                                NULL) != STATUS_OK);
        if (status == STATUS_OK)
            status =
                dataset_body_item(call, body, &dataset_words_ours, &schemas, is_new, &changes[i]);
        if (status != STATUS_OK) {
            struct error why = call->error;
            return fail(&call->error, status, "items[%u]: %.400s", i, why.text);
        }
    }
    return status;
}

static enum status write_changes(struct call *call, const struct dataset *dataset,
                                 const struct json *list)
{
    struct arena *arena = &call->request->arena;
    struct dataset_item_change *changes =
        arena_array(arena, struct dataset_item_change, list->count + 1);
    struct str *ids = arena_array(arena, struct str, list->count + 1);
    if (!changes || !ids)
        return fail(&call->error, STATUS_TOO_LARGE, "items: too many for one request");
    enum status status = read_changes(call, dataset, list, changes);
    if (status == STATUS_OK)
        status =
            control_dataset_items_put(call->options->control, call->request->project_id,
                                      dataset->id, changes, list->count, arena, ids, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_object(&call->out, NULL);
    json_out_array(&call->out, "ids");
    for (uint32_t i = 0; i < list->count; i++)
        json_out_str(&call->out, NULL, ids[i]);
    json_out_end_array(&call->out);
    json_out_end_object(&call->out);
    return STATUS_OK;
}

void serve__dataset_items_write(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct dataset dataset;
    call_begin_plain(&call, request, context);
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = datasets_of_path(&call, &dataset);
    const struct json *list = status == STATUS_OK ? json_get(&body, STR("items")) : NULL;
    if (status == STATUS_OK && (!list || list->type != JSON_ARRAY))
        status = fail(&call.error, STATUS_INVALID, "items: expected a list");
    if (status == STATUS_OK && list->count > DATASET_BATCH_MAX)
        status = fail(&call.error, STATUS_TOO_LARGE, "items: at most %d in one request",
                      DATASET_BATCH_MAX);
    if (status == STATUS_OK)
        status = write_changes(&call, &dataset, list);
    call_end(&call, status);
}

void serve__dataset_item_delete(struct request *request, void *context)
{
    struct call call;
    struct dataset dataset;
    struct dataset_item item;
    call_begin_plain(&call, request, context);
    enum status status = datasets_of_path(&call, &dataset);
    if (status == STATUS_OK)
        status = item_of_path(&call, &dataset, &item);
    if (status == STATUS_OK)
        status = control_dataset_item_delete(call.options->control, request->project_id, item.id,
                                             &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}
