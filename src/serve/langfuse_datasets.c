/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_datasets: datasets and their items as Langfuse's SDKs write and read them; runs are in
 * langfuse_runs.c. */
#include "base/clock.h"
#include "serve/dataset_body.h"
#include "serve/langfuse_datasets.h"

struct str langfuse__decoded(struct call *call, struct str text)
{
    struct buf buf = {0};
    uint8_t byte;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '%' && str_hex_decode(str_sub(text, i + 1, 2), &byte, 1)) {
            buf_add_byte(&buf, byte);
            i += 2;
        } else {
            buf_add_byte(&buf, (uint8_t)text.ptr[i]);
        }
    struct str decoded = arena_copy(&call->request->arena, buf_str(&buf));
    buf_done(&buf);
    return decoded;
}

enum status langfuse__dataset(struct call *call, struct str name, struct dataset *out_dataset)
{
    struct control *control = call->options->control;
    struct request *request = call->request;
    enum status status = control_dataset_get(control, request->project_id, STR_NONE, name,
                                             &request->arena, out_dataset, &call->error);
    if (status == STATUS_NOT_FOUND && str_find_byte(name, '%') < name.len)
        status =
            control_dataset_get(control, request->project_id, STR_NONE,
                                langfuse__decoded(call, name), &request->arena, out_dataset, NULL);
    if (status == STATUS_NOT_FOUND)
        fail(&call->error, status, "datasetName: this project has no dataset '%.*s'",
             STR_ARGS(str_sub(name, 0, 100)));
    return status;
}

enum status langfuse__dataset_page(struct call *call, struct langfuse_page *out_page,
                                   struct dataset_page *out_rows)
{
    enum status status = langfuse__page(call, out_page);
    *out_rows = (struct dataset_page){.limit = out_page->limit, .skip = langfuse__skip(out_page)};
    return status;
}

/* --- datasets ------------------------------------------------------------------------------- */

static void write_members(struct call *call, const struct dataset *dataset)
{
    struct json_out *out = &call->out;
    json_out_str(out, "id", dataset->id);
    json_out_str(out, "name", dataset->name);
    json_out_str(out, "description", dataset->description);
    datasets_out_json(out, "metadata", dataset->metadata);
    datasets_out_json(out, "inputSchema", dataset->input_schema);
    datasets_out_json(out, "expectedOutputSchema", dataset->expected_schema);
    json_out_str(out, "projectId", langfuse__project(call));
    langfuse__time(out, "createdAt", dataset->created_ns);
    langfuse__time(out, "updatedAt", dataset->updated_ns);
}

static void write_dataset(struct call *call, const struct dataset *dataset)
{
    json_out_object(&call->out, NULL);
    write_members(call, dataset);
    json_out_end_object(&call->out);
}

static enum status read_dataset(struct call *call, struct dataset *out_change)
{
    struct json body;
    struct dataset existing;
    struct str name;
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = body_text(call, &body, "name", true, &name);
    if (status != STATUS_OK)
        return status;
    status = control_dataset_get(call->options->control, call->request->project_id, STR_NONE, name,
                                 &call->request->arena, &existing, &call->error);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    return dataset_body_read(call, &body, &dataset_words_langfuse,
                             status == STATUS_OK ? &existing : NULL, out_change);
}

void serve__langfuse_dataset_create(struct request *request, void *context)
{
    struct call call;
    struct dataset change, dataset;
    call_begin_plain(&call, request, context);
    enum status status = read_dataset(&call, &change);
    if (status == STATUS_OK)
        status = control_dataset_put(call.options->control, request->project_id, &change,
                                     &request->arena, &dataset, &call.error);
    if (status == STATUS_OK)
        write_dataset(&call, &dataset);
    call_end(&call, status);
}

/* Version 1 tells of items and runs, too: those of one dataset in full, of a list their names. */
static enum status write_v1(struct call *call, const struct dataset *dataset, bool whole)
{
    const struct dataset_item_question question = {
        .project_id = call->request->project_id, .dataset_id = dataset->id, .with_archived = true};
    struct dataset_page items_page = {.limit = DATASET_ITEMS_MAX},
                        runs_page = {.limit = DATASET_RUNS_MAX};
    struct dataset_item *items;
    struct dataset_run *runs;
    size_t item_count = 0, run_count = 0;
    struct arena *arena = &call->request->arena;
    enum status status = control_dataset_items(call->options->control, &question, &items_page,
                                               arena, &items, &item_count, &call->error);
    if (status == STATUS_OK)
        status = control_dataset_runs(call->options->control, question.project_id, dataset->id,
                                      STR(""), &runs_page, arena, &runs, &run_count, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_object(&call->out, NULL);
    write_members(call, dataset);
    json_out_array(&call->out, "items");
    for (size_t i = 0; i < item_count; i++)
        if (whole)
            langfuse__write_item(call, &items[i]);
        else
            json_out_str(&call->out, NULL, items[i].id);
    json_out_end_array(&call->out);
    json_out_array(&call->out, "runs");
    for (size_t i = 0; i < run_count; i++)
        json_out_str(&call->out, NULL, runs[i].name);
    json_out_end_array(&call->out);
    json_out_end_object(&call->out);
    return STATUS_OK;
}

static void list(struct request *request, void *context, bool is_v1)
{
    struct call call;
    struct langfuse_page page;
    struct dataset_page rows;
    struct dataset *datasets;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = langfuse__dataset_page(&call, &page, &rows);
    if (status == STATUS_OK)
        status = control_dataset_list(call.options->control, request->project_id, &rows,
                                      &request->arena, &datasets, &count, &call.error);
    if (status == STATUS_OK) {
        page.total = rows.total;
        langfuse__open_page(&call);
        for (size_t i = 0; i < count && status == STATUS_OK; i++)
            if (is_v1)
                status = write_v1(&call, &datasets[i], false);
            else
                write_dataset(&call, &datasets[i]);
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

void serve__langfuse_datasets(struct request *request, void *context)
{
    list(request, context, false);
}

void serve__langfuse_datasets_v1(struct request *request, void *context)
{
    list(request, context, true);
}

static void one(struct request *request, void *context, bool is_v1)
{
    struct call call;
    struct dataset dataset;
    call_begin_plain(&call, request, context);
    enum status status =
        langfuse__dataset(&call, request_path_part(request, STR("name")), &dataset);
    if (status == STATUS_OK && is_v1)
        status = write_v1(&call, &dataset, true);
    else if (status == STATUS_OK)
        write_dataset(&call, &dataset);
    call_end(&call, status);
}

void serve__langfuse_dataset(struct request *request, void *context)
{
    one(request, context, false);
}

void serve__langfuse_dataset_v1(struct request *request, void *context)
{
    one(request, context, true);
}

/* --- items ---------------------------------------------------------------------------------- */

void langfuse__write_item(struct call *call, const struct dataset_item *item)
{
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    json_out_str(out, "id", item->id);
    json_out_text(out, "status", item->is_archived ? "ARCHIVED" : "ACTIVE");
    datasets_out_json(out, "input", item->input);
    datasets_out_json(out, "expectedOutput", item->expected);
    datasets_out_json(out, "metadata", item->metadata);
    json_out_str(out, "sourceTraceId", item->source_trace);
    json_out_str(out, "sourceObservationId", item->source_span);
    json_out_str(out, "datasetId", item->dataset_id);
    json_out_str(out, "datasetName", item->dataset_name);
    langfuse__time(out, "createdAt", item->created_ns);
    langfuse__time(out, "updatedAt", item->updated_ns);
    langfuse__write_references(call, item);
    json_out_end_object(out);
}

/* Is there an item of this id now? */
static enum status exists(struct call *call, struct str id, bool *out_exists)
{
    struct dataset_item item;
    enum status status = STATUS_NOT_FOUND;
    if (id.len)
        status = control_dataset_item_get(call->options->control, call->request->project_id, id, 0,
                                          &call->request->arena, &item, &call->error);
    *out_exists = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status read_item(struct call *call, struct dataset *out_dataset,
                             struct dataset_item_change *out_change)
{
    struct json body;
    struct str name, id;
    struct dataset_schemas schemas;
    bool is_there;
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = body_text(call, &body, "datasetName", true, &name);
    if (status == STATUS_OK)
        status = dataset_body_text(call, &body, "id", false, DATASET_ID_BYTES_MAX, &id);
    if (status == STATUS_OK)
        status = langfuse__dataset(call, name, out_dataset);
    if (status == STATUS_OK)
        status = dataset_schemas_parse(call, out_dataset, &schemas);
    if (status == STATUS_OK)
        status = exists(call, id, &is_there);
    if (status != STATUS_OK)
        return status;
    *out_change = (struct dataset_item_change){.id = id};
    return dataset_body_item(call, &body, &dataset_words_langfuse, &schemas, !is_there, out_change);
}

static enum status reply_item(struct call *call, struct str id)
{
    struct dataset_item item;
    enum status status =
        control_dataset_item_get(call->options->control, call->request->project_id, id, 0,
                                 &call->request->arena, &item, &call->error);
    if (status == STATUS_OK)
        langfuse__write_item(call, &item);
    return status;
}

void serve__langfuse_dataset_item_create(struct request *request, void *context)
{
    struct call call;
    struct dataset dataset;
    struct dataset_item_change change;
    struct str id;
    call_begin_plain(&call, request, context);
    enum status status = read_item(&call, &dataset, &change);
    if (status == STATUS_OK)
        status = control_dataset_items_put(call.options->control, request->project_id, dataset.id,
                                           &change, 1, &request->arena, &id, &call.error);
    if (status == STATUS_OK)
        status = reply_item(&call, id);
    call_end(&call, status);
}

static enum status read_question(struct call *call, struct dataset_item_question *question)
{
    struct request *request = call->request;
    struct str name = request_param(request, STR("datasetName"));
    struct str version = request_param(request, STR("version"));
    struct dataset dataset;
    *question = (struct dataset_item_question){
        .project_id = request->project_id,
        .source_trace = request_param(request, STR("sourceTraceId")),
        .source_span = request_param(request, STR("sourceObservationId")),
    };
    if (version.len && !clock_parse(version, &question->as_of_ns))
        return fail(&call->error, STATUS_INVALID, "version: expected a date and time in ISO 8601");
    if (version.len && !name.len)
        return fail(&call->error, STATUS_INVALID, "version: expected datasetName with it");
    if (!name.len)
        return STATUS_OK;
    enum status status = langfuse__dataset(call, name, &dataset);
    if (status == STATUS_OK)
        question->dataset_id = dataset.id;
    return status;
}

void serve__langfuse_dataset_items(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct dataset_page rows;
    struct dataset_item_question question;
    struct dataset_item *items;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = langfuse__dataset_page(&call, &page, &rows);
    if (status == STATUS_OK)
        status = read_question(&call, &question);
    if (status == STATUS_OK)
        status = control_dataset_items(call.options->control, &question, &rows, &request->arena,
                                       &items, &count, &call.error);
    if (status == STATUS_OK) {
        page.total = rows.total;
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++)
            langfuse__write_item(&call, &items[i]);
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

void serve__langfuse_dataset_item(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    call_end(&call, reply_item(&call, request_path_part(request, STR("id"))));
}

void langfuse__reply_message(struct call *call, const char *message)
{
    json_out_object(&call->out, NULL);
    json_out_text(&call->out, "message", message);
    json_out_end_object(&call->out);
}

void serve__langfuse_dataset_item_delete(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status =
        control_dataset_item_delete(call.options->control, request->project_id,
                                    request_path_part(request, STR("id")), &call.error);
    if (status == STATUS_OK)
        langfuse__reply_message(&call, "Dataset item successfully deleted");
    call_end(&call, status);
}
