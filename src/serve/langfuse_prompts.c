/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_prompts: prompts as Langfuse's SDKs ask for them, keep them and move their labels. The
 * SDKs cache what they got for a minute and go on with it when we are away; a 404 makes the newest
 * ones forget it.
 */
#include "serve/langfuse_private.h"
#include "serve/prompts.h"

static const struct str production = STR_INIT("production");

static bool has_label(const struct prompt *prompt, struct str label)
{
    /* Labels are lower-case words, so in the JSON list nothing is escaped. */
    struct str rest = prompt->labels, piece;
    while (str_take(&rest, '"', &piece))
        if (str_equal(piece, label))
            return true;
    return false;
}

static void write_edges(struct call *call, const struct prompt_resolved *resolved, size_t first)
{
    struct json_out *out = &call->out;
    int64_t parent = resolved->edges[first].parent_id;
    struct str key = arena_printf(&call->request->arena, "%lld", (long long)parent);
    json_out_array(out, key.ptr ? key.ptr : "");
    for (size_t i = first; i < resolved->edge_count; i++) {
        const struct prompt_edge *edge = &resolved->edges[i];
        if (edge->parent_id != parent)
            continue;
        json_out_object(out, NULL);
        json_out_int_text(out, "id", edge->child_id);
        json_out_str(out, "name", edge->child_name);
        json_out_int(out, "version", edge->child_version);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static bool is_first_of_parent(const struct prompt_resolved *resolved, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (resolved->edges[i].parent_id == resolved->edges[at].parent_id)
            return false;
    return true;
}

/* Who refers to whom, by ids; null when nobody does. */
static void write_graph(struct call *call, const struct prompt *prompt,
                        const struct prompt_resolved *resolved)
{
    struct json_out *out = &call->out;
    if (!resolved || !resolved->edge_count) {
        json_out_null(out, "resolutionGraph");
        return;
    }
    json_out_object(out, "resolutionGraph");
    json_out_object(out, "root");
    json_out_str(out, "name", prompt->name);
    json_out_int(out, "version", prompt->version);
    json_out_int_text(out, "id", prompt->id);
    json_out_end_object(out);
    json_out_object(out, "dependencies");
    for (size_t i = 0; i < resolved->edge_count; i++)
        if (is_first_of_parent(resolved, i))
            write_edges(call, resolved, i);
    json_out_end_object(out);
    json_out_end_object(out);
}

/* `resolved` may be NULL: as it is kept. */
static void write_prompt(struct call *call, const struct prompt *prompt,
                         const struct prompt_resolved *resolved)
{
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    json_out_int_text(out, "id", prompt->id);
    langfuse__time(out, "createdAt", prompt->created_ns);
    langfuse__time(out, "updatedAt", prompt->updated_ns);
    json_out_str(out, "projectId", langfuse__project(call));
    json_out_str(out, "createdBy", prompt->created_by);
    json_out_str(out, "name", prompt->name);
    json_out_int(out, "version", prompt->version);
    json_out_text(out, "type", prompt->is_chat ? "chat" : "text");
    json_out_raw(out, "prompt", resolved ? resolved->content : prompt->content);
    json_out_raw(out, "config", prompt->config);
    json_out_raw(out, "labels", prompt->labels);
    json_out_raw(out, "tags", prompt->tags);
    json_out_str(out, "commitMessage", prompt->commit_message);
    json_out_bool(out, "isActive", has_label(prompt, production));
    write_graph(call, prompt, resolved);
    json_out_end_object(out);
}

/* --- which ------------------------------------------------------------------------------------ */

/* `version` or `label`. */
static enum status read_choice(struct call *call, struct str name, struct prompt_choice *out_choice)
{
    *out_choice =
        (struct prompt_choice){.name = name, .label = request_param(call->request, STR("label"))};
    enum status status = param_int(call, STR("version"), 0, 1, INT32_MAX, &out_choice->version);
    if (status == STATUS_OK && out_choice->version && out_choice->label.len)
        return fail(&call->error, STATUS_INVALID, "label: Cannot specify both version and label");
    return status;
}

static enum status reply_with(struct call *call, const struct prompt_choice *choice, bool resolve,
                              int http_status)
{
    struct control *control = call->options->control;
    struct request *request = call->request;
    struct prompt prompt;
    struct prompt_resolved resolved;
    enum status status = control_prompt_get(control, request->project_id, choice, &request->arena,
                                            &prompt, &call->error);
    if (status == STATUS_OK && resolve)
        status = control_prompt_resolve(control, request->project_id, &prompt, &request->arena,
                                        &resolved, &call->error);
    if (status == STATUS_OK) {
        write_prompt(call, &prompt, resolve ? &resolved : NULL);
        call->response.http_status = http_status;
    }
    return status;
}

static void reply_named(struct request *request, void *context, struct str name)
{
    struct call call;
    struct prompt_choice choice;
    call_begin_plain(&call, request, context);
    bool resolve = !str_equal(request_param(request, STR("resolve")), STR("false"));
    enum status status = read_choice(&call, name, &choice);
    if (status == STATUS_OK && !choice.version && !choice.label.len)
        choice.label = production;
    if (status == STATUS_OK)
        status = reply_with(&call, &choice, resolve, 200);
    call_end(&call, status);
}

void serve__langfuse_prompt(struct request *request, void *context)
{
    reply_named(request, context, request_path_part(request, STR("name")));
}

/* The name as a parameter, as the first SDKs had it. */
void serve__langfuse_prompt_v1(struct request *request, void *context)
{
    reply_named(request, context, request_param(request, STR("name")));
}

/* --- lists --------------------------------------------------------------------------------------
 */

static void write_entry(struct json_out *out, const struct prompt_entry *entry)
{
    json_out_object(out, NULL);
    json_out_str(out, "name", entry->name);
    json_out_text(out, "type", entry->is_chat ? "chat" : "text");
    json_out_raw(out, "versions", entry->versions);
    json_out_raw(out, "labels", entry->labels);
    json_out_raw(out, "tags", entry->tags);
    langfuse__time(out, "lastUpdatedAt", entry->updated_ns);
    json_out_raw(out, "lastConfig", entry->config);
    json_out_end_object(out);
}

static enum status read_question(struct call *call, struct langfuse_page *page,
                                 struct prompt_question *out_question)
{
    struct request *request = call->request;
    struct time_range range = {0, INT64_MAX};
    *out_question = (struct prompt_question){
        .name = request_param(request, STR("name")),
        .label = request_param(request, STR("label")),
        .tag = request_param(request, STR("tag")),
    };
    enum status status = langfuse__page(call, page);
    if (status == STATUS_OK)
        status = param_int(call, STR("version"), 0, 1, INT32_MAX, &out_question->version);
    if (status == STATUS_OK)
        status = langfuse__range(call, "fromUpdatedAt", "toUpdatedAt", &range);
    if (!request_param(request, STR("limit")).len)
        page->limit = 10; /* of this list alone */
    out_question->from_ns = range.from_ns;
    out_question->to_ns = range.to_ns;
    out_question->limit = page->limit;
    out_question->skip = langfuse__skip(page);
    return status;
}

void serve__langfuse_prompts(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct prompt_question question;
    struct prompt_entry *entries;
    size_t count;
    call_begin_plain(&call, request, context);
    enum status status = read_question(&call, &page, &question);
    if (status == STATUS_OK)
        status = control_prompt_list(call.options->control, request->project_id, &question,
                                     &request->arena, &entries, &count, &page.total, &call.error);
    if (status == STATUS_OK) {
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++)
            write_entry(&call.out, &entries[i]);
        json_out_end_array(&call.out);
        langfuse__page_numbers(&call, "meta", &page);
        langfuse__page_numbers(&call, "pagination", &page); /* older SDKs read this one */
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* --- writing -------------------------------------------------------------------------------------
 */

/* `isActive` is how the first SDKs said production. */
static enum status add_production(struct call *call, const struct json *body,
                                  struct prompt_draft *draft)
{
    const struct json *active = json_get(body, STR("isActive"));
    if (!active || active->type != JSON_BOOL || !active->boolean)
        return STATUS_OK;
    struct str *labels = arena_array(&call->request->arena, struct str, draft->label_count + 1);
    if (!labels)
        return fail(&call->error, STATUS_TOO_LARGE, "labels: too many");
    for (size_t i = 0; i < draft->label_count; i++)
        labels[i] = draft->labels[i];
    labels[draft->label_count++] = production;
    draft->labels = labels;
    return STATUS_OK;
}

void serve__langfuse_prompt_create(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct prompt_draft draft;
    struct prompt_choice made = {0};
    call_begin_plain(&call, request, context);
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = prompt_body_read(&call, &body, &draft);
    if (status == STATUS_OK)
        status = add_production(&call, &body, &draft);
    if (status == STATUS_OK && !prompts_move_protected(&call))
        status = control_prompt_guard_labels(call.options->control, request->project_id, draft.name,
                                             0, draft.labels, draft.label_count, &call.error);
    if (status == STATUS_OK)
        status = control_prompt_create(call.options->control, request->project_id, &draft,
                                       &made.version, &call.error);
    if (status == STATUS_OK) {
        made.name = draft.name;
        status = reply_with(&call, &made, false, 201);
    }
    call_end(&call, status);
}

/* {name}/versions/{version}; also with slashes in the name that nobody encoded. */
static enum status read_version_path(struct call *call, struct prompt_choice *out_choice)
{
    static const struct str between = STR_INIT("/versions/");
    struct str path = request_path_part(call->request, STR("path"));
    struct str version = request_path_part(call->request, STR("version"));
    *out_choice = (struct prompt_choice){.name = request_path_part(call->request, STR("name"))};
    if (path.ptr) {
        size_t slash = str_rfind_byte(path, '/'), end = slash + 1 - between.len;
        if (slash == path.len || slash + 1 < between.len ||
            !str_starts(str_sub(path, end, path.len), between))
            return fail(
                &call->error, STATUS_NOT_FOUND,
                "there is nothing at this path; expected prompts/{name}/versions/{version}");
        out_choice->name = str_sub(path, 0, end);
        version = str_sub(path, slash + 1, path.len);
    }
    if (!str_to_i64(version, &out_choice->version) || out_choice->version < 1)
        return fail(&call->error, STATUS_INVALID, "version: expected a whole number above 0");
    return STATUS_OK;
}

void serve__langfuse_prompt_labels(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct prompt_choice choice;
    const struct str *labels = NULL;
    size_t count = 0;
    bool given = false;
    call_begin_plain(&call, request, context);
    enum status status = read_version_path(&call, &choice);
    if (status == STATUS_OK)
        status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = prompt_body_texts(&call, &body, "newLabels", &labels, &count, &given);
    if (status == STATUS_OK && !given)
        status = fail(&call.error, STATUS_INVALID, "newLabels: expected a list of texts");
    if (status == STATUS_OK && !prompts_move_protected(&call))
        status =
            control_prompt_guard_labels(call.options->control, request->project_id, choice.name,
                                        choice.version, labels, count, &call.error);
    if (status == STATUS_OK)
        status = control_prompt_label(call.options->control, request->project_id, choice.name,
                                      choice.version, labels, count, &call.error);
    if (status == STATUS_OK)
        status = reply_with(&call, &choice, false, 200);
    call_end(&call, status);
}

void serve__langfuse_prompt_delete(struct request *request, void *context)
{
    struct call call;
    struct prompt_choice choice;
    call_begin_plain(&call, request, context);
    enum status status = read_choice(&call, request_path_part(request, STR("name")), &choice);
    if (status == STATUS_OK && !prompts_move_protected(&call))
        status = control_prompt_guard_versions(call.options->control, request->project_id, &choice,
                                               &call.error);
    if (status == STATUS_OK)
        status =
            control_prompt_delete(call.options->control, request->project_id, &choice, &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}
