/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_score_configs: what scores must be, as Langfuse's SDKs define and read it. */
#include <math.h>

#include "control/score_configs.h"
#include "serve/langfuse_private.h"

static const char *const type_words[SCORE_TYPE_COUNT] = {
    [SCORE_NUMERIC] = "NUMERIC",
    [SCORE_CATEGORICAL] = "CATEGORICAL",
    [SCORE_BOOLEAN] = "BOOLEAN",
    [SCORE_TEXT] = "TEXT",
};

static void write_bound(struct json_out *out, const char *key, double number)
{
    if (!isnan(number))
        out_number(out, key, number);
}

static void write_config(struct call *call, const struct score_config *config)
{
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    json_out_str(out, "id", config->id);
    json_out_str(out, "name", config->name);
    langfuse__time(out, "createdAt", config->created_ns);
    langfuse__time(out, "updatedAt", config->updated_ns);
    json_out_str(out, "projectId", langfuse__project(call));
    json_out_text(out, "dataType", type_words[config->type]);
    json_out_bool(out, "isArchived", config->is_archived);
    write_bound(out, "minValue", config->least);
    write_bound(out, "maxValue", config->most);
    if (config->category_count) {
        json_out_array(out, "categories");
        for (size_t i = 0; i < config->category_count; i++) {
            json_out_object(out, NULL);
            out_number(out, "value", config->categories[i].value);
            json_out_str(out, "label", config->categories[i].label);
            json_out_end_object(out);
        }
        json_out_end_array(out);
    } else {
        json_out_null(out, "categories");
    }
    if (config->description.ptr)
        json_out_str(out, "description", config->description);
    else
        json_out_null(out, "description");
    json_out_end_object(out);
}

/* --- what is sent: members that are absent stay as they are ---------------------------------- */

static enum status read_bound(struct call *call, const struct json *body, const char *name,
                              double *number)
{
    const struct json *member = json_get(body, str_from(name));
    if (!member)
        return STATUS_OK;
    *number = NAN;
    if (member->type == JSON_NULL)
        return STATUS_OK;
    if (member->type == JSON_STRING || !json_number(member, number))
        return fail(&call->error, STATUS_INVALID, "%s: expected a number", name);
    return STATUS_OK;
}

static enum status read_categories(struct call *call, const struct json *body,
                                   struct score_config *config)
{
    const struct json *list = json_get(body, STR("categories"));
    if (!list || (list->type == JSON_NULL && !config->category_count))
        return STATUS_OK;
    if (list->type != JSON_ARRAY || list->count > SCORE_CONFIG_CATEGORIES_MAX)
        return fail(&call->error, STATUS_INVALID,
                    "categories: expected a list of at most %d {label, value}",
                    SCORE_CONFIG_CATEGORIES_MAX);
    config->categories =
        arena_array(&call->request->arena, struct score_config_category, (size_t)list->count + 1);
    if (!config->categories)
        return fail(&call->error, STATUS_TOO_LARGE, "categories: no memory for them");
    config->category_count = list->count;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct json *label = json_get(&list->items[i], STR("label"));
        const struct json *value = json_get(&list->items[i], STR("value"));
        config->categories[i].label = json_string(label);
        if (!label || label->type != JSON_STRING || !value || value->type == JSON_STRING ||
            !json_number(value, &config->categories[i].value))
            return fail(&call->error, STATUS_INVALID,
                        "categories[%u]: expected {\"label\": text, \"value\": number}", i);
    }
    return STATUS_OK;
}

static enum status read_flag(struct call *call, const struct json *body, const char *name,
                             bool *flag)
{
    const struct json *member = json_get(body, str_from(name));
    if (!member || member->type == JSON_NULL)
        return STATUS_OK;
    if (member->type != JSON_BOOL)
        return fail(&call->error, STATUS_INVALID, "%s: expected true or false", name);
    *flag = member->boolean;
    return STATUS_OK;
}

static enum status read_members(struct call *call, const struct json *body,
                                struct score_config *config)
{
    struct str name, description;
    enum status status = body_text(call, body, "name", false, &name);
    if (status == STATUS_OK)
        status = body_text(call, body, "description", false, &description);
    if (status != STATUS_OK)
        return status;
    if (name.len)
        config->name = name;
    if (json_get(body, STR("description")))
        config->description = description.len ? description : STR_NONE;
    status = read_bound(call, body, "minValue", &config->least);
    if (status == STATUS_OK)
        status = read_bound(call, body, "maxValue", &config->most);
    if (status == STATUS_OK)
        status = read_categories(call, body, config);
    if (status == STATUS_OK)
        status = read_flag(call, body, "isArchived", &config->is_archived);
    return status;
}

/* With an id, as an import has it, it becomes that one; there must be none of it yet. */
static enum status read_new(struct call *call, const struct json *body,
                            struct score_config *out_config)
{
    struct str type, id;
    *out_config = (struct score_config){.least = NAN, .most = NAN};
    enum status status = body_text(call, body, "id", false, &id);
    if (status == STATUS_OK && id.len > SCORE_CONFIG_ID_MAX)
        status = fail(&call->error, STATUS_INVALID, "id: expected at most %d bytes",
                      SCORE_CONFIG_ID_MAX);
    out_config->id = id;
    if (status == STATUS_OK)
        status = body_text(call, body, "dataType", true, &type);
    if (status != STATUS_OK)
        return status;
    if (!score_type_parse(type, &out_config->type) || !type_words[out_config->type])
        return fail(&call->error, STATUS_INVALID,
                    "dataType: expected NUMERIC, BOOLEAN, CATEGORICAL or TEXT");
    return read_members(call, body, out_config);
}

/* --- handlers -------------------------------------------------------------------------------- */

void serve__langfuse_score_config_create(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct score_config config;
    call_begin_plain(&call, request, context);
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = read_new(&call, &body, &config);
    if (status == STATUS_OK)
        status = control_score_config_add(call.options->control, request->project_id, &config,
                                          &request->arena, &call.error);
    if (status == STATUS_OK)
        write_config(&call, &config);
    call_end(&call, status);
}

static enum status find(struct call *call, struct score_config *out_config)
{
    struct request *request = call->request;
    return control_score_config(call->options->control, request->project_id,
                                request_path_part(request, STR("id")), &request->arena, out_config,
                                &call->error);
}

void serve__langfuse_score_config_change(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct score_config config;
    call_begin_plain(&call, request, context);
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = find(&call, &config);
    if (status == STATUS_OK)
        status = read_members(&call, &body, &config);
    if (status == STATUS_OK)
        status = control_score_config_put(call.options->control, request->project_id, &config,
                                          &request->arena, &call.error);
    if (status == STATUS_OK)
        write_config(&call, &config);
    call_end(&call, status);
}

void serve__langfuse_score_config(struct request *request, void *context)
{
    struct call call;
    struct score_config config;
    call_begin_plain(&call, request, context);
    enum status status = find(&call, &config);
    if (status == STATUS_OK)
        write_config(&call, &config);
    call_end(&call, status);
}

void serve__langfuse_score_configs(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct score_config *configs;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = langfuse__page(&call, &page);
    if (status == STATUS_OK)
        status = control_score_configs(call.options->control, request->project_id,
                                       langfuse__skip(&page), page.limit, &request->arena, &configs,
                                       &count, &page.total, &call.error);
    if (status == STATUS_OK) {
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++)
            write_config(&call, &configs[i]);
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}
