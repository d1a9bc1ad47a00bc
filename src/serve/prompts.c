/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prompts: what the screens ask about prompts beyond what Langfuse's routes tell: all names at
 * once, the versions of one, what a reference becomes, and what calls made of each version.
 * New versions, moved labels and deletion are Langfuse's routes (langfuse_prompts.c).
 */
#include "serve/prompts.h"

#include "query/call_scores.h"
#include "query/prompts.h"

static const char *type_of(bool is_chat)
{
    return is_chat ? "chat" : "text";
}

static void write_entry(struct json_out *out, const struct prompt_entry *entry)
{
    json_out_object(out, NULL);
    json_out_str(out, "name", entry->name);
    json_out_text(out, "type", type_of(entry->is_chat));
    json_out_int(out, "latest", entry->latest);
    json_out_raw(out, "versions", entry->versions);
    json_out_raw(out, "labels", entry->label_versions);
    json_out_raw(out, "tags", entry->tags);
    out_time(out, "updated", entry->updated_ns);
    json_out_end_object(out);
}

void serve__prompts(struct request *request, void *context)
{
    struct call call;
    struct prompt_entry *entries;
    size_t count;
    int64_t total = 0;
    struct prompt_question question = {
        .label = request_param(request, STR("label")),
        .tag = request_param(request, STR("tag")),
        .to_ns = INT64_MAX,
    };
    call_begin_plain(&call, request, context);
    enum status status = param_int(&call, STR("limit"), 1000, 1, 1000, &question.limit);
    if (status == STATUS_OK)
        status = param_int(&call, STR("skip"), 0, 0, PROMPT_NAMES_MAX, &question.skip);
    if (status == STATUS_OK)
        status = control_prompt_list(call.options->control, request->project_id, &question,
                                     &request->arena, &entries, &count, &total, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "prompts");
        for (size_t i = 0; i < count; i++)
            write_entry(&call.out, &entries[i]);
        json_out_end_array(&call.out);
        json_out_int(&call.out, "total", total);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* --- one prompt ------------------------------------------------------------------------------- */

static void write_version(struct json_out *out, const struct prompt *prompt)
{
    json_out_int_text(out, "id", prompt->id);
    json_out_int(out, "version", prompt->version);
    json_out_raw(out, "labels", prompt->labels);
    json_out_str(out, "message", prompt->commit_message);
    json_out_str(out, "created_by", prompt->created_by);
    out_time(out, "created", prompt->created_ns);
    out_time(out, "updated", prompt->updated_ns);
}

static void write_versions(struct json_out *out, const struct prompt *prompts, size_t count)
{
    json_out_array(out, "versions");
    for (size_t i = 0; i < count; i++) {
        json_out_object(out, NULL);
        write_version(out, &prompts[i]);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_uses(struct json_out *out, const struct prompt_use *uses, size_t count)
{
    json_out_array(out, "used_by");
    for (size_t i = 0; i < count; i++) {
        json_out_object(out, NULL);
        json_out_str(out, "name", uses[i].parent_name);
        json_out_int(out, "version", uses[i].parent_version);
        out_name(out, "by_label", uses[i].child_label);
        if (uses[i].child_version)
            json_out_int(out, "by_version", uses[i].child_version);
        else
            json_out_null(out, "by_version");
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

void serve__prompt(struct request *request, void *context)
{
    struct call call;
    struct prompt *prompts;
    struct prompt_use *uses;
    size_t count, use_count;
    int64_t before = 0, limit = 0;
    struct str name = request_path_part(request, STR("name"));
    call_begin_plain(&call, request, context);
    struct control *control = call.options->control;
    enum status status = param_int(&call, STR("before"), 0, 1, INT32_MAX, &before);
    if (status == STATUS_OK)
        status = param_int(&call, STR("limit"), 100, 1, 500, &limit);
    if (status == STATUS_OK)
        status = control_prompt_versions(control, request->project_id, name, before, limit + 1,
                                         &request->arena, &prompts, &count, &call.error);
    if (status == STATUS_OK && !count && !before)
        status = fail(&call.error, STATUS_NOT_FOUND, "name: there is no prompt '%.*s'",
                      (int)(name.len > 200 ? 200 : name.len), name.ptr);
    if (status == STATUS_OK)
        status = control_prompt_uses(control, request->project_id, name, &request->arena, &uses,
                                     &use_count, &call.error);
    if (status == STATUS_OK) {
        bool more = count > (size_t)limit;
        json_out_object(&call.out, NULL);
        json_out_str(&call.out, "name", name);
        json_out_text(&call.out, "type", count ? type_of(prompts[0].is_chat) : NULL);
        json_out_raw(&call.out, "tags", count ? prompts[0].tags : STR("[]"));
        write_versions(&call.out, prompts, more ? (size_t)limit : count);
        json_out_bool(&call.out, "more", more);
        write_uses(&call.out, uses, use_count);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

static void write_references(struct call *call, const struct prompt *prompt)
{
    struct prompt_reference reference;
    json_out_array(&call->out, "references");
    for (size_t at = 0;
         prompt_reference_next(prompt->content, at, &call->request->arena, &reference);
         at = reference.to) {
        json_out_object(&call->out, NULL);
        json_out_str(&call->out, "name", reference.child.name);
        out_name(&call->out, "label", reference.child.label);
        if (reference.child.version)
            json_out_int(&call->out, "version", reference.child.version);
        else
            json_out_null(&call->out, "version");
        json_out_end_object(&call->out);
    }
    json_out_end_array(&call->out);
}

/* A reference that a moved label broke is told, not failed at: the words are still there. */
static void write_content(struct call *call, const struct prompt *prompt)
{
    struct prompt_resolved resolved;
    enum status status =
        control_prompt_resolve(call->options->control, call->request->project_id, prompt,
                               &call->request->arena, &resolved, &call->error);
    json_out_object(&call->out, NULL);
    json_out_str(&call->out, "name", prompt->name);
    json_out_text(&call->out, "type", type_of(prompt->is_chat));
    write_version(&call->out, prompt);
    json_out_raw(&call->out, "tags", prompt->tags);
    json_out_raw(&call->out, "config", prompt->config);
    json_out_raw(&call->out, "prompt", prompt->content);
    json_out_raw(&call->out, "resolved", status == STATUS_OK ? resolved.content : STR("null"));
    json_out_text(&call->out, "problem", status == STATUS_OK ? NULL : call->error.text);
    write_references(call, prompt);
    json_out_end_object(&call->out);
}

void serve__prompt_version(struct request *request, void *context)
{
    struct call call;
    struct prompt prompt;
    struct prompt_choice choice = {.name = request_path_part(request, STR("name"))};
    struct str version = request_path_part(request, STR("version"));
    enum status status = STATUS_OK;
    call_begin_plain(&call, request, context);
    if (!str_to_i64(version, &choice.version) || choice.version < 1)
        status = fail(&call.error, STATUS_INVALID, "version: expected a whole number above 0");
    if (status == STATUS_OK)
        status = control_prompt_get(call.options->control, request->project_id, &choice,
                                    &request->arena, &prompt, &call.error);
    if (status == STATUS_OK)
        write_content(&call, &prompt);
    call_end(&call, status);
}

void serve__prompt_unlabel(struct request *request, void *context)
{
    struct call call;
    struct str name = request_path_part(request, STR("name"));
    struct str label = request_path_part(request, STR("label"));
    enum status status = STATUS_OK;
    call_begin_plain(&call, request, context);
    if (!prompts_move_protected(&call))
        status = control_prompt_guard_labels(call.options->control, request->project_id, name, 0,
                                             &label, 1, &call.error);
    if (status == STATUS_OK)
        status = control_prompt_unlabel(call.options->control, request->project_id, name, label,
                                        &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}

/* --- protected labels --------------------------------------------------------------------------
 */

bool prompts_move_protected(const struct call *call)
{
    return str_equal(request_param(call->request, STR("protected")), STR("move"));
}

static enum status reply_protected(struct call *call)
{
    struct str *labels;
    size_t count = 0;
    enum status status =
        control_prompt_protected(call->options->control, call->request->project_id,
                                 &call->request->arena, &labels, &count, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_object(&call->out, NULL);
    json_out_array(&call->out, "protected");
    for (size_t i = 0; i < count; i++)
        json_out_str(&call->out, NULL, labels[i]);
    json_out_end_array(&call->out);
    json_out_end_object(&call->out);
    return STATUS_OK;
}

void serve__prompt_labels(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    call_end(&call, reply_protected(&call));
}

void serve__prompt_labels_update(struct request *request, void *context)
{
    struct call call;
    struct json body;
    const struct str *labels = NULL;
    size_t count = 0;
    bool given = false;
    call_begin_plain(&call, request, context);
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = prompt_body_texts(&call, &body, "protected", &labels, &count, &given);
    if (status == STATUS_OK && !given)
        status = fail(&call.error, STATUS_INVALID, "protected: expected a list of labels");
    if (status == STATUS_OK)
        status = control_prompt_protect(call.options->control, request->project_id, labels, count,
                                        &call.error);
    if (status == STATUS_OK)
        status = reply_protected(&call);
    call_end(&call, status);
}

/* --- what calls made of them ---------------------------------------------------------------------
 */

static void write_scores(struct json_out *out, const struct prompt_usage *usage,
                         const struct call_score *scores, size_t count)
{
    json_out_array(out, "scores");
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(scores[i].first, usage->prompt) ||
            !str_equal(scores[i].second, usage->version))
            continue;
        json_out_object(out, NULL);
        out_name(out, "name", scores[i].name);
        json_out_int(out, "count", scores[i].count);
        out_number(out, "mean", scores[i].mean);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_usage(struct json_out *out, const struct prompt_usage *usage,
                        const struct call_score *scores, size_t count)
{
    json_out_object(out, NULL);
    out_name(out, "prompt", usage->prompt);
    out_name(out, "version", usage->version);
    json_out_int(out, "calls", usage->calls);
    json_out_int(out, "errors", usage->errors);
    json_out_int(out, "unpriced_calls", usage->unpriced);
    json_out_int(out, "input_tokens", usage->input_tokens);
    json_out_int(out, "output_tokens", usage->output_tokens);
    json_out_int(out, "total_tokens", usage->total_tokens);
    json_out_int(out, "cost", usage->cost);
    out_number(out, "latency_p50", usage->latency_p50);
    out_number(out, "latency_p95", usage->latency_p95);
    out_number(out, "ttft_p50", usage->ttft_p50);
    out_time(out, "first", usage->first_ns);
    out_time(out, "last", usage->last_ns);
    write_scores(out, usage, scores, count);
    json_out_end_object(out);
}

/* `prompt` is one more filter, without the signs that a filter's text would need. */
static enum status read_question(struct call *call, struct filters *filters,
                                 struct models_question *out_question)
{
    struct str prompt = request_param(call->request, STR("prompt"));
    *out_question = (struct models_question){.project_id = call->request->project_id,
                                             .filters = filters,
                                             .cancelled = &call->request->cancelled};
    enum status status = param_range(call, &out_question->range);
    if (status == STATUS_OK)
        status = param_filters(call, filters);
    if (status != STATUS_OK || !prompt.len)
        return status;
    if (filters->count == FILTERS_MAX)
        return fail(&call->error, STATUS_TOO_LARGE, "f: at most %d beside prompt", FILTERS_MAX - 1);
    filters->items[filters->count++] = (struct filter){
        .field = filter_field_find(STR("prompt")),
        .op = FILTER_EQ,
        .values = {prompt},
        .value_count = 1,
    };
    return STATUS_OK;
}

void serve__prompt_usage(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct models_question question;
    struct prompt_usage *usages;
    struct call_score *scores;
    size_t count, score_count;
    bool more = false;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = query_prompts(call.query, &question, &request->arena, &usages, &count, &more,
                               &call.error);
    if (status == STATUS_OK)
        status = query_call_scores(call.query, &question, CALL_SCORES_BY_PROMPT, &request->arena,
                                   &scores, &score_count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "versions");
        for (size_t i = 0; i < count; i++)
            write_usage(&call.out, &usages[i], scores, score_count);
        json_out_end_array(&call.out);
        json_out_bool(&call.out, "more", more);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
