/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_runs: runs over datasets and their items as Langfuse's SDKs write and read them. */
#include "base/clock.h"
#include "serve/dataset_body.h"
#include "serve/langfuse_datasets.h"

static void write_run_members(struct call *call, const struct dataset_run *run)
{
    struct json_out *out = &call->out;
    json_out_str(out, "id", run->id);
    json_out_str(out, "name", run->name);
    json_out_str(out, "description", run->description);
    datasets_out_json(out, "metadata", run->metadata);
    json_out_str(out, "datasetId", run->dataset_id);
    json_out_str(out, "datasetName", run->dataset_name);
    langfuse__time(out, "createdAt", run->created_ns);
    langfuse__time(out, "updatedAt", run->updated_ns);
}

static void write_run_item(struct call *call, const struct dataset_run_item *item)
{
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    json_out_str(out, "id", item->id);
    json_out_str(out, "datasetRunId", item->run_id);
    json_out_str(out, "datasetRunName", item->run_name);
    json_out_str(out, "datasetItemId", item->item_id);
    json_out_str(out, "traceId", item->trace);
    json_out_str(out, "observationId", item->span);
    langfuse__time(out, "createdAt", item->created_ns);
    langfuse__time(out, "updatedAt", item->updated_ns);
    json_out_end_object(out);
}

/* The dataset of the path, and its run when the path names one. */
static enum status find_run(struct call *call, struct dataset *dataset, struct str name,
                            struct dataset_run *out_run)
{
    struct dataset_page page = {.limit = 1};
    struct dataset_run *runs;
    size_t count = 0;
    struct str decoded = langfuse__decoded(call, name);
    enum status status = STATUS_OK;
    for (int i = 0; i < 2 && count == 0 && status == STATUS_OK; i++)
        status = control_dataset_runs(call->options->control, call->request->project_id,
                                      dataset->id, i ? decoded : name, &page, &call->request->arena,
                                      &runs, &count, &call->error);
    if (status == STATUS_OK && (count == 0 || name.len == 0))
        return fail(&call->error, STATUS_NOT_FOUND, "run: the dataset has no run '%.*s'",
                    (int)(name.len > 100 ? 100 : name.len), name.ptr ? name.ptr : "");
    if (status == STATUS_OK)
        *out_run = runs[0];
    return status;
}

static enum status run_of_path(struct call *call, struct dataset_run *out_run)
{
    struct dataset dataset;
    enum status status =
        langfuse__dataset(call, request_path_part(call->request, STR("name")), &dataset);
    return status == STATUS_OK
               ? find_run(call, &dataset, request_path_part(call->request, STR("run")), out_run)
               : status;
}

void serve__langfuse_runs(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct dataset_page rows;
    struct dataset dataset;
    struct dataset_run *runs;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = langfuse__dataset_page(&call, &page, &rows);
    if (status == STATUS_OK)
        status = langfuse__dataset(&call, request_path_part(request, STR("name")), &dataset);
    if (status == STATUS_OK)
        status = control_dataset_runs(call.options->control, request->project_id, dataset.id,
                                      STR(""), &rows, &request->arena, &runs, &count, &call.error);
    if (status == STATUS_OK) {
        page.total = rows.total;
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++) {
            json_out_object(&call.out, NULL);
            write_run_members(&call, &runs[i]);
            json_out_end_object(&call.out);
        }
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

void serve__langfuse_run(struct request *request, void *context)
{
    struct call call;
    struct dataset_run run;
    struct dataset_run_item *items;
    struct dataset_page all = {.limit = DATASET_RUN_ITEMS_MAX};
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = run_of_path(&call, &run);
    if (status == STATUS_OK)
        status = control_dataset_run_items(call.options->control, request->project_id, run.id, &all,
                                           &request->arena, &items, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        write_run_members(&call, &run);
        json_out_array(&call.out, "datasetRunItems");
        for (size_t i = 0; i < count; i++)
            write_run_item(&call, &items[i]);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__langfuse_run_delete(struct request *request, void *context)
{
    struct call call;
    struct dataset_run run;
    call_begin_plain(&call, request, context);
    enum status status = run_of_path(&call, &run);
    if (status == STATUS_OK)
        status = control_dataset_run_delete(call.options->control, request->project_id, run.id,
                                            &call.error);
    if (status == STATUS_OK)
        langfuse__reply_message(&call, "Dataset run successfully deleted");
    call_end(&call, status);
}

/* --- run items ------------------------------------------------------------------------------ */

/* The trace of an observation that alone was named. */
static enum status find_trace(struct call *call, struct dataset_run_entry *entry)
{
    uint8_t id[SPAN_ID_BYTES];
    struct langfuse_key key;
    call->query = call->options->query(call->options->context);
    if (!call->query)
        return fail(&call->error, STATUS_BUSY, "the index is not open yet");
    foreign_span_id(entry->span, id);
    enum status status =
        query_langfuse_observation(call->query, call->request->project_id, id_half(id),
                                   &call->request->arena, &key, &call->error);
    if (status == STATUS_OK)
        entry->trace = langfuse__trace_id(call, key.trace);
    return status;
}

static enum status read_entry(struct call *call, struct dataset_run_entry *entry)
{
    struct json body;
    *entry = (struct dataset_run_entry){0};
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = dataset_body_text(call, &body, "runName", false, DATASET_NAME_BYTES_MAX,
                                   &entry->run_name);
    if (status == STATUS_OK)
        status = dataset_body_text(call, &body, "runDescription", false, DATASET_TEXT_BYTES_MAX,
                                   &entry->description);
    if (status == STATUS_OK)
        status = dataset_body_json(call, &body, "metadata", false, DATASET_JSON_BYTES_MAX,
                                   &entry->metadata);
    if (status == STATUS_OK)
        status = dataset_body_text(call, &body, "datasetItemId", false, DATASET_ID_BYTES_MAX,
                                   &entry->item_id);
    if (status == STATUS_OK)
        status =
            dataset_body_text(call, &body, "traceId", false, DATASET_ID_BYTES_MAX, &entry->trace);
    if (status == STATUS_OK)
        status = dataset_body_text(call, &body, "observationId", false, DATASET_ID_BYTES_MAX,
                                   &entry->span);
    if (status == STATUS_OK)
        status = body_moment(call, &body, "datasetVersion", &entry->item_version_ns);
    if (status == STATUS_OK)
        status = body_moment(call, &body, "createdAt", &entry->created_ns);
    if (status == STATUS_OK)
        status = body_own_id(call, &body, "datasetRunId", &entry->run_id);
    if (status != STATUS_OK)
        return status;
    if (!str_trim(entry->run_name).len)
        return fail(&call->error, STATUS_INVALID, "runName: expected a text that is not empty");
    if (!entry->item_id.len)
        return fail(&call->error, STATUS_INVALID, "datasetItemId: expected the id of an item");
    if (!entry->trace.len && !entry->span.len)
        return fail(&call->error, STATUS_INVALID, "traceId: expected it or observationId");
    return entry->trace.len ? STATUS_OK : find_trace(call, entry);
}

void serve__langfuse_run_item_create(struct request *request, void *context)
{
    struct call call;
    struct dataset_run_entry entry;
    struct dataset_run_item item;
    call_begin_plain(&call, request, context);
    enum status status = read_entry(&call, &entry);
    if (status == STATUS_OK)
        status = control_dataset_run_item_put(call.options->control, request->project_id, &entry,
                                              &request->arena, &item, &call.error);
    if (status == STATUS_OK)
        write_run_item(&call, &item);
    call_end(&call, status);
}

void serve__langfuse_run_items(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct dataset_page rows;
    struct dataset dataset;
    struct dataset_run run;
    struct dataset_run_item *items;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = langfuse__dataset_page(&call, &page, &rows);
    if (status == STATUS_OK)
        status = control_dataset_get(call.options->control, request->project_id,
                                     request_param(request, STR("datasetId")), STR(""),
                                     &request->arena, &dataset, &call.error);
    if (status == STATUS_OK)
        status = find_run(&call, &dataset, request_param(request, STR("runName")), &run);
    if (status == STATUS_OK)
        status = control_dataset_run_items(call.options->control, request->project_id, run.id,
                                           &rows, &request->arena, &items, &count, &call.error);
    if (status == STATUS_OK) {
        page.total = rows.total;
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++)
            write_run_item(&call, &items[i]);
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}
